"""What is to be erased, kept until it is; and the rows of the bot's own tables that go with it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
import structlog
from pydantic import ValidationError

from bot.core.ids import find_team
from bot.database import Database
from bot.errors import StoreError
from bot.remains import Remains
from bot.tables import MS, State, calls, cancellations, erasures, pauses, previews, requests, results

_BATCH: Final = 100
# Between two tries at what Slack or CodeMie have not erased.
_SHORTEST_WAIT_S: Final = 10.0
_LONGEST_WAIT_S: Final = 3_600.0
_log: Final = structlog.get_logger("erasing")


class Kind(StrEnum):
    """Whose data goes: that of a result's request, of all that came of a message, of a person, of a workspace.

    Or what CodeMie may have kept once more, after one of these was erased.
    """

    JOB = "job"
    MESSAGE = "message"
    USER = "user"
    TEAM = "team"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Somebody's wish that data be erased; ``subject`` is a job's id, ``TEAM:USER`` or a workspace's id.

    What is late has the workspace, kind and subject of the wish before.
    """

    kind: Kind
    subject: str
    by: str
    asked_at_ms: int
    version: int = 0
    remains: Remains = field(default_factory=Remains)

    @property
    def team(self) -> str:
        """The workspace that it is about; what it is about is all of one."""
        is_named = self.kind in {Kind.USER, Kind.TEAM, Kind.LATE}
        return self.subject.partition(":")[0] if is_named else find_team(self.subject)

    @property
    def keeps_ledger(self) -> bool:
        """Whether ids and times stay in the ledger, by which limits are counted and redeliveries known."""
        return self.kind not in {Kind.USER, Kind.TEAM}


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasures:
    """Keeps and finds wishes; every method is one transaction and may raise StoreError."""

    database: Database
    clock: Callable[[], float] = time.time

    async def note(self, kind: Kind, subject: str, *, by: str, wait_s: float = 0) -> Erasure:
        """Keep a wish, from which on it is sure to be fulfilled; one kept already is about all until now.

        It is due in ``wait_s``.
        """
        now_ms = self._now_ms()
        erasure = Erasure(kind=kind, subject=subject, by=by, asked_at_ms=now_ms)
        values = {"by": by, "asked_at_ms": now_ms, "due_at_ms": now_ms + int(wait_s * MS)}
        update = erasures.update().where(*_is_subject(erasure)).values(values)
        remains = erasure.remains.model_dump_json()
        row = {"kind": kind, "subject": subject, "version": 0, "remains": remains, **values}

        def note(connection: sa.Connection) -> None:
            if not connection.execute(update).rowcount:
                connection.execute(erasures.insert().values(row))

        await self.database.run(note)
        return erasure

    async def note_late(self, erasure: Erasure, *, wait_s: float) -> None:
        """Have the conversations of a wish that may be late deleted again, in ``wait_s``, with those noted before."""
        late = replace(erasure, kind=Kind.LATE, subject=f"{erasure.team}:{erasure.kind}:{erasure.subject}")
        query = sa.select(erasures).where(*_is_subject(late))
        row = {"kind": late.kind, "subject": late.subject, "by": late.by, "version": 0}

        def note(connection: sa.Connection) -> None:
            known = connection.execute(query.with_for_update()).one_or_none()
            before = _read_row(known).remains if known else Remains()
            values = {
                "asked_at_ms": late.asked_at_ms,
                "due_at_ms": self._now_ms() + int(wait_s * MS),
                "remains": before.add(Remains(conversations=erasure.remains.late)).model_dump_json(),
            }
            if known is None:
                connection.execute(erasures.insert().values({**row, **values}))
            else:
                version = known.version + 1
                connection.execute(erasures.update().where(*_is_subject(late)).values({**values, "version": version}))

        await self.database.run(note)

    async def list_due(self) -> list[Erasure]:
        """List what is to be tried now, oldest first."""
        query = (
            sa.select(erasures).where(erasures.c.due_at_ms <= self._now_ms()).order_by(erasures.c.asked_at_ms)
        ).limit(_BATCH)
        rows = await self.database.run(lambda connection: connection.execute(query).all())
        return [_read_row(row) for row in rows if _is_known(row.kind)]

    async def keep(self, erasure: Erasure, remains: Remains, *, wait_s: float) -> Erasure:
        """Keep what is left of it, to be tried again in so many seconds; return it as it is now.

        Raises StoreError where another process has changed it meanwhile, which is to go on with it then.
        """
        kept = replace(erasure, remains=remains, version=erasure.version + 1)
        due_at_ms = self._now_ms() + int(wait_s * MS)
        values = {"remains": remains.model_dump_json(), "version": kept.version, "due_at_ms": due_at_ms}
        update = erasures.update().where(*_is_version(erasure)).values(values)
        if not await self.database.run(lambda connection: connection.execute(update).rowcount):
            raise StoreError("another process erases it")
        return kept

    async def postpone(self, erasure: Erasure, *, wait_s: float) -> None:
        """Put off a wish that could not be gone on with, unless it was uttered again meanwhile."""
        update = erasures.update().where(*_is_subject(erasure), erasures.c.asked_at_ms == erasure.asked_at_ms)
        due_at_ms = self._now_ms() + int(wait_s * MS)
        await self.database.run(lambda connection: connection.execute(update.values(due_at_ms=due_at_ms)))

    def choose_wait_s(self, erasure: Erasure) -> float:
        """Choose after how long it is tried again: half the time since it was wished, from 10 s to an hour."""
        age_s = (self._now_ms() - erasure.asked_at_ms) / MS
        return min(_LONGEST_WAIT_S, max(_SHORTEST_WAIT_S, age_s / 2))

    async def finish(self, erasure: Erasure) -> None:
        """Delete a wish that is fulfilled, unless it was uttered again meanwhile."""
        is_same = (*_is_version(erasure), erasures.c.asked_at_ms == erasure.asked_at_ms)
        delete = erasures.delete().where(*is_same)
        await self.database.run(lambda connection: connection.execute(delete))

    async def forget_old(self, *, before: datetime) -> int:
        """Delete the wishes from before a moment, whose rest nobody could erase; return how many."""
        delete = erasures.delete().where(erasures.c.asked_at_ms < before.timestamp() * MS)
        return await self.database.run(lambda connection: connection.execute(delete).rowcount)

    async def list_relatives(self, job_id: str) -> list[str]:
        """List the requests whose ids are, or end in, that of a job."""
        is_relative = (requests.c.job_id == job_id) | requests.c.job_id.endswith(f":{job_id}", autoescape=True)
        return await self._list_requests(is_relative)

    async def list_of(self, team: str, user: str | None, *, until_ms: int) -> list[str]:
        """List what somebody, or everybody of a workspace, had asked for until a moment, refused requests too."""
        whose = [] if user is None else [requests.c.user == user]
        return await self._list_requests(requests.c.team == team, requests.c.asked_at_ms <= until_ms, *whose)

    async def list_later(self, job_id: str) -> list[str]:
        """List what the requester of a job has asked for after it, oldest first."""
        first = requests.alias()
        return await self._list_requests(
            first.c.job_id == job_id,
            requests.c.team == first.c.team,
            requests.c.user == first.c.user,
            requests.c.seq > first.c.seq,
        )

    async def list_conversations(self, job_id: str) -> tuple[UUID, ...]:
        """List the CodeMie conversations that calls of a job were made in."""
        query = sa.select(calls.c.conversation_id).where(calls.c.job_id == job_id).distinct()
        return tuple(UUID(text) for text in await self.database.run(lambda c: c.execute(query).scalars().all()))

    async def list_cut(self, job_id: str, *, answers: Mapping[UUID, int], longest_s: float) -> tuple[UUID, ...]:
        """List the conversations in which calls of the last ``longest_s`` seconds were not answered."""
        query = (
            sa.select(calls.c.conversation_id, sa.func.count().label("asked"))
            .where(calls.c.job_id == job_id)
            .group_by(calls.c.conversation_id)
            .having(sa.func.max(calls.c.called_at_ms) > self._now_ms() - longest_s * MS)
        )
        rows = await self.database.run(lambda connection: connection.execute(query).all())
        asked = {UUID(row.conversation_id): row.asked for row in rows}
        return tuple(conversation_id for conversation_id, n in asked.items() if n > answers.get(conversation_id, 0))

    async def forget_team(self, team: str) -> None:
        """Delete what is kept of a workspace itself: that it was paused, and by whom."""
        delete = pauses.delete().where(pauses.c.team == team)
        await self.database.run(lambda connection: connection.execute(delete))

    async def erase(self, job_id: str, *, keeps_ledger: bool) -> None:
        """Delete a job's result, its preview, who stopped it and, unless they are kept, its rows of the ledger."""

        def erase(connection: sa.Connection) -> None:
            for table in (results, previews, cancellations, *(() if keeps_ledger else (requests, calls))):
                connection.execute(table.delete().where(table.c.job_id == job_id))
            connection.execute(_end_request(job_id))

        await self.database.run(erase)

    async def _list_requests(self, *is_wanted: sa.ColumnElement[bool]) -> list[str]:
        query = sa.select(requests.c.job_id).where(*is_wanted).order_by(requests.c.seq)
        return list(await self.database.run(lambda connection: connection.execute(query).scalars().all()))

    def _now_ms(self) -> int:
        return int(self.clock() * MS)


