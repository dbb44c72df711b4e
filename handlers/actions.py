"""Buttons: *Try again*."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.core.blocks import RETRY_ACTION, Message, build_notice, explain
from bot.core.ids import make_retry_key
from bot.core.models import Delivery, Job
from bot.core.texts import Language, speak
from bot.errors import LimitError, SlackError, StoreError
from handlers.intake import JobStore

_log: Final = structlog.get_logger("audit")


class Whispers(Protocol):
    """Answers that only whoever clicked sees."""

    async def respond(self, message: Message, *, response_url: str) -> None:
        """Answer; raises SlackError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """The listeners of buttons."""

    jobs: JobStore
    whispers: Whispers
    language: Language

    def register(self, app: AsyncApp) -> None:
        """Attach the listeners."""
        app.action(RETRY_ACTION)(self.retry)

    async def retry(self, ack: AsyncAck, action: dict[str, Any], body: dict[str, Any]) -> None:
        """Start the failed job again from the stage that failed; however many clicks make one job."""
        try:
            told = await self._try_again(str(action.get("value")), body)
        except StoreError as error:
            told = explain(error, language=self.language)
            _log.warning("click_not_kept", reason=str(error))
        await ack()
        if told and body.get("response_url"):
            await self._whisper(told, response_url=str(body["response_url"]))

    async def _try_again(self, job_id: str, body: Mapping[str, Any]) -> str:
        """Start a job that goes on from where the failed one was; return why not, if there is something to say."""
        found = await self.jobs.find(job_id)
        if found is None:
            _log_click(body, is_found=False, is_allowed=False)
            return speak(self.language).nothing_to_retry
        job, outcome = found
        is_allowed = may_act(body, job) and (outcome is None or outcome.error is not None)
        _log_click(body, is_found=True, is_allowed=is_allowed)
        if not is_allowed:
            return ""
        if outcome is None:
            return speak(job.language).still_running
        again = job.model_copy(update={"earlier": outcome.progress})
        try:
            await self.jobs.submit(make_retry_key(job_id=job_id), again, delivery=Delivery.CLICK)
        except LimitError as error:
            return explain(error, language=job.language)
        return ""

    async def _whisper(self, text: str, *, response_url: str) -> None:
        try:
            await self.whispers.respond(build_notice(text), response_url=response_url)
        except SlackError as error:
            _log.warning("not_told", code=error.code, reason=error.reason)


def _log_click(body: Mapping[str, Any], *, is_found: bool, is_allowed: bool) -> None:
    _log.info("clicked", action=RETRY_ACTION, actor=_read_id(body, "user"), found=is_found, allowed=is_allowed)


def may_act(body: Mapping[str, Any], job: Job) -> bool:
    """Tell whether whoever clicked may act on a job: its requester, or somebody in its own channel."""
    address = job.address
    if _read_id(body, "team") != address.team:
        return False
    return _read_id(body, "user") == address.user or _read_id(body, "channel") == address.channel


def _read_id(body: Mapping[str, Any], what: str) -> str | None:
    value = body.get(what)
    return value.get("id") if isinstance(value, Mapping) else None
