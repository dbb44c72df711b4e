"""While CodeMie writes: seconds, what has arrived, and Slack's own sign of work, wherever the surface has it."""

import re
from collections.abc import Mapping

import pytest
from stage import Stage, StageOpener

from bot.core.controls import CANCEL_ACTION, FEEDBACK_ACTION, GOOD_ACTION
from bot.demo.codemie import Fault
from bot.demo.workspace import Message
from bot.demo.workspace.records import Change, ChangeKind

PROMPT = "Registration for a parking permit: name, car plate, e-mail"
_APART_S = 3
_SLACK_S = 1


def _record_texts(stage: Stage, ts: str) -> list[tuple[float, str]]:
    """Collect what a thread shows, whenever it changes, with the time."""
    shown: list[tuple[float, str]] = []

    def note(change: Change) -> None:
        message = change.message
        if message and message.bot_id and ts in (message.ts, message.thread_ts) and change.kind is ChangeKind.EDITED:
            shown.append((stage.workspace.state.clock(), str(message.blocks)))

    stage.workspace.subscribe(note)
    return shown


async def test_steps_arrive_while_the_flow_is_written(stage: Stage) -> None:
    """In a DM the flow grows in its message; there are no more edits than one every three seconds."""
    stage.fault_for = lambda turn, _number: Fault.slow(chars_per_s=130) if "JSON only" in turn.text else None
    said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
    shown = _record_texts(stage, said.ts)
    await stage.wait_for_files("D1", said.ts, timeout_s=40)
    stage.fault_for = None

    growing = [(at, text) for at, text in shown if "Working out" in text]
    assert any("Before you start" in text and "Check and send" not in text for _, text in growing)
    assert all(CANCEL_ACTION in text for _, text in growing)
    assert (len(growing) - 1) * _APART_S <= growing[-1][0] - growing[0][0] + _SLACK_S


async def test_an_anchor_shows_stages_and_seconds(stage: Stage) -> None:
    """The flow's steps by their titles first, then how long it took, and how many screens are drawn."""
    stage.fault_for = lambda turn, _number: Fault.slow(chars_per_s=130 if "JSON only" in turn.text else 1_400)
    anchor = await stage.command(PROMPT)
    shown = _record_texts(stage, anchor.ts)
    await stage.wait_for_files("C1", anchor.ts, timeout_s=60)
    stage.fault_for = None

    texts = [text for _, text in shown]
    assert any(re.search(r"Working out the user flow… \d+ s", text) and "1. Before you start" in text for text in texts)
    assert any("✔️ User flow: " in text and "Drawing the page…" in text for text in texts)
    assert any(" of 3 screens)" in text for text in texts)


def _read_states(stage: Stage, ts: str, method: str = "agents.sessions.setStatus") -> list[str]:
    calls = [call for call in stage.workspace.calls if call.args.get("thread_ts") == ts]
    return [str(call.args["status"]) for call in calls if call.method == method]


async def test_an_agents_session_is_opened_and_left(stage: Stage) -> None:
    """It is at work while the bot is, and not a moment longer, which is said once; no older status is set beside it."""
    said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
    await stage.wait_for_files("D1", said.ts)

    assert _read_states(stage, said.ts) == ["processing", "active"]
    assert ("D1", said.ts) not in stage.workspace.statuses


@pytest.mark.parametrize("error", ["unknown_method", "missing_scope"])
async def test_without_sessions_a_status_is_shown_and_cleared(open_stage: StageOpener, error: str) -> None:
    """The method that is not to be had is asked for once."""
    async with open_stage() as stage:
        stage.workspace.faults.answer_error("agents.sessions.setStatus", error, times=None)
        stage.fault_for = lambda _turn, _number: Fault.slow(chars_per_s=4_000)
        said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
        status = await stage.workspace.wait_for(lambda: stage.workspace.status("D1", said.ts), 10)
        assert status is not None
        await stage.wait_for_files("D1", said.ts)

        assert status.text == "is working out the user flow…"
        assert stage.workspace.status("D1", said.ts) is None
        assert [call.method for call in stage.workspace.calls].count("agents.sessions.setStatus") == 1
        assert _read_states(stage, said.ts, "assistant.threads.setStatus") == [
            "is working out the user flow…",
            "is drawing the page…",
            "",
        ]


async def test_without_either_the_result_is_the_same(open_stage: StageOpener) -> None:
    """Both are asked for once; nobody is told."""
    async with open_stage() as stage:
        for method in ("agents.sessions.setStatus", "assistant.threads.setStatus"):
            stage.workspace.faults.answer_error(method, "unknown_method", times=None)
        for _ in range(2):
            said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
            messages = await stage.wait_for_files("D1", said.ts)

            assert len(messages) == 2
        methods = [call.method for call in stage.workspace.calls]
        assert methods.count("agents.sessions.setStatus") == methods.count("assistant.threads.setStatus") == 1


async def test_the_status_is_cleared_after_a_failure(stage: Stage) -> None:
    """However a job ends."""
    stage.fault_for = lambda _turn, _number: Fault.denied()
    anchor = await stage.command(PROMPT)
    await stage.wait_for_failure("C1", anchor.ts)
    stage.fault_for = None

    assert stage.workspace.sessions["C1", anchor.ts] == "active"


async def test_controls_in_plainer_blocks(open_stage: StageOpener) -> None:
    """A Slack that does not take the feedback block is given buttons instead."""

    def has_feedback(args: Mapping[str, object]) -> bool:
        return "context_actions" in str(args.get("blocks"))

    async with open_stage() as stage:
        stage.workspace.faults.answer_error("chat.update", "invalid_blocks", times=None, when=has_feedback)
        anchor = await stage.command(PROMPT)
        (flow,) = await stage.workspace.wait_for(lambda: _find(stage, anchor, GOOD_ACTION), 20)

        assert FEEDBACK_ACTION + "'" not in str(flow.blocks)


def _find(stage: Stage, anchor: Message, action_id: str) -> list[Message]:
    thread = stage.list_thread("C1", anchor.ts)
    return [message for message in thread if f"'{action_id}'" in str(message.blocks)]
