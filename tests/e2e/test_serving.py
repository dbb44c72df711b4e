"""The HTTP server against clients that hold on to connections: each is closed in time, and there is a most of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from bot.serving import ConnectionLimits, listening


@asynccontextmanager
async def _serving(limits: ConnectionLimits) -> AsyncIterator[int]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="here")

    app = web.Application()
    app.router.add_get("/", answer)
    async with listening(app, host="127.0.0.1", port=0, shutdown_timeout_s=0.1, limits=limits) as port:
        yield port


async def _ask(port: int) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as answer:
        return await answer.text()


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: h\r\n"])
async def test_who_does_not_ask_is_not_waited_for(said: bytes) -> None:
    """Neither for a first word nor for the end of the headers."""
    async with _serving(ConnectionLimits(idle_s=0.1)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        rest = await reader.read()
        writer.close()

    assert rest == b""


async def test_there_is_a_most_of_connections() -> None:
    """One too many is closed at once; when the others have gone there is room again."""
    async with _serving(ConnectionLimits(most=2)) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        with pytest.raises(aiohttp.ClientError):
            await _ask(port)
        for reader, writer in held:
            writer.write(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            served = await reader.read()
            writer.close()
            await writer.wait_closed()
            assert served.endswith(b"here")
        after = await _ask(port)

    assert after == "here"
