"""The job store: where DBOS keeps jobs and the results of their steps, as JSON that a person can read."""

import fcntl
import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, Serializer
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from bot.errors import SettingsError, StoreError, UnexpectedError
from bot.postgres import make_postgres_engine

_SQLITE: Final = "sqlite:///"
# Recovery takes jobs of the same version only, so this changes with the list of a job's steps and not with
# every release: https://docs.dbos.dev/python/tutorials/upgrading-workflows
JOB_VERSION: Final = "4"
# Whose the jobs in a SQLite database are: there is one process.
LOCAL: Final = "local"
# Jobs that run at once may each be keeping a step.
_ENGINE_CONNECTIONS: Final = 20
_BUSY_MS: Final = 30_000
_SHORT_BUSY_MS: Final = 200
# The folder of a database that holds what people asked for: for its owner alone.
_PRIVATE: Final = 0o700
# The tables that have words of people's and of models', and those that say who asked.
_SPEAKING: Final = (
    "bot_requests",
    "bot_calls",
    "bot_results",
    "dbos.workflow_status",
    "dbos.workflow_input",
    "dbos.workflow_output",
    "dbos.operation_outputs",
)
_FAILURES: Final = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "the database is read-only",
    "SQLITE_BUSY": "the database is locked",
    "SQLITE_CORRUPT": "the database is damaged: restore it from a back-up",
    "SQLITE_NOTADB": "the file is no database",
    "SQLITE_CANTOPEN": "the database file can't be opened",
    "SQLITE_IOERR": "the disk fails",
}


class JsonSerializer(Serializer):
    """Writes inputs and results as JSON; of an exception it keeps the kind, never the words."""

    def serialize(self, data: Any) -> str:  # noqa: ANN401 - DBOS's interface
        """Write a value."""
        return json.dumps(data, ensure_ascii=False, default=_write_exception)

    def deserialize(self, serialized_data: str) -> Any:  # noqa: ANN401 - DBOS's interface
        """Read a value; DBOS adds to the tuple of a workflow's arguments, which JSON has as a list."""
        value = json.loads(serialized_data)
        if isinstance(value, dict) and value.keys() == {"args", "kwargs"}:
            value["args"] = tuple(value["args"])
        if isinstance(value, dict) and value.keys() == {"exception"}:
            return UnexpectedError(value["exception"])
        return value

    def name(self) -> str:
        """Name the format; it is kept beside each value."""
        return "json"


def _write_exception(value: object) -> dict[str, str]:
    if isinstance(value, BaseException):
        return {"exception": type(value).__name__}
    msg = f"{type(value).__name__} can't be kept as JSON"
    raise TypeError(msg)


@contextmanager
def open_store(
    *, database_url: str | None, data_dir: Path, synchronous: str, replica: str = LOCAL
) -> Iterator[sa.Engine]:
    """Open the database and make the process's one DBOS; jobs are registered and launched by the caller.

    ``replica`` is what jobs in PostgreSQL are known by as this process's: another one at each start, since jobs of a
    process that has died are to be told from its own. Yields the engine for the bot's own tables, which stand in the
    same database.

    Raises :class:`~bot.errors.SettingsError` for a folder that can't be used, and
    :class:`~bot.errors.StoreError` where another process has the database.
    """
    try:
        data_dir.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError((f"DATA_DIR can't be used: {error.strerror}",)) from error
    path = find_sqlite(database_url=database_url, data_dir=data_dir)
    config: DBOSConfig = {
        "name": "codemie-slack-bot",
        "application_version": JOB_VERSION,
        "executor_id": LOCAL,
        "serializer": JsonSerializer(),
        "log_level": "WARNING",
        "enable_otlp": False,
    }
    with ExitStack() as stack:
        if path is None:
            url = config["system_database_url"] = database_url or ""
            config["executor_id"] = replica
            engine = make_postgres_engine(url)
            jobs_engine = make_postgres_engine(url, name="codemie-bot engine", connections=_ENGINE_CONNECTIONS)
            stack.callback(jobs_engine.dispose)
        else:
            stack.enter_context(_lock(path))
            jobs_engine = engine = make_sqlite_engine(path, synchronous=synchronous)
        stack.callback(engine.dispose)
        DBOS(config={**config, "system_database_engine": jobs_engine})
        yield engine


