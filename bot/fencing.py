"""Whether the run of a job may still act: another replica takes its job over where this one is taken to be dead.

What holds a run up may be long: a process that was stopped, a wait that Slack has asked for. So it is asked right
before anything reaches the outside, wherever in the job's task that is.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

Confirm = Callable[[], Awaitable[None]]
_confirm: Final[ContextVar[Confirm | None]] = ContextVar("confirm", default=None)


@contextmanager
def fenced(confirm: Confirm) -> Iterator[None]:
    """Have ``confirm`` asked in this task, and in those that it begins, for as long as the context lasts."""
    token = _confirm.set(confirm)
    try:
        yield
    finally:
        _confirm.reset(token)


async def confirm_run() -> None:
    """Go on where the run of the current task may act, or where there is none; else end it, by CancelledError."""
    confirm = _confirm.get()
    if confirm is not None:
        await confirm()
