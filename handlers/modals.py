"""The modal that asks for a prompt and where its result goes; three ways lead to it, and one out of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.block_kit import Message
from bot.core.blocks import explain
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
from handlers.intake import Intake, JobStore
from handlers.languages import Languages
from handlers.payloads import Sender, find_response_url, read_conversation, read_option, read_sender, read_text
from handlers.telling import Telling

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
    """Opens the modal."""

    intake: Intake
    languages: Languages

    async def open(self, client: AsyncWebClient, *, trigger_id: str, team: str, user: str) -> Message | None:
        """Open the modal; return the help that is to be said instead where Slack does not open it."""
        intake = self.intake
        language = await self.languages.choose(team=team, user=user)
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
    direct: DirectMessages
    telling: Telling

    def register(self, app: AsyncApp) -> None:
        """Attach the listeners."""
        app.action(NEW_ACTION)(self.open)
        app.view(GENERATE_VIEW)(self.submit)

    async def open(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Open the modal for whoever clicked."""
        sender = read_sender(body)
        instead = await self.form.open(
            client, trigger_id=str(body.get("trigger_id")), team=sender.team, user=sender.user
        )
        await ack()
        if instead is not None:
            await self.telling.tell(instead, body)

    async def submit(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        """Keep a job, once for each modal, and close it; what can't be taken is said in the modal."""
        try:
            job = await self._read(body, view)
            key = make_view_key(team=job.address.team, view_id=view["id"])
            await submit_from_modal(self.jobs, key, job)
        except NotFilledIn as refusal:
            await ack(response_action="errors", errors=refusal.errors)
            return
        await ack(response_action="clear")

    async def _read(self, body: Mapping[str, Any], view: Mapping[str, Any]) -> Job:
        """Read the job that a modal asks for; raises NotFilledIn."""
        text = read_text(view, PROMPT_INPUT)
        language = detect_language(text, default=_read_language(view) or self.intake.default_language)
        prompt = check_modal_prompt(
            text, language=language, min_chars=self.intake.min_chars, max_chars=self.intake.max_chars
        )
        address = await self._find_address(body, view, language)
        return Job(request=GenerateRequest(prompt=prompt), address=address, language=language)

    async def _find_address(self, body: Mapping[str, Any], view: Mapping[str, Any], language: Language) -> ReplyAddress:
        sender = read_sender(body)
        if read_option(view, PLACE_INPUT) != IN_CHANNEL:
            return _address(sender, await self._open_dm(sender.user, language))
        channel = read_conversation(view, CHANNEL_INPUT)
        if not channel:
            raise NotFilledIn(**{CHANNEL_INPUT: speak(language).form_channel_missing})
        return _address(sender, channel, response_url=find_response_url(body, CHANNEL_INPUT))

    async def _open_dm(self, user: str, language: Language) -> str:
        try:
            async with asyncio.timeout(_LONGEST_DM_S):
                return await self.direct.open_dm(user=user)
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


async def submit_from_modal(jobs: JobStore, key: str, job: Job) -> None:
    """Submit what a modal asks for, which may be submitted again after a refusal; raises NotFilledIn."""
    try:
        await jobs.submit(key, job, delivery=Delivery.CLICK)
    except (LimitError, StoreError) as error:
        _log.warning("modal_not_kept", code=error.code, reason=str(error))
        raise NotFilledIn(**{PROMPT_INPUT: explain(error, language=job.language)}) from error


def _read_language(view: Mapping[str, Any]) -> Language | None:
    """Read the language that a modal was opened in."""
    kept = view.get("private_metadata")
    return next((language for language in Language if language == kept), None)


def _address(sender: Sender, channel: str, *, response_url: str | None = None) -> ReplyAddress:
    """Address the answer to a channel, where an anchor is yet to be posted."""
    lifetime = timedelta(seconds=RESPONSE_URL_LIFETIME_S)
    return ReplyAddress(
        team=sender.team,
        channel=channel,
        user=sender.user,
        user_name=sender.name,
        surface=Surface.MODAL,
        response_url=response_url,
        response_url_expires_at=datetime.now(UTC) + lifetime if response_url else None,
    )
