"""The connections to CodeMie: how many there are, and what becomes of one that was left."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from aiohttp import web

from bot.codemie.client import Pool, Timeouts, open_http
from bot.network import make_direct_network
from bot.transport import PooledTransport


@asynccontextmanager
async def serving(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> AsyncIterator[tuple[str, set[object]]]:
    """Serve one path; yields its address, and the connections that were seen."""
    seen: set[object] = set()

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.add(request.transport)
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/", seen
    finally:
        await runner.cleanup()


async def answer_slowly(_: web.Request) -> web.Response:
    """Answer after a moment."""
    await asyncio.sleep(0.02)
    return web.Response(text="answer")


@pytest.mark.parametrize(("max_keepalive", "expected"), [(1, 5), (0, 40)])
async def test_connections_are_shared_and_bounded(max_keepalive: int, expected: int) -> None:
    """Forty requests over a pool of five open five, or one each where none is kept."""
    pool = Pool(max_connections=5, max_keepalive=max_keepalive)
    async with serving(answer_slowly) as (url, seen), open_http(pool=pool) as http:
        answers = await asyncio.gather(*(http.get(url) for _ in range(40)))

        assert {answer.text for answer in answers} == {"answer"}
        assert len(seen) == expected


async def test_a_stream_that_is_left_is_closed() -> None:
    """The next request has a connection of its own, and none of the rest of the answer before."""

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(3 if request.method == "GET" else 1):
            await response.write(b"piece ")
            await asyncio.sleep(0.01)
        return response

    async with serving(trickle) as (url, seen), open_http(pool=Pool(max_connections=1)) as http:
        async with http.stream("GET", url) as response:
            async for _ in response.aiter_bytes():
                break
        answer = await http.post(url, json={})

        assert answer.text == "piece "
        assert len(seen) == 2


async def test_a_compressed_answer_is_read_once() -> None:
    """What a server compresses without being asked is undone by httpx, and by nothing before it."""

    async def compress(_: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(b"answer"), headers={"Content-Encoding": "gzip"})

    async with serving(compress) as (url, _), open_http() as http:
        answer = await http.get(url)

        assert answer.text == "answer"


@pytest.mark.parametrize("is_prepared", [False, True])
async def test_silence_is_told_in_the_words_of_httpx(is_prepared: bool) -> None:  # noqa: FBT001 - a parameter
    """Before the answer begins, and in its midst."""

    async def fall_silent(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if is_prepared:
            await response.prepare(request)
            await response.write(b"piece")
        await asyncio.sleep(5)
        return response

    async with serving(fall_silent) as (url, _), open_http(timeouts=Timeouts(read_s=0.05)) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.get(url)


async def test_an_answer_that_is_cut_is_told_in_the_words_of_httpx() -> None:
    """A connection that ends in the middle of what was promised is no answer."""

    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"piece")
        assert request.transport is not None
        request.transport.close()
        return response

    async with serving(cut) as (url, _), open_http() as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(url)


@pytest.mark.parametrize("is_broken", [False, True])
async def test_a_stream_is_read_in_few_pieces_and_its_end_at_once(is_broken: bool) -> None:  # noqa: FBT001 - a parameter
    """What comes after the first piece is read when the stream ends, well or badly, and not when the pause does."""
    begun = asyncio.Event()

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first ")
        await begun.wait()
        for _ in range(5):
            await response.write(b"piece ")
            await asyncio.sleep(0.001)
        if is_broken:
            assert request.transport is not None
            request.transport.close()
        return response

    transport = PooledTransport(make_direct_network(), limits=httpx.Limits(), pause_s=3_600)
    async with serving(trickle) as (url, _), httpx.AsyncClient(transport=transport, trust_env=False) as http:
        pieces = []
        with suppress(httpx.RemoteProtocolError):
            async with http.stream("GET", url) as response:
                async for piece in response.aiter_raw():
                    pieces.append(piece)
                    begun.set()
                assert not is_broken

        assert pieces == [b"first ", b"piece " * 5]


async def test_a_flood_is_read_without_a_pause() -> None:
    """A large piece may have held back what comes after it."""

    async def pour(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(20):
            await response.write(bytes(1024 * 1024))
        return response

    transport = PooledTransport(make_direct_network(), limits=httpx.Limits(), pause_s=0.2)
    async with serving(pour) as (url, _), httpx.AsyncClient(transport=transport, trust_env=False) as http:
        answer = await http.get(url)

        assert len(answer.content) == 20 * 1024 * 1024
