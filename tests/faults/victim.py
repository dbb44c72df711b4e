"""The bot, with a trace of its steps, held or killed at the points it is told: ``python victim.py FOLDER``.

An instrument around the engine's boundary and no double: each step is run by the engine as ever. A point is a file
``hold/STEP.PHASE`` or ``kill/STEP.PHASE`` in FOLDER, and belongs to the first job that comes by: that job takes the
file away, and then waits for ever, or kills the process.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from dbos import DBOS

import bot.checkpoints
import bot.steps
from bot.__main__ import main

_BEGIN: Final = "begin"
_DONE: Final = "done"
_KEPT: Final = "kept"
# Held here, since nothing else refers to what a task waits for.
_NEVER: Final = asyncio.Event()


def _write(path: Path, *words: str) -> None:
    with path.open("a") as file:
        file.write(" ".join(words) + "\n")


def _take(path: Path) -> bool:
    """Take a point's file away; only one job can."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


async def _pass(folder: Path, step: str, phase: str) -> None:
    """Note that a job is at a point, and stay there if that is wanted."""
    job, point = DBOS.workflow_id or "", f"{step}.{phase}"
    _write(folder / "trace", point, job)
    if _take(folder / "kill" / point):
        os.kill(os.getpid(), signal.SIGKILL)
    if _take(folder / "hold" / point):
        _write(folder / "held", point, job)
        await _NEVER.wait()


def watch_steps(folder: Path) -> None:
    """Put the instrument around every step that is run; a step whose result is known already is not."""
    keep_step = bot.checkpoints.keep_step

    async def keep_watched(step: str, work: Callable[[], Awaitable[Any]], **more: Any) -> Any:  # noqa: ANN401 - the step's
        is_run = False

        async def work_watched() -> Any:  # noqa: ANN401 - the step's
            nonlocal is_run
            await _pass(folder, step, _BEGIN)
            result = await work()
            await _pass(folder, step, _DONE)
            is_run = True
            return result

        result = await keep_step(step, work_watched, **more)
        if is_run:
            await _pass(folder, step, _KEPT)
        return result

    setattr(bot.steps, "keep_step", keep_watched)  # noqa: B010 - a name of another module


if __name__ == "__main__":
    watch_steps(Path(sys.argv[1]))
    sys.exit(main(["run"]))
