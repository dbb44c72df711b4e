"""More processes of one bot: on the same database, between the same worlds, each with a log and a folder of its own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Final

from faults.crowd import SURFACES, Request, send, spread_out
from faults.verdict import Witness
from stage import Stage

ROOMY: Final = {
    "CODEMIE_READ_TIMEOUT_S": "60",
    "CODEMIE_ANSWER_TIMEOUT_S": "120",
    "CODEMIE_MAX_CONNECTIONS": "100",
    "MAX_CONCURRENT_JOBS": "1000",
}


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


def turn_to(replica: Stage) -> None:
    """Send what is asked for from now on to this replica, unless both come by Socket Mode."""
    if "SLACK_APP_TOKEN" not in replica.env:
        replica.workspace.events_url = f"{replica.url}/slack/events"


async def ask(stage: Stage, count: int) -> list[Request]:
    """Ask for so many things at once, each from somebody else, in turn on every surface."""
    surfaces = list(islice(cycle(SURFACES), count))
    places = spread_out(stage.workspace, surfaces)
    return list(await asyncio.gather(*map(partial(send, stage), surfaces, places)))


def find_all_problems(witness: Witness, requests: Sequence[Request]) -> dict[int, list[str]]:
    """Say what is wrong with results, by the numbers of their requests."""
    found = {request.number: witness.find_problems(request) for request in requests}
    return {number: problems for number, problems in found.items() if problems}


async def wait_for_jobs(stage: Stage, count: int) -> None:
    """Wait until a process has done so many jobs since its log began."""
    async with asyncio.timeout(60):
        while stage.read_log().count('"event": "job_done"') < count:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.1)
