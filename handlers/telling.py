"""Telling whoever clicked, and nobody else, what came of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.block_kit import Message
from bot.core.views import build_notice_modal
from bot.errors import SlackError
from bot.slack.windows import open_modal

# What is left of the three seconds when everything else is done.
_LONGEST_S: Final = 1.0
_log: Final = structlog.get_logger("listener")


class Whispers(Protocol):
    """Answers that only whoever clicked sees."""

    async def respond(self, message: Message, *, response_url: str) -> None:
        """Answer; raises SlackError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Answers through the response_url of a payload, or by a modal where it has none, as the App Home's clicks."""

    whispers: Whispers

    async def tell(self, message: Message, body: Mapping[str, Any], client: AsyncWebClient | None = None) -> None:
        """Answer in time, if that can be; never fails. A modal takes a ``client``."""
        response_url, trigger_id = body.get("response_url"), body.get("trigger_id")
        try:
            async with asyncio.timeout(_LONGEST_S):
                if response_url:
                    await self.whispers.respond(message, response_url=str(response_url))
                elif client and trigger_id:
                    await open_modal(client, build_notice_modal(message), trigger_id=str(trigger_id))
        except (SlackError, TimeoutError) as error:
            _log.warning("not_told", reason=getattr(error, "reason", None) or type(error).__name__)