def find_sqlite(*, database_url: str | None, data_dir: Path) -> Path | None:
    """Find the database file; ``None`` where the database is PostgreSQL."""
    if database_url is None:
        return data_dir / "bot.sqlite"
    return Path(database_url.removeprefix(_SQLITE)) if database_url.startswith(_SQLITE) else None


@contextmanager
def open_kept(*, database_url: str | None, data_dir: Path, synchronous: str) -> Iterator[sa.Engine]:
    """Open the database of a bot that has run, for a command beside it: none is made.

    Raises :class:`~bot.errors.SettingsError` where there is none.
    """
    path = find_sqlite(database_url=database_url, data_dir=data_dir)
    if path is not None and not path.is_file():
        raise SettingsError((f"there is no database at {path}: nothing is kept there, or DATA_DIR is another folder",))
    if path is None:
        engine = make_postgres_engine(database_url or "")
    else:
        engine = make_sqlite_engine(path, synchronous=synchronous)
    try:
        yield engine
    finally:
        engine.dispose()


def make_sqlite_engine(path: Path, *, synchronous: str) -> sa.Engine:
    """Make an engine with one connection and a write-ahead log: see "Durable jobs" in docs/decisions.md."""
    engine = sa.create_engine(
        f"{_SQLITE}{path}",
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's connection
        connection.isolation_level = "IMMEDIATE"
        _set_up(connection, synchronous=synchronous)

    return engine


def connect_briskly(path: Path) -> sqlite3.Connection:
    """Connect once more, for the thread of the event loop: this connection waits for nobody.

    Its transactions stay in the log: to write that into the database means to wait for the disk. Raises
    :class:`~bot.errors.StoreError` for a file that is no database.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None)
        _set_up(connection, synchronous="NORMAL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("PRAGMA busy_timeout=0")
    except sqlite3.Error as error:
        raise StoreError(describe_failure(error)) from error
    return connection


def _set_up(connection: sqlite3.Connection, *, synchronous: str) -> None:
    connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("PRAGMA foreign_keys=ON")


def shrink(engine: sa.Engine) -> None:
    """Have nothing left of what was deleted but what the database's own log has of it; blocks.

    SQLite gives the room back to the disk. PostgreSQL would keep the rows until so many have gone that it looks; what
    it is told here neither waits for anybody nor is waited for.

    Raises :class:`~bot.errors.StoreError`; a reader, such as a back-up, keeps the log from being cut, until the next
    time.
    """
    if engine.dialect.name != "sqlite":
        _vacuum(engine)
        return
    try:
        with closing(engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout={_SHORT_BUSY_MS}")
            try:
                # executescript steps each to its end; execute would free one page.
                cursor.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);")
            finally:
                cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    except (sqlite3.Error, SQLAlchemyError) as error:
        raise StoreError(describe_failure(error)) from error


def _vacuum(engine: sa.Engine) -> None:
    """Drop dead rows, so that their room is used again, and given back where it is the end of a file.

    https://www.postgresql.org/docs/current/sql-vacuum.html
    """
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text(f"VACUUM (SKIP_LOCKED) {', '.join(_SPEAKING)}"))
    except SQLAlchemyError as error:
        raise StoreError(describe_failure(error)) from error


def describe_failure(error: SQLAlchemyError | sqlite3.Error) -> str:
    """Say what is wrong with the database, without the words of the exception, which quote statements.

    https://www.sqlite.org/rescode.html
    """
    name = str(getattr(getattr(error, "orig", error), "sqlite_errorname", ""))
    return next((words for code, words in _FAILURES.items() if name.startswith(code)), type(error).__name__)


@contextmanager
def try_lock(path: Path) -> Iterator[bool]:
    """Keep other processes off a database file while the context lasts; yields false where one has it already."""
    with path.with_suffix(".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


@contextmanager
def try_hold(engine: sa.Engine) -> Iterator[bool]:
    """Keep bots off the database of an engine; yields false where one may have it, as ever in PostgreSQL."""
    if engine.dialect.name != "sqlite":
        yield False
        return
    with try_lock(Path(engine.url.database or "")) as is_ours:
        yield is_ours


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Keep a second process off the file: two would run the same jobs twice."""
    with try_lock(path) as is_ours:
        if not is_ours:
            raise StoreError("another bot uses this database: stop it, or set another DATA_DIR")
        yield
