"""The ledger: every request and every CodeMie call, so that limits, budgets and turns are counted in one place.

It stands in the database of the jobs, and replicas share it. It holds ids, times and counts, never words. Its
methods raise :class:`~bot.errors.StoreError` where the database does not answer as it should; those that running
jobs need wait until it does.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.core.models import ReplyAddress
from bot.errors import DailyLimitReached, LimitError, StoreError, TooManyRequests
from bot.store import describe_failure

T = TypeVar("T")
CALLS_A_JOB: Final = 2  # one for the flow and one for the page, if nothing has to be asked for again
CRASHES_ALLOWED: Final = 2
_MS: Final = 1000
_TRY_AGAIN_S: Final = 2.0
_log: Final = structlog.get_logger("ledger")


class State(StrEnum):
    """How far a request is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"


_UNFINISHED: Final = (State.WAITING, State.RUNNING)
_tables: Final = sa.MetaData()
_requests: Final = sa.Table(
    "bot_requests",
    _tables,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job_id", sa.Text, nullable=False, unique=True),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("thread", sa.Text),
    sa.Column("asked_at_ms", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tag", sa.Integer, nullable=False),
    sa.Column("kept_steps", sa.Integer, nullable=False),
    sa.Column("crashes", sa.Integer, nullable=False),
    sqlite_autoincrement=True,
)
_calls: Final = sa.Table(
    "bot_calls",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job_id", sa.Text, nullable=False, index=True),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("called_at_ms", sa.BigInteger, nullable=False),
    sa.Column("conversation_id", sa.Text, nullable=False),
)
_is_unfinished: Final = _requests.c.state.in_(_UNFINISHED)
_UNFINISHED_ONLY: Final = sa.text("state IN ('waiting', 'running')")
sa.Index("bot_requests_by_user", _requests.c.team, _requests.c.user, _requests.c.asked_at_ms)
sa.Index(
    "bot_requests_unfinished",
    _requests.c.state,
    _requests.c.tag,
    sqlite_where=_UNFINISHED_ONLY,
    postgresql_where=_UNFINISHED_ONLY,
)
sa.Index("bot_calls_by_team", _calls.c.team, _calls.c.called_at_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many requests a user may make within ``window_s`` seconds; CodeMie calls a day, ``None`` for any number."""

    requests: int
    window_s: float
    calls_user: int | None = None
    calls_team: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What decides whose turn it is: the smallest ``(tag, seq)`` is next.

    ``tag`` is the start tag of fair queueing: a user's n-th unfinished request stands behind everybody's n-1st.
    ``crashes`` counts how often the process died while the job had ``kept_steps`` steps behind it and was running.
    """

    job_id: str
    tag: int
    seq: int
    crashes: int = 0
    kept_steps: int = 0

    @property
    def is_suspect(self) -> bool:
        """Whether the job may be what brings the process down, so that it is run without another suspect."""
        return self.crashes == CRASHES_ALLOWED

    @property
    def is_convicted(self) -> bool:
        """Whether it was: a suspect runs alone."""
        return self.crashes > CRASHES_ALLOWED


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Reads and writes the two tables; every method is one transaction, in a thread."""

    engine: sa.Engine
    limits: Limits
    clock: Callable[[], float] = time.time

    def create(self) -> None:
        """Make the tables, unless they are there."""
        with _translated():
            _tables.create_all(self.engine)

    async def admit(self, job_id: str, address: ReplyAddress, *, thread: str | None, is_final: bool) -> None:
        """Enter a request; a known one is left as it is. Raises LimitError for one too many.

        ``is_final`` says that it stays refused whenever it comes again.
        """
        refusal = await self._run(
            lambda connection: self._admit(connection, job_id, address, thread, is_final=is_final)
        )
        if refusal is not None:
            raise refusal

    async def withdraw(self, job_id: str) -> None:
        """Forget a request whose job could not be kept."""
        await self._run(lambda connection: connection.execute(_requests.delete().where(_requests.c.job_id == job_id)))

    async def find_position(self, job_id: str, *, kept_steps: int) -> Position:
        """Return the position of a job that starts, or starts again after the process ended, which may be its fault.

        A job that was running when the process died is counted a crash, unless it has kept a step since the one
        before.
        """
        return await self._insist(lambda connection: self._find_position(connection, job_id, kept_steps))

    async def begin(self, position: Position, *, thread: str | None) -> bool:
        """Note that a job runs; false, and nothing noted, while an earlier one of its thread is unfinished."""
        earlier = _requests.alias()
        is_behind = sa.exists().where(
            earlier.c.thread == thread, earlier.c.seq < position.seq, earlier.c.state.in_(_UNFINISHED)
        )
        update = (
            _requests.update()
            .where(_requests.c.job_id == position.job_id, ~is_behind if thread else sa.true())
            .values(state=State.RUNNING, thread=thread)
        )
        return await self._insist(lambda connection: connection.execute(update).rowcount > 0)

    async def finish(self, job_id: str) -> None:
        """Note that a job has ended."""
        update = _requests.update().where(_requests.c.job_id == job_id).values(state=State.DONE)
        await self._insist(lambda connection: connection.execute(update))

    async def note_stop(self, job_ids: Sequence[str]) -> None:
        """Note that a process stops in good order: none of the jobs that it ran has crashed it."""
        update = _requests.update().where(_requests.c.job_id.in_(job_ids), _is_unfinished).values(state=State.WAITING)
        await self._run(lambda connection: connection.execute(update))

    async def settle(self, unfinished: Sequence[str]) -> int:
        """Finish every request but those whose jobs are ``unfinished``; return how many these are."""
        alive = set(unfinished)

        def settle(connection: sa.Connection) -> int:
            entered = connection.execute(sa.select(_requests.c.job_id).where(_is_unfinished)).scalars().all()
            for job_id in entered:
                if job_id not in alive:
                    connection.execute(_requests.update().where(_requests.c.job_id == job_id).values(state=State.DONE))
            return len(alive.intersection(entered))

        return await self._run(settle)

    async def note_call(self, job_id: str, address: ReplyAddress, conversation_id: UUID) -> None:
        """Enter a CodeMie call that is about to be made; raises DailyLimitReached instead of going over a budget."""

        def note(connection: sa.Connection) -> None:
            self._check_budget(connection, address, needed=1)
            connection.execute(
                _calls.insert().values(
                    job_id=job_id,
                    team=address.team,
                    user=address.user,
                    called_at_ms=self._now_ms(),
                    conversation_id=str(conversation_id),
                )
            )

        await self._insist(note)

    async def list_conversations(self, *, before: datetime, most: int) -> list[UUID]:
        """List up to ``most`` conversations whose last call was made before a moment."""
        query = (
            sa.select(_calls.c.conversation_id)
            .group_by(_calls.c.conversation_id)
            .having(sa.func.max(_calls.c.called_at_ms) < before.timestamp() * _MS)
            .limit(most)
        )
        return [UUID(text) for text in await self._run(lambda c: c.execute(query).scalars().all())]

    async def forget_conversation(self, conversation_id: UUID) -> None:
        """Delete the calls of a conversation that CodeMie has deleted."""
        delete = _calls.delete().where(_calls.c.conversation_id == str(conversation_id))
        await self._run(lambda connection: connection.execute(delete))

    async def forget_requests(self, *, before: datetime) -> int:
        """Delete the requests that ended and were made before a moment; return how many."""
        delete = _requests.delete().where(~_is_unfinished, _requests.c.asked_at_ms < before.timestamp() * _MS)
        return await self._run(lambda connection: connection.execute(delete).rowcount)

    def _admit(
        self, connection: sa.Connection, job_id: str, address: ReplyAddress, thread: str | None, *, is_final: bool
    ) -> LimitError | None:
        known = connection.execute(sa.select(_requests.c.state).where(_requests.c.job_id == job_id)).scalar()
        if known is not None and known != State.REFUSED:
            return None
        refusal = self._find_refusal(connection, address)
        if known is not None:
            refusal = refusal or TooManyRequests("refused before", limit=self.limits.requests)
            refusal.is_repeat = True
            return refusal
        if refusal is None or is_final:
            self._enter(connection, job_id, address, thread, State.REFUSED if refusal else State.WAITING)
        return refusal

    def _find_refusal(self, connection: sa.Connection, address: ReplyAddress) -> LimitError | None:
        try:
            self._check_rate(connection, address)
            self._check_budget(connection, address, needed=CALLS_A_JOB)
        except LimitError as error:
            return error
        return None

    def _enter(
        self, connection: sa.Connection, job_id: str, address: ReplyAddress, thread: str | None, state: State
    ) -> None:
        connection.execute(
            _requests.insert().values(
                job_id=job_id,
                team=address.team,
                user=address.user,
                thread=thread,
                asked_at_ms=self._now_ms(),
                state=state,
                tag=self._choose_tag(connection, address) if state is State.WAITING else 0,
                kept_steps=0,
                crashes=0,
            )
        )

    def _choose_tag(self, connection: sa.Connection, address: ReplyAddress) -> int:
        """Position a request behind the user's others, and not before those that run."""
        of_user = (_requests.c.team == address.team) & (_requests.c.user == address.user)
        last, following, running = connection.execute(
            sa.select(
                sa.func.max(sa.case((of_user, _requests.c.tag))),
                sa.func.min(sa.case((_requests.c.state == State.WAITING, _requests.c.tag))),
                sa.func.max(sa.case((_requests.c.state == State.RUNNING, _requests.c.tag))),
            ).where(_is_unfinished)
        ).one()
        now = next((tag for tag in (running, following) if tag is not None), 0)
        return now if last is None else max(now, last + 1)

    def _check_rate(self, connection: sa.Connection, address: ReplyAddress) -> None:
        """Look at the request that has to leave the window before another may enter."""
        query = (
            sa.select(_requests.c.asked_at_ms)
            .where(_requests.c.team == address.team, _requests.c.user == address.user)
            .where(_requests.c.state != State.REFUSED)
            .order_by(_requests.c.asked_at_ms.desc())
            .limit(1)
            .offset(self.limits.requests - 1)
        )
        asked_at_ms = connection.execute(query).scalar()
        if asked_at_ms is None:
            return
        wait_s = asked_at_ms / _MS + self.limits.window_s - self.clock()
        if wait_s > 0:
            raise TooManyRequests("too many requests", limit=self.limits.requests, wait_s=wait_s)

    def _check_budget(self, connection: sa.Connection, address: ReplyAddress, *, needed: int) -> None:
        """Check that ``needed`` more calls are within the day's budgets of the user and of the workspace."""
        for limit, names in ((self.limits.calls_team, ("team",)), (self.limits.calls_user, ("team", "user"))):
            if limit is None:
                continue
            spent = self._count_calls(connection, address, names)
            if needed > 1:  # a new job leaves unfinished ones what they need
                spent += self._count_promised(connection, address, names)
            if spent + needed > limit:
                raise DailyLimitReached("the budget is used up", limit=limit, wait_s=self._count_day_rest_s())

    def _count_calls(self, connection: sa.Connection, address: ReplyAddress, names: Sequence[str]) -> int:
        """Count the calls made today."""
        query = (
            sa.select(sa.func.count())
            .select_from(_calls)
            .where(_calls.c.called_at_ms >= self._get_day_start().timestamp() * _MS)
            .where(*_is_of(_calls, address, names))
        )
        return connection.execute(query).scalar() or 0

    def _count_promised(self, connection: sa.Connection, address: ReplyAddress, names: Sequence[str]) -> int:
        """Count the calls that unfinished jobs have yet to make, if nothing goes wrong."""
        made = sa.select(sa.func.count()).select_from(_calls).where(_calls.c.job_id == _requests.c.job_id)
        query = sa.select(made.scalar_subquery()).where(_is_unfinished, *_is_of(_requests, address, names))
        return sum(max(0, CALLS_A_JOB - calls) for calls in connection.execute(query).scalars())

    def _find_position(self, connection: sa.Connection, job_id: str, kept_steps: int) -> Position:
        row = connection.execute(sa.select(_requests).where(_requests.c.job_id == job_id)).one_or_none()
        if row is None:  # a job of a version without a ledger
            return Position(job_id=job_id, tag=0, seq=0)
        before = Position(job_id=job_id, tag=row.tag, seq=row.seq, crashes=row.crashes, kept_steps=row.kept_steps)
        if before.is_convicted:
            return before
        crashes = row.crashes
        if row.state == State.RUNNING:
            crashes = crashes + 1 if kept_steps == row.kept_steps else 1
        position = replace(before, crashes=crashes, kept_steps=kept_steps)
        if position != before or row.state == State.RUNNING:
            values = {"crashes": crashes, "kept_steps": kept_steps, "state": State.WAITING}
            connection.execute(_requests.update().where(_requests.c.job_id == job_id).values(values))
        return position

    def _get_day_start(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    def _count_day_rest_s(self) -> float:
        return (self._get_day_start() + timedelta(days=1)).timestamp() - self.clock()

    def _now_ms(self) -> int:
        return int(self.clock() * _MS)

    async def is_writable(self) -> bool:
        """Tell whether something can be written."""
        delete = _requests.delete().where(_requests.c.seq == -1)
        insert = _requests.insert().values(
            seq=-1, job_id="", team="", user="", asked_at_ms=0, state=State.DONE, tag=0, kept_steps=0, crashes=0
        )
        try:
            await self._run(lambda connection: (connection.execute(insert), connection.execute(delete)))
        except StoreError:
            return False
        return True

    async def _insist(self, work: Callable[[sa.Connection], T]) -> T:
        """Do what a running job can't go on without, however long the database is out of order."""
        while True:
            try:
                return await self._run(work)
            except StoreError as error:
                _log.warning("ledger_waits", reason=str(error))
                await asyncio.sleep(_TRY_AGAIN_S)

    async def _run(self, work: Callable[[sa.Connection], T]) -> T:
        def run() -> T:
            with _translated(), self.engine.begin() as connection:
                return work(connection)

        return await asyncio.to_thread(run)


def _is_of(table: sa.Table, address: ReplyAddress, names: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == getattr(address, name) for name in names]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(describe_failure(error)) from error
