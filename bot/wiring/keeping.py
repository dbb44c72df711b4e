"""The store as the settings describe it, and what stands in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.allowance import Limits
from bot.database import Database, open_lane, open_shortcut
from bot.errors import SettingsError, StoreError
from bot.lease import Lease
from bot.ledger import Ledger
from bot.pauses import Pauses
from bot.pooling import MENDING, has_own_sessions
from bot.postgres import make_postgres_url
from bot.results import Results
from bot.settings import Settings
from bot.store import JOB_VERSION, describe_failure, find_sqlite, open_store


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """The database, by its engine and in transactions, with the requests and the results in it.

    Where other replicas may use it too there is a ``lease``, by which they know that this one lives.
    """

    engine: Engine
    database: Database
    ledger: Ledger
    results: Results
    pauses: Pauses
    lease: Lease | None = None


@asynccontextmanager
async def open_keeping(settings: Settings) -> AsyncIterator[Keeping]:
    """Open the database, be known to live, and make the tables that are missing."""
    replica = uuid4().hex
    await asyncio.to_thread(_check_sessions, settings)
    async with AsyncExitStack() as stack:
        engine = stack.enter_context(
            open_store(
                database_url=settings.database,
                data_dir=settings.data_dir,
                synchronous=settings.sqlite_synchronous,
                replica=replica,
            )
        )
        lease = _make_lease(settings, replica)
        if lease is not None:
            await stack.enter_async_context(lease.held())
        await asyncio.to_thread(Database(engine=engine).create_tables)
        database = Database(
            engine=engine,
            lane=stack.enter_context(open_lane(engine)),
            shortcut=stack.enter_context(open_shortcut(engine, synchronous=settings.sqlite_synchronous)),
        )
        yield Keeping(
            lease=lease,
            engine=engine,
            database=database,
            ledger=Ledger(database=database, limits=_choose_limits(settings)),
            results=Results(database=database),
            pauses=Pauses(database=database),
        )


def _make_lease(settings: Settings, replica: str) -> Lease | None:
    if not _is_postgres(settings):
        return None
    return Lease(url=make_postgres_url(settings.database or ""), replica=replica, version=JOB_VERSION)


def _check_sessions(settings: Settings) -> None:
    """Raise SettingsError where locks would not hold; blocks."""
    try:
        if _is_postgres(settings) and not has_own_sessions(settings.database or ""):
            raise SettingsError((f"DATABASE_URL leads through a pool of transactions: {MENDING}",))
    except SQLAlchemyError as error:
        raise StoreError(describe_failure(error)) from error


def _is_postgres(settings: Settings) -> bool:
    return find_sqlite(database_url=settings.database, data_dir=settings.data_dir) is None


def _choose_limits(settings: Settings) -> Limits:
    requests, window_s = settings.rate
    return Limits(
        requests=requests,
        window_s=window_s,
        calls_user=settings.daily_limit_user,
        calls_team=settings.daily_limit_team,
    )
