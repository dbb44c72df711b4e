"""Posting once: messages, edits and files, looked up before anything ambiguous is sent again."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any, Final, TypeVar

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay

from bot.core.block_kit import Block, Message
from bot.errors import CannotPost, SlackError, SlackUnavailable, SlackUncertain
from bot.ports import MESSAGE_NOT_FOUND, THREAD_GONE, File, Mark, Place, Said
from bot.slack.failures import check_status, is_certainly_undone
from bot.slack.history import Found, History
from bot.slack.lanes import PATIENCE_S, SHORT_PATIENCE_S, Lanes
from bot.slack.response_urls import ResponseUrls
from bot.slack.thinking import Thinking

T = TypeVar("T")
_EVENT_TYPE: Final = "codemie_job"
_EDIT_TRIES: Final = 4
_EDIT_ROUNDS: Final = 2
# How long a job waits for Slack to come back with what it has made, and the pauses after its second try and those that
# follow; the last one is repeated. Longer than this nobody waits for an answer: see JobOutdated.
_OUTAGE_S: Final = 3_600.0
_PAUSES_S: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
# A shared file appears a moment after Slack has answered, or has failed to.
_SHARE_LOOKUPS_S: Final = (0.5, 1.0, 2.0, 4.0)
# The parts of a job of which one may become the other.
_STATUS: Final = "status"
_FLOW: Final = "flow"
_NOD: Final = "+1"
# Edits that only show progress: what Slack asks them to wait for, a result is not kept waiting for.
_PASSING: Final = "chat.update in passing"
# https://docs.slack.dev/reference/methods/views.publish
_NO_HOME: Final = "not_enabled"
_FILE_GONE: Final = frozenset({"file_not_found", "file_deleted"})
_log: Final = structlog.get_logger("slack")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackPoster:
    """Posts through one client with one shared session; the client itself retries nothing.

    Where Slack asks to wait, a call waits in its lane; where Slack is away, until it is back. After a failure that
    leaves it open whether a message was posted, it is looked for by its metadata, a share by its files, and sent
    again only if it is not there. Where it can't be looked for, it is not sent again.
    """

    client: AsyncWebClient
    session: aiohttp.ClientSession
    lanes: Lanes = field(default_factory=Lanes)
    thinking: Thinking | None = None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def post(self, message: Message, *, place: Place, mark: Mark) -> str:
        """Post a message once and return its ts."""

        async def send() -> str:
            answer = await self.client.chat_postMessage(
                channel=place.channel,
                thread_ts=place.thread_ts,
                text=message.text,
                blocks=list(message.blocks),
                metadata=_write_metadata(mark),
                unfurl_links=False,
                unfurl_media=False,
            )
            return str(answer["ts"])

        async def send_in_turn() -> str:
            return await self.lanes.call_in_turn(_name_lane(place), send)

        def is_same(other: Mapping[str, Any]) -> bool:
            return _is_marked(other, mark) or _is_unmarked_twin(other, message.text)

        def is_forgotten(other: Mapping[str, Any]) -> bool:
            return is_same(other) or _has_become_flow(other, mark)

        return await self._send_once(send_in_turn, is_same, is_forgotten, place=place, mark=mark, lookups_s=(0.0,))

    async def replace(self, message: Message, *, place: Place, ts: str, mark: Mark) -> str:
        """Turn a message of the bot into another and return its ts.

        An edit does no harm twice, so it is simply tried again; when that is never confirmed, the message is looked
        up. Where it is gone, can't be edited or is known not to have changed, the other one is posted.
        """

        def is_same(other: Mapping[str, Any]) -> bool:
            return other.get("ts") == ts and _is_marked(other, mark)

        for _ in range(_EDIT_ROUNDS):
            error, may_have_arrived = await self._try_to_edit(message, channel=place.channel, ts=ts, mark=mark)
            if error is None:
                return ts
            _log.warning("not_edited_in", part=mark.part, code=error.code, reason=error.reason)
            if may_have_arrived and await self._find(is_same, place=place, waits_s=(0.0,)):
                _log.info("found_edited", part=mark.part)
                return ts
            if not isinstance(error, SlackUnavailable):
                break
        return await self.post(message, place=place, mark=mark)

    async def update(self, message: Message, *, channel: str, ts: str, may_be_skipped: bool) -> None:
        """Edit a message of the bot; doing so twice does no harm."""
        if may_be_skipped:
            await self._edit(message, channel=channel, ts=ts, patience_s=SHORT_PATIENCE_S, lane=_PASSING)
            return
        error, _ = await self._try_to_edit(message, channel=channel, ts=ts)
        if error is not None:
            raise error

    async def edit_root(self, message: Message, *, place: Place) -> bool | None:
        """Edit the root of a thread, which is the bot's, at once or not at all; tell whether it is there, if known."""
        assert place.thread_ts is not None  # noqa: S101 - a thread has a root
        try:
            await self._edit(message, channel=place.channel, ts=place.thread_ts, patience_s=0.0, lane=_PASSING)
        except SlackError as error:
            _log.warning("status_not_shown", code=error.code, reason=error.reason)
            return False if error.reason == MESSAGE_NOT_FOUND else None
        return True

    async def delete(self, *, channel: str, ts: str) -> None:
        """Remove a message of the bot."""
        await self.lanes.call("chat.delete", lambda: self.client.chat_delete(channel=channel, ts=ts))

    async def check_thread(self, place: Place) -> None:
        """Raise CannotPost where the thread's root is gone; a check that fails otherwise holds nothing up.

        Slack posts a reply to a root that is gone as a message of the channel, without any error:
        https://github.com/slack-go/slack/issues/1571 . A permalink needs no scope.
        """
        ts = place.thread_ts
        if ts is None:
            return
        try:
            await self.lanes.call(
                "chat.getPermalink",
                lambda: self.client.chat_getPermalink(channel=place.channel, message_ts=ts),
                patience_s=SHORT_PATIENCE_S,
            )
        except SlackError as error:
            if error.reason == MESSAGE_NOT_FOUND:
                raise CannotPost(reason=THREAD_GONE) from error
            _log.info("thread_not_checked", code=error.code, reason=error.reason)

    async def upload(self, file: File, *, is_optional: bool = False) -> str:
        """Upload a file that nobody sees yet: https://docs.slack.dev/messaging/working-with-files/ ."""
        if is_optional:
            return await self._upload_once(file, patience_s=SHORT_PATIENCE_S)
        return await self._insist(lambda: self._upload_once(file))

    async def complete(self, file_id: str) -> None:
        """Finish the upload of a file that a message is to show; it is shared with nobody by itself."""

        async def send() -> object:
            return await self.client.files_completeUploadExternal(files=[{"id": file_id}])

        await self.lanes.call("files.completeUploadExternal", send, patience_s=SHORT_PATIENCE_S)

    async def remove_file(self, file_id: str) -> None:
        """Delete a file, or find it gone."""
        try:
            await self.lanes.call("files.delete", lambda: self.client.files_delete(file=file_id))
        except SlackError as error:
            if error.reason not in _FILE_GONE:
                raise

    async def publish_home(self, view: Block, *, user: str) -> None:
        """Show somebody an App Home, where the app has one."""
        try:
            await self.lanes.call("views.publish", lambda: self.client.views_publish(user_id=user, view=view))
        except SlackError as error:
            if error.reason != _NO_HOME:
                raise

    async def find_share(self, file_ids: Sequence[str], *, place: Place) -> str | None:
        """Find the message that shares files; SlackUncertain where the bot may not read the thread."""

        def is_share(message: Mapping[str, Any]) -> bool:
            return not {file.get("id") for file in message.get("files") or ()}.isdisjoint(file_ids)

        return await self._history.find(is_share, place=place, waits_s=(0.0,))

    async def find_post(self, mark: Mark, *, place: Place) -> str | None:
        """Find a message by its mark; SlackUncertain where the bot may not read the thread."""
        return await self._history.find(lambda other: _is_marked(other, mark), place=place, waits_s=(0.0,))

    async def show_work(self, place: Place, *, text: str, user: str) -> bool:
        """Show Slack's own sign that the bot is at work; tell whether it is there, and stays whatever is posted."""
        return self.thinking is not None and await self.thinking.show(place, text=text, user=user)

    async def clear_work(self, place: Place) -> None:
        """Take that sign away; never fails."""
        if self.thinking is not None:
            await self.thinking.clear(place)

    async def nod(self, *, channel: str, ts: str) -> None:
        """React to a message, where the bot may; never fails.

        https://docs.slack.dev/reference/methods/reactions.add
        """

        async def react() -> object:
            return await self.client.reactions_add(channel=channel, timestamp=ts, name=_NOD)

        try:
            await self.lanes.call("reactions.add", react, patience_s=SHORT_PATIENCE_S)
        except SlackError as error:
            _log.debug("not_reacted", reason=error.reason)

    async def read_thread(self, place: Place, *, most: int) -> list[Said]:
        """Return what people said in a thread, the last ``most`` messages, oldest first."""
        return await self._history.read_people(place, most=most)

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

        async def wait_and_send() -> str:
            return await self.lanes.call("files.completeUploadExternal", send)

        async def send_in_turn() -> str:
            return await self.lanes.call_in_turn(_name_lane(place), wait_and_send)

        def is_same(other: Mapping[str, Any]) -> bool:
            return file_ids[0] in {file.get("id") for file in other.get("files") or ()}

        def is_forgotten(other: Mapping[str, Any]) -> bool:
            return is_same(other) or _shares_the_like(other, comment=comment, mark=mark)

        await self._send_once(send_in_turn, is_same, is_forgotten, place=place, mark=mark, lookups_s=_SHARE_LOOKUPS_S)

    async def open_dm(self, *, user: str) -> str:
        """Return the id of the DM with a user; opening it again does no harm."""
        answer = await self._insist(
            lambda: self.lanes.call("conversations.open", lambda: self.client.conversations_open(users=user))
        )
        channel: Mapping[str, Any] = answer.get("channel") or {}
        return str(channel.get("id"))

    async def respond(self, message: Message, *, response_url: str) -> None:
        """Answer a slash command so that only its user sees it; SlackUncertain where it may have arrived."""
        await ResponseUrls(session=self.session, lanes=self.lanes).respond(message, response_url=response_url)

    async def _try_to_edit(
        self, message: Message, *, channel: str, ts: str, mark: Mark | None = None
    ) -> tuple[SlackError | None, bool]:
        """Edit; return what came in between, if anything, and whether the message may have changed all the same."""
        may_have_arrived, unconfirmed = False, 0

        async def edit() -> SlackError | None:
            nonlocal may_have_arrived, unconfirmed
            try:
                await self._edit(message, channel=channel, ts=ts, mark=mark)
            except SlackUnavailable as error:
                if is_certainly_undone(error):
                    raise
                may_have_arrived, unconfirmed = True, unconfirmed + 1
                if unconfirmed < _EDIT_TRIES:
                    raise
                return error
            except SlackError as refusal:
                may_have_arrived = may_have_arrived and refusal.reason != MESSAGE_NOT_FOUND
                return refusal
            return None

        return await self._insist(edit), may_have_arrived

    async def _send_once(
        self,
        send: Callable[[], Awaitable[str]],
        is_same: Found,
        is_forgotten: Found,
        *,
        place: Place,
        mark: Mark,
        lookups_s: Sequence[float],
    ) -> str:
        """Send, and again only what is known not to have arrived.

        What a run before this one may have sent, though nothing that is kept says so, is looked for where that can be.
        """
        may_have_arrived = mark.is_repeat

        async def look_and_send() -> str:
            nonlocal may_have_arrived
            if mark.is_rerun and (ts := await self._find_forgotten(is_forgotten, place=place)):
                _log.info("found_posted", part=mark.part)
                return ts
            if may_have_arrived and (ts := await self._history.find(is_same, place=place, waits_s=lookups_s)):
                _log.info("found_posted", part=mark.part)
                return ts
            try:
                return await send()
            except SlackUnavailable as error:
                may_have_arrived = not is_certainly_undone(error)
                _log.warning("post_unconfirmed", part=mark.part, reason=error.reason)
                raise
            except SlackError as refusal:
                if refusal.reason == MESSAGE_NOT_FOUND:
                    raise CannotPost(reason=THREAD_GONE) from refusal
                raise

        return await self._insist(look_and_send)

    async def _find_forgotten(self, is_forgotten: Found, *, place: Place) -> str | None:
        try:
            return await self._history.find(is_forgotten, place=place, waits_s=(0.0,))
        except SlackUncertain:
            return None

    async def _find(self, is_same: Found, *, place: Place, waits_s: Sequence[float]) -> str | None:
        return await self._insist(lambda: self._history.find(is_same, place=place, waits_s=waits_s))

    async def _insist(self, call: Callable[[], Awaitable[T]]) -> T:
        """Call again while Slack is away, which loses nothing but time; nearly all calls need nothing of the kind."""
        try:
            return await call()
        except SlackUnavailable:
            return await self._call_again(call)

    async def _call_again(self, call: Callable[[], Awaitable[T]]) -> T:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(SlackUnavailable),
            wait=lambda state: _PAUSES_S[min(state.attempt_number, len(_PAUSES_S)) - 1],
            stop=stop_after_delay(_OUTAGE_S),
            sleep=self.sleep,
            reraise=True,
        )

        async def attempt() -> T:  # tenacity awaits what it sees to be a coroutine function, which a lambda is not
            return await call()

        return await retrying(attempt)

    async def _edit(
        self,
        message: Message,
        *,
        channel: str,
        ts: str,
        patience_s: float = PATIENCE_S,
        mark: Mark | None = None,
        lane: str = "chat.update",
    ) -> None:
        """Edit once; without a mark the message keeps the one it has."""
        await self.lanes.call(
            lane,
            lambda: self.client.chat_update(
                channel=channel,
                ts=ts,
                text=message.text,
                blocks=list(message.blocks),
                metadata=_write_metadata(mark) if mark else None,
            ),
            patience_s=patience_s,
        )

    async def _upload_once(self, file: File, *, patience_s: float = PATIENCE_S) -> str:
        slot = await self.lanes.call(
            "files.getUploadURLExternal",
            lambda: self.client.files_getUploadURLExternal(
                filename=file.name, length=len(file.content), alt_txt=file.alt_text or None
            ),
            patience_s=patience_s,
        )

        async def send() -> None:
            async with self.session.post(str(slot["upload_url"]), data=BytesIO(file.content)) as answer:
                check_status(answer.status, answer.headers)

        await self.lanes.call("upload", send, patience_s=patience_s)
        return str(slot["file_id"])

    @property
    def _history(self) -> History:
        return History(client=self.client, lanes=self.lanes, sleep=self.sleep)


