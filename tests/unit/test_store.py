"""The database file: what is deleted leaves it, and what is in the way is told."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.errors import StoreError
from bot.store import make_sqlite_engine, shrink


def _fill_and_empty(engine: sa.Engine) -> None:
    """Write some megabytes and delete them."""
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE notes (words TEXT)"))
        for _ in range(500):
            connection.execute(sa.text("INSERT INTO notes VALUES (:words)"), {"words": "planted-words " * 500})
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM notes"))


def test_what_is_deleted_leaves_the_disk(tmp_path: Path) -> None:
    """No page stays free, the log is cut, and no byte of the words is left."""
    path = tmp_path / "store.sqlite"
    engine = make_sqlite_engine(path, synchronous="NORMAL")
    _fill_and_empty(engine)
    before = path.with_name("store.sqlite-wal").stat().st_size
    shrink(engine)
    after = path.stat().st_size
    engine.dispose()

    assert before > 3_000_000
    assert after < 100_000
    assert b"planted-words" not in path.read_bytes()


def test_a_lock_is_told_and_not_waited_for(tmp_path: Path) -> None:
    """The engine goes on as it was: it still waits for locks, and writes when they are gone."""
    path = tmp_path / "store.sqlite"
    engine = make_sqlite_engine(path, synchronous="NORMAL")
    _fill_and_empty(engine)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            shrink(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO notes VALUES ('more')"))
        busy_ms = connection.execute(sa.text("PRAGMA busy_timeout")).scalar()
    shrink(engine)
    engine.dispose()

    assert busy_ms == 30_000
