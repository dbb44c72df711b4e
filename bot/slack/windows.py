"""Modals and the App Home, shown in time: who clicked waits three seconds at most.

https://docs.slack.dev/surfaces/modals , https://docs.slack.dev/surfaces/app-home
"""

import asyncio
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.failures import translated

_LONGEST_S: Final = 1.5


async def open_modal(client: AsyncWebClient, view: dict[str, Any], *, trigger_id: str) -> None:
    """Open a modal for whom the trigger was given to; raises :class:`~bot.errors.SlackError`."""
    with translated():
        async with asyncio.timeout(_LONGEST_S):
            await client.views_open(trigger_id=trigger_id, view=view)


async def publish_home(client: AsyncWebClient, view: dict[str, Any], *, user: str) -> None:
    """Show somebody their App Home; raises :class:`~bot.errors.SlackError`."""
    with translated():
        async with asyncio.timeout(_LONGEST_S):
            await client.views_publish(user_id=user, view=view)


def make_permalink(site_url: str | None, *, channel: str, ts: str | None) -> str | None:
    """Write the address of a message, as ``chat.getPermalink`` does, without a call for each.

    ``site_url`` is the workspace's address as ``auth.test`` tells it.
    https://docs.slack.dev/reference/methods/chat.getPermalink
    """
    if not site_url or not ts:
        return None
    return f"{site_url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
