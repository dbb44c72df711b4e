"""The steps of a job, in their order: the only place where flow, page and posting meet.

Each side effect is one step with a name; its result is kept, so that a job that is run again after a crash
skips what it has done. What stands between the steps is pure.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, Final, TypeVar
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict

from bot.asking import Asked, Asker, Brief, Caller, Shortfall
from bot.core.artifacts import read_flow, read_page
from bot.core.blocks import (
    Message,
    build_anchor,
    build_failure,
    build_flow,
    build_notice,
    build_progress,
    write_files_comment,
    write_timing,
)
from bot.core.ids import Role, make_reference, make_thread_key
from bot.core.instructions import ask_for_flow, ask_for_flow_again, ask_for_page, ask_for_page_again
from bot.core.models import Flow, Job, Outcome, Progress, Surface, Thread
from bot.core.pages import PageReport, check_page, finish_page, list_classes
from bot.core.texts import Texts, explain_error, speak, write_place
from bot.errors import BotError, CannotPost, SlackError
from bot.ports import File, Mark, Place, Poster, StepRunner, Styles, Turn

T = TypeVar("T")
_log: Final = structlog.get_logger("job")


class Page(BaseModel):
    """The page as it is delivered."""

    model_config = ConfigDict(frozen=True)

    html: str
    is_styled: bool


@dataclass(slots=True, kw_only=True)
class Run:
    """One run of one job, with what it has made so far."""

    job_id: str
    job: Job
    step: StepRunner
    turn: Turn
    note_call: Callable[[UUID], Awaitable[None]]
    progress: Progress

    async def post(self, part: str, kept_as: type[T], work: Callable[[Mark], Awaitable[T]]) -> T:
        """Run a step that posts, with its intent kept before.

        An intent of an earlier run means that the message may be there already.
        """
        intended_in = await self.step(f"intend_{part}", int, self.step.count_runs)

        async def send() -> T:
            is_repeat = await self.step.count_runs() != intended_in
            return await work(Mark(job_id=self.job_id, part=part, is_repeat=is_repeat))

        return await self.step(f"post_{part}", kept_as, send)

    def note(self, **changes: Any) -> None:  # noqa: ANN401 - fields of Progress
        """Remember what the job has made."""
        self.progress = self.progress.model_copy(update=changes)

    @property
    def texts(self) -> Texts:
        """The bot's words in the job's language."""
        return speak(self.job.language)

    @property
    def thread(self) -> Thread:
        """The thread, once it is open."""
        assert self.progress.thread is not None  # noqa: S101 - every step but the first comes after _open
        return self.progress.thread

    @property
    def thread_key(self) -> str:
        """The name of the thread, once it is open."""
        thread = self.thread
        return make_thread_key(team=self.job.address.team, channel=thread.channel, thread_ts=thread.thread_ts)

    @property
    def place(self) -> Place:
        """Where to post: the job's thread, or where it was asked for if there is none yet."""
        where = self.progress.thread or self.job.address
        return Place(channel=where.channel, thread_ts=where.thread_ts)

    @property
    def has_anchor(self) -> bool:
        """Whether the status stands on an anchor of its own rather than on the message that becomes the flow."""
        return self.job.address.surface is Surface.COMMAND

    @property
    def is_direct(self) -> bool:
        """Whether the job talks in a DM, where ids begin with D."""
        return self.place.channel.startswith("D")

    @property
    def mentioned_user(self) -> str | None:
        """Whom to mention so that they are notified; in a DM everything notifies."""
        return None if self.is_direct else self.job.address.user


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Makes a flow and a page of it, and posts them."""

    asker: Asker
    poster: Poster
    styles: Styles

    async def run(self, run: Run) -> Outcome:
        """Run a job to its end; a failure is told in the thread and is an outcome, not an exception."""
        try:
            async with run.turn.opening():
                await self._open_thread(run)
            await run.turn.take(thread=run.thread_key, show=lambda number: self._show_place(run, number))
            flow = await self._make_flow(run)
            await self._post_flow(run, flow)
            html, report, seconds = await self._make_page(run, flow)
            await self._share_page(run, flow, html, report)
        except BotError as error:
            return await self.fail(run, error)
        flow_s = run.progress.flow_s
        await self._show(run, "done", write_timing(run.job.language, flow_s=flow_s, page_s=seconds))
        _log.info("job_done", flow_s=round(flow_s, 1), page_s=round(seconds, 1), missing=_count_missing(report))
        return Outcome(progress=run.progress)

    async def _open_thread(self, run: Run) -> None:
        """Post the message that shows progress, or go on with the one of the attempt before."""
        if run.progress.thread is None:
            try:
                await self._begin(run, "status", run.place)
            except CannotPost:
                await self._move_to_dm(run)
            return
        await run.step("clear_failure", NoneType, lambda: self._clear_failure(run))
        run.note(failure_ts=None)
        await self._show(run, "retrying", run.texts.making_page if run.progress.flow else run.texts.making_flow)

    async def _begin(self, run: Run, part: str, place: Place) -> None:
        """Post the first message of a thread of the job's own, or of the thread it was asked in."""
        message = self._build_status(run, _write_stage(run, run.turn.number))
        ts = await run.post(part, str, lambda mark: self.poster.post(message, place=place, mark=mark))
        run.note(thread=Thread(channel=place.channel, thread_ts=place.thread_ts or ts, status_ts=ts))

    async def _move_to_dm(self, run: Run) -> None:
        """Go on in a DM with the requester where the bot may not post, and say so where they asked."""
        if run.progress.thread:
            await self._show(run, "moved", run.texts.moved_to_dm)
        user = run.job.address.user
        channel = await run.step("open_dm", str, lambda: self.poster.open_dm(user=user))
        _log.info("moved_to_dm", dm=channel)
        await self._begin(run, "status_dm", Place(channel=channel, thread_ts=None))
        await run.step("tell_moved", NoneType, lambda: self._whisper(run, run.texts.moved_to_dm))

    async def _post_or_move(self, run: Run, part: str, kept_as: type[T], work: Callable[[Mark], Awaitable[T]]) -> T:
        """Post into the thread; in a DM where the bot may not any more, as when it was removed in mid-job."""
        try:
            return await run.post(part, kept_as, work)
        except CannotPost:
            if run.is_direct:
                raise
        await self._move_to_dm(run)
        return await run.post(f"{part}_dm", kept_as, work)

    async def _make_flow(self, run: Run) -> Flow:
        """Ask for the flow, unless the attempt before has it."""
        if run.progress.flow is None:
            prompt = run.job.request.prompt
            brief = Brief(
                role=Role.FLOW,
                text=ask_for_flow(prompt),
                write_again=lambda problem, is_cut: ask_for_flow_again(prompt, problem=problem, is_cut=is_cut),
                read=_read_flow,
            )
            flow, seconds = await self.asker.ask(self._introduce(run), brief)
            run.note(flow=flow, flow_s=seconds)
            return flow
        return run.progress.flow

    async def _post_flow(self, run: Run, flow: Flow) -> None:
        """Post the flow as soon as it is there: under the anchor, or in place of the progress message."""
        if run.progress.has_posted_flow:
            return
        ts = await self._post_or_move(run, "flow", str, lambda mark: self._place_flow(run, flow, mark))
        run.note(has_posted_flow=True)
        if run.has_anchor:
            await self._show(run, "page", run.texts.making_page)
        else:
            run.note(thread=run.thread.model_copy(update={"status_ts": ts}))

    async def _place_flow(self, run: Run, flow: Flow, mark: Mark) -> str:
        if run.has_anchor:
            return await self._post(run, build_flow(flow, language=run.job.language), mark)
        message = self._build_flow_status(run, flow, run.texts.making_page)
        try:
            await self.poster.update(message, channel=run.thread.channel, ts=run.thread.status_ts)
        except SlackError as error:
            _log.warning("flow_not_edited_in", code=error.code, reason=error.reason)
            return await self._post(run, message, mark)
        return run.thread.status_ts

    async def _make_page(self, run: Run, flow: Flow) -> tuple[str, PageReport, float]:
        """Ask for the page; what it lacks is asked for once more."""
        prompt = run.job.request.prompt

        def read(asked: Asked) -> tuple[str, PageReport]:
            html = read_page(asked.text, is_cut=asked.is_cut)
            return html, check_page(html, flow)

        brief = Brief(
            role=Role.PAGE,
            text=ask_for_page(prompt, flow),
            write_again=lambda problem, is_cut: ask_for_page_again(prompt, flow, problem=problem, is_cut=is_cut),
            read=read,
            judge=lambda page: _find_shortfall(page[1]),
        )
        (html, report), seconds = await self.asker.ask(self._introduce(run), brief)
        return html, report, seconds

    async def _share_page(self, run: Run, flow: Flow, html: str, report: PageReport) -> None:
        """Compile the page's styles into it and share it with the flow as files."""
        page = await run.step("compile_page", Page, lambda: self._compile(run, html))

        def write_comment() -> str:
            return write_files_comment(
                flow, report, language=run.job.language, user=run.mentioned_user, is_styled=page.is_styled
            )

        files = (
            File(name="prototype.html", content=page.html.encode()),
            File(name="flow.json", content=flow.model_dump_json(exclude_none=True, indent=2).encode()),
        )
        file_ids = await run.step("upload_files", tuple[str, ...], lambda: self._upload(files))
        await self._post_or_move(run, "files", NoneType, lambda mark: self._share(run, file_ids, write_comment, mark))

    async def _upload(self, files: Sequence[File]) -> tuple[str, ...]:
        return tuple([await self.poster.upload(file) for file in files])

    async def _share(self, run: Run, file_ids: Sequence[str], write_comment: Callable[[], str], mark: Mark) -> None:
        await self.poster.share(file_ids, comment=write_comment(), place=run.place, mark=mark)

    async def _compile(self, run: Run, html: str) -> Page:
        """Compile the page's classes; a page without styles is delivered rather than none."""
        language = run.job.language
        try:
            css = await self.styles.compile(await asyncio.to_thread(list_classes, html))
        except BotError as error:
            _log.warning("styles_not_compiled", code=error.code)
            css = ""
        finished = await asyncio.to_thread(finish_page, html, css=css, language=language)
        return Page(html=finished, is_styled=bool(css))

    async def fail(self, run: Run, error: BotError) -> Outcome:
        """Tell the thread what went wrong, or the user alone where there is no thread."""
        reference = make_reference(run.job_id)
        _log.warning("job_failed", code=error.code, reference=reference, **error.list_facts())
        message = build_failure(
            error,
            language=run.job.language,
            reference=reference,
            user=run.mentioned_user,
            job_id=run.job_id,
        )
        try:
            ts = await run.post("failure", str, lambda mark: self._tell(run, message, mark))
        except SlackError as slack_error:
            _log.warning("failure_not_told", code=slack_error.code, reason=slack_error.reason)
            return Outcome(error=error.code, progress=run.progress)
        run.note(failure_ts=ts or None)
        if run.progress.thread:
            await self._show(run, "stopped", run.texts.stopped)
        return Outcome(error=error.code, progress=run.progress)

    async def _tell(self, run: Run, message: Message, mark: Mark) -> str:
        """Post the failure and return its ts, or an empty text where it could only be whispered."""
        try:
            return await self._post(run, message, mark)
        except SlackError as error:
            if run.job.address.response_url is None:
                raise
            await self._whisper(run, explain_error(run.job.language, error.code))
            return ""

    async def _whisper(self, run: Run, text: str) -> None:
        """Tell the user of a slash command alone; others can't be told where the bot may not post."""
        response_url = run.job.address.response_url
        if response_url is None:
            return
        try:
            await self.poster.respond(build_notice(text), response_url=response_url)
        except SlackError as error:
            _log.warning("not_whispered", code=error.code, reason=error.reason)

    async def _clear_failure(self, run: Run) -> None:
        """Take back the message of the failure that is being tried again."""
        ts, channel = run.progress.failure_ts, run.thread.channel
        if ts is None:
            return
        try:
            await self.poster.delete(channel=channel, ts=ts)
        except SlackError:
            await self._edit(build_notice(run.texts.retrying), channel=channel, ts=ts)

    async def _show(self, run: Run, name: str, status: str) -> None:
        """Show how far the job is, in a step of its own."""
        flow = run.progress.flow
        if flow and run.progress.has_posted_flow and not run.has_anchor:
            message = self._build_flow_status(run, flow, status)
        else:
            message = self._build_status(run, status)
        thread = run.thread
        await run.step(
            f"show_{name}", NoneType, lambda: self._edit(message, channel=thread.channel, ts=thread.status_ts)
        )

    async def _show_place(self, run: Run, number: int | None) -> None:
        """Show where the job stands in line; what is shown while it waits is no step, and may be lost."""
        message = self._build_status(run, _write_place(run, number))
        await self._edit(message, channel=run.thread.channel, ts=run.thread.status_ts)

    async def _edit(self, message: Message, *, channel: str, ts: str) -> None:
        """Edit a message; showing progress must never be what ends a job."""
        try:
            await self.poster.update(message, channel=channel, ts=ts)
        except SlackError as error:
            _log.warning("status_not_shown", code=error.code, reason=error.reason)

    async def _post(self, run: Run, message: Message, mark: Mark) -> str:
        return await self.poster.post(message, place=run.place, mark=mark)

    def _build_status(self, run: Run, status: str) -> Message:
        """Build the anchor or the progress message."""
        job = run.job
        if run.has_anchor:
            name = job.address.user_name
            return build_anchor(language=job.language, user_name=name, prompt=job.request.prompt, status=status)
        return build_progress(language=job.language, status=status, unused_files=job.unused_files)

    def _build_flow_status(self, run: Run, flow: Flow, status: str) -> Message:
        """Build the flow message that shows the status as well."""
        return build_flow(flow, language=run.job.language, status=status, unused_files=run.job.unused_files)

    def _introduce(self, run: Run) -> Caller:
        thread, job = run.thread, run.job
        return Caller(
            job_id=run.job_id,
            team=job.address.team,
            thread=f"{thread.channel}:{thread.thread_ts}",
            model=job.request.model,
            step=run.step,
            note_call=run.note_call,
        )


def _write_place(run: Run, number: int | None) -> str:
    """Say where a job stands that waits for its turn."""
    texts = run.texts
    if number is None:
        return texts.behind_thread
    return texts.in_line.format(place=write_place(run.job.language, number))


def _write_stage(run: Run, number: int | None) -> str:
    """Say what a job does first: it begins, or it waits."""
    return run.texts.making_flow if number is None else _write_place(run, number)


def _read_flow(asked: Asked) -> Flow:
    return read_flow(asked.text, is_cut=asked.is_cut)


def _find_shortfall(report: PageReport) -> Shortfall | None:
    missing = _count_missing(report)
    return Shortfall(count=missing, description=report.describe_problems()) if missing else None


def _count_missing(report: PageReport) -> int:
    """Count what the page has to be asked for again; a missing language is put in instead."""
    return len(report.missing_fields) + len(report.missing_titles)
