"""The picture in the thread: with the files if it is ready in time, later if not, and never in the way."""

import asyncio
import os
import signal
from io import BytesIO
from typing import Final

from PIL import Image
from stage import PICTURE_NAME, Stage, StageOpener

from bot.core.controls import REGENERATE_ACTION
from bot.demo.workspace import Message

PROMPT = "Реєстрація на паркувальний дозвіл: ім'я, номер авто, e-mail"
# A painter that is only just starting, with low priority beside other tests, may be late.
_TRIES: Final = 5


def _list_names(stage: Stage, message: Message) -> list[str]:
    return [stage.workspace.files[file_id].name for file_id in message.files]


async def _wait_for_done(stage: Stage, ts: str) -> Message:
    """Wait for the flow with its controls."""

    def find() -> list[Message]:
        return [message for message in stage.list_thread("C1", ts) if REGENERATE_ACTION in str(message.blocks)]

    return (await stage.workspace.wait_for(find, 20))[0]


async def _ask_until_in_time(stage: Stage) -> Message:
    """Ask until a picture is ready in two seconds; return the message with the files."""
    for _ in range(_TRIES):
        anchor = await stage.command(PROMPT)
        files = (await stage.wait_for_files("C1", anchor.ts))[-1]
        await _wait_for_done(stage, anchor.ts)
        if PICTURE_NAME in _list_names(stage, files):
            break
    return files


async def test_the_picture_is_shared_with_the_files(open_stage: StageOpener) -> None:
    """It is a PNG, comes first, and is described for who can't see it; one that is late is put into the flow's message.

    Nothing waits for it: with the painter held, files and controls come all the same.
    """
    async with open_stage() as stage:
        files = await _ask_until_in_time(stage)
        picture = stage.workspace.files[files.files[0]]
        with stage.holding_painter():
            late = await stage.command(PROMPT, user="U2")
            shared = (await stage.wait_for_files("C1", late.ts))[-1]
            done = await _wait_for_done(stage, late.ts)

            assert _list_names(stage, shared) == ["prototype.html", "flow.json"]
            assert "slack_file" not in str(done.blocks)
        await stage.workspace.wait_for(lambda: "slack_file" in str(stage.list_thread("C1", late.ts)[1].blocks), 10)

        assert _list_names(stage, files) == ["prototype.png", "prototype.html", "flow.json"]
        assert Image.open(BytesIO(picture.content or b"")).format == "PNG"
        assert "Номер авто" in (picture.alt_text or "")
        (image,) = [block for block in stage.list_thread("C1", late.ts)[1].blocks if block["type"] == "image"]
        assert image["alt_text"] == picture.alt_text
        assert len(stage.list_thread("C1", late.ts)) == 3


async def test_a_painter_that_dies_costs_the_picture_alone(open_stage: StageOpener) -> None:
    """The result has none, the next one has its own."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        with stage.holding_painter() as painter:
            second = await stage.command(PROMPT, user="U2")
            await asyncio.sleep(0.5)
            os.kill(painter, signal.SIGKILL)
        files = (await stage.wait_for_files("C1", second.ts))[-1]
        others = await _ask_until_in_time(stage)

        assert len(files.files) >= 2
        assert "prototype.png" in _list_names(stage, others)


async def test_a_picture_is_shown_as_soon_as_slack_has_taken_it_in(open_stage: StageOpener) -> None:
    """Slack refuses a block with a file that it is still processing, so the edit is tried again."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        await _wait_for_done(stage, anchor.ts)
        stage.workspace.processing_s = 2
        with stage.holding_painter():
            late = await stage.command(PROMPT, user="U2")
            await stage.wait_for_files("C1", late.ts)
            await _wait_for_done(stage, late.ts)
        await stage.workspace.wait_for(lambda: "slack_file" in str(stage.list_thread("C1", late.ts)[1].blocks), 15)

        refused = [call for call in stage.workspace.calls if (call.answer or {}).get("error") == "invalid_blocks"]
        assert refused
        assert REGENERATE_ACTION in str(stage.list_thread("C1", late.ts)[1].blocks)
