"""The workspace's memory of messages, with the files that they show."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from bot.demo.workspace.observed import Observed
from bot.demo.workspace.records import Change, ChangeKind, File, Json, Message, Revision, Share, Status
from bot.demo.workspace.world import SLACKBOT_USER

# What a deleted message becomes under which replies hang.
TOMBSTONE: Final = "tombstone"


class Posts(Observed):
    """What was posted, edited and deleted, where; a status ends with the next post."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self.files: dict[str, File] = {}
        self.statuses: dict[tuple[str, str], Status] = {}
        self._messages: dict[str, list[Message]] = {}

    def get_messages(self, channel: str, thread_ts: str | None = None) -> list[Message]:
        """List a channel's messages in order, replies among them, or those of one thread with its root."""
        messages = self._messages.get(channel, [])
        return [item for item in messages if thread_ts is None or item.root_ts == thread_ts]

    def find_message(self, channel: str, ts: str) -> Message | None:
        """Find one message."""
        return next((item for item in self._messages.get(channel, []) if item.ts == ts), None)

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

    def remove_file(self, file: File) -> None:
        """Delete a file, from the messages that show it too; a message that had nothing else goes with it."""
        del self.files[file.id]
        for share in file.shares:
            message = self.find_message(share.channel, share.ts)
            if message and file.id in message.files:
                self._drop_file(message, file.id)
        self.notify(Change(kind=ChangeKind.FILE))

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
