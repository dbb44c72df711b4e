"""Two workspaces, with the same people, channels and timestamps in each: nobody gets at anything of the other's."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from calling import TOKEN, calling
from company import Company, open_company
from stage import Stage, StageOpener
from visitors import ask_until, get_modal, has_modal, show

from bot.core.controls import (
    BAD,
    CANCEL_ACTION,
    DELETE_ACTION,
    FEEDBACK_ACTION,
    REFINE_ACTION,
    REFINE_LAST_ACTION,
    REGENERATE_ACTION,
    RETRY_ACTION,
    START_NEW_ACTION,
)
from bot.core.views import REASON_VIEW, REFINE_VIEW
from bot.demo.codemie import Fault
from bot.demo.workspace import Message, Workspace

PROMPT = "Registration for a plantedpermit: name, car plate, e-mail"
MARK = "plantedpermit"
_ALL = (
    CANCEL_ACTION,
    DELETE_ACTION,
    REFINE_ACTION,
    REGENERATE_ACTION,
    RETRY_ACTION,
    REFINE_LAST_ACTION,
    START_NEW_ACTION,
)


@pytest.fixture(scope="module")
async def company(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    """Open a bot that two workspaces have installed."""
    async with open_company(tmp_path_factory.mktemp("bot"), API_TOKEN=TOKEN) as opened:
        for workspace in (opened.first, opened.second):
            assert (await opened.install(workspace)).status == 200
        yield opened


@pytest.fixture
async def result(company: Company) -> Message:
    """Have a prototype made in the first workspace, and return the message with its controls."""
    return await _generate(company.look_at(company.first))


async def _generate(stage: Stage) -> Message:
    anchor = await stage.command(PROMPT)
    return await stage.wait_for_controls("C1", anchor.ts, REFINE_ACTION)


def _get_job_id(message: Message, action_id: str = REFINE_ACTION) -> str:
    elements = [element for block in message.blocks for element in block.get("elements") or ()]
    return str(next(element["value"] for element in elements if element.get("action_id") == action_id))


async def _click(workspace: Workspace, action_id: str, value: str) -> int:
    """Click a button with any value as U1 in C1, where the value's requester has the same ids."""
    payload: dict[str, Any] = {
        "type": "block_actions",
        **{name: {"id": id_} for name, id_ in {"team": "T1", "user": "U1", "channel": "C1"}.items()},
        "trigger_id": "t.1",
        "actions": [{"action_id": action_id, "block_id": "b", "type": "button", "value": value}],
    }
    return (await workspace.deliver_interaction(payload)).status


async def _submit(workspace: Workspace, view: str, job_id: str) -> str:
    """Submit a modal that was opened for any job; return what it is answered with."""
    payload: dict[str, Any] = {
        "type": "view_submission",
        "team": {"id": "T1"},
        "user": {"id": "U1"},
        "view": {
            "id": f"V.{view}",
            "type": "modal",
            "callback_id": view,
            "private_metadata": job_id,
            "state": {"values": {"prompt": {"prompt": {"type": "plain_text_input", "value": "Add a phone number"}}}},
        },
    }
    return (await workspace.deliver_interaction(payload)).body


def _has_files(workspace: Workspace, channel: str) -> bool:
    return any(message.bot_id and message.files for message in workspace.messages(channel))


def _count(stage: Stage, table: str, team: str) -> int:
    """Count the rows of a workspace in the bot's database."""
    with closing(sqlite3.connect(Path(stage.env["DATA_DIR"]) / "bot.sqlite", timeout=10)) as database:
        return int(database.execute(f"SELECT count(*) FROM {table} WHERE team = ?", (team,)).fetchone()[0])  # noqa: S608 - ours


async def test_no_click_reaches_another_workspaces_job(company: Company, result: Message) -> None:
    """Whatever the button: nothing is changed, opened, said or asked of CodeMie."""
    second, job_id = company.second, _get_job_id(result)
    known = len(company.stage.codemie.calls), len(company.stage.codemie.feedback), len(second.calls)
    statuses = [await _click(second, action, job_id) for action in _ALL]
    statuses.append(await _click(second, FEEDBACK_ACTION, f"{BAD}:{job_id}"))
    again = company.first.messages("C1", result.thread_ts)

    assert set(statuses) == {200}
    assert (len(company.stage.codemie.calls), len(company.stage.codemie.feedback), len(second.calls)) == known
    assert not has_modal(company.look_at(second), "U1")
    assert MARK in show([message.blocks for message in again])
    assert _count(company.stage, "bot_results", "T1") >= 1
    assert company.stage.read_log().count('"allowed": true') == 0
    assert company.stage.read_log().count('"team": "T2", "object"') >= len(_ALL)


