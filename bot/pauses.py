"""Which workspaces are paused: kept in the database, so that every process knows, and the next start."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from bot.database import Database, limited_wait
from bot.tables import MS, pauses

_LONGEST_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """Reads and writes the table; its methods raise :class:`~bot.errors.StoreError` where it keeps them waiting.

    What is refused for it is decided in :mod:`bot.allowance`, in the transaction that enters a request.
    """

    database: Database
    clock: Callable[[], float] = time.time

    async def pause(self, team: str, *, by: str) -> None:
        """Take no more requests of a workspace; whoever was first stays named."""
        insert = pauses.insert().values(team=team, by=by, paused_at_ms=int(self.clock() * MS))

        def pause(connection: sa.Connection) -> None:
            if _find(connection, team) is None:
                connection.execute(insert)

        async with limited_wait(_LONGEST_S):
            await self.database.run(pause)

    async def resume(self, team: str) -> None:
        """Take requests again."""
        delete = pauses.delete().where(pauses.c.team == team)
        async with limited_wait(_LONGEST_S):
            await self.database.run(lambda connection: connection.execute(delete))

    async def find(self, team: str) -> str | None:
        """Tell who has paused a workspace, if somebody has."""
        async with limited_wait(_LONGEST_S):
            return await self.database.run(lambda connection: _find(connection, team))

    async def count(self) -> int:
        """Count the workspaces that are paused."""
        count = sa.select(sa.func.count()).select_from(pauses)
        async with limited_wait(_LONGEST_S):
            return await self.database.run(lambda connection: connection.execute(count).scalar_one())


def _find(connection: sa.Connection, team: str) -> str | None:
    return connection.execute(sa.select(pauses.c.by).where(pauses.c.team == team)).scalar()
