"""Delivered results: what previews show, what a refinement builds on, what a person may have erased."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from bot.core.ids import Role
from bot.core.models import Exchange, Flow, Posted, Result
from bot.database import Database
from bot.tables import MS, Transaction, results

_EXCHANGES = TypeAdapter(dict[Role, Exchange])
# What each job needs, made once: names stand where values will.
_is_job: Final = results.c.job_id == sa.bindparam("job")
_FIND_VERSION: Final = sa.select(results.c.version).where(_is_job)
_FIND_NEWEST: Final = sa.select(sa.func.max(results.c.version)).where(results.c.thread == sa.bindparam("thread_"))
_KEEP: Final = results.insert()
_NOTE_POSTED: Final = results.update().where(_is_job)


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Keeps and finds results; every method is one transaction and may raise StoreError."""

    database: Database
    clock: Callable[[], float] = time.time

    async def keep(self, result: Result) -> int:
        """Keep a result as the next version of its thread, or once more under its version; return that."""
        values = {
            "job_id": result.job_id,
            "team": result.team,
            "user": result.user,
            "thread": result.thread,
            "language": result.language,
            "flow": result.flow.model_dump_json(exclude_none=True),
            "html": result.html,
            "scripted_html": result.scripted_html,
            "exchanges": _EXCHANGES.dump_json(result.exchanges).decode(),
            "posted": result.posted.model_dump_json(),
            "made_at_ms": int(self.clock() * MS),
        }

        def keep(connection: Transaction) -> int:
            known = connection.execute(_FIND_VERSION, {"job": result.job_id}).scalar()
            if known is not None:
                return int(known)
            version = _choose_version(connection, result.thread)
            connection.execute(_KEEP, {**values, "version": version})
            return version

        return await self.database.insist_briefly(keep)

    async def note_posted(self, job_id: str, posted: Posted) -> None:
        """Note what Slack has of a result."""
        values = {"job": job_id, "posted": posted.model_dump_json()}
        await self.database.insist_briefly(lambda connection: connection.execute(_NOTE_POSTED, values))

    async def find(self, job_id: str) -> Result | None:
        """Find the result of a job."""
        return await self.database.run(_select(results.c.job_id == job_id))

    async def find_posted(self, job_id: str) -> Posted | None:
        """Find what Slack has of a job's result, without reading the result; ``None`` too for one of another shape."""
        query = sa.select(results.c.posted).where(results.c.job_id == job_id)
        posted = await self.database.run(lambda connection: connection.execute(query).scalar())
        try:
            return None if posted is None else Posted.model_validate_json(posted)
        except ValidationError:
            return None

    async def recall(self, job_id: str) -> Result | None:
        """Find the result of a job, however long the database is out of order: a job can't go on without."""
        return await self.database.insist(_select(results.c.job_id == job_id))

    async def recall_last(self, thread: str) -> Result | None:
        """Find the newest result of a thread, as patiently."""
        return await self.database.insist(_select(results.c.thread == thread))

    async def has_any(self, thread: str) -> bool:
        """Tell whether a thread has a result."""
        query = sa.select(results.c.job_id).where(results.c.thread == thread).limit(1)
        return await self.database.run(lambda connection: connection.execute(query).scalar()) is not None

    async def list_versions(self, thread: str) -> Sequence[tuple[int, str]]:
        """List the versions of a thread, oldest first, with the ids of their jobs."""
        query = (
            sa.select(results.c.version, results.c.job_id).where(results.c.thread == thread).order_by(results.c.version)
        )
        rows = await self.database.run(lambda connection: connection.execute(query).all())
        return [(row.version, row.job_id) for row in rows]

    async def forget(self, job_ids: Sequence[str]) -> None:
        """Delete results."""
        delete = results.delete().where(results.c.job_id.in_(job_ids))
        await self.database.insist(lambda connection: connection.execute(delete))

    async def forget_old(self, *, before: datetime) -> int:
        """Delete the results that were made before a moment; return how many."""
        delete = results.delete().where(results.c.made_at_ms < before.timestamp() * MS)
        return await self.database.run(lambda connection: connection.execute(delete).rowcount)


def _select(is_wanted: sa.ColumnElement[bool]) -> Callable[[sa.Connection], Result | None]:
    query = sa.select(results).where(is_wanted).order_by(results.c.version.desc()).limit(1)

    def find(connection: sa.Connection) -> Result | None:
        row = connection.execute(query).one_or_none()
        return None if row is None else _read_row(row)

    return find


def _choose_version(connection: Transaction, thread: str | None) -> int:
    if thread is None:
        return 1
    newest = connection.execute(_FIND_NEWEST, {"thread_": thread}).scalar()
    return int(newest or 0) + 1


def _read_row(row: Any) -> Result:  # noqa: ANN401 - a row of the table
    return Result(
        job_id=row.job_id,
        team=row.team,
        user=row.user,
        thread=row.thread,
        version=row.version,
        language=row.language,
        flow=Flow.model_validate_json(row.flow),
        html=row.html,
        scripted_html=row.scripted_html,
        exchanges=_EXCHANGES.validate_json(row.exchanges),
        posted=Posted.model_validate_json(row.posted),
    )
