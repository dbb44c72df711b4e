"""The ledger on a real database: who is admitted, in which order, and who brought the process down."""

import asyncio
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.pool import StaticPool

from bot.allowance import Limits
from bot.core.models import ReplyAddress, Surface
from bot.database import Database, open_shortcut
from bot.errors import BotPaused, DailyLimitReached, GuestNotAdmitted, LimitError, StoreError, TooManyRequests
from bot.ledger import Ledger
from bot.pauses import Pauses
from bot.store import describe_failure, make_sqlite_engine
from bot.tables import State

_MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC).timestamp()


class _Clock:
    """A clock that stands until it is moved; seconds since the epoch."""

    def __init__(self, now_s: float = _MIDNIGHT + 3_600) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


MakeLedger = Callable[..., Ledger]


@pytest.fixture
def clock() -> _Clock:
    """Stand at one o'clock in the morning, UTC."""
    return _Clock()


@pytest.fixture(params=["NORMAL", "FULL"], ids=["shortcut", "threads"])
def make_ledger(tmp_path: Path, clock: _Clock, request: pytest.FixtureRequest) -> Iterator[MakeLedger]:
    """Make ledgers on one database, which is asked by the shortcut or by threads alone."""
    engine = make_sqlite_engine(tmp_path / "ledger.sqlite", synchronous=request.param)
    with open_shortcut(engine, synchronous=request.param) as shortcut:

        def make(*, requests: int = 1_000, window_s: float = 60, **budgets: int) -> Ledger:
            ledger = Ledger(
                database=Database(engine=engine, shortcut=shortcut),
                limits=Limits(requests=requests, window_s=window_s, **budgets),
                clock=clock,
            )
            ledger.database.create_tables()
            return ledger

        yield make
    engine.dispose()


def _make_address(user: str = "U1", team: str = "T1") -> ReplyAddress:
    return ReplyAddress(team=team, channel="C1", user=user, user_name=user, surface=Surface.MENTION)


async def _admit(ledger: Ledger, job_id: str, user: str = "U1", *, team: str = "T1", is_final: bool = True) -> None:
    await ledger.admit(job_id, _make_address(user, team), thread=None, is_final=is_final)


async def test_a_user_waits_until_the_window_has_room(make_ledger: MakeLedger, clock: _Clock) -> None:
    """To the second, while others of the workspace and namesakes in another are served."""
    ledger = make_ledger(requests=2)
    await _admit(ledger, "a")
    clock.now_s += 20
    await _admit(ledger, "b")
    clock.now_s += 10
    with pytest.raises(TooManyRequests) as refused:
        await _admit(ledger, "c")
    await _admit(ledger, "d", "U2")
    await _admit(ledger, "e", team="T2")
    clock.now_s += refused.value.wait_s
    await _admit(ledger, "f")

    assert refused.value.limit == 2
    assert refused.value.wait_s == 30
    assert not refused.value.is_repeat


async def test_what_was_refused_stays_refused(make_ledger: MakeLedger, clock: _Clock) -> None:
    """A redelivery is the same request; a click is a new one each time."""
    ledger = make_ledger(requests=1)
    await _admit(ledger, "a")
    for is_final in (True, False):
        with pytest.raises(LimitError):
            await _admit(ledger, f"late-{is_final}", is_final=is_final)
    clock.now_s += 61
    with pytest.raises(LimitError) as again:
        await _admit(ledger, "late-True")
    await _admit(ledger, "late-False", is_final=False)

    assert again.value.is_repeat


async def test_a_known_request_is_admitted_again(make_ledger: MakeLedger) -> None:
    """Redeliveries at the same moment count once."""
    ledger = make_ledger(requests=1)
    await asyncio.gather(*(_admit(ledger, "a") for _ in range(8)))
    await _admit(ledger, "a")

    assert (await ledger.find_position("a", _make_address(), kept_steps=0)).seq == 1


async def test_a_budget_begins_anew_at_midnight(make_ledger: MakeLedger, clock: _Clock) -> None:
    """Until then it says how long that is; the workspace's budget is everybody's."""
    ledger = make_ledger(calls_team=3)
    await _admit(ledger, "a")
    for _ in range(2):
        await ledger.note_call("a", _make_address(), uuid.uuid4())
    with pytest.raises(DailyLimitReached) as refused:
        await _admit(ledger, "b", "U2")
    await ledger.note_call("a", _make_address("U2"), uuid.uuid4())
    with pytest.raises(DailyLimitReached):
        await ledger.note_call("a", _make_address(), uuid.uuid4())
    clock.now_s += refused.value.wait_s
    await _admit(ledger, "c")

    assert refused.value.wait_s == 23 * 3_600
    assert refused.value.limit == 3


