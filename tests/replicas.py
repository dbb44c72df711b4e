"""More processes of one bot: on the same database, between the same worlds, each with a log and a folder of its own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from stage import Stage


@asynccontextmanager
async def open_replica(
    stage: Stage, folder: Path, *, arguments: Sequence[str] | None = None, **settings: str
) -> AsyncIterator[Stage]:
    """Start another process beside that of a stage; in HTTP mode it is where requests go from now on."""
    await asyncio.to_thread(folder.mkdir)
    replica = replace(
        stage,
        env={**stage.env, "DATA_DIR": str(folder / "data"), **settings},
        log_path=folder / "bot.log",
        process=None,
        url="",
        arguments=stage.arguments if arguments is None else arguments,
    )
    await replica.start()
    try:
        yield replica
    finally:
        if replica.process is not None and replica.process.returncode is None:
            await replica.stop()
