"""The ways in while the database takes nothing, or can't be read: whoever clicked is told, and may click again."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from stage import Stage, StageOpener
from visitors import get_modal, has_modal, list_whispers, show, wait_for_dm

from bot.core.controls import BAD, FEEDBACK_ACTION, GOOD, REFINE_ACTION
from bot.demo.workspace import Message

ENGLISH = "Registration for a parking permit: name, car plate, e-mail"
_FULL = "CREATE TRIGGER full BEFORE INSERT ON workflow_status BEGIN SELECT RAISE(ABORT, 'disk is full'); END"


@contextmanager
def _changed_store(stage: Stage, change: str, undo: str) -> Iterator[None]:
    """Change the database so that it refuses something."""
    with closing(sqlite3.connect(Path(stage.env["DATA_DIR"]) / "bot.sqlite", timeout=10)) as database:
        database.execute(change)
        database.commit()
        try:
            yield
        finally:
            database.execute(undo)
            database.commit()


async def _make_result(stage: Stage) -> tuple[Message, str]:
    """Have a prototype made; return the message with its controls and the id of its job."""
    anchor = await stage.command(ENGLISH, user="U2")

    def find() -> list[Message]:
        return [message for message in stage.list_thread("C1", anchor.ts) if REFINE_ACTION in show(message.blocks)]

    result = (await stage.workspace.wait_for(find, 20))[-1]
    assert result.metadata is not None
    return result, str(result.metadata["event_payload"]["job"])


async def test_what_can_not_be_kept_is_said_where_it_was_asked_for(open_stage: StageOpener) -> None:
    """In the modal, whose next try is taken, or to whoever clicked alone."""
    async with open_stage() as stage:
        result, job_id = await _make_result(stage)
        await stage.workspace.use_shortcut("U2", "generate_prototype")
        form = get_modal(stage, "U2")
        await stage.workspace.click("U2", result, REFINE_ACTION)
        change = get_modal(stage, "U2")
        await stage.workspace.click("U2", result, FEEDBACK_ACTION, f"{BAD}:{job_id}")
        reason = get_modal(stage, "U2")
        with _changed_store(stage, _FULL, "DROP TRIGGER full"):
            for modal, text in ((form, ENGLISH), (change, "make it green"), (reason, "It has no plate")):
                await stage.workspace.submit_view("U2", modal, {"prompt": text})
            await stage.workspace.use_message_shortcut("U2", result, "prototype_from_message")
            await stage.workspace.click("U2", result, FEEDBACK_ACTION, f"{GOOD}:{job_id}")
        views = [stage.workspace.views[modal.id] for modal in (form, change, reason)]
        for modal, text in ((form, ENGLISH), (change, "make it green"), (reason, "It has no plate")):
            await stage.workspace.submit_view("U2", modal, {"prompt": text})
        messages = await wait_for_dm(stage, "U2")

        assert all("can't take requests" in view.errors["prompt"] for view in views)
        assert sum("can't take requests" in text for text in list_whispers(stage, "U2")) == 2
        assert not has_modal(stage, "U2")
        assert messages[-1].files


async def test_a_list_that_can_not_be_read_is_not_called_empty(open_stage: StageOpener) -> None:
    """Neither in the home nor in the answer to a command."""
    change, undo = (f"ALTER TABLE bot_requests{a} RENAME TO bot_requests{b}" for a, b in (("", "_away"), ("_away", "")))
    async with open_stage() as stage:
        with _changed_store(stage, change, undo):
            (opened,) = await stage.workspace.open_home("U2")
            listed = await stage.workspace.send_command(user="U2", channel="C1", text="status")
        home = show(stage.workspace.published_homes["U2"].body)

        assert opened.status == listed.status == 200
        assert "can't take requests" in home
        assert "New prototype" in home
        assert "can't take requests" in json.loads(listed.body)["text"]
