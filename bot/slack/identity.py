"""Who the bot is in its workspace: asked once, kept for the life of the process."""

import asyncio
from typing import Final

import structlog
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SettingsError, SlackError, SlackUnavailable
from bot.slack.failures import translated

_log: Final = structlog.get_logger("slack")


class Identity:
    """Answers Bolt's question for whom a request is handled.

    Bolt's own way asks Slack within the first request, and acknowledges that request where Slack then fails:
    the event would be lost. Here a failure is raised, so that nothing is acknowledged.
    """

    def __init__(self, *, client: AsyncWebClient) -> None:
        self._client = client
        self._lock = asyncio.Lock()
        self._result: AuthorizeResult | None = None

    async def learn(self) -> None:
        """Ask Slack at start; a refused token is a setting to mend, an outage of Slack's passes."""
        try:
            await self.authorize()
        except SlackUnavailable as error:
            _log.warning("identity_unknown", reason=error.reason)
        except SlackError as error:
            raise SettingsError((f"SLACK_BOT_TOKEN is refused by Slack: {error.reason}",)) from error

    async def authorize(self) -> AuthorizeResult:
        """Return who the bot is; raises :class:`~bot.errors.SlackError`."""
        async with self._lock:
            if self._result is None:
                with translated():
                    answer = await self._client.auth_test()
                self._result = AuthorizeResult.from_auth_test_response(
                    auth_test_response=answer, bot_token=self._client.token
                )
            return self._result
