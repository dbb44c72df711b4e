"""Answers through a response_url, which takes no token.

https://docs.slack.dev/interactivity/handling-user-interaction
"""

from dataclasses import dataclass

import aiohttp

from bot.core.block_kit import Message
from bot.errors import SlackUnavailable, SlackUncertain
from bot.slack.failures import check_status, is_certainly_undone
from bot.slack.lanes import SHORT_PATIENCE_S, Lanes


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseUrls:
    """Answers whoever used a command or clicked, and nobody else."""

    session: aiohttp.ClientSession
    lanes: Lanes

    async def respond(self, message: Message, *, response_url: str) -> None:
        """Answer so that only its user sees it; SlackUncertain where it may have arrived."""
        body = {"response_type": "ephemeral", "text": message.text, "blocks": list(message.blocks)}

        async def send() -> None:
            async with self.session.post(response_url, json=body) as answer:
                check_status(answer.status, answer.headers)

        try:
            await self.lanes.call("response_url", send, patience_s=SHORT_PATIENCE_S)
        except SlackUnavailable as error:
            if is_certainly_undone(error):
                raise
            raise SlackUncertain(reason=error.reason) from error
