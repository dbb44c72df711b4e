"""Many workspaces: those that have installed the app, and the one whose token stands in the settings, if one does."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import SecretStr
from slack_bolt.authorization import AuthorizeResult

from bot.errors import NotInstalled
from bot.slack.connection import Bearer
from bot.slack.identity import Identity
from bot.slack.token_desk import DeskBearer, TokenDesk
from bot.slack.workspaces import Asked, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The workspace of the token in the settings, which needs no installation through OAuth."""

    bearer: Bearer
    identity: Identity

    def is_it(self, team: str | None) -> bool | None:
        """Tell whether a workspace is this one; ``None`` while Slack has not told which it is."""
        return None if self.identity.team is None else team == self.identity.team

    async def find_out(self, team: str | None) -> bool:
        """Tell the same, asking Slack where it has not told; raises :class:`~bot.errors.SlackError`."""
        return (await self.identity.authorize()).team_id == team


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledWorkspaces:
    """Knows each workspace by its installation; ``open_workspace`` makes what talks to one, by its token."""

    desk: TokenDesk
    open_workspace: Callable[[Bearer], Workspace]
    own: Own | None = None
    _open: dict[str, Workspace] = field(default_factory=dict)

    def get(self, team: str) -> Workspace:
        """Return what talks to a workspace, the same each time."""
        if team not in self._open:
            self._open[team] = self.open_workspace(self._make_bearer(team))
        return self._open[team]

    async def authorize(self, asked: Asked) -> AuthorizeResult:
        """Return who the bot is where a request is from."""
        if self.own is None:
            return (await self.desk.find(asked)).describe()
        if self.own.is_it(asked.team):
            return await self.own.identity.authorize()
        try:
            return (await self.desk.find(asked)).describe()
        except NotInstalled:
            if self.own.is_it(asked.team) is not None or (result := await self._ask_own()).team_id != asked.team:
                raise
            return result

    async def _ask_own(self) -> AuthorizeResult:
        assert self.own is not None  # noqa: S101 - asked only where there is one
        return await self.own.identity.authorize()

    def _make_bearer(self, team: str) -> Bearer:
        bearer = DeskBearer(desk=self.desk, team=team)
        return bearer if self.own is None else _OwnOrInstalled(own=self.own, installed=bearer)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OwnOrInstalled:
    """The token of a workspace that may be the one of the settings, which may not be known yet at the start."""

    own: Own
    installed: DeskBearer

    async def read(self) -> SecretStr:
        return await (await self._choose()).read()

    async def renew(self, refused: SecretStr) -> SecretStr:
        return await (await self._choose()).renew(refused)

    async def _choose(self) -> Bearer:
        """Choose; where Slack has not told whose the token of the settings is, an installation comes first."""
        is_own = self.own.is_it(self.installed.team)
        if is_own is None:
            try:
                await self.installed.desk.find(Asked(team=self.installed.team))
            except NotInstalled:
                is_own = True
        return self.own.bearer if is_own else self.installed
