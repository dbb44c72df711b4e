"""Slack's rate limits: waited for as long as Slack asks, in order, with nothing given up."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from stage import Stage

from bot.demo.workspace import Call, Message

PROMPT = "Registration for a parking permit: name, car plate, e-mail"


@pytest.fixture(autouse=True)
def _no_limits_again(stage: Stage) -> Iterator[None]:
    """Leave no fault and no limit behind."""
    burst = stage.workspace.post_rate.burst
    yield
    stage.workspace.faults.clear()
    stage.workspace.post_rate.per_s = None
    stage.workspace.post_rate.burst = burst


def _list_calls(stage: Stage, method: str, *, since: int) -> list[Call]:
    return [call for call in stage.workspace.calls[since:] if call.method == method]


def _shows(text: str) -> Callable[[Mapping[str, Any]], bool]:
    """Match the calls whose blocks have a text in them."""
    return lambda args: text in str(args.get("blocks"))


async def test_slacks_wait_is_obeyed(stage: Stage) -> None:
    """A 429 with Retry-After delays the message, and neither loses nor doubles it."""
    stage.workspace.faults.rate_limit("chat.postMessage", retry_after_s=1)
    anchor = await stage.command(PROMPT)
    messages = await stage.wait_for_files("C1", anchor.ts)

    assert len(messages) == 3


@pytest.mark.parametrize("method", ["chat.update", "files.completeUploadExternal"])
async def test_the_wait_of_a_method_is_obeyed(stage: Stage, method: str) -> None:
    """The flow is edited in, and the files are shared, after the two seconds that Slack asks for."""
    since = len(stage.workspace.calls)
    stage.workspace.faults.rate_limit(method, retry_after_s=2)
    said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
    messages = await stage.wait_for_files("D1", said.ts)

    refused, taken, *_ = _list_calls(stage, method, since=since)
    assert len(messages) == 2
    assert refused.status == 429
    assert taken.at - refused.at >= 2


async def test_progress_is_not_waited_with(stage: Stage) -> None:
    """An edit that only shows progress is left out, and what it was asked to wait for keeps no result waiting."""
    since = len(stage.workspace.calls)
    stage.workspace.faults.rate_limit("chat.update", retry_after_s=2, when=_shows("Drawing the page"))
    anchor = await stage.command(PROMPT)
    messages = await stage.wait_for_files("C1", anchor.ts)

    edits = [call for call in _list_calls(stage, "chat.update", since=since) if call.args["ts"] == anchor.ts]
    (flow,) = [
        call for call in _list_calls(stage, "chat.postMessage", since=since) if call.args.get("thread_ts") == anchor.ts
    ]
    refused, *taken = edits
    assert len(messages) == 3
    assert refused.status == 429
    assert refused.at < flow.at < min(call.at for call in taken)
    assert all(call.status == 200 and call.at < refused.at + 5 for call in taken)


async def test_six_jobs_share_a_channel_that_takes_one_message_a_second(stage: Stage) -> None:
    """Each has its anchor, flow and files in its own thread and in order; none is lost, doubled or failed."""
    stage.workspace.post_rate.burst = 1
    stage.workspace.post_rate.per_s = 1.0
    before = {message.ts for message in stage.workspace.messages("C1")}
    commands = [(f"{PROMPT}, form number {n}", f"U{n % 2 + 1}") for n in range(6)]
    await asyncio.gather(*(stage.workspace.send_command(user=user, channel="C1", text=text) for text, user in commands))

    def list_new() -> list[Message]:
        return [message for message in stage.workspace.messages("C1") if message.ts not in before]

    def find_whole() -> list[list[Message]]:
        anchors = [message for message in list_new() if "✅" in str(message.blocks)]
        threads = [stage.list_thread("C1", anchor.ts) for anchor in anchors]
        whole = [thread for thread in threads if any(message.files for message in thread)]
        return whole if len(whole) == len(commands) else []

    threads = await stage.workspace.wait_for(find_whole, 60)

    assert len(list_new()) == 3 * len(commands)
    assert {text for text, _ in commands for anchor, *_ in threads if text in str(anchor.blocks)} == {
        text for text, _ in commands
    }
    for _, flow, files in threads:
        assert "1. " in str(flow.blocks)
        assert files.files
