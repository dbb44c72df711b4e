"""Stopping one job at its requester's wish: at once where it waits or asks, before its next step elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from bot.errors import JobCancelled

# Who stops a job whose requester wants it erased, where Slack or the operator does not tell more.
BY_OPERATOR: Final = "operator"
BY_DELETION: Final = "message_deleted"


@dataclass(slots=True, kw_only=True)
class Cancellation:
    """Whether a job is to stop; ``by`` is the id of the user who wants it to."""

    by: str | None = None
    is_over: bool = False
    _waiting: asyncio.Task[object] | None = field(default=None, repr=False)
    _has_struck: bool = False

    def request(self, by: str) -> bool:
        """Have the job stop; false where it is too late for that, since its result is delivered."""
        if self.is_over:
            return False
        if self.by is None:
            self.by = by
            if self._waiting is not None:
                self._has_struck = True
                self._waiting.cancel()
        return True

    def check(self) -> None:
        """Raise JobCancelled where the job is to stop; once, so that what is left to say can be said."""
        if self.by is not None and not self.is_over:
            self.is_over = True
            raise JobCancelled

    def settle(self) -> None:
        """Let the job be done in any case: it was stopped before, or its result is delivered."""
        self.is_over = True

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Raise JobCancelled inside the block as soon as the job is to stop."""
        self.check()
        try:
            with self._listening():
                yield
        except _Struck:
            self.check()
            raise

    async def wait_unless_requested(self, wait: Callable[[], Awaitable[None]]) -> None:
        """Wait, but no longer than until the job is to stop.

        Nothing is raised here, outside of a step: the job's next step is where it ends, in this run and in any other.
        """
        if self.by is None:
            with suppress(_Struck), self._listening():
                await wait()

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Raise _Struck as soon as the job is to stop.

        It works as :func:`asyncio.timeout` does, and tells its own cancellation of the task from others.
        """
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a job is a task
        cancelling, self._waiting = task.cancelling(), task
        try:
            yield
        except asyncio.CancelledError:
            if self._has_struck and task.uncancel() <= cancelling:
                raise _Struck from None
            raise
        finally:
            self._waiting = None
            self._has_struck = False


class _Struck(Exception):
    """What was waited for is not waited for any more."""
