"""``app_uninstalled`` and ``tokens_revoked``: a workspace has done with the bot, and everything of it is to be erased.

Either may come first, alone, or long after the app was installed anew: Slack delivers late, and again. So nothing is
removed while the token still works. https://docs.slack.dev/reference/events/app_uninstalled

``team_access_revoked`` is the same of some workspaces of an organisation, whose token goes on to work for the others:
https://docs.slack.dev/reference/events/team_access_revoked
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog
from slack_bolt.async_app import AsyncApp

from handlers.payloads import read_enterprise, read_team

_ACCESS_REVOKED: Final = "team_access_revoked"
_audit: Final = structlog.get_logger("audit")


class TeamErasures(Protocol):
    """Where it is kept that something is to be erased."""

    async def request_team(self, team: str, *, by: str) -> None:
        """Have everything of a workspace erased; raises StoreError."""
        ...


class Departures(Protocol):
    """Who has gone; raises SlackError and StoreError where nobody can tell."""

    async def list_gone(self, team: str, enterprise: str | None) -> list[str]:
        """List the workspaces that are not served any more; none while the bot's token still works."""
        ...

    async def close(self, team: str, enterprise: str | None) -> None:
        """Delete the installation."""
        ...

    async def list_lost(self, teams: Collection[str], enterprise: str) -> list[str]:
        """List those workspaces of an organisation that were served, and that its token does not reach any more."""
        ...

    async def drop(self, teams: Collection[str], enterprise: str) -> None:
        """Serve workspaces by their organisation's installation no more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Uninstalls:
    """The listeners."""

    departures: Departures
    erasures: TeamErasures

    def register(self, app: AsyncApp) -> None:
        """Attach the listeners."""
        app.event("app_uninstalled")(self.uninstall)
        app.event("tokens_revoked")(self.revoke)
        app.event(_ACCESS_REVOKED)(self.lose_access)

    async def uninstall(self, body: dict[str, Any]) -> None:
        """Remove the installation, and have everything of its workspaces erased."""
        await self._remove(body, by="app_uninstalled")

    async def revoke(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Do the same where it was the bot's token; those of people are none of ours."""
        tokens = event.get("tokens")
        if isinstance(tokens, dict) and tokens.get("bot"):
            await self._remove(body, by="tokens_revoked")

    async def lose_access(self, event: dict[str, Any], body: dict[str, Any]) -> None:
        """Have everything of those workspaces erased that the organisation's token does not reach any more."""
        enterprise, named = read_enterprise(body) or "", sorted({str(team) for team in event["team_ids"]})
        lost = await self.departures.list_lost(named, enterprise)
        for team in lost:
            await self.erasures.request_team(team, by=_ACCESS_REVOKED)
        await self.departures.drop(lost, enterprise)
        for team in named:
            _note(team, by=_ACCESS_REVOKED, is_gone=team in lost)

    async def _remove(self, body: dict[str, Any], *, by: str) -> None:
        """Have the data erased before the installation goes: the event comes again if either fails."""
        team, enterprise = read_team(body), read_enterprise(body)
        teams = await self.departures.list_gone(team, enterprise)
        for served in teams:
            await self.erasures.request_team(served, by=by)
        if teams:
            await self.departures.close(team, enterprise)
        _note(team or enterprise, by=by, is_gone=bool(teams))


def _note(subject: str | None, *, by: str, is_gone: bool) -> None:
    """Say in the audit stream who has gone, or has not."""
    _audit.info("uninstalled", actor="slack", action=by, object=subject, decision="allowed" if is_gone else "left")
