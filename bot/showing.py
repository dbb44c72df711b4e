"""Progress while CodeMie answers: the seconds so far, and what has arrived, shown every few seconds.

What is shown in passing is no step of the job: it may be lost, and is never waited for.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final

import structlog

from bot.core.models import Flow
from bot.core.partial import count_titles, read_partial_flow
from bot.core.texts import write_seconds
from bot.courtesy import wait_at_most
from bot.editing import Editor
from bot.errors import BotError
from bot.run import Run

_TICK_S: Final = 3.0
# Slack takes about 50 edits a minute of a workspace; those that show progress in passing use no more than 40.
_EDITS_APART_S: Final = 1.5
# Slack takes its sign of work away after two minutes.
_SIGN_S: Final = 90.0
# An edit that is on its way at the end of a stage must not overtake the next one.
_LAST_EDIT_S: Final = 2.0
_LONGEST_ANSWER_CHARS: Final = 400_000

_log: Final = structlog.get_logger("job")

Watch = Callable[[str | None], None]


@dataclass(slots=True)
class _Arriving:
    """What a model has said so far."""

    pieces: list[str] = field(default_factory=list)
    size_chars: int = 0

    def hear(self, text: str | None) -> None:
        """Take the next piece; ``None`` begins anew, as a call that is made again does."""
        if text is None:
            self.pieces.clear()
            self.size_chars = 0
        elif self.size_chars < _LONGEST_ANSWER_CHARS:
            self.pieces.append(text)
            self.size_chars += len(text)

    def read(self) -> str:
        return "".join(self.pieces)


@dataclass(slots=True, kw_only=True)
class Display:
    """Shows the progress of the jobs of this process; the more there are, the less often each."""

    editor: Editor
    monotonic: Callable[[], float] = time.monotonic
    tick_s: float = _TICK_S
    _shown: int = 0

    @asynccontextmanager
    async def stage(self, run: Run) -> AsyncIterator[Watch]:
        """Show the stage that a job is in for as long as the context lasts; yields what hears the answer."""
        arriving, is_over = _Arriving(), asyncio.Event()
        with self._counted():
            ticking = asyncio.create_task(self._tick(run, arriving, is_over))  # noqa: TID251 - ends below
            try:
                yield arriving.hear
            except (asyncio.CancelledError, BotError):
                ticking.cancel()
                raise
            finally:
                is_over.set()
                await wait_at_most(_LAST_EDIT_S, asyncio.wait([ticking]))
                _let_go(ticking)

    async def _tick(self, run: Run, arriving: _Arriving, is_over: asyncio.Event) -> None:
        began_s = self.monotonic()
        signed_s = await self._sign(run) if run.signed_s is None else run.signed_s
        while not await wait_at_most(self._choose_wait(), is_over.wait()):
            now_s = self.monotonic()
            await self._show(run, arriving.read(), seconds=round(now_s - began_s))
            if now_s - signed_s > _SIGN_S:
                signed_s = await self._sign(run)

    async def _sign(self, run: Run) -> float:
        """Show Slack's sign of work, and return when; what is posted between stages takes some kinds of it away."""
        now_s = self.monotonic()
        run.signed_s = now_s if await self.editor.show_work(run) else None
        return now_s

    async def _show(self, run: Run, text: str, *, seconds: int) -> None:
        flow = run.progress.flow
        if flow is None:
            partial = await asyncio.to_thread(read_partial_flow, text, language=run.job.language)
            await self.editor.tick(run, _write_flow_stage(run, seconds), arriving=partial)
            return
        drawn = await asyncio.to_thread(count_titles, flow, text)
        await self.editor.tick(run, _write_page_stage(run, flow, seconds=seconds, drawn=drawn))

    def _choose_wait(self) -> float:
        return max(self.tick_s, self._shown * _EDITS_APART_S)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._shown += 1
        try:
            yield
        finally:
            self._shown -= 1


def _let_go(ticking: asyncio.Task[None]) -> None:
    """End the task that shows progress; what went wrong in it ends no job."""
    if not ticking.done():
        ticking.cancel()
    elif not ticking.cancelled() and (error := ticking.exception()):
        _log.error("progress_not_shown", exc_info=error)


def _write_flow_stage(run: Run, seconds: int) -> str:
    return run.texts.seconds.format(status=run.texts.making_flow, n=seconds)


def _write_page_stage(run: Run, flow: Flow, *, seconds: int, drawn: int) -> str:
    """Write what is done and what is being done, a line each."""
    texts = run.texts
    made = texts.flow_made.format(seconds=write_seconds(run.job.language, run.progress.flow_s))
    now = texts.seconds.format(status=texts.drawing_page, n=seconds)
    return f"{made}\n{now}" + (f" {texts.screens_drawn.format(n=drawn, total=len(flow.steps))}" if drawn else "")
