"""The shortcut past the threads: a short transaction of SQLite is done at once, in the thread of the event loop.

A trip to a thread and back costs more than what is done there, and other threads take turns with the loop for it; so
does SQLAlchemy's way to the driver, so that statements are written once here: see "Transactions without a trip" in
docs/decisions.md. Nothing is waited for, neither another connection's transaction nor a slow disk; what can't be done
at once is left to the threads.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.sql.compiler import SQLCompiler

from bot.tables import Transaction

T = TypeVar("T")
# Longer than this is no short transaction: the disk is slow, or the machine has other things to do.
_SLOW_S: Final = 0.05
_REST_S: Final = 1.0
_KEPT_STATEMENTS: Final = 128


class ShortcutClosed(Exception):
    """Nothing was done: it is to be done in a thread."""


class Shortcut:
    """Runs transactions by a connection that is used by one thread alone and waits for nobody."""

    def __init__(self, driver: sqlite3.Connection, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._driver = driver
        self._transaction = _Transaction(driver=driver)
        self._monotonic = monotonic
        self._closed_until_s = 0.0

    def run(self, work: Callable[[Transaction], T]) -> T:
        """Do some work in one transaction, which nobody else writes beside.

        Raises :class:`ShortcutClosed`, with nothing done, where the database can't be written at once, and for a second
        after it took long; and whatever ``work`` raises that is no failure of the database.
        """
        began_s = self._monotonic()
        if began_s < self._closed_until_s:
            raise ShortcutClosed
        try:
            with self._beginning():
                return work(self._transaction)
        except sqlite3.Error as error:
            raise ShortcutClosed from error
        finally:
            ended_s = self._monotonic()
            if ended_s - began_s > _SLOW_S:
                self._closed_until_s = ended_s + _REST_S

    @contextmanager
    def _beginning(self) -> Iterator[None]:
        self._driver.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._driver.execute("COMMIT")
        except BaseException:
            self._driver.rollback()
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A statement as SQLite reads it, the names of its values in their order, and the values that never change."""

    text: str
    names: Sequence[str]
    constants: Mapping[str, Any]


def _make_dialect() -> sa.Dialect:
    """Make what writes statements, as an engine has it after its first connection."""
    dialect = SQLiteDialect()
    dialect.default_schema_name = "main"
    return dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class _Transaction:
    """Takes what SQLAlchemy's connection takes, with as many kinds of values as the tables have: text and numbers."""

    driver: sqlite3.Connection
    dialect: sa.Dialect = field(default_factory=_make_dialect)

    def execute(
        self,
        statement: sa.Executable,
        parameters: Mapping[str, Any] | None = None,
        /,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> "_Rows":
        """Execute a statement, which should be made once and not for each call."""
        given = parameters or {}
        schemas = (execution_options or {}).get("schema_translate_map") or {}
        written = _write(statement, tuple(given), tuple(schemas.items()), self.dialect)
        values = {**written.constants, **given}
        return _Rows(cursor=self.driver.execute(written.text, [values[name] for name in written.names]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """What a statement came to."""

    cursor: sqlite3.Cursor

    @property
    def rowcount(self) -> int:
        """How many rows were written."""
        return self.cursor.rowcount

    def scalar(self) -> Any:  # noqa: ANN401 - as the tables have it
        """Return the first value of the first row; ``None`` too where there is none."""
        row = self.one_or_none()
        return None if row is None else row[0]

    def one(self) -> tuple[Any, ...]:
        """Return the row."""
        (row,) = self.all()
        return row

    def all(self) -> Sequence[tuple[Any, ...]]:
        """Return all rows."""
        return self.cursor.fetchall()

    def one_or_none(self) -> tuple[Any, ...] | None:
        """Return the row, if there is one."""
        return next(iter(self.all()), None)


@lru_cache(maxsize=_KEPT_STATEMENTS)
def _write(
    statement: sa.Executable, names: tuple[str, ...], schemas: tuple[tuple[str, str], ...], dialect: sa.Dialect
) -> _Written:
    """Write a statement with values by these names: https://docs.sqlalchemy.org/en/20/core/internals.html#compiled."""
    written = statement.compile(  # type: ignore[attr-defined]  # every statement that can be executed has it
        dialect=dialect, column_keys=list(names), schema_translate_map=dict(schemas), render_schema_translate=True
    )
    assert isinstance(written, SQLCompiler)  # noqa: S101 - a statement's compiler is one
    return _Written(text=str(written), names=written.positiontup or (), constants=written.params)
