"""Where the result goes when it can't go where it was asked for: a DM, then the command's response_url."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import aiohttp
import pytest
import sqlalchemy as sa
from stage import Stage, StageOpener

from bot.allowance import Limits
from bot.cancellation import Cancellation
from bot.core.controls import RETRY_ACTION
from bot.core.models import GenerateRequest, Job, Progress, ReplyAddress, Surface
from bot.core.texts import Language
from bot.credentials import Secret
from bot.database import Database
from bot.demo.codemie import ChatTurn, Fault
from bot.demo.workspace import Change, ChangeKind, Ephemeral, Message, Workspace
from bot.editing import Editor
from bot.errors import CannotPost
from bot.ledger import Ledger, Position
from bot.line import Line, Turn
from bot.run import Run
from bot.slack.connection import SettingBearer, copy_without_retries, make_client
from bot.slack.poster import SlackPoster
from bot.telling import Teller

T = TypeVar("T")
PROMPT = "Registration for a parking permit: name, car plate, e-mail"
_SMALL_PAGE = '<!doctype html><html lang="en"><body><h1>Permit</h1><label>Name<input name="name"></label></body></html>'


@pytest.fixture(autouse=True)
def _healthy_again(stage: Stage) -> Iterator[None]:
    """Leave no fault, no scope and no membership changed behind."""
    scopes, channels = set(stage.workspace.scopes), dict(stage.workspace.state.channels)
    yield
    stage.fault_for = None
    stage.workspace.faults.clear()
    stage.workspace.scopes.update(scopes)
    stage.workspace.state.channels.update(channels)


def _is_flow(message: Message | Ephemeral) -> bool:
    return "1. " in str(message.blocks)


def _when_asked_for(role: str, act: Callable[[], None]) -> Callable[[ChatTurn, int], None]:
    """Do something in the moment CodeMie is asked for the flow or the page."""

    def choose(turn: ChatTurn, _: int) -> None:
        if ("<flow>" in turn.text) is (role == "page"):
            act()

    return choose


async def _wait_for_result(stage: Stage, channel: str, before: Sequence[Message]) -> list[Message]:
    """Wait for files that were not there before; return the bot's messages of their thread."""
    old = {message.ts for message in before}
    files = await stage.workspace.wait_for(
        lambda: [message for message in stage.workspace.messages(channel) if message.files and message.ts not in old],
        20,
    )
    return await stage.wait_for_files(channel, files[0].root_ts)


async def _wait_for_whispers(stage: Stage, told: str, since: int) -> list[Ephemeral]:
    """Wait until something was whispered; return all that was."""
    await stage.workspace.wait_for(
        lambda: any(told in str(post.body) for post in stage.workspace.response_url_posts[since:]), 20
    )
    return stage.workspace.ephemerals[-len(stage.workspace.response_url_posts[since:]) :]


async def _wait_for_log(stage: Stage, event: str, offset: int) -> None:
    """Wait until the bot has logged an event."""
    async with asyncio.timeout(20):
        while f'"{event}"' not in stage.read_log()[offset:]:  # noqa: ASYNC110 - the log tells nobody
            await asyncio.sleep(0.05)


def _count_parts(stage: Stage) -> list[int]:
    """Count how often notice, flow and page were whispered."""
    posts = [str(post.body) for post in stage.workspace.response_url_posts]
    return [sum(part in post for post in posts) for part in ("only you", "1. ", "prototype is ready")]


@pytest.mark.parametrize("channel", ["C2", "G1", "CARCH", "D3"])
async def test_where_the_bot_may_not_post_the_result_comes_by_dm(stage: Stage, channel: str) -> None:
    """In a channel without it, a private or archived one, other people's DM; the user is told where it is."""
    whispers, in_channel = len(stage.workspace.response_url_posts), stage.workspace.messages(channel)
    before = stage.workspace.messages("D1")
    await stage.workspace.send_command(user="U1", channel=channel, text=PROMPT)
    messages = await _wait_for_result(stage, "D1", before)

    (told,) = stage.workspace.response_url_posts[whispers:]
    assert len(messages) == 3
    assert "direct messages" in str(told.body)
    assert stage.workspace.messages(channel) == in_channel