async def test_a_pause_is_of_one_workspace_until_it_is_resumed(make_ledger: MakeLedger) -> None:
    """What was entered before goes on, what comes again is refused again, and the first who paused stays named."""
    ledger = make_ledger()
    pauses = Pauses(database=ledger.database)
    await _admit(ledger, "before")
    await pauses.pause("T1", by="U1")
    await pauses.pause("T1", by="U2")
    for _ in range(2):
        with pytest.raises(BotPaused):
            await _admit(ledger, "meanwhile")
    await _admit(ledger, "elsewhere", team="T2")
    paused = (await pauses.find("T1"), await pauses.find("T2"), await pauses.count())
    await pauses.resume("T1")
    with pytest.raises(LimitError) as again:
        await _admit(ledger, "meanwhile")
    await _admit(ledger, "after")

    assert paused == ("U1", None, 1)
    assert await pauses.count() == 0
    assert again.value.is_repeat
    assert await ledger.list_unfinished() == ["before", "elsewhere", "after"]


async def test_who_may_not_ask_is_refused_once_and_for_all(make_ledger: MakeLedger) -> None:
    """A request that was taken before stays taken, whatever is decided when it is delivered again."""
    ledger = make_ledger()
    await _admit(ledger, "taken")
    refusal = GuestNotAdmitted("a guest")
    with pytest.raises(GuestNotAdmitted):
        await ledger.admit("refused", _make_address(), thread=None, is_final=True, refusal=refusal)
    known = await ledger.admit("taken", _make_address(), thread=None, is_final=True, refusal=refusal)
    with pytest.raises(LimitError) as again:
        await _admit(ledger, "refused")

    assert known == State.WAITING
    assert again.value.is_repeat
    assert await ledger.list_unfinished() == ["taken"]


async def test_unfinished_jobs_keep_what_they_need(make_ledger: MakeLedger) -> None:
    """Two calls each, less those they have made; a finished one gives the rest back."""
    ledger = make_ledger(calls_user=4)
    await _admit(ledger, "a")
    await ledger.note_call("a", _make_address(), uuid.uuid4())
    await _admit(ledger, "b")
    with pytest.raises(DailyLimitReached):
        await _admit(ledger, "c")
    await ledger.finish("b")
    await _admit(ledger, "d")


@settings(max_examples=30, deadline=None)
@given(users=st.lists(st.sampled_from(["U1", "U2", "U3"]), min_size=1, max_size=12))
def test_nobodys_next_request_is_before_anybodys_first(users: list[str]) -> None:
    """Whatever the order of arrival, in the line no user is more than one ahead of another who waits."""

    async def serve() -> list[str]:
        engine = sa.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        ledger = Ledger(database=Database(engine=engine), limits=Limits(requests=1_000, window_s=60))
        ledger.database.create_tables()
        for number, user in enumerate(users):
            await _admit(ledger, str(number), user)
        positions = [
            await ledger.find_position(str(number), _make_address(), kept_steps=0) for number in range(len(users))
        ]
        order = sorted(positions, key=lambda position: (position.tag, position.seq))
        return [users[int(position.job_id)] for position in order]

    served = asyncio.run(serve())
    for end in range(len(served)):
        waiting = set(served[end:])
        counts = [served[:end].count(user) for user in waiting]
        assert max(counts) - min(counts) <= 1


async def test_who_crashes_at_one_step_again_and_again_is_found_out(make_ledger: MakeLedger) -> None:
    """Three times running at the same step; progress, waiting and an orderly stop are no signs of it."""
    ledger = make_ledger()
    for job_id in ("bad", "waiting", "moving", "stopped"):
        await _admit(ledger, job_id)
    crashes: dict[str, list[int]] = {"bad": [], "waiting": [], "moving": [], "stopped": []}
    for run in range(4):
        for job_id, counts in crashes.items():
            position = await ledger.find_position(job_id, _make_address(), kept_steps=run if job_id == "moving" else 2)
            counts.append(position.crashes)
            if job_id != "waiting":
                assert await ledger.begin(position, thread=None)
        await ledger.note_stop(["stopped"])
    convicted = await ledger.find_position("bad", _make_address(), kept_steps=5)

    assert crashes == {"bad": [0, 1, 2, 3], "waiting": [0] * 4, "moving": [0, 1, 1, 1], "stopped": [0] * 4}
    assert convicted.is_convicted
    assert convicted.kept_steps == 2


async def test_a_thread_has_one_job_at_a_time(make_ledger: MakeLedger) -> None:
    """The second begins when the first has ended, and a job of another thread at once."""
    ledger = make_ledger()
    for job_id, thread in (("a", "t"), ("b", "t"), ("c", "other")):
        await ledger.admit(job_id, _make_address(), thread=thread, is_final=True)
    a, b, c = [await ledger.find_position(job_id, _make_address(), kept_steps=0) for job_id in "abc"]
    before = [await ledger.begin(b, thread="t"), await ledger.begin(a, thread="t"), await ledger.begin(c, thread="c")]
    await ledger.finish("a")

    assert before == [False, True, True]
    assert await ledger.begin(b, thread="t")


