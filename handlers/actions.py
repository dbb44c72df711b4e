"""Buttons under results, progress and failures, and Slack's own Stop: who clicks, may they, then a call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.core.admission import Visitor
from bot.core.again import address_thread, regenerate
from bot.core.block_kit import Message
from bot.core.blocks import build_notice, explain
from bot.core.controls import (
    CANCEL_ACTION,
    DELETE_ACTION,
    PREVIEW_ACTION,
    REFINE_LAST_ACTION,
    REGENERATE_ACTION,
    RETRY_ACTION,
    START_NEW_ACTION,
)
from bot.core.ids import make_choice_key, make_regenerate_key, make_retry_key
from bot.core.limits import RESPONSE_URL_LIFETIME_S
from bot.core.models import Delivery, Job, Outcome, ReplyAddress, Surface
from bot.core.texts import Language, speak
from bot.errors import LimitError, StoreError
from handlers.admission import Admission
from handlers.audit import log_click
from handlers.intake import Intake, JobStore, Requests
from handlers.rights import Ruling, find_act_refusal, may_act, rule
from handlers.telling import Telling
from handlers.visitors import read_visitor

_log: Final = structlog.get_logger("audit")


class Erasures(Protocol):
    """Where it is kept that something is to be erased."""

    async def request(self, job_id: str, *, by: str) -> None:
        """Have a job's data erased everywhere; raises StoreError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """One click: which button, on which job, by whom."""

    action: str
    job_id: str
    visitor: Visitor
    response_url: str | None

    @classmethod
    def read(cls, action: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext) -> "Click":
        """Read Slack's payload."""
        return cls(
            action=str(action.get("action_id")),
            job_id=str(action.get("value")),
            visitor=read_visitor(body, context),
            response_url=body.get("response_url") or None,
        )

    @property
    def user(self) -> str:
        """Whose it is."""
        return self.visitor.user


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """The listeners of buttons; what can't be done is told to whoever clicked, and to nobody else."""

    intake: Intake
    jobs: JobStore
    requests: Requests
    admission: Admission
    telling: Telling
    erasures: Erasures
    language: Language

    def register(self, app: AsyncApp) -> None:
        """Attach the listeners."""
        app.action(RETRY_ACTION)(self.retry)
        app.action(REGENERATE_ACTION)(self.regenerate)
        app.action(CANCEL_ACTION)(self.cancel)
        app.action(DELETE_ACTION)(self.delete)
        app.action(PREVIEW_ACTION)(self.open_preview)
        app.action(REFINE_LAST_ACTION)(self.refine_last)
        app.action(START_NEW_ACTION)(self.start_new)
        app.event("agent_session_stopped")(self.stop)

    async def retry(
        self, ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Start the failed job again from the stage that failed; however many clicks make one job."""
        await self._act(ack, action, body, context, self._try_again)

    async def regenerate(
        self, ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Make the result anew, as the next version in its thread."""
        await self._act(ack, action, body, context, self._regenerate)

    async def cancel(
        self, ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Stop the job."""
        await self._act(ack, action, body, context, self._cancel)

    async def delete(
        self, ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Erase the result everywhere."""
        await self._act(ack, action, body, context, self._delete)

    async def open_preview(self, ack: AsyncAck) -> None:
        """Acknowledge a button that is a link."""
        await ack()

    async def refine_last(
        self, ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Take what was asked about for a change of the last result, in the thread of that."""
        await self._act(ack, action, body, context, self._refine_last)

    async def start_new(
        self, ack: AsyncAck, action: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Take what was asked about for a request of its own."""
        await self._act(ack, action, body, context, self._start_new)

    async def stop(self, event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Stop what runs in a thread whose agent was stopped: https://docs.slack.dev/ai/agent-sessions/ ."""
        user, visitor = str(event.get("user")), read_visitor(body, context)
        address = ReplyAddress(
            team=visitor.home,
            channel=str(event.get("channel")),
            thread_ts=str(event.get("thread_ts")),
            user=user,
            user_name=user,
            surface=Surface.BUTTON,
        )
        job_id = await self.requests.find_running(address)
        job = await self.requests.find_job(job_id) if job_id else None
        may = job is None or await find_act_refusal(self.admission, visitor, job, asks=False) is None
        is_stopped = job_id is not None and may and await self.jobs.cancel(job_id, by=user)
        log_click("stop", visitor, job_id=job_id, is_found=job_id is not None, is_allowed=is_stopped)

    async def _act(
        self,
        ack: AsyncAck,
        action: dict[str, Any],
        body: dict[str, Any],
        context: AsyncBoltContext,
        do: "Deed",
    ) -> None:
        """Do what was clicked, acknowledge, and tell what there is to tell."""
        click = Click.read(action, body, context)
        try:
            told = await do(click, body)
        except StoreError as error:
            told = explain(error, language=self.language)
            _log.warning("click_not_kept", reason=str(error))
        await ack()
        if told:
            await self.telling.tell(build_notice(told), body, context.client)

    async def _try_again(self, click: Click, body: Mapping[str, Any]) -> str:
        """Start a job that goes on from where the failed one was; return why not, if there is something to say."""
        found = await self._find_ended(click, body, has_failed=True)
        if isinstance(found, str):
            return found
        job, outcome = found
        again = job.model_copy(update={"earlier": outcome.progress})
        return await self._submit(make_retry_key(job_id=click.job_id), again, click)

    async def _regenerate(self, click: Click, body: Mapping[str, Any]) -> str:
        found = await self._find_ended(click, body, has_failed=False)
        if isinstance(found, str):
            return found
        job, outcome = found
        again = regenerate(click.job_id, job, outcome, _address(click, job, outcome))
        number = await self.requests.count_regenerations(click.job_id)
        return await self._submit(make_regenerate_key(job_id=click.job_id, number=number), again, click)

    async def _find_ended(
        self, click: Click, body: Mapping[str, Any], *, has_failed: bool
    ) -> tuple[Job, Outcome] | str:
        """Find a job that has ended so, for somebody who may ask for it again; return what is said instead, if any."""
        found = await self.requests.find(click.job_id)
        if found is None:
            _log_click(click, is_found=False, is_allowed=False)
            return speak(self.language).nothing_to_retry
        job, outcome = found
        ruling = await rule(self.admission, click.visitor, body, job, asks=True)
        is_fitting = outcome is None or (outcome.error is not None) == has_failed
        is_allowed = ruling.is_allowed and is_fitting
        _log_click(click, is_found=True, is_allowed=is_allowed)
        if not is_allowed:
            return ruling.explain(language=job.language)
        return speak(job.language).still_running if outcome is None else (job, outcome)

    async def _refine_last(self, click: Click, body: Mapping[str, Any]) -> str:
        pending = await self._find_pending(click, body)
        if pending is None:
            return ""
        told = await self._submit(make_choice_key(key=click.job_id), pending, click)
        return told or speak(pending.language).refining_there

    async def _start_new(self, click: Click, body: Mapping[str, Any]) -> str:
        pending = await self._find_pending(click, body)
        if pending is None:
            return ""
        here = pending.address.model_copy(update={"thread_ts": pending.address.ts})
        verdict = self.intake.judge(pending.request.prompt, address=here, unused_files=pending.unused_files)
        if isinstance(verdict, Message):
            return verdict.text
        return await self._submit(make_choice_key(key=click.job_id), verdict, click)

    async def _find_pending(self, click: Click, body: Mapping[str, Any]) -> Job | None:
        """Find what a message of the bot asks about, if whoever clicked may answer it."""
        job = await self.requests.find_pending(click.job_id)
        return job if self._may(click, body, job) else None

    async def _cancel(self, click: Click, body: Mapping[str, Any]) -> str:
        job = await self.requests.find_job(click.job_id)
        if job is None:
            _log_click(click, is_found=False, is_allowed=False)
            return speak(self.language).too_late
        ruling = await self._rule(click, body, job)
        if not ruling.is_allowed:
            return ruling.explain(language=job.language)
        is_stopped = await self.jobs.cancel(click.job_id, by=click.user)
        return "" if is_stopped else speak(job.language).too_late

    async def _delete(self, click: Click, body: Mapping[str, Any]) -> str:
        job = await self.requests.find_job(click.job_id)
        if job is None:
            _log_click(click, is_found=False, is_allowed=False)
            return speak(self.language).nothing_to_retry
        ruling = await self._rule(click, body, job)
        if ruling.is_allowed:
            await self.erasures.request(click.job_id, by=click.user)
        return ruling.explain(language=job.language)

    async def _rule(self, click: Click, body: Mapping[str, Any], job: Job) -> Ruling:
        """Decide whether whoever clicked may stop or delete a job."""
        ruling = await rule(self.admission, click.visitor, body, job, asks=False)
        _log_click(click, is_found=True, is_allowed=ruling.is_allowed)
        return ruling

    def _may(self, click: Click, body: Mapping[str, Any], job: Job | None) -> bool:
        """Tell whether there is a job, and whoever clicked may act on it."""
        is_allowed = job is not None and may_act(click.visitor, body, job)
        _log_click(click, is_found=job is not None, is_allowed=is_allowed)
        return is_allowed

    async def _submit(self, key: str, job: Job, click: Click) -> str:
        """Keep a job; return why it is not kept, if it is not."""
        refusal = await self.admission.find_refusal(click.visitor, channel=job.address.channel)
        try:
            is_new = await self.jobs.submit(key, job, delivery=Delivery.CLICK, refusal=refusal)
        except LimitError as error:
            return explain(error, language=job.language)
        return "" if is_new else speak(job.language).already_asked


class Deed(Protocol):
    """What a button does; returns what there is to tell whoever clicked, if anything."""

    async def __call__(self, click: Click, body: Mapping[str, Any]) -> str:
        """Do it; raises StoreError where it can't be kept."""
        ...


def _address(click: Click, job: Job, outcome: Outcome) -> ReplyAddress:
    return address_thread(
        job,
        outcome,
        user=click.user,
        user_name=click.visitor.name,
        response_url=click.response_url,
        expires_at=datetime.now(UTC) + timedelta(seconds=RESPONSE_URL_LIFETIME_S),
    )


def _log_click(click: Click, *, is_found: bool, is_allowed: bool) -> None:
    log_click(click.action, click.visitor, job_id=click.job_id, is_found=is_found, is_allowed=is_allowed)
