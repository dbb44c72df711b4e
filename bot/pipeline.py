"""The steps of a job, in their order: the only place where flow, page and posting meet.

Each side effect is one step with a name; its result is kept, so that a job that is run again after a crash
skips what it has done. What stands between the steps is pure.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog
from pydantic import BaseModel, ConfigDict

from bot.asking import Asked, Asker, Brief, Caller, Shortfall
from bot.core.artifacts import read_flow, read_page
from bot.core.blocks import write_timing
from bot.core.ids import Role, make_reference
from bot.core.instructions import ask_for_flow, ask_for_flow_again, ask_for_page, ask_for_page_again
from bot.core.models import Flow, Outcome
from bot.core.pages import PageReport, check_page, finish_page, list_classes
from bot.errors import BotError, SlackError
from bot.ports import Styles
from bot.run import Run
from bot.telling import Prototype, Teller

_log: Final = structlog.get_logger("job")


class Page(BaseModel):
    """The page as it is delivered."""

    model_config = ConfigDict(frozen=True)

    html: str
    is_styled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Makes a flow and a page of it, and posts them."""

    asker: Asker
    teller: Teller
    styles: Styles

    async def run(self, run: Run) -> Outcome:
        """Run a job to its end; a failure is told in the thread and is an outcome, not an exception."""
        try:
            async with run.turn.opening():
                await self.teller.open_thread(run)
            await run.turn.take(thread=run.thread_key, show=lambda number: self.teller.show_place(run, number))
            if run.turn.had_to_wait:
                await self.teller.show_stage(run)
            flow = await self._make_flow(run)
            await self.teller.post_flow(run, flow)
            html, report, seconds = await self._make_page(run, flow)
            await self._share_page(run, flow, html, report)
            run.step.absolve()
        except BotError as error:
            return await self.fail(run, error)
        flow_s = run.progress.flow_s
        timing = write_timing(run.job.language, flow_s=flow_s, page_s=seconds)
        await self.teller.show(run, "done", timing, may_be_skipped=False)
        _log.info("job_done", flow_s=round(flow_s, 1), page_s=round(seconds, 1), missing=_count_missing(report))
        return Outcome(progress=run.progress)

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
        """Compile the page's styles into it and share it with the flow."""
        page = await run.step("compile_page", Page, lambda: self._compile(run, html))
        await self.teller.share(run, Prototype(flow=flow, html=page.html, report=report, is_styled=page.is_styled))

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
        _log.warning("job_failed", code=error.code, reference=make_reference(run.job_id), **error.list_facts())
        try:
            await self.teller.tell_failure(run, error)
        except SlackError as slack_error:
            _log.warning("failure_not_told", code=slack_error.code, reason=slack_error.reason)
        return Outcome(error=error.code, progress=run.progress)

    def _introduce(self, run: Run) -> Caller:
        job, place = run.job, run.place
        return Caller(
            job_id=run.job_id,
            team=job.address.team,
            thread=f"{place.channel}:{place.thread_ts or run.job_id}",
            model=job.request.model,
            step=run.step,
            note_call=run.note_call,
        )


def _read_flow(asked: Asked) -> Flow:
    return read_flow(asked.text, is_cut=asked.is_cut)


def _find_shortfall(report: PageReport) -> Shortfall | None:
    missing = _count_missing(report)
    return Shortfall(count=missing, description=report.describe_problems()) if missing else None


def _count_missing(report: PageReport) -> int:
    """Count what the page has to be asked for again; a missing language is put in instead."""
    return len(report.missing_fields) + len(report.missing_titles)
