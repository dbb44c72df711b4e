"""The bot as a version before it: another number, and a list of steps with one more: ``python elder.py VERSION``.

An instrument around the engine's boundary, as the victim's: the step that was dropped later on does nothing.
"""

import sys
from collections.abc import Callable, Coroutine
from typing import Any

import bot.checkpoints
import bot.steps
import bot.store


def add_step(before: str) -> None:
    """Have each job run one step more, right before one that it has."""
    keep_step = bot.checkpoints.keep_step

    async def nothing() -> dict[str, Any]:
        return {"value": None}

    async def keep_more(name: str, work: Callable[[], Coroutine[Any, Any, Any]], **more: Any) -> Any:  # noqa: ANN401 - the step's
        if name == before:
            await keep_step("dropped_later", nothing, **more)
        return await keep_step(name, work, **more)

    setattr(bot.steps, "keep_step", keep_more)  # noqa: B010 - a name of another module


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
