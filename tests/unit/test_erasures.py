"""Wishes to erase on a real database: kept until they are fulfilled, and whose rows they are about."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from previewing import FLOW, KEY, Clock

from bot.allowance import Limits
from bot.core.models import ReplyAddress, Result, Surface
from bot.core.texts import Language
from bot.database import Database
from bot.erasures import Erasures, Kind
from bot.errors import StoreError
from bot.ledger import Ledger
from bot.pauses import Pauses
from bot.previews.store import Previews
from bot.remains import Remains
from bot.results import Results
from bot.store import make_sqlite_engine
from bot.tables import calls, requests
from bot.tables import erasures as wishes

_CONVERSATION = uuid.UUID(int=4)


@pytest.fixture
async def erasures(tmp_path: Path) -> AsyncIterator[Erasures]:
    """Open wishes on an empty database, with a clock that stands."""
    engine = make_sqlite_engine(tmp_path / "bot.sqlite", synchronous="NORMAL")
    database = Database(engine=engine)
    database.create_tables()
    yield Erasures(database=database, clock=Clock())
    engine.dispose()


def _move(erasures: Erasures, seconds: float) -> None:
    assert isinstance(erasures.clock, Clock)
    erasures.clock.now += seconds


def _make_address(user: str, team: str) -> ReplyAddress:
    return ReplyAddress(team=team, channel="C1", user=user, user_name=user, surface=Surface.MENTION)


async def _ask(erasures: Erasures, *job_ids: str, user: str = "U1", team: str = "T1") -> Ledger:
    """Enter requests that have ended."""
    limits = Limits(requests=1_000, window_s=60)
    ledger = Ledger(database=erasures.database, limits=limits, clock=erasures.clock)
    for job_id in job_ids:
        await ledger.admit(job_id, _make_address(user, team), thread=None, is_final=True)
        await ledger.finish(job_id)
    return ledger


async def _change(erasures: Erasures, update: sa.Update) -> None:
    await erasures.database.run(lambda connection: connection.execute(update))


async def _count(erasures: Erasures, table: sa.Table) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    return int(await erasures.database.run(lambda connection: connection.execute(query).scalar_one()))


async def test_a_wish_is_kept_once_and_until_it_is_fulfilled(erasures: Erasures) -> None:
    """What is put off is not due before its time."""
    await erasures.note(Kind.JOB, "a", by="U1")
    await erasures.note(Kind.JOB, "a", by="U2")
    (first,) = await erasures.list_due()
    await erasures.keep(first, Remains(files=("F1",)), wait_s=10)
    early = await erasures.list_due()
    _move(erasures, 11)
    (second,) = await erasures.list_due()
    await erasures.finish(second)

    assert first.by == "U2"
    assert early == []
    assert second.remains.files == ("F1",)
    assert await erasures.list_due() == []


async def test_two_processes_do_not_undo_each_others_work(erasures: Erasures) -> None:
    """Who comes second gives up, rather than forget what the first has found."""
    await erasures.note(Kind.JOB, "a", by="U1")
    (mine,) = await erasures.list_due()
    (theirs,) = await erasures.list_due()
    await erasures.keep(theirs, Remains(files=("F1",)), wait_s=0)
    with pytest.raises(StoreError, match="another process"):
        await erasures.keep(mine, Remains(), wait_s=0)
    await erasures.finish(mine)

    assert [wish.remains.files for wish in await erasures.list_due()] == [("F1",)]


async def test_a_wish_that_is_uttered_again_meanwhile_is_not_lost(erasures: Erasures) -> None:
    """It is due at once, and what somebody asked for between the two is theirs to have erased as well."""
    await erasures.note(Kind.USER, "T1:U1", by="operator")
    (found,) = await erasures.list_due()
    first = await erasures.keep(found, Remains(), wait_s=600)
    _move(erasures, 5)
    await erasures.note(Kind.USER, "T1:U1", by="operator")
    await erasures.finish(first)

    assert [wish.subject for wish in await erasures.list_due()] == ["T1:U1"]


async def test_the_waits_between_tries_grow(erasures: Erasures) -> None:
    """With the time that a wish has waited; uttered again, it is new."""
    wish = await erasures.note(Kind.JOB, "a", by="U1")
    waits = []
    for seconds in (0, 60, 10_000):
        _move(erasures, seconds)
        waits.append(erasures.choose_wait_s(wish))
    again = await erasures.note(Kind.JOB, "a", by="U1")

    assert waits == [10, 30, 3_600]
    assert erasures.choose_wait_s(again) == 10


async def test_a_wish_is_put_off_unless_it_is_uttered_again(erasures: Erasures) -> None:
    """Whoever failed with it does not know of that."""
    first = await erasures.note(Kind.JOB, "a", by="U1")
    await erasures.postpone(first, wait_s=600)
    early = await erasures.list_due()
    _move(erasures, 1)
    await erasures.note(Kind.JOB, "a", by="U1")
    await erasures.postpone(first, wait_s=600)

    assert early == []
    assert [wish.subject for wish in await erasures.list_due()] == ["a"]


async def test_a_wish_that_cannot_be_read_holds_nothing_up(erasures: Erasures) -> None:
    """One of another version's is left to that; one whose rest is unreadable begins anew."""
    for subject in ("a", "b", "c"):
        await erasures.note(Kind.JOB, subject, by="U1")
    for subject, values in (("a", {"kind": "other"}), ("b", {"remains": '{"files": 5}'})):
        await _change(erasures, wishes.update().where(wishes.c.subject == subject).values(values))
    found = await erasures.list_due()

    assert [(wish.subject, wish.remains) for wish in found] == [("b", Remains()), ("c", Remains())]


