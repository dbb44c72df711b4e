"""The picture of one result while it is drawn: waited with for a moment, and never what a result waits for longer."""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog

from bot.core.alt_text import write_alt_text
from bot.core.models import Flow
from bot.core.texts import Language
from bot.courtesy import wait_at_most
from bot.errors import BotError
from bot.ports import File, Painter

# With the files if it is ready by then; into the message of the flow if it comes later than that.
_SHARE_WAIT_S: Final = 2.0
_LATE_WAIT_S: Final = 15.0
_log: Final = structlog.get_logger("job")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """A picture in the making; ``task`` is ``None`` where no pictures are drawn.

    One that ``is_queued`` behind several others is not waited with: where many results come at once, all would wait.
    """

    task: asyncio.Task[File | None] | None = None
    is_queued: bool = False

    async def wait_for_share(self) -> File | None:
        """Return the picture if it is ready in two seconds, or at once where it stands in a queue."""
        return await self._wait(0.0 if self.is_queued else _SHARE_WAIT_S)

    async def wait_for_late(self) -> File | None:
        """Return the picture if it becomes ready at all."""
        return await self._wait(_LATE_WAIT_S)

    async def _wait(self, longest_s: float) -> File | None:
        if self.task is None:
            return None
        is_ready = await wait_at_most(longest_s, asyncio.wait([self.task]))
        return self.task.result() if is_ready else None

    def drop(self) -> None:
        """Draw no further."""
        if self.task is not None:
            self.task.cancel()


def begin_sketch(painter: Painter | None, html: str, flow: Flow, *, language: Language) -> Sketch:
    """Begin to draw; what goes wrong is logged, and the result has no picture."""
    if painter is None:
        return Sketch()

    async def draw() -> File | None:
        try:
            content = await painter.paint(html, flow=flow, language=language)
        except BotError as error:
            _log.warning("picture_not_drawn", code=error.code, reason=str(error))
            return None
        except Exception as error:  # noqa: BLE001 - whatever happens to a picture, a result is delivered
            _log.error("picture_broke", exc_info=error)
            return None
        return File(name="prototype.png", content=content, alt_text=write_alt_text(flow, language))

    is_queued = painter.is_crowded
    task = asyncio.create_task(draw())  # noqa: TID251 - held by the sketch, dropped at the job's end
    return Sketch(task=task, is_queued=is_queued)
