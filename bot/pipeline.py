"""The steps of a job, in their order: the only place where flow, page, picture and posting meet.

Each side effect is one step with a name; its result is kept, so that a job that is run again after a crash
skips what it has done. What stands between the steps is pure.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import NoneType
from typing import Final, Protocol

import structlog
from pydantic import BaseModel, ConfigDict

from bot.asking import Asked, Asker, Brief, Caller, Made, Shortfall, WriteAgain
from bot.core.artifacts import read_flow, read_page
from bot.core.blocks import write_timing
from bot.core.ids import Role, make_reference
from bot.core.instructions import ask_again, ask_for_flow, ask_for_flow_change, ask_for_page, ask_for_page_change
from bot.core.models import Flow, Outcome, Posted, Result, Surface
from bot.core.pages import PageReport, check_page, finish_page, finish_scripted, list_classes, remove_compiled
from bot.errors import BotError, JobCancelled, LimitError
from bot.ports import Styles
from bot.prototype import Prototype, Shared
from bot.recalling import Recaller
from bot.run import Run
from bot.showing import Watch

_log: Final = structlog.get_logger("job")


class Shelf(Protocol):
    """Where results are kept; its methods wait for the database."""

    async def keep(self, result: Result) -> int:
        """Keep a result and return its version; a known one is left as it is."""
        ...

    async def note_posted(self, job_id: str, posted: Posted) -> None:
        """Note what Slack has of a result."""
        ...

    async def recall(self, job_id: str) -> Result | None:
        """Find the result of a job."""
        ...

    async def forget(self, job_ids: Sequence[str]) -> None:
        """Delete results."""
        ...


class Audience(Protocol):
    """Who is told what a job does; nothing of it raises but what means that the job can't go on."""

    async def open(self, run: Run) -> None:
        """Make the place where the job talks, or go on with the one of the attempt before."""
        ...

    async def show_place(self, run: Run, number: int | None) -> None:
        """Show where a job stands in line; ``None`` is behind the one before it in its thread."""
        ...

    async def show_stage(self, run: Run) -> None:
        """Show that a job goes on which had to wait."""
        ...

    def stage(self, run: Run) -> AbstractAsyncContextManager[Watch]:
        """Show the stage that a job is in for as long as the context lasts; yields what hears the answer."""
        ...

    async def show_flow(self, run: Run, flow: Flow) -> None:
        """Show the flow as soon as it is there."""
        ...

    async def share(self, run: Run, prototype: Prototype) -> Shared:
        """Hand over the result."""
        ...

    def list_posted(self, run: Run, shared: Shared) -> Posted:
        """List what Slack has of the result."""
        ...

    async def finish(self, run: Run, shared: Shared, timing: str) -> None:
        """Show that the job is done."""
        ...

    async def add_picture(self, run: Run) -> None:
        """Add the picture that was not ready in time, and draw no further."""
        ...

    async def tell_failure(self, run: Run, error: BotError) -> None:
        """Tell what went wrong, as far as that can be told."""
        ...

    async def tell_cancelled(self, run: Run) -> None:
        """Take back what there is, and say that the job was stopped."""
        ...


