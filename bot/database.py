"""Transactions of the bot's own tables, which stand in the database of the jobs.

They run in threads, since the one connection of SQLite may have to be waited for. What jobs need runs in one thread
there, so that a request that is to be acknowledged finds one of them before it, and not all that wait. What is short
takes the shortcut where there is one.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StoreError
from bot.locks import holding, wait_in_turn
from bot.shortcut import Shortcut, ShortcutClosed
from bot.store import connect_briskly, describe_failure
from bot.tables import Transaction, tables

T = TypeVar("T")
_TRY_AGAIN_S: Final = 2.0
_log: Final = structlog.get_logger("database")


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Runs one transaction at a time; raises :class:`~bot.errors.StoreError` where the database fails.

    ``lane`` is where those of jobs run, one after the other; without it they run side by side. Short ones are run by
    the ``shortcut`` first.
    """

    engine: sa.Engine
    lane: Executor | None = None
    shortcut: Shortcut | None = None

    def create_tables(self) -> None:
        """Make the tables, unless they are there; blocks. Replicas that start at once make them one after the other."""
        with _translated(), self.engine.begin() as connection:
            wait_in_turn(connection, "tables")
            tables.create_all(connection)

    async def run(self, work: Callable[[sa.Connection], T]) -> T:
        """Do some work in one transaction."""
        return await asyncio.to_thread(self._run, work)

    async def run_briefly(self, work: Callable[[Transaction], T]) -> T:
        """Do some work that takes less time than a trip to a thread, in one transaction."""
        return await self.hasten(work, lambda: self.run(work))

    def _run(self, work: Callable[[sa.Connection], T]) -> T:
        with _translated(), self.engine.begin() as connection:
            if self.shortcut is not None:  # which writes beside what is only read until the first write
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            return work(connection)

    @asynccontextmanager
    async def holding(self, *names: str) -> AsyncIterator[bool]:
        """Hold a lock by its name; yields false where another process has it."""
        stack = ExitStack()
        stack.enter_context(_translated())
        is_held = await asyncio.to_thread(stack.enter_context, holding(self.engine, *names))
        try:
            yield is_held
        finally:
            await asyncio.to_thread(stack.close)

    async def insist(self, work: Callable[[sa.Connection], T]) -> T:
        """Do what a running job can't go on without, however long the database is out of order."""
        while True:
            try:
                return await run_in(self.lane, partial(self._run, work))
            except StoreError as error:
                _log.warning("database_waits", reason=str(error))
                await asyncio.sleep(_TRY_AGAIN_S)

    async def insist_briefly(self, work: Callable[[Transaction], T]) -> T:
        """Do so with what takes less time than a trip to a thread."""
        return await self.hasten(work, lambda: self.insist(work))

    async def hasten(self, work: Callable[[Transaction], T], otherwise: Callable[[], Awaitable[T]]) -> T:
        """Do some work by the shortcut, or in another way where there is none or it is closed."""
        if self.shortcut is not None:
            with suppress(ShortcutClosed):
                return self.shortcut.run(work)
        return await otherwise()


async def run_in(lane: Executor | None, work: Callable[[], T]) -> T:
    """Run what blocks in a lane, or in any thread where there is none, with the context of the current task."""
    if lane is None:
        return await asyncio.to_thread(work)
    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(lane, lambda: context.run(work))


@contextmanager
def open_lane(engine: sa.Engine) -> Iterator[Executor | None]:
    """Open the lane of jobs where they have but one connection, as in SQLite."""
    if engine.dialect.name != "sqlite":
        yield None
        return
    lane = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lane")
    try:
        yield lane
    finally:
        lane.shutdown(wait=False, cancel_futures=True)


@contextmanager
def open_shortcut(engine: sa.Engine, *, synchronous: str) -> Iterator[Shortcut | None]:
    """Open the shortcut of SQLite, unless each transaction is to wait for the disk."""
    if engine.dialect.name != "sqlite" or synchronous != "NORMAL":
        yield None
        return
    with closing(connect_briskly(Path(engine.url.database or ""))) as connection:
        yield Shortcut(connection)


@asynccontextmanager
async def limited_wait(longest_s: float) -> AsyncIterator[None]:
    """Wait for the store no longer than Slack waits for us; a locked one is waited for without end by the engine."""
    try:
        async with asyncio.timeout(longest_s):
            yield
    except TimeoutError as error:
        raise StoreError("the database is locked") from error
    except SQLAlchemyError as error:
        raise StoreError(describe_failure(error)) from error


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(describe_failure(error)) from error
