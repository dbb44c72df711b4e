"""Telling whoever clicked, and nobody else, what came of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog

from bot.core.block_kit import Message
from bot.errors import SlackError

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
    """Answers through the response_url of a payload, where it has one: the App Home's clicks have none."""

    whispers: Whispers

    async def tell(self, message: Message, body: Mapping[str, Any]) -> None:
        """Answer in time, if that can be; never fails."""
        response_url = body.get("response_url")
        if not response_url:
            return
        try:
            async with asyncio.timeout(_LONGEST_S):
                await self.whispers.respond(message, response_url=str(response_url))
        except (SlackError, TimeoutError) as error:
            _log.warning("not_told", reason=getattr(error, "reason", None) or type(error).__name__)
