"""Where the bot may read and write: scopes, membership and archives, with Slack's words for a no."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from typing import Final

from bot.demo.workspace.args import ApiError
from bot.demo.workspace.state import State
from bot.demo.workspace.world import BOT_USER, Channel, ChannelKind

_HISTORY_SCOPES: Final = {
    ChannelKind.PUBLIC: "channels:history",
    ChannelKind.PRIVATE: "groups:history",
    ChannelKind.DM: "im:history",
}
READ_SCOPES: Final = {
    ChannelKind.PUBLIC: "channels:read",
    ChannelKind.PRIVATE: "groups:read",
    ChannelKind.DM: "im:read",
}


class Access:
    """The bot's rights; ``scopes`` is looked at anew for every call."""

    def __init__(self, state: State, scopes: AbstractSet[str]) -> None:
        self._state = state
        self._scopes = scopes

    def require_scope(self, scopes: Collection[str]) -> None:
        """Refuse the call unless one of ``scopes`` is granted; none named means that none is needed."""
        if scopes and not self._scopes & set(scopes):
            raise ApiError("missing_scope", needed=next(iter(scopes)), provided=",".join(sorted(self._scopes)))

    def get_visible(self, channel_id: str) -> Channel:
        """Return a channel that the bot can see."""
        channel = self._state.channels.get(channel_id)
        if channel is None or not (channel.kind is ChannelKind.PUBLIC or BOT_USER in channel.members):
            raise ApiError("channel_not_found")
        return channel

    def get_writable(self, channel_id: str) -> Channel:
        """Return a channel that the bot may post to."""
        channel = self.get_visible(channel_id)
        if channel.is_archived:
            raise ApiError("is_archived")
        if BOT_USER not in channel.members and "chat:write.public" not in self._scopes:
            raise ApiError("not_in_channel")
        return channel

    def get_joined(self, channel_id: str) -> Channel:
        """Return a channel that the bot is a member of."""
        channel = self.get_visible(channel_id)
        if channel.is_archived:
            raise ApiError("is_archived")
        if BOT_USER not in channel.members:
            raise ApiError("not_in_channel")
        return channel

    def get_history(self, channel_id: str) -> Channel:
        """Return a channel whose messages the bot may read."""
        channel = self.get_visible(channel_id)
        self.require_scope([_HISTORY_SCOPES[channel.kind]])
        if BOT_USER not in channel.members:
            raise ApiError("not_in_channel")
        return channel

    def get_described(self, channel_id: str) -> Channel:
        """Return a channel whose name and members the bot may read."""
        channel = self.get_visible(channel_id)
        self.require_scope([READ_SCOPES[channel.kind]])
        return channel
