"""What time, crashes and a broken disk do: data is erased, jobs end with a word, and nothing is half accepted."""

import asyncio
import json
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from stage import Stage, StageOpener, write_dm

from bot.core.controls import RETRY_ACTION
from bot.demo.codemie import ChatTurn, Fault

PROMPT = "Registration for a planted-permit: name, car plate, e-mail"
KILLER = "Registration that kills: name, car plate, e-mail"
# What is there already is older than this, in days, once the bot is started anew.
_MOMENT = "0.00001"


def _get_database(stage: Stage) -> Path:
    return Path(stage.env["DATA_DIR"]) / "bot.sqlite"


def _read_store(stage: Stage) -> bytes:
    return b"".join(path.read_bytes() for path in Path(stage.env["DATA_DIR"]).iterdir())


def _make_older(stage: Stage, seconds: int) -> None:
    """Have every job look as if it had been asked for earlier."""
    with closing(sqlite3.connect(_get_database(stage))) as database:
        database.execute("UPDATE workflow_status SET created_at = created_at - ?", (seconds * 1000,))
        database.commit()


@contextmanager
def _full_disk(stage: Stage) -> Iterator[None]:
    """Let the process write no file any further than the database's log reaches now."""
    assert stage.process is not None
    wal_bytes = _get_database(stage).with_name("bot.sqlite-wal").stat().st_size
    before = resource.prlimit(stage.process.pid, resource.RLIMIT_FSIZE, (wal_bytes, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(stage.process.pid, resource.RLIMIT_FSIZE, before)


async def test_what_is_too_old_is_erased_everywhere(open_stage: StageOpener) -> None:
    """From the database down to its bytes and from CodeMie, after which *Try again* says that nothing is kept."""
    async with open_stage() as stage:
        stage.fault_for = lambda turn, _: Fault.unavailable() if "<flow>" in turn.text else None
        anchor = await stage.command(PROMPT)
        failure = (await stage.wait_for_failure("C1", anchor.ts))[-1]
        kept = _read_store(stage)
        asked = {call.conversation_id for call in stage.codemie.calls}
        await stage.restart(RETENTION_DAYS=_MOMENT)
        await stage.wait_for_log("pruned")
        left = _read_store(stage)
        await stage.workspace.click("U1", failure, RETRY_ACTION)
        told = await stage.workspace.wait_for(lambda: stage.workspace.response_url_posts, 10)

        assert b"planted-permit" in kept
        assert b"planted-permit" not in left
        assert len(asked) == 4
        assert asked.isdisjoint(stage.codemie.conversations)
        assert "no longer kept" in str(told[-1].body)
        assert "planted" not in stage.read_log()


async def test_a_result_is_kept_no_longer_than_its_job(open_stage: StageOpener) -> None:
    """It has a table of its own, for previews and for what builds on it."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        kept = _read_store(stage)
        await stage.restart(RETENTION_DAYS=_MOMENT)
        await stage.wait_for_log("pruned")

        assert b"planted-permit" in kept
        assert b"planted-permit" not in _read_store(stage)
        assert '"results": 1' in stage.read_log()


async def test_conversations_are_erased_when_codemie_is_back(open_stage: StageOpener) -> None:
    """What it could not delete is not forgotten."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        await stage.restart(RETENTION_DAYS=_MOMENT)
        await stage.codemie.stop()
        await stage.wait_for_log("conversations_not_deleted")
        with closing(sqlite3.connect(_get_database(stage))) as database:
            (left,) = database.execute("SELECT count(*) FROM bot_calls").fetchone()

        assert left == 2


async def test_a_conversation_that_is_refused_holds_nothing_up(open_stage: StageOpener) -> None:
    """It is kept for another time, and the others are erased."""
    async with open_stage() as stage:
        stage.codemie.erasure_faults.append(Fault.invalid())
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        await stage.restart(RETENTION_DAYS=_MOMENT)
        await stage.wait_for_log("conversations_refused")
        with closing(sqlite3.connect(_get_database(stage))) as database:
            (left,) = database.execute("SELECT count(*) FROM bot_calls").fetchone()

        assert left == len(stage.codemie.conversations) == 1


async def test_a_row_that_cannot_be_read_ends_nothing(open_stage: StageOpener) -> None:
    """The log names it, and people are served."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        await stage.stop()
        with closing(sqlite3.connect(_get_database(stage))) as database, database:
            database.execute("UPDATE bot_calls SET conversation_id = 'x'")
        await stage.restart(RETENTION_DAYS=_MOMENT)
        await stage.wait_for_log("housekeeping_failed")
        anchor = await stage.command(PROMPT)
        messages = await stage.wait_for_files("C1", anchor.ts)

        assert len(messages) == 3
        assert '"exception": "ValueError"' in stage.read_log()
        assert await stage.get_status("/ready") == 200


def _kill_on(stage: Stage, words: str) -> None:
    """Have CodeMie's being asked for this kill the process, as a request would that runs it out of memory."""

    def choose(turn: ChatTurn, _: int) -> Fault | None:
        if words in turn.text and stage.process is not None:
            stage.process.kill()
            return Fault.drop(kept_share=0)
        return None

    stage.fault_for = choose


async def test_a_job_that_kills_the_process_three_times_is_failed(open_stage: StageOpener) -> None:
    """With a message, and without a fourth try; whoever ran beside it is served."""
    async with open_stage(CODEMIE_READ_TIMEOUT_S="60") as stage:
        stage.codemie.pace.delay_s = 1.5
        innocent = [await stage.workspace.say(user="U2", channel="D2", text=PROMPT) for _ in range(2)]
        await stage.wait_for_calls(2)
        _kill_on(stage, KILLER)
        said = await stage.workspace.say(user="U1", channel="D1", text=KILLER)
        for _ in range(3):
            assert stage.process is not None
            await stage.process.wait()
            await stage.start()
        messages = await stage.wait_for_failure("D1", said.ts)
        threads = [await stage.wait_for_files("D2", message.ts) for message in innocent]

        killing = [call for call in stage.codemie.calls if KILLER in call.text]
        assert len(killing) == 3
        assert "stopped me three times" in messages[-1].text
        assert RETRY_ACTION not in str(messages[-1].blocks)
        assert [len(thread) for thread in threads] == [2, 2]


async def test_stops_in_good_order_are_no_crashes(open_stage: StageOpener) -> None:
    """Three restarts in a row convict nobody."""
    async with open_stage(CODEMIE_READ_TIMEOUT_S="60") as stage:
        stage.fault_for = lambda _turn, number: Fault.silence() if number < 3 else None
        said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
        for n in range(3):
            await stage.wait_for_calls(n + 1)
            await stage.stop()
            await stage.start()
        messages = await stage.wait_for_files("D1", said.ts)

        assert len(messages) == 2


async def test_after_a_long_stop_people_are_asked_first(open_stage: StageOpener) -> None:
    """And the job then goes on from where it was: the flow is not asked for again."""
    async with open_stage() as stage:
        stage.fault_for = lambda turn, _: Fault.silence() if "<flow>" in turn.text else None
        anchor = await stage.command(PROMPT)
        await stage.wait_for_calls(2)
        await stage.kill()
        _make_older(stage, 3_700)
        stage.fault_for = None
        await stage.start()
        question = (await stage.wait_for_failure("C1", anchor.ts))[-1]
        calls = len(stage.codemie.calls)
        await stage.workspace.click("U1", question, RETRY_ACTION)
        messages = await stage.wait_for_files("C1", anchor.ts)

        assert "Do you still need it?" in question.text
        assert "Make it now" in json.dumps(question.blocks)
        assert calls == 2
        assert len(stage.codemie.calls) == 3
        assert len(messages) == 3


async def test_after_a_long_stop_a_delivered_result_is_not_asked_about(open_stage: StageOpener) -> None:
    """The process died while the last edit was on its way: it is made up for, and that is all."""
    async with open_stage() as stage:
        stage.workspace.faults.delay("chat.update", 30, when=lambda args: "✅" in str(args["blocks"]))
        anchor = await stage.command(PROMPT)
        await stage.workspace.wait_for(lambda: [m for m in stage.workspace.messages("C1") if m.files], 20)
        await asyncio.sleep(0.5)
        await stage.kill()
        _make_older(stage, 3_700)
        await stage.start()
        messages = await stage.wait_for_files("C1", anchor.ts)

        assert len(messages) == 3
        assert '"event": "job_failed"' not in stage.read_log()


async def test_an_upgrade_loses_no_job(open_stage: StageOpener) -> None:
    """What a version with other steps left unfinished is done anew."""
    async with open_stage() as stage:
        stage.fault_for = lambda _turn, _number: Fault.silence()
        said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
        await stage.wait_for_calls(1)
        await stage.kill()
        with closing(sqlite3.connect(_get_database(stage))) as database:
            database.execute("UPDATE workflow_status SET application_version = 'before'")
            database.commit()
        stage.fault_for = None
        for _ in range(2):
            await stage.start()
            messages = await stage.wait_for_files("D1", said.ts)
            await stage.stop()

        assert len([message for message in messages if message.files]) == 1
        assert stage.read_log().count('"event": "job_begun_anew"') == 1


async def test_a_full_disk_strands_no_job(open_stage: StageOpener) -> None:
    """New requests are refused in words, the one that runs goes on by itself when there is room again."""
    async with open_stage(CODEMIE_READ_TIMEOUT_S="60") as stage:
        stage.codemie.pace.delay_s = 1
        anchor = await stage.command(PROMPT)
        await stage.wait_for_calls(1)
        with _full_disk(stage):
            refused = await stage.workspace.send_command(user="U1", channel="C1", text=PROMPT)
            event = write_dm(PROMPT)
            delivery = await stage.workspace.deliver_event(event)
            await stage.wait_for_log("step_not_kept")
            ready = await stage.get_status("/ready")
        messages = await stage.wait_for_files("C1", anchor.ts, timeout_s=40)
        served = await stage.workspace.deliver_event(event, retry_num=1)
        await stage.workspace.wait_for(lambda: [m for m in stage.workspace.messages("D1") if m.files], 20)

        assert "can't take requests" in refused.body
        assert delivery.status == 503
        assert ready == 503
        assert len(messages) == 3
        assert served.status == 200
        assert len(stage.workspace.messages("C1")) == 3
        assert await stage.get_status("/ready") == 200


@pytest.mark.parametrize("damage", ["header", "middle"])
async def test_a_damaged_database_is_told_at_the_start(open_stage: StageOpener, damage: str) -> None:
    """In one line that says what is wrong, and the process ends."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        await stage.stop()
        path = _get_database(stage)
        content = bytearray(path.read_bytes())
        content[:2_048] = b"x" * 2_048 if damage == "header" else content[:2_048]
        content[4_096:] = b"x" * len(content[4_096:]) if damage == "middle" else content[4_096:]
        path.write_bytes(content)
        with pytest.raises(RuntimeError, match=r"can't start: the (file is no database|database is damaged)"):
            await stage.start()
