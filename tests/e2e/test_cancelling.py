"""Cancel, and Slack's own Stop: the job ends in the middle of what it does, and stays ended."""

import asyncio

import pytest
from stage import Stage, StageOpener

from bot.core.controls import CANCEL_ACTION, RETRY_ACTION
from bot.demo.codemie import Fault
from bot.demo.workspace import Message

PROMPT = "Registration for a parking permit: name, car plate, e-mail"
_SLOW = Fault.slow(chars_per_s=40)
_GENEROUS_S = 30


def _has_button(message: Message, action_id: str) -> bool:
    return f"'{action_id}'" in str(message.blocks)


async def _wait_for_cancelled(stage: Stage, channel: str, ts: str) -> list[Message]:
    def find() -> list[Message]:
        thread = stage.list_thread(channel, ts)
        return thread if any("🚫" in str(message.blocks) for message in thread) else []

    return await stage.workspace.wait_for(find, _GENEROUS_S)


async def test_cancel_while_the_flow_is_written(open_stage: StageOpener) -> None:
    """CodeMie's stream is left in mid-answer and not asked for again; the anchor alone says so, nothing else is posted.

    No time-out of ours could end the stream before the answer's end, so that only the click can.
    """
    async with open_stage(CODEMIE_ANSWER_TIMEOUT_S="300") as stage:
        stage.fault_for = lambda _turn, _number: _SLOW
        anchor = await stage.command(PROMPT)
        await stage.wait_for_calls(1)
        await stage.workspace.click("U1", anchor, CANCEL_ACTION)
        messages = await _wait_for_cancelled(stage, "C1", anchor.ts)
        await stage.codemie.wait_for(lambda: bool(stage.codemie.closed_streams), _GENEROUS_S)
        stage.fault_for = None
        await asyncio.sleep(0.5)

        assert [closed.call for closed in stage.codemie.closed_streams] == stage.codemie.calls
        assert len(stage.codemie.calls) == 1
        assert [message.ts for message in messages] == [anchor.ts]
        assert stage.list_thread("C1", anchor.ts) == messages
        assert _has_button(messages[0], RETRY_ACTION)
        assert not _has_button(messages[0], CANCEL_ACTION)
        assert ("C1", anchor.ts) not in stage.workspace.statuses
        assert stage.workspace.sessions["C1", anchor.ts] != "processing"


async def test_cancel_while_the_page_is_drawn_takes_the_flow_back(stage: Stage) -> None:
    """Of a command only the anchor is left; of a direct message only the note that it was cancelled."""
    stage.fault_for = lambda turn, _number: _SLOW if "HTML only" in turn.text else None
    anchor = await stage.command(PROMPT)
    await stage.workspace.wait_for(lambda: len(stage.list_thread("C1", anchor.ts)) > 1, 10)
    said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
    await stage.workspace.wait_for(lambda: "Car plate" in str(stage.list_thread("D1", said.ts)), 10)
    await stage.workspace.click("U1", anchor, CANCEL_ACTION)
    await stage.workspace.click("U1", stage.list_thread("D1", said.ts)[0], CANCEL_ACTION)
    in_channel = await _wait_for_cancelled(stage, "C1", anchor.ts)
    in_dm = await _wait_for_cancelled(stage, "D1", said.ts)
    stage.fault_for = None

    assert [message.ts for message in in_channel] == [anchor.ts]
    assert len(in_dm) == 1
    assert "Car plate" not in str(in_dm[0].blocks)


async def test_slacks_stop_ends_the_job(stage: Stage) -> None:
    """Where the workspace shows sessions, its own button does what ours does."""
    stage.fault_for = lambda _turn, _number: _SLOW
    said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
    await stage.workspace.wait_for(lambda: stage.workspace.sessions.get(("D1", said.ts)) == "processing", 10)
    await stage.workspace.stop_session("U1", "D1", said.ts)
    messages = await _wait_for_cancelled(stage, "D1", said.ts)
    stage.fault_for = None

    assert len(messages) == 1
    assert stage.workspace.sessions["D1", said.ts] != "processing"


