"""A bot that is there to be killed: with its trap, its witness, and time enough on a slow machine."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from faults.crowd import Request, list_calls, list_messages, send
from faults.trap import VICTIM, Trap
from faults.verdict import Witness, wait_until_done
from stage import PICTURE_NAME, Stage, open_stage
from warming import Nursery

from bot.core.ids import Role
from bot.core.models import Surface
from bot.ports import ignore

# A mention takes the way of a direct message in another place, so it is left to the full run.
MOST_SURFACES: Final = [
    Surface.COMMAND,
    Surface.DIRECT,
    pytest.param(Surface.MENTION, marks=pytest.mark.faults_full),
]
_TRIES: Final = 5
# Nothing here is about limits, and silence is long where many jobs share two cores.
_ROOMY: Final = {
    "CODEMIE_READ_TIMEOUT_S": "60",
    "CODEMIE_ANSWER_TIMEOUT_S": "120",
    "CODEMIE_MAX_CONNECTIONS": "200",
    "CODEMIE_MAX_KEEPALIVE_CONNECTIONS": "200",
    "MAX_CONCURRENT_JOBS": "1000",
    "RATE_LIMIT": "10000/minute",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Theatre:
    """A stage whose bot can be held and killed at any point, and who saw what happened."""

    stage: Stage
    trap: Trap
    witness: Witness

    async def restart(self) -> None:
        """Kill the process, if it still lives, and start it again with nothing more to come."""
        await self.stage.kill()
        self.trap.clear()
        await self.stage.start()

    async def do_well(self, surface: Surface, *, prepare: Callable[[], None] = ignore) -> Request:
        """Have a job done whose picture is in time, ``prepare`` before each try.

        A painter with low priority that starts beside other tests may be late, which takes steps and calls that others
        need not come by.
        """
        for _ in range(_TRIES):
            prepare()
            request = await send(self.stage, surface)
            await wait_until_done(self.stage, [request])
            if self._has_picture_in_files(request):
                break
        return request

    def _has_picture_in_files(self, request: Request) -> bool:
        files = [file_id for message in list_messages(self.stage.workspace, request) for file_id in message.files]
        return PICTURE_NAME in [self.stage.workspace.files[file_id].name for file_id in files]

    @property
    def database_path(self) -> Path:
        """Where the bot keeps everything."""
        return Path(self.stage.env["DATA_DIR"]) / "bot.sqlite"

    def count_calls(self, request: Request, role: Role) -> int:
        """Count how often CodeMie was asked for one stage of a request."""
        return len(list_calls(self.stage.codemie.calls, request, is_page=role is Role.PAGE))


TheatreOpener = Callable[..., AbstractAsyncContextManager[Theatre]]


@asynccontextmanager
async def open_theatre(
    folder: Path, *, nursery: Nursery | None = None, **settings: str | None
) -> AsyncIterator[Theatre]:
    """Open a stage with the victim on it."""
    trap = Trap(folder / "trap")
    trap.folder.mkdir()
    arguments = (str(VICTIM), str(trap.folder))
    async with open_stage(folder, arguments=arguments, nursery=nursery, **{**_ROOMY, **settings}) as stage:
        yield Theatre(stage=stage, trap=trap, witness=Witness(stage.workspace))
