"""A PostgreSQL of the tests' own: Debian's, on a socket in a folder, so that no port is taken."""

import asyncio
import os
import shutil
import tempfile
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

# Debian leaves the server's programs off the PATH.
_PROGRAMS: Final = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
_FOUND: Final = shutil.which("pg_ctl", path=os.pathsep.join([str(_PROGRAMS[-1] if _PROGRAMS else ""), os.defpath]))
needs_postgres: Final = pytest.mark.skipif(_FOUND is None, reason="PostgreSQL's server is not installed")
# It refuses to run as root.
_USER: Final = "postgres" if os.getuid() == 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A running server, with one database; ``folder`` is all that it has."""

    folder: Path

    @property
    def url(self) -> str:
        """Where the database is."""
        return f"postgresql://bot@/postgres?host={self.folder}"

    async def make_database(self, name: str) -> str:
        """Make another database, and return where it is."""
        await self._run("psql", "--quiet", "--command", f"CREATE DATABASE {name}", self.url)
        return f"postgresql://bot@/{name}?host={self.folder}"

    async def dump(self, url: str, path: Path) -> None:
        """Make a back-up of a database."""
        await self._run("pg_dump", "--file", str(path), url)

    async def restore(self, path: Path, url: str) -> None:
        """Restore a back-up into an empty database."""
        await self._run("psql", "--quiet", "--output", str(path.with_suffix(".said")), "--file", str(path), url)

    async def _run(self, program: str, *arguments: str) -> None:
        assert _FOUND is not None
        process = await asyncio.create_subprocess_exec(str(Path(_FOUND).with_name(program)), *arguments)
        assert await process.wait() == 0, f"{program} failed"

    async def start(self) -> None:
        """Start the server, and wait until it takes connections."""
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off"
        await self._control("start", "-w", "-o", options, "-l", str(self.folder / "log"))

    async def stop(self) -> None:
        """Stop the server; whoever is connected is thrown out."""
        await self._control("stop", "-w", "-m", "fast")

    async def crash(self) -> None:
        """End the server as a crash would; when it starts again it has what was committed."""
        await self._control("stop", "-w", "-m", "immediate")

    async def initialise(self) -> None:
        """Make the files of an empty server, whose owner needs no password."""
        await self._control("init", "-o", "--auth=trust --username=bot --no-sync --encoding=UTF8 --locale=C.UTF-8")

    async def _control(self, *arguments: str) -> None:
        assert _FOUND is not None
        process = await asyncio.create_subprocess_exec(
            *(_FOUND, "-D", str(self.folder / "server"), *arguments), stdout=DEVNULL, user=_USER, cwd=self.folder
        )
        assert await process.wait() == 0, f"pg_ctl {arguments[0]} failed"


@asynccontextmanager
async def open_postgres() -> AsyncIterator[Postgres]:
    """Start a server in a folder with a short name: a socket's may have about a hundred bytes."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        if _USER is not None:
            shutil.chown(folder, _USER)
        server = Postgres(folder=Path(folder))
        await server.initialise()
        await server.start()
        try:
            yield server
        finally:
            await server.stop()