async def test_a_wish_that_nobody_can_fulfil_ends(erasures: Erasures) -> None:
    """With the time for which anything is kept."""
    await erasures.note(Kind.JOB, "a", by="U1")
    asked_at = datetime.fromtimestamp(erasures.clock(), UTC)
    too_early = await erasures.forget_old(before=asked_at)

    assert too_early == 0
    assert await erasures.forget_old(before=asked_at + timedelta(seconds=1)) == 1


async def test_a_user_is_told_from_namesakes_and_from_later_wishes(erasures: Erasures) -> None:
    """What was asked for after the wish is wanted."""
    await _ask(erasures, "a", "b")
    await _ask(erasures, "c", team="T2")
    await _ask(erasures, "d", user="U2")
    wish = await erasures.note(Kind.USER, "T1:U1", by="operator")
    _move(erasures, 1)
    await _ask(erasures, "e")

    assert await erasures.list_of("T1", "U1", until_ms=wish.asked_at_ms) == ["a", "b"]
    assert await erasures.list_later("a") == ["b", "e"]


async def test_relatives_are_found_by_the_end_of_their_ids(erasures: Erasures) -> None:
    """A whole part of it, as it stands: underscores and percent signs stand for themselves."""
    await _ask(erasures, "m:1_1", "retry:m:1_1", "retry:m:1x1", "other:mm:1_1")

    assert await erasures.list_relatives("m:1_1") == ["m:1_1", "retry:m:1_1"]


async def test_calls_without_a_kept_answer_are_known_for_a_while(erasures: Erasures) -> None:
    """Their conversations may be kept once more after they were deleted; after a while that has happened."""
    ledger = await _ask(erasures, "a")
    for conversation_id in (_CONVERSATION, _CONVERSATION, uuid.UUID(int=5)):
        await ledger.note_call("a", _make_address("U1", "T1"), conversation_id=conversation_id)
    answers = {_CONVERSATION: 2, uuid.UUID(int=5): 0}
    now = await erasures.list_cut("a", answers=answers, longest_s=900)
    half = await erasures.list_cut("a", answers={_CONVERSATION: 1, uuid.UUID(int=5): 1}, longest_s=900)
    _move(erasures, 901)

    assert now == (uuid.UUID(int=5),)
    assert half == (_CONVERSATION,)
    assert await erasures.list_cut("a", answers=answers, longest_s=900) == ()


async def test_what_may_be_late_is_a_wish_of_its_own(erasures: Erasures) -> None:
    """Due in a while, with what was noted before; the wish that it came of is finished, and can be uttered anew."""
    for number in (5, 6):
        wish = await erasures.note(Kind.USER, "T1:U1", by="operator")
        late = Remains(late=(uuid.UUID(int=number),))
        kept = await erasures.keep(wish, late, wait_s=0)
        await erasures.note_late(kept, wait_s=900)
        await erasures.finish(kept)
    now = await erasures.list_due()
    _move(erasures, 901)
    (due,) = await erasures.list_due()

    assert now == []
    assert (due.kind, due.team) == (Kind.LATE, "T1")
    assert due.remains == Remains(conversations=(uuid.UUID(int=5), uuid.UUID(int=6)))


async def test_a_workspace_that_has_gone_is_not_paused_any_more(erasures: Erasures) -> None:
    """Who has paused it is not kept either; another one stays as it is."""
    pauses = Pauses(database=erasures.database)
    for team in ("T1", "T2"):
        await pauses.pause(team, by="U1")
    await erasures.forget_team("T1")

    assert [await pauses.find(team) for team in ("T1", "T2")] == [None, "U1"]


async def test_a_link_to_an_erased_result_leads_nowhere(erasures: Erasures) -> None:
    """Not even when it is made once more; what stays is ids and times, unless all of a person's goes."""
    results = Results(database=erasures.database)
    previews = Previews(
        database=erasures.database, results=results, key=KEY, public_url="http://x", lifetime=timedelta(days=30)
    )
    ledger = await _ask(erasures, "a")
    await ledger.note_call("a", _make_address("U1", "T1"), conversation_id=_CONVERSATION)
    await results.keep(
        Result(job_id="a", team="T1", user="U1", thread=None, language=Language.ENGLISH, flow=FLOW, html="<p>")
    )
    token = (await previews.make_tokens(["a"]))["a"]
    before = await previews.find(token)
    await erasures.erase("a", keeps_ledger=True)
    after = await previews.find(token)
    again = (await previews.make_tokens(["a"]))["a"]
    kept = [await _count(erasures, table) for table in (requests, calls)]
    conversations = await erasures.list_conversations("a")
    await erasures.erase("a", keeps_ledger=False)

    assert before is not None
    assert after is None
    assert await previews.find(again) is None
    assert kept == [1, 1]
    assert conversations == (_CONVERSATION,)
    assert [await _count(erasures, table) for table in (requests, calls)] == [0, 0]
