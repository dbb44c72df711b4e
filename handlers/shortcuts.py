"""Shortcuts: one that opens the modal, and one that makes a message the prompt."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.admission import Visitor
from bot.core.blocks import build_notice, explain
from bot.core.ids import make_shortcut_key
from bot.core.limits import RESPONSE_URL_LIFETIME_S
from bot.core.models import Delivery, GenerateRequest, Job, ReplyAddress, Surface
from bot.core.prompt import check_prompt, decode_text
from bot.core.texts import detect_language, explain_error
from bot.errors import LimitError, PromptError, StoreError
from handlers.admission import Admission
from handlers.intake import Intake, JobStore
from handlers.languages import Languages
from handlers.modals import Form
from handlers.telling import Telling
from handlers.visitors import read_visitor

GENERATE_SHORTCUT: Final = "generate_prototype"
MESSAGE_SHORTCUT: Final = "prototype_from_message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcuts:
    """The listeners of both shortcuts."""

    form: Form
    intake: Intake
    jobs: JobStore
    languages: Languages
    admission: Admission
    telling: Telling

    def register(self, app: AsyncApp) -> None:
        """Attach the listeners."""
        app.global_shortcut(GENERATE_SHORTCUT)(self.open)
        app.message_shortcut(MESSAGE_SHORTCUT)(self.take)

    async def open(
        self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, client: AsyncWebClient
    ) -> None:
        """Open the modal, or one that says why not."""
        instead = await self.form.open(client, read_visitor(body, context), trigger_id=body["trigger_id"])
        await ack()
        if instead is not None:
            await self.telling.tell(instead, body, client)

    async def take(self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Keep a job for a message, one for each person who wants one; say what is wrong with it otherwise."""
        wrong = await self._take(body, context)
        await ack()
        if wrong:
            await self.telling.tell(build_notice(wrong), body)

    async def _take(self, body: Mapping[str, Any], context: AsyncBoltContext) -> str:
        """Keep the job; return why it is not, if it is not."""
        visitor = read_visitor(body, context)
        address = _address(body, visitor)
        text = decode_text(str(body["message"].get("text") or ""), bot_user_id=context.bot_user_id)
        default = await self.languages.choose(team=address.team, user=address.user)
        language = detect_language(text, default=default)
        key = make_shortcut_key(team=address.team, channel=address.channel, ts=str(address.ts), user=address.user)
        try:
            prompt = check_prompt(text, min_chars=self.intake.min_chars, max_chars=self.intake.max_chars)
            job = Job(request=GenerateRequest(prompt=prompt), address=address, language=language)
            refusal = await self.admission.find_refusal(visitor, channel=address.channel)
            await self.jobs.submit(key, job, delivery=Delivery.CLICK, refusal=refusal)
        except PromptError as error:
            return explain_error(language, error.code, limit=error.limit_chars)
        except (LimitError, StoreError) as error:
            return explain(error, language=language)
        return ""


def _address(body: Mapping[str, Any], visitor: Visitor) -> ReplyAddress:
    """Address the answer to the thread of the message."""
    message = body["message"]
    return ReplyAddress(
        team=visitor.home,
        channel=body["channel"]["id"],
        user=visitor.user,
        user_name=visitor.name,
        surface=Surface.SHORTCUT,
        thread_ts=message.get("thread_ts") or message["ts"],
        ts=message["ts"],
        response_url=body.get("response_url"),
        response_url_expires_at=datetime.now(UTC) + timedelta(seconds=RESPONSE_URL_LIFETIME_S),
    )
