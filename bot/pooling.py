"""Whether a session of PostgreSQL is one: behind a pool of transactions it is not, and locks do not hold."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa
from psycopg import errors
from sqlalchemy.exc import OperationalError

from bot.postgres import make_postgres_url

MENDING: Final = (
    "point DATABASE_URL at PostgreSQL itself, or at a pool with pool_mode = session: "
    "replicas know each other by locks that a session holds"
)
_CONNECT_S: Final = 5
# PgBouncer's words; it has one code for all that it refuses.
_NO_TRANSACTIONS: Final = "statement pooling"
_LOOKS: Final = 3


def has_own_sessions(database_url: str) -> bool:
    """Tell whether each connection keeps a session of its own; blocks, and raises what SQLAlchemy raises.

    Two connections are asked in turns who serves them, the second in an open transaction. A pool of transactions gives
    it the session of the first, which is idle, or another each time, and a pool of statements takes no transaction:
    https://www.pgbouncer.org/features.html
    """
    try:
        return _compare_servers(database_url)
    except OperationalError as error:
        if isinstance(error.orig, errors.ProtocolViolation) and _NO_TRANSACTIONS in str(error.orig):
            return False
        raise


def _compare_servers(database_url: str) -> bool:
    with _connect(database_url) as first, _connect(database_url) as second:
        first.execution_options(isolation_level="AUTOCOMMIT")
        server = _name_server(first)
        for _ in range(_LOOKS):
            with second.begin():
                if _name_server(second) == server or _name_server(first) != server:
                    return False
    return True


@contextmanager
def _connect(database_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(
        make_postgres_url(database_url),
        poolclass=sa.NullPool,
        hide_parameters=True,
        connect_args={"connect_timeout": _CONNECT_S},
    )
    with engine.connect() as connection:
        yield connection


def _name_server(connection: sa.Connection) -> int:
    """Return the number of the server's process that answers a connection."""
    return int(connection.execute(sa.select(sa.func.pg_backend_pid())).scalar_one())
