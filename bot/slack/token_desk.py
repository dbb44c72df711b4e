"""The bot tokens of those who have installed the app, as they stand: looked up, and renewed ahead of their end.

A refresh token serves once. So who renews claims it in the database first; others go on with the token that there is,
or wait where it has ended. Nobody holds a transaction open while Slack is asked. What Slack answers is kept even where
whoever called for it has given up by then, as calls do that have to be acknowledged in time.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import structlog
from pydantic import SecretStr

from bot.errors import NotInstalled, SlackError, SlackUnavailable
from bot.slack.installation import Installation, Tokens, Welcome
from bot.slack.workspaces import Asked

# Tokens last for twelve hours: https://docs.slack.dev/authentication/using-token-rotation
AHEAD_S: Final = 2 * 3_600.0
# For how long an installation is taken to be what it was, unless Slack refuses its token.
_KEPT_S: Final = 60.0
# Who claims a refresh token has this long; a process that dies with one holds up nobody for longer.
CLAIM_S: Final = 30.0
_POLL_S: Final = 0.2
_LONGEST_S: Final = 10.0
# Within the time that a stop may take.
_LONGEST_SETTLING_S: Final = 5.0
_log: Final = structlog.get_logger("slack")


class Shelf(Protocol):
    """Where installations are kept; its methods raise :class:`~bot.errors.StoreError`."""

    async def find(self, asked: Asked) -> Installation | None:
        """Find the installation that serves a workspace; raises NotInstalled for one whose tokens can't be read."""
        ...

    async def claim(self, installation: Installation, *, for_s: float) -> bool:
        """Claim the renewal of tokens; false where somebody else has, or they are other tokens by now."""
        ...

    async def renew(self, installation: Installation, tokens: Tokens) -> Installation:
        """Keep new tokens; return the installation as it is now."""
        ...


class Renewer(Protocol):
    """Where tokens come from."""

    async def refresh(self, refresh: SecretStr) -> Tokens:
        """Exchange a refresh token; raises SlackError."""
        ...


@dataclass(slots=True)
class _Kept:
    installation: Installation
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenDesk:
    """Gives out tokens by workspace; raises NotInstalled for those that have not installed the app, or are not welcome.

    ``clock`` tells the time, by which tokens end.
    """

    shelf: Shelf
    renewer: Renewer
    welcome: Welcome
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _kept: dict[str, _Kept] = field(default_factory=dict)
    _looks: dict[str, object] = field(default_factory=dict)
    _renewing: set[asyncio.Task[Installation | None]] = field(default_factory=set)

    async def find(self, asked: Asked) -> Installation:
        """Find the installation that serves a workspace; one that was found is remembered for a minute."""
        key = asked.team or asked.enterprise or ""
        kept = self._kept.get(key)
        if kept is None or self.clock() >= kept.until_s:
            kept = await self._look_anew(key, asked)
        return kept.installation

    async def read(self, team: str) -> SecretStr:
        """Return the token for the next call in a workspace."""
        installation = await self.find(Asked(team=team))
        left_s = installation.tokens.count_left_s(self.clock())
        if left_s is not None and left_s < AHEAD_S:
            installation = await self._renew(team, installation, may_wait=left_s <= 0)
        return installation.tokens.bot

    async def replace(self, team: str, refused: SecretStr) -> SecretStr:
        """Return the token to try after one that Slack has refused: another process may have renewed it."""
        self.forget(team)
        installation = await self.find(Asked(team=team))
        if installation.tokens.bot == refused and installation.tokens.refresh is not None:
            installation = await self._renew(team, installation, may_wait=True)
        return installation.tokens.bot

    def forget(self, team: str) -> None:
        """Look an installation up anew the next time."""
        self._kept.pop(team, None)
        self._looks.pop(team, None)

    async def settle(self) -> None:
        """Let renewals end that are under way, so that none is lost when the process stops; never fails."""
        if self._renewing:
            await asyncio.wait(self._renewing, timeout=_LONGEST_SETTLING_S)

    async def _look_anew(self, key: str, asked: Asked) -> _Kept:
        """Look an installation up, and remember it unless it is to be forgotten by then."""
        mark = self._looks[key] = object()
        try:
            kept = _Kept(await self._look(asked), self.clock() + _KEPT_S)
        finally:
            is_last = self._looks.pop(key, None) is mark
        if is_last:
            self._kept[key] = kept
        return kept

    async def _look(self, asked: Asked) -> Installation:
        installation = await self.shelf.find(asked)
        if installation is None:
            raise NotInstalled(reason="not_installed")
        if not self.welcome.includes(installation):
            raise NotInstalled(reason="not_welcome")
        return installation

    async def _renew(self, team: str, installation: Installation, *, may_wait: bool) -> Installation:
        """Renew the tokens, unless somebody else is at it; return the installation to go on with."""
        task = asyncio.create_task(self._refresh(installation, is_needed=may_wait))  # noqa: TID251 - held until it ends
        self._renewing.add(task)
        task.add_done_callback(self._end)
        renewed = await asyncio.shield(task)
        if renewed is None:
            if not may_wait:
                return installation
            renewed = await self._wait(team, installation)
        self._kept[team] = _Kept(renewed, self.clock() + _KEPT_S)
        return renewed

    def _end(self, task: asyncio.Task[Installation | None]) -> None:
        """Let go of a renewal; how it failed was logged, and nobody may be left to hear of it."""
        self._renewing.discard(task)
        if not task.cancelled():
            task.exception()

    async def _refresh(self, installation: Installation, *, is_needed: bool) -> Installation | None:
        """Exchange the refresh token, unless somebody else has claimed it: ``None``.

        A failure matters only once the bot token has ended.
        """
        if not await self.shelf.claim(installation, for_s=CLAIM_S):
            return None
        refresh = installation.tokens.refresh
        try:
            if refresh is None:
                raise NotInstalled(reason="no_refresh_token")
            tokens = await self.renewer.refresh(refresh)
        except SlackError as error:
            _log.warning("token_not_renewed", installation=installation.id, reason=error.reason)
            if not is_needed:
                return installation
            if isinstance(error, SlackUnavailable | NotInstalled):
                raise
            raise NotInstalled(reason=error.reason) from error
        kept = await self.shelf.renew(installation, replace(tokens, refresh=tokens.refresh or refresh))
        _log.info("token_renewed", installation=installation.id)
        return kept

    async def _wait(self, team: str, installation: Installation) -> Installation:
        """Wait for the token that somebody else is about to keep."""
        deadline_s = self.clock() + _LONGEST_S
        while self.clock() < deadline_s:
            await self.sleep(_POLL_S)
            found = await self._look(Asked(team=team))
            if found.version != installation.version:
                return found
        raise SlackUnavailable(reason="token_expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskBearer:
    """The token of one workspace, from the desk."""

    desk: TokenDesk
    team: str

    async def read(self) -> SecretStr:
        """Return the token for the next call."""
        return await self.desk.read(self.team)

    async def renew(self, refused: SecretStr) -> SecretStr:
        """Return the token to try after one that was refused."""
        return await self.desk.replace(self.team, refused)
