"""Who may call, and who is calling: one bearer token for all, clients told apart by their network address.

https://www.rfc-editor.org/rfc/rfc6750
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from pydantic import SecretStr

from bot.api.failures import fail_http

_SCHEME: Final = "bearer"
_REALM: Final = 'Bearer realm="codemie-slack-bot"'
_NAME_CHARS: Final = 16
TURNED_OFF: Final = "The HTTP API is not enabled here: set API_TOKEN."


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Lets those in who have the token that ``read_token`` gives; clients are named with ``key``."""

    read_token: Callable[[], SecretStr | None]
    key: bytes = field(repr=False)

    def check_enabled(self) -> SecretStr:
        """Return the token; raises a 404 where there is none, since there is no API then."""
        token = self.read_token()
        if token is None:
            raise fail_http(404, TURNED_OFF)
        return token

    def check(self, request: web.Request) -> None:
        """Raise a 401 unless the request has the token; its body is not looked at."""
        token = self.check_enabled()
        given = _find_token(request)
        if given is None:
            raise fail_http(
                401, "Say who you are: Authorization: Bearer, and the API token.", headers={"WWW-Authenticate": _REALM}
            )
        if not is_same(given, token.get_secret_value().encode()):
            raise fail_http(
                401,
                "This is not the API token.",
                headers={"WWW-Authenticate": f'{_REALM}, error="invalid_token"'},
            )

    def name_client(self, request: web.Request) -> str:
        """Name the client by the address that its connection comes from, which the name does not tell."""
        digest = hmac.digest(self.key, (request.remote or "").encode(), "sha256").hex()
        return f"api-{digest[:_NAME_CHARS]}"


def is_same(given: bytes, expected: bytes) -> bool:
    """Compare in a time that tells neither where they differ nor how long the expected one is."""
    return hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(expected).digest())


def _find_token(request: web.Request) -> bytes | None:
    """Find the one token of a request, as the bytes that came."""
    headers = request.headers.getall("Authorization", [])
    if len(headers) != 1:
        return None
    scheme, _, token = headers[0].strip().partition(" ")
    if scheme.lower() != _SCHEME or not token.strip():
        return None
    return token.strip().encode(errors="surrogateescape")
