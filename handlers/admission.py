"""Whether somebody may ask: by the rules of the settings, and by what Slack tells of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.core.admission import Rules, Standing, Visitor, find_refusal
from bot.errors import AdmissionUnknown, NotAdmitted, SlackError


class Standings(Protocol):
    """Where it is known who people are."""

    async def find_standing(self, user: str) -> Standing | None:
        """Return who somebody is, ``None`` where the bot may not ask; raises SlackError where that is not known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Decides, within a second; whom Slack has told of before is not kept out by an outage of Slack's."""

    rules: Rules
    find_people: Callable[[str], Standings]

    async def find_refusal(self, visitor: Visitor, *, channel: str | None) -> NotAdmitted | None:
        """Return why somebody may not ask for a result in a channel, if they may not; never fails."""
        standing = None
        if self.rules.needs_standing:
            try:
                standing = await self.find_people(visitor.home).find_standing(visitor.user)
            except SlackError as error:
                return AdmissionUnknown(error.reason or "")
        return find_refusal(self.rules, visitor, channel=channel, standing=standing)
