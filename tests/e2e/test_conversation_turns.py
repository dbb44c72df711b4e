"""Where a conversation takes an unlucky turn: what was cancelled, failed, deleted or refused is not built on."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from stage import Stage, StageOpener

from bot.core.controls import CANCEL_ACTION, DELETE_ACTION, REFINE_LAST_ACTION, REGENERATE_ACTION, START_NEW_ACTION
from bot.core.models import Flow
from bot.demo.codemie import ChatTurn, Fault
from bot.demo.workspace import Message

PROMPT = "Registration for a parking permit: name, car plate, e-mail"


def _is_slow_page(turn: ChatTurn, _number: int) -> Fault | None:
    return Fault.slow(chars_per_s=200) if "HTML only" in turn.text else None


async def _wait_for_results(stage: Stage, channel: str, ts: str, number: int) -> list[Message]:
    """Wait for so many results in a thread; return the messages with their controls."""

    def find() -> list[Message]:
        thread = stage.list_thread(channel, ts)
        done = [message for message in thread if REGENERATE_ACTION in str(message.blocks)]
        return done if len(done) == sum(bool(message.files) for message in thread) == number else []

    return await stage.workspace.wait_for(find, 30)


async def _wait_for(stage: Stage, channel: str, ts: str, words: str) -> list[Message]:
    def find() -> list[Message]:
        thread = stage.list_thread(channel, ts)
        return thread if words in str([message.blocks for message in thread]) else []

    return await stage.workspace.wait_for(find, 20)


async def _wait_until_ended(stage: Stage, thread: str) -> None:
    """Wait until nothing runs in a thread as far as the bot knows: a failure is told right before that is noted."""
    query = "SELECT count(*) FROM bot_requests WHERE thread = ? AND state IN ('waiting', 'running')"
    with closing(sqlite3.connect(Path(stage.env["DATA_DIR"]) / "bot.sqlite", timeout=10)) as database:
        async with asyncio.timeout(20):
            while database.execute(query, (thread,)).fetchone() != (0,):  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0.02)


def _list_labels(stage: Stage, ts: str) -> list[set[str]]:
    shares = [message for message in stage.list_thread("D1", ts) if message.files]
    flows = [Flow.model_validate_json(stage.read_file(message, "flow.json")) for message in shares]
    return [{field.label for step in flow.steps for field in step.fields or ()} for flow in flows]


async def _say_and_cancel(stage: Stage, text: str, ts: str) -> None:
    stage.fault_for = _is_slow_page
    await stage.workspace.say(user="U1", channel="D1", text=text, thread_ts=ts)
    await _wait_for(stage, "D1", ts, "Version 2")
    running = next(m for m in stage.list_thread("D1", ts) if f"'{CANCEL_ACTION}'" in str(m.blocks))
    await stage.workspace.click("U1", running, CANCEL_ACTION)
    await _wait_for(stage, "D1", ts, "🚫")
    stage.fault_for = None


async def test_a_change_that_was_cancelled_is_not_built_on(stage: Stage) -> None:
    """Its words are still in CodeMie's conversation, which is therefore left; opinions point at the right answer."""
    said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
    await _wait_for_results(stage, "D1", said.ts, 1)
    await _say_and_cancel(stage, "add a field for phone", said.ts)
    await stage.workspace.say(user="U1", channel="D1", text="rename Name to Full name", thread_ts=said.ts)
    second = (await _wait_for_results(stage, "D1", said.ts, 2))[1]
    before = len(stage.codemie.feedback)
    job = next(e["value"] for b in second.blocks if b["type"] == "actions" for e in b["elements"] if "value" in e)
    await stage.workspace.click("U1", second, "feedback", f"good:{job}")
    async with asyncio.timeout(10):
        while len(stage.codemie.feedback) < before + 2:  # noqa: ASYNC110 - CodeMie tells nobody
            await asyncio.sleep(0.05)

    first, after = _list_labels(stage, said.ts)
    assert "Phone" not in after
    assert after == (first - {"Name"}) | {"Full name"}
    for given in stage.codemie.feedback[before:]:
        turns = stage.codemie.conversations[given["conversationId"]].turns
        assert given["messageIndex"] == len(turns) - 1


async def test_a_change_of_a_deleted_result_says_so(stage: Stage) -> None:
    """No prototype is made of the words of the change."""
    said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
    (done,) = await _wait_for_results(stage, "D1", said.ts, 1)
    await stage.workspace.click("U1", done, DELETE_ACTION)
    await _wait_for(stage, "D1", said.ts, "Deleted")
    calls = len(stage.codemie.calls)
    await stage.workspace.say(user="U1", channel="D1", text="make the button green", thread_ts=said.ts)
    await _wait_for(stage, "D1", said.ts, "describe the whole app")

    assert len(stage.codemie.calls) == calls


async def test_a_change_that_waited_for_a_cancelled_request_says_so(stage: Stage) -> None:
    """There is nothing to change when its turn comes."""
    stage.fault_for = lambda _turn, _number: Fault.slow(chars_per_s=40)
    said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
    running = (await _wait_for(stage, "D1", said.ts, CANCEL_ACTION))[0]
    await stage.workspace.say(user="U1", channel="D1", text="make the button green", thread_ts=said.ts)
    await stage.workspace.click("U1", running, CANCEL_ACTION)
    stage.fault_for = None
    messages = await _wait_for(stage, "D1", said.ts, "describe the whole app")

    assert not any(message.files for message in messages)


