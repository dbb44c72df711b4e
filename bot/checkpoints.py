"""Steps of a job's first run, kept in one trip to the database: nothing of them can be kept before.

The engine looks for a step's result before the step and builds each of its statements anew, in 1.2 ms of CPU a step; a
job has fourteen. This writes the same rows, with the same check that the job is still this run's, by statements that
are built once. A run after a crash goes by the engine's own way: see "A step's trip to the database" in
docs/decisions.md.
"""

import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

import sqlalchemy as sa
from dbos import DBOS, StepOptions
from dbos._context import EnterDBOSStepCtx, current_owner_xid, snapshot_step_context
from dbos._dbos import _get_dbos_instance
from dbos._error import DBOSStepNondeterminismError, DBOSWorkflowConflictIDError
from dbos._serialization import serialize_exception, serialize_value
from dbos._sys_db import SystemDatabase, db_retry

from bot.database import Database, run_in
from bot.store import JsonSerializer
from bot.tables import Transaction

_MS: Final = 1_000
_serializer: Final = JsonSerializer()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Statements:
    """What keeps a step, with names in place of values; ``find_owner`` locks the job until the end."""

    find_owner: sa.Executable
    insert: sa.Executable


async def keep_step(
    name: str, run: Callable[[], Coroutine[Any, Any, dict[str, Any]]], *, new_in: Database | None
) -> dict[str, Any]:
    """Run a step of a job and return its result once that is kept, or return what was kept before.

    One of a job's first run, of which nothing was kept, is kept by the ways of the database that it is ``new_in``.
    Raises what the engine does where it can't be kept.
    """
    if new_in is not None:
        return await _keep_new(name, run, new_in)
    return await DBOS.run_step_async(StepOptions(name=name), run)


async def _keep_new(name: str, run: Callable[[], Awaitable[dict[str, Any]]], database: Database) -> dict[str, Any]:
    """Run a step and keep its result; an exception is kept too, as its kind, and raised."""
    step = snapshot_step_context()
    if step is None or not step.is_workflow():
        raise RuntimeError("a step was begun outside of a job")
    with EnterDBOSStepCtx({"name": name, "operationType": "step"}, step):
        row: dict[str, Any] = {
            "workflow_uuid": step.workflow_id,
            "function_id": step.function_id,
            "function_name": name,
            "started_at_epoch_ms": int(time.time() * _MS),
            "owner_xid": current_owner_xid(step.workflow_id),
            "output": None,
            "error": None,
        }
        try:
            result = await run()
        except Exception as error:
            row["error"], row["serialization"] = serialize_exception(error, None, _serializer)
            await _keep(row, database)
            raise
        row["output"], row["serialization"] = serialize_value(result, None, _serializer)
        await _keep(row, database)
        return result


async def _keep(row: dict[str, Any], database: Database) -> None:
    row["completed_at_epoch_ms"] = int(time.time() * _MS)
    store = _get_dbos_instance()._sys_db  # noqa: SLF001 - argued above
    await database.hasten(partial(_insert, store, row), lambda: run_in(database.lane, partial(_insist, store, row)))


def _insist(store: SystemDatabase, row: dict[str, Any]) -> None:
    """Keep a step, as often as the engine tries what can pass."""

    @db_retry(sys_db=store)
    def insert() -> None:
        with store.engine.begin() as connection:
            _insert(store, row, connection)

    insert()


def _insert(store: SystemDatabase, row: dict[str, Any], connection: Transaction) -> None:
    """Keep a step, if the job is still this run's; a row of the same moment is this one, written before."""
    statements, options = _make_statements(store), store.engine.get_execution_options()  # where its tables stand
    owner = connection.execute(statements.find_owner, {"job": row["workflow_uuid"]}, execution_options=options).scalar()
    if owner != row["owner_xid"]:
        raise DBOSWorkflowConflictIDError(row["workflow_uuid"])
    values = {f"{name}_": value for name, value in row.items()}
    kept_ms = connection.execute(statements.insert, values, execution_options=options).scalar()
    if kept_ms is not None and int(kept_ms) != row["completed_at_epoch_ms"]:
        raise DBOSStepNondeterminismError(row["workflow_uuid"], row["function_id"])


@lru_cache(maxsize=1)
def _make_statements(store: SystemDatabase) -> _Statements:
    """Make the statements that ``SystemDatabase.record_operation_result`` of DBOS 3.4 makes each time."""
    steps, jobs = store.tables.operation_outputs, store.tables.workflow_status
    is_job = jobs.c.workflow_uuid == sa.bindparam("job")
    names = (
        *("workflow_uuid", "function_id", "function_name", "started_at_epoch_ms", "completed_at_epoch_ms"),
        *("output", "error", "serialization"),
    )
    kept = steps.c.completed_at_epoch_ms
    insert = (
        store.dialect.insert(steps)
        .values(
            {name: sa.bindparam(f"{name}_", type_=steps.c[name].type) for name in names}
            | {"application_name": store.app_name, "retention_timestamp": store._now_ms_sql()}  # noqa: SLF001 - as above
        )
        .on_conflict_do_update(index_elements=["workflow_uuid", "function_id"], set_={kept.name: kept})
        .returning(kept)
    )
    if store.engine.dialect.name == "sqlite":  # a write, so that the transaction is one from here on
        find_owner: sa.Executable = (
            sa.update(jobs).where(is_job).values(owner_xid=jobs.c.owner_xid).returning(jobs.c.owner_xid)
        )
    else:
        find_owner = sa.select(jobs.c.owner_xid).where(is_job).with_for_update(key_share=True)
    return _Statements(find_owner=find_owner, insert=insert)