class Page(BaseModel):
    """The page as it is delivered, and with its scripts where previews run them."""

    model_config = ConfigDict(frozen=True)

    html: str
    scripted_html: str | None = None
    is_styled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Makes a flow and a page of it, and hands them over; ``keeps_scripts`` keeps the page's scripts for previews.

    A job that was asked for in Slack talks in its thread, for which ``find_thread`` has the audience by workspace; one
    of the HTTP API tells ``nobody``: it is fetched.
    """

    asker: Asker
    find_thread: Callable[[str], Audience]
    nobody: Audience
    recaller: Recaller
    shelf: Shelf
    styles: Styles
    keeps_scripts: bool = False

    async def run(self, run: Run) -> Outcome:
        """Run a job to its end; a failure is told to its audience and is an outcome, not an exception."""
        try:
            async with run.turn.opening():
                await self._audience(run).open(run)
            await self._take_turn(run)
            await self.recaller.recall(run)
            flow = await self._make_flow(run)
            await self._audience(run).show_flow(run, flow)
            made = await self._make_page(run, flow)
            await self._deliver(run, flow, made)
        except JobCancelled as cancelled:
            return await self._cancel(run, cancelled)
        except BotError as error:
            return await self.fail(run, error)
        return Outcome(progress=run.progress)

    def _audience(self, run: Run) -> Audience:
        address = run.job.address
        return self.nobody if address.surface is Surface.API else self.find_thread(address.team)

    async def _take_turn(self, run: Run) -> None:
        audience = self._audience(run)

        async def take() -> None:
            await run.turn.take(thread=run.thread_key, show=lambda number: audience.show_place(run, number))

        await run.cancellation.wait_unless_requested(take)
        if run.turn.had_to_wait:
            await audience.show_stage(run)

    async def _make_flow(self, run: Run) -> Flow:
        """Ask for the flow, unless the attempt before has it."""
        if run.progress.flow is None:
            async with self._audience(run).stage(run) as watch:
                made = await self.asker.ask(self._introduce(run, watch), _brief_flow(run))
            run.note(flow=made.value, flow_s=made.seconds, flow_exchange=made.exchange)
            return made.value
        return run.progress.flow

    async def _make_page(self, run: Run, flow: Flow) -> Made[tuple[str, PageReport]]:
        """Ask for the page; what it lacks is asked for once more."""
        before = await self.shelf.recall(run.base.job_id) if run.base else None
        brief = _brief_page(run, flow, before=remove_compiled(before.html) if before else "")
        async with self._audience(run).stage(run) as watch:
            return await self.asker.ask(self._introduce(run, watch), brief)

    async def _deliver(self, run: Run, flow: Flow, made: Made[tuple[str, PageReport]]) -> None:
        """Compile the page's styles into it, keep it, share it with the flow, and say that it is done."""
        html, report = made.value
        page = await run.step("compile_page", Page, lambda: self._compile(run, html), may_be_stopped=True)
        result = _make_result(run, flow, page, made)
        run.note(version=await run.step("keep_result", int, lambda: self.shelf.keep(result)))
        run.is_kept = True
        await self._share(run, flow, page, report, page_s=made.seconds)

    async def _share(self, run: Run, flow: Flow, page: Page, report: PageReport, *, page_s: float) -> None:
        audience, version = self._audience(run), run.progress.version
        prototype = Prototype(flow=flow, html=page.html, report=report, is_styled=page.is_styled, version=version)
        shared = await audience.share(run, prototype)
        run.step.absolve()
        run.is_kept = False
        await self.shelf.note_posted(run.job_id, audience.list_posted(run, shared))
        flow_s = run.progress.flow_s
        await audience.finish(run, shared, write_timing(run.job.language, flow_s=flow_s, page_s=page_s))
        _log.info("job_done", flow_s=round(flow_s, 1), page_s=round(page_s, 1), missing=_count_missing(report))

    async def end(self, run: Run) -> None:
        """Add the picture that was not ready in time, which nobody waits for: the job's turn is over."""
        await self._audience(run).add_picture(run)

    async def _compile(self, run: Run, html: str) -> Page:
        """Compile the page's classes; a page without styles is delivered rather than none."""
        language = run.job.language
        try:
            css = await self.styles.compile(await asyncio.to_thread(list_classes, html))
        except BotError as error:
            _log.warning("styles_not_compiled", code=error.code)
            css = ""
        finished = await asyncio.to_thread(finish_page, html, css=css, language=language)
        scripted = None
        if self.keeps_scripts:
            scripted = await asyncio.to_thread(finish_scripted, html, css=css, language=language)
        return Page(html=finished, scripted_html=scripted, is_styled=bool(css))

    async def fail(self, run: Run, error: BotError) -> Outcome:
        """Tell what went wrong; too late to cancel, then."""
        run.cancellation.settle()
        _log.warning("job_failed", code=error.code, reference=make_reference(run.job_id), **error.list_facts())
        await self._forget(run)
        await self._audience(run).tell_failure(run, error)
        return _write_failure(error, run)

    async def _cancel(self, run: Run, cancelled: JobCancelled) -> Outcome:
        """Take back what there is, and say that the job was stopped."""
        _log.info("job_cancelled", by=run.cancellation.by)
        await self._forget(run)
        await self._audience(run).tell_cancelled(run)
        return Outcome(error=cancelled.code, progress=run.progress)

    async def _forget(self, run: Run) -> None:
        """Forget the result of a job whose files were not shared, so that nothing builds on it."""
        if run.is_kept:
            await run.step("forget_result", NoneType, lambda: self.shelf.forget([run.job_id]))

    def _introduce(self, run: Run, watch: Watch) -> Caller:
        job, place = run.job, run.place
        return Caller(
            job_id=run.job_id,
            team=job.address.team,
            thread=f"{place.channel}:{place.thread_ts or run.job_id}",
            model=job.request.model,
            step=run.step,
            note_call=run.note_call,
            watch=watch,
        )


