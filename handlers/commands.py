"""``/generate``: read, keep, acknowledge; alone it opens the modal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.admission import Visitor
from bot.core.block_kit import Message
from bot.core.blocks import build_notice, explain
from bot.core.glances import build_status
from bot.core.ids import make_command_key
from bot.core.limits import RESPONSE_URL_LIFETIME_S
from bot.core.models import Delivery, Job, ReplyAddress, Surface
from bot.core.prompt import Intent, clean_text, decode_text, read_intent
from bot.core.texts import Language, detect_language
from bot.errors import LimitError, StoreError
from handlers.admission import Admission
from handlers.intake import Intake, JobStore
from handlers.modals import Form
from handlers.recents import Recents
from handlers.visitors import read_visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """The listener of the slash command."""

    intake: Intake
    jobs: JobStore
    form: Form
    recents: Recents
    admission: Admission

    def register(self, app: AsyncApp) -> None:
        """Attach the listener."""
        app.command("/generate")(self.generate)

    async def generate(
        self, ack: AsyncAck, command: dict[str, Any], context: AsyncBoltContext, client: AsyncWebClient
    ) -> None:
        """Keep a job for the prompt, then acknowledge with nothing; answer at once what is not a prompt."""
        visitor = read_visitor(command, context)
        address = _address(command, visitor)
        text = decode_text(command.get("text") or "")
        if not clean_text(text):
            answer = await self.form.open(client, visitor, trigger_id=command["trigger_id"])
        elif read_intent(text) is Intent.STATUS:
            language = detect_language(text, default=self.intake.default_language)
            site_url = context.authorize_result.url if context.authorize_result else None
            answer = await self._list(address, language, site_url)
        else:
            default = await self.form.languages.choose_default(text, team=address.team, user=address.user)
            verdict = self.intake.judge(text, address=address, default=default)
            key = make_command_key(team=address.team, trigger_id=command["trigger_id"])
            answer = verdict if isinstance(verdict, Message) else await self._submit(key, verdict, visitor)
        if answer is None:
            await ack()
        else:
            await ack(text=answer.text, blocks=list(answer.blocks), response_type="ephemeral")

    async def _submit(self, key: str, job: Job, visitor: Visitor) -> Message | None:
        """Keep a job; return why it is not kept, unless that was said before."""
        refusal = await self.admission.find_refusal(visitor, channel=job.address.channel)
        try:
            await self.jobs.submit(key, job, delivery=Delivery.COMMAND, refusal=refusal)
        except LimitError as error:
            return None if error.is_repeat else build_notice(explain(error, language=job.language))
        return None

    async def _list(self, address: ReplyAddress, language: Language, site_url: str | None) -> Message:
        """List what somebody asked for last."""
        try:
            items = await self.recents.list(team=address.team, user=address.user, site_url=site_url)
        except StoreError as error:
            return build_notice(explain(error, language=language))
        return build_status(items, language=language)


def _address(command: Mapping[str, Any], visitor: Visitor) -> ReplyAddress:
    """Address the answer to the channel, where an anchor is yet to be posted."""
    return ReplyAddress(
        team=visitor.home,
        channel=command["channel_id"],
        user=visitor.user,
        user_name=visitor.name,
        surface=Surface.COMMAND,
        response_url=command.get("response_url"),
        response_url_expires_at=datetime.now(UTC) + timedelta(seconds=RESPONSE_URL_LIFETIME_S),
    )
