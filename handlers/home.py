"""The App Home: what the bot does and how to ask for it."""

from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.blocks import build_home
from bot.errors import SlackError
from bot.slack.failures import translated
from handlers.intake import Intake

_log: Final = structlog.get_logger("home")


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The listener that fills the App Home when somebody opens it."""

    intake: Intake

    def register(self, app: AsyncApp) -> None:
        """Attach the listener."""
        app.event("app_home_opened")(self.show)

    async def show(self, event: dict[str, Any], client: AsyncWebClient) -> None:
        """Publish the view; the Messages tab, which sends the same event, needs none."""
        if event.get("tab") != "home":
            return
        intake = self.intake
        view = build_home(language=intake.default_language, min_chars=intake.min_chars, max_chars=intake.max_chars)
        try:
            with translated():
                await client.views_publish(user_id=event["user"], view=view)
        except SlackError as error:
            _log.warning("home_not_shown", code=error.code, reason=error.reason)
