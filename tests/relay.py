"""What stands between a bot and its PostgreSQL, and lets nothing through for a while."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_SOCKET: Final = ".s.PGSQL.5432"
_CHUNK_BYTES: Final = 65_536


@dataclass(slots=True, kw_only=True)
class Relay:
    """Hands all that comes by the socket in ``folder`` on to another, and back, while it is open."""

    folder: Path
    target: Path
    _is_open: asyncio.Event = field(default_factory=asyncio.Event)

    def cut(self) -> None:
        """Let nothing through, and tell nobody."""
        self._is_open.clear()

    def mend(self) -> None:
        """Let everything through, also what was held up."""
        self._is_open.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        await self._is_open.wait()
        with suppress(OSError):
            back, on = await asyncio.open_unix_connection(self.target / _SOCKET)
            await asyncio.gather(self._pass(reader, on), self._pass(back, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK_BYTES):
                await self._is_open.wait()
                writer.write(chunk)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def open_relay(folder: Path, target: Path) -> AsyncIterator[Relay]:
    """Open one before the server in the folder ``target``."""
    relay = Relay(folder=folder, target=target)
    relay.mend()
    server = await asyncio.start_unix_server(relay.serve, folder / _SOCKET)
    try:
        yield relay
    finally:
        relay.mend()
        server.close()
