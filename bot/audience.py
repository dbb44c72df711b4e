"""Who a job tells what it does: the thread it was asked in, or nobody, where its result is fetched."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from bot.core.models import Flow, Posted
from bot.editing import Editor
from bot.errors import BotError, SlackError
from bot.ports import Painter
from bot.prototype import Prototype, Shared
from bot.run import Run
from bot.showing import Display, Watch
from bot.sketch import begin_sketch
from bot.telling import Teller

_log: Final = structlog.get_logger("job")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadAudience:
    """The people of a thread; ``painter`` draws the picture that they see."""

    teller: Teller
    editor: Editor
    display: Display
    painter: Painter | None = None

    async def open(self, run: Run) -> None:
        """Open the thread, or go on in the one that is there."""
        await self.teller.open_thread(run)

    async def show_place(self, run: Run, number: int | None) -> None:
        """Show where the job stands in line."""
        await self.editor.show_place(run, number)

    async def show_stage(self, run: Run) -> None:
        """Show that a job goes on which had to wait."""
        await self.editor.show_stage(run)

    def stage(self, run: Run) -> AbstractAsyncContextManager[Watch]:
        """Show the stage for as long as the context lasts."""
        return self.display.stage(run)

    async def show_flow(self, run: Run, flow: Flow) -> None:
        """Post the flow."""
        await self.teller.post_flow(run, flow)

    async def share(self, run: Run, prototype: Prototype) -> Shared:
        """Share the files, with the picture if it is drawn by then."""
        run.sketch = begin_sketch(self.painter, prototype.html, prototype.flow, language=run.job.language)
        return await self.teller.share(run, prototype, run.sketch)

    def list_posted(self, run: Run, shared: Shared) -> Posted:
        """List what Slack has of the result."""
        return self.teller.list_posted(run, shared.files)

    async def finish(self, run: Run, shared: Shared, timing: str) -> None:
        """Show that the job is done; a picture that was not ready is left for later."""
        await self.editor.clear_work(run)
        await self.teller.finish(run, timing)
        run.note(late_timing=None if shared.has_picture or self.painter is None else timing)

    async def add_picture(self, run: Run) -> None:
        """Add the picture that was not ready in time, which nobody waits for."""
        flow, timing = run.progress.flow, run.progress.late_timing
        if run.sketch is not None and flow is not None and timing is not None:
            await self.teller.add_picture(run, flow, run.sketch, timing)
        if run.sketch is not None:
            run.sketch.drop()

    async def tell_failure(self, run: Run, error: BotError) -> None:
        """Tell the thread what went wrong, or the user alone where there is no thread."""
        await self.editor.clear_work(run)
        try:
            await self.teller.tell_failure(run, error)
        except SlackError as slack_error:
            _log.warning("failure_not_told", code=slack_error.code, reason=slack_error.reason)

    async def tell_cancelled(self, run: Run) -> None:
        """Take back what there is, and say that the job was stopped."""
        await self.editor.clear_work(run)
        await self.teller.tell_cancelled(run)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAudience:
    """Nobody: a job whose result is fetched says nothing anywhere, and no step of it does."""

    async def open(self, run: Run) -> None:
        """Open nothing."""

    async def show_place(self, run: Run, number: int | None) -> None:
        """Show nothing."""

    async def show_stage(self, run: Run) -> None:
        """Show nothing."""

    @asynccontextmanager
    async def stage(self, _: Run) -> AsyncIterator[Watch]:
        """Hear what arrives, and show nothing of it."""
        yield lambda _: None

    async def show_flow(self, run: Run, flow: Flow) -> None:
        """Post nothing."""

    async def share(self, _run: Run, _prototype: Prototype) -> Shared:
        """Share nothing, and have no picture drawn."""
        return Shared()

    def list_posted(self, _run: Run, _shared: Shared) -> Posted:
        """List nothing."""
        return Posted()

    async def finish(self, run: Run, shared: Shared, timing: str) -> None:
        """Say nothing."""

    async def add_picture(self, run: Run) -> None:
        """Add nothing."""

    async def tell_failure(self, run: Run, error: BotError) -> None:
        """Say nothing: what the job came to says it."""

    async def tell_cancelled(self, run: Run) -> None:
        """Say nothing."""
