"""Taking over from replicas that have died: their jobs go on here, or anywhere else, once.

A replica is dead whose lock is free twice in a row: one that has only lost its connection takes the lock anew in
between. Jobs of its version are handed to whoever lives; those of a version that nobody runs any more begin anew.
"""

import asyncio
import random as randomness
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from dbos import WorkflowStatus

from bot.core.ids import make_reference
from bot.courtesy import working
from bot.database import limited_wait
from bot.engine import GENERATE, list_statuses, list_unfinished, start_again
from bot.errors import StoreError
from bot.jobs import Jobs, settle_strays
from bot.lease import Lease
from bot.store import JOB_VERSION
from bot.workflows import Workflows

_SWEEP_S: Final = 5.0
# How soon it is looked again where somebody seems to be dead: who has lost a connection only is back by then.
_SECOND_LOOK_S: Final = 2.5
_ATTEND_S: Final = 0.5
_HAND_BACK_S: Final = 2.0
# A request is entered right before its job is kept: after this long without one, it never will be.
_STRAY_S: Final = 60.0
_PENDING: Final = "PENDING"
_Holding = AbstractAsyncContextManager[bool]
_log: Final = structlog.get_logger("replica")


@dataclass(slots=True, kw_only=True)
class Adopter:
    """Looks for the dead every few seconds, as every replica does, and for jobs here that are to stop."""

    jobs: Jobs
    lease: Lease
    workflows: Workflows
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = randomness.random
    _dying: frozenset[str] = frozenset()
    _waning: frozenset[str] = frozenset()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work for as long as the context lasts."""
        async with working(self._sweep_on(), self._attend_on()):
            yield

    async def hand_back(self) -> None:
        """Have others go on at once with what was not finished here; what can't be handed over is adopted.

        The engine has ended by then, and the threads of the loop with it.
        """
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hand-back")
        release = partial(self.workflows.release, self.lease.replica)
        with suppress(StoreError):
            async with limited_wait(_HAND_BACK_S):
                if count := await asyncio.get_running_loop().run_in_executor(thread, release):
                    _log.info("jobs_handed_back", jobs=count)
        thread.shutdown(wait=False)

    async def sweep(self) -> None:
        """Look once: adopt from those that were dead at the look before too."""
        unfinished = await list_unfinished(has_input=False)
        await self._settle({status.workflow_id for status in unfinished})
        ours = [status for status in unfinished if status.app_version == JOB_VERSION and status.status == _PENDING]
        dying = await self._find_free(_list_replicas(ours) - {self.lease.replica}, self.lease.replacing)
        for replica in dying & self._dying:
            await self._adopt(replica)
        self._dying = dying
        others = {str(status.app_version) for status in unfinished} - {JOB_VERSION}
        waning = await self._find_free(others, self.lease.outliving)
        for version in waning & self._waning:
            await self._begin_anew(version)
        self._waning = waning

    async def _find_free(self, names: Iterable[str], hold: Callable[[str], _Holding]) -> frozenset[str]:
        """Find the locks that nobody has."""
        free = []
        for name in sorted(names):
            async with hold(name) as is_free:
                free += [name] if is_free else []
        return frozenset(free)

    async def _adopt(self, replica: str) -> None:
        """Hand over the jobs of a replica; what fails is tried again at the next look."""
        async with self.lease.replacing(replica) as is_dead:
            if not is_dead:
                return
            unfinished = await list_unfinished(has_input=False)
            left = [status for status in unfinished if _get_replica(status) == replica and status.status == _PENDING]
            adopted = [status for status in left if await self._try(status, self._hand_over)]
        _log.warning("jobs_adopted", replica=replica, jobs=len(adopted), left=len(left) - len(adopted))

    async def _hand_over(self, status: WorkflowStatus) -> None:
        await start_again(status.workflow_id, of=_get_replica(status))

    async def _begin_anew(self, version: str) -> None:
        """Begin the jobs of a version anew, of which no replica lives, nor can start meanwhile."""
        async with self.lease.outliving(version) as is_over:
            if not is_over:
                return
            for status in await list_unfinished(has_input=False):
                if status.app_version == version:
                    await self._try(status, self._ask_anew)

    async def _ask_anew(self, status: WorkflowStatus) -> None:
        kept = (await list_statuses([status.workflow_id]))[status.workflow_id]
        await self.jobs.begin_anew(kept.workflow_id, kept.input if kept.name == GENERATE else None)

    async def _try(self, status: WorkflowStatus, work: Callable[[WorkflowStatus], Awaitable[None]]) -> bool:
        try:
            await work(status)
        except Exception as error:  # noqa: BLE001 - one job that can't be read must not strand the others
            _log.warning("job_not_adopted", job=make_reference(status.workflow_id), exc_info=error)
            return False
        return True

    async def _settle(self, unfinished: set[str]) -> None:
        """Make the ledger agree with the engine, as bot/jobs.py does at a start where there is one process."""
        entered = await self.jobs.ledger.list_unfinished(older_than_s=_STRAY_S)
        await settle_strays(self.jobs.ledger, [job_id for job_id in entered if job_id not in unfinished])

    async def _sweep_on(self) -> None:
        while True:
            await _survive(self.sweep)
            await self.sleep(_SECOND_LOOK_S if self._dying or self._waning else _SWEEP_S * (0.8 + 0.4 * self.random()))

    async def _attend_on(self) -> None:
        while True:
            await _survive(self.jobs.attend)
            await self.sleep(_ATTEND_S)


async def _survive(work: Callable[[], Awaitable[None]]) -> None:
    """Do some work; what fails is done the next time."""
    try:
        await work()
    except StoreError as error:
        _log.info("replica_waits", work=work.__name__, reason=str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, a replica that looks no more strands jobs
        _log.warning("replica_work_failed", work=work.__name__, exc_info=error)


def _get_replica(status: WorkflowStatus) -> str:
    return status.executor_id or ""


def _list_replicas(statuses: Sequence[WorkflowStatus]) -> set[str]:
    return {_get_replica(status) for status in statuses}
