"""What people do in the workspace; each act is delivered to the bot."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.demo.workspace import payloads
from bot.demo.workspace.answers import show_ack
from bot.demo.workspace.clicking import Clicking
from bot.demo.workspace.objects import show_view
from bot.demo.workspace.records import File, Json, Message, Reaction
from bot.demo.workspace.traffic import Delivery, DeliveryKind
from bot.demo.workspace.typed import parse_typed, to_rich_text, to_slack_text
from bot.demo.workspace.world import BOT_USER, ChannelKind

_HANDLE: Final = "@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message that a person posted, and the events it made."""

    message: Message
    deliveries: tuple[Delivery, ...]

    @property
    def ts(self) -> str:
        """The message's timestamp."""
        return self.message.ts


class People(Clicking):
    """The acts of people; who they are is given by user id."""

    async def send_command(
        self,
        *,
        user: str,
        channel: str,
        text: str,
        command: str = "/generate",
        trigger_id: str | None = None,
    ) -> Delivery:
        """Send a slash command; what the ack says is shown to the person, and a missing ack too."""
        payload = payloads.make_command(
            user=self._get_user(user),
            channel=self._state.channels[channel],
            command=command,
            text=text,
            trigger_id=self._triggers.issue(user, trigger_id, channel=channel),
            response_url=self._response_urls.issue(channel=channel, user=user),
        )
        delivery = await self._courier.deliver(DeliveryKind.COMMAND, payload)
        show_ack(self._state, delivery, channel=channel, user=user, command=command)
        return delivery

    async def say(
        self,
        *,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        mention: bool = False,
        files: Sequence[tuple[str, bytes]] = (),
        is_broadcast: bool = False,
        client_msg_id: str | None = None,
    ) -> Said:
        """Post what a person typed, with ``files`` as names and bytes, and deliver the events it makes.

        ``client_msg_id`` is what their client calls the message; one is made unless it is given.
        """
        typed = f"{_HANDLE}{self._state.users[BOT_USER].name} {text}" if mention else text
        parts = parse_typed(typed, {item.name: item.id for item in self._state.users.values()})
        message = self._state.post(
            Message(
                channel=channel,
                ts=self._state.make_ts(),
                user=self._get_user(user).id,
                text=to_slack_text(parts),
                blocks=(to_rich_text(parts),) if parts else (),
                thread_ts=thread_ts,
                files=tuple(self._attach(user, name, content) for name, content in files),
                subtype="file_share" if files else "thread_broadcast" if is_broadcast else None,
                client_msg_id=client_msg_id or str(uuid.uuid4()),
            )
        )
        events = [payloads.make_message_event(self._state, message)]
        if self._is_mention(message):
            events.insert(0, payloads.make_mention_event(self._state, message))
        return Said(message=message, deliveries=await self._events.emit(*events))

    async def edit_message(self, *, user: str, channel: str, ts: str, text: str) -> tuple[Delivery, ...]:
        """Edit a person's own message."""
        previous = self._get_own(user, channel, ts)
        parts = parse_typed(text, {item.name: item.id for item in self._state.users.values()})
        blocks = (to_rich_text(parts),) if parts else ()
        message = self._state.edit(previous, text=to_slack_text(parts), blocks=blocks, metadata=None)
        return await self._events.emit(payloads.make_changed_event(self._state, message, previous))

    async def delete_message(self, *, user: str, channel: str, ts: str) -> tuple[Delivery, ...]:
        """Delete a person's own message."""
        previous = self._get_own(user, channel, ts)
        self._state.delete(previous)
        return await self._events.emit(payloads.make_deleted_event(self._state, previous))

    async def react(self, user: str, channel: str, ts: str, name: str) -> tuple[Delivery, ...]:
        """React to a message, or do nothing if that was done before. Raises ``LookupError`` if there is no message."""
        reaction, author = self._read_reaction(user, channel, ts, name)
        if not self._state.add_reaction(reaction):
            return ()
        return await self._events.emit(payloads.make_reaction_event(self._state, "reaction_added", reaction, author))

    async def unreact(self, user: str, channel: str, ts: str, name: str) -> tuple[Delivery, ...]:
        """Take a reaction back, if it is there. Raises ``LookupError`` if there is no message."""
        reaction, author = self._read_reaction(user, channel, ts, name)
        if not self._state.remove_reaction(reaction):
            return ()
        return await self._events.emit(payloads.make_reaction_event(self._state, "reaction_removed", reaction, author))

    async def open_home(self, user: str, tab: str = "home") -> tuple[Delivery, ...]:
        """Open the bot's Home or Messages tab."""
        channel = self._state.find_dm(user)
        event: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": channel.id if channel else "",
            "tab": tab,
            "event_ts": self._state.make_ts(),
        }
        home = self._state.published_homes.get(user)
        if home and tab == "home":
            event["view"] = show_view(home)
        return await self._events.emit(event)

    async def stop_session(self, user: str, channel: str, thread_ts: str) -> tuple[Delivery, ...]:
        """Press Slack's own Stop button. Raises ``LookupError`` where none is shown: a session must be processing.

        https://docs.slack.dev/reference/events/agent_session_stopped
        """
        if self._state.sessions.get((channel, thread_ts)) != "processing":
            raise LookupError(f"the session {thread_ts} in {channel} has no Stop button")
        event: Json = {
            "type": "agent_session_stopped",
            "user": user,
            "channel": channel,
            "thread_ts": thread_ts,
            "streaming_message_ts": [],
            "event_ts": self._state.make_ts(),
        }
        return await self._events.emit(event)

    def _get_own(self, user: str, channel: str, ts: str) -> Message:
        message = self._state.find_message(channel, ts)
        if message is None or message.user != user:
            raise LookupError(f"{user} has no message {ts} in {channel}")
        return message

    def _read_reaction(self, user: str, channel: str, ts: str, name: str) -> tuple[Reaction, str]:
        message = self._state.find_message(channel, ts)
        if message is None:
            raise LookupError(f"no message {ts} in {channel}")
        return Reaction(channel=channel, ts=ts, name=name.strip(":"), user=self._get_user(user).id), message.user

    def _is_mention(self, message: Message) -> bool:
        kind = self._state.channels[message.channel].kind
        return kind is not ChannelKind.DM and f"<@{BOT_USER}>" in message.text

    def _attach(self, user: str, name: str, content: bytes) -> str:
        file_id = self._state.make_id("F")
        file = File(id=file_id, name=name, length=len(content), user=user, content=content, is_complete=True)
        self._state.set_file(file)
        return file_id
