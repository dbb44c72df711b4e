"""Steps that are kept: run through DBOS, and not begun in a process that stops."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final, TypeVar

from dbos import DBOS, StepOptions
from pydantic import TypeAdapter

from bot.errors import BotError, revive_error

T = TypeVar("T")
_KEPT_ERROR: Final = "error"
_KEPT_VALUE: Final = "value"


class Drain:
    """Lets a stopping process finish the steps it is in and begin no other; the job goes on at the next start."""

    def __init__(self) -> None:
        self._jobs: set[asyncio.Task[Any]] = set()
        self._steps = 0
        self._is_closed = False
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    @contextmanager
    def job(self) -> Iterator[None]:
        """Know of the job that runs in the current task."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a job is a task
        self._jobs.add(task)
        try:
            yield
        finally:
            self._jobs.discard(task)

    @asynccontextmanager
    async def step(self) -> AsyncIterator[None]:
        """Wait for ever instead of beginning a step in a process that stops."""
        if self._is_closed:
            await asyncio.Event().wait()
        self._steps += 1
        self._is_idle.clear()
        try:
            yield
        finally:
            self._steps -= 1
            if self._steps == 0:
                self._is_idle.set()

    async def close(self, *, grace_s: float) -> None:
        """Give running steps ``grace_s`` seconds, then cancel the jobs; a cancelled step leaves no result behind."""
        self._is_closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self._is_idle.wait()
        jobs = list(self._jobs)
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)


class DurableSteps:
    """Runs the steps of one run of a job through DBOS, which keeps each result under the step's place in the job."""

    def __init__(self, drain: Drain) -> None:
        self._drain = drain
        self._runs: int | None = None

    async def __call__(self, name: str, kept_as: type[T], work: Callable[[], Awaitable[T]]) -> T:
        """Return the step's result; an error of the tree is kept by its code and raised again from it."""
        adapter = TypeAdapter(kept_as)

        async def run() -> dict[str, Any]:
            try:
                return {_KEPT_VALUE: adapter.dump_python(await work(), mode="json")}
            except BotError as error:
                return {_KEPT_ERROR: error.code, "detail": str(error), "facts": error.list_facts()}

        async with self._drain.step():
            kept = await DBOS.run_step_async(StepOptions(name=name), run)
        if _KEPT_ERROR in kept:
            error = revive_error(kept[_KEPT_ERROR])
            error.args = (kept["detail"],)
            for fact, value in kept["facts"].items():
                setattr(error, fact, value)
            raise error
        return adapter.validate_python(kept[_KEPT_VALUE])

    async def count_runs(self) -> int:
        """Return how often the job was started, this time included; inside a step, so that it is not kept."""
        if self._runs is None:
            status = await DBOS.get_workflow_status_async(DBOS.workflow_id or "")
            self._runs = (status.recovery_attempts if status else None) or 1
        return self._runs
