"""Who may ask for prototypes: the lists of the settings, guests, and people of other organisations.

What Slack tells of people of another organisation: https://docs.slack.dev/apis/slack-connect
"""

from dataclasses import dataclass
from typing import Final

from bot.errors import ChannelNotAdmitted, GuestNotAdmitted, NotAdmitted, StrangerNotAdmitted

# What ids of direct messages begin with: those with the bot, and between people, where it may not post.
_DIRECT: Final = "D"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Who is let in, by ids; an empty list lets everybody in. Teams are workspaces or organisations."""

    teams: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    has_guests: bool = False
    has_strangers: bool = False

    @property
    def needs_standing(self) -> bool:
        """Whether it matters who somebody is, which Slack has to be asked for."""
        return not (self.has_guests and self.has_strangers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who acts, as a payload tells.

    ``home`` is the workspace that the bot is installed in, ``org`` the organisation of that, if it is in one; ``name``
    is their handle, or else their id. ``teams``
    are the workspaces and organisations that the payload says the person belongs to, none where it does not say.
    """

    home: str
    user: str
    name: str = ""
    org: str | None = None
    teams: frozenset[str] = frozenset()

    @property
    def own_teams(self) -> frozenset[str]:
        """The workspace that the bot is installed in, and its organisation."""
        return frozenset({self.home, self.org or self.home})

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether the payload names another workspace; the directory may know that it is of the same organisation."""
        return not self.teams <= self.own_teams


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The admins: ids of people, or of a workspace and a person with a colon between them."""

    admins: frozenset[str] = frozenset()

    def has(self, visitor: Visitor) -> bool:
        """Tell whether somebody is an admin of the workspace that the bot is installed in."""
        return not self.admins.isdisjoint({visitor.user, f"{visitor.home}:{visitor.user}"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who somebody is, as Slack's directory has it; ``team`` and ``org`` are their own, empty where it does not say."""

    team: str
    org: str = ""
    is_guest: bool = False
    is_stranger: bool = False


def find_refusal(
    rules: Rules, visitor: Visitor, *, channel: str | None, standing: Standing | None
) -> NotAdmitted | None:
    """Return why somebody may not ask, if they may not.

    ``channel`` is where the result goes, ``None`` while that is not chosen. ``standing`` is ``None`` where the
    directory may not be read: then what the payload says has to do, and guests can't be told from members.
    """
    teams = _find_foreign_teams(visitor, standing)
    if teams is not None and not rules.has_strangers:
        return StrangerNotAdmitted("of another organisation")
    if standing is not None and standing.is_guest and not rules.has_guests:
        return GuestNotAdmitted("a guest")
    if rules.teams and not rules.teams & (visitor.own_teams if teams is None else teams):
        return NotAdmitted("of a workspace that is not on the list")
    if rules.users and visitor.user not in rules.users:
        return NotAdmitted("not on the list")
    if rules.channels and channel is not None and not _is_open(rules, channel):
        return ChannelNotAdmitted("a channel that is not on the list")
    return None


def _is_open(rules: Rules, channel: str) -> bool:
    """Tell whether results may go to a channel; those of direct messages reach nobody else."""
    return channel in rules.channels or channel.startswith(_DIRECT)


def _find_foreign_teams(visitor: Visitor, standing: Standing | None) -> frozenset[str] | None:
    """Return the teams of somebody of another organisation; ``None`` for one of ours.

    A payload may name another workspace of our own organisation; the directory then tells that it is ours.
    """
    if standing is None:
        return visitor.teams if visitor.is_from_elsewhere else None
    if standing.org and visitor.org:
        return None if standing.org == visitor.org else frozenset({standing.team, standing.org})
    listed = {standing.team} - {""}
    if standing.is_stranger or (listed | visitor.teams) - visitor.own_teams:
        return frozenset(listed | visitor.teams)
    return None
