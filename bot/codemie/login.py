"""Logging in to CodeMie: credentials in, requests out; token endpoints' answers in, access or errors out. No I/O."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import SecretStr

from bot.codemie.failures import read_retry_after
from bot.errors import CodemieBadGateway, CodemieError, CodemieLoginFailed, CodemieRateLimited, CodemieUnavailable

_EARLY_S: Final = 30.0
_SHORTEST_USE_S: Final = 5.0
_PRINTABLE: Final = re.compile(r"[!-~]+")
_WORD: Final = re.compile(r"[a-z_]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """A service account at Keycloak."""

    token_url: str
    client_id: str
    client_secret: SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordGrant:
    """A person's account at Keycloak."""

    token_url: str
    username: str
    password: SecretStr
    client_id: str = "codemie-sdk"
    client_secret: SecretStr | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalLogin:
    """An account of a CodeMie without Keycloak; logs in at the API itself."""

    email: str
    password: SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class DevUser:
    """Any user of a development server, which believes the ``user-id`` header."""

    user_id: str


Credentials = ClientCredentials | PasswordGrant | LocalLogin | DevUser


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Access:
    """The headers that let a request in; both moments are the source's clock."""

    headers: Mapping[str, str] = field(repr=False)
    renew_at_s: float
    expires_at_s: float


def write_dev_access(credentials: DevUser) -> Access:
    """Write the header that a development server believes."""
    return Access(
        headers={"user-id": _check_printable(credentials.user_id)}, renew_at_s=math.inf, expires_at_s=math.inf
    )


def write_grant(credentials: ClientCredentials | PasswordGrant) -> dict[str, str]:
    """Write the form for Keycloak's token endpoint."""
    secret = credentials.client_secret.get_secret_value() if credentials.client_secret else None
    form = {"client_id": credentials.client_id} | ({"client_secret": secret} if secret else {})
    if isinstance(credentials, ClientCredentials):
        return form | {"grant_type": "client_credentials"}
    password = credentials.password.get_secret_value()
    return form | {"grant_type": "password", "username": credentials.username, "password": password}


def read_access(body: bytes, *, now_s: float, lifetime_s: float) -> Access:
    """Read a token endpoint's answer; ``lifetime_s`` holds where it does not say ``expires_in``."""
    read = _read_object(body)
    token = read.get("access_token")
    if not isinstance(token, str) or not token:
        raise CodemieBadGateway(f"the login answered without a token: {len(body)} bytes", reason="no_token")
    stated = read.get("expires_in")
    if isinstance(stated, int | float) and not isinstance(stated, bool) and math.isfinite(stated):
        lifetime_s = max(0.0, stated)
    return Access(
        headers={"Authorization": f"Bearer {_check_printable(token)}"},
        renew_at_s=now_s + max(lifetime_s - _EARLY_S, lifetime_s / 2, _SHORTEST_USE_S),
        expires_at_s=now_s + lifetime_s,
    )


def decipher_login_error(status: int, headers: Mapping[str, str], body: bytes) -> CodemieError:
    """Read a token endpoint's refusal; Keycloak's word for it, such as ``invalid_client``, is kept."""
    message = f"the login answered {status} with {len(body)} bytes"
    if status in {408, 429}:
        retry_after_s = read_retry_after(headers, now=datetime.now(UTC))
        return CodemieRateLimited(message, status=status, reason="login", retry_after_s=retry_after_s)
    if 400 <= status < 500:  # noqa: PLR2004 - a class of statuses
        word = _read_object(body).get("error")
        reason = word if isinstance(word, str) and _WORD.fullmatch(word) else "login"
        return CodemieLoginFailed(message, status=status, reason=reason)
    made = CodemieUnavailable if status >= 500 else CodemieBadGateway  # noqa: PLR2004 - as above
    return made(message, status=status, reason="login")


def _read_object(body: bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _check_printable(value: str) -> str:
    """Refuse what can't stand in a header: HTTP libraries quote it in their errors."""
    if not _PRINTABLE.fullmatch(value):
        raise CodemieLoginFailed("what would log in can't stand in a header", reason="not_printable")
    return value
