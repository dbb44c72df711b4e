"""Who may call: tokens from Keycloak's endpoint and the local login, and the development header."""

import json
import secrets
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from bot.demo.codemie import bodies
from bot.demo.codemie.faults import JSON_TYPE, Fault

_COOKIE: Final = "codemie_access_token"
_SCHEME: Final = "Bearer "


class Refused(Exception):
    """Ends the handling of a request with a response."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(status)
        self.response = answer_json(body, status=status)


def answer_json(body: object, *, status: int = 200) -> web.Response:
    """Answer JSON as the server writes it."""
    return web.Response(body=bodies.write(body), status=status, content_type=JSON_TYPE)


def answer_fault(fault: Fault) -> web.Response:
    """Answer a fault's body."""
    headers = {"Content-Type": fault.content_type, **fault.headers}
    return web.Response(status=fault.status, body=fault.body or b"", headers=headers)


class Accounts:
    """One service account and one person; their secrets may be changed at any time, as when they are rotated.

    ``logins`` names every request for a token by its grant; ``faults`` go to these requests, one each. A server that is
    not for development has ``believes_header`` off, one that trusts another realm ``trusts_tokens``.
    """

    def __init__(self, *, client_id: str, client_secret: str, username: str, password: str, lifetime_s: float) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.username = username
        self.password = password
        self.lifetime_s = lifetime_s
        self.logins: list[str] = []
        self.faults: deque[Fault] = deque()
        self.believes_header = True
        self.trusts_tokens = True
        self._users: dict[str, str] = {}

    def revoke_tokens(self) -> None:
        """Let every token be refused from now on."""
        self._users.clear()

    async def handle_token(self, request: web.Request) -> web.Response:
        """Answer as Keycloak's token endpoint."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        grant = form.get("grant_type", "")
        self.logins.append(grant)
        if self.faults:
            return answer_fault(self.faults.popleft())
        user = self._check_grant(grant, form)
        if user is None:
            error = "invalid_grant" if grant == "password" else "invalid_client"
            return answer_json({"error": error, "error_description": "Invalid credentials"}, status=401)
        return answer_json(
            {
                "access_token": self._make_token(user),
                "expires_in": self.lifetime_s,
                "refresh_expires_in": 0,
                "token_type": "Bearer",
                "not-before-policy": 0,
                "scope": "profile email",
            }
        )

    def _check_grant(self, grant: str, form: Mapping[str, str]) -> str | None:
        """Find whose the grant is; None if it is nobody's."""
        asked = (form.get("client_id"), form.get("client_secret"))
        if grant == "client_credentials" and asked == (self.client_id, self.client_secret):
            return self.client_id
        if grant == "password" and (form.get("username"), form.get("password")) == (self.username, self.password):
            return self.username
        return None

    async def handle_local_login(self, request: web.Request) -> web.Response:
        """Answer as the login of a CodeMie without Keycloak, which sets a cookie too."""
        self.logins.append("local")
        if self.faults:
            return answer_fault(self.faults.popleft())
        body = await read_body(request)
        if (body.get("email"), body.get("password")) != (self.username, self.password):
            raise Refused(401, bodies.make_error("Invalid email or password"))
        token = self._make_token(self.username)
        response = answer_json({"access_token": token, "user": {"user_id": self.username, "username": self.username}})
        response.set_cookie(_COOKIE, token, httponly=True, path="/")
        return response

    def authenticate(self, request: web.Request) -> str:
        """Name the user of a request, or refuse it."""
        token = request.headers.get("Authorization")
        if token is not None and _COOKIE in request.cookies:
            raise Refused(401, bodies.make_error("Ambiguous authentication"))
        if token is None and self.believes_header and (user := request.headers.get("user-id")):
            return user
        if token is None or not token.startswith(_SCHEME):
            raise Refused(401, bodies.make_error("Authentication required"))
        if not self.trusts_tokens:
            raise Refused(401, bodies.make_error("Authentication failed"))
        found = self._users.get(token.removeprefix(_SCHEME))
        if found is None:
            raise Refused(401, bodies.make_error("JWT has expired"))
        return found

    def _make_token(self, user: str) -> str:
        token = f"demo.{secrets.token_urlsafe(24)}"
        self._users[token] = user
        return token


async def read_body(request: web.Request) -> dict[str, Any]:
    """Read a JSON object; anything else counts as an empty one."""
    try:
        body = json.loads(await request.read())
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
