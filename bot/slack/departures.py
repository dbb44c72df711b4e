"""Whether a token is dead, and which workspaces it reaches, as Slack itself says: its events come late, and again."""

import asyncio
from typing import Final

from bot.errors import NotInstalled, SlackError
from bot.slack.connection import SlackClient
from bot.slack.failures import TOKEN_REFUSED, translated
from bot.slack.installation import LOCKED

_LONGEST_S: Final = 1.5
_PAGE: Final = 1_000


async def is_dead(client: SlackClient) -> bool:
    """Ask whether the bot's token still works; raises SlackError where nobody can tell."""
    try:
        with translated():
            async with asyncio.timeout(_LONGEST_S):
                await client.auth_test()
    except NotInstalled as error:
        if error.reason == LOCKED:
            raise
        return True
    except SlackError as error:
        if error.reason in TOKEN_REFUSED:
            return True
        raise
    return False


async def list_reached(client: SlackClient) -> frozenset[str]:
    """List the workspaces that an organisation's token works in; raises SlackError.

    https://docs.slack.dev/reference/methods/auth.teams.list
    """
    reached: set[str] = set()
    cursor = ""
    with translated():
        async with asyncio.timeout(_LONGEST_S):
            while True:
                answer = await client.auth_teams_list(limit=_PAGE, cursor=cursor)
                reached.update(str(team["id"]) for team in answer["teams"])
                cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
                if not cursor:
                    return frozenset(reached)
