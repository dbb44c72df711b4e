"""What the jobs ask of the engine besides running them: the past of a job, another start of it.

The engine is DBOS, one a process: https://docs.dbos.dev/python/reference/contexts
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from dbos import DBOS, WorkflowStatus
from dbos._context import current_owner_xid
from dbos._dbos import _get_dbos_instance
from dbos._sys_db import SystemDatabase
from dbos._utils import INTERNAL_QUEUE_NAME, GlobalParams

from bot.database import Database

T = TypeVar("T")
# The workflows, by the names that they are kept under.
GENERATE: Final = "generate"
TELL: Final = "tell"
_UNFINISHED: Final = ["PENDING", "ENQUEUED"]
# The engine's table in PostgreSQL, as far as it has no other way to tell whose a job is.
_workflows: Final = sa.table(
    "workflow_status", sa.column("workflow_uuid", sa.Text), sa.column("owner_xid", sa.Text), schema="dbos"
)
# What was asked for longer ago than this, when the bot comes back, may not be wanted any more.
_OUTDATED_S: Final = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of a job when it starts: how often it has, its age in seconds, and its steps that are kept."""

    runs: int
    age_s: float
    kept_steps: int

    @property
    def is_first(self) -> bool:
        """Whether no step of it can be kept yet."""
        return self.runs == 1 and self.kept_steps == 0

    @property
    def is_outdated(self) -> bool:
        """Whether it starts again so late that its requester is to be asked first."""
        return self.runs > 1 and self.age_s > _OUTDATED_S


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowOwners:
    """Whose the jobs are, in PostgreSQL: the engine gives each start of a job a token of its own.

    It looks at the token before it keeps what a step came to, and not before the step does its work.
    """

    database: Database

    def get_token(self) -> str:
        """Return the token of the run of the current task."""
        return current_owner_xid(DBOS.workflow_id or "") or ""

    async def find(self, job_ids: Collection[str]) -> Mapping[str, str | None]:
        """Find the tokens of the runs that have these jobs now, however long the database is out of order."""
        query = sa.select(_workflows).where(_workflows.c.workflow_uuid.in_(job_ids))
        rows = await self.database.insist(lambda connection: connection.execute(query).all())
        return {row.workflow_uuid: row.owner_xid for row in rows}


async def look_back(job_id: str, *, now_s: float, database: Database) -> Past:
    """Read a job's past, however long the database is out of order; ``now_s`` is in seconds since the epoch.

    It is two numbers; the engine's own query has all it knows of a job, in a millisecond and a half of CPU.
    """
    store = _get_dbos_instance()._sys_db  # noqa: SLF001 - argued above
    query, options = _make_start_query(store), store.engine.get_execution_options()
    row = await database.insist_briefly(
        lambda connection: connection.execute(query, {"job": job_id}, execution_options=options).one_or_none()
    )
    runs, created_ms = row or (None, None)
    if created_ms is None:
        return Past(runs=1, age_s=0, kept_steps=0)
    kept_steps = len(await _outside(partial(DBOS.list_workflow_steps_async, job_id))) if runs and runs > 1 else 0
    return Past(runs=runs or 1, age_s=now_s - created_ms / 1_000, kept_steps=kept_steps)


async def list_unfinished(*, has_input: bool = True) -> list[WorkflowStatus]:
    """List the jobs that have not ended, those of other versions among them, with their input unless it is unwanted."""
    return await DBOS.list_workflows_async(status=_UNFINISHED, load_input=has_input, load_output=False)


async def list_known(job_ids: Sequence[str]) -> set[str]:
    """Tell which of these jobs the engine has, ended or not."""
    if not job_ids:
        return set()
    statuses = await DBOS.list_workflows_async(workflow_ids=list(job_ids), load_input=False, load_output=False)
    return {status.workflow_id for status in statuses}


async def list_statuses(job_ids: Sequence[str]) -> dict[str, WorkflowStatus]:
    """Find these jobs, with their input and what they came to."""
    if not job_ids:
        return {}
    return {status.workflow_id: status for status in await DBOS.list_workflows_async(workflow_ids=list(job_ids))}


async def start_again(job_id: str, *, of: str | None = None) -> bool:
    """Have the engine start a job whose task ended without an outcome, as it does after a crash.

    ``of`` is the replica that had it, this one by default; false where that one has it no more. Its public
    ``resume_workflow`` would set the count of starts to 0, by which an intent to post is told from one of an earlier
    run, and would take a job away from whoever has it meanwhile.
    """
    return await asyncio.to_thread(
        _get_dbos_instance()._sys_db.reenqueue_for_recovery,  # noqa: SLF001 - argued above
        job_id,
        [GlobalParams.executor_id if of is None else of],
        INTERNAL_QUEUE_NAME,
    )


@lru_cache(maxsize=1)
def _make_start_query(store: SystemDatabase) -> sa.Select[Any]:
    jobs = store.tables.workflow_status
    return sa.select(jobs.c.recovery_attempts, jobs.c.created_at).where(jobs.c.workflow_uuid == sa.bindparam("job"))


async def _outside(read: Callable[[], Awaitable[T]]) -> T:
    """Ask the engine from outside of the job: inside, the first answer would be kept as if it were a step."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(_await(read), context=Context())
    return task.result()


async def _await(read: Callable[[], Awaitable[T]]) -> T:
    return await read()
