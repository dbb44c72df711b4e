"""What can't be kept is not acknowledged, who may not click is not obeyed, and no library lets words out."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from stage import Stage, StageOpener, write_dm

from bot.core.controls import RETRY_ACTION
from bot.core.ids import make_message_key
from bot.demo.codemie import Fault
from bot.store import JOB_VERSION

PROMPT = "Registration for a planted-permit: name, car plate, e-mail"
# The steps of a job that was asked for by a command, as they are kept. Whoever changes this list changes
# JOB_VERSION with it, or jobs in flight would be resumed at steps they do not have.
STEPS = [
    "intend_status",
    "post_status",
    "ask_flow",
    "intend_flow",
    "post_flow",
    "ask_ui",
    "compile_page",
    "keep_result",
    "upload_files",
    "intend_files",
    "post_files",
    "show_done",
]


def _get_database(stage: Stage) -> Path:
    return Path(stage.env["DATA_DIR"]) / "bot.sqlite"


@contextmanager
def _broken_store(stage: Stage) -> Iterator[None]:
    """Have the database refuse every new job."""
    with closing(sqlite3.connect(_get_database(stage), timeout=10)) as database:
        database.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON workflow_status BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
        database.commit()
        try:
            yield
        finally:
            database.execute("DROP TRIGGER broken")
            database.commit()


@contextmanager
def _locked_store(stage: Stage) -> Iterator[None]:
    """Hold the database's write lock, as a back-up that hangs does."""
    with closing(sqlite3.connect(_get_database(stage), timeout=10)) as database:
        database.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            database.rollback()


def _read_log_events(stage: Stage) -> list[str]:
    """Read the log; every line of it is one JSON object."""
    return [json.loads(line)["event"] for line in stage.read_log().splitlines()]


async def test_what_can_not_be_kept_is_not_acknowledged(open_stage: StageOpener) -> None:
    """An event is refused so that Slack delivers it again, and then served; a command's user is told."""
    async with open_stage() as stage:
        with _broken_store(stage):
            delivery = await stage.workspace.send_command(user="U1", channel="C1", text=PROMPT)
            event = write_dm(PROMPT)
            refused = await stage.workspace.deliver_event(event)
        accepted = await stage.workspace.deliver_event(event, retry_num=1)
        await stage.workspace.wait_for(lambda: [m for m in stage.workspace.messages("D1") if m.files], 20)

        assert delivery.status == 200
        assert "can't take requests" in delivery.body
        assert stage.workspace.messages("C1") == []
        assert not refused.is_acked
        assert accepted.status == 200
        assert "planted" not in stage.read_log()
        assert "listener_failed" in _read_log_events(stage)


async def test_a_locked_store_is_not_waited_for(open_stage: StageOpener) -> None:
    """A command is answered within Slack's three seconds, and the process says that it is not ready."""
    async with open_stage() as stage:
        with _locked_store(stage):
            delivery = await stage.workspace.send_command(user="U1", channel="C1", text=PROMPT)
        await stage.stop()

        assert delivery.status == 200
        assert "can't take requests" in delivery.body
        assert "planted" not in stage.read_log()
        assert "listener_failed" in _read_log_events(stage)


async def test_what_was_refused_is_not_done_later(open_stage: StageOpener) -> None:
    """A command whose user was told that it can't be taken does not run when the lock is gone; an event is served."""
    async with open_stage(RATE_LIMIT="1/hour") as stage:
        with _locked_store(stage):
            delivery = await stage.workspace.send_command(user="U1", channel="C1", text=PROMPT)
        event = write_dm(PROMPT)
        with _locked_store(stage):
            refused = await stage.workspace.deliver_event(event)
        await asyncio.sleep(3)
        served = await stage.workspace.deliver_event(event, retry_num=1)
        files = await stage.workspace.wait_for(lambda: [m for m in stage.workspace.messages("D1") if m.files], 20)

        assert "can't take requests" in delivery.body
        assert not refused.is_acked
        assert served.status == 200
        assert len(files) == 1
        assert stage.workspace.messages("C1") == []
        assert len(stage.codemie.calls) == 2


async def test_an_outage_of_slack_at_start_loses_no_event(open_stage: StageOpener) -> None:
    """The bot starts without knowing who it is; the event that needs it is refused and delivered again."""
    async with open_stage() as stage:
        await stage.stop()
        stage.workspace.faults.answer_status("auth.test", 503, times=2)
        await stage.start()
        said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
        messages = await stage.wait_for_files("D1", said.ts)

        assert not said.deliveries[0].is_acked
        assert len(messages) == 2


async def test_only_those_who_may_click_are_obeyed(stage: Stage) -> None:
    """A failed job is not tried again for another workspace, nor for a stranger in another channel."""
    stage.fault_for = lambda _turn, _number: Fault.unavailable()
    anchor = await stage.command(PROMPT)
    failure = (await stage.wait_for_failure("C1", anchor.ts))[-1]
    stage.fault_for = None
    calls = len(stage.codemie.calls)
    (button,) = [element for block in failure.blocks if block["type"] == "actions" for element in block["elements"]]
    clicks = [
        {"team": "T9", "user": "U1", "channel": "C1"},
        {"team": "T1", "user": "U2", "channel": "C2"},
    ]
    for click in clicks:
        payload = {
            "type": "block_actions",
            **{name: {"id": value} for name, value in click.items()},
            "actions": [{"type": "button", "action_id": RETRY_ACTION, "block_id": "b", "value": button["value"]}],
        }
        delivery = await stage.workspace.deliver_interaction(payload)
        assert delivery.is_acked
    ignored = len(stage.codemie.calls) - calls
    await stage.workspace.click("U2", failure, RETRY_ACTION)
    await stage.wait_for_files("C1", anchor.ts)

    assert ignored == 0
    assert len(stage.codemie.calls) - calls == 2


