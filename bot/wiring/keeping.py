"""The store as the settings describe it, and what stands in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import Engine

from bot.allowance import Limits
from bot.database import Database
from bot.ledger import Ledger
from bot.results import Results
from bot.settings import Settings
from bot.store import open_store


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """The database, by its engine and in transactions, with the requests and the results in it."""

    engine: Engine
    database: Database
    ledger: Ledger
    results: Results


@asynccontextmanager
async def open_keeping(settings: Settings) -> AsyncIterator[Keeping]:
    """Open the database and make the tables that are missing."""
    with open_store(
        database_url=settings.database, data_dir=settings.data_dir, synchronous=settings.sqlite_synchronous
    ) as engine:
        database = Database(engine=engine)
        await asyncio.to_thread(database.create_tables)
        yield Keeping(
            engine=engine,
            database=database,
            ledger=Ledger(database=database, limits=_choose_limits(settings)),
            results=Results(database=database),
        )


def _choose_limits(settings: Settings) -> Limits:
    requests, window_s = settings.rate
    return Limits(
        requests=requests,
        window_s=window_s,
        calls_user=settings.daily_limit_user,
        calls_team=settings.daily_limit_team,
    )