async def test_a_bot_that_is_removed_in_mid_job_goes_on_by_dm(stage: Stage) -> None:
    """The flow and the files come in a DM once the channel is closed to the bot."""
    before = stage.workspace.messages("D2")
    stage.fault_for = _when_asked_for("flow", lambda: stage.workspace.remove_bot("C1"))
    await stage.workspace.say(user="U2", channel="C1", text=PROMPT, mention=True)
    messages = await _wait_for_result(stage, "D2", before)

    assert len(messages) == 2
    assert _is_flow(messages[0])


async def test_a_channel_that_is_archived_in_mid_job_is_left_for_the_dm(stage: Stage) -> None:
    """What would have been edited in is refused there in a word of its own; the flow and the files come in the DM."""
    before = stage.workspace.messages("D2")
    since = len(stage.workspace.calls)
    archived = replace(stage.workspace.state.channels["C1"], is_archived=True)
    stage.fault_for = _when_asked_for("flow", lambda: stage.workspace.state.set_channel(archived))
    await stage.workspace.say(user="U2", channel="C1", text=PROMPT, mention=True)
    messages = await _wait_for_result(stage, "D2", before)

    errors = {(call.answer or {}).get("error") for call in stage.workspace.calls[since:]}
    assert "is_inactive" in errors
    assert [_is_flow(message) for message in messages] == [True, False]


@pytest.mark.parametrize("role", ["flow", "page"])
async def test_a_deleted_anchor_moves_the_result_to_the_dm(stage: Stage, role: str) -> None:
    """Before the flow, and between flow and files: the DM has all of it, the channel no stray reply."""
    whispers = len(stage.workspace.response_url_posts)
    before = stage.workspace.messages("D1")
    anchors: list[Message] = []

    def delete_anchor() -> None:
        anchors.append([m for m in stage.workspace.messages("C1") if m.bot_id and not m.is_reply][-1])
        stage.workspace.state.delete(anchors[-1])

    stage.fault_for = _when_asked_for(role, delete_anchor)
    await stage.workspace.send_command(user="U1", channel="C1", text=PROMPT)
    messages = await _wait_for_result(stage, "D1", before)

    after = [message for message in stage.workspace.messages("C1") if message.ts >= anchors[0].ts]
    assert len(messages) == 3
    assert [_is_flow(message) for message in messages] == [False, True, False]
    assert all(message.thread_ts == anchors[0].ts for message in after)
    assert not any(message.files for message in after)
    assert "was deleted" in str(stage.workspace.response_url_posts[whispers:][0].body)


@pytest.mark.parametrize("role", ["flow", "page"])
async def test_a_deleted_mention_moves_the_result_to_the_dm(stage: Stage, role: str) -> None:
    """What is left of its thread says so; the DM has the flow and the files."""
    before = stage.workspace.messages("D2")

    def delete_mention() -> None:
        stage.workspace.state.delete([m for m in stage.workspace.messages("C1") if m.user == "U2"][-1])

    stage.fault_for = _when_asked_for(role, delete_mention)
    said = await stage.workspace.say(user="U2", channel="C1", text=PROMPT, mention=True)
    messages = await _wait_for_result(stage, "D2", before)

    (left,) = [message for message in stage.workspace.messages("C1") if message.ts > said.ts]
    assert len(messages) == 2
    assert _is_flow(messages[0])
    assert "was deleted" in str(left.blocks)


async def test_a_deleted_anchor_is_noticed_by_the_edit_too(stage: Stage) -> None:
    """Where permalinks can't be asked for, the edit that shows progress finds the anchor gone."""
    stage.workspace.faults.answer_error("chat.getPermalink", "unknown_method", times=None)
    before = stage.workspace.messages("D1")

    def delete_anchor() -> None:
        stage.workspace.state.delete(stage.workspace.messages("C1")[-1])

    stage.fault_for = _when_asked_for("flow", delete_anchor)
    anchors = stage.workspace.messages("C1")
    await stage.workspace.send_command(user="U1", channel="C1", text=PROMPT)
    messages = await _wait_for_result(stage, "D1", before)

    assert [_is_flow(message) for message in messages] == [False, True, False]
    assert stage.workspace.messages("C1") == anchors


