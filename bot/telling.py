"""Where a job's messages go, and where they go next when they can't.

A job talks in the thread it was asked in. Where it may not, or where that thread's root is deleted, it goes on in
a DM with its requester; where that can't be either, the result of a slash command goes through its response_url.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import NoneType
from typing import Final

import structlog

from bot.core.blocks import (
    Message,
    build_anchor,
    build_failure,
    build_flow,
    build_notice,
    build_page,
    build_progress,
    write_files_comment,
)
from bot.core.ids import make_reference
from bot.core.models import Flow, Thread
from bot.core.pages import PageReport
from bot.core.texts import Language, write_place
from bot.errors import BotError, CannotPost, SlackError, SlackUnavailable, SlackUncertain
from bot.ports import MESSAGE_NOT_FOUND, THREAD_GONE, File, Mark, Place, Poster
from bot.run import Run
from bot.whispering import Whisperer, read_clock

# What is said through the response_url beside results: that the job moves to the DM, and that the DM failed too.
_NOTICES: Final = 2
_log: Final = structlog.get_logger("job")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prototype:
    """What is delivered at the end: the page of a flow, and what was found in it."""

    flow: Flow
    html: str
    report: PageReport
    is_styled: bool

    def list_files(self) -> tuple[File, ...]:
        """Return the files that people get."""
        flow_json = self.flow.model_dump_json(exclude_none=True, indent=2)
        return (
            File(name="prototype.html", content=self.html.encode()),
            File(name="flow.json", content=flow_json.encode()),
        )

    def write_comment(self, language: Language, *, user: str | None) -> str:
        """Write what is said with the files."""
        return write_files_comment(self.flow, self.report, language=language, user=user, is_styled=self.is_styled)

    def build_message(self, language: Language) -> Message:
        """Build what is said where no file can be shared."""
        return build_page(self.flow, self.html, self.report, language=language, is_styled=self.is_styled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Places everything that a job says."""

    poster: Poster
    now: Callable[[], datetime] = read_clock

    @property
    def whisperer(self) -> Whisperer:
        """The way that is left where nothing can be posted."""
        return Whisperer(poster=self.poster, now=self.now)

    async def open_thread(self, run: Run) -> None:
        """Post the message that shows progress, or go on with the one of the attempt before."""
        await self._take_back_failure(run)
        if run.progress.thread is not None:
            await self.show(run, "retrying", _write_stage(run))
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
            message = build_flow(flow, language=run.job.language, unused_files=run.job.unused_files)
            await self.whisperer.send_result(run, "flow", message)
            run.note(has_posted_flow=True)
            return
        try:
            ts = await run.post(run.name_part("flow"), str, lambda mark: self._place_flow(run, flow, mark))
        except CannotPost as error:
            await self._move(run, error)
            await self.post_flow(run, flow)
            return
        run.note(has_posted_flow=True)
        if run.has_anchor:
            await self.show(run, "page", run.texts.making_page)
        else:
            run.note(thread=run.thread.model_copy(update={"status_ts": ts}))

    async def share(self, run: Run, prototype: Prototype) -> None:
        """Share the page and the flow as files; where no file can be shared, send the page as text."""
        file_ids: tuple[str, ...] = ()
        if not run.progress.is_whispered:
            file_ids = await run.step("upload_files", tuple[str, ...], lambda: self._upload(prototype.list_files()))
        await self._share_files(run, prototype, file_ids)

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
        await self.show(run, "stopped", run.texts.stopped)

    async def show(self, run: Run, name: str, status: str, *, may_be_skipped: bool = True) -> None:
        """Show how far the job is, in a step of its own; a status that is to stay is waited with."""
        thread = run.progress.thread
        if thread is None:
            return
        message = self._build_status(run, status)
        is_there = await run.step(
            f"show_{name}", bool, lambda: self._edit(message, thread=thread, may_be_skipped=may_be_skipped)
        )
        run.is_root_gone = run.is_root_gone or (run.has_anchor and not is_there)

    async def show_place(self, run: Run, number: int | None) -> None:
        """Show where a job stands in line; ``None`` is behind the one before it in its thread."""
        await self._show_waiting(run, _write_place(run, number))

    async def show_stage(self, run: Run) -> None:
        """Show that a job goes on which had to wait."""
        await self._show_waiting(run, _write_stage(run))

    async def _show_waiting(self, run: Run, status: str) -> None:
        """Show what a job waits for: no step, since it may be lost, and nothing after its first turn."""
        if run.progress.thread is not None and not run.has_begun:
            message = self._build_status(run, status)
            await self._edit(message, thread=run.progress.thread, may_be_skipped=True)

    async def _begin(self, run: Run, part: str, place: Place) -> None:
        """Post the first message of a thread of the job's own, or of the thread it was asked in.

        The new place has no flow yet, unless that message is the flow.
        """
        message = self._build_status(run, _write_stage(run))
        ts = await run.post(part, str, lambda mark: self.poster.post(message, place=place, mark=mark))
        run.note(
            thread=Thread(channel=place.channel, thread_ts=place.thread_ts or ts, status_ts=ts),
            has_posted_flow=run.progress.has_posted_flow and not run.has_anchor,
        )
        run.is_root_gone = False

    async def _move(self, run: Run, error: CannotPost) -> None:
        """Go on in a DM with the requester or, where that can't be, through the response_url.

        Raises ``error``, for which the job can't go on where it is, if there is no place left.
        """
        before = run.progress.thread
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
            message = self._build_status(run, text)
            await run.step("show_moved", bool, lambda: self._edit(message, thread=before, may_be_skipped=False))
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
            await self.whisperer.send_notice(run, "notice", f"{run.texts.sent_here}\n{_write_stage(run)}")

    async def _place_flow(self, run: Run, flow: Flow, mark: Mark) -> str:
        if run.has_anchor:
            return await self._reply(run, build_flow(flow, language=run.job.language), mark)
        await self._check_thread(run)
        message = self._build_flow_status(run, flow, run.texts.making_page)
        return await self.poster.replace(message, place=run.place, ts=run.thread.status_ts, mark=mark)

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

    async def _upload(self, files: Sequence[File]) -> tuple[str, ...]:
        return tuple([await self.poster.upload(file) for file in files])

    async def _share_files(self, run: Run, prototype: Prototype, file_ids: Sequence[str]) -> None:
        if run.progress.is_whispered:
            await self.whisperer.send_result(run, "page", prototype.build_message(run.job.language))
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
            await self._edit(build_notice(run.texts.retrying), thread=where, may_be_skipped=True)

    async def _edit(self, message: Message, *, thread: Thread, may_be_skipped: bool) -> bool:
        """Edit a message and tell whether it is still there; showing progress must never be what ends a job."""
        try:
            await self.poster.update(
                message, channel=thread.channel, ts=thread.status_ts, may_be_skipped=may_be_skipped
            )
        except SlackError as error:
            _log.warning("status_not_shown", code=error.code, reason=error.reason)
            return error.reason != MESSAGE_NOT_FOUND
        return True

    def _build_status(self, run: Run, status: str) -> Message:
        """Build the message that shows progress: the anchor, the first reply, or the flow that this became."""
        job, flow = run.job, run.progress.flow
        if run.has_anchor:
            name = job.address.user_name
            return build_anchor(language=job.language, user_name=name, prompt=job.request.prompt, status=status)
        if flow and run.progress.has_posted_flow:
            return self._build_flow_status(run, flow, status)
        return build_progress(language=job.language, status=status, unused_files=job.unused_files)

    def _build_flow_status(self, run: Run, flow: Flow, status: str) -> Message:
        """Build the flow message that shows the status as well."""
        return build_flow(flow, language=run.job.language, status=status, unused_files=run.job.unused_files)


def _write_stage(run: Run) -> str:
    """Say what a job does next, or that it waits for its turn."""
    if run.turn.number is not None:
        return _write_place(run, run.turn.number)
    return run.texts.making_page if run.progress.flow else run.texts.making_flow


def _write_place(run: Run, number: int | None) -> str:
    """Say where a job stands in line; ``None`` is behind the one before it in its thread."""
    if number is None:
        return run.texts.behind_thread
    return run.texts.in_line.format(place=write_place(run.job.language, number))
