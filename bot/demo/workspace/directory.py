"""What there is in the workspace, as lists: channels, people, files; and what the team and the bot are called."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from bot.demo.workspace.access import READ_SCOPES, Access
from bot.demo.workspace.args import ApiError, Args, Method
from bot.demo.workspace.objects import show_channel, show_file, show_user
from bot.demo.workspace.paging import take_page
from bot.demo.workspace.records import Json
from bot.demo.workspace.state import State
from bot.demo.workspace.world import APP_ID, BOT_ID, BOT_USER, TEAM_DOMAIN, TEAM_ID, Channel, ChannelKind

_KINDS: Final = {
    "public_channel": ChannelKind.PUBLIC,
    "private_channel": ChannelKind.PRIVATE,
    "im": ChannelKind.DM,
}
# Conversations of several people are not built in, but may be asked for.
_MPIM: Final = "mpim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The lists of a workspace; private channels and DMs are seen by members only."""

    state: State
    access: Access

    def get_methods(self) -> Mapping[str, Method]:
        """List the methods by name; those of conversations check the scopes of the kinds that are asked for."""
        return {
            "conversations.list": Method(handle=self.list_channels),
            "users.conversations": Method(handle=self.list_joined),
            "users.list": Method(handle=self.list_users, scopes=("users:read",)),
            "bots.info": Method(handle=self.describe_bot, scopes=("users:read",)),
            "team.info": Method(handle=self.describe_team, scopes=("team:read",)),
            "files.list": Method(handle=self.list_files, scopes=("files:read",)),
        }

    def list_channels(self, args: Args) -> Json:
        """List the channels that the bot can see: https://docs.slack.dev/reference/methods/conversations.list."""
        return _show_channels(args, self._list_visible(args))

    def list_joined(self, args: Args) -> Json:
        """List the channels that somebody, or the bot itself, is a member of, of those that the bot can see.

        https://docs.slack.dev/reference/methods/users.conversations
        """
        user = args.text("user") or BOT_USER
        if user not in self.state.users:
            raise ApiError("invalid_user_id")
        return _show_channels(args, [item for item in self._list_visible(args) if user in item.members])

    def list_users(self, args: Args) -> Json:
        """List everybody, bots too: https://docs.slack.dev/reference/methods/users.list."""
        page, cursor = take_page(args, list(self.state.users.values()))
        with_locale = args.is_set("include_locale")
        members = [show_user(user, with_locale=with_locale) for user in page]
        now = int(self.state.clock())
        return {"members": members, "cache_ts": now, "response_metadata": {"next_cursor": cursor}}

    def describe_bot(self, args: Args) -> Json:
        """Describe the bot, by its B-id: https://docs.slack.dev/reference/methods/bots.info."""
        if args.text("bot") != BOT_ID:
            raise ApiError("bot_not_found")
        name = self.state.users[BOT_USER].real_name
        bot = {"id": BOT_ID, "deleted": False, "name": name, "updated": 0, "app_id": APP_ID, "user_id": BOT_USER}
        return {"bot": {**bot, "icons": {}}}

    def describe_team(self, args: Args) -> Json:
        """Describe the team: https://docs.slack.dev/reference/methods/team.info."""
        if args.text("team") not in ("", TEAM_ID):
            raise ApiError("team_not_found")
        return {"team": {"id": TEAM_ID, "name": TEAM_DOMAIN, "domain": TEAM_DOMAIN, "email_domain": "", "icon": {}}}

    def list_files(self, args: Args) -> Json:
        """List completed files, the newest first, page by page: https://docs.slack.dev/reference/methods/files.list."""
        user, channel = args.text("user"), args.text("channel")
        count, page = max(args.number("count", 100), 1), max(args.number("page", 1), 1)
        found = [
            show_file(file)
            for file in reversed(self.state.files.values())
            if file.is_complete and user in ("", file.user) and (not channel or channel in file.channels)
        ]
        paging = {"count": count, "total": len(found), "page": page, "pages": -(-len(found) // count)}
        return {"files": found[(page - 1) * count : page * count], "paging": paging}

    def _list_visible(self, args: Args) -> list[Channel]:
        kinds = self._read_kinds(args)
        is_hidden = args.is_set("exclude_archived")
        return [
            channel
            for channel in self.state.channels.values()
            if channel.kind in kinds
            and (channel.kind is ChannelKind.PUBLIC or BOT_USER in channel.members)
            and not (is_hidden and channel.is_archived)
        ]

    def _read_kinds(self, args: Args) -> set[ChannelKind]:
        """Read ``types``; each needs its own scope."""
        names = [name.strip() for name in (args.text("types") or "public_channel").split(",")]
        if not set(names) <= {*_KINDS, _MPIM}:
            raise ApiError("invalid_types")
        kinds = [_KINDS[name] for name in names if name != _MPIM]
        for kind in kinds:
            self.access.require_scope([READ_SCOPES[kind]])
        return set(kinds)


def _show_channels(args: Args, channels: Iterable[Channel]) -> Json:
    page, cursor = take_page(args, list(channels))
    return {"channels": list(map(show_channel, page)), "response_metadata": {"next_cursor": cursor}}
