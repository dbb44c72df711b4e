"""A database that an earlier version has left: nothing alters tables, so they have to be what this one expects."""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa

from bot.allowance import Limits
from bot.core.models import Flow, ReplyAddress, Result, Step, Surface
from bot.core.texts import Language
from bot.database import Database
from bot.ledger import Ledger
from bot.results import Results
from bot.store import make_sqlite_engine
from bot.tables import tables

# As version 0.1 made them. Another column in a table needs an ALTER TABLE in Database.create_tables.
_VERSION_0_1: Final = """
CREATE TABLE bot_requests (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, job_id TEXT NOT NULL, team TEXT NOT NULL, user TEXT NOT NULL,
    thread TEXT, asked_at_ms BIGINT NOT NULL, state TEXT NOT NULL, tag INTEGER NOT NULL, kept_steps INTEGER NOT NULL,
    crashes INTEGER NOT NULL, UNIQUE (job_id)
);
CREATE INDEX bot_requests_unfinished ON bot_requests (state, tag) WHERE state IN ('waiting', 'running');
CREATE INDEX bot_requests_by_user ON bot_requests (team, user, asked_at_ms);
CREATE TABLE bot_calls (
    id INTEGER NOT NULL, job_id TEXT NOT NULL, team TEXT NOT NULL, user TEXT NOT NULL, called_at_ms BIGINT NOT NULL,
    conversation_id TEXT NOT NULL, PRIMARY KEY (id)
);
CREATE INDEX bot_calls_by_team ON bot_calls (team, called_at_ms);
CREATE INDEX ix_bot_calls_job_id ON bot_calls (job_id);
INSERT INTO bot_requests VALUES (7, 'old', 'T1', 'U1', 'T1:C1:1', 1000, 'waiting', 3, 0, 0);
INSERT INTO bot_calls VALUES (1, 'old', 'T1', 'U1', 1000, '00000000-0000-4000-8000-000000000001');
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Open what version 0.1 has left."""
    path = tmp_path / "bot.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(_VERSION_0_1)
    engine = make_sqlite_engine(path, synchronous="NORMAL")
    database = Database(engine=engine)
    database.create_tables()
    yield database
    engine.dispose()


def _list_columns(inspector: sa.Inspector, table: str) -> set[tuple[str, str, bool]]:
    return {(column["name"], str(column["type"]), column["nullable"]) for column in inspector.get_columns(table)}


def test_the_tables_of_an_earlier_version_are_those_of_this_one(database: Database, tmp_path: Path) -> None:
    """Also their indices: a database that grew and one that is new are the same."""
    new = make_sqlite_engine(tmp_path / "new.sqlite", synchronous="NORMAL")
    Database(engine=new).create_tables()
    grown, fresh = sa.inspect(database.engine), sa.inspect(new)
    names = set(tables.tables)
    columns = {name: (_list_columns(grown, name), _list_columns(fresh, name)) for name in names}
    indices = {
        name: [{index["name"] for index in inspector.get_indexes(name)} for inspector in (grown, fresh)]
        for name in names
    }
    new.dispose()

    assert len(names) > 2
    for name in names:
        assert columns[name][0] == columns[name][1], name
        assert indices[name][0] == indices[name][1], name


async def test_work_goes_on_in_the_database_of_an_earlier_version(database: Database) -> None:
    """Its request still stands first in line, its calls are known, and the tables that are new take their rows."""
    limits = Limits(requests=1_000, window_s=60)
    ledger, results = Ledger(database=database, limits=limits), Results(database=database)
    address = ReplyAddress(team="T1", channel="C1", user="U2", user_name="U2", surface=Surface.MENTION)
    flow = Flow(id="f", name="Permit", steps=(Step(id="a", type="info", title="A"),))
    result = Result(
        job_id="new", team="T1", user="U2", thread="T1:C1:2", language=Language.ENGLISH, flow=flow, html="<p>x</p>"
    )
    await ledger.admit("new", address, thread="T1:C1:2", is_final=True)
    await ledger.note_call("new", address, uuid.UUID(int=2))
    conversations = await ledger.list_conversations(before=datetime(1971, 1, 1, tzinfo=UTC), most=9)
    await results.keep(result)
    cancelled = await ledger.cancel("old", by="U1")

    assert await ledger.list_unfinished() == ["old", "new"]
    assert (await ledger.find_position("new", address, kept_steps=0)).seq == 8
    assert conversations == [uuid.UUID("00000000-0000-4000-8000-000000000001")]
    assert await results.find("new") == result
    assert cancelled