async def test_a_check_that_fails_holds_nothing_up(stage: Stage) -> None:
    """A workspace that knows no permalinks has the result in its thread."""
    stage.workspace.faults.answer_error("chat.getPermalink", "unknown_method", times=None)
    anchor = await stage.command(PROMPT)

    assert len(await stage.wait_for_files("C1", anchor.ts)) == 3


def _refuse_dms(stage: Stage, way: str) -> None:
    if way == "missing_scope":
        stage.workspace.scopes.discard("im:write")
        return

    def is_dm(args: Mapping[str, Any]) -> bool:
        return str(args.get("channel")).startswith("D")

    stage.workspace.faults.answer_error("chat.postMessage", way, times=None, when=is_dm)


@pytest.mark.parametrize("channel", ["C2", "G1", "CARCH"])
@pytest.mark.parametrize("way", ["missing_scope", "messages_tab_disabled"])
async def test_where_the_dm_fails_too_the_result_is_whispered(stage: Stage, channel: str, way: str) -> None:
    """The command's user gets notice, flow and page through its response_url, and nobody else anything."""
    _refuse_dms(stage, way)
    since, before = len(stage.workspace.response_url_posts), [stage.workspace.messages(c) for c in (channel, "D1")]
    await stage.workspace.send_command(user="U1", channel=channel, text=PROMPT)
    notice, flow, page = await _wait_for_whispers(stage, "The prototype is ready", since)

    assert "only you see it" in notice.text
    assert _is_flow(flow)
    assert "does not fit into a message" in str(page.blocks)
    assert "has all 3 fields" in str(page.blocks)
    assert {whisper.user for whisper in (notice, flow, page)} == {"U1"}
    assert all(post.status == 200 for post in stage.workspace.response_url_posts[since:])
    assert [stage.workspace.messages(c) for c in (channel, "D1")] == before


async def test_a_page_that_fits_is_whispered_as_text(stage: Stage) -> None:
    """Its HTML stands in the message, to be saved as a file."""
    flow = {"name": "Permit", "steps": [{"title": "Permit", "fields": [{"name": "name", "label": "Name"}]}]}
    stage.fault_for = lambda turn, _: Fault.say(_SMALL_PAGE if "<flow>" in turn.text else json.dumps(flow))
    _refuse_dms(stage, "missing_scope")
    since = len(stage.workspace.response_url_posts)
    await stage.workspace.send_command(user="U1", channel="C2", text=PROMPT)
    page = (await _wait_for_whispers(stage, "The prototype is ready", since))[-1]

    (html,) = [
        part["elements"][0]["text"]
        for block in page.blocks
        for part in block["elements"]
        if part["type"] == "rich_text_preformatted"
    ]
    assert html.startswith("<!DOCTYPE html>")
    assert "<style" in html
    assert 'name="name"' in html


async def test_what_is_whispered_stays_within_five_uses(open_stage: StageOpener) -> None:
    """Every answer is lost: the notice is sent once, the flow and the page once more each, and that is all."""
    async with open_stage() as stage:
        _refuse_dms(stage, "missing_scope")
        stage.workspace.faults.drop_answer("response_url", times=None)
        await stage.workspace.send_command(user="U1", channel="C2", text=PROMPT)
        await _wait_for_log(stage, "job_done", 0)

        assert _count_parts(stage) == [1, 2, 2]
        assert all(post.status == 200 for post in stage.workspace.response_url_posts)


@pytest.mark.parametrize(("n", "told"), [(0, [1, 1, 1]), (1, [1, 2, 1]), (2, [1, 1, 2])])
async def test_a_crash_after_a_whisper_loses_no_result(open_stage: StageOpener, n: int, told: list[int]) -> None:
    """What may have been read is sent once more if it is a part of the result, and not if it is the notice."""
    async with open_stage() as stage:
        stage.workspace.scopes.discard("im:write")

        def kill_at_nth(change: Change) -> None:
            if change.kind is ChangeKind.RESPONSE_URL and len(stage.workspace.response_url_posts) == n + 1:
                assert stage.process is not None
                stage.process.kill()

        unsubscribe = stage.workspace.subscribe(kill_at_nth)
        await stage.workspace.send_command(user="U1", channel="C2", text=PROMPT)
        await stage.workspace.wait_for(lambda: len(stage.workspace.response_url_posts) > n, 10)
        unsubscribe()
        await stage.kill()
        await stage.start()
        await _wait_for_log(stage, "job_done", 0)

        assert _count_parts(stage) == told