async def test_a_stranger_cancels_nothing(stage: Stage) -> None:
    """A click that comes neither from the requester nor from the job's channel is ignored."""
    stage.fault_for = lambda _turn, _number: Fault.slow(chars_per_s=400)
    said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
    status = (await stage.workspace.wait_for(lambda: stage.list_thread("D1", said.ts), 10))[0]
    stranger = {
        "type": "block_actions",
        "team": {"id": "T1"},
        "user": {"id": "U2"},
        "channel": {"id": "C1"},
        "actions": [{"action_id": CANCEL_ACTION, "block_id": "b", "type": "button", "value": _read_job(status)}],
    }
    delivery = await stage.workspace.deliver_interaction(stranger)
    stage.fault_for = None

    assert delivery.is_acked
    assert await stage.wait_for_files("D1", said.ts)


def _read_job(message: Message) -> str:
    rows = [block for block in message.blocks if block["type"] == "actions"]
    return str(next(element["value"] for row in rows for element in row["elements"]))


async def test_a_cancelled_job_can_be_tried_again(stage: Stage) -> None:
    """It goes on with the flow that it had, in the same thread."""
    stage.fault_for = lambda turn, _number: _SLOW if "HTML only" in turn.text else None
    anchor = await stage.command(PROMPT)
    await stage.workspace.wait_for(lambda: len(stage.list_thread("C1", anchor.ts)) > 1, 10)
    await stage.workspace.click("U1", anchor, CANCEL_ACTION)
    (cancelled,) = await _wait_for_cancelled(stage, "C1", anchor.ts)
    stage.fault_for = None
    flows = sum("JSON only" in call.text for call in stage.codemie.calls)
    await stage.workspace.click("U1", cancelled, RETRY_ACTION)
    messages = await stage.wait_for_files("C1", anchor.ts)

    assert len(messages) == 3
    assert sum("JSON only" in call.text for call in stage.codemie.calls) == flows


async def test_too_late_to_cancel(stage: Stage) -> None:
    """Whoever clicks once the files are shared is told so, alone, and the result stays."""
    stage.workspace.faults.delay("chat.update", 2, when=lambda args: "✅" in str(args.get("blocks")))
    anchor = await stage.command(PROMPT)
    await stage.workspace.wait_for(lambda: any(m.files for m in stage.list_thread("C1", anchor.ts)), 10)
    before = len(stage.workspace.response_url_posts)
    await stage.workspace.click("U1", anchor, CANCEL_ACTION)
    told = await stage.workspace.wait_for(lambda: stage.workspace.response_url_posts[before:], 5)

    assert "ended already" in str(told[0].body)
    assert len(await stage.wait_for_files("C1", anchor.ts)) == 3


@pytest.mark.parametrize("way", ["kill", "stop"])
async def test_a_cancelled_job_stays_cancelled_after_a_restart(open_stage: StageOpener, way: str) -> None:
    """Also if the process ends before the thread has heard of it: then the next one tells it."""
    async with open_stage() as stage:
        stage.fault_for = lambda _turn, _number: _SLOW
        anchor = await stage.command(PROMPT)
        await stage.wait_for_calls(1)
        stage.workspace.faults.answer_status("chat.update", 503, times=2)
        await stage.workspace.click("U1", anchor, CANCEL_ACTION)
        await stage.wait_for_log("job_cancelled")
        await (stage.kill() if way == "kill" else stage.stop())
        stage.fault_for = None
        await stage.start()
        messages = await _wait_for_cancelled(stage, "C1", anchor.ts)
        await asyncio.sleep(0.5)

        assert [message.ts for message in messages] == [anchor.ts]
        assert len(stage.codemie.calls) == 1


async def test_cancel_while_waiting_in_line(open_stage: StageOpener) -> None:
    """A job that has not begun ends without a call."""
    async with open_stage(MAX_CONCURRENT_JOBS="1") as stage:
        stage.fault_for = lambda _turn, _number: Fault.slow(chars_per_s=300)
        first = await stage.command(PROMPT)
        second = await stage.command(PROMPT, user="U2")
        await stage.workspace.click("U2", second, CANCEL_ACTION)
        messages = await _wait_for_cancelled(stage, "C1", second.ts)
        stage.fault_for = None
        await stage.wait_for_files("C1", first.ts)

        assert len(messages) == 1
        assert len(stage.codemie.calls) == 2
