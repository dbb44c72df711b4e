"""The App Home, and what is offered in the Messages tab beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.admission import Visitor
from bot.core.block_kit import Block
from bot.core.blocks import explain
from bot.core.overview import Overview
from bot.core.texts import speak
from bot.core.views import build_home
from bot.errors import SlackError, StoreError
from bot.slack.suggestions import Suggestions
from bot.slack.windows import publish_home
from handlers.administration import Oversight
from handlers.intake import Intake
from handlers.languages import Languages
from handlers.recents import Recents
from handlers.visitors import read_visitor

_log: Final = structlog.get_logger("home")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The listener of whoever opens the app."""

    intake: Intake
    languages: Languages
    recents: Recents
    oversight: Oversight
    find_suggestions: Callable[[str], Suggestions]

    def register(self, app: AsyncApp) -> None:
        """Attach the listener."""
        app.event("app_home_opened")(self.show)

    async def show(
        self, event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext, client: AsyncWebClient
    ) -> None:
        """Fill the Home tab each time it is opened; offer prompts in the Messages tab, which sends the same event."""
        visitor = read_visitor(body, context)
        if event.get("tab") == "messages":
            await self._suggest(str(event.get("channel") or ""), team=visitor.home, user=visitor.user)
        if event.get("tab") == "home":
            await self.publish(visitor, context, client)

    async def publish(self, visitor: Visitor, context: AsyncBoltContext, client: AsyncWebClient) -> None:
        """Show somebody their home as it is now; never fails."""
        site_url = context.authorize_result.url if context.authorize_result else None
        view = await self._build(visitor, site_url=site_url)
        try:
            await publish_home(client, view, user=visitor.user)
        except SlackError as error:
            _log.warning("home_not_shown", code=error.code, reason=error.reason)

    async def _build(self, visitor: Visitor, *, site_url: str | None) -> Block:
        team, user = visitor.home, visitor.user
        language = await self.languages.choose(team=team, user=user)
        overview: Overview | None = None
        try:
            items, trouble = await self.recents.list(team=team, user=user, site_url=site_url), ""
            overview = await self.oversight.look(visitor)
        except StoreError as error:
            items, trouble = (), explain(error, language=language)
        return build_home(
            language=language,
            min_chars=self.intake.min_chars,
            max_chars=self.intake.max_chars,
            items=items,
            trouble=trouble,
            overview=overview,
        )

    async def _suggest(self, channel: str, *, team: str, user: str) -> None:
        suggestions = self.find_suggestions(team)
        if channel and suggestions.is_due(channel):
            language = await self.languages.choose(team=team, user=user)
            await suggestions.offer(channel, speak(language).help_examples)