async def test_a_failure_is_whispered(stage: Stage) -> None:
    """Where nothing can be posted the user learns what went wrong all the same."""
    _refuse_dms(stage, "missing_scope")
    stage.fault_for = lambda _turn, _number: Fault.denied()
    since = len(stage.workspace.response_url_posts)
    await stage.workspace.send_command(user="U1", channel="C2", text=PROMPT)
    _, failure = await _wait_for_whispers(stage, "Reference", since)

    assert "may not use" in failure.text
    assert RETRY_ACTION not in str(failure.blocks)


async def test_a_whispered_failure_can_be_tried_again(stage: Stage) -> None:
    """The bot is invited in between, as it asked to be; the next attempt is whole and in the channel."""
    _refuse_dms(stage, "missing_scope")
    stage.fault_for = lambda turn, _: Fault.unavailable() if "<flow>" in turn.text else None
    since, before = len(stage.workspace.response_url_posts), stage.workspace.messages("C2")
    await stage.workspace.send_command(user="U1", channel="C2", text=PROMPT)
    *_, failure = await _wait_for_whispers(stage, "Reference", since)
    stage.fault_for = None
    stage.workspace.invite_bot("C2")
    await stage.workspace.click("U1", failure, RETRY_ACTION)
    messages = await _wait_for_result(stage, "C2", before)

    assert [_is_flow(message) for message in messages] == [False, True, False]


async def test_a_mention_without_any_place_left_is_logged(stage: Stage) -> None:
    """There is no response_url: the job ends, and an operator can read why."""
    _refuse_dms(stage, "missing_scope")
    stage.fault_for = _when_asked_for("flow", lambda: stage.workspace.remove_bot("C1"))
    stage.workspace.faults.answer_error("chat.update", "channel_not_found", times=None)
    offset = len(stage.read_log())
    await stage.workspace.say(user="U1", channel="C1", text=PROMPT, mention=True)
    await _wait_for_log(stage, "failure_not_told", offset)

    assert '"not_in_channel"' in stage.read_log()[offset:]


class StepsAtOnce:
    """Runs each step of a job as it comes, and keeps nothing."""

    async def __call__(
        self, name: str, kept_as: type[T], work: Callable[[], Any], *, may_be_stopped: bool = False
    ) -> T:
        """Return the step's result."""
        del name, kept_as, may_be_stopped
        result: T = await work()
        return result

    async def count_runs(self) -> int:
        """Return that it is the first run."""
        return 1

    def guard(self) -> None:
        """Let everything be done."""

    def absolve(self) -> None:
        """Have nothing to take back."""


async def test_an_expired_response_url_is_not_used() -> None:
    """Thirty minutes after the command nothing is sent there any more, and the job ends before it costs a call."""
    expires_at = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
    async with Workspace() as workspace, aiohttp.ClientSession() as session:
        workspace.scopes.discard("im:write")
        bearer = SettingBearer(secret=Secret.fixed(workspace.bot_token))
        client = make_client(bearer=bearer, api_url=workspace.api_url, session=session)
        poster = SlackPoster(client=copy_without_retries(client), session=session)
        teller = Teller(poster=poster, editor=Editor(poster=poster), now=lambda: expires_at)
        address = ReplyAddress(
            team="T1",
            channel="C2",
            user="U1",
            user_name="olena",
            surface=Surface.COMMAND,
            response_url=f"{workspace.api_url.removesuffix('api/')}response/any",
            response_url_expires_at=expires_at,
        )
        job = Job(request=GenerateRequest(prompt=PROMPT), address=address, language=Language.ENGLISH)
        ledger = Ledger(database=Database(engine=sa.create_engine("sqlite://")), limits=Limits(requests=1, window_s=1))
        turn = Turn(Position(job_id="job", team="T1", tag=0, seq=0), Line(starts=ledger, most_running=1))
        run = Run(
            job_id="job",
            job=job,
            step=StepsAtOnce(),
            turn=turn,
            note_call=partial(ledger.note_call, "job", address),
            cancellation=Cancellation(),
            progress=Progress(),
        )
        with pytest.raises(CannotPost) as caught:
            await teller.open_thread(run)

        assert caught.value.reason == "response_url_expired"
        assert workspace.response_url_posts == []
