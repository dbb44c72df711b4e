"""Whether a token is dead, as Slack itself says: its events come late, and again."""

import asyncio
from typing import Final

from bot.errors import NotInstalled, SlackError
from bot.slack.connection import SlackClient
from bot.slack.failures import TOKEN_REFUSED, translated

_LONGEST_S: Final = 1.5


async def is_dead(client: SlackClient) -> bool:
    """Ask whether the bot's token still works; raises SlackError where nobody can tell."""
    try:
        with translated():
            async with asyncio.timeout(_LONGEST_S):
                await client.auth_test()
    except NotInstalled:
        return True
    except SlackError as error:
        if error.reason in TOKEN_REFUSED:
            return True
        raise
    return False