def _write_failure(error: BotError, run: Run) -> Outcome:
    if isinstance(error, LimitError):
        return Outcome(error=error.code, limit=error.limit, wait_s=error.wait_s, progress=run.progress)
    return Outcome(error=error.code, progress=run.progress)


def _brief_flow(run: Run) -> Brief[Flow]:
    """Say what flow is wanted: a new one, another one, or the last one changed."""
    prompt, base, discussion = run.job.request.prompt, run.progress.base, run.progress.discussion

    def read(asked: Asked) -> Flow:
        return read_flow(asked.text, is_cut=asked.is_cut, language=run.job.language)

    said = discussion.text if discussion else ""
    if run.base is None:
        text = ask_for_flow(prompt, discussion=said, before=base.flow if base else None)
        return Brief(role=Role.FLOW, text=text, write_again=_ask_again(text), read=read)
    anew = ask_for_flow_change(prompt, discussion=said, flow=run.base.flow)
    return Brief(
        role=Role.FLOW,
        text=ask_for_flow_change(prompt, discussion=said),
        text_anew=anew,
        continues=None if run.job.starts_anew else run.base.exchanges.get(Role.FLOW),
        write_again=_ask_again(anew),
        read=read,
    )


def _brief_page(run: Run, flow: Flow, *, before: str) -> Brief[tuple[str, PageReport]]:
    """Say what page is wanted: that of a flow, or the last one changed."""
    prompt = run.job.request.prompt

    def read(asked: Asked) -> tuple[str, PageReport]:
        html = read_page(asked.text, is_cut=asked.is_cut)
        return html, check_page(html, flow)

    def judge(page: tuple[str, PageReport]) -> Shortfall | None:
        return _find_shortfall(page[1])

    if run.base is None:
        text = ask_for_page(prompt, flow)
        return Brief(role=Role.PAGE, text=text, write_again=_ask_again(text), read=read, judge=judge)
    anew = ask_for_page_change(prompt, flow, page=before)
    return Brief(
        role=Role.PAGE,
        text=ask_for_page_change(prompt, flow),
        text_anew=anew,
        continues=None if run.job.starts_anew else run.base.exchanges.get(Role.PAGE),
        write_again=_ask_again(anew),
        read=read,
        judge=judge,
    )


def _ask_again(question: str) -> WriteAgain:
    return lambda problem, is_cut: ask_again(question, problem=problem, is_cut=is_cut)


def _make_result(run: Run, flow: Flow, page: Page, made: Made[tuple[str, PageReport]]) -> Result:
    exchange = run.progress.flow_exchange
    return Result(
        job_id=run.job_id,
        team=run.job.address.team,
        user=run.job.address.user,
        thread=run.thread_key,
        language=run.job.language,
        flow=flow,
        html=page.html,
        scripted_html=page.scripted_html,
        exchanges={Role.PAGE: made.exchange, **({Role.FLOW: exchange} if exchange else {})},
    )


def _find_shortfall(report: PageReport) -> Shortfall | None:
    missing = _count_missing(report)
    return Shortfall(count=missing, description=report.describe_problems()) if missing else None


def _count_missing(report: PageReport) -> int:
    """Count what the page has to be asked for again; a missing language is put in instead."""
    return len(report.missing_fields) + len(report.missing_titles)
