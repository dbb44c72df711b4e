"""Posting: messages, edits and files, with Slack's refusals translated into the error tree once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.blocks import Message
from bot.errors import CannotPost, SlackError, SlackUnavailable
from bot.ports import File

# https://docs.slack.dev/reference/methods/chat.postMessage/#errors
_CANNOT_POST: Final = frozenset(
    {
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_thread_only_channel",
        "cannot_reply_to_message",
        "user_is_bot",
        "user_not_found",
    }
)
_PASSING: Final = frozenset({"ratelimited", "fatal_error", "internal_error", "service_unavailable", "request_timeout"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackPoster:
    """Posts through one client with one shared session.

    The client retries where Slack asks to wait and nowhere else: a message whose answer was lost may have been
    posted.
    """

    client: AsyncWebClient
    session: aiohttp.ClientSession

    async def post(self, message: Message, *, channel: str, thread_ts: str | None, job_id: str, part: str) -> str:
        """Post a message and return its ts."""
        with _translated():
            answer = await self.client.chat_postMessage(
                channel=channel,
                thread_ts=thread_ts,
                text=message.text,
                blocks=list(message.blocks),
                metadata={"event_type": "codemie_job", "event_payload": {"job": job_id, "part": part}},
                unfurl_links=False,
                unfurl_media=False,
            )
        return str(answer["ts"])

    async def update(self, message: Message, *, channel: str, ts: str) -> None:
        """Replace a message of the bot."""
        with _translated():
            await self.client.chat_update(channel=channel, ts=ts, text=message.text, blocks=list(message.blocks))

    async def delete(self, *, channel: str, ts: str) -> None:
        """Remove a message of the bot."""
        with _translated():
            await self.client.chat_delete(channel=channel, ts=ts)

    async def share(self, files: Sequence[File], *, comment: str, channel: str, thread_ts: str) -> None:
        """Upload the files and share them as one message: https://docs.slack.dev/messaging/working-with-files/ ."""
        with _translated():
            uploaded = [await self._upload(file) for file in files]
            await self.client.files_completeUploadExternal(
                files=uploaded, channel_id=channel, thread_ts=thread_ts, initial_comment=comment
            )

    async def respond(self, message: Message, *, response_url: str) -> None:
        """Answer a slash command so that only its user sees it."""
        body = {"response_type": "ephemeral", "text": message.text, "blocks": list(message.blocks)}
        with _translated():
            async with self.session.post(response_url, json=body) as answer:
                _check_status(answer.status)

    async def _upload(self, file: File) -> dict[str, Any]:
        place = await self.client.files_getUploadURLExternal(filename=file.name, length=len(file.content))
        async with self.session.post(str(place["upload_url"]), data=BytesIO(file.content)) as answer:
            _check_status(answer.status)
        return {"id": str(place["file_id"]), "title": file.name}


def _check_status(status: int) -> None:
    if status >= 500 or status == 429:  # noqa: PLR2004 - HTTP's own numbers
        raise SlackUnavailable(reason=f"http_{status}")
    if status >= 400:  # noqa: PLR2004 - as above
        raise SlackError(reason=f"http_{status}")


@contextmanager
def _translated() -> Iterator[None]:
    """Translate what the SDK and the network raise; Slack's error word is kept, its prose is not."""
    try:
        yield
    except SlackApiError as error:
        reason = str(error.response.get("error") or f"http_{error.response.status_code}")
        if reason in _CANNOT_POST:
            raise CannotPost(reason=reason) from error
        if reason in _PASSING:
            raise SlackUnavailable(reason=reason) from error
        raise SlackError(reason=reason) from error
    except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError) as error:
        raise SlackUnavailable(reason=type(error).__name__) from error
