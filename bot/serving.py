"""The HTTP server: aiohttp's, but for what it says where a request is none.

aiohttp answers these itself, before any app sees them, in words that quote what came:
https://docs.aiohttp.org/en/stable/web_lowlevel.html
"""

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.api.failures import fail_http

_NO_HTTP: Final = "This is not a request in HTTP that can be read."
_log: Final = structlog.get_logger("http")


_MOST: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """For how long a connection may wait for a whole request, and how many there may be at a time.

    The process needs files for other things too; where they run out asyncio takes connections in a loop that logs.
    """

    idle_s: float = 75.0
    most: int = _MOST

    @classmethod
    def find(cls) -> Self:
        """Leave half of the files that the process may open to others."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return cls(most=_MOST if soft == resource.RLIM_INFINITY else min(_MOST, soft // 2))


class Connection(web.RequestHandler):
    """One connection of a client; ``most`` of its manager's are served at a time, and others are closed at once."""

    __slots__ = ("_most", "_server")

    def __init__(self, server: web.Server, *, most: int, **options: Any) -> None:  # noqa: ANN401 - aiohttp's own
        super().__init__(server, **options)
        self._server = server
        self._most = most

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Serve it, or close it where there are too many."""
        if len(self._server.connections) < self._most:
            super().connection_made(transport)
        elif isinstance(transport, asyncio.Transport):
            transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP in the shape of all errors; neither answer nor log repeat what came."""
        if not isinstance(exc, HttpProcessingError) or request.writer.output_size > 0:
            return super().handle_error(request, status, exc, message)
        _log.info("request_unreadable", kind=type(exc).__name__)
        response = fail_http(status, _NO_HTTP).answer(request.path)
        response.force_close()
        return response


@asynccontextmanager
async def listening(
    app: web.Application, *, host: str, port: int, shutdown_timeout_s: float, limits: ConnectionLimits | None = None
) -> AsyncIterator[int]:
    """Serve an app; yields the port."""
    limits = limits or ConnectionLimits.find()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=shutdown_timeout_s)
    await runner.setup()
    loop = asyncio.get_running_loop()
    assert runner.server is not None  # noqa: S101 - setup makes it
    try:
        make_connection = partial(
            Connection,
            runner.server,
            loop=loop,
            most=limits.most,
            keepalive_timeout=limits.idle_s,
            access_log=None,  # None is how AppRunner turns it off
        )
        server = await loop.create_server(make_connection, host, port, backlog=128)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
    finally:
        await runner.cleanup()
