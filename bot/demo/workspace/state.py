"""The workspace's memory: everything that was said and done, and who is told when it changes."""

import asyncio
import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from bot.demo.workspace.records import (
    Call,
    Change,
    ChangeKind,
    Delivery,
    Ephemeral,
    EphemeralSource,
    File,
    Json,
    Message,
    Reaction,
    ResponseUrlPost,
    Revision,
    Share,
    Status,
    View,
)
from bot.demo.workspace.world import BOT_USER, CHANNELS, SLACKBOT_USER, USERS, Channel, ChannelKind, User

Observer = Callable[[Change], None]

# What a deleted message becomes under which replies hang.
TOMBSTONE: Final = "tombstone"
_MICROSECONDS: Final = 1_000_000


class State:
    """What is in the workspace; every change goes through a method here, and to every observer."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.users: dict[str, User] = {user.id: user for user in USERS}
        self.channels: dict[str, Channel] = {channel.id: channel for channel in CHANNELS}
        self.files: dict[str, File] = {}
        self.ephemerals: list[Ephemeral] = []
        self.reactions: list[Reaction] = []
        self.views: dict[str, View] = {}
        self.published_homes: dict[str, View] = {}
        self.statuses: dict[tuple[str, str], Status] = {}
        self.sessions: dict[tuple[str, str], str] = {}
        self.session_titles: dict[tuple[str, str], str] = {}
        self.suggested_prompts: dict[str, list[Json]] = {}
        self.calls: list[Call] = []
        self.deliveries: list[Delivery] = []
        self.response_url_posts: list[ResponseUrlPost] = []
        self._messages: dict[str, list[Message]] = {}
        self._observers: list[Observer] = []
        self._changed = asyncio.Event()
        self._last_ts = 0
        self._ids = itertools.count(1)
        # Part of every id, so that a bot which remembers an earlier workspace sees no id twice.
        self._epoch = f"{int(clock() * _MICROSECONDS):X}"

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Call ``observer`` after every change, until the returned function is called."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    def notify(self, change: Change) -> None:
        """Tell the observers, and wake whoever waits."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        for observer in tuple(self._observers):
            observer(change)

    async def wait_for_change(self) -> None:
        """Return after the next change."""
        await self._changed.wait()

    def make_id(self, prefix: str) -> str:
        """Make an id that was not used before."""
        return f"{prefix}{self._epoch}{next(self._ids):04X}"

    def make_ts(self) -> str:
        """Make the next timestamp: unique in the workspace, and growing."""
        self._last_ts = max(self._last_ts + 1, int(self.clock() * _MICROSECONDS))
        seconds, micros = divmod(self._last_ts, _MICROSECONDS)
        return f"{seconds}.{micros:06d}"

    def fill_block_ids(self, blocks: Iterable[Json]) -> tuple[Json, ...]:
        """Give the blocks ids where they have none, as Slack does."""
        return tuple({**block, "block_id": block.get("block_id") or self.make_id("b")} for block in blocks)

    def get_messages(self, channel: str, thread_ts: str | None = None) -> list[Message]:
        """List a channel's messages in order, replies among them, or those of one thread with its root."""
        messages = self._messages.get(channel, [])
        return [item for item in messages if thread_ts is None or item.root_ts == thread_ts]

    def find_message(self, channel: str, ts: str) -> Message | None:
        """Find one message."""
        return next((item for item in self._messages.get(channel, []) if item.ts == ts), None)

    def find_dm(self, user: str) -> Channel | None:
        """Find the DM of ``user`` with the bot."""
        pair = {user, BOT_USER}
        channels = self.channels.values()
        return next((item for item in channels if item.kind is ChannelKind.DM and item.members == pair), None)

    def post(self, message: Message) -> Message:
        """Append a message; a bot's reply ends the status that is shown in its thread."""
        message = replace(message, blocks=self.fill_block_ids(message.blocks))
        self._messages.setdefault(message.channel, []).append(message)
        for file_id in message.files:
            self._share(file_id, message)
        if message.bot_id:
            self.statuses.pop((message.channel, message.root_ts), None)
        self.notify(Change(kind=ChangeKind.POSTED, channel=message.channel, message=message))
        return message

    def edit(
        self,
        previous: Message,
        *,
        text: str,
        blocks: Iterable[Json],
        metadata: Json | None,
        files: tuple[str, ...] | None = None,
    ) -> Message:
        """Replace what a message says and keep what it said before."""
        now = self.make_ts()
        revision = Revision(text=previous.text, blocks=previous.blocks, replaced_ts=now)
        message = replace(
            previous,
            text=text,
            blocks=self.fill_block_ids(blocks),
            metadata=metadata,
            files=previous.files if files is None else files,
            edited=now,
            history=(*previous.history, revision),
        )
        self._swap(previous, message)
        change = Change(kind=ChangeKind.EDITED, channel=message.channel, message=message, previous=previous)
        self.notify(change)
        return message

    def delete(self, message: Message) -> None:
        """Remove a message; a root that has replies leaves a tombstone until the last of them goes, as in Slack."""
        if self._has_replies(message):
            tombstone = Message(
                channel=message.channel,
                ts=message.ts,
                user=SLACKBOT_USER,
                text="This message was deleted.",
                thread_ts=message.ts,
                subtype=TOMBSTONE,
            )
            self._swap(message, tombstone)
        else:
            self._messages[message.channel].remove(message)
        self.notify(Change(kind=ChangeKind.DELETED, channel=message.channel, previous=message))
        root = self.find_message(message.channel, message.root_ts)
        if root and root.subtype == TOMBSTONE and not self._has_replies(root):
            self.delete(root)

    def forget(self, channel: str, root_ts: str) -> None:
        """Forget a thread and the files in it, as Slack does when a workspace's retention is over; nobody is told."""
        messages = self._messages.get(channel, [])
        for message in messages:
            if message.root_ts == root_ts:
                for file_id in message.files:
                    self.files.pop(file_id, None)
        self._messages[channel] = [message for message in messages if message.root_ts != root_ts]

    def whisper(
        self,
        *,
        channel: str,
        user: str,
        text: str,
        source: EphemeralSource,
        blocks: Iterable[Json] = (),
        thread_ts: str | None = None,
    ) -> Ephemeral:
        """Show something to one person."""
        ephemeral = Ephemeral(
            channel=channel,
            user=user,
            ts=self.make_ts(),
            text=text,
            source=source,
            blocks=self.fill_block_ids(blocks),
            thread_ts=thread_ts,
        )
        self.ephemerals.append(ephemeral)
        self.notify(Change(kind=ChangeKind.EPHEMERAL, channel=channel))
        return ephemeral

    def set_ephemerals(self, ephemerals: Iterable[Ephemeral], channel: str) -> None:
        """Replace the ephemeral messages."""
        self.ephemerals[:] = ephemerals
        self.notify(Change(kind=ChangeKind.EPHEMERAL, channel=channel))

    def set_file(self, file: File) -> None:
        """Keep a file, or its new form."""
        self.files[file.id] = file
        self.notify(Change(kind=ChangeKind.FILE))

    def remove_file(self, file: File) -> None:
        """Delete a file, from the messages that show it too; a message that had nothing else goes with it."""
        del self.files[file.id]
        for share in file.shares:
            message = self.find_message(share.channel, share.ts)
            if message and file.id in message.files:
                self._drop_file(message, file.id)
        self.notify(Change(kind=ChangeKind.FILE))

    def set_channel(self, channel: Channel) -> None:
        """Keep a channel, or its new form."""
        self.channels[channel.id] = channel
        self.notify(Change(kind=ChangeKind.CHANNEL, channel=channel.id))

    def set_view(self, view: View) -> None:
        """Keep a modal, or its new form."""
        self.views[view.id] = view
        self.notify(Change(kind=ChangeKind.VIEW))

    def set_home(self, view: View) -> None:
        """Keep what a person's Home tab shows."""
        self.published_homes[view.user] = view
        self.notify(Change(kind=ChangeKind.HOME))

    def set_status(self, channel: str, thread_ts: str, text: str, loading_messages: tuple[str, ...]) -> None:
        """Show a status in a thread; an empty one ends it."""
        self.statuses.pop((channel, thread_ts), None)
        if text:
            status = Status(text=text, loading_messages=loading_messages, since=self.clock())
            self.statuses[channel, thread_ts] = status
        self.notify(Change(kind=ChangeKind.STATUS, channel=channel))

    def record_call(self, call: Call) -> None:
        """Remember a Web API call."""
        self.calls.append(call)
        self.notify(Change(kind=ChangeKind.CALL))

    def record_delivery(self, delivery: Delivery) -> None:
        """Remember a delivery."""
        self.deliveries.append(delivery)
        self.notify(Change(kind=ChangeKind.DELIVERY))

    def _has_replies(self, message: Message) -> bool:
        return any(other.ts != message.ts for other in self.get_messages(message.channel, message.ts))

    def _swap(self, previous: Message, message: Message) -> None:
        messages = self._messages[previous.channel]
        messages[messages.index(previous)] = message

    def _share(self, file_id: str, message: Message) -> None:
        file = self.files[file_id]
        share = Share(channel=message.channel, ts=message.ts, thread_ts=message.thread_ts)
        channels = tuple(dict.fromkeys((*file.channels, message.channel)))
        shares = (*file.shares, share)
        self.files[file_id] = replace(file, channels=channels, shares=shares, thread_ts=message.thread_ts)

    def _drop_file(self, message: Message, file_id: str) -> None:
        files = tuple(item for item in message.files if item != file_id)
        if files or message.text or message.blocks:
            self._swap(message, replace(message, files=files))
        else:
            self.delete(message)
