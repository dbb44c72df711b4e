"""``chat.*`` and ``reactions.*``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil

from bot.core.limits import MARKDOWN_MAX_CHARS, MAX_ATTACHMENTS, MESSAGE_TEXT_MAX_CHARS
from bot.demo.workspace.access import Access
from bot.demo.workspace.args import ApiError, Args, Method
from bot.demo.workspace.content import refuse_content
from bot.demo.workspace.objects import show_message
from bot.demo.workspace.posts import TOMBSTONE
from bot.demo.workspace.rates import PostRate
from bot.demo.workspace.records import EphemeralSource, Json, Message, Reaction
from bot.demo.workspace.state import State
from bot.demo.workspace.world import BOT_ID, BOT_USER, Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """Posts, edits and reactions of the bot; ``get_base_url`` says where permalinks lead."""

    state: State
    access: Access
    rate: PostRate
    get_base_url: Callable[[], str]

    def get_methods(self) -> Mapping[str, Method]:
        """List the methods by name."""
        write = ("chat:write",)
        return {
            "chat.postMessage": Method(handle=self.post_message, scopes=write),
            "chat.postEphemeral": Method(handle=self.post_ephemeral, scopes=write),
            "chat.update": Method(handle=self.update, scopes=write),
            "chat.delete": Method(handle=self.delete, scopes=write),
            "chat.getPermalink": Method(handle=self.get_permalink),
            "reactions.add": Method(handle=self.add_reaction, scopes=("reactions:write",)),
            "reactions.remove": Method(handle=self.remove_reaction, scopes=("reactions:write",)),
        }

    def post_message(self, args: Args) -> Json:
        """Post; a reply to a thread whose root is gone becomes a message of the channel.

        So it was observed of Slack, without any error: https://github.com/slack-go/slack/issues/1571
        """
        channel = self._get_place(args)
        text, blocks, metadata = self._read_content(args)
        root_ts = self._find_root(channel.id, args.optional("thread_ts"))
        if wait_s := self.rate.take(channel.id):
            raise ApiError("ratelimited", retry_after=ceil(wait_s))
        message = self.state.post(
            Message(
                channel=channel.id,
                ts=self.state.make_ts(),
                user=BOT_USER,
                bot_id=BOT_ID,
                text=text,
                blocks=tuple(blocks),
                thread_ts=root_ts,
                subtype="thread_broadcast" if root_ts and args.is_set("reply_broadcast") else None,
                metadata=metadata,
                client_msg_id=args.optional("client_msg_id"),
            )
        )
        return {"channel": channel.id, "ts": message.ts, "message": show_message(self.state, message)}

    def post_ephemeral(self, args: Args) -> Json:
        """Show something to one member."""
        channel = self.access.get_joined(args.required("channel", "channel_not_found"))
        user = args.required("user")
        if user not in channel.members:
            raise ApiError("user_not_in_channel")
        text, blocks, _ = self._read_content(args)
        ephemeral = self.state.whisper(
            channel=channel.id,
            user=user,
            text=text,
            blocks=blocks,
            source=EphemeralSource.API,
            thread_ts=args.optional("thread_ts"),
        )
        return {"message_ts": ephemeral.ts}

    def update(self, args: Args) -> Json:
        """Edit the bot's own message; blocks that are not sent beside a text go, metadata stays.

        https://docs.slack.dev/reference/methods/chat.update
        """
        message = self._get_message(args)
        if message.bot_id != BOT_ID:
            raise ApiError("cant_update_message")
        if self.state.channels[message.channel].is_archived:
            raise ApiError("is_inactive")
        text, blocks, metadata = self._read_content(args, previous=message)
        files = args.items("file_ids")
        message = self.state.edit(
            message,
            text=text,
            blocks=blocks,
            metadata=metadata,
            files=None if files is None else tuple(map(str, files)),
        )
        shown = show_message(self.state, message)
        return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": shown}

    def delete(self, args: Args) -> Json:
        """Delete the bot's own message."""
        message = self._get_message(args)
        if message.bot_id != BOT_ID:
            raise ApiError("cant_delete_message")
        self.state.delete(message)
        return {"channel": message.channel, "ts": message.ts}

    def get_permalink(self, args: Args) -> Json:
        """Make a link to a message."""
        message = self._get_message(args, key="message_ts")
        link = f"{self.get_base_url()}/archives/{message.channel}/p{message.ts.replace('.', '')}"
        if message.is_reply:
            link += f"?thread_ts={message.thread_ts}&cid={message.channel}"
        return {"channel": message.channel, "permalink": link}

    def add_reaction(self, args: Args) -> Json:
        """React to a message."""
        if not self.state.add_reaction(self._read_reaction(args)):
            raise ApiError("already_reacted")
        return {}

    def remove_reaction(self, args: Args) -> Json:
        """Take a reaction back."""
        if not self.state.remove_reaction(self._read_reaction(args)):
            raise ApiError("no_reaction")
        return {}

    def _get_place(self, args: Args) -> Channel:
        """Return where to post, by id or name; a DM with the person that is named is opened if there is none.

        https://docs.slack.dev/reference/methods/chat.postMessage/#channels
        """
        place = args.required("channel", "channel_not_found")
        if place in self.state.users and place != BOT_USER:
            return self.state.open_dm(place)
        named = self.state.find_public(place.removeprefix("#"))
        return self.access.get_writable(named.id if named else place)

    def _find_root(self, channel: str, thread_ts: str | None) -> str | None:
        root = self.state.find_message(channel, thread_ts) if thread_ts else None
        return root.root_ts if root else None

    def _get_message(self, args: Args, key: str = "ts") -> Message:
        channel = self.access.get_visible(args.required("channel", "channel_not_found"))
        message = self.state.find_message(channel.id, args.required(key, "message_not_found"))
        if message is None or message.subtype == TOMBSTONE:
            raise ApiError("message_not_found")
        return message

    def _read_reaction(self, args: Args) -> Reaction:
        message = self._get_message(args, key="timestamp")
        if self.state.channels[message.channel].is_archived:
            raise ApiError("is_archived")
        name = args.required("name", "invalid_name").strip(":")
        return Reaction(channel=message.channel, ts=message.ts, name=name, user=BOT_USER)

    def _read_content(self, args: Args, previous: Message | None = None) -> tuple[str, list[Json], Json | None]:
        blocks = args.items("blocks", "invalid_blocks_format")
        metadata = args.object("metadata", "invalid_metadata_format")
        attachments = args.items("attachments") or []
        if len(attachments) > MAX_ATTACHMENTS:
            raise ApiError("too_many_attachments")
        is_update = previous is not None
        text = _read_markdown(args) or args.text("text")
        text = text if is_update else text[:MESSAGE_TEXT_MAX_CHARS]
        refuse_content(self.state, text=text, blocks=blocks or [], metadata=metadata or None, is_update=is_update)
        kept = previous.metadata if previous and metadata is None else metadata or None
        return text, blocks or [], kept


def _read_markdown(args: Args) -> str:
    """Read a text that is markdown, which stands alone."""
    text = args.text("markdown_text")
    if text and (args.text("text") or args.text("blocks")):
        raise ApiError("markdown_text_conflict")
    if len(text) > MARKDOWN_MAX_CHARS:
        raise ApiError("msg_too_long")
    return text
