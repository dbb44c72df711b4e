"""Steps that are kept: run through DBOS, and not begun in a process that stops."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cache
from typing import Any, Final, TypeVar

import structlog
from pydantic import TypeAdapter
from sqlalchemy.exc import SQLAlchemyError

from bot.cancellation import Cancellation
from bot.checkpoints import keep_step
from bot.courtesy import Courtesy
from bot.database import Database
from bot.errors import BotError, JobCancelled, JobKeepsCrashing, revive_error
from bot.fencing import confirm_run
from bot.ports import ignore
from bot.traces import NoTraces, Traces

T = TypeVar("T")
_log: Final = structlog.get_logger("job")
_KEPT_ERROR: Final = "error"
_KEPT_VALUE: Final = "value"


@cache
def _find_adapter(kept_as: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - mypy takes no type variable to be hashable
    """Make what reads and writes a kind of result, once: making it takes longer than using it."""
    return TypeAdapter(kept_as)


class Drain:
    """Lets a stopping process finish the steps it is in and begin no other; the job goes on at the next start."""

    def __init__(self, courtesy: Courtesy) -> None:
        self._is_closed = False
        self._courtesy = courtesy
        self._jobs: set[asyncio.Task[Any]] = set()
        self._steps = 0
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
        """Step aside for requests; wait for ever instead of beginning a step in a process that stops."""
        await self._courtesy.before_step()
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
    """Runs the steps of one run of a job through DBOS, which keeps each result under the step's place in the job.

    ``runs`` counts how often the job was started, this time included; ``kept`` how many steps were kept before.
    A job that is known to be started for the first time is ``new_in`` a database: no step is looked for then.
    ``veto`` ends the job where it had come to: it is raised in place of the first step that is not kept. So is a
    ``cancellation``, which also ends a step that may be stopped. ``strand`` is told when a result could not be kept:
    the job then ends without an outcome, to be started again later. ``note_step`` is told of each step that was run
    here and went well, with the seconds it took.
    """

    def __init__(
        self,
        drain: Drain,
        *,
        strand: Callable[[], None],
        cancellation: Cancellation,
        runs: int = 1,
        new_in: Database | None = None,
        kept: int = 0,
        veto: BotError | None = None,
        note_step: Callable[[str, float], None] = ignore,
        traces: Traces | None = None,
    ) -> None:
        self._traces = traces or NoTraces()
        self._note_step = note_step
        self._cancellation = cancellation
        self._runs = runs
        self._new_in = new_in
        self._strand = strand
        self._drain = drain
        self._to_replay = kept
        self._veto = veto

    async def __call__(
        self, name: str, kept_as: type[T], work: Callable[[], Awaitable[T]], *, may_be_stopped: bool = False
    ) -> T:
        """Return the step's result; an error of the tree is kept by its code and raised again from it."""
        adapter: TypeAdapter[T] = _find_adapter(kept_as)  # type: ignore[arg-type]

        async def run() -> dict[str, Any]:
            traced.is_kept = False
            await confirm_run()
            try:
                self._raise_veto()
                began_s = time.monotonic()
                result = await (self._stop_early(work) if may_be_stopped else work())
                self._note_step(name, time.monotonic() - began_s)
                return {_KEPT_VALUE: adapter.dump_python(result, mode="json")}
            except BotError as error:
                return {_KEPT_ERROR: error.code, "detail": str(error), "facts": error.list_facts()}

        async with self._drain.step():
            with self._traces.step(name, run=self._runs) as traced:
                kept = await self._keep(name, run)
                traced.error = kept.get(_KEPT_ERROR)
        self._to_replay -= 1
        if _KEPT_ERROR in kept:
            raise self._revive(kept)
        return adapter.validate_python(kept[_KEPT_VALUE])

    async def _stop_early(self, work: Callable[[], Awaitable[T]]) -> T:
        with self._cancellation.interrupting():
            return await work()

    async def _keep(self, name: str, run: Callable[[], Coroutine[Any, Any, dict[str, Any]]]) -> dict[str, Any]:
        try:
            return await keep_step(name, run, new_in=self._new_in)
        except SQLAlchemyError as error:  # a full or broken disk; a locked one is waited for by the engine
            _log.error("step_not_kept", step=name, exc_info=error)
            self._strand()
            raise asyncio.CancelledError from error

    async def count_runs(self) -> int:
        """Return how often the job was started, this time included."""
        return self._runs

    def guard(self) -> None:
        """Raise the veto before work between two steps that may be what brings the process down."""
        if self._to_replay <= 0 and isinstance(self._veto, JobKeepsCrashing):
            self._raise_veto()

    def absolve(self) -> None:
        """Raise no veto any more: the result is delivered, and only its status is left to show."""
        self._veto = None
        self._cancellation.settle()

    def _raise_veto(self) -> None:
        self._cancellation.check()
        if self._veto is not None:
            error, self._veto = self._veto, None
            raise error

    def _revive(self, kept: Mapping[str, Any]) -> BotError:
        error = revive_error(kept[_KEPT_ERROR])
        error.args = (kept["detail"],)
        for fact, value in kept["facts"].items():
            setattr(error, fact, value)
        if self._veto is not None and error.code == self._veto.code:
            self._veto = None
        if error.code == JobCancelled.code:
            self._cancellation.settle()
        return error
