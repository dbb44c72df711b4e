"""How long a result waits with its picture."""

import asyncio
from dataclasses import dataclass

from bot.core.models import Flow, Step
from bot.core.texts import Language
from bot.sketch import begin_sketch

FLOW = Flow(id="1", name="Permit", steps=[Step(id="1", type="info", title="Done")])


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowPainter:
    """A painter that takes a moment, with others before or not."""

    is_crowded: bool

    async def paint(self, html: str, *, flow: Flow, language: Language) -> bytes:
        """Paint, in a while."""
        await asyncio.sleep(0.05)
        return f"{html} {flow.name} {language}".encode()


async def test_a_picture_in_a_queue_is_not_waited_with() -> None:
    """Alone it comes with the files; behind others it follows."""
    alone = begin_sketch(SlowPainter(is_crowded=False), "page", FLOW, language=Language.ENGLISH)
    with_files = await alone.wait_for_share()
    queued = begin_sketch(SlowPainter(is_crowded=True), "page", FLOW, language=Language.ENGLISH)
    without = await queued.wait_for_share()
    late = await queued.wait_for_late()

    assert with_files is not None
    assert without is None
    assert late == with_files
