"""Slack, as far as Sign in with Slack needs it: who is asked to sign in always does.

https://docs.slack.dev/reference/methods/openid.connect.token
"""

import base64
import json
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from aiohttp import web


class SlackOidc:
    """A stand-in on loopback; ``change`` is put over the claims of the next id tokens."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self.client_id = "11.22"
        self.client_secret = "planted-oidc-secret"
        self.team = "T1"
        self.change: dict[str, Any] = {}
        self.seen: list[dict[str, str]] = []
        self.url = ""
        self.authorize_url = ""
        self._clock = clock
        self._codes: dict[str, dict[str, str]] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/openid/connect/authorize", self._authorize)
        app.router.add_post("/api/openid.connect.token", self._exchange)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        # Another site than the bot's for a browser, as Slack is.
        self.authorize_url = f"http://localhost:{port}/openid/connect/authorize"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _authorize(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        self.seen.append(query)
        code = secrets.token_hex(8)
        self._codes[code] = query
        back = f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
        return web.Response(status=302, headers={"Location": back})

    async def _exchange(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        asked = self._codes.pop(form.get("code", ""), None)
        if form.get("client_id") != self.client_id or form.get("client_secret") != self.client_secret:
            return web.json_response({"ok": False, "error": "bad_client_secret"})
        if asked is None:
            return web.json_response({"ok": False, "error": "invalid_code"})
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return web.json_response({"ok": False, "error": "bad_redirect_uri"})
        return web.json_response({"ok": True, "token_type": "Bearer", "id_token": self._write_token(asked["nonce"])})

    def _write_token(self, nonce: str) -> str:
        claims = {
            "iss": "https://slack.com",
            "sub": "U7",
            "aud": self.client_id,
            "exp": int(self._clock()) + 300,
            "iat": int(self._clock()),
            "nonce": nonce,
            "https://slack.com/team_id": self.team,
            "https://slack.com/user_id": "U7",
            "name": "Anna",
            **self.change,
        }
        parts = ({"alg": "RS256", "typ": "JWT"}, claims)
        return ".".join([*(_write_base64(json.dumps(part).encode()) for part in parts), _write_base64(b"signature")])


def _write_base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
