"""Looking for what may have been posted, in a thread or among a channel's newest messages."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import CannotPost, SlackError, SlackUnavailable, SlackUncertain
from bot.ports import ORDINARY_SUBTYPES, Place, Said
from bot.slack.lanes import Lanes

_PAGES: Final = 5
_PAGE_MESSAGES: Final = 200
_TOO_LONG: Final = "thread_too_long"

Found = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What stands in Slack; every method raises SlackUncertain where that can't be known, even once Slack is back."""

    client: AsyncWebClient
    lanes: Lanes
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def find(self, is_same: Found, *, place: Place, waits_s: Sequence[float]) -> str | None:
        """Look for a message of the bot's in its thread or, if it begins one, in the channel."""
        for wait_s in waits_s:
            await self.sleep(wait_s)
            async for other in self._read_history(place):
                if is_same(other):
                    return str(other["ts"])
        return None

    async def read_people(self, place: Place, *, most: int) -> list[Said]:
        """Return the last messages that people wrote in a thread, oldest first."""
        said: deque[Said] = deque(maxlen=most)
        try:
            async for message in self._read_history(place):
                if _is_from_person(message):
                    said.append(Said(user=str(message["user"]), text=str(message["text"]), ts=str(message.get("ts"))))
        except SlackUncertain as error:
            if error.reason != _TOO_LONG:
                raise
        return list(said)

    async def _read_history(self, place: Place) -> AsyncIterator[Mapping[str, Any]]:
        """Read a channel's newest messages, or a whole thread; Slack lists a thread from its beginning."""
        cursor = None
        for _ in range(_PAGES):
            page = await self._read_page(place, cursor)
            for message in page.get("messages") or ():
                yield message
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
        if place.thread_ts is not None:
            raise SlackUncertain(reason=_TOO_LONG)

    async def _read_page(self, place: Place, cursor: str | None) -> Mapping[str, Any]:
        """Read a page of the thread; raise SlackUncertain where the bot may not."""
        options: dict[str, Any] = {
            "channel": place.channel,
            "cursor": cursor,
            "limit": _PAGE_MESSAGES,
            "include_all_metadata": True,
        }
        ts = place.thread_ts
        try:
            if ts is None:
                answer = await self.lanes.call(
                    "conversations.history", lambda: self.client.conversations_history(**options)
                )
            else:
                answer = await self.lanes.call(
                    "conversations.replies", lambda: self.client.conversations_replies(ts=ts, **options)
                )
        except (CannotPost, SlackUnavailable):
            raise
        except SlackError as error:
            raise SlackUncertain(reason=error.reason) from error
        return answer.data if isinstance(answer.data, dict) else {}


def _is_from_person(message: Mapping[str, Any]) -> bool:
    is_from_bot = message.get("bot_id") or message.get("user") in (None, "USLACKBOT")
    return not is_from_bot and message.get("subtype") in ORDINARY_SUBTYPES and bool(message.get("text"))
