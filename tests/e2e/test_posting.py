"""Nothing is said twice: answers of Slack that are lost, crashes, and places the bot may not read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from stage import Stage, StageOpener

from bot.demo.codemie import ChatTurn
from bot.demo.workspace import Change, ChangeKind, Message

PROMPT = "Registration for a parking permit: name, car plate, e-mail"


@pytest.fixture(autouse=True)
def _healthy_again(stage: Stage) -> Iterator[None]:
    """Leave no fault and no scope changed behind."""
    scopes, share_delay_s = set(stage.workspace.scopes), stage.workspace.share_delay_s
    yield
    stage.fault_for = None
    stage.workspace.faults.clear()
    stage.workspace.share_delay_s = share_delay_s
    stage.workspace.scopes.update(scopes)


def _only_nth(n: int) -> Callable[[Mapping[str, Any]], bool]:
    """Match the ``n``-th call that is asked about, from 0."""
    seen = -1

    def is_nth(_: Mapping[str, Any]) -> bool:
        nonlocal seen
        seen += 1
        return seen == n

    return is_nth


def _is_flow(args: Mapping[str, Any]) -> bool:
    """Match the calls that bring the numbered steps of a flow, and not the later ones that say it is done."""
    blocks = str(args.get("blocks"))
    return "1. " in blocks and "Drawing the page" in blocks


def _pick_flows(messages: Sequence[Message]) -> list[Message]:
    return [message for message in messages if "1. " in str(message.blocks)]


@pytest.mark.parametrize(
    ("method", "n"),
    [("chat.postMessage", 0), ("chat.postMessage", 1), ("chat.update", 0), ("files.completeUploadExternal", 0)],
)
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


async def test_files_that_appear_late_are_shared_once(stage: Stage) -> None:
    """The answer is lost and the message comes three seconds later; it is waited for."""
    stage.workspace.share_delay_s = 3.0
    stage.workspace.faults.drop_answer("files.completeUploadExternal")
    said = await stage.workspace.say(user="U2", channel="D2", text=PROMPT)
    messages = await stage.wait_for_files("D2", said.ts)

    completed = [call for call in stage.workspace.calls if call.method == "files.completeUploadExternal"]
    assert len([message for message in messages if message.files]) == 1
    assert not completed[-1].is_answered


@pytest.mark.parametrize("times", [2, 3, None])
async def test_a_flow_that_is_edited_in_is_not_posted_too(stage: Stage, times: int | None) -> None:
    """The answers to the edit are lost, some or all of them; the progress message is the flow all the same."""
    stage.workspace.faults.drop_answer("chat.update", times=times, when=_is_flow)
    said = await stage.workspace.say(user="U2", channel="D2", text=PROMPT)
    messages = await stage.wait_for_files("D2", said.ts)

    assert len(messages) == 2
    assert len(_pick_flows(messages)) == 1


async def test_a_flow_that_is_known_not_to_be_edited_in_is_posted(stage: Stage) -> None:
    """No edit ever arrives; the message is looked up, and the flow comes as a new one."""
    stage.workspace.faults.drop_request("chat.update", times=8, when=_is_flow)
    said = await stage.workspace.say(user="U2", channel="D2", text=PROMPT)
    messages = await stage.wait_for_files("D2", said.ts)

    assert len(messages) == 3
    assert len(_pick_flows(messages)) == 1


async def test_without_history_an_ambiguous_edit_is_not_posted(stage: Stage) -> None:
    """The flow of a mention may be there and can't be looked up: the thread says so, and nothing is doubled."""
    stage.workspace.scopes -= {"channels:history", "groups:history"}
    stage.workspace.faults.drop_answer("chat.update", times=None, when=_is_flow)
    said = await stage.workspace.say(user="U1", channel="C1", text=PROMPT, mention=True)
    messages = await stage.wait_for_failure("C1", said.ts)

    assert len(messages) == 2
    assert "did not confirm" in messages[1].text


async def test_a_progress_message_that_was_deleted_is_not_missed(stage: Stage) -> None:
    """Somebody deletes the first reply in mid-job; the flow comes as a new message of the thread."""

    def delete_progress(turn: ChatTurn, _: int) -> None:
        if "<flow>" not in turn.text:
            stage.workspace.state.delete(stage.workspace.messages("C1")[-1])

    stage.fault_for = delete_progress
    said = await stage.workspace.say(user="U1", channel="C1", text=PROMPT, mention=True)
    messages = await stage.wait_for_files("C1", said.ts)

    assert len(messages) == 2
    assert len(_pick_flows(messages)) == 1


async def test_without_history_an_ambiguous_post_is_not_repeated(stage: Stage) -> None:
    """And the thread says so, with a way to try again."""
    stage.workspace.scopes -= {"channels:history", "groups:history"}
    stage.workspace.faults.drop_answer("chat.postMessage", when=_only_nth(1))
    anchor = await stage.command(PROMPT)
    messages = await stage.wait_for_failure("C1", anchor.ts)

    assert len(_pick_flows(messages)) == 1
    assert "did not confirm" in messages[-1].text
    assert "Try again" in str(messages[-1].blocks)


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


async def test_an_outage_of_slack_is_waited_out(open_stage: StageOpener) -> None:
    """What CodeMie has made is posted when Slack is back, however many tries that takes, and posted once."""
    async with open_stage() as stage:
        for method in ("chat.postMessage", "chat.update", "conversations.replies"):
            stage.workspace.faults.answer_status(method, 503, times=4)
        anchor = await stage.command(PROMPT)
        messages = await stage.wait_for_files("C1", anchor.ts, timeout_s=60)

        assert len(messages) == 3
        assert len(stage.workspace.messages("C1")) == 3
        assert len(stage.codemie.calls) == 2
