"""The shortcut on a real database: what it does at once, and what it leaves to the threads."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.database import Database, open_lane, open_shortcut
from bot.shortcut import Shortcut, ShortcutClosed
from bot.store import connect_briskly, make_sqlite_engine
from bot.tables import Transaction, pauses

_PAUSE = pauses.insert()
_COUNT = sa.select(sa.func.count()).select_from(pauses)
_LOOK = sa.select(pauses.c.by, pauses.c.paused_at_ms).where(pauses.c.team == sa.bindparam("team_"))


def _pause(transaction: Transaction, team: str = "T1") -> None:
    transaction.execute(_PAUSE, {"team": team, "by": "U1", "paused_at_ms": 5})


def _count(transaction: Transaction) -> int:
    return int(transaction.execute(_COUNT).scalar())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a database with the bot's tables."""
    path = tmp_path / "bot.sqlite"
    engine = make_sqlite_engine(path, synchronous="NORMAL")
    Database(engine=engine).create_tables()
    engine.dispose()
    return path


class _Clock:
    """Stands until it is moved; goes on by ``step_s`` whenever it is read."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.step_s = 0.0

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


@pytest.fixture
def clock() -> _Clock:
    """Stand still."""
    return _Clock()


@pytest.fixture
def shortcut(path: Path, clock: _Clock) -> Iterator[Shortcut]:
    """Open a shortcut to it."""
    with closing(connect_briskly(path)) as connection:
        yield Shortcut(connection, monotonic=clock)


@pytest.fixture
def other(path: Path) -> Iterator[sqlite3.Connection]:
    """Connect as another program does."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
        yield connection


def test_what_is_done_is_committed(shortcut: Shortcut, other: sqlite3.Connection) -> None:
    """Others see it when the call is over, and it is read as it was written."""
    shortcut.run(_pause)

    assert other.execute("SELECT * FROM bot_pauses").fetchall() == [("T1", "U1", 5)]
    assert shortcut.run(lambda transaction: transaction.execute(_LOOK, {"team_": "T1"}).one()) == ("U1", 5)
    assert shortcut.run(lambda transaction: transaction.execute(_LOOK, {"team_": "T2"}).one_or_none()) is None
    assert shortcut.run(lambda transaction: transaction.execute(_LOOK, {"team_": "T1"}).all()) == [("U1", 5)]


def test_work_that_breaks_leaves_nothing(shortcut: Shortcut) -> None:
    """What it has raised comes out, and the next one finds the database free."""

    def work(transaction: Transaction) -> None:
        _pause(transaction)
        raise KeyError("planted")

    with pytest.raises(KeyError):
        shortcut.run(work)

    assert shortcut.run(_count) == 0


def test_nobody_is_waited_for(shortcut: Shortcut, other: sqlite3.Connection) -> None:
    """While another writes it is closed, and open when that has ended."""
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ShortcutClosed):
        shortcut.run(_pause)
    other.execute("COMMIT")

    assert shortcut.run(_count) == 0
    shortcut.run(_pause)
    assert shortcut.run(_count) == 1


def test_others_write_neither_between_a_look_and_what_follows(shortcut: Shortcut, other: sqlite3.Connection) -> None:
    """A transaction is one from its first look on."""

    def work(transaction: Transaction) -> int:
        before = _count(transaction)
        with pytest.raises(sqlite3.OperationalError):
            other.execute("INSERT INTO bot_pauses VALUES ('T2', 'U2', 1)")
        _pause(transaction)
        return before

    assert shortcut.run(work) == 0
    assert shortcut.run(_count) == 1


def test_a_slow_disk_closes_it_for_a_second(shortcut: Shortcut, clock: _Clock) -> None:
    """What took long is done all the same; the next ones are left to the threads."""
    clock.step_s = 0.06
    shortcut.run(_pause)
    clock.step_s = 0
    with pytest.raises(ShortcutClosed):
        shortcut.run(_count)
    clock.now_s += 1

    assert shortcut.run(_count) == 1


async def test_the_threads_do_what_it_can_not(path: Path, other: sqlite3.Connection) -> None:
    """In their time, without holding up the loop."""
    engine = make_sqlite_engine(path, synchronous="NORMAL")
    with open_lane(engine) as lane, open_shortcut(engine, synchronous="NORMAL") as shortcut:
        database = Database(engine=engine, lane=lane, shortcut=shortcut)
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.TaskGroup() as group:
            insisted = group.create_task(database.insist_briefly(lambda transaction: _pause(transaction, "T1")))
            run = group.create_task(database.run_briefly(lambda transaction: _pause(transaction, "T2")))
            await asyncio.sleep(0.05)
            was_done = insisted.done() or run.done()
            other.execute("COMMIT")
        count = await database.run_briefly(_count)
    engine.dispose()

    assert not was_done
    assert count == 2


@pytest.mark.parametrize(("synchronous", "has_one"), [("NORMAL", True), ("FULL", False)])
def test_who_wants_the_disk_to_be_waited_for_has_none(path: Path, synchronous: str, *, has_one: bool) -> None:
    """That wait is none for the event loop."""
    engine = make_sqlite_engine(path, synchronous=synchronous)
    with open_shortcut(engine, synchronous=synchronous) as shortcut:
        assert (shortcut is not None) is has_one
    engine.dispose()