async def test_a_request_that_is_withdrawn_stands_behind_when_it_comes_again(make_ledger: MakeLedger) -> None:
    """Its job was not kept; meanwhile another request of the thread has come."""
    ledger = make_ledger()
    for job_id in ("again", "later"):
        await ledger.admit(job_id, _make_address(), thread="t", is_final=True)
    await ledger.withdraw("again")
    left = await ledger.list_unfinished()
    has_begun = await ledger.begin(await ledger.find_position("later", _make_address(), kept_steps=0), thread="t")
    await ledger.admit("again", _make_address(), thread="t", is_final=True)
    again = await ledger.find_position("again", _make_address(), kept_steps=0)

    assert left == ["later"]
    assert has_begun
    assert not await ledger.begin(again, thread="t")


async def test_conversations_are_listed_until_they_are_forgotten(make_ledger: MakeLedger, clock: _Clock) -> None:
    """Those whose last call is old enough, each once."""
    ledger = make_ledger()
    old, used = uuid.uuid4(), uuid.uuid4()
    for conversation in (old, old, used):
        await ledger.note_call("a", _make_address(), conversation)
    clock.now_s += 100
    await ledger.note_call("a", _make_address(), used)
    before = datetime.fromtimestamp(clock.now_s, UTC) - timedelta(seconds=50)
    listed = await ledger.list_conversations(before=before, most=10)
    await ledger.forget_conversation(old)

    assert listed == [old]
    assert await ledger.list_conversations(before=before, most=10) == []


async def test_a_request_is_forgotten_when_it_is_old_and_ended(make_ledger: MakeLedger, clock: _Clock) -> None:
    """And not while its job runs."""
    ledger = make_ledger()
    for job_id in ("ended", "unfinished"):
        await _admit(ledger, job_id)
    await ledger.finish("ended")
    clock.now_s += 100

    assert await ledger.forget_requests(before=datetime.fromtimestamp(clock.now_s, UTC)) == 1


def _break(path: Path, how: str) -> Callable[[sqlite3.Connection], None]:
    """Break a database as disks and operators do, or hold a connection to it that has come to a limit."""
    if how in {"no database", "damaged"}:
        content = path.read_bytes()
        path.write_bytes(b"x" * 2_048 if how == "no database" else content[:4_096] + b"x" * (len(content) - 4_096))
    return {
        "read-only": lambda connection: connection.execute("PRAGMA query_only=ON"),
        "full": lambda connection: connection.execute("PRAGMA max_page_count=1"),
    }.get(how, lambda _: None)


async def _fill(ledger: Ledger) -> None:
    ledger.database.create_tables()
    for number in range(100):
        await _admit(ledger, f"{number}{'x' * 1_000}", f"U{number}")


@pytest.mark.parametrize("how", ["read-only", "full", "damaged", "no database", "can't be opened", "locked"])
async def test_what_is_wrong_with_a_database_is_said(tmp_path: Path, how: str) -> None:
    """In words an operator can act on, whatever SQLite answers."""
    path = tmp_path / "store.sqlite"
    good = make_sqlite_engine(path, synchronous="NORMAL")
    Database(engine=good).create_tables()
    good.dispose()
    where = tmp_path / "none" / "store.sqlite" if how == "can't be opened" else path
    prepare = _break(path, how)
    engine = sa.create_engine(f"sqlite:///{where}", connect_args={"timeout": 0.1})
    sa.event.listen(engine, "connect", lambda connection, _: prepare(connection))
    holder = sqlite3.connect(path, isolation_level=None)
    if how == "locked":
        holder.execute("BEGIN IMMEDIATE")
    ledger = Ledger(database=Database(engine=engine), limits=Limits(requests=1, window_s=1))
    with pytest.raises(StoreError) as caught:
        await _fill(ledger)

    assert how in str(caught.value)
    engine.dispose()
    holder.close()


def test_another_failure_is_named_by_its_kind() -> None:
    """Without its words, which quote the statement."""
    assert describe_failure(sa.exc.InvalidRequestError("planted")) == "InvalidRequestError"


async def test_a_job_that_was_never_asked_for_here_is_entered(make_ledger: MakeLedger) -> None:
    """As one of another version, which had no ledger: it waits and begins like the others."""
    ledger = make_ledger()
    position = await ledger.find_position("old", _make_address(), kept_steps=2)

    assert await ledger.begin(position, thread="t")


async def test_a_request_that_has_ended_is_not_started_again(make_ledger: MakeLedger) -> None:
    """Whatever delivers it once more: its job may be erased. One that has not is, since it may never have begun."""
    ledger = make_ledger()

    async def admit() -> str | None:
        return await ledger.admit("a", _make_address(), thread=None, is_final=True)

    answers = [await admit(), await admit()]
    await ledger.finish("a")

    assert [*answers, await admit()] == [None, State.WAITING, State.DONE]