async def test_a_job_keeps_the_steps_of_its_version(open_stage: StageOpener) -> None:
    """The list of steps and the version that recovery goes by change together."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        await stage.stop()
        with closing(sqlite3.connect(_get_database(stage))) as database:
            steps = database.execute("SELECT function_name FROM operation_outputs ORDER BY function_id").fetchall()
            versions = database.execute("SELECT DISTINCT application_version FROM workflow_status").fetchall()

        assert [name for (name,) in steps] == STEPS
        assert versions == [(JOB_VERSION,)] == [("4",)]


async def test_why_a_job_failed_is_logged(stage: Stage) -> None:
    """An operator tells apart what people are told in the same words."""
    stage.fault_for = lambda _turn, _number: Fault.denied()
    anchor = await stage.command(PROMPT)
    await stage.wait_for_failure("C1", anchor.ts)
    stage.fault_for = None

    failed = [json.loads(line) for line in stage.read_log().splitlines() if '"job_failed"' in line][-1]
    assert failed["code"] == "codemie_access_denied"
    assert failed["status"] == 401
    assert failed["calls"] == 1


async def test_rotated_credentials_are_found_without_a_restart(open_stage: StageOpener, tmp_path: Path) -> None:
    """The secret is changed at the identity provider and in its file; the next job uses the new one."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    secret = secrets / "CODEMIE_CLIENT_SECRET"
    secret.write_text("planted-client-secret")
    async with open_stage(CODEMIE_CLIENT_SECRET=None, SECRETS_DIR=str(secrets)) as stage:
        first = await stage.command(PROMPT)
        await stage.wait_for_files("C1", first.ts)
        stage.codemie.accounts.client_secret = "planted-new-secret"
        stage.codemie.accounts.revoke_tokens()
        secret.write_text("planted-new-secret")
        second = await stage.command(PROMPT)
        messages = await stage.wait_for_files("C1", second.ts)

        assert len(messages) == 3
        assert "planted" not in stage.read_log()


async def test_a_death_between_ledger_and_engine_loses_nothing(open_stage: StageOpener) -> None:
    """The request that was entered and not kept counts against nobody, and is served when it is delivered again."""
    async with open_stage(RATE_LIMIT="1/hour") as stage:
        key = make_message_key(team="T1", channel="D1", ts="7.1")
        await stage.kill()
        with closing(sqlite3.connect(_get_database(stage))) as database:
            database.execute(
                "INSERT INTO bot_requests (job_id, team, user, thread, asked_at_ms, state, tag, kept_steps, crashes)"
                " VALUES (?, 'T1', 'U1', 'T1:D1:7.1', ?, 'waiting', 0, 0, 0)",
                (key, time.time_ns() // 1_000_000),
            )
            database.commit()
        await stage.start()
        served = await stage.workspace.deliver_event(write_dm(PROMPT), retry_num=1)
        await stage.workspace.wait_for(lambda: [m for m in stage.workspace.messages("D1") if m.files], 20)

        assert served.status == 200
        assert len(stage.codemie.calls) == 2


async def test_a_click_before_the_end_is_told_to_come_again(open_stage: StageOpener) -> None:
    """The failure's button is there before the job has ended; it is not taken for one that is no longer kept."""
    async with open_stage() as stage:
        stage.fault_for = lambda _turn, _number: Fault.unavailable()
        stage.workspace.faults.delay("chat.update", 3)
        anchor = await stage.command(PROMPT)
        failures = await stage.workspace.wait_for(lambda: stage.list_thread("C1", anchor.ts)[1:])
        await stage.workspace.click("U1", failures[0], RETRY_ACTION)
        told = await stage.workspace.wait_for(lambda: stage.workspace.response_url_posts)

        assert "has not quite ended" in str(told[0].body)


async def test_a_click_that_can_not_be_kept_is_told(open_stage: StageOpener) -> None:
    """While the database is locked, to whoever clicked alone; the button stays good."""
    async with open_stage() as stage:
        stage.fault_for = lambda _turn, number: Fault.unavailable() if number < 3 else None
        anchor = await stage.command(PROMPT)
        failure = (await stage.wait_for_failure("C1", anchor.ts))[-1]
        with _locked_store(stage):
            await stage.workspace.click("U1", failure, RETRY_ACTION)
        told = await stage.workspace.wait_for(lambda: stage.workspace.response_url_posts)
        await stage.workspace.click("U1", failure, RETRY_ACTION)
        messages = await stage.wait_for_files("C1", anchor.ts)

        assert "can't take requests" in str(told[0].body)
        assert len(messages) == 3


async def test_a_redelivery_that_can_not_be_kept_takes_nothing_back(open_stage: StageOpener) -> None:
    """The request itself was kept before: it stays entered, and is served once."""
    async with open_stage(CODEMIE_READ_TIMEOUT_S="60") as stage:
        stage.codemie.pace.delay_s = 4
        accepted = await stage.workspace.deliver_event(write_dm(PROMPT))
        await stage.wait_for_calls(1)
        with _locked_store(stage):
            refused = await stage.workspace.deliver_event(write_dm(PROMPT), retry_num=1)
        await asyncio.sleep(1)
        with closing(sqlite3.connect(_get_database(stage))) as database:
            entered = database.execute("SELECT state FROM bot_requests").fetchall()
        await stage.workspace.wait_for(lambda: [m for m in stage.workspace.messages("D1") if m.files], 20)

        assert (accepted.is_acked, refused.is_acked) == (True, False)
        assert entered == [("running",)]
        assert len(stage.codemie.calls) == 2
