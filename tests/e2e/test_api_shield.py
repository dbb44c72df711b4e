"""What stands before the API, on a server of its own: slow bodies, and what nobody foresaw."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.api.access import Access
from bot.api.bodies import read_request
from bot.api.shield import Shield
from bot.serving import listening

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def _shielding(handler: Handler) -> AsyncIterator[str]:
    """Serve one handler behind the shield; yields its address."""
    access = Access(read_token=lambda: SecretStr("planted-api-token-0123"), key=b"key")
    app = web.Application(middlewares=[Shield(access=access, make_reference=lambda: "7F3K2Q").make_middleware()])
    app.router.add_post("/api/generate", handler)
    async with listening(app, host="127.0.0.1", port=0, shutdown_timeout_s=0.1) as port:
        yield f"http://127.0.0.1:{port}/api/generate"


async def test_a_slow_body_is_not_waited_for() -> None:
    """408, and the connection is closed, since the rest of the body is still to come on it."""

    async def drip() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" "
            await asyncio.sleep(0.05)

    async def handle(request: web.Request) -> web.StreamResponse:
        await read_request(request, longest_s=0.2)
        return web.Response()

    async with _shielding(handle) as url, aiohttp.ClientSession() as session:
        headers = {"Content-Type": "application/json"}
        async with session.post(url, data=drip(), headers=headers) as response:
            body = await response.json()

    assert response.status == 408
    assert response.headers["Connection"] == "close"
    assert body["error"] == "http_error"


async def test_what_nobody_foresaw_is_told_by_its_reference() -> None:
    """The words of the exception are in the log alone."""

    async def handle(_: web.Request) -> web.StreamResponse:
        raise RuntimeError("planted")

    with capture_logs() as logs:
        async with _shielding(handle) as url, aiohttp.ClientSession() as session, session.post(url) as response:
            body = await response.json()

    assert response.status == 500
    assert body["error"] == "unexpected_error"
    assert body["path"] == "/api/generate"
    assert "7F3K2Q" in body["detail"]
    assert "planted" not in body["detail"]
    assert [entry["reference"] for entry in logs if entry["event"] == "api_broke"] == ["7F3K2Q"]
