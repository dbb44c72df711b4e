"""Which events reach the bot: what it subscribed to, where it is a member; its own messages among them."""

import asyncio
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from bot.demo.workspace import payloads
from bot.demo.workspace.background import Background
from bot.demo.workspace.delivery import Courier
from bot.demo.workspace.posts import TOMBSTONE
from bot.demo.workspace.records import Change, ChangeKind, Json
from bot.demo.workspace.state import State
from bot.demo.workspace.traffic import Delivery
from bot.demo.workspace.world import BOT_USER

# channel_type is singular, the names of subscriptions are not
_CHANNEL_NAMES: Final = {"channel": "channels", "group": "groups", "im": "im"}
_MENTION_SCOPE: Final = "app_mentions:read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Sends events; ``subscriptions`` holds names such as ``message.im``; it and ``scopes`` are looked at for each."""

    state: State
    courier: Courier
    background: Background
    subscriptions: AbstractSet[str]
    scopes: AbstractSet[str]

    async def emit(self, *events: Json) -> tuple[Delivery, ...]:
        """Deliver the events that the bot subscribed to, at the same time."""
        wanted = [self._wrap(event) for event in events if self._is_wanted(event)]
        return tuple(await asyncio.gather(*map(self.courier.deliver_with_retries, wanted)))

    async def deliver(self, event: Json, *, retry_num: int, event_id: str | None) -> Delivery:
        """Deliver any event once, subscribed or not, as the first attempt or a later one."""
        payload = self._wrap(event, event_id)
        return await self.courier.deliver_event(payload, retry_num)

    def echo(self, change: Change) -> None:
        """Send the bot what it said and changed itself, as Slack does, so that a loop would show.

        Nobody deletes a tombstone, so its end is told here too.
        """
        subject = change.message or change.previous
        if subject is None or (subject.bot_id is None and subject.subtype != TOMBSTONE):
            return
        event = self._describe(change)
        if self._is_wanted(event):
            self.background.start(self._send(event))

    async def _send(self, event: Json) -> None:
        await self.emit(event)

    def _describe(self, change: Change) -> Json:
        match change.message, change.previous:
            case message, previous if message and previous:
                return payloads.make_changed_event(self.state, message, previous)
            case message, _ if message and change.kind is ChangeKind.POSTED:
                return payloads.make_message_event(self.state, message)
            case _, previous if previous:
                return payloads.make_deleted_event(self.state, previous)
            case _:
                raise ValueError(change.kind)

    def _is_wanted(self, event: Json) -> bool:
        name, scope = _name_subscription(event)
        channel = self.state.channels.get(_get_channel_id(event))
        is_granted = scope is None or scope in self.scopes
        return name in self.subscriptions and is_granted and (channel is None or BOT_USER in channel.members)

    def _wrap(self, event: Json, event_id: str | None = None) -> Json:
        channel = self.state.channels.get(_get_channel_id(event))
        return payloads.make_event(
            event,
            event_id=event_id or self.state.make_id("Ev"),
            event_time=int(self.state.clock()),
            is_shared=bool(channel and channel.is_shared),
        )


def _get_channel_id(event: Json) -> str:
    return str(event.get("channel") or event.get("item", {}).get("channel"))


def _name_subscription(event: Json) -> tuple[str, str | None]:
    """Name the subscription that an event belongs to, and the scope it needs."""
    match event["type"]:
        case "message":
            kind = _CHANNEL_NAMES[event["channel_type"]]
            return f"message.{kind}", f"{kind}:history"
        case "app_mention":
            return "app_mention", _MENTION_SCOPE
        case "reaction_added" | "reaction_removed" as kind:
            return kind, "reactions:read"
        case kind:
            return str(kind), None
