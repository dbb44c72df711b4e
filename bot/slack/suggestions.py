"""Prompts to begin with, in a DM: https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts ."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.limits import SUGGESTED_PROMPTS_MAX
from bot.errors import SlackError
from bot.slack.failures import NOT_TO_BE_HAD, translated

_LONGEST_S: Final = 1.5
_MOST_KEPT: Final = 5_000
_log: Final = structlog.get_logger("slack")


class Suggestions:
    """Offers prompts once in each DM, of which ``most_kept`` are remembered; nowhere where Slack has no such thing."""

    def __init__(self, *, client: AsyncWebClient, most_kept: int = _MOST_KEPT) -> None:
        self._client = client
        self._most_kept = most_kept
        self._is_missing = False
        self._offered: OrderedDict[str, None] = OrderedDict()

    def is_due(self, channel: str) -> bool:
        """Tell whether prompts are yet to be offered in a DM."""
        return not self._is_missing and channel not in self._offered

    async def offer(self, channel: str, prompts: Sequence[str]) -> None:
        """Offer prompts in a DM; never fails."""
        if not self.is_due(channel):
            return
        self._remember(channel)
        shown = [{"title": prompt.partition(":")[0], "message": prompt} for prompt in prompts[:SUGGESTED_PROMPTS_MAX]]
        try:
            with translated():
                async with asyncio.timeout(_LONGEST_S):
                    await self._client.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=shown)
        except SlackError as error:
            self._offered.pop(channel, None)
            self._is_missing = error.reason in NOT_TO_BE_HAD
            _log.info("prompts_not_suggested", reason=error.reason)

    def _remember(self, channel: str) -> None:
        self._offered[channel] = None
        if len(self._offered) > self._most_kept:
            self._offered.popitem(last=False)
