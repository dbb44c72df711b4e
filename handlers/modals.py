"""The modal that asks for a prompt and where its result goes; three ways lead to it, and one out of it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.audit import note_act
from bot.core.admission import Visitor
from bot.core.block_kit import Message
from bot.core.blocks import build_notice, explain
from bot.core.controls import NEW_ACTION
from bot.core.ids import make_view_key
from bot.core.limits import RESPONSE_URL_LIFETIME_S
from bot.core.models import Delivery, GenerateRequest, Job, ReplyAddress, Surface
from bot.core.prompt import check_prompt
from bot.core.texts import Language, detect_language, explain_error, speak
from bot.core.views import (
    CHANNEL_INPUT,
    GENERATE_VIEW,
    IN_CHANNEL,
    PLACE_INPUT,
    PROMPT_INPUT,
    build_generate_modal,
)
from bot.errors import LimitError, PromptError, SlackError, SlackUnavailable, StoreError
from bot.slack.windows import open_modal
from handlers.admission import Admission
from handlers.intake import Intake, JobStore
from handlers.languages import Languages
from handlers.payloads import find_response_url, read_conversation, read_option, read_text
from handlers.telling import Telling
from handlers.visitors import read_visitor

# Slack waits for three seconds, two of which may go to the store.
_LONGEST_DM_S: Final = 0.9
_log: Final = structlog.get_logger("listener")


class DirectMessages(Protocol):
    """The way to a person's DM."""

    async def open_dm(self, *, user: str) -> str:
        """Return the id of the DM with a user; raises SlackError."""
        ...


class NotFilledIn(Exception):
    """A modal can't be taken as it is: ``errors`` says what is wrong, by the name of the input."""

    def __init__(self, **errors: str) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Opens the modal, for those who may ask."""

    intake: Intake
    languages: Languages
    admission: Admission

    async def open(self, client: AsyncWebClient, visitor: Visitor, *, trigger_id: str) -> Message | None:
        """Open the modal; return what is to be said instead: why somebody may not ask, or help if Slack opens none."""
        intake = self.intake
        language, refusal = await asyncio.gather(
            self.languages.choose(team=visitor.home, user=visitor.user),
            self.admission.find_refusal(visitor, channel=None),
        )
        if refusal is not None:
            note_act("open_form", actor=visitor.user, object=visitor.home, decision=refusal.code)
            return build_notice(explain(refusal, language=language))
        view = build_generate_modal(language=language, min_chars=intake.min_chars, max_chars=intake.max_chars)
        try:
            await open_modal(client, view, trigger_id=trigger_id)
        except SlackError as error:
            _log.warning("modal_not_opened", view=GENERATE_VIEW, code=error.code, reason=error.reason)
            return intake.help(language)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Modals:
    """The listeners of the modal, and of the button that opens it."""

    form: Form
    intake: Intake
    jobs: JobStore
    admission: Admission
    find_direct: Callable[[str], DirectMessages]
    telling: Telling

    def register(self, app: AsyncApp) -> None:
        """Attach the listeners."""
        app.action(NEW_ACTION)(self.open)
        app.view(GENERATE_VIEW)(self.submit)

    async def open(
        self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, client: AsyncWebClient
    ) -> None:
        """Open the modal for whoever clicked."""
        visitor = read_visitor(body, context)
        instead = await self.form.open(client, visitor, trigger_id=str(body.get("trigger_id")))
        await ack()
        if instead is not None:
            await self.telling.tell(instead, body, client)

    async def submit(
        self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Keep a job, once for each modal, and close it; what can't be taken is said in the modal."""
        try:
            visitor = read_visitor(body, context)
            job = await self._read(visitor, body, view)
            key = make_view_key(team=job.address.team, view_id=view["id"])
            refusal = await self.admission.find_refusal(visitor, channel=job.address.channel)
            await submit_from_modal(self.jobs, key, job, refusal=refusal)
        except NotFilledIn as refusal:
            await ack(response_action="errors", errors=refusal.errors)
            return
        await ack(response_action="clear")

    async def _read(self, visitor: Visitor, body: Mapping[str, Any], view: Mapping[str, Any]) -> Job:
        """Read the job that a modal asks for; raises NotFilledIn."""
        text = read_text(view, PROMPT_INPUT)
        language = detect_language(text, default=_read_language(view) or self.intake.default_language)
        prompt = check_modal_prompt(
            text, language=language, min_chars=self.intake.min_chars, max_chars=self.intake.max_chars
        )
        address = await self._find_address(visitor, body, view, language)
        return Job(request=GenerateRequest(prompt=prompt), address=address, language=language)

    async def _find_address(
        self, visitor: Visitor, body: Mapping[str, Any], view: Mapping[str, Any], language: Language
    ) -> ReplyAddress:
        if read_option(view, PLACE_INPUT) != IN_CHANNEL:
            return _address(visitor, await self._open_dm(visitor, language))
        channel = read_conversation(view, CHANNEL_INPUT)
        if not channel:
            raise NotFilledIn(**{CHANNEL_INPUT: speak(language).form_channel_missing})
        return _address(visitor, channel, response_url=find_response_url(body, CHANNEL_INPUT))

    async def _open_dm(self, visitor: Visitor, language: Language) -> str:
        try:
            async with asyncio.timeout(_LONGEST_DM_S):
                return await self.find_direct(visitor.home).open_dm(user=visitor.user)
        except TimeoutError:
            error: SlackError = SlackUnavailable(reason="TimeoutError")
        except SlackError as refusal:
            error = refusal
        _log.warning("dm_not_opened", code=error.code, reason=error.reason)
        raise NotFilledIn(**{PROMPT_INPUT: explain(error, language=language)}) from error


def check_modal_prompt(text: str, *, language: Language, min_chars: int, max_chars: int) -> str:
    """Check a prompt that was written into a modal; raises NotFilledIn."""
    try:
        return check_prompt(text, min_chars=min_chars, max_chars=max_chars)
    except PromptError as error:
        explanation = explain_error(language, error.code, limit=error.limit_chars)
        raise NotFilledIn(**{PROMPT_INPUT: explanation}) from error


async def submit_from_modal(jobs: JobStore, key: str, job: Job, *, refusal: LimitError | None) -> None:
    """Submit what a modal asks for, which may be submitted again after a refusal; raises NotFilledIn."""
    try:
        await jobs.submit(key, job, delivery=Delivery.CLICK, refusal=refusal)
    except (LimitError, StoreError) as error:
        _log.warning("modal_not_kept", code=error.code, reason=str(error))
        raise NotFilledIn(**{PROMPT_INPUT: explain(error, language=job.language)}) from error


def _read_language(view: Mapping[str, Any]) -> Language | None:
    """Read the language that a modal was opened in."""
    kept = view.get("private_metadata")
    return next((language for language in Language if language == kept), None)


def _address(visitor: Visitor, channel: str, *, response_url: str | None = None) -> ReplyAddress:
    """Address the answer to a channel, where an anchor is yet to be posted."""
    lifetime = timedelta(seconds=RESPONSE_URL_LIFETIME_S)
    return ReplyAddress(
        team=visitor.home,
        channel=channel,
        user=visitor.user,
        user_name=visitor.name,
        surface=Surface.MODAL,
        response_url=response_url,
        response_url_expires_at=datetime.now(UTC) + lifetime if response_url else None,
    )
