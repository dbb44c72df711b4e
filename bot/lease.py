"""The sign of life of a replica: a lock in PostgreSQL, held by a connection that nothing else uses.

The server gives the lock back when the process dies, since that ends the connection; and when nothing has come from
it for a while, as from a process that is stopped or a machine that is gone, since the session then lapses. So whoever
can take the lock of another replica knows that it is dead, or is about to learn that it was taken to be.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Final, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.courtesy import working
from bot.errors import StoreError
from bot.locks import let_go, try_to_hold
from bot.postgres import SILENCE_S, choose_connect_args, prepare_sessions
from bot.store import describe_failure

T = TypeVar("T")
BEAT_S: Final = 1.0
# How PostgreSQL lists the connection.
LEASE_NAME: Final = "codemie-bot lease"
_TRIES: Final = 5
_REPLICA: Final = "replica"
_VERSION: Final = "version"
_log: Final = structlog.get_logger("replica")


class Lease:
    """The locks of this process, one for its ``replica`` id and one it shares with others of its ``version``.

    All that is asked of the connection is asked in one thread, in order.
    """

    def __init__(
        self,
        *,
        url: sa.URL,
        replica: str,
        version: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.replica = replica
        self._version = version
        self._sleep = sleep
        self._engine = sa.create_engine(
            url,
            poolclass=sa.NullPool,
            hide_parameters=True,
            isolation_level="AUTOCOMMIT",
            connect_args=choose_connect_args(LEASE_NAME),
        )
        # After so long without a beat the server ends the session.
        prepare_sessions(self._engine, idle_session_timeout=f"{SILENCE_S}s")
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lease")
        self._connection: sa.Connection | None = None

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold the locks for as long as the context lasts, and take them anew where the connection is lost.

        Raises :class:`~bot.errors.StoreError` where they can't be taken to begin with.
        """
        try:
            await self._begin()
            async with working(self._beat_on()):
                yield
        finally:
            await self._do(self._drop)
            self._thread.shutdown(wait=False)

    @asynccontextmanager
    async def replacing(self, replica: str) -> AsyncIterator[bool]:
        """Hold the lock of another replica while the context lasts; yields false where that one lives."""
        async with self._holding(_REPLICA, replica) as is_held:
            yield is_held

    @asynccontextmanager
    async def outliving(self, version: str) -> AsyncIterator[bool]:
        """Hold the lock of a version while the context lasts; yields false where a replica of it lives."""
        async with self._holding(_VERSION, version) as is_held:
            yield is_held

    @asynccontextmanager
    async def _holding(self, *names: str) -> AsyncIterator[bool]:
        is_held = await self._do(lambda: try_to_hold(self._connect(), *names))
        try:
            yield is_held
        finally:
            if is_held:
                with suppress(StoreError):  # then the session is over, and the lock with it
                    await self._do(lambda: let_go(self._connect(), *names))

    async def _begin(self) -> None:
        """Take the locks; whoever looks whether they are free has them for a moment."""
        for _ in range(_TRIES):
            if await self._do(self._open):
                return
            await self._sleep(BEAT_S)
        raise StoreError("another version is taking over")

    async def _beat_on(self) -> None:
        is_lost = False
        while True:
            await self._sleep(BEAT_S)
            try:
                await self._do(self._beat)
            except StoreError as error:
                if not is_lost:
                    _log.warning("lease_lost", reason=str(error))
                is_lost = True
                continue
            if is_lost:
                _log.info("lease_taken_again")
            is_lost = False

    async def _do(self, work: Callable[[], T]) -> T:
        """Work in the thread of the connection, which is given up where it fails."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(self._try, work))

    def _try(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except SQLAlchemyError as error:
            self._drop()
            raise StoreError(describe_failure(error)) from error

    def _beat(self) -> None:
        self._connect().execute(sa.select(1))

    def _connect(self) -> sa.Connection:
        """Return the connection with its locks; raises StoreError while a session of before still has them."""
        if self._connection is None and not self._open():
            raise StoreError("another session has the lock of this replica")
        assert self._connection is not None  # noqa: S101 - it was opened
        return self._connection

    def _open(self) -> bool:
        connection = self._engine.connect()
        try:
            if self._take(connection):
                self._connection = connection
        finally:
            if self._connection is None:
                connection.close()
        return self._connection is not None

    def _take(self, connection: sa.Connection) -> bool:
        return try_to_hold(connection, _REPLICA, self.replica) and try_to_hold(
            connection, _VERSION, self._version, is_for_all=True
        )

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()
