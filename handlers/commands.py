"""``/generate``: read, keep, acknowledge."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.core.blocks import Message, explain
from bot.core.ids import make_command_key
from bot.core.limits import RESPONSE_URL_LIFETIME_S
from bot.core.models import Delivery, ReplyAddress, Surface
from bot.core.prompt import decode_text
from bot.errors import LimitError
from handlers.intake import Intake, JobStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """The listener of the slash command."""

    intake: Intake
    jobs: JobStore

    def register(self, app: AsyncApp) -> None:
        """Attach the listener."""
        app.command("/generate")(self.generate)

    async def generate(self, ack: AsyncAck, command: dict[str, Any]) -> None:
        """Keep a job for the prompt, then acknowledge with nothing; answer at once what is not a prompt."""
        address = ReplyAddress(
            team=command["team_id"],
            channel=command["channel_id"],
            user=command["user_id"],
            user_name=command.get("user_name") or command["user_id"],
            surface=Surface.COMMAND,
            response_url=command.get("response_url"),
            response_url_expires_at=datetime.now(UTC) + timedelta(seconds=RESPONSE_URL_LIFETIME_S),
        )
        verdict = self.intake.judge(decode_text(command.get("text") or ""), address=address)
        if isinstance(verdict, Message):
            await ack(text=verdict.text, blocks=list(verdict.blocks), response_type="ephemeral")
            return
        key = make_command_key(team=address.team, trigger_id=command["trigger_id"])
        try:
            await self.jobs.submit(key, verdict, delivery=Delivery.COMMAND)
        except LimitError as error:
            text = "" if error.is_repeat else explain(error, language=verdict.language)
            await ack(text=text, response_type="ephemeral")
            return
        await ack()