async def test_no_modal_reaches_another_workspaces_job(company: Company, result: Message) -> None:
    """Slack keeps what a modal was opened for, so this takes a forged one; it gets nowhere either."""
    known = len(company.stage.codemie.calls), len(company.stage.codemie.feedback)
    refined = await _submit(company.second, REFINE_VIEW, _get_job_id(result))
    rated = await _submit(company.second, REASON_VIEW, _get_job_id(result))

    assert '"errors"' in refined
    assert '"clear"' in rated
    assert (len(company.stage.codemie.calls), len(company.stage.codemie.feedback)) == known


async def test_a_running_job_is_stopped_from_its_own_workspace_only(company: Company) -> None:
    """Neither by Cancel, nor by Slack's own Stop in the thread of the same name."""
    company.stage.fault_for = lambda _turn, _number: Fault.slow(chars_per_s=400)
    stage, second = company.look_at(company.first), company.second
    calls = len(company.stage.codemie.calls)
    anchor = await stage.command(PROMPT)
    await company.stage.wait_for_calls(calls + 1)
    stop = {"type": "agent_session_stopped", "channel": "C1", "thread_ts": anchor.ts, "user": "U1"}
    statuses = [
        await _click(second, CANCEL_ACTION, _get_job_id(anchor, CANCEL_ACTION)),
        (await second.deliver_event(stop)).status,
    ]
    company.stage.fault_for = None
    done = await stage.wait_for_files("C1", anchor.ts, timeout_s=60)

    assert statuses == [200, 200]
    assert not any("🚫" in str(message.blocks) for message in done)


async def test_a_thread_of_the_same_name_is_another_thread(company: Company, result: Message) -> None:
    """A change that is asked for there builds on nothing of the other workspace's, and shows nothing of it."""
    second, thread_ts = company.second, str(result.thread_ts)
    mention = {
        "type": "app_mention",
        "channel": "C1",
        "user": "U1",
        "ts": "77.1",
        "thread_ts": thread_ts,
        "text": "<@UBOT> make the button green",
    }
    calls = len(company.stage.codemie.calls)
    delivery = await second.deliver_event(mention)
    told = await second.wait_for(lambda: [call for call in second.calls if call.method == "chat.postMessage"], 10)

    assert delivery.status == 200
    assert told[-1].args["text"].startswith("There is no result here that I could change.")
    assert MARK not in show([dict(call.args) for call in told])
    assert len(company.stage.codemie.calls) == calls


async def test_deleting_a_message_erases_its_own_workspaces_job(company: Company) -> None:
    """Two direct messages with one channel and one ts; Slack says of one that it was deleted."""
    event = {"type": "message", "channel": "D1", "channel_type": "im", "user": "U1", "ts": "88.1", "text": PROMPT}
    for workspace in (company.first, company.second):
        assert (await workspace.deliver_event(event)).status == 200
        await workspace.wait_for(partial(_has_files, workspace, "D1"), 30)
    before = _count(company.stage, "bot_results", "T1"), _count(company.stage, "bot_results", "T2")
    deleted = {
        "type": "message",
        "subtype": "message_deleted",
        "channel": "D1",
        "channel_type": "im",
        "ts": "88.9",
        "deleted_ts": "88.1",
    }
    await company.second.deliver_event(deleted)

    async def count() -> str:
        return str(_count(company.stage, "bot_results", "T2"))

    await ask_until(count, str(before[1] - 1))

    assert _count(company.stage, "bot_results", "T1") == before[0]


@pytest.mark.usefixtures("result")
async def test_nobody_is_listed_what_another_workspace_has_asked_for(company: Company) -> None:
    """By the command, in the App Home, and in the metrics, which name no workspace."""
    second = company.second
    await second.send_command(user="U2", channel="C1", text="status")
    await second.open_home("U2")
    async with aiohttp.ClientSession() as session, session.get(f"{company.stage.url}/metrics") as answer:
        metrics = await answer.text()

    assert MARK not in show([second.ephemerals[-1].blocks, second.published_homes["U2"].body])
    assert "T1" not in metrics
    assert "T2" not in metrics


async def test_a_preview_opens_for_its_own_workspace_only(company: Company, result: Message) -> None:
    """Who signs in to the other one is told what an unknown link tells."""
    elements = [element for block in result.blocks for element in block.get("elements") or ()]
    url = next(str(element["url"]) for element in elements if "/p/" in str(element.get("url")))
    shown = [await _open_preview(company, workspace, url) for workspace in (company.first, company.second)]

    assert [status for status, _ in shown] == [200, 404]
    assert MARK in shown[0][1]
    assert MARK not in shown[1][1]


