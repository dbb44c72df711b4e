"""Connections to PostgreSQL that end by themselves where the other side has fallen silent.

A process that is stopped in the middle of a transaction would keep its locks, and hold up everybody else, until it goes
on; the server ends such a transaction first. A server that is gone without a word would be waited for as long as TCP
does, a quarter of an hour.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import psycopg
import sqlalchemy as sa

# How long a transaction may stand still: less than it takes until a replica is replaced.
_IDLE_TRANSACTION_S: Final = 5
# After so long without a word the other side is given up.
SILENCE_S: Final = 20
_KEEPALIVE_S: Final = 5
_KEEPALIVES: Final = 3
# The first version that ends idle sessions.
_HAS_IDLE_SESSION_TIMEOUT: Final = 14
_SESSION: Final = {
    "tcp_keepalives_idle": f"{_KEEPALIVE_S}",
    "tcp_keepalives_interval": f"{_KEEPALIVE_S}",
    "tcp_keepalives_count": f"{_KEEPALIVES}",
}


def make_postgres_url(database_url: str) -> sa.URL:
    """Name the driver that is there, whichever is named."""
    return sa.make_url(database_url).set(drivername="postgresql+psycopg")


def make_postgres_engine(
    database_url: str,
    *,
    name: str = "codemie-bot",
    connections: int = 15,
    idle_transaction_s: int = _IDLE_TRANSACTION_S,
) -> sa.Engine:
    """Make an engine with at most so many connections; those that PostgreSQL has closed are not used.

    That none can be made is told as the loss of one is, so that the engine of the jobs tries again.
    """
    engine = sa.create_engine(
        make_postgres_url(database_url),
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=connections,
        max_overflow=0,
        connect_args=choose_connect_args(name),
    )
    prepare_sessions(engine, idle_in_transaction_session_timeout=f"{idle_transaction_s}s")
    sa.event.listen(engine, "handle_error", _note_loss)
    return engine


def choose_connect_args(name: str) -> dict[str, Any]:
    """Choose the client's side of a connection, which PostgreSQL lists under ``name``: seconds and milliseconds.

    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
    """
    return {
        "application_name": name,
        "connect_timeout": _KEEPALIVE_S,
        "keepalives_idle": _KEEPALIVE_S,
        "keepalives_interval": _KEEPALIVE_S,
        "keepalives_count": _KEEPALIVES,
        "tcp_user_timeout": SILENCE_S * 1_000,
    }


def prepare_sessions(engine: sa.Engine, **values: str) -> None:
    """Have the server's side of each connection notice silence too, with further settings by name.

    They are set when it is connected, since a pool of sessions takes few settings in an address.
    """
    sa.event.listen(engine, "connect", _make_setter({**_SESSION, **values}))


def _make_setter(values: Mapping[str, str]) -> Callable[[Any, object], None]:
    def prepare(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's connection
        is_old = connection.info.server_version < _HAS_IDLE_SESSION_TIMEOUT * 10_000
        with connection.cursor() as cursor:
            for name, value in values.items():
                if name != "idle_session_timeout" or not is_old:
                    cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.commit()  # what is taken back at the end would take the settings along

    return prepare


def _note_loss(context: sa.engine.ExceptionContext) -> None:
    if context.connection is None and isinstance(context.original_exception, psycopg.OperationalError):
        context.is_disconnect = True
