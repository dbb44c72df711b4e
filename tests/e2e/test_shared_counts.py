"""What replicas count together on PostgreSQL: no limit lets more through because two look at the same moment."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import ExitStack

import psycopg
import pytest
import sqlalchemy as sa
from postgres import Postgres, needs_postgres, open_postgres
from sqlalchemy.exc import InternalError

from bot.allowance import Limits
from bot.core.models import ReplyAddress, Surface
from bot.database import Database
from bot.errors import LimitError
from bot.ledger import Ledger
from bot.locks import wait_in_turn
from bot.postgres import make_postgres_engine

pytestmark = [pytest.mark.postgres, needs_postgres]
_ADDRESS = ReplyAddress(team="T1", channel="C1", user="U1", user_name="olena", surface=Surface.COMMAND)
_NOW_S = 1_800_000_000.0


@pytest.fixture(scope="module")
async def postgres() -> AsyncIterator[Postgres]:
    """Start a server for all the tests."""
    async with open_postgres() as server:
        yield server


@pytest.fixture(scope="module")
async def ledgers(postgres: Postgres) -> AsyncIterator[Sequence[Ledger]]:
    """Make the ledgers of two replicas, which start at the same moment: five requests, ten calls a day."""
    with ExitStack() as stack:
        engines = [make_postgres_engine(postgres.url) for _ in range(2)]
        for engine in engines:
            stack.callback(engine.dispose)
        databases = [Database(engine=engine) for engine in engines]
        await asyncio.gather(*(asyncio.to_thread(database.create_tables) for database in databases))
        limits = Limits(requests=5, window_s=60, calls_team=10)
        yield [Ledger(database=database, limits=limits, clock=lambda: _NOW_S) for database in databases]


async def _count_allowed(asked: Sequence[Awaitable[object]]) -> int:
    """Count those that are within the limits; nothing else may go wrong."""
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(outcome, LimitError) or not isinstance(outcome, Exception) for outcome in outcomes)
    return sum(not isinstance(outcome, Exception) for outcome in outcomes)


async def test_requests_at_the_same_moment_are_counted_one_by_one(ledgers: Sequence[Ledger]) -> None:
    """Twenty at each replica, of one person, of whom five may pass; each is delivered to both."""
    allowed = await _count_allowed(
        [
            ledger.admit(f"job{number}", _ADDRESS, thread=None, is_final=True)
            for number in range(20)
            for ledger in ledgers
        ]
    )
    entered = await ledgers[0].list_unfinished()

    assert len(entered) == 5
    assert allowed == 10


async def test_calls_at_the_same_moment_are_counted_one_by_one(ledgers: Sequence[Ledger]) -> None:
    """A budget of ten calls stops at ten."""
    elsewhere = _ADDRESS.model_copy(update={"team": "T3"})
    allowed = await _count_allowed(
        [ledger.note_call(f"call{number}", elsewhere, uuid.uuid4()) for number in range(12) for ledger in ledgers]
    )

    assert allowed == 10


async def test_room_is_found_where_there_is_some(ledgers: Sequence[Ledger]) -> None:
    """Jobs that the database had kept from going on wait for that."""
    assert await ledgers[0].is_writable(room_bytes=1024 * 1024)


async def test_a_lock_is_held_by_one(ledgers: Sequence[Ledger]) -> None:
    """What is due for all replicas is done by one; when that one is done, or gone, another can."""
    first, second = (ledger.database for ledger in ledgers)
    async with first.holding("prune") as is_first, second.holding("prune") as is_second:
        pass
    async with second.holding("prune") as is_free:
        pass

    assert (is_first, is_second, is_free) == (True, False, True)


async def test_a_transaction_that_stands_still_holds_nobody_up(ledgers: Sequence[Ledger], postgres: Postgres) -> None:
    """A process may be stopped in the middle of one, and its machine too: the server ends it, with its locks."""
    engine = make_postgres_engine(postgres.url, idle_transaction_s=1)
    with engine.connect() as stopped:
        wait_in_turn(stopped, "workspace", "T2")
        async with asyncio.timeout(10):
            await ledgers[0].note_call("waiting", _ADDRESS.model_copy(update={"team": "T2"}), uuid.uuid4())
        with pytest.raises(InternalError) as ended:
            stopped.execute(sa.text("SELECT 1"))
    engine.dispose()

    assert isinstance(ended.value.orig, psycopg.errors.IdleInTransactionSessionTimeout)