async def _open_preview(company: Company, workspace: Workspace, url: str) -> tuple[int, str]:
    """Sign in on the way to a preview; return what is shown in the end."""
    company.door.browser_at, workspace.sign_in.user = workspace, "U1"
    path = f"{company.stage.url}{url.removeprefix('http://bot.example')}"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(path, allow_redirects=False) as answer:
            away = answer.headers["Location"]
        async with browser.get(away, allow_redirects=False) as answer:
            back = answer.headers["Location"].replace("http://bot.example", company.stage.url)
        async with browser.get(back, allow_redirects=False) as answer:
            assert answer.status == 303
        async with browser.get(path) as answer:
            return answer.status, await answer.text()


async def test_the_api_knows_no_job_of_slacks(company: Company, result: Message) -> None:
    """Its ids are those of its own calls."""
    async with calling(company.stage) as api:
        answered = await api.call("GET", f"/api/generate/{_get_job_id(result)}")

    assert answered.status == 404


def _count_all(stage: Stage, team: str) -> list[int]:
    return [_count(stage, table, team) for table in ("bot_requests", "bot_results", "bot_calls")]


def _count_erasures(stage: Stage) -> int:
    """Count what is to be erased, but for another look at what CodeMie may keep late, which is a while away."""
    with closing(sqlite3.connect(Path(stage.env["DATA_DIR"]) / "bot.sqlite", timeout=10)) as database:
        return int(database.execute("SELECT count(*) FROM bot_erasures WHERE kind <> 'late'").fetchone()[0])


def _make_due(stage: Stage) -> None:
    """Let the night pass after which a workspace is erased."""
    with closing(sqlite3.connect(Path(stage.env["DATA_DIR"]) / "bot.sqlite", timeout=10)) as database, database:
        database.execute("UPDATE bot_erasures SET due_at_ms = 0")


async def _wait_until_worked(stage: Stage) -> None:
    """Wait until nothing is left to be erased."""

    async def count() -> str:
        return f"{_count_erasures(stage)} left"

    await ask_until(count, "0 left")


async def test_an_uninstall_erases_its_workspace_and_no_other(company: Company) -> None:
    """What is under way ends without a word; what was kept goes with the night, CodeMie's conversations too."""
    company.stage.fault_for = None
    first, second = company.look_at(company.first), company.look_at(company.second)
    await company.install(company.second)
    await _generate(first)
    await _generate(second)
    kept, archived = _count_all(company.stage, "T1"), len(company.stage.codemie.conversations)
    company.stage.fault_for = lambda _turn, _number: Fault.slow(chars_per_s=400)
    await second.command(PROMPT)
    gone = await company.second.uninstall()
    is_installed = _count(company.stage, "bot_installations", "T2")
    await company.second.send_command(user="U1", channel="C1", text=PROMPT)
    _make_due(company.stage)
    await _wait_until_worked(company.stage)
    company.stage.fault_for = None
    left, told = _count_all(company.stage, "T2"), company.second.ephemerals[-1].text
    await company.install(company.second)  # as the other tests have it, whatever their order

    assert {delivery.status for delivery in gone} == {200}
    assert is_installed == 0
    assert "not installed" in told
    assert left == [0, 0, 0]
    assert _count_all(company.stage, "T1") == kept
    assert len(company.stage.codemie.conversations) < archived


async def test_who_is_back_by_the_next_day_keeps_everything(company: Company) -> None:
    """Also a workspace that Slack says has gone while its token works: such events come late."""
    stage = company.look_at(company.second)
    await company.install(company.second)
    await _generate(stage)
    kept = _count_all(company.stage, "T2")
    late = await company.second.deliver_event({"type": "app_uninstalled"})
    noted = _count_erasures(company.stage)
    await company.second.uninstall("app_uninstalled")
    await company.install(company.second)
    _make_due(company.stage)
    await _wait_until_worked(company.stage)

    assert late.status == 200
    assert noted == 0
    assert _count_all(company.stage, "T2") == kept
    assert '"event": "erasure_taken_back"' in company.stage.read_log()


