"""``codemie-bot job``: what is kept of a request, by the reference that its requester was told; never its words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from bot.core.ids import make_reference
from bot.core.texts import Language, explain_error
from bot.errors import StoreError
from bot.settings import Settings
from bot.store import describe_failure, open_kept
from bot.tables import MS, calls, requests
from bot.workflows import Kept, Step, Workflows, open_client

# What people read out may be in any case, with letters for digits: see `make_reference`.
_MISREAD: Final = str.maketrans("ILO", "110")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One request: its row in the ledger, how many CodeMie calls it took, and its job, unless that is erased."""

    request: Mapping[str, Any]
    calls: int
    job: Kept | None
    steps: tuple[Step, ...]


async def inspect(settings: Settings, reference: str) -> str | None:
    """Describe the request with this reference, a line a fact; ``None`` where the database has none.

    It only reads, so a bot may run meanwhile. Raises SettingsError where there is no database, StoreError where it
    can't be read.
    """
    with open_kept(
        database_url=settings.database, data_dir=settings.data_dir, synchronous=settings.sqlite_synchronous
    ) as engine:
        row = _find_request(engine, reference.strip().upper().translate(_MISREAD))
        if row is None:
            return None
        workflows = Workflows(client=open_client(engine))
        job = await workflows.find(row["job_id"])
        steps = await workflows.list_steps(row["job_id"]) if job else []
        return describe(Found(request=row, calls=_count_calls(engine, row["job_id"]), job=job, steps=tuple(steps)))


def describe(found: Found) -> str:
    """Write down what was found."""
    request, output = found.request, (found.job.output if found.job else None) or {}
    asked_at = datetime.fromtimestamp(request["asked_at_ms"] / MS, UTC)
    lines = [
        f"request    {request['job_id']}",
        f"asked      {asked_at:%Y-%m-%dT%H:%M:%SZ} by {request['team']}:{request['user']}",
        f"thread     {request['thread'] or '-'}",
        f"state      {request['state']}, crashes {request['crashes']}, CodeMie calls {found.calls}",
        f"outcome    {_describe_outcome(found.job, output.get('error'))}",
        *(f"step       {_describe_step(step)}" for step in found.steps),
    ]
    return "\n".join(lines)


def _describe_outcome(job: Kept | None, code: str | None) -> str:
    if job is None:
        return "erased"
    if code is not None:
        return f"{code}: {explain_error(Language.ENGLISH, code)}"
    return "ready" if job.output is not None else "none yet"


def _describe_step(step: Step) -> str:
    facts = "".join(f" {name}={value}" for name, value in step.facts.items())
    return f"{step.name}: {step.error}{facts}" if step.error else step.name


def _find_request(engine: sa.Engine, reference: str) -> Mapping[str, Any] | None:
    """Find the request whose id shortens to the reference, which is no column: the ids are few enough to try."""
    job_ids = _read(engine, sa.select(requests.c.job_id).order_by(requests.c.seq.desc()))
    job_id = next((row["job_id"] for row in job_ids if make_reference(row["job_id"]) == reference), None)
    return next(iter(_read(engine, sa.select(requests).where(requests.c.job_id == job_id))), None)


def _count_calls(engine: sa.Engine, job_id: str) -> int:
    return len(_read(engine, sa.select(calls.c.id).where(calls.c.job_id == job_id)))


def _read(engine: sa.Engine, query: sa.Select[Any]) -> list[Mapping[str, Any]]:
    try:
        with engine.connect() as connection:
            return [row._asdict() for row in connection.execute(query)]
    except SQLAlchemyError as error:
        raise StoreError(describe_failure(error)) from error
