"""What is arranged in a workspace from outside: who is a member of what, and how people have set up their Slack."""

from dataclasses import replace

from bot.demo.workspace.state import State
from bot.demo.workspace.world import BOT_USER


class Arranging:
    """Changes what people and channels are; the bot is told of none of it."""

    state: State

    def invite_bot(self, channel: str) -> None:
        """Make the bot a member."""
        found = self.state.channels[channel]
        self.state.set_channel(replace(found, members=found.members | {BOT_USER}))

    def remove_bot(self, channel: str) -> None:
        """Take the bot out of a channel."""
        found = self.state.channels[channel]
        self.state.set_channel(replace(found, members=found.members - {BOT_USER}))

    def set_locale(self, user: str, locale: str) -> None:
        """Let a person use Slack in another language, named as Slack does, such as ``uk-UA``."""
        self.state.set_user(replace(self.state.users[user], locale=locale))
