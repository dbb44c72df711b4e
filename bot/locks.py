"""PostgreSQL's advisory locks, by name.

https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
SQLite has one process and one writer, and does without them.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa

from bot.tables import Transaction

_APP: Final = "codemie-slack-bot"
_KEY_BYTES: Final = 8


def name_key(*names: str) -> int:
    """Make the number of a lock; other programs of the database have theirs, so it is hashed with our name."""
    digest = hashlib.sha256("\0".join((_APP, *names)).encode()).digest()
    return int.from_bytes(digest[:_KEY_BYTES], signed=True)


def is_shared(engine: sa.Engine) -> bool:
    """Tell whether other processes may use the database too."""
    return engine.dialect.name == "postgresql"


def wait_in_turn(connection: Transaction, *names: str) -> None:
    """Go on when no other transaction is between here and its end: what is counted then is true until it is kept."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(name_key(*names))))


def try_to_hold(connection: sa.Connection, *names: str, is_for_all: bool = False) -> bool:
    """Take a lock for as long as the session lasts; false where another has it. ``is_for_all``: others may share it."""
    take = sa.func.pg_try_advisory_lock_shared if is_for_all else sa.func.pg_try_advisory_lock
    return bool(connection.execute(sa.select(take(name_key(*names)))).scalar())


def let_go(connection: sa.Connection, *names: str) -> None:
    """Give a lock of the session back."""
    connection.execute(sa.select(sa.func.pg_advisory_unlock(name_key(*names))))


@contextmanager
def holding(engine: sa.Engine, *names: str) -> Iterator[bool]:
    """Hold a lock on a connection of its own while the context lasts; yields false where another process has it."""
    if not is_shared(engine):
        yield True
        return
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        if not try_to_hold(connection, *names):
            yield False
            return
        try:
            yield True
        finally:
            let_go(connection, *names)
