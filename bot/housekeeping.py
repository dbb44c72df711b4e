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

from bot.courtesy import working
from bot.elsewhere import Conversations, is_outage
from bot.erasing import Eraser
from bot.errors import CodemieAccessDenied, CodemieError
from bot.jobs import Jobs
from bot.ledger import Ledger
from bot.results import Results
from bot.store import shrink
from bot.workflows import ENDED

_BATCH: Final = 100
_FIRST_PRUNE_S: Final = 5.0
_PRUNE_EVERY_S: Final = 3_600.0
_REVIVE_EVERY_S: Final = 5.0
# Erasures that are noted in this process are begun at once.
_ERASE_EVERY_S: Final = 3.0
_log: Final = structlog.get_logger("housekeeping")


class Links(Protocol):
    """The live previews, as they are needed here."""

    async def forget_expired(self) -> int:
        """Delete the links whose time is over, and return how many; raises StoreError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Housekeeper:
    """Erases what is older than ``retention``, and what people want to be erased.

    That is jobs with their steps, requests, results with their previews, conversations at CodeMie.
    """

    jobs: Jobs
    ledger: Ledger
    results: Results
    eraser: Eraser
    conversations: Conversations
    retention: timedelta
    links: Links | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work for as long as the context lasts."""
        async with working(
            _repeat(self.prune, first_s=_FIRST_PRUNE_S, every_s=_PRUNE_EVERY_S),
            _repeat(self.jobs.revive, first_s=_REVIVE_EVERY_S, every_s=_REVIVE_EVERY_S),
            _repeat(self.eraser.work, every_s=_ERASE_EVERY_S, pause=self.eraser.wait),
        ):
            yield

    async def prune(self) -> None:
        """Erase what is older than the retention, unless another replica is at it."""
        async with self.ledger.database.holding("prune") as is_ours:
            if is_ours:
                await self._prune()

    async def _prune(self) -> None:
        """Erase what is older; what CodeMie does not delete now is tried again the next time."""
        before = self.now() - self.retention
        jobs = await self._prune_jobs(before)
        requests = await self.ledger.forget_requests(before=before)
        results = await self.results.forget_old(before=before)
        previews = await self.links.forget_expired() if self.links else 0
        conversations = await self._prune_conversations(before)
        await self._give_up_erasures(before)
        try:
            await asyncio.to_thread(shrink, self.ledger.database.engine)  # also after what was in the way the last time
        finally:
            if jobs or requests or results or previews or conversations:
                _log.info(
                    "pruned",
                    jobs=jobs,
                    requests=requests,
                    results=results,
                    previews=previews,
                    conversations=conversations,
                )

    async def _give_up_erasures(self, before: datetime) -> None:
        """Try no longer to erase at Slack or CodeMie what could not be for as long as anything is kept."""
        if count := await self.eraser.erasures.forget_old(before=before):
            _log.error("erasures_given_up", count=count)

    async def _prune_jobs(self, before: datetime) -> int:
        count = 0
        while ids := await _list_ended(before):
            await DBOS.delete_workflows_async(ids)
            count += len(ids)
        return count

    async def _prune_conversations(self, before: datetime) -> int:
        """Erase conversations until none is left but those that CodeMie refuses to, or until it is away."""
        count, refused = 0, set[UUID]()
        while ids := await self._list_conversations(before, but=refused):
            for conversation_id in ids:
                error = await self._forget_conversation(conversation_id)
                if error is None:
                    count += 1
                    continue
                refused.add(conversation_id)
                if is_outage(error):
                    _log.warning("conversations_not_deleted", code=error.code)
                    return count
        if refused:
            _log.warning("conversations_refused", count=len(refused))
        return count

    async def _list_conversations(self, before: datetime, *, but: set[UUID]) -> list[UUID]:
        ids = await self.ledger.list_conversations(before=before, most=_BATCH + len(but))
        return [conversation_id for conversation_id in ids if conversation_id not in but]

    async def _forget_conversation(self, conversation_id: UUID) -> CodemieError | None:
        """Erase a conversation here too, unless it is still at CodeMie; return why it is."""
        try:
            await self.conversations.forget(conversation_id)
        except CodemieAccessDenied:
            _log.warning("conversation_of_another_account")  # made by an account the bot no longer has
        except CodemieError as error:
            return error
        await self.ledger.forget_conversation(conversation_id)
        return None


async def _list_ended(before: datetime) -> list[str]:
    statuses = await DBOS.list_workflows_async(
        status=sorted(ENDED), end_time=before.isoformat(), limit=_BATCH, load_input=False, load_output=False
    )
    return [status.workflow_id for status in statuses]


async def _repeat(
    work: Callable[[], Awaitable[object]],
    *,
    every_s: float,
    first_s: float = 0,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Do some work again and again; what fails is done the next time."""
    await asyncio.sleep(first_s)
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - one row that nobody can read must not end the bot, start by start
            _log.warning("housekeeping_failed", work=work.__name__, exc_info=error)
        await pause(every_s)
