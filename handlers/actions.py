"""Buttons: *Try again*."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.core.blocks import RETRY_ACTION
from bot.core.ids import make_retry_key
from bot.core.models import Job
from handlers.intake import JobStore

_log: Final = structlog.get_logger("audit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """The listeners of buttons."""

    jobs: JobStore

    def register(self, app: AsyncApp) -> None:
        """Attach the listeners."""
        app.action(RETRY_ACTION)(self.retry)

    async def retry(self, ack: AsyncAck, action: dict[str, Any], body: dict[str, Any]) -> None:
        """Start the failed job again from the stage that failed; however many clicks make one job."""
        job_id = str(action.get("value"))
        found = await self.jobs.find(job_id)
        if found is not None:
            job, outcome = found
            is_allowed = outcome.error is not None and may_act(body, job)
            _log.info("clicked", action=RETRY_ACTION, actor=_read_id(body, "user"), allowed=is_allowed)
            if is_allowed:
                again = job.model_copy(update={"earlier": outcome.progress})
                await self.jobs.submit(make_retry_key(job_id=job_id), again)
        await ack()


def may_act(body: Mapping[str, Any], job: Job) -> bool:
    """Tell whether whoever clicked may act on a job: its requester, or somebody in its own channel."""
    address = job.address
    if _read_id(body, "team") != address.team:
        return False
    return _read_id(body, "user") == address.user or _read_id(body, "channel") == address.channel


def _read_id(body: Mapping[str, Any], what: str) -> str | None:
    value = body.get(what)
    return value.get("id") if isinstance(value, Mapping) else None
