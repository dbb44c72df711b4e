"""The ledger's two tables, in the database of the jobs: requests, and the calls made for them."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from bot.core.models import ReplyAddress

MS: Final = 1000


class State(StrEnum):
    """How far a request is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"


UNFINISHED: Final = (State.WAITING, State.RUNNING)
tables: Final = sa.MetaData()
requests: Final = sa.Table(
    "bot_requests",
    tables,
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
calls: Final = sa.Table(
    "bot_calls",
    tables,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job_id", sa.Text, nullable=False, index=True),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("called_at_ms", sa.BigInteger, nullable=False),
    sa.Column("conversation_id", sa.Text, nullable=False),
)
is_unfinished: Final = requests.c.state.in_(UNFINISHED)
_UNFINISHED_ONLY: Final = sa.text("state IN ('waiting', 'running')")
sa.Index("bot_requests_by_user", requests.c.team, requests.c.user, requests.c.asked_at_ms)
sa.Index(
    "bot_requests_unfinished",
    requests.c.state,
    requests.c.tag,
    sqlite_where=_UNFINISHED_ONLY,
    postgresql_where=_UNFINISHED_ONLY,
)
sa.Index("bot_calls_by_team", calls.c.team, calls.c.called_at_ms)


def is_of(table: sa.Table, address: ReplyAddress, names: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    """Choose the rows that share these columns with an address."""
    return [table.c[name] == getattr(address, name) for name in names]
