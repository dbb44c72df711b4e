"""What is on this machine: the settings themselves, ``.env``, the data folder, the database, versions."""

import asyncio
import fcntl
import os
import platform
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from bot.doctor.codes import Code
from bot.doctor.findings import Finding, pass_over, report
from bot.loose_settings import ENV_FILE, Reading
from bot.pooling import has_own_sessions
from bot.postgres import make_postgres_engine
from bot.settings import Settings
from bot.store import describe_failure, find_sqlite
from bot.tables import tables
from bot.versions import DISTRIBUTION, find_version

_MB: Final = 1024 * 1024
_FULL_BYTES: Final = 50 * _MB
_LOW_BYTES: Final = 500 * _MB
_STRONG_CHARS: Final = 24
_STRONG_VARIETY: Final = 10
_PACKAGES: Final = (DISTRIBUTION, "dbos", "slack-bolt", "httpx", "blitz-py")
# https://www.sqlite.org/rescode.html
_HELD: Final = ("SQLITE_BUSY", "SQLITE_LOCKED")
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def check_settings(reading: Reading) -> Iterator[Finding]:
    """Tell what is wrong with the settings, all at once, and which of them are at odds with each other."""
    for problem in reading.problems:
        yield report("settings", _choose_settings_code(problem), problem)
    if not reading.problems:
        yield report("settings", Code.OK, "they load")
    yield from _check_assistant_ids(reading.settings)
    if token := reading.settings.api_token:
        yield _check_api_token(token.get_secret_value())


def _choose_settings_code(problem: str) -> Code:
    if problem.startswith(f"{ENV_FILE} "):
        return Code.ENV_FILE_UNREAD
    return Code.SETTING_MISSING if " is missing" in problem else Code.SETTING_INVALID


def _check_assistant_ids(settings: Settings) -> Iterator[Finding]:
    pair = (settings.codemie_flow_assistant_id, settings.codemie_ui_assistant_id)
    if settings.codemie_assistant_id and any(pair):
        yield report("assistants", Code.CARRIER_AND_PAIR, "CODEMIE_ASSISTANT_ID is set beside the pair")
    elif pair[0] and pair[0] == pair[1]:
        yield report("assistants", Code.ASSISTANTS_SAME, "one assistant is asked for flows and for pages")


def _check_api_token(token: str) -> Finding:
    if len(token) < _STRONG_CHARS or len(set(token)) < _STRONG_VARIETY:
        return report("API token", Code.API_TOKEN_WEAK, f"{len(token)} characters, {len(set(token))} different ones")
    return report("API token", Code.OK, f"{len(token)} characters")


def check_env_file(path: Path) -> Finding:
    """Tell whether others than its owner can read the file with the secrets."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return pass_over("env file", f"there is no {path.name} here")
    if path.is_dir():
        return pass_over("env file", f"{path.name} is a folder")
    if mode & _OTHERS:
        return report("env file", Code.ENV_FILE_OPEN, f"{path.name} has the mode {mode:03o}")
    return report("env file", Code.OK, f"its owner alone reads {path.name}")


def check_data_dir(folder: Path) -> Finding:
    """Tell whether the bot can write to its folder, or make it; leaves nothing behind."""
    try:
        nearest = next((each for each in (folder, *folder.absolute().parents) if each.exists()), folder)
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        return report("data folder", Code.DATA_DIR_UNUSABLE, f"{folder}: {error.strerror}")
    return report("data folder", Code.OK, f"{folder} " + ("can be written to" if nearest == folder else "can be made"))


def check_disk(folder: Path, *, measure: Callable[[Path], int] | None = None) -> Finding:
    """Tell whether there is room; ``measure`` gives the free bytes of the disk of a folder."""
    nearest = next((each for each in (folder, *folder.absolute().parents) if each.is_dir()), Path("/"))
    free_bytes = (measure or _measure)(nearest)
    detail = f"{free_bytes // _MB} MB free"
    if free_bytes < _FULL_BYTES:
        return report("disk", Code.DISK_FULL, detail)
    return report("disk", Code.DISK_LOW if free_bytes < _LOW_BYTES else Code.OK, detail)


def _measure(folder: Path) -> int:
    return shutil.disk_usage(folder).free


async def check_database(settings: Settings) -> Finding:
    """Tell whether the database opens and is that of this version, without changing anything."""
    url = settings.database
    path = find_sqlite(database_url=url, data_dir=settings.data_dir)
    if path is not None:
        return await asyncio.to_thread(_check_file, path, settings.data_dir)
    return await asyncio.to_thread(_check_server, url or "")


def _check_file(path: Path, data_dir: Path) -> Finding:
    if not path.parent.is_dir() and path.parent != data_dir:  # the bot makes its own folder, and no other
        return report("database", Code.DATABASE_UNREADABLE, f"{path}: there is no such folder")
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "no file"
        return report("database", Code.DATABASE_NOT_FILE, f"{path} is {kind}")
    if not path.exists():
        return report("database", Code.OK, f"{path} is made at the first start")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1)) as connection:
            rows = connection.execute("SELECT m.name, p.name FROM sqlite_master m, pragma_table_info(m.name) p")
            found = {f"{table}.{column}" for table, column in rows}
    except sqlite3.Error as error:
        return _explain_file(path, error)
    return _compare(found, f"SQLite in {path}" + (", a bot runs on it" if _is_locked(path) else ""))


def _explain_file(path: Path, error: sqlite3.Error) -> Finding:
    if str(getattr(error, "sqlite_errorname", "")).startswith(_HELD):
        return report("database", Code.DATABASE_LOCKED, f"another program holds the database {path}")
    return report("database", Code.DATABASE_UNREADABLE, f"{path}: {describe_failure(error)}")


def _is_locked(path: Path) -> bool:
    """Tell whether a bot runs, by a shared lock that is given back at once."""
    lock = path.with_suffix(".lock")
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _check_server(url: str) -> Finding:
    try:
        if not has_own_sessions(url):
            return report("database", Code.DATABASE_POOLED, "PostgreSQL, behind a pool of transactions")
        engine = make_postgres_engine(url)
        with closing(engine.connect()) as connection:
            inspector = sa.inspect(connection)
            names = set(inspector.get_table_names())
            found = {f"{table}.{each['name']}" for table in names for each in inspector.get_columns(table)}
    except SQLAlchemyError as error:
        return report("database", Code.DATABASE_UNREACHABLE, f"PostgreSQL: {type(error).__name__}")
    engine.dispose()
    return _compare(found, "PostgreSQL")


def _compare(found: set[str], where: str) -> Finding:
    """Compare the columns that are there with those of this version."""
    if not found:
        return report("database", Code.OK, f"{where}, empty")
    wanted = {f"{table.name}.{column.name}" for table in tables.sorted_tables for column in table.columns}
    missing = sorted(wanted - found)
    if missing:
        return report("database", Code.DATABASE_OLD, f"{where} lacks {len(missing)} columns, such as {missing[0]}")
    return report("database", Code.OK, where)


def list_versions() -> Finding:
    """List what is installed, for a report of trouble."""
    packages = ", ".join(f"{name} {find_version(name)}" for name in _PACKAGES)
    return report("versions", Code.OK, f"Python {platform.python_version()}, {packages}")
