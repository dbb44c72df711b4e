"""A server that takes connections and says nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial


class _Silent(asyncio.Protocol):
    """One connection, which is held until the end; a task of its own might be collected before that."""

    def __init__(self, held: set[asyncio.Transport]) -> None:
        self._held = held

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hold it."""
        assert isinstance(transport, asyncio.Transport)
        self._held.add(transport)


@asynccontextmanager
async def keeping_silent(*, port: int = 0) -> AsyncIterator[int]:
    """Listen; yields the port, and cuts what is still open at the end."""
    held: set[asyncio.Transport] = set()
    server = await asyncio.get_running_loop().create_server(partial(_Silent, held), "127.0.0.1", port)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for transport in held:
            transport.abort()
