"""A PgBouncer of the tests' own before their PostgreSQL: Debian's, on a socket in a folder."""

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from postgres import Postgres

_FOUND: Final = shutil.which("pgbouncer", path=os.pathsep.join(["/usr/sbin", os.defpath]))
needs_pgbouncer: Final = pytest.mark.skipif(_FOUND is None, reason="PgBouncer is not installed")
# It refuses to run as root.
_USER: Final = "postgres" if os.getuid() == 0 else None
_PORT: Final = 6432
_CONFIG: Final = """
[databases]
* = host={folder} user=bot
[pgbouncer]
unix_socket_dir = {folder}
listen_port = {port}
auth_type = any
pool_mode = {mode}
server_round_robin = {round_robin}
ignore_startup_parameters = extra_float_digits
"""


@asynccontextmanager
async def open_pgbouncer(postgres: Postgres, *, mode: str, is_round_robin: bool = False) -> AsyncIterator[str]:
    """Start one; yields where the database is reached through it."""
    assert _FOUND is not None
    config = postgres.folder / f"pgbouncer-{mode}.ini"
    text = _CONFIG.format(folder=postgres.folder, port=_PORT, mode=mode, round_robin=int(is_round_robin))
    await asyncio.to_thread(config.write_text, text)
    process = await asyncio.create_subprocess_exec(
        *(_FOUND, "--quiet", str(config)), stdout=DEVNULL, stderr=DEVNULL, user=_USER, cwd=postgres.folder
    )
    socket = postgres.folder / f".s.PGSQL.{_PORT}"
    async with asyncio.timeout(10):
        while not await asyncio.to_thread(socket.exists):  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.02)
    try:
        yield f"postgresql://bot@/postgres?host={postgres.folder}&port={_PORT}"
    finally:
        process.terminate()
        await process.wait()