async def test_a_used_button_makes_another_version_or_tells(stage: Stage) -> None:
    """*Regenerate* works again once its version has ended; a choice that was made is told."""
    said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
    (first,) = await _wait_for_results(stage, "D1", said.ts, 1)
    await stage.workspace.click("U1", first, REGENERATE_ACTION)
    await _wait_for_results(stage, "D1", said.ts, 2)
    await stage.workspace.click("U1", first, REGENERATE_ACTION)
    await _wait_for_results(stage, "D1", said.ts, 3)
    asked = await stage.workspace.say(user="U1", channel="D1", text="change the registration form of my gym, please")
    question = (await _wait_for(stage, "D1", asked.ts, START_NEW_ACTION))[0]
    await stage.workspace.click("U1", question, START_NEW_ACTION)
    before = len(stage.workspace.response_url_posts)
    await stage.workspace.click("U1", question, REFINE_LAST_ACTION)
    told = await stage.workspace.wait_for(lambda: stage.workspace.response_url_posts[before:], 5)

    assert "being done already" in str(told[0].body)


async def test_a_discussion_is_read_again_after_a_failure(stage: Stage) -> None:
    """The second mention in a thread whose first one has failed."""
    root = await stage.workspace.say(user="U2", channel="C1", text="A form for the gym: name and phone")
    stage.fault_for = lambda _turn, _number: Fault.denied()
    await stage.workspace.say(
        user="U1", channel="C1", text="prototype what we discussed", thread_ts=root.ts, mention=True
    )
    await stage.wait_for_failure("C1", root.ts)
    await _wait_until_ended(stage, f"T1:C1:{root.ts}")
    stage.fault_for = None
    before = len(stage.codemie.calls)
    await stage.workspace.say(
        user="U1", channel="C1", text="prototype what we discussed", thread_ts=root.ts, mention=True
    )
    await _wait_for_results(stage, "C1", root.ts, 1)

    assert "A form for the gym: name and phone" in stage.codemie.calls[before].text


async def test_a_cancel_while_a_failure_is_told_comes_too_late(open_stage: StageOpener) -> None:
    """One failure is told, not two."""
    async with open_stage() as stage:
        stage.fault_for = lambda _turn, _number: Fault.denied()
        stage.workspace.faults.delay("chat.postMessage", 1.5, when=lambda args: "may not use" in str(args.get("text")))
        anchor = await stage.command(PROMPT)
        await stage.wait_for_log("job_failed")
        await stage.workspace.click("U1", anchor, CANCEL_ACTION)
        messages = await stage.wait_for_failure("C1", anchor.ts)
        await asyncio.sleep(0.5)

        assert len(messages) == len(stage.list_thread("C1", anchor.ts)) == 2
        assert "may not use" in messages[1].text


async def test_a_picture_that_slack_refuses_costs_no_result(open_stage: StageOpener) -> None:
    """Nor does one that Slack has no answer for keep it waiting."""

    def is_picture(args: Mapping[str, object]) -> bool:
        return str(args.get("filename")).endswith(".png")

    async with open_stage() as stage:
        faults = stage.workspace.faults
        faults.answer_error("files.getUploadURLExternal", "invalid_arguments", times=None, when=is_picture)
        anchor = await stage.command(PROMPT)
        refused = await stage.wait_for_files("C1", anchor.ts)
        faults.clear()
        faults.answer_status("files.getUploadURLExternal", 503, times=None, when=is_picture)
        other = await stage.command(PROMPT, user="U2")
        unanswered = await stage.wait_for_files("C1", other.ts)

        assert [len(messages[-1].files) for messages in (refused, unanswered)] == [2, 2]


async def test_a_sign_of_work_is_cleared_where_a_job_has_left(open_stage: StageOpener) -> None:
    """A mention whose flow may not be posted goes on in a DM, and leaves nothing behind that works."""
    async with open_stage() as stage:
        stage.workspace.faults.answer_error(
            "chat.update", "restricted_action", times=None, when=lambda args: args.get("channel") == "C1"
        )
        stage.workspace.faults.answer_error(
            "chat.postMessage",
            "restricted_action",
            times=None,
            when=lambda args: args.get("channel") == "C1" and "permit" in str(args.get("text")),
        )
        said = await stage.workspace.say(user="U2", channel="C1", text=PROMPT, mention=True)
        await stage.workspace.wait_for(lambda: REGENERATE_ACTION in str(stage.workspace.messages("D2")), 20)

        assert "processing" not in stage.workspace.sessions.values()
        assert stage.workspace.sessions["C1", said.ts] == "active"


async def test_a_result_does_not_wait_for_what_progress_was_asked_to(open_stage: StageOpener) -> None:
    """Slack asks an edit in passing to wait for a minute; the flow comes all the same."""
    async with open_stage(CODEMIE_ANSWER_TIMEOUT_S="30") as stage:
        stage.fault_for = lambda turn, _number: Fault.slow(chars_per_s=200) if "JSON only" in turn.text else None
        stage.workspace.faults.rate_limit("chat.update", retry_after_s=60)
        said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)

        assert len(await stage.wait_for_files("D1", said.ts, timeout_s=40)) == 2


async def test_a_text_without_words_is_answered_in_the_language_of_who_wrote_it(open_stage: StageOpener) -> None:
    """By their locale, where they have asked for nothing yet."""
    async with open_stage() as stage:
        stage.workspace.scopes.add("users:read")
        said = await stage.workspace.say(user="U1", channel="D1", text="12345 ?")
        messages = await stage.workspace.wait_for(lambda: stage.list_thread("D1", said.ts), 10)

        assert stage.workspace.state.users["U1"].locale == "uk-UA"
        assert "Опишіть" in str(messages[0].blocks)
