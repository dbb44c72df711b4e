"""The workspace as one person sees it, as JSON: the whole of it, or parts of it by name.

docs/playground.md has the shape. What a person is not in is not shown to them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from bot.core.texts import Language
from bot.demo.playground.menu import COMMANDS, SHORTCUTS
from bot.demo.workspace import (
    BOT_ID,
    BOT_USER,
    TEAM_ID,
    Channel,
    ChannelKind,
    Ephemeral,
    EphemeralSource,
    Json,
    Message,
    User,
    Workspace,
)
from bot.demo.workspace.objects import show_channel, show_message, show_user, show_view
from bot.demo.workspace.world import SLACKBOT_USER

_KINDS: Final = {ChannelKind.PUBLIC: "public", ChannelKind.PRIVATE: "private", ChannelKind.DM: "dm"}
_SLACKBOT: Final = User(id=SLACKBOT_USER, name="slackbot", real_name="Slackbot", is_bot=True)
_PROCESSING: Final = "processing"

# A channel and a timestamp.
Place = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What ``me`` sees of a workspace; every part is read anew when it is asked for."""

    workspace: Workspace
    me: str

    def show(self, names: Iterable[str] | None = None) -> Json:
        """Show the parts of these names, or all."""
        parts: Mapping[str, Callable[[], object]] = {
            "me": lambda: self.me,
            "locale": lambda: self.workspace.state.users[self.me].locale,
            "language": self._show_language,
            "team": lambda: {"id": TEAM_ID, "name": "Demo"},
            "bot": lambda: BOT_USER,
            "commands": lambda: list(COMMANDS),
            "shortcuts": lambda: list(SHORTCUTS),
            "users": self._show_users,
            "channels": self._show_channels,
            "whispers": self._show_whispers,
            "statuses": self._show_statuses,
            "prompts": self._show_prompts,
            "views": self._show_views,
            "home": self._show_home,
            "files": self._show_files,
        }
        return {name: parts[name]() for name in (parts if names is None else names)}

    def show_messages(self, places: Iterable[Place] | None = None) -> Json:
        """Show messages by channel and timestamp; all there are, or those at ``places``, ``None`` for what is gone."""
        if places is None:
            places = [
                (channel.id, message.ts)
                for channel in self._list_channels()
                for message in self.workspace.state.get_messages(channel.id)
            ]
        shown: dict[str, Json] = {}
        visible = self._list_visible()
        for channel, ts in places:
            if channel in visible:
                shown.setdefault(channel, {})[ts] = self._show_message(channel, ts)
        return shown

    def _show_message(self, channel: str, ts: str) -> Json | None:
        message = self.workspace.state.find_message(channel, ts)
        return show_message(self.workspace.state, message, with_metadata=False) if message else None

    def _list_channels(self) -> list[Channel]:
        return [channel for channel in self.workspace.state.channels.values() if self.me in channel.members]

    def _list_visible(self) -> set[str]:
        """List the ids of the channels that the person is in."""
        return {channel.id for channel in self._list_channels()}

    def _show_language(self) -> str:
        locale = self.workspace.state.users[self.me].locale
        return Language.UKRAINIAN if locale.startswith("uk") else Language.ENGLISH

    def _show_users(self) -> Json:
        users = (*self.workspace.state.users.values(), _SLACKBOT)
        return {user.id: show_user(user, with_locale=True) for user in users}

    def _show_channels(self) -> Json:
        return {channel.id: self._show_channel(channel) for channel in self._list_channels()}

    def _show_channel(self, channel: Channel) -> Json:
        shown = {
            **show_channel(channel),
            "kind": _KINDS[channel.kind],
            "has_bot": BOT_USER in channel.members,
        }
        if channel.kind is ChannelKind.DM:
            other = min(channel.members - {self.me})
            shown |= {"user": other, "name": self.workspace.state.users[other].real_name}
        return shown

    def _show_whispers(self) -> list[Json]:
        return [_show_whisper(self.workspace, item) for item in self.workspace.ephemerals if item.user == self.me]

    def _show_prompts(self) -> dict[str, list[Json]]:
        visible = self._list_visible()
        return {channel: offered for channel, offered in self.workspace.suggested_prompts.items() if channel in visible}

    def _show_statuses(self) -> list[Json]:
        visible = self._list_visible()
        sessions = {place for place, state in self.workspace.sessions.items() if state == _PROCESSING}
        places = {place for place in sessions | set(self.workspace.statuses) if place[0] in visible}
        return [self._show_status(place, can_stop=place in sessions) for place in sorted(places)]

    def _show_status(self, place: Place, *, can_stop: bool) -> Json:
        status = self.workspace.status(*place)
        return {
            "channel": place[0],
            "thread_ts": place[1],
            "text": status.text if status else "",
            "loading_messages": list(status.loading_messages) if status else [],
            "can_stop": can_stop,
        }

    def _show_views(self) -> list[Json]:
        return [{**show_view(view), "errors": view.errors} for view in self.workspace.find_view_stack(self.me)]

    def _show_home(self) -> Json | None:
        home = self.workspace.published_homes.get(self.me)
        return show_view(home) if home else None

    def _show_files(self) -> Json:
        complete = [file for file in self.workspace.files.values() if file.is_complete and file.content is not None]
        return {file.id: f"/files/{file.id}" for file in complete}


def _show_whisper(workspace: Workspace, item: Ephemeral) -> Json:
    message = Message(
        channel=item.channel,
        ts=item.ts,
        user=SLACKBOT_USER if item.source is EphemeralSource.SLACK else BOT_USER,
        bot_id=None if item.source is EphemeralSource.SLACK else BOT_ID,
        text=item.text,
        blocks=item.blocks,
        thread_ts=item.thread_ts,
    )
    return {**show_message(workspace.state, message), "channel": item.channel, "is_ephemeral": True}
