"""The App Home, and what is offered in the Messages tab beside it."""

from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.block_kit import Block
from bot.core.blocks import explain
from bot.core.texts import speak
from bot.core.views import build_home
from bot.errors import SlackError, StoreError
from bot.slack.suggestions import Suggestions
from bot.slack.windows import publish_home
from handlers.intake import Intake
from handlers.languages import Languages
from handlers.recents import Recents

_log: Final = structlog.get_logger("home")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The listener of whoever opens the app."""

    intake: Intake
    languages: Languages
    recents: Recents
    suggestions: Suggestions

    def register(self, app: AsyncApp) -> None:
        """Attach the listener."""
        app.event("app_home_opened")(self.show)

    async def show(
        self, event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext, client: AsyncWebClient
    ) -> None:
        """Fill the Home tab each time it is opened; offer prompts in the Messages tab, which sends the same event."""
        team, user = body["team_id"], event["user"]
        if event.get("tab") == "messages":
            await self._suggest(str(event.get("channel") or ""), team=team, user=user)
        if event.get("tab") != "home":
            return
        site_url = context.authorize_result.url if context.authorize_result else None
        view = await self._build(team=team, user=user, site_url=site_url)
        try:
            await publish_home(client, view, user=user)
        except SlackError as error:
            _log.warning("home_not_shown", code=error.code, reason=error.reason)

    async def _build(self, *, team: str, user: str, site_url: str | None) -> Block:
        language = await self.languages.choose(team=team, user=user)
        try:
            items, trouble = await self.recents.list(team=team, user=user, site_url=site_url), ""
        except StoreError as error:
            items, trouble = (), explain(error, language=language)
        return build_home(
            language=language,
            min_chars=self.intake.min_chars,
            max_chars=self.intake.max_chars,
            items=items,
            trouble=trouble,
        )

    async def _suggest(self, channel: str, *, team: str, user: str) -> None:
        if channel and self.suggestions.is_due(channel):
            language = await self.languages.choose(team=team, user=user)
            await self.suggestions.offer(channel, speak(language).help_examples)
