"""What admins see and do in the App Home; for others there is nothing, and a click of theirs does nothing."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.audit import note_act
from bot.core.admission import Roster, Visitor
from bot.core.blocks import build_notice, explain
from bot.core.controls import PAUSE_ACTION, RESUME_ACTION
from bot.core.models import TeamGlance
from bot.core.overview import Budgets, Overview
from bot.core.texts import Language
from bot.errors import StoreError
from handlers.telling import Telling
from handlers.visitors import read_visitor

_MOST: Final = 20


class Pauses(Protocol):
    """Which workspaces are paused; raises :class:`bot.errors.StoreError`."""

    async def pause(self, team: str, *, by: str) -> None:
        """Take no more requests of a workspace."""
        ...

    async def resume(self, team: str) -> None:
        """Take requests again."""
        ...

    async def find(self, team: str) -> str | None:
        """Tell who has paused a workspace, if somebody has."""
        ...


class TeamRequests(Protocol):
    """What is known of a workspace's requests; raises :class:`bot.errors.StoreError`."""

    async def list_team(self, team: str, *, most: int) -> list[TeamGlance]:
        """List what everybody of a workspace asked for last, newest first."""
        ...

    async def count_calls(self, team: str) -> int:
        """Count the CodeMie calls that a workspace has made today."""
        ...


class Front(Protocol):
    """The App Home."""

    async def publish(self, visitor: Visitor, context: AsyncBoltContext, client: AsyncWebClient) -> None:
        """Show somebody their home as it is now; never fails."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Oversight:
    """Looks at a workspace for those who may."""

    roster: Roster
    pauses: Pauses
    requests: TeamRequests
    budgets: Budgets

    async def look(self, visitor: Visitor) -> Overview | None:
        """Look at the visitor's workspace; ``None`` for whoever is no admin of it. Raises StoreError."""
        if not self.roster.has(visitor):
            return None
        return Overview(
            paused_by=await self.pauses.find(visitor.home),
            calls=await self.requests.count_calls(visitor.home),
            budgets=self.budgets,
            requests=await self.requests.list_team(visitor.home, most=_MOST),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """The listeners of the two buttons."""

    roster: Roster
    pauses: Pauses
    home: Front
    telling: Telling
    language: Language

    def register(self, app: AsyncApp) -> None:
        """Attach the listeners."""
        app.action(PAUSE_ACTION)(self.pause)
        app.action(RESUME_ACTION)(self.resume)

    async def pause(
        self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, client: AsyncWebClient
    ) -> None:
        """Take nothing new in the workspace of an admin."""
        await self._answer(ack, body, context, client, is_paused=True)

    async def resume(
        self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, client: AsyncWebClient
    ) -> None:
        """Take requests again."""
        await self._answer(ack, body, context, client, is_paused=False)

    async def _answer(
        self,
        ack: AsyncAck,
        body: dict[str, Any],
        context: AsyncBoltContext,
        client: AsyncWebClient,
        *,
        is_paused: bool,
    ) -> None:
        """Change it for an admin, acknowledge, and show the home as it is now; for others do nothing."""
        visitor = read_visitor(body, context)
        is_allowed, action = self.roster.has(visitor), "pause" if is_paused else "resume"
        try:
            if is_allowed:
                await self._set(visitor, is_paused=is_paused)
        except StoreError as error:
            note_act(action, actor=visitor.user, object=visitor.home, decision=error.code)
            await ack()
            await self.telling.tell(build_notice(explain(error, language=self.language)), body, client)
            return
        note_act(action, actor=visitor.user, object=visitor.home, decision="done" if is_allowed else "refused")
        await ack()
        if is_allowed:
            await self.home.publish(visitor, context, client)

    async def _set(self, visitor: Visitor, *, is_paused: bool) -> None:
        if is_paused:
            await self.pauses.pause(visitor.home, by=visitor.user)
        else:
            await self.pauses.resume(visitor.home)
