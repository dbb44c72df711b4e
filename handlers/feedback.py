"""Thumbs under a result: what people think of it goes to CodeMie, a bad opinion with its reason if they give one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.admission import Visitor
from bot.core.blocks import build_notice, explain
from bot.core.controls import BAD, BAD_ACTION, FEEDBACK_ACTION, GOOD, GOOD_ACTION
from bot.core.models import Job, Verdict
from bot.core.prompt import clean_text
from bot.core.texts import Language, speak
from bot.core.views import PROMPT_INPUT, REASON_VIEW, build_reason_modal
from bot.errors import SlackError, StoreError
from bot.slack.windows import open_modal
from handlers.admission import Admission
from handlers.audit import log_click
from handlers.intake import JobStore, Requests
from handlers.payloads import read_text
from handlers.rights import find_act_refusal, rule
from handlers.telling import Telling
from handlers.visitors import read_visitor

_log: Final = structlog.get_logger("listener")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """The listeners of the thumbs, and of the modal that asks why."""

    jobs: JobStore
    requests: Requests
    admission: Admission
    telling: Telling
    language: Language

    def register(self, app: AsyncApp) -> None:
        """Attach the listeners; the thumbs are of Slack's own kind, or plain buttons where it has none."""
        app.action(FEEDBACK_ACTION)(self.rate)
        app.action(GOOD_ACTION)(self.rate)
        app.action(BAD_ACTION)(self.rate)
        app.view(REASON_VIEW)(self.take_reason)

    async def rate(
        self,
        ack: AsyncAck,
        action: dict[str, Any],
        body: dict[str, Any],
        context: AsyncBoltContext,
        client: AsyncWebClient,
    ) -> None:
        """Keep an opinion at once; thank for a good one, ask why of a bad one."""
        is_good, job_id = _read_thumb(action)
        try:
            told = await self._rate(job_id, body, context, client, is_good=is_good)
        except StoreError as error:
            told = explain(error, language=self.language)
            _log.warning("verdict_not_kept", reason=str(error))
        await ack()
        if told:
            await self.telling.tell(build_notice(told), body)

    async def _rate(
        self, job_id: str, body: dict[str, Any], context: AsyncBoltContext, client: AsyncWebClient, *, is_good: bool
    ) -> str:
        """Keep an opinion; return what is said of that, if something is. Raises StoreError."""
        visitor = read_visitor(body, context)
        found = await self.requests.find(job_id)
        note = partial(log_click, "rate", visitor, job_id=job_id, is_good=is_good)
        if found is None:
            note(is_found=False, is_allowed=False)
            return speak(self.language).nothing_to_retry
        ruling = await rule(self.admission, visitor, body, found[0], asks=False)
        note(is_found=True, is_allowed=ruling.is_allowed)
        if not ruling.is_allowed:
            return ruling.explain(language=found[0].language)
        await self.jobs.submit_verdict(Verdict(job_id=job_id, user=visitor.user, is_good=is_good))
        if is_good:
            return speak(found[0].language).thanks_good
        return await self._ask_why(job_id, found[0], body, client)

    async def _ask_why(self, job_id: str, job: Job, body: dict[str, Any], client: AsyncWebClient) -> str:
        """Open the modal; return the thanks that are said instead where Slack does not open it."""
        view = build_reason_modal(job_id, language=job.language)
        try:
            await open_modal(client, view, trigger_id=str(body.get("trigger_id")))
        except SlackError as error:
            _log.warning("modal_not_opened", view=REASON_VIEW, code=error.code, reason=error.reason)
            return speak(job.language).thanks_bad
        return ""

    async def take_reason(
        self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Keep why somebody thinks that a result is not good, if they say so."""
        visitor, comment = read_visitor(body, context), clean_text(read_text(view, PROMPT_INPUT))
        verdict = Verdict(job_id=str(view.get("private_metadata")), user=visitor.user, is_good=False, comment=comment)
        try:
            if comment:
                await self._explain(verdict, visitor)
        except StoreError as error:
            _log.warning("verdict_not_kept", reason=str(error))
            await ack(response_action="errors", errors={PROMPT_INPUT: explain(error, language=self.language)})
            return
        await ack(response_action="clear")

    async def _explain(self, verdict: Verdict, visitor: Visitor) -> None:
        """Keep a reason of somebody who still may, unless the result was erased meanwhile. Raises StoreError."""
        job = await self.requests.find_job(verdict.job_id)
        is_allowed = (
            job is not None
            and job.address.team == visitor.home
            and await find_act_refusal(self.admission, visitor, job, asks=False) is None
        )
        if is_allowed:
            await self.jobs.submit_verdict(verdict)
        log_click("explain", visitor, job_id=verdict.job_id, is_found=job is not None, is_allowed=is_allowed)


def _read_thumb(action: Mapping[str, Any]) -> tuple[bool, str]:
    """Read whether a thumb is up, and the id of the job."""
    value = str(action.get("value"))
    if action.get("action_id") != FEEDBACK_ACTION:
        return action.get("action_id") == GOOD_ACTION, value
    opinion, _, job_id = value.partition(":")
    return opinion == GOOD, job_id if opinion in {GOOD, BAD} else ""
