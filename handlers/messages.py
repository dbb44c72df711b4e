"""Mentions and direct messages: one job a message, however often and as whatever event it arrives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bot.core.blocks import Message, build_notice, explain
from bot.core.ids import make_message_key
from bot.core.models import Delivery, ReplyAddress, Surface
from bot.core.prompt import decode_text
from bot.errors import LimitError
from handlers.intake import Intake, JobStore

# Edits, joins, bots' messages and whatever Slack adds next are not addressed to the bot.
_ORDINARY_SUBTYPES: Final = frozenset({None, "file_share", "thread_broadcast"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """The listener of messages that are addressed to the bot."""

    intake: Intake
    jobs: JobStore

    def register(self, app: AsyncApp) -> None:
        """Attach the listener; a mention in a channel may arrive as either event or as both."""
        app.event("app_mention")(self.receive)
        app.event("message")(self.receive)

    async def receive(self, event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Keep a job, or the notice that says why there is none; Bolt acknowledges when this returns."""
        if not _is_addressed(event, context.bot_user_id):
            return
        is_direct = event.get("channel_type") == "im"
        address = ReplyAddress(
            team=body["team_id"],
            channel=event["channel"],
            user=event["user"],
            user_name=event["user"],
            surface=Surface.DIRECT if is_direct else Surface.MENTION,
            thread_ts=event.get("thread_ts") or event["ts"],
        )
        key = make_message_key(team=address.team, channel=address.channel, ts=event["ts"])
        text = decode_text(event.get("text") or "", bot_user_id=context.bot_user_id)
        verdict = self.intake.judge(text, address=address, unused_files=_list_file_names(event))
        if isinstance(verdict, Message):
            await self.jobs.submit_notice(key, verdict, address)
            return
        try:
            await self.jobs.submit(key, verdict, delivery=Delivery.EVENT)
        except LimitError as error:
            await self.jobs.submit_notice(key, build_notice(explain(error, language=verdict.language)), address)


def _is_addressed(event: Mapping[str, Any], bot_user_id: str | None) -> bool:
    """Tell a person's message to the bot from everything else that comes as a message event."""
    is_from_person = not event.get("bot_id") and event.get("user") not in (None, "USLACKBOT", bot_user_id)
    if not is_from_person or event.get("subtype") not in _ORDINARY_SUBTYPES:
        return False
    if event["type"] == "app_mention" or event.get("channel_type") == "im":
        return True
    return bot_user_id is not None and f"<@{bot_user_id}" in (event.get("text") or "")


def _list_file_names(event: Mapping[str, Any]) -> list[str]:
    return [str(file.get("name") or file.get("id") or "?") for file in event.get("files") or ()]
