"""Several workspaces behind one Web API, as Slack has them: a token, or a code, tells which of them a call is for."""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.demo.workspace.args import ApiError, read_args
from bot.demo.workspace.server import Workspace

_HOST = "127.0.0.1"


class SeveralWorkspaces:
    """The door before workspaces that run; ``browser_at`` is the one that whoever uses the browser is signed in to."""

    def __init__(self, *workspaces: Workspace) -> None:
        self.workspaces = workspaces
        self.browser_at = workspaces[0]
        self._stack = AsyncExitStack()
        self._port = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._call)
        app.router.add_get("/oauth/v2/authorize", self._agree)
        app.router.add_get("/openid/connect/authorize", self._sign_in)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, _HOST, 0).start()
        self._port = runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def api_url(self) -> str:
        """What to give the SDK as ``base_url``."""
        return f"http://{_HOST}:{self._port}/api/"

    async def _agree(self, request: web.Request) -> web.Response:
        return await self.browser_at.installs.authorize(request)

    async def _sign_in(self, request: web.Request) -> web.Response:
        return await self.browser_at.sign_in.authorize(request)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        workspace = await self._choose(request)
        return await workspace.web_api.handle(request)

    async def _choose(self, request: web.Request) -> Workspace:
        """Choose by the token; a call without one by its code or refresh token, else by whose the browser is."""
        try:
            values, token = await read_args(request)
        except ApiError:
            return self.browser_at
        named = [token, *(str(values.get(name) or "") for name in ("code", "refresh_token"))]
        for workspace in self.workspaces:
            if any(text and workspace.knows(text) for text in named):
                return workspace
        return self.browser_at
