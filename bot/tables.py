"""The bot's own tables, in the database of the jobs: requests, calls, results, previews, erasures, pauses, keys.

And who has installed the app.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, Protocol

import sqlalchemy as sa

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
results: Final = sa.Table(
    "bot_results",
    tables,
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("thread", sa.Text),  # as ledger and line name it; none where the result was whispered
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("flow", sa.Text, nullable=False),  # JSON
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("scripted_html", sa.Text),  # none where previews run no scripts of pages
    sa.Column("exchanges", sa.Text, nullable=False),  # JSON: where in which CodeMie conversation the answers stand
    sa.Column("posted", sa.Text, nullable=False),  # JSON: what Slack has of it
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
)
previews: Final = sa.Table(
    "bot_previews",
    tables,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("job_id", sa.Text, nullable=False, index=True),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    sa.Column("is_revoked", sa.Boolean, nullable=False),
)
sa.Index("bot_results_by_thread", results.c.thread, results.c.version)
cancellations: Final = sa.Table(
    "bot_cancellations",
    tables,
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("asked_at_ms", sa.BigInteger, nullable=False),
)
erasures: Final = sa.Table(
    "bot_erasures",
    tables,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("asked_at_ms", sa.BigInteger, nullable=False),
    sa.Column("due_at_ms", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # counts the changes, by which processes notice each other
    sa.Column("remains", sa.Text, nullable=False),  # JSON: what there still is to erase, ids only
)
pauses: Final = sa.Table(
    "bot_pauses",
    tables,
    sa.Column("team", sa.Text, primary_key=True),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("paused_at_ms", sa.BigInteger, nullable=False),
)
keys: Final = sa.Table(
    "bot_keys",
    tables,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)
installations: Final = sa.Table(
    "bot_installations",
    tables,
    sa.Column("id", sa.Text, primary_key=True),  # the workspace's, or the organisation's that has it as a whole
    sa.Column("team", sa.Text),
    sa.Column("enterprise", sa.Text),
    sa.Column("app", sa.Text, nullable=False),
    sa.Column("bot_user", sa.Text, nullable=False),
    sa.Column("bot", sa.Text, nullable=False),
    sa.Column("site_url", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("installed_by", sa.Text, nullable=False),
    sa.Column("installed_at_ms", sa.BigInteger, nullable=False),
    sa.Column("bot_token", sa.Text, nullable=False),  # locked, as the next
    sa.Column("refresh_token", sa.Text),
    sa.Column("expires_at_ms", sa.BigInteger),
    sa.Column("version", sa.Integer, nullable=False),  # counts the changes of the tokens
    sa.Column("claimed_until_ms", sa.BigInteger, nullable=False),  # until when somebody has the refresh token
)
org_teams: Final = sa.Table(
    "bot_org_teams",
    tables,
    sa.Column("team", sa.Text, primary_key=True),
    sa.Column("enterprise", sa.Text, nullable=False, index=True),
)
spent_states: Final = sa.Table(
    "bot_spent_states",
    tables,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("until_ms", sa.BigInteger, nullable=False),
)


class Rows(Protocol):
    """What a statement came to; rows are tuples."""

    @property
    def rowcount(self) -> int:
        """How many rows were written."""
        ...

    def scalar(self) -> Any:  # noqa: ANN401 - as the tables have it
        """Return the first value of the first row; ``None`` too where there is none."""
        ...

    def one(self) -> Any:  # noqa: ANN401 - as above
        """Return the row."""
        ...

    def all(self) -> Sequence[Any]:
        """Return all rows."""
        ...

    def one_or_none(self) -> Any:  # noqa: ANN401 - as above
        """Return the row, if there is one."""
        ...


class Transaction(Protocol):
    """What short work is done by: SQLAlchemy's connection, or the shortcut of SQLite.

    Statements for it are made once, with names in place of values.
    """

    @property
    def dialect(self) -> sa.Dialect:
        """Whose SQL it is."""
        ...

    def execute(
        self,
        statement: sa.Executable,
        parameters: Mapping[str, Any] | None = None,
        /,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Rows:
        """Execute a statement with values by their names."""
        ...


def is_of_unfinished(table: sa.FromClause) -> sa.ColumnElement[bool]:
    """Choose unfinished requests, by states that stand in the statement: SQLite finds no partial index otherwise."""
    return table.c.state.in_([sa.literal_column(f"'{state}'") for state in UNFINISHED])


is_unfinished: Final = is_of_unfinished(requests)
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
