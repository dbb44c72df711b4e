"""The states that have served: each comes back from Slack once, to whichever process."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.database import Database
from bot.tables import MS, spent_states


@dataclass(frozen=True, slots=True, kw_only=True)
class SpentStates:
    """Remembers for ``lifetime_s`` which states have served; none lasts for longer."""

    database: Database
    lifetime_s: float
    clock: Callable[[], float] = time.time

    async def spend(self, state: str) -> bool:
        """Note that a state serves now; false where it has before. Raises StoreError."""
        now_ms = int(self.clock() * MS)
        row = {"hash": hashlib.sha256(state.encode()).hexdigest(), "until_ms": now_ms + int(self.lifetime_s * MS)}

        def spend(connection: sa.Connection) -> bool:
            connection.execute(spent_states.delete().where(spent_states.c.until_ms < now_ms))
            try:
                with connection.begin_nested():
                    connection.execute(spent_states.insert().values(row))
            except IntegrityError:
                return False
            return True

        return await self.database.run(spend)
