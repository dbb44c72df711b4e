"""Fills a SQLite database with finished jobs: copies of one that is there, by SQL, with their long texts cut."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from benchmarks.crowd import PEOPLE

# What a job is known by in each table that has something of it.
_KEYS: Final = {
    "workflow_status": "workflow_uuid",
    "workflow_input": "workflow_uuid",
    "workflow_output": "workflow_uuid",
    "operation_outputs": "workflow_uuid",
    "bot_requests": "job_id",
    "bot_calls": "job_id",
    "bot_results": "job_id",
}
_COUNTED: Final = frozenset({"seq", "id"})  # of themselves
_KEPT_CHARS: Final = 200
# A hundred thousand of them make four weeks.
_APART_MS: Final = 24_000
_AGE_MS: Final = 3_600_000


def fill_database(path: Path, jobs: int) -> None:
    """Copy the first job so many times, each for another of the crowd and some seconds older."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for table, key in _KEYS.items():
            connection.execute(_write_copy(connection, table, key), {"jobs": jobs})
            connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _write_copy(connection: sqlite3.Connection, table: str, key: str) -> str:
    rows = connection.execute(f"PRAGMA table_info({table})").fetchall()
    columns = [(name, kind.upper()) for _, name, kind, *_ in rows if name not in _COUNTED]
    names = ", ".join(f'"{name}"' for name, _ in columns)
    values = ", ".join(_write_value(name, kind, key) for name, kind in columns)
    return (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :jobs) "  # noqa: S608 - ours
        f"INSERT INTO {table} ({names}) SELECT {values} FROM n CROSS JOIN {table} AS t "
        f"WHERE t.{key} = (SELECT min({key}) FROM {table})"
    )


def _write_value(name: str, kind: str, key: str) -> str:
    if name == key:
        return f"t.\"{name}\" || ':' || i"
    if name == "user":
        return f"'U' || (1000 + i % {PEOPLE})"
    if name == "thread":
        return f"t.\"{name}\" || ':' || i"
    if name.endswith(("_ms", "_at", "_timestamp")) and "INT" in kind:
        return f't."{name}" - {_AGE_MS} - i * {_APART_MS}'
    if kind == "TEXT":
        return f'substr(t."{name}", 1, {_KEPT_CHARS})'
    return f't."{name}"'
