"""The ledger: every request and every CodeMie call, so that limits, budgets and turns are counted in one place.

It stands in the database of the jobs, and replicas share it. It holds ids, times and counts, never words. Its
methods raise :class:`~bot.errors.StoreError` where the database does not answer as it should; those that running
jobs need wait until it does.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from bot.allowance import Allowance, Limits
from bot.core.models import ReplyAddress
from bot.database import Database
from bot.errors import LimitError, StoreError, TooManyRequests
from bot.locks import wait_in_turn
from bot.tables import (
    MS,
    UNFINISHED,
    State,
    Transaction,
    calls,
    cancellations,
    is_of_unfinished,
    is_unfinished,
    requests,
)

CRASHES_ALLOWED: Final = 2
# What each job needs, made once: names stand where values will.
_is_job: Final = requests.c.job_id == sa.bindparam("job")
_earlier: Final = requests.alias()
_is_of_user: Final = (requests.c.team == sa.bindparam("team_")) & (requests.c.user == sa.bindparam("user_"))
_FIND_STATE: Final = sa.select(requests.c.state).where(_is_job)
_FIND_TAGS: Final = sa.select(
    sa.func.max(sa.case((_is_of_user, requests.c.tag))),
    sa.func.min(sa.case((requests.c.state == State.WAITING, requests.c.tag))),
    sa.func.max(sa.case((requests.c.state == State.RUNNING, requests.c.tag))),
).where(is_unfinished)
_FIND_POSITION: Final = sa.select(
    requests.c.team, requests.c.tag, requests.c.seq, requests.c.crashes, requests.c.kept_steps, requests.c.state
).where(_is_job)
_FIND_CANCELLATION: Final = sa.select(cancellations.c.by).where(cancellations.c.job_id == sa.bindparam("job"))
_IS_BEHIND: Final = sa.select(
    sa.exists().where(
        _earlier.c.thread == sa.bindparam("thread_"),
        _earlier.c.seq < sa.bindparam("seq_"),
        is_of_unfinished(_earlier),
    )
)
_ENTER: Final = requests.insert()
_ENTER_CALL: Final = calls.insert()
_CHANGE: Final = requests.update().where(_is_job)
_WITHDRAW: Final = requests.delete().where(_is_job)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What decides whose turn it is: the smallest ``(tag, seq)`` is next.

    ``tag`` is the start tag of fair queueing: a user's n-th unfinished request stands behind everybody's n-1st.
    ``crashes`` counts how often the process died while the job had ``kept_steps`` steps behind it and was running.
    """

    job_id: str
    team: str
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
class Asked:
    """One request, as its requester sees it; ``asked_at`` is aware."""

    job_id: str
    user: str
    asked_at: datetime
    is_unfinished: bool
    thread: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Reads and writes the two tables; every method is one transaction."""

    database: Database
    limits: Limits
    clock: Callable[[], float] = time.time

    async def admit(
        self,
        job_id: str,
        address: ReplyAddress,
        *,
        thread: str | None,
        is_final: bool,
        refusal: LimitError | None = None,
    ) -> str | None:
        """Enter a request; a known one is left as it is. Raises LimitError for one too many.

        ``refusal`` is why it is refused in any case, ``is_final`` says that it stays refused whenever it comes again.
        Returns how far a known one was. One that has ended must not be started by another delivery: its job may be
        erased by now.
        """

        def admit(connection: Transaction) -> tuple[str | None, LimitError | None]:
            return self._admit(connection, job_id, address, thread, is_final=is_final, refusal=refusal)

        known, found = await self.database.run_briefly(admit)
        if found is not None:
            raise found
        return known

    async def withdraw(self, job_id: str) -> None:
        """Forget a request whose job could not be kept."""
        # In turn: what enters it may still be waiting for a locked database.
        await self.database.insist(lambda connection: connection.execute(_WITHDRAW, {"job": job_id}))

    async def find_position(self, job_id: str, address: ReplyAddress, *, kept_steps: int) -> Position:
        """Return the position of a job that starts, or starts again after the process ended, which may be its fault.

        A job that was running when the process died is counted a crash, unless it has kept a step since the one
        before. A job that was never asked for here, as one of another version, is entered.
        """
        return await self.database.insist_briefly(
            lambda connection: self._find_position(connection, job_id, address, kept_steps)
        )

    async def begin(self, position: Position, *, thread: str | None) -> bool:
        """Note that a job runs; false, and nothing noted, while an earlier one of its thread is unfinished."""

        def begin(connection: Transaction) -> bool:
            if thread and connection.execute(_IS_BEHIND, {"thread_": thread, "seq_": position.seq}).scalar():
                return False
            connection.execute(_CHANGE, {"job": position.job_id, "thread": thread, "state": State.RUNNING})
            return True

        return await self.database.insist_briefly(begin)

    async def finish(self, job_id: str) -> None:
        """Note that a job has ended."""
        values = {"job": job_id, "state": State.DONE}
        await self.database.insist_briefly(lambda connection: connection.execute(_CHANGE, values))

    async def cancel(self, job_id: str, *, by: str) -> bool:
        """Note that a job is to stop, so that it does after a restart too; false for one that has ended."""
        is_running = sa.select(requests.c.job_id).where(requests.c.job_id == job_id, is_unfinished)
        is_known = sa.select(cancellations.c.job_id).where(cancellations.c.job_id == job_id)
        insert = cancellations.insert().values(job_id=job_id, by=by, asked_at_ms=self._now_ms())

        def cancel(connection: sa.Connection) -> bool:
            if connection.execute(is_running).scalar() is None:
                return False
            if connection.execute(is_known).scalar() is None:
                connection.execute(insert)
            return True

        return await self.database.run(cancel)

    async def find_cancellation(self, job_id: str) -> str | None:
        """Tell who has stopped a job, if somebody has."""
        found: str | None = await self.database.insist_briefly(
            lambda connection: connection.execute(_FIND_CANCELLATION, {"job": job_id}).scalar()
        )
        return found

    async def list_cancellations(self, job_ids: Collection[str]) -> Mapping[str, str]:
        """Tell which of these jobs somebody has stopped, and who."""
        query = sa.select(cancellations.c.job_id, cancellations.c.by).where(cancellations.c.job_id.in_(job_ids))
        rows = await self.database.run(lambda connection: connection.execute(query).all())
        return {row.job_id: row.by for row in rows}

    async def find_running(self, thread: str) -> str | None:
        """Find the job that runs in a thread, or else the one that is next there."""
        query = (
            sa.select(requests.c.job_id)
            .where(requests.c.thread == thread, is_unfinished)
            .order_by(requests.c.state == State.WAITING, requests.c.seq)
            .limit(1)
        )
        return await self.database.run(lambda connection: connection.execute(query).scalar())

    async def is_known(self, thread: str) -> bool:
        """Tell whether something was asked for in a thread, and is still kept."""
        query = sa.select(requests.c.job_id).where(requests.c.thread == thread).limit(1)
        return await self.database.run(lambda connection: connection.execute(query).scalar()) is not None

    async def list_recent(self, team: str, user: str | None, *, most: int) -> Sequence[Asked]:
        """List what somebody, or everybody of a workspace, asked for last, newest first."""
        whose = [requests.c.user == user] if user else []
        query = (
            sa.select(requests)
            .where(requests.c.team == team, requests.c.state != State.REFUSED, *whose)
            .order_by(requests.c.seq.desc())
            .limit(most)
        )
        rows = await self.database.run(lambda connection: connection.execute(query).all())
        return [
            Asked(
                job_id=row.job_id,
                user=row.user,
                asked_at=datetime.fromtimestamp(row.asked_at_ms / MS, tz=UTC),
                is_unfinished=row.state in UNFINISHED,
                thread=row.thread,
            )
            for row in rows
        ]

    async def count_calls(self, team: str) -> int:
        """Count the CodeMie calls that a workspace has made today."""
        return await self.database.run(lambda connection: self._allow(connection).count_calls(team))

    async def note_stop(self, job_ids: Sequence[str]) -> None:
        """Note that a process stops in good order: none of the jobs that it ran has crashed it."""
        update = requests.update().where(requests.c.job_id.in_(job_ids), is_unfinished).values(state=State.WAITING)
        await self.database.run(lambda connection: connection.execute(update))

    async def list_unfinished(self, *, older_than_s: float | None = None) -> list[str]:
        """List the jobs that have not ended as far as the ledger knows; where wanted, those asked for so long ago."""
        query = sa.select(requests.c.job_id).where(is_unfinished)
        if older_than_s is not None:
            query = query.where(requests.c.asked_at_ms < self._now_ms() - older_than_s * MS)
        return list(await self.database.run(lambda connection: connection.execute(query).scalars().all()))

    async def note_call(self, job_id: str, address: ReplyAddress, conversation_id: UUID) -> None:
        """Enter a CodeMie call that is about to be made; raises DailyLimitReached instead of going over a budget."""

        def note(connection: Transaction) -> None:
            _count_alone(connection, address)
            self._allow(connection).check_budget(address, needed=1)
            values = {
                "job_id": job_id,
                "team": address.team,
                "user": address.user,
                "called_at_ms": self._now_ms(),
                "conversation_id": str(conversation_id),
            }
            connection.execute(_ENTER_CALL, values)

        await self.database.insist_briefly(note)

    async def find_last_caller(self, conversation_id: UUID) -> str | None:
        """Name the job that made the last call in a conversation."""
        query = (
            sa.select(calls.c.job_id)
            .where(calls.c.conversation_id == str(conversation_id))
            .order_by(calls.c.id.desc())
            .limit(1)
        )
        return await self.database.insist(lambda connection: connection.execute(query).scalar())

    async def count_regenerations(self, job_id: str) -> int:
        """Count how often the result of a job was made anew, but for one that is being made."""
        is_regeneration = requests.c.job_id.startswith("regenerate") & requests.c.job_id.endswith(
            f":{job_id}", autoescape=True
        )
        query = sa.select(sa.func.count()).select_from(requests).where(is_regeneration, ~is_unfinished)
        return await self.database.run(lambda connection: connection.execute(query).scalar_one())

    async def list_conversations(self, *, before: datetime, most: int) -> list[UUID]:
        """List up to ``most`` conversations whose last call was made before a moment."""
        query = (
            sa.select(calls.c.conversation_id)
            .group_by(calls.c.conversation_id)
            .having(sa.func.max(calls.c.called_at_ms) < before.timestamp() * MS)
            .limit(most)
        )
        return [UUID(text) for text in await self.database.run(lambda c: c.execute(query).scalars().all())]

    async def forget_conversation(self, conversation_id: UUID) -> None:
        """Delete the calls of a conversation that CodeMie has deleted."""
        delete = calls.delete().where(calls.c.conversation_id == str(conversation_id))
        await self.database.run(lambda connection: connection.execute(delete))

    async def forget_requests(self, *, before: datetime) -> int:
        """Delete the requests that ended and were made before a moment; return how many."""
        before_ms = before.timestamp() * MS
        delete = requests.delete().where(~is_unfinished, requests.c.asked_at_ms < before_ms)
        forget = cancellations.delete().where(cancellations.c.asked_at_ms < before_ms)

        def forget_all(connection: sa.Connection) -> int:
            connection.execute(forget)
            return connection.execute(delete).rowcount

        return await self.database.run(forget_all)

    async def is_writable(self, *, room_bytes: int = 0) -> bool:
        """Tell whether something can be written, of at least this size."""
        delete = requests.delete().where(requests.c.seq == -1)
        insert = requests.insert().values(
            seq=-1,
            job_id="",
            team="",
            user="",
            thread="." * room_bytes,  # in no index: those take little
            asked_at_ms=0,
            state=State.DONE,
            tag=0,
            kept_steps=0,
            crashes=0,
        )
        try:
            await self.database.run(lambda connection: (connection.execute(insert), connection.execute(delete)))
        except StoreError:
            return False
        return True

    def _admit(
        self,
        connection: Transaction,
        job_id: str,
        address: ReplyAddress,
        thread: str | None,
        *,
        is_final: bool,
        refusal: LimitError | None,
    ) -> tuple[str | None, LimitError | None]:
        """Return how far the request was before, if it is known, and why it is refused, if it is."""
        _count_alone(connection, address)
        known: str | None = connection.execute(_FIND_STATE, {"job": job_id}).scalar()
        if known is not None and known != State.REFUSED:
            return known, None
        refusal = refusal or self._allow(connection).find_refusal(address)
        if known is not None:
            refusal = refusal or TooManyRequests("refused before", limit=self.limits.requests)
            refusal.is_repeat = True
            return known, refusal
        if refusal is None or is_final:
            self._enter(connection, job_id, address, thread, State.REFUSED if refusal else State.WAITING)
        return None, refusal

    def _enter(
        self, connection: Transaction, job_id: str, address: ReplyAddress, thread: str | None, state: State
    ) -> None:
        values = {
            "job_id": job_id,
            "team": address.team,
            "user": address.user,
            "thread": thread,
            "asked_at_ms": self._now_ms(),
            "state": state,
            "tag": self._choose_tag(connection, address) if state is State.WAITING else 0,
            "kept_steps": 0,
            "crashes": 0,
        }
        connection.execute(_ENTER, values)

    def _choose_tag(self, connection: Transaction, address: ReplyAddress) -> int:
        """Position a request behind the user's others, and not before those that run."""
        last, following, running = connection.execute(_FIND_TAGS, {"team_": address.team, "user_": address.user}).one()
        now = next((tag for tag in (running, following) if tag is not None), 0)
        return now if last is None else max(now, last + 1)

    def _find_position(self, connection: Transaction, job_id: str, address: ReplyAddress, kept_steps: int) -> Position:
        row = connection.execute(_FIND_POSITION, {"job": job_id}).one_or_none()
        if row is None:
            _count_alone(connection, address)
            self._enter(connection, job_id, address, None, State.WAITING)
            row = connection.execute(_FIND_POSITION, {"job": job_id}).one()
        team, tag, seq, crashes, kept_before, state = row
        before = Position(job_id=job_id, team=team, tag=tag, seq=seq, crashes=crashes, kept_steps=kept_before)
        if before.is_convicted:
            return before
        if state == State.RUNNING:
            crashes = crashes + 1 if kept_steps == kept_before else 1
        position = replace(before, crashes=crashes, kept_steps=kept_steps)
        if position != before or state == State.RUNNING:
            values = {"job": job_id, "crashes": crashes, "kept_steps": kept_steps, "state": State.WAITING}
            connection.execute(_CHANGE, values)
        return position

    def _allow(self, connection: Transaction) -> Allowance:
        return Allowance(connection=connection, limits=self.limits, now_s=self.clock())

    def _now_ms(self) -> int:
        return int(self.clock() * MS)


def _count_alone(connection: Transaction, address: ReplyAddress) -> None:
    """Let nobody else count or enter requests and calls of a workspace before this transaction ends."""
    wait_in_turn(connection, "workspace", address.team)