def _is_known(kind: str) -> bool:
    """Tell whether this version of the bot knows a kind of wish; another one may have kept it."""
    is_known = kind in set(Kind)
    if not is_known:
        _log.error("erasure_of_unknown_kind", kind=kind)
    return is_known


def _read_row(row: Any) -> Erasure:  # noqa: ANN401 - a row of the table
    """Read a wish; where what is left of it can't be read, it is begun anew with what the bot itself has."""
    try:
        remains = Remains.model_validate_json(row.remains)
    except ValidationError as error:
        _log.error("remains_unreadable", exc_info=error)
        remains = Remains()
    return Erasure(
        kind=Kind(row.kind),
        subject=row.subject,
        by=row.by,
        asked_at_ms=row.asked_at_ms,
        version=row.version,
        remains=remains,
    )


def _is_subject(erasure: Erasure) -> list[sa.ColumnElement[bool]]:
    return [erasures.c.kind == erasure.kind, erasures.c.subject == erasure.subject]


def _is_version(erasure: Erasure) -> list[sa.ColumnElement[bool]]:
    return [*_is_subject(erasure), erasures.c.version == erasure.version]


def _end_request(job_id: str) -> sa.Update:
    """Note that a job has ended which was cancelled while no bot ran."""
    is_open = (requests.c.job_id == job_id) & (requests.c.state != State.REFUSED)
    return requests.update().where(is_open).values(state=State.DONE)
