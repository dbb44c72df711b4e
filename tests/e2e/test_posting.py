"""Nothing is said twice: answers of Slack that are lost, limits that are hit, and places the bot may not read."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from stage import Stage, StageOpener

from bot.demo.codemie import ChatTurn
from bot.demo.workspace import Change, ChangeKind

PROMPT = "Registration for a parking permit: name, car plate, e-mail"


@pytest.fixture(autouse=True)
def _healthy_again(stage: Stage) -> Iterator[None]:
    """Leave no fault and no scope changed behind."""
    scopes = set(stage.workspace.scopes)
    yield
    stage.workspace.faults.clear()
    stage.workspace.scopes.update(scopes)


def _only_nth(n: int) -> Callable[[Mapping[str, Any]], bool]:
    """Match the ``n``-th call that is asked about, from 0."""
    seen = -1

    def is_nth(_: Mapping[str, Any]) -> bool:
        nonlocal seen
        seen += 1
        return seen == n

    return is_nth


@pytest.mark.parametrize(("method", "n"), [("chat.postMessage", 0), ("chat.postMessage", 1), ("chat.update", 0)])
async def test_a_lost_answer_doubles_nothing_of_a_command(stage: Stage, method: str, n: int) -> None:
    """Neither the anchor nor the flow is posted again when it had arrived."""
    before = len(stage.workspace.messages("C1"))
    stage.workspace.faults.drop_answer(method, when=_only_nth(n))
    anchor = await stage.command(PROMPT)
    messages = await stage.wait_for_files("C1", anchor.ts)

    assert len(messages) == 3
    assert len(stage.workspace.messages("C1")) == before + 3


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update", "files.getUploadURLExternal", "upload"])
@pytest.mark.parametrize("is_done", [True, False])
async def test_a_lost_answer_doubles_nothing_of_a_dm(stage: Stage, method: str, is_done: bool) -> None:  # noqa: FBT001
    """Whether the call was carried out or not, the thread ends with the same two messages."""
    drop = stage.workspace.faults.drop_answer if is_done else stage.workspace.faults.drop_request
    drop(method)
    said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
    messages = await stage.wait_for_files("D1", said.ts)

    assert len(messages) == 2


@pytest.mark.parametrize("is_done", [True, False])
async def test_files_are_shared_once(stage: Stage, is_done: bool) -> None:  # noqa: FBT001 - a parameter of a test
    """A share whose answer was lost is recognised by its files."""
    drop = stage.workspace.faults.drop_answer if is_done else stage.workspace.faults.drop_request
    drop("files.completeUploadExternal")
    said = await stage.workspace.say(user="U2", channel="D2", text=PROMPT)
    messages = await stage.wait_for_files("D2", said.ts)

    assert len([message for message in messages if message.files]) == 1


async def test_without_history_an_ambiguous_post_is_not_repeated(stage: Stage) -> None:
    """And the thread says so, with a way to try again."""
    stage.workspace.scopes -= {"channels:history", "groups:history"}
    stage.workspace.faults.drop_answer("chat.postMessage", when=_only_nth(1))
    anchor = await stage.command(PROMPT)
    messages = await stage.wait_for_failure("C1", anchor.ts)

    flows = [message for message in messages if "1. " in str(message.blocks)]
    assert len(flows) == 1
    assert "did not confirm" in messages[-1].text
    assert "Try again" in str(messages[-1].blocks)


async def test_slacks_wait_is_obeyed(stage: Stage) -> None:
    """A 429 with Retry-After delays the message, and neither loses nor doubles it."""
    stage.workspace.faults.rate_limit("chat.postMessage", retry_after_s=1)
    anchor = await stage.command(PROMPT)
    messages = await stage.wait_for_files("C1", anchor.ts)

    assert len(messages) == 3


@pytest.mark.parametrize("n", [0, 1, 2])
async def test_a_crash_between_call_and_commit_doubles_nothing(open_stage: StageOpener, n: int) -> None:
    """The process is killed in the moment a message arrives; after the restart it is found, not posted again."""
    async with open_stage() as stage:
        arrived: list[str] = []

        def kill_at_nth(change: Change) -> None:
            if change.kind is ChangeKind.POSTED and change.message and change.message.bot_id:
                arrived.append(change.message.ts)
                if len(arrived) == n + 1 and stage.process is not None:
                    stage.process.kill()

        unsubscribe = stage.workspace.subscribe(kill_at_nth)
        anchor = await stage.command(PROMPT)
        await stage.workspace.wait_for(lambda: len(arrived) > n)
        unsubscribe()
        await stage.kill()
        await stage.start()
        messages = await stage.wait_for_files("C1", anchor.ts)

        assert len(messages) == 3
        assert [message.ts for message in messages[: n + 1]] == arrived
        assert n == 2 or '"event": "found_posted"' in stage.read_log()
        assert len(stage.codemie.calls) == 2


@pytest.mark.parametrize("channel", ["C2", "G1", "CARCH"])
async def test_where_the_bot_may_not_post_the_result_comes_by_dm(stage: Stage, channel: str) -> None:
    """In a channel without it, a private one and an archived one; the user is told where the result is."""
    whispers = len(stage.workspace.response_url_posts)
    before = {message.ts for message in stage.workspace.messages("D1")}
    await stage.workspace.send_command(user="U1", channel=channel, text=PROMPT)
    files = await stage.workspace.wait_for(
        lambda: [m for m in stage.workspace.messages("D1") if m.files and m.ts not in before], 20
    )
    messages = await stage.wait_for_files("D1", files[0].root_ts)

    (told,) = stage.workspace.response_url_posts[whispers:]
    assert len(messages) == 3
    assert "direct messages" in str(told.body)
    assert stage.workspace.messages(channel) == []


async def test_a_bot_that_is_removed_in_mid_job_goes_on_by_dm(stage: Stage) -> None:
    """The flow and the files come in a DM once the channel is closed to the bot."""

    def close_channel(turn: ChatTurn, _: int) -> None:
        if "<flow>" not in turn.text:
            stage.workspace.remove_bot("C1")

    stage.fault_for = close_channel
    try:
        said = await stage.workspace.say(user="U2", channel="C1", text=PROMPT, mention=True)
        files = await stage.workspace.wait_for(
            lambda: [m for m in stage.workspace.messages("D2") if m.files and m.ts > said.ts], 20
        )
        messages = await stage.wait_for_files("D2", files[0].root_ts)
    finally:
        stage.fault_for = None
        stage.workspace.invite_bot("C1")

    assert len(messages) == 2
    assert "1. " in str(messages[0].blocks)
