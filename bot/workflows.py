"""The jobs that the engine has kept, seen from outside: also where no bot runs them.

https://docs.dbos.dev/python/reference/client
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from dbos import DBOSClient, WorkflowStatus
from dbos import error as dbos_error
from dbos._utils import INTERNAL_QUEUE_NAME
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StoreError
from bot.store import JsonSerializer, describe_failure

ENDED: Final = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})
_PAGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One workflow: its id, the name of its kind, what it was started with, what it returned if it did."""

    id: str
    kind: str
    is_ended: bool
    payload: dict[str, Any]
    output: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One kept step of a job; ``error`` is the code of the error that it ended with, ``facts`` what is known of it."""

    name: str
    error: str | None
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflows:
    """Finds and deletes workflows; every method may raise :class:`~bot.errors.StoreError`."""

    client: DBOSClient

    async def find(self, workflow_id: str) -> Kept | None:
        """Find one by its id."""
        with _translated():
            found = await self.client.list_workflows_async(workflow_ids=[workflow_id])
        return _read_status(found[0]) if found else None

    async def list_of_kind(self, kind: str) -> list[Kept]:
        """List those of a kind, oldest first, without what they returned."""
        kept: list[Kept] = []
        with _translated():
            while page := await self.client.list_workflows_async(
                name=kind, limit=_PAGE, offset=len(kept), load_output=False
            ):
                kept += map(_read_status, page)
        return kept

    async def list_ids(self, *, prefix: str) -> list[str]:
        """List the ids that begin with a prefix."""
        with _translated():
            found = await self.client.list_workflows_async(
                workflow_id_prefix=prefix, load_input=False, load_output=False
            )
        return [status.workflow_id for status in found]

    async def read_steps(self, workflow_id: str) -> dict[str, Any]:
        """Return what the steps of a job came to, by their names, without those that failed."""
        with _translated():
            steps = await self.client.list_workflow_steps_async(workflow_id)
        outputs = ((step["function_name"], step["output"]) for step in steps)
        return {name: output["value"] for name, output in outputs if isinstance(output, dict) and "value" in output}

    async def list_steps(self, workflow_id: str) -> list[Step]:
        """List the kept steps of a job, first to last, without what they came to."""
        with _translated():
            steps = await self.client.list_workflow_steps_async(workflow_id)
        outputs = [
            (step["function_name"], step["output"] if isinstance(step["output"], dict) else {}) for step in steps
        ]
        return [Step(name=name, error=kept.get("error"), facts=kept.get("facts", {})) for name, kept in outputs]

    async def cancel(self, workflow_id: str) -> None:
        """End one that no process runs."""
        with _translated():
            await self.client.cancel_workflow_async(workflow_id)

    def release(self, replica: str) -> int:
        """Have others go on with what a replica has left, which has ended; return how many jobs that are. It blocks.

        As for a job that is started again, there is no public way that keeps the count of its starts.
        """
        with _translated():
            left = self.client.list_workflows(
                executor_id=replica, status="PENDING", load_input=False, load_output=False
            )
            for status in left:
                self.client._sys_db.reenqueue_for_recovery(  # noqa: SLF001 - argued above
                    status.workflow_id, [replica], INTERNAL_QUEUE_NAME
                )
        return len(left)

    async def delete(self, workflow_ids: Sequence[str]) -> None:
        """Delete workflows with their steps, as far as they are there."""
        with _translated():
            await self.client.delete_workflows_async(list(workflow_ids))


def open_client(engine: sa.Engine) -> DBOSClient:
    """Make a client on the engine of the bot's own tables; it connects when it is used."""
    return DBOSClient(system_database_engine=engine, serializer=JsonSerializer(), lazy=True)


def _read_status(status: WorkflowStatus) -> Kept:
    kept_input: Any = status.input
    payload = kept_input["args"][-1] if isinstance(kept_input, dict) else {}
    return Kept(
        id=status.workflow_id,
        kind=status.name,
        is_ended=status.status in ENDED,
        payload=payload if isinstance(payload, dict) else {},
        output=status.output if isinstance(status.output, dict) else None,
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(describe_failure(error)) from error
    except dbos_error.DBOSException as error:
        raise StoreError(type(error).__name__) from error