async def _wait_for_result(stage: Stage, team: str) -> None:
    """Wait until a workspace has asked for nothing that has not ended."""

    async def find() -> str:
        with closing(sqlite3.connect(Path(stage.env["DATA_DIR"]) / "bot.sqlite", timeout=10)) as database:
            query = "SELECT count(*) FROM bot_requests WHERE team = ? AND state IN ('waiting', 'running')"
            return f"{database.execute(query, (team,)).fetchone()[0]} left"

    await ask_until(find, "0 left")


async def _ask_in_each_way(stage: Stage) -> None:
    """Have a request come by an event, by a modal and by a command."""
    said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
    await stage.wait_for_files("D1", said.ts)
    await stage.workspace.use_shortcut("U1", "generate_prototype")
    await stage.workspace.submit_view("U1", get_modal(stage, "U1"), {"prompt": PROMPT})
    await stage.wait_for_files("C1", (await stage.command(PROMPT)).ts)


async def test_an_organisations_workspaces_are_kept_apart(company: Company) -> None:
    """One token serves both; what comes names the organisation, or nothing, where others name their workspace."""
    first, second = company.branches
    known = _count_erasures(company.stage)
    await company.install(first)
    await _ask_in_each_way(company.look_at(first))
    job = next(call for call in first.calls if call.method == "chat.postMessage").args["metadata"]["event_payload"][
        "job"
    ]
    asked = company.stage.read_log().count('"allowed": true'), len(company.stage.codemie.calls)
    await second.send_command(user="U1", channel="C1", text="status")
    await second.open_home("U1")
    clicks = [await _click(second, action, job) for action in _ALL]

    assert _count(company.stage, "bot_requests", "T4") == 3
    assert _count(company.stage, "bot_requests", "") == 0
    assert _count(company.stage, "bot_requests", "E9") == 0
    assert MARK not in show([second.ephemerals[-1].blocks, first.published_homes["U1"].body])
    assert set(clicks) == {200}
    assert (company.stage.read_log().count('"allowed": true'), len(company.stage.codemie.calls)) == asked
    assert _count_erasures(company.stage) == known


async def test_a_workspace_that_its_organisation_takes_the_app_from_is_erased_alone(company: Company) -> None:
    """The token works on for the others; Slack says late what was taken back, and names whom nobody knows."""
    first = company.branches[0]
    await company.install(first)
    for branch in company.branches:
        await branch.send_command(user="U1", channel="C1", text=PROMPT)
        await _wait_for_result(company.stage, branch.state.team)
    kept = _count_all(company.stage, "T5")
    event = {"type": "team_access_revoked", "team_ids": ["T4", "T77"]}
    early = (await first.deliver_event(event)).status, _count_erasures(company.stage)
    first.installs.reached = ("T5",)
    lost = await first.deliver_event(event)
    _make_due(company.stage)
    await _wait_until_worked(company.stage)
    first.installs.reached = ("T4", "T5")

    assert early == (200, 0)
    assert lost.status == 200
    assert _count_all(company.stage, "T4") == [0, 0, 0]
    assert _count_all(company.stage, "T5") == kept


async def test_who_is_back_keeps_what_was_asked_for_since(company: Company) -> None:
    """Though the rest of before still waits for CodeMie, and the token is then replaced once more."""
    stage = company.look_at(company.second)
    await company.install(company.second)
    await _generate(stage)
    company.stage.codemie.erasure_faults.extend([Fault.unavailable()] * 20)
    await company.second.uninstall("app_uninstalled")
    _make_due(company.stage)
    await company.stage.wait_for_log("erasure_waits")
    await company.install(company.second)
    await _generate(stage)
    kept = _count(company.stage, "bot_results", "T2")
    await company.second.uninstall("app_uninstalled")
    await company.install(company.second)
    company.stage.codemie.erasure_faults.clear()
    _make_due(company.stage)
    await _wait_until_worked(company.stage)

    assert kept == 1
    assert _count(company.stage, "bot_results", "T2") == kept


async def test_a_token_that_is_replaced_by_the_next_day_erases_nothing(open_stage: StageOpener) -> None:
    """To rotate the token of the settings it is revoked first, of which Slack says the same as of an uninstall."""
    async with open_stage() as stage:
        await _generate(stage)
        kept, token = _count_all(stage, "T1"), stage.workspace.bot_token
        await stage.workspace.uninstall()
        noted = _count_erasures(stage)
        stage.workspace.bot_token = token
        _make_due(stage)
        await _wait_until_worked(stage)
        back = _count_all(stage, "T1")
        await stage.workspace.uninstall()
        _make_due(stage)
        await _wait_until_worked(stage)

        assert noted == 1
        assert back == kept
        assert kept != [0, 0, 0]
        assert _count_all(stage, "T1") == [0, 0, 0]
