"""The two cookies of signing in: a secret for the way to Slack and back, and the session."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from bot.previews.sign_in import SESSION_S, STATE_S

_STATE: Final = "preview_state"
_SESSION: Final = "preview_session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """Reads and sets the cookies of the server that people reach at ``public_url``.

    Their names have browsers refuse them over plain HTTP, and the first one from another host of the same domain:
    https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
    """

    public_url: str

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the server over TLS."""
        return self.public_url.startswith("https:")

    @property
    def prefix(self) -> str:
        """The path under which a proxy has the server; empty for the root."""
        return urlsplit(self.public_url).path.rstrip("/")

    def read_secret(self, request: web.Request) -> str:
        """Read the secret of the way to Slack and back."""
        return request.cookies.get(self._state_name, "")

    def read_session(self, request: web.Request) -> str:
        """Read the session."""
        return request.cookies.get(self._session_name, "")

    def set_secret(self, response: web.Response, secret: str) -> None:
        """Have the browser keep the secret until it is back."""
        self._set(response, self._state_name, secret, path="/", max_age_s=int(STATE_S))

    def set_session(self, response: web.Response, session: str) -> None:
        """Have the browser keep the session, and drop the secret, which has served."""
        self._set(response, self._state_name, "", path="/", max_age_s=0)
        self._set(response, self._session_name, session, path=f"{self.prefix}/p", max_age_s=int(SESSION_S))

    def _set(self, response: web.Response, name: str, value: str, *, path: str, max_age_s: int) -> None:
        response.set_cookie(
            name, value, path=path, max_age=max_age_s, secure=self.is_secure, httponly=True, samesite="Lax"
        )

    @property
    def _state_name(self) -> str:
        return f"__Host-{_STATE}" if self.is_secure else _STATE

    @property
    def _session_name(self) -> str:
        return f"__Secure-{_SESSION}" if self.is_secure else _SESSION
