"""Sign in with Slack: who opens a preview, and of which workspace.

OpenID Connect with a code, as Slack documents it: https://docs.slack.dev/authentication/sign-in-with-slack/
The id token comes straight from Slack over TLS, which may stand for its signature
(https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation, point 6).
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from pydantic import Field as Constraint

from bot.credentials import CLIENT_SECRET_REFUSED, Secret
from bot.errors import SignInFailed
from bot.previews.seals import Seal

AUTHORIZE_URL: Final = "https://slack.com/openid/connect/authorize"
API_URL: Final = "https://slack.com/api/"
ISSUER: Final = "https://slack.com"
_SCOPE: Final = "openid profile"
STATE_S: Final = 600.0
SESSION_S: Final = 8 * 3_600.0
_CLOCK_SKEW_S: Final = 60
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
_JWT_PARTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is signed in."""

    team: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where to send a browser to sign in, and the secret that it has to bring back in a cookie."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claims:
    """What an id token has to say, but for who it is."""

    audience: str
    nonce: str
    now_s: float


class _IdToken(BaseModel):
    """https://docs.slack.dev/reference/methods/openid.connect.token ."""

    model_config = ConfigDict(extra="ignore")

    iss: str
    aud: str
    exp: float
    iat: float
    nonce: str
    team: str = Constraint(alias="https://slack.com/team_id", min_length=1)
    user: str = Constraint(alias="https://slack.com/user_id", min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSignIn:
    """Sends people to Slack and reads what they come back with.

    ``redirect_url`` is the one that the Slack app lists; ``key`` a secret of 32 bytes or more.
    """

    http: aiohttp.ClientSession
    client_id: str
    client_secret: Secret
    redirect_url: str
    key: bytes = field(repr=False)
    authorize_url: str = AUTHORIZE_URL
    api_url: str = API_URL
    clock: Callable[[], float] = time.time

    def begin(self, *, token: str) -> Start:
        """Begin to sign in on the way to a preview.

        The state says where to, is signed, lasts ten minutes and serves only the browser that has its secret.
        """
        secret = secrets.token_urlsafe(32)
        state = self._states.close({"token": token, "browser": _hash(secret)})
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "scope": _SCOPE,
            "redirect_uri": self.redirect_url,
            "state": state,
            "nonce": self._make_nonce(secret),
        }
        return Start(url=f"{self.authorize_url}?{urlencode(query)}", secret=secret)

    def read_target(self, state: str) -> str | None:
        """Return the token of the preview that somebody is on the way to; ``None`` for a state that is not ours."""
        claims = self._states.open(state)
        return None if claims is None else claims["token"]

    async def finish(self, *, code: str, state: str, secret: str) -> Person:
        """Learn who came back from Slack; raises :class:`~bot.errors.SignInFailed`."""
        claims = self._states.open(state)
        if claims is None:
            raise SignInFailed(reason="state")
        if not hmac.compare_digest(claims["browser"], _hash(secret)):
            raise SignInFailed(reason="another_browser")
        answer = await self._redeem(code)
        expected = _Claims(audience=self.client_id, nonce=self._make_nonce(secret), now_s=self.clock())
        return _read_id_token(answer.get("id_token"), expected)

    def open_session(self, person: Person) -> str:
        """Write the cookie of somebody who is signed in; it lasts eight hours."""
        return self._sessions.close({"team": person.team, "user": person.user})

    def read_session(self, cookie: str) -> Person | None:
        """Read that cookie; ``None`` for what is forged or too old."""
        claims = self._sessions.open(cookie)
        return None if claims is None else Person(team=claims["team"], user=claims["user"])

    @property
    def _states(self) -> Seal:
        return Seal(key=self.key, purpose="sign-in", lifetime_s=STATE_S, clock=self.clock)

    @property
    def _sessions(self) -> Seal:
        return Seal(key=self.key, purpose="session", lifetime_s=SESSION_S, clock=self.clock)

    def _make_nonce(self, secret: str) -> str:
        """Make what binds Slack's answer to the browser, of which Slack does not learn the secret."""
        return hmac.digest(self.key, f"nonce:{_hash(secret)}".encode(), "sha256").hex()

    async def _redeem(self, code: str) -> Mapping[str, Any]:
        """Exchange the code; where Slack refuses the secret, once more with another, for the code has not served."""
        return await self.client_secret.ask_with(
            lambda secret: self._exchange(code, secret),
            is_refused=lambda error: isinstance(error, SignInFailed) and error.reason in CLIENT_SECRET_REFUSED,
        )

    async def _exchange(self, code: str, secret: SecretStr) -> Mapping[str, Any]:
        """Exchange the code, which Slack takes once."""
        form = {
            "client_id": self.client_id,
            "client_secret": secret.get_secret_value(),
            "code": code,
            "grant_type": "authorization_code",
            "redirect_uri": self.redirect_url,
        }
        url = f"{self.api_url.rstrip('/')}/openid.connect.token"
        try:
            async with self.http.post(url, data=form, timeout=_TIMEOUT, allow_redirects=False) as response:
                answer = json.loads(await response.read())
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise SignInFailed(reason="unreachable") from error
        if not isinstance(answer, dict) or answer.get("ok") is not True:
            raise SignInFailed(reason=_read_reason(answer))
        return answer


def _read_reason(answer: object) -> str:
    """Take Slack's error word, if it is one."""
    word = answer.get("error") if isinstance(answer, dict) else None
    return word if isinstance(word, str) and word.isidentifier() else "no_answer"


def _read_id_token(text: object, expected: _Claims) -> Person:
    """Read and check an id token: issuer, audience, time and nonce."""
    token = _parse_id_token(text)
    checks = {
        "issuer": token.iss == ISSUER,
        "audience": token.aud == expected.audience,
        "expired": token.exp > expected.now_s - _CLOCK_SKEW_S,
        "future": token.iat < expected.now_s + _CLOCK_SKEW_S,
        "nonce": hmac.compare_digest(token.nonce.encode(), expected.nonce.encode()),
    }
    for reason, is_right in checks.items():
        if not is_right:
            raise SignInFailed(reason=reason)
    return Person(team=token.team, user=token.user)


def _parse_id_token(text: object) -> _IdToken:
    parts = text.split(".") if isinstance(text, str) else []
    try:
        if len(parts) != _JWT_PARTS:
            raise SignInFailed(reason="no_id_token")
        body = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return _IdToken.model_validate_json(body)
    except (ValueError, ValidationError) as error:
        raise SignInFailed(reason="unreadable_id_token") from error


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
