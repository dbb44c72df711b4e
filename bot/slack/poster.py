"""Posting once: messages, edits and files, looked up before anything ambiguous is sent again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.blocks import Message
from bot.errors import CannotPost, SlackError, SlackUnavailable, SlackUncertain
from bot.ports import File, Mark, Place
from bot.slack.failures import check_status, is_certainly_undone, translated

_EVENT_TYPE: Final = "codemie_job"
_TRIES: Final = 3
_PAGES: Final = 5
_PAGE_MESSAGES: Final = 200
# A shared file appears a moment after Slack has answered, or has failed to.
_SHARE_LOOKUPS_S: Final = (0.5, 1.0, 2.0)
_log: Final = structlog.get_logger("slack")

Found = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackPoster:
    """Posts through one client with one shared session.

    The client itself retries only where Slack asks to wait. After any other failure of a post the message may
    have been posted: it is looked for by its metadata, a share by its files, and sent again only if it is not
    there. Where it can't be looked for, it is not sent again.
    """

    client: AsyncWebClient
    session: aiohttp.ClientSession
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def post(self, message: Message, *, place: Place, mark: Mark) -> str:
        """Post a message once and return its ts."""

        async def send() -> str:
            answer = await self.client.chat_postMessage(
                channel=place.channel,
                thread_ts=place.thread_ts,
                text=message.text,
                blocks=list(message.blocks),
                metadata={"event_type": _EVENT_TYPE, "event_payload": {"job": mark.job_id, "part": mark.part}},
                unfurl_links=False,
                unfurl_media=False,
            )
            return str(answer["ts"])

        def is_same(other: Mapping[str, Any]) -> bool:
            payload = (other.get("metadata") or {}).get("event_payload") or {}
            return payload.get("job") == mark.job_id and payload.get("part") == mark.part

        return await self._send_once(send, is_same, place=place, mark=mark, lookups_s=(0.0,))

    async def update(self, message: Message, *, channel: str, ts: str) -> None:
        """Replace a message of the bot; doing so twice does no harm."""
        for is_last in (False, True):
            try:
                with translated():
                    await self.client.chat_update(
                        channel=channel, ts=ts, text=message.text, blocks=list(message.blocks)
                    )
            except SlackUnavailable:
                if is_last:
                    raise
            else:
                return

    async def delete(self, *, channel: str, ts: str) -> None:
        """Remove a message of the bot."""
        with translated():
            await self.client.chat_delete(channel=channel, ts=ts)

    async def upload(self, file: File) -> str:
        """Upload a file that nobody sees yet: https://docs.slack.dev/messaging/working-with-files/ ."""
        for is_last in (False, True):
            try:
                return await self._upload_once(file)
            except SlackUnavailable:
                if is_last:
                    raise
        raise AssertionError  # pragma: no cover - the loop returns or raises

    async def share(self, file_ids: Sequence[str], *, comment: str, place: Place, mark: Mark) -> None:
        """Share uploaded files once, as one message in a thread."""

        async def send() -> str:
            await self.client.files_completeUploadExternal(
                files=[{"id": file_id} for file_id in file_ids],
                channel_id=place.channel,
                thread_ts=place.thread_ts,
                initial_comment=comment,
            )
            return ""

        def is_same(other: Mapping[str, Any]) -> bool:
            return file_ids[0] in {file.get("id") for file in other.get("files") or ()}

        await self._send_once(send, is_same, place=place, mark=mark, lookups_s=_SHARE_LOOKUPS_S)

    async def open_dm(self, *, user: str) -> str:
        """Return the id of the DM with a user; opening it again does no harm."""
        with translated():
            answer = await self.client.conversations_open(users=user)
        channel: Mapping[str, Any] = answer.get("channel") or {}
        return str(channel.get("id"))

    async def respond(self, message: Message, *, response_url: str) -> None:
        """Answer a slash command so that only its user sees it."""
        body = {"response_type": "ephemeral", "text": message.text, "blocks": list(message.blocks)}
        with translated():
            async with self.session.post(response_url, json=body) as answer:
                check_status(answer.status)

    async def _send_once(
        self,
        send: Callable[[], Awaitable[str]],
        is_same: Found,
        *,
        place: Place,
        mark: Mark,
        lookups_s: Sequence[float],
    ) -> str:
        """Send, and again only what is known not to have arrived."""
        may_have_arrived, error = mark.is_repeat, SlackUnavailable()
        for attempt in range(_TRIES):
            if may_have_arrived and (ts := await self._find(is_same, place=place, waits_s=lookups_s)) is not None:
                _log.info("found_posted", part=mark.part, attempt=attempt)
                return ts
            try:
                with translated():
                    return await send()
            except SlackUnavailable as unavailable:
                error, may_have_arrived = unavailable, not is_certainly_undone(unavailable)
                _log.warning("post_unconfirmed", part=mark.part, reason=error.reason, attempt=attempt)
                await self.sleep(float(attempt))
        raise error

    async def _find(self, is_same: Found, *, place: Place, waits_s: Sequence[float]) -> str | None:
        """Look for a message of the bot's in its thread or, if it begins one, in the channel."""
        for wait_s in waits_s:
            await self.sleep(wait_s)
            async for other in self._read_history(place):
                if is_same(other):
                    return str(other["ts"])
        return None

    async def _read_history(self, place: Place) -> AsyncIterator[Mapping[str, Any]]:
        cursor = None
        for _ in range(_PAGES):
            page = await self._read_page(place, cursor)
            for message in page.get("messages") or ():
                yield message
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    async def _read_page(self, place: Place, cursor: str | None) -> Mapping[str, Any]:
        """Read a page of the thread; raise SlackUncertain where the bot may not."""
        try:
            with translated():
                if place.thread_ts is None:
                    answer = await self.client.conversations_history(
                        channel=place.channel, cursor=cursor, limit=_PAGE_MESSAGES, include_all_metadata=True
                    )
                else:
                    answer = await self.client.conversations_replies(
                        channel=place.channel,
                        ts=place.thread_ts,
                        cursor=cursor,
                        limit=_PAGE_MESSAGES,
                        include_all_metadata=True,
                    )
        except CannotPost:
            raise
        except SlackError as error:
            raise SlackUncertain(reason=error.reason) from error
        return answer.data if isinstance(answer.data, dict) else {}

    async def _upload_once(self, file: File) -> str:
        with translated():
            slot = await self.client.files_getUploadURLExternal(filename=file.name, length=len(file.content))
            async with self.session.post(str(slot["upload_url"]), data=BytesIO(file.content)) as answer:
                check_status(answer.status)
            return str(slot["file_id"])
