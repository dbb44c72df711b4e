"""The runs of jobs in this process, and whether their jobs are still theirs."""

import asyncio
import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import structlog

from bot.core.ids import make_reference
from bot.fencing import fenced

# An answer that took longer to come may be true no more: it takes a replica longer than this to be replaced.
_FRESH_S: Final = 5.0
# What follows at once, as a call to Slack after the start of its step, needs no other answer.
_TRUSTED_S: Final = 1.0
_log: Final = structlog.get_logger("job")


class Owners(Protocol):
    """Who has which job; a token is of one run, and another's once the job was taken over."""

    def get_token(self) -> str:
        """Return the token of the run of the current task."""
        ...

    async def find(self, job_ids: Collection[str]) -> Mapping[str, str | None]:
        """Find the tokens of the runs that have these jobs now; may wait for the database."""
        ...


@dataclass(slots=True, kw_only=True, eq=False)
class _Run:
    """A run; ``confirmed_s`` is when it was asked, with success, whether its job is still its own."""

    job_id: str
    token: str
    task: asyncio.Task[Any]
    confirmed_s: float = -math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Ends the runs whose jobs another process has taken over; without ``owners`` there is no other."""

    owners: Owners | None = None
    monotonic: Callable[[], float] = time.monotonic
    _runs: set[_Run] = field(default_factory=set)

    @contextmanager
    def entering(self, job_id: str) -> Iterator[None]:
        """Know of the run of the current task, and let it act only while the job is its own."""
        if self.owners is None:
            yield
            return
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a job is a task
        owners, run = self.owners, _Run(job_id=job_id, token=self.owners.get_token(), task=task)
        self._runs.add(run)
        try:
            with fenced(lambda: self._confirm(owners, run)):
                yield
        finally:
            self._runs.discard(run)

    async def drop_lost(self) -> None:
        """Cancel the runs whose jobs are others' by now, so that they hold up nothing and show nothing."""
        runs = tuple(self._runs)
        if self.owners is None or not runs:
            return
        tokens = await self.owners.find({run.job_id for run in runs})
        for run in runs:
            if tokens.get(run.job_id) != run.token and run in self._runs:
                _log_loss(run)
                run.task.cancel()

    async def _confirm(self, owners: Owners, run: _Run) -> None:
        """Ask whose the job is, unless that was asked right before; a process that stood still meanwhile asks anew."""
        enough_s = _TRUSTED_S
        while self.monotonic() - run.confirmed_s >= enough_s:
            asked_s = self.monotonic()
            tokens = await owners.find({run.job_id})
            if tokens.get(run.job_id) != run.token:
                _log_loss(run)
                raise asyncio.CancelledError
            run.confirmed_s, enough_s = asked_s, _FRESH_S


def _log_loss(run: _Run) -> None:
    _log.warning("job_taken_over", job=make_reference(run.job_id))
