"""*Refine…*: a modal that asks what shall change, and the job that changes it in the thread of the result."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.admission import Visitor
from bot.core.blocks import build_notice, explain
from bot.core.controls import REFINE_ACTION
from bot.core.ids import make_view_key
from bot.core.models import GenerateRequest, Job, Outcome, ReplyAddress, Surface, Task
from bot.core.texts import detect_language, speak
from bot.core.views import PROMPT_INPUT, REFINE_VIEW, build_refine_modal
from bot.errors import NothingToRefine, SlackError, StoreError
from bot.slack.windows import open_modal
from handlers.admission import Admission
from handlers.audit import log_click
from handlers.intake import Intake, JobStore, Requests
from handlers.languages import Languages
from handlers.modals import NotFilledIn, check_modal_prompt, submit_from_modal
from handlers.payloads import read_text
from handlers.rights import rule
from handlers.telling import Telling
from handlers.visitors import read_visitor

_log: Final = structlog.get_logger("listener")
_MIN_CHARS: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Refining:
    """The listeners of the button and of its modal."""

    intake: Intake
    jobs: JobStore
    requests: Requests
    languages: Languages
    admission: Admission
    telling: Telling

    def register(self, app: AsyncApp) -> None:
        """Attach the listeners."""
        app.action(REFINE_ACTION)(self.open)
        app.view(REFINE_VIEW)(self.submit)

    async def open(
        self,
        ack: AsyncAck,
        action: dict[str, Any],
        body: dict[str, Any],
        context: AsyncBoltContext,
        client: AsyncWebClient,
    ) -> None:
        """Open the modal for whoever may act on the result; tell others nothing, as everywhere."""
        job_id = str(action.get("value"))
        try:
            found = await self.requests.find(job_id)
            told = await self._open(job_id, found, body, read_visitor(body, context), client)
        except (StoreError, SlackError) as error:
            _log.warning("modal_not_opened", view=REFINE_VIEW, code=error.code, reason=str(error))
            told = explain(error, language=self.intake.default_language)
        await ack()
        if told:
            await self.telling.tell(build_notice(told), body)

    async def _open(
        self,
        job_id: str,
        found: tuple[Job, Outcome | None] | None,
        body: dict[str, Any],
        visitor: Visitor,
        client: AsyncWebClient,
    ) -> str:
        """Open the modal; return why not, if there is something to say. Raises SlackError."""
        if found is None:
            log_click("refine", visitor, job_id=job_id, is_found=False, is_allowed=False)
            language = await self.languages.choose(team=visitor.home, user=visitor.user)
            return explain(NothingToRefine(), language=language)
        job, outcome = found
        ruling = await rule(self.admission, visitor, body, job, asks=True)
        log_click("refine", visitor, job_id=job_id, is_found=True, is_allowed=ruling.is_allowed)
        if not ruling.is_allowed:
            return ruling.explain(language=job.language)
        if outcome is None:
            return speak(job.language).still_running
        if outcome.error is not None:
            return explain(NothingToRefine(), language=job.language)
        view = build_refine_modal(job_id, language=job.language, max_chars=self.intake.max_chars)
        await open_modal(client, view, trigger_id=str(body.get("trigger_id")))
        return ""

    async def submit(
        self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Keep the job, once for each modal, and close it; what can't be taken is said in the modal.

        Who may was asked when the modal was opened, which nobody but whom it was opened for can submit.
        """
        try:
            visitor = read_visitor(body, context)
            job = await self._read(visitor, view)
            key = make_view_key(team=job.address.team, view_id=view["id"])
            refusal = await self.admission.find_refusal(visitor, channel=job.address.channel)
            await submit_from_modal(self.jobs, key, job, refusal=refusal)
        except NotFilledIn as refusal:
            await ack(response_action="errors", errors=refusal.errors)
            return
        await ack(response_action="clear")

    async def _read(self, visitor: Visitor, view: Mapping[str, Any]) -> Job:
        """Read the job that a modal asks for; raises NotFilledIn."""
        text, job_id = read_text(view, PROMPT_INPUT), str(view.get("private_metadata"))
        base, outcome = await self._find(job_id, visitor, text)
        language = detect_language(text, default=base.language)
        prompt = check_modal_prompt(text, language=language, min_chars=_MIN_CHARS, max_chars=self.intake.max_chars)
        return Job(
            request=GenerateRequest(prompt=prompt, model=base.request.model),
            address=_address(visitor, base, outcome),
            language=language,
            task=Task.REFINE,
            base=job_id,
        )

    async def _find(self, job_id: str, visitor: Visitor, text: str) -> tuple[Job, Outcome]:
        """Find the result once more, since it may have been erased while the modal was open."""
        language = detect_language(text, default=self.intake.default_language)
        try:
            found = await self.requests.find(job_id)
        except StoreError as error:
            raise NotFilledIn(**{PROMPT_INPUT: explain(error, language=language)}) from error
        job, outcome = found or (None, None)
        if job is None or outcome is None or outcome.error is not None or job.address.team != visitor.home:
            raise NotFilledIn(**{PROMPT_INPUT: explain(NothingToRefine(), language=language)})
        return job, outcome


def _address(visitor: Visitor, base: Job, outcome: Outcome) -> ReplyAddress:
    """Address the answer to the thread where the result stands."""
    where = outcome.progress.thread or base.address
    return ReplyAddress(
        team=visitor.home,
        channel=where.channel,
        user=visitor.user,
        user_name=visitor.name,
        surface=Surface.BUTTON,
        thread_ts=where.thread_ts,
    )
