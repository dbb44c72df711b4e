"""Who and what is in the workspace at the start: a team, two people, the bot, and their channels."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

TEAM_ID: Final = "T1"
TEAM_DOMAIN: Final = "demo"
APP_ID: Final = "A1"
BOT_ID: Final = "B1"
BOT_USER: Final = "UBOT"
SLACKBOT_USER: Final = "USLACKBOT"


class ChannelKind(StrEnum):
    """What Slack calls ``channel_type``."""

    PUBLIC = "channel"
    PRIVATE = "group"
    DM = "im"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person or a bot; ``locale`` as Slack names it, such as ``uk-UA``.

    A guest is confined to one channel, or to several if ``is_multi_channel``.
    """

    id: str
    name: str
    real_name: str
    locale: str = "en-US"
    tz: str = "Europe/Kyiv"
    team_id: str = TEAM_ID
    is_bot: bool = False
    is_guest: bool = False
    is_multi_channel: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A conversation and the ids of its members; ``is_shared`` means Slack Connect."""

    id: str
    name: str
    kind: ChannelKind
    members: frozenset[str]
    is_archived: bool = False
    is_shared: bool = False


USERS: Final = (
    User(id="U1", name="olena", real_name="Olena", locale="uk-UA"),
    User(id="U2", name="max", real_name="Max", locale="en-US"),
    User(id=BOT_USER, name="prototype", real_name="Prototype", is_bot=True),
)
_PEOPLE: Final = frozenset({"U1", "U2"})
CHANNELS: Final = (
    Channel(id="C1", name="general", kind=ChannelKind.PUBLIC, members=_PEOPLE | {BOT_USER}),
    Channel(id="C2", name="random", kind=ChannelKind.PUBLIC, members=_PEOPLE),
    Channel(id="G1", name="secret", kind=ChannelKind.PRIVATE, members=_PEOPLE),
    Channel(
        id="CARCH",
        name="old",
        kind=ChannelKind.PUBLIC,
        members=_PEOPLE | {BOT_USER},
        is_archived=True,
    ),
    Channel(id="D1", name="directmessage", kind=ChannelKind.DM, members=frozenset({"U1", BOT_USER})),
    Channel(id="D2", name="directmessage", kind=ChannelKind.DM, members=frozenset({"U2", BOT_USER})),
    Channel(id="D3", name="directmessage", kind=ChannelKind.DM, members=_PEOPLE),
)
# What an app made from the manifest is granted, optional scopes included, without chat:write.public.
SCOPES: Final = frozenset(
    {
        "app_mentions:read",
        "assistant:write",
        "channels:history",
        "chat:write",
        "commands",
        "files:write",
        "groups:history",
        "im:history",
        "im:write",
        "reactions:write",
        "users:read",
    }
)
# The bot's event subscriptions; message.channels and message.groups are for a test to add.
SUBSCRIPTIONS: Final = frozenset(
    {
        "agent_session_stopped",
        "app_home_opened",
        "app_mention",
        "app_uninstalled",
        "message.im",
        "tokens_revoked",
    }
)
