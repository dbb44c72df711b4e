"""Workspaces that have done with the bot: told from those that an event of Slack's only speaks of."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.installations import Installations
from bot.slack.departures import is_dead, list_reached
from bot.slack.installation import Installation
from bot.slack.token_desk import TokenDesk
from bot.slack.workspaces import Asked, Workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Departures:
    """Finds who has gone, and closes what is kept of their installation; raises SlackError and StoreError.

    Without ``installations`` there is the workspace of the token in the settings only.
    """

    workspaces: Workspaces
    installations: Installations | None = None
    desk: TokenDesk | None = None

    async def is_served(self, team: str) -> bool:
        """Tell whether a workspace has the bot, which its token works for."""
        return not await is_dead(self.workspaces.get(team).client)

    async def list_gone(self, team: str, enterprise: str | None) -> list[str]:
        """List the workspaces that are not served any more; none while the bot's token still works."""
        found = await self._find(team, enterprise)
        if await self.is_served(team or (found.id if found else "")):
            return []
        return [team] if self.installations is None or found is None else await self.installations.list_served(found)

    async def close(self, team: str, enterprise: str | None) -> None:
        """Delete the installation."""
        found = await self._find(team, enterprise)
        if found is None or self.installations is None or self.desk is None:
            return
        served = await self.installations.list_served(found)
        await self.installations.remove(found)
        for one in served:
            self.desk.forget(one)

    async def list_lost(self, teams: Collection[str], enterprise: str) -> list[str]:
        """List those workspaces of an organisation that were served, and that its token does not reach any more."""
        found = await self._find("", enterprise)
        if self.installations is None or found is None:
            return []
        reached = await list_reached(self.workspaces.get(found.id).client)
        return [team for team in await self.installations.list_served(found) if team in teams and team not in reached]

    async def drop(self, teams: Collection[str], enterprise: str) -> None:
        """Serve workspaces by their organisation's installation no more."""
        if self.installations is None or self.desk is None:
            return
        await self.installations.drop_members(enterprise, teams)
        for team in teams:
            self.desk.forget(team)

    async def _find(self, team: str, enterprise: str | None) -> Installation | None:
        if self.installations is None:
            return None
        return await self.installations.find(Asked(team=team, enterprise=enterprise))
