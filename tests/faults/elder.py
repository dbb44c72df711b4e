"""The bot as a version before it: another number, and a list of steps with one more: ``python elder.py VERSION``.

An instrument around the engine's boundary, as the victim's: the step that was dropped later on does nothing.
"""

import sys
from collections.abc import Awaitable, Callable
from typing import Any

from dbos import DBOS, StepOptions

import bot.store  # noqa: F401 - where the number is from


def add_step(before: str) -> None:
    """Have each job run one step more, right before one that it has."""
    run_step = DBOS.run_step_async

    async def nothing() -> dict[str, Any]:
        return {"value": None}

    async def run_more(options: StepOptions, work: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - the step's
        if options["name"] == before:
            await run_step(StepOptions(name="dropped_later"), nothing)
        return await run_step(options, work)

    setattr(DBOS, "run_step_async", run_more)  # noqa: B010 - a class of another library


def become(version: str) -> None:
    """Have another number, in every module that has read it by now; a fork of a warm bot has them all behind it."""
    for name, module in tuple(sys.modules.items()):
        if name.startswith("bot.") and hasattr(module, "JOB_VERSION"):
            setattr(module, "JOB_VERSION", version)  # noqa: B010 - a constant


if __name__ == "__main__":
    become(sys.argv[1])
    add_step("ask_flow")
    from bot.__main__ import main

    sys.exit(main(["run"]))
