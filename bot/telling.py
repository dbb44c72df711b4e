"""Where a job's messages go, and where they go next when they can't.

A job talks in the thread it was asked in. Where it may not, or where that thread's root is deleted, it goes on in
a DM with its requester; where that can't be either, the result of a slash command goes through its response_url.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import NoneType
from typing import Final

import structlog

from bot.cancellation import BY_DELETION, BY_OPERATOR
from bot.composing import compose_flow, compose_status, list_rows, write_stage
from bot.core.alt_text import write_alt_text
from bot.core.block_kit import Message
from bot.core.blocks import build_failure, build_notice
from bot.core.controls import build_retry
from bot.core.flow_blocks import Picture
from bot.core.ids import make_reference
from bot.core.models import Flow, Posted, Thread
from bot.editing import Editor
from bot.errors import BotError, CannotPost, SlackError, SlackUnavailable, SlackUncertain
from bot.ports import THREAD_GONE, File, Mark, Place, Poster
from bot.prototype import Prototype, Shared
from bot.run import Run
from bot.sketch import Sketch
from bot.whispering import Whisperer, read_clock

# What is said through the response_url beside results: that the job moves to the DM, and that the DM failed too.
_NOTICES: Final = 2
_LONGEST_UPLOAD_S: Final = 5.0
_log: Final = structlog.get_logger("job")


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Places everything that a job says."""

    poster: Poster
    editor: Editor
    now: Callable[[], datetime] = read_clock

    @property
    def whisperer(self) -> Whisperer:
        """The way that is left where nothing can be posted."""
        return Whisperer(poster=self.poster, now=self.now)

    async def open_thread(self, run: Run) -> None:
        """Post the message that shows progress, or go on with the one of the attempt before."""
        await self._take_back_failure(run)
        if run.progress.thread is not None:
            await self.editor.show(run, "retrying", write_stage(run))
            return
        run.note(is_whispered=False)
        try:
            await self._begin(run, "status", run.place)
        except CannotPost as error:
            await self._move(run, error)

    async def post_flow(self, run: Run, flow: Flow) -> None:
        """Post the flow as soon as it is there: under the anchor, or in place of the progress message."""
        if run.progress.has_posted_flow:
            return
        if run.progress.is_whispered:
            message = compose_flow(run, flow)
            await self.whisperer.send_result(run, "flow", message)
            run.note(has_posted_flow=True)
            return
        try:
            ts = await run.post(run.name_part("flow"), str, lambda mark: self._place_flow(run, flow, mark))
        except CannotPost as error:
            await self._move(run, error)
            await self.post_flow(run, flow)
            return
        run.note(has_posted_flow=True, flow_ts=ts)
        if not run.has_anchor:
            run.note(thread=run.thread.model_copy(update={"status_ts": ts}))

    async def share(self, run: Run, prototype: Prototype, sketch: Sketch) -> Shared:
        """Share the page and the flow as files, with the picture if it is ready by then.

        Where no file can be shared, send the page as text.
        """
        shared = Shared()
        if not run.progress.is_whispered:
            shared = await run.step(
                "upload_files", Shared, lambda: self._upload(prototype.list_files(), sketch), may_be_stopped=True
            )
        await self._share_files(run, prototype, shared.files)
        return shared

    def list_posted(self, run: Run, files: Sequence[str]) -> Posted:
        """List what Slack has of a result."""
        thread, flow_ts = run.progress.thread, run.progress.flow_ts
        if thread is None:
            return Posted()
        anchor = (thread.status_ts,) if run.has_anchor else ()
        messages = tuple(dict.fromkeys((*anchor, *([flow_ts] if flow_ts else []))))
        return Posted(channel=thread.channel, messages=messages, files=tuple(files))

    async def finish(self, run: Run, timing: str) -> None:
        """Show that a job is done, and put the controls under its flow."""
        await self.editor.show_done(run, timing)

    async def add_picture(self, run: Run, flow: Flow, sketch: Sketch, timing: str) -> None:
        """Put a picture that was not ready in time into the message of the flow; it may be missing for good."""
        file_id = await run.step("add_picture", str, lambda: self._upload_late(sketch))
        if file_id:
            run.picture = Picture(file_id=file_id, alt_text=write_alt_text(flow, run.job.language))
            await self.editor.show_picture(run, timing)

    async def tell_cancelled(self, run: Run) -> None:
        """Take back what there is of a flow, and say that the job was stopped."""
        texts, flow_ts = run.texts, run.progress.flow_ts
        if run.progress.is_whispered:
            await self.whisperer.try_to_send(run, "cancelled", build_notice(texts.cancelled))
            return
        if run.has_anchor and flow_ts is not None:
            await run.step("take_back_flow", NoneType, lambda: self._take_back(run.place.channel, flow_ts))
        run.note(has_posted_flow=False, flow_ts=None)
        is_own = run.cancellation.by in (None, run.job.address.user, BY_OPERATOR, BY_DELETION)
        retry = build_retry(run.job_id, text=texts.try_again)
        await self.editor.show_end(
            run, "cancelled", texts.cancelled if is_own else texts.cancelled_by_other, rows=[retry]
        )

    async def tell_failure(self, run: Run, error: BotError) -> None:
        """Tell what went wrong where the job talks; raises SlackError where that can be told nowhere."""
        message = build_failure(
            error,
            language=run.job.language,
            reference=make_reference(run.job_id),
            user=run.mentioned_user,
            job_id=run.job_id,
        )
        if run.progress.is_whispered:
            await self.whisperer.try_to_send(run, "failure", message)
            return
        try:
            ts = await run.post(run.name_part("failure"), str, lambda mark: self._reply(run, message, mark))
        except CannotPost as refusal:
            await self._move(run, refusal)
            await self.tell_failure(run, error)
            return
        except SlackError:
            if run.job.address.response_url is None:
                raise
            await self.whisperer.try_to_send(run, "failure", message)
            return
        run.note(failure_ts=ts)
        await self.editor.show_end(run, "stopped", run.texts.stopped)

    async def _begin(self, run: Run, part: str, place: Place) -> None:
        """Post the first message of a thread of the job's own, or of the thread it was asked in.

        The new place has no flow yet, unless that message is the flow.
        """
        message = compose_status(run, write_stage(run), rows=list_rows(run))
        ts = await run.post(part, str, lambda mark: self.poster.post(message, place=place, mark=mark))
        is_flow = run.progress.has_posted_flow and not run.has_anchor
        run.note(
            thread=Thread(channel=place.channel, thread_ts=place.thread_ts or ts, status_ts=ts),
            has_posted_flow=is_flow,
            flow_ts=ts if is_flow else None,
        )
        run.is_root_gone = False

    async def _move(self, run: Run, error: CannotPost) -> None:
        """Go on in a DM with the requester or, where that can't be, through the response_url.

        Raises ``error``, for which the job can't go on where it is, if there is no place left.
        """
        before = run.progress.thread
        await self.editor.clear_work(run)
        try:
            await self._begin_in_dm(run)
        except (SlackUnavailable, SlackUncertain):
            raise
        except SlackError as refusal:
            _log.warning("not_moved_to_dm", code=refusal.code, reason=refusal.reason)
            if run.job.address.response_url is None:
                raise error from refusal
            await self._begin_whispering(run, error)
            return
        text = run.texts.thread_gone if error.reason == THREAD_GONE else run.texts.moved_to_dm
        if before:
            message = compose_status(run, text)
            await run.step("show_moved", bool, lambda: self.editor.edit(message, thread=before, may_be_skipped=False))
        await self.whisperer.try_to_send(run, "moved", build_notice(text))

    async def _begin_in_dm(self, run: Run) -> None:
        """Begin anew in the DM with the requester, unless that is where the job may not post."""
        user = run.job.address.user
        channel = await run.step("open_dm", str, lambda: self.poster.open_dm(user=user))
        if channel == run.place.channel:
            raise CannotPost(reason="already_in_dm")
        await self._begin(run, "status_dm", Place(channel=channel, thread_ts=None))
        _log.info("moved_to_dm", dm=channel)

    async def _begin_whispering(self, run: Run, error: CannotPost) -> None:
        """Say that the result comes through the response_url; it has what an attempt before sent through it."""
        has_flow = run.progress.has_posted_flow and run.progress.thread is None
        run.note(thread=None, is_whispered=True, has_posted_flow=has_flow)
        _log.info("whispering", reason=error.reason)
        if run.progress.whispers < _NOTICES:
            await self.whisperer.send_notice(run, "notice", f"{run.texts.sent_here}\n{write_stage(run)}")

    async def _place_flow(self, run: Run, flow: Flow, mark: Mark) -> str:
        if run.has_anchor:
            await self._show_page_stage(run)
            return await self.poster.post(compose_flow(run, flow), place=run.place, mark=mark)
        await self._check_thread(run)
        message = compose_flow(run, flow, run.texts.making_page, rows=list_rows(run))
        return await self.poster.replace(message, place=run.place, ts=run.thread.status_ts, mark=mark)

    async def _show_page_stage(self, run: Run) -> None:
        """Show the next stage on the anchor, which tells as well that the root of the thread is there."""
        message = compose_status(run, run.texts.making_page, rows=list_rows(run))
        is_there = await self.poster.edit_root(message, place=run.place)
        run.is_root_gone = is_there is False
        if not is_there:
            await self._check_thread(run)

    async def _reply(self, run: Run, message: Message, mark: Mark) -> str:
        await self._check_thread(run)
        return await self.poster.post(message, place=run.place, mark=mark)

    async def _check_thread(self, run: Run) -> None:
        """Raise CannotPost where a reply would become a message of the channel; in a DM it may."""
        if run.is_direct:
            return
        if run.is_root_gone:
            raise CannotPost(reason=THREAD_GONE)
        await self.poster.check_thread(run.place)

    async def _upload(self, files: Sequence[File], sketch: Sketch) -> Shared:
        """Upload the files while the picture is drawn; it comes first, where people look first."""
        file_ids = await asyncio.gather(*(self.poster.upload(file) for file in files))
        picture = await sketch.wait_for_share()
        picture_id = await self._try_to_upload(picture) if picture else None
        if picture_id is None:
            return Shared(files=tuple(file_ids))
        return Shared(files=(picture_id, *file_ids), has_picture=True)

    async def _try_to_upload(self, picture: File) -> str | None:
        """Upload a picture in a few seconds, or leave it: a result does not depend on it."""
        try:
            async with asyncio.timeout(_LONGEST_UPLOAD_S):
                return await self.poster.upload(picture, is_optional=True)
        except (SlackError, TimeoutError) as error:
            _log.warning("picture_not_uploaded", reason=getattr(error, "reason", None) or type(error).__name__)
            return None

    async def _upload_late(self, sketch: Sketch) -> str:
        """Upload a picture that comes late; return its file id, or nothing where there will be none."""
        picture = await sketch.wait_for_late()
        if picture is None:
            return ""
        file_id = await self._try_to_upload(picture)
        if file_id is None:
            return ""
        try:
            await self.poster.complete(file_id)
        except SlackError as error:
            _log.warning("picture_not_added", code=error.code, reason=error.reason)
            return ""
        return file_id

    async def _take_back(self, channel: str, ts: str) -> None:
        try:
            await self.poster.delete(channel=channel, ts=ts)
        except SlackError as error:
            _log.warning("flow_not_taken_back", code=error.code, reason=error.reason)

    async def _share_files(self, run: Run, prototype: Prototype, file_ids: Sequence[str]) -> None:
        if run.progress.is_whispered:
            url = await self.editor.find_preview(run)
            message = prototype.build_message(run.job.language, preview_url=url)
            await self.whisperer.send_result(run, "page", message)
            return

        async def share(mark: Mark) -> None:
            await self._check_thread(run)
            comment = prototype.write_comment(run.job.language, user=run.mentioned_user)
            await self.poster.share(file_ids, comment=comment, place=run.place, mark=mark)

        try:
            await run.post(run.name_part("files"), NoneType, share)
        except CannotPost as error:
            await self._move(run, error)
            await self.post_flow(run, prototype.flow)
            await self._share_files(run, prototype, file_ids)

    async def _take_back_failure(self, run: Run) -> None:
        """Take back the message of the failure that is being tried again."""
        ts, channel = run.progress.failure_ts, run.place.channel
        if ts is not None:
            await run.step("clear_failure", NoneType, lambda: self._clear_failure(run, channel=channel, ts=ts))
        run.note(failure_ts=None)

    async def _clear_failure(self, run: Run, *, channel: str, ts: str) -> None:
        try:
            await self.poster.delete(channel=channel, ts=ts)
        except SlackError:
            where = Thread(channel=channel, thread_ts=ts, status_ts=ts)
            await self.editor.edit(build_notice(run.texts.retrying), thread=where, may_be_skipped=True)
