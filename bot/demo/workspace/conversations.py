"""``conversations.*``, ``users.info``, ``auth.test`` and ``api.test``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot.demo.workspace.access import Access
from bot.demo.workspace.args import ApiError, Args, Method
from bot.demo.workspace.objects import show_channel, show_message, show_user
from bot.demo.workspace.paging import take_page
from bot.demo.workspace.records import Json, Message
from bot.demo.workspace.state import State
from bot.demo.workspace.world import (
    BOT_ID,
    BOT_USER,
    TEAM_DOMAIN,
    TEAM_ID,
    ChannelKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversations:
    """What the bot may learn of channels, their messages and people."""

    state: State
    access: Access
    get_base_url: Callable[[], str]

    def get_methods(self) -> Mapping[str, Method]:
        """List the methods by name; those without scopes check the scope of the channel's kind."""
        return {
            "api.test": Method(handle=lambda args: {"args": _show_args(args)}, is_open=True),
            "auth.test": Method(handle=lambda _: self.show_identity()),
            "users.info": Method(handle=self.describe_user, scopes=("users:read",)),
            "conversations.open": Method(handle=self.open, scopes=("im:write",)),
            "conversations.join": Method(handle=self.join, scopes=("channels:join",)),
            "conversations.info": Method(handle=self.describe),
            "conversations.members": Method(handle=self.list_members),
            "conversations.history": Method(handle=self.list_history),
            "conversations.replies": Method(handle=self.list_replies),
        }

    def show_identity(self) -> Json:
        """Say who the token is."""
        return {
            "url": f"{self.get_base_url()}/",
            "team": TEAM_DOMAIN,
            "user": self.state.users[BOT_USER].name,
            "team_id": TEAM_ID,
            "user_id": BOT_USER,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }

    def describe_user(self, args: Args) -> Json:
        """Describe a user, with the locale if it is asked for."""
        user = self.state.users.get(args.required("user", "user_not_found"))
        if user is None:
            raise ApiError("user_not_found")
        return {"user": show_user(user, with_locale=args.is_set("include_locale"))}

    def open(self, args: Args) -> Json:
        """Open the DM with one person."""
        user = args.required("users", "users_list_not_supplied")
        if user not in self.state.users:
            raise ApiError("user_not_found")
        return {"channel": {"id": self.state.open_dm(user).id}}

    def join(self, args: Args) -> Json:
        """Join a public channel."""
        channel = self.access.get_visible(args.required("channel", "channel_not_found"))
        if channel.is_archived:
            raise ApiError("is_archived")
        if channel.kind is not ChannelKind.PUBLIC:
            raise ApiError("method_not_supported_for_channel_type")
        channel = replace(channel, members=channel.members | {BOT_USER})
        self.state.set_channel(channel)
        return {"channel": show_channel(channel)}

    def describe(self, args: Args) -> Json:
        """Describe a channel."""
        return {"channel": show_channel(self.access.get_described(args.required("channel", "channel_not_found")))}

    def list_members(self, args: Args) -> Json:
        """List the members of a channel."""
        channel = self.access.get_described(args.required("channel", "channel_not_found"))
        return {"members": sorted(channel.members), "response_metadata": {"next_cursor": ""}}

    def list_history(self, args: Args) -> Json:
        """List a channel's messages that are no replies, newest first."""
        channel = self.access.get_history(args.required("channel", "channel_not_found"))
        messages = [item for item in self.state.get_messages(channel.id) if item.is_in_channel]
        return self._show_page(args, _select(args, messages)[::-1])

    def list_replies(self, args: Args) -> Json:
        """List a thread, its root first; any message of the thread may name it."""
        channel = self.access.get_history(args.required("channel", "channel_not_found"))
        message = self.state.find_message(channel.id, args.required("ts", "thread_not_found"))
        if message is None:
            raise ApiError("thread_not_found")
        thread = self.state.get_messages(channel.id, message.root_ts)
        replies = [item for item in _select(args, thread) if item.is_reply]
        return self._show_page(args, [*(item for item in thread if not item.is_reply), *replies])

    def _show_page(self, args: Args, messages: list[Message]) -> Json:
        page, cursor = take_page(args, messages)
        with_metadata = args.is_set("include_all_metadata")
        shown = [show_message(self.state, message, with_metadata=with_metadata) for message in page]
        return {"messages": shown, "has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}


def _show_args(args: Args) -> Json:
    return {key: value for key, value in args.values.items() if key != "token"}


def _select(args: Args, messages: list[Message]) -> list[Message]:
    """Keep what ``oldest``, ``latest`` and ``inclusive`` ask for."""
    oldest, latest = args.text("oldest"), args.text("latest")
    edge = args.is_set("inclusive")
    return [
        item
        for item in messages
        if (not oldest or item.ts > oldest or (edge and item.ts == oldest))
        and (not latest or item.ts < latest or (edge and item.ts == latest))
    ]
