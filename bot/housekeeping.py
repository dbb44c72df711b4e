"""What is done by the clock: people's data is erased when its time is over, stranded jobs are started again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

import structlog
from dbos import DBOS
from dbos import error as dbos_error
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import BotError, CodemieAccessDenied
from bot.jobs import Jobs
from bot.ledger import Ledger
from bot.store import shrink

_ENDED: Final = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_BATCH: Final = 100
_FIRST_PRUNE_S: Final = 5.0
_PRUNE_EVERY_S: Final = 3_600.0
_REVIVE_EVERY_S: Final = 5.0
_log: Final = structlog.get_logger("housekeeping")


class Conversations(Protocol):
    """CodeMie, as it is needed here."""

    async def forget(self, conversation_id: UUID) -> None:
        """Delete a conversation, or find it gone; raises CodemieError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Housekeeper:
    """Erases what is older than ``retention``: jobs with their steps, requests, conversations at CodeMie."""

    jobs: Jobs
    ledger: Ledger
    conversations: Conversations
    retention: timedelta
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work for as long as the context lasts."""
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_repeat(self.prune, first_s=_FIRST_PRUNE_S, every_s=_PRUNE_EVERY_S)),
                group.create_task(_repeat(self.jobs.revive, first_s=_REVIVE_EVERY_S, every_s=_REVIVE_EVERY_S)),
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    async def prune(self) -> None:
        """Erase what is older than the retention; what CodeMie does not delete now is tried again the next time."""
        before = self.now() - self.retention
        jobs = await self._prune_jobs(before)
        requests = await self.ledger.forget_requests(before=before)
        conversations = await self._prune_conversations(before)
        try:
            await asyncio.to_thread(shrink, self.ledger.engine)  # also after what was in the way the last time
        finally:
            if jobs or requests or conversations:
                _log.info("pruned", jobs=jobs, requests=requests, conversations=conversations)

    async def _prune_jobs(self, before: datetime) -> int:
        count = 0
        while ids := await _list_ended(before):
            await DBOS.delete_workflows_async(ids)
            count += len(ids)
        return count

    async def _prune_conversations(self, before: datetime) -> int:
        count = 0
        while ids := await self.ledger.list_conversations(before=before, most=_BATCH):
            for conversation_id in ids:
                try:
                    await self.conversations.forget(conversation_id)
                except CodemieAccessDenied:
                    _log.warning("conversation_of_another_account")  # made by an account the bot no longer has
                except BotError as error:
                    _log.warning("conversations_not_deleted", code=error.code)
                    return count
                await self.ledger.forget_conversation(conversation_id)
                count += 1
        return count


async def _list_ended(before: datetime) -> list[str]:
    statuses = await DBOS.list_workflows_async(
        status=_ENDED, end_time=before.isoformat(), limit=_BATCH, load_input=False, load_output=False
    )
    return [status.workflow_id for status in statuses]


async def _repeat(work: Callable[[], Awaitable[None]], *, first_s: float, every_s: float) -> None:
    """Do some work again and again; what fails is done the next time."""
    await asyncio.sleep(first_s)
    while True:
        try:
            await work()
        except (BotError, SQLAlchemyError, dbos_error.DBOSException) as error:
            _log.warning("housekeeping_failed", work=work.__name__, exc_info=error)
        await asyncio.sleep(every_s)
