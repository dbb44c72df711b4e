"""A network as companies have them: TLS by an authority of their own, and a proxy that is the only way out."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme

_HOST = "127.0.0.1"
_CHUNK_BYTES = 65_536


@dataclass(slots=True, kw_only=True)
class Relay:
    """Takes TLS connections at ``port`` and hands them on to ``target``, a port of loopback; ``count`` counts them."""

    target: int
    port: int = 0
    count: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.count += 1
        await _join(reader, writer, self.target)


@dataclass(slots=True, kw_only=True)
class ConnectProxy:
    """Opens tunnels to ``hosts``, names and their ports of loopback, for whoever sends ``authorization``, if any.

    ``asked`` has each host and port that was asked for, ``refused`` how often somebody was turned away.
    """

    hosts: dict[str, int] = field(default_factory=dict)
    authorization: str | None = None
    port: int = 0
    asked: list[str] = field(default_factory=list)
    refused: int = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{_HOST}:{self.port}"

    def require(self, name: str, password: str) -> None:
        """Serve somebody alone."""
        self.authorization = f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, *_ = head.split()
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        given = fields.get("proxy-authorization")
        if self.authorization is not None and given != self.authorization.lower():
            self.refused += 1
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        self.asked.append(target)
        port = self.hosts.get(target.rpartition(":")[0])
        if method != "CONNECT" or port is None:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await _join(reader, writer, port)


@asynccontextmanager
async def listening(*servers: Relay | ConnectProxy, tls: ssl.SSLContext) -> AsyncIterator[None]:
    """Listen on free ports, relays behind TLS, until the end; connections that are open then are cut."""
    tasks: set[asyncio.Task[None]] = set()
    running = []
    for server in servers:
        context = tls if isinstance(server, Relay) else None
        opened = await asyncio.start_server(_hold(server.serve, tasks), _HOST, 0, ssl=context)
        server.port = opened.sockets[0].getsockname()[1]
        running.append(opened)
    try:
        yield
    finally:
        for opened in running:
            opened.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


def _hold(serve: Serve, tasks: set[asyncio.Task[None]]) -> Serve:
    """Serve so that it can be ended, and close what was served."""

    async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with suppress(OSError, EOFError, asyncio.CancelledError):
                await serve(reader, writer)
        finally:
            writer.transport.abort()
            tasks.discard(task)

    return held


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Hand on both ways until either side ends."""
    onward_reader, onward_writer = await asyncio.open_connection(_HOST, port)
    try:
        async with asyncio.TaskGroup() as group:
            ways = [
                group.create_task(_pump(reader, onward_writer)),
                group.create_task(_pump(onward_reader, writer)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
    finally:
        onward_writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(_CHUNK_BYTES):
            writer.write(piece)
            await writer.drain()


def make_authority(folder: Path, *names: str) -> tuple[Path, ssl.SSLContext]:
    """Make an authority of one's own: the file to trust it by, and the context of a server with these names."""
    authority = trustme.CA()
    path = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return path, context