def _name_lane(place: Place) -> str:
    return f"channel:{place.channel}"


def _write_metadata(mark: Mark) -> dict[str, Any]:
    """Write what a message is recognised by; any app of the workspace can read it, so it is ids only."""
    return {"event_type": _EVENT_TYPE, "event_payload": {"job": mark.job_id, "part": mark.part}}


def _is_unmarked_twin(message: Mapping[str, Any], text: str) -> bool:
    """Tell a message of a bot that has lost its metadata, as where history does not show any, by its words."""
    return bool(message.get("bot_id")) and "metadata" not in message and message.get("text") == text


def _has_become_flow(message: Mapping[str, Any], mark: Mark) -> bool:
    """Tell a progress message of this job that shows the flow by now."""
    return mark.part.startswith(_STATUS) and _is_marked(
        message, replace(mark, part=mark.part.replace(_STATUS, _FLOW, 1))
    )


def _shares_the_like(message: Mapping[str, Any], *, comment: str, mark: Mark) -> bool:
    """Tell the files of this job by what is said with them, and by where they stand, since they carry no mark."""
    is_after = mark.after_ts is not None and str(message.get("ts")) > mark.after_ts
    return is_after and bool(message.get("bot_id") and message.get("files")) and message.get("text") == comment


def _is_marked(message: Mapping[str, Any], mark: Mark) -> bool:
    """Tell a message of this job and part by its metadata."""
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return payload.get("job") == mark.job_id and payload.get("part") == mark.part
