"""Deleting people's data: no byte of what they asked for and got is left, here, in Slack or in CodeMie."""

import asyncio
import json
import sqlite3
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest
from dbos import EnqueueOptions
from stage import Stage, StageOpener, write_dm
from visitors import get_modal, has_modal

from bot.core.controls import BAD, CANCEL_ACTION, FEEDBACK_ACTION, REFINE_LAST_ACTION, RETRY_ACTION, START_NEW_ACTION
from bot.core.ids import make_verdict_key
from bot.core.models import Verdict
from bot.demo.codemie import Fault
from bot.demo.workspace import Message
from bot.erasing import Eraser
from bot.forgetting import open_eraser
from bot.settings import Settings, load_settings
from bot.store import make_sqlite_engine

PROMPT = "Registration for a plantedpermit: name, car plate, e-mail"
OTHER = "Registration for a plantedgarden: name, plot, e-mail"
MARK = "plantedpermit"
OTHER_MARK = "plantedgarden"
DELETED = "🗑️ Deleted."


@contextmanager
def _open_database(stage: Stage) -> Iterator[sqlite3.Connection]:
    """Open the bot's database beside the bot, which may be running."""
    with closing(sqlite3.connect(Path(stage.env["DATA_DIR"]) / "bot.sqlite", timeout=10)) as database, database:
        yield database


def _select(stage: Stage, query: str) -> list[tuple[str, ...]]:
    with _open_database(stage) as database:
        return database.execute(query).fetchall()


def _find_jobs(stage: Stage, *, user: str = "U1") -> list[str]:
    """List the ids of what somebody has asked for, oldest first."""
    with _open_database(stage) as database:
        rows = database.execute('SELECT job_id FROM bot_requests WHERE "user" = ? ORDER BY seq', (user,))
        return [job_id for (job_id,) in rows]


def _note(stage: Stage, kind: str, subject: str) -> None:
    """Note a wish as the bot's own request does."""
    now_ms = int(time.time() * 1000)
    with _open_database(stage) as database:
        row = (kind, subject, now_ms, now_ms)
        database.execute("INSERT INTO bot_erasures VALUES (?, ?, 'U1', ?, ?, 0, '{}')", row)


def _build_on(stage: Stage, job_id: str, *, base: str) -> None:
    """Have a job look as if it had been asked to change a result."""
    with _open_database(stage) as database:
        for table in ("workflow_status", "workflow_input"):
            query = f"SELECT inputs FROM {table} WHERE workflow_uuid = ? AND inputs IS NOT NULL"  # noqa: S608 - ours
            for (inputs,) in database.execute(query, (job_id,)).fetchall():
                kept = json.loads(inputs)
                kept["args"][-1]["base"] = base
                update = f"UPDATE {table} SET inputs = ? WHERE workflow_uuid = ?"  # noqa: S608 - as above
                database.execute(update, (json.dumps(kept), job_id))


async def _forget(stage: Stage, person: str, **settings: str) -> tuple[int, str, str]:
    """Run ``codemie-bot forget``; return its exit code and what it printed, also to standard error."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "forget", person),
        env={**stage.env, **settings},
        cwd=stage.log_path.parent,
        stdout=PIPE,
        stderr=PIPE,
    )
    out, err = await process.communicate()
    return await process.wait(), out.decode(), err.decode()


@asynccontextmanager
async def _open_eraser(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Eraser]:
    """Open an eraser here, on the database of a bot that has stopped."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        if value := stage.env.get(name.upper()):
            monkeypatch.setenv(name.upper(), value)
    engine = make_sqlite_engine(Path(stage.env["DATA_DIR"]) / "bot.sqlite", synchronous="NORMAL")
    async with open_eraser(load_settings(), engine) as eraser:
        yield eraser
    engine.dispose()


async def _rate(eraser: Eraser, job_id: str, *, user: str, comment: str) -> str:
    """Keep a verdict that waits to be handed over; return its id."""
    key = make_verdict_key(job_id=job_id, user=user, is_good=False, has_comment=True)
    verdict = Verdict(job_id=job_id, user=user, is_good=False, comment=comment)
    options: EnqueueOptions = {"workflow_name": "rate", "queue_name": "none", "workflow_id": key}
    await eraser.workflows.client.enqueue_async(options, verdict.model_dump(mode="json"))
    return key


async def _wait_until_erased(stage: Stage, times: int = 1) -> None:
    async with asyncio.timeout(30):
        while stage.read_log().count('"event": "erased"') < times:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.1)


def _read_store(stage: Stage) -> bytes:
    return b"".join(path.read_bytes() for path in Path(stage.env["DATA_DIR"]).rglob("*") if path.is_file())


def _read_slack(stage: Stage) -> bytes:
    """Return all that Slack has of the bot's: what its messages say now, and the files."""
    said = [
        json.dumps([message.text, message.blocks, message.metadata], ensure_ascii=False)
        for channel in ("C1", "D1", "D2")
        for message in stage.workspace.messages(channel)
        if message.bot_id
    ]
    return b"".join([*(text.encode() for text in said), *(f.content or b"" for f in stage.workspace.files.values())])


def _list_places(stage: Stage, mark: str) -> list[str]:
    """Name the places where something planted is found."""
    places = {
        "store": _read_store(stage),
        "slack": _read_slack(stage),
        "codemie": str(stage.codemie.conversations).encode(),
        "log": stage.log_path.read_bytes(),
    }
    return [name for name, content in places.items() if mark.encode() in content]


async def test_a_running_bot_erases_all_of_one_person(open_stage: StageOpener) -> None:
    """The command leaves it to the bot; what others asked for in the same channel stays whole."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        other = await stage.command(OTHER, user="U2")
        await stage.wait_for_files("C1", anchor.ts)
        messages = await stage.wait_for_files("C1", other.ts)
        before = _list_places(stage, MARK)
        code, out, _ = await _forget(stage, "T1:U1")
        await _wait_until_erased(stage)
        thread = stage.list_thread("C1", anchor.ts)

        assert before == ["store", "slack", "codemie"]
        assert code == 0
        assert out == "noted: the bot that runs, or the next to start, erases everything of T1:U1\n"
        assert _list_places(stage, MARK) == []
        assert [message.text for message in thread] == [DELETED, DELETED]
        assert _list_places(stage, OTHER_MARK) == ["store", "slack", "codemie"]
        assert [m.text for m in stage.list_thread("C1", other.ts)] == [m.text for m in messages]
        assert _find_jobs(stage) == []
        assert '"action": "erase_user"' in stage.read_log()


async def test_where_no_bot_runs_the_command_erases(open_stage: StageOpener) -> None:
    """And says what it did; a namesake in another workspace has nothing to do with it."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        await stage.stop()
        namesake = await _forget(stage, "T2:U1")
        kept = _list_places(stage, MARK)
        code, out, err = await _forget(stage, "T1:U1")

        assert namesake[0] == 0
        assert "requests 0, messages in Slack 0" in namesake[1]
        assert kept == ["store", "slack", "codemie"]
        assert code == 0
        assert out == (
            "erased of T1:U1: requests 1, messages in Slack 2, files in Slack 3, conversations in CodeMie 2\n"
        )
        assert _list_places(stage, MARK) == []
        assert MARK not in err


async def test_the_command_counts_what_is_the_persons(open_stage: StageOpener) -> None:
    """Wishes of others that were kept before are fulfilled by the way, or wait for CodeMie, and are not told of."""
    async with open_stage() as stage:
        for user, text in (("U1", PROMPT), ("U2", OTHER)):
            anchor = await stage.command(text, user=user)
            await stage.wait_for_files("C1", anchor.ts)
        await stage.stop()
        stage.codemie.erasure_faults.extend([Fault.invalid()] * 2)
        with _open_database(stage) as database:
            row = ("job", _find_jobs(stage, user="U2")[0], 1, 1)
            database.execute("INSERT INTO bot_erasures VALUES (?, ?, 'U2', ?, ?, 0, '{}')", row)
        code, out, _ = await _forget(stage, "T1:U1")

        assert (code, out.count("\n")) == (0, 1)
        assert "requests 1, messages in Slack 2, files in Slack 3, conversations in CodeMie 2" in out
        assert _list_places(stage, OTHER_MARK) == ["codemie"]


async def test_the_command_tells_what_fails(open_stage: StageOpener) -> None:
    """In the words of what it is for."""
    async with open_stage() as stage:
        await stage.stop()
        path = Path(stage.env["DATA_DIR"]) / "bot.sqlite"
        path.write_bytes(b"x" * path.stat().st_size)
        code, out, err = await _forget(stage, "T1:U1")

        assert (code, out) == (1, "")
        assert err == "can't erase it all: the file is no database\n"


async def test_the_command_ends_what_a_crash_left_unfinished(open_stage: StageOpener) -> None:
    """And the next start of the bot does not bring it back."""
    async with open_stage(CODEMIE_READ_TIMEOUT_S="60") as stage:
        stage.fault_for = lambda turn, _: Fault.silence() if "<flow>" in turn.text else None
        anchor = await stage.command(PROMPT)
        await stage.wait_for_calls(2)
        await stage.kill()
        code, _, _ = await _forget(stage, "T1:U1")
        await stage.start()
        await asyncio.sleep(1)

        assert code == 0
        assert _list_places(stage, MARK) == []
        assert [message.text for message in stage.list_thread("C1", anchor.ts)] == [DELETED, DELETED]
        assert len(stage.codemie.calls) == 2


async def test_a_wish_outlives_a_crash(open_stage: StageOpener) -> None:
    """The process is killed as soon as the wish is kept."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        _note(stage, "job", _find_jobs(stage)[0])
        await stage.kill()
        await stage.start()
        await _wait_until_erased(stage)

        assert _list_places(stage, MARK) == []


async def test_slack_and_codemie_may_be_away_at_first(open_stage: StageOpener) -> None:
    """The words leave the database at once; what is elsewhere goes when it can."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        for method in ("conversations.replies", "files.delete", "chat.update"):
            stage.workspace.faults.answer_status(method, 503, times=None)
        stage.codemie.erasure_faults.extend([Fault.unavailable()] * 20)
        _note(stage, "job", _find_jobs(stage)[0])
        await stage.wait_for_log("erasure_waits")
        await asyncio.sleep(1)
        meanwhile = _list_places(stage, MARK)
        stage.workspace.faults.clear()
        stage.codemie.erasure_faults.clear()
        await _wait_until_erased(stage)

        assert meanwhile == ["slack", "codemie"]
        assert _list_places(stage, MARK) == []


@pytest.mark.parametrize("fault", [Fault.invalid(), Fault.trace(), Fault.login_page()])
async def test_what_is_refused_holds_nothing_up(
    open_stage: StageOpener, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    """One conversation is not deleted now, whatever CodeMie has against that; the other is."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        await stage.stop()
        stage.codemie.erasure_faults.append(fault)
        async with _open_eraser(stage, monkeypatch) as eraser:
            await eraser.request(_find_jobs(stage)[0], by="U1")
            (tally,) = await eraser.work()
            left = [json.loads(remains) for (remains,) in _select(stage, "SELECT remains FROM bot_erasures")]

        assert (tally.messages, tally.files, tally.conversations, tally.is_done) == (2, 3, 1, False)
        assert len(left[0]["conversations"]) == len(stage.codemie.conversations) == 1
        assert _list_places(stage, MARK) == ["codemie"]


async def test_what_fails_in_an_outage_is_tried_last(open_stage: StageOpener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is tried meanwhile; if it fails for ever, it still has nothing behind it."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        await stage.stop()
        stage.codemie.erasure_faults.append(Fault.unavailable())
        stage.workspace.faults.answer_status("files.delete", 503)
        async with _open_eraser(stage, monkeypatch) as eraser:
            await eraser.request(_find_jobs(stage)[0], by="U1")
            (tally,) = await eraser.work()
            ((left,),) = _select(stage, "SELECT remains FROM bot_erasures")
            tried = [str(call.args["file"]) for call in stage.workspace.calls if call.method == "files.delete"]

        assert (tally.messages, tally.files, tally.conversations) == (2, 0, 0)
        assert len(json.loads(left)["conversations"]) == 2
        assert json.loads(left)["files"][-1:] == tried


@pytest.mark.parametrize(("word", "left"), [("token_revoked", 1), ("missing_scope", 0)])
async def test_a_share_is_looked_for_again_once_the_token_is_mended(
    open_stage: StageOpener, monkeypatch: pytest.MonkeyPatch, word: str, left: int
) -> None:
    """Its files, by which it is found, stay until then; where the bot may never read threads, they don't."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        await stage.stop()
        for method in ("conversations.replies", "conversations.history"):
            stage.workspace.faults.answer_error(method, word, times=None)
        async with _open_eraser(stage, monkeypatch) as eraser:
            await eraser.request(_find_jobs(stage)[0], by="U1")
            (tally,) = await eraser.work()

        assert (tally.is_done, tally.files) == (not left, 0 if left else 3)
        assert len(_select(stage, "SELECT remains FROM bot_erasures")) == left


async def test_results_that_cannot_be_read_are_erased(open_stage: StageOpener) -> None:
    """Another version of the bot may have kept them in a shape of its own; what Slack has of them goes too."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        with _open_database(stage) as database:
            database.execute("UPDATE bot_results SET flow = '{}', exchanges = '[]'")
        _note(stage, "job", _find_jobs(stage)[0])
        await _wait_until_erased(stage)

        assert _list_places(stage, MARK) == []


async def test_a_wish_that_cannot_be_fulfilled_holds_nothing_up(open_stage: StageOpener) -> None:
    """A row of its job is broken; the wish is put off, and the one behind it is fulfilled."""
    async with open_stage() as stage:
        anchors = [await stage.command(text) for text in (OTHER, PROMPT)]
        for anchor in anchors:
            await stage.wait_for_files("C1", anchor.ts)
        broken, other = _find_jobs(stage)
        with _open_database(stage) as database:
            database.execute("UPDATE bot_calls SET conversation_id = 'x' WHERE job_id = ?", (broken,))
        for job_id in (broken, other):
            _note(stage, "job", job_id)
        await _wait_until_erased(stage)

        assert _list_places(stage, MARK) == []
        assert stage.read_log().count('"event": "erasure_failed"') == 1
        assert await stage.get_status("/ready") == 200


async def test_a_message_that_nobody_has_confirmed_is_found(open_stage: StageOpener) -> None:
    """Slack has posted the flow, but its answer was lost, then somebody cancelled, and the process died."""
    async with open_stage() as stage:
        stage.workspace.faults.answer_status("conversations.replies", 503, times=None)
        stage.workspace.faults.drop_answer("chat.postMessage", when=lambda args: "thread_ts" in args)
        anchor = await stage.command(PROMPT)
        await stage.wait_for_log("post_unconfirmed")
        await stage.workspace.click("U1", anchor, CANCEL_ACTION)
        await stage.kill()
        stage.workspace.faults.clear()
        await stage.start()
        await stage.workspace.wait_for(lambda: "Cancelled" in str(stage.list_thread("C1", anchor.ts)[0].blocks), 20)
        thread = stage.list_thread("C1", anchor.ts)
        _note(stage, "job", _find_jobs(stage)[0])
        await _wait_until_erased(stage)

        assert MARK in json.dumps(thread[1].blocks)
        assert [message.text for message in stage.list_thread("C1", anchor.ts)] == [DELETED]
        assert _list_places(stage, MARK) == []


async def test_a_job_that_runs_is_stopped_first(open_stage: StageOpener) -> None:
    """It ends within moments, and its anchor no longer quotes the prompt."""
    async with open_stage(CODEMIE_READ_TIMEOUT_S="60") as stage:
        stage.fault_for = lambda turn, _: Fault.silence() if "<flow>" in turn.text else None
        anchor = await stage.command(PROMPT)
        await stage.wait_for_calls(2)
        _note(stage, "job", _find_jobs(stage)[0])
        await _wait_until_erased(stage)

        assert _list_places(stage, MARK) == []
        assert [message.text for message in stage.list_thread("C1", anchor.ts)] == [DELETED]


async def test_the_attempts_before_go_with_a_result(open_stage: StageOpener) -> None:
    """Each of them has the same prompt; their rows in the ledger stay, by which limits are counted."""
    async with open_stage() as stage:
        stage.fault_for = lambda turn, number: Fault.unavailable() if "<flow>" in turn.text and number < 6 else None
        anchor = await stage.command(PROMPT)
        failure = (await stage.wait_for_failure("C1", anchor.ts))[-1]
        await stage.workspace.click("U1", failure, RETRY_ACTION)
        await stage.wait_for_files("C1", anchor.ts)
        jobs = _find_jobs(stage)
        _note(stage, "job", jobs[-1])
        await _wait_until_erased(stage)

        assert [job_id.startswith("retry:") for job_id in jobs] == [False, True]
        assert _list_places(stage, MARK) == []
        assert _find_jobs(stage) == jobs


async def test_an_event_that_comes_again_brings_nothing_back(open_stage: StageOpener) -> None:
    """Slack sends an event again for an hour; its job was erased meanwhile."""
    async with open_stage() as stage:
        event = write_dm(PROMPT, ts="7.7")
        await stage.workspace.deliver_event(event)
        await stage.workspace.wait_for(lambda: [m for m in stage.workspace.messages("D1") if m.files], 20)
        await stage.wait_for_log("job_done")
        _note(stage, "message", _find_jobs(stage)[0])
        await _wait_until_erased(stage)
        calls = len(stage.codemie.calls)
        again = await stage.workspace.deliver_event(event, retry_num=1)
        await asyncio.sleep(1)

        assert again.status == 200
        assert len(stage.codemie.calls) == calls
        assert _list_places(stage, MARK) == []


async def test_deleting_a_message_erases_what_came_of_it(open_stage: StageOpener) -> None:
    """Replies hang under it, so Slack says that it has changed; what came of another one stays."""
    async with open_stage() as stage:
        said = [await stage.workspace.say(user="U1", channel="D1", text=text) for text in (PROMPT, OTHER)]
        for message in said:
            await stage.wait_for_files("D1", message.ts)
        (told,) = await stage.workspace.delete_message(user="U1", channel="D1", ts=said[0].ts)
        await _wait_until_erased(stage)

        assert told.payload["event"]["subtype"] == "message_changed"
        assert _list_places(stage, MARK) == []
        assert _list_places(stage, OTHER_MARK) == ["store", "slack", "codemie"]


async def _answer_question(stage: Stage, answer: str) -> Message:
    """Ask for a prototype, then for something that may be a change of it, and answer which; return the second."""
    first = await stage.workspace.say(user="U1", channel="D1", text=OTHER)
    await stage.wait_for_files("D1", first.ts)
    said = await stage.workspace.say(user="U1", channel="D1", text=f"change the title of my {MARK} registration form")
    question = (await stage.workspace.wait_for(lambda: stage.list_thread("D1", said.ts), 10))[0]
    await stage.workspace.click("U1", question, answer)
    await stage.workspace.wait_for(lambda: len([m for m in stage.workspace.messages("D1") if m.files]) == 2, 20)
    async with asyncio.timeout(20):
        while stage.read_log().count('"event": "job_done"') < 2:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.1)
    return said.message


@pytest.mark.parametrize("answer", [REFINE_LAST_ACTION, START_NEW_ACTION])
async def test_deleting_a_message_erases_what_was_chosen(open_stage: StageOpener, answer: str) -> None:
    """The bot had asked what is meant; the question goes, and its answer's result, here or in another thread."""
    async with open_stage() as stage:
        said = await _answer_question(stage, answer)
        before = _list_places(stage, MARK)
        await stage.workspace.delete_message(user="U1", channel="D1", ts=said.ts)
        await _wait_until_erased(stage)

        assert before[:1] == ["store"]
        assert _list_places(stage, MARK) == []
        assert OTHER_MARK.encode() in _read_store(stage)


@pytest.mark.parametrize("answer", [REFINE_LAST_ACTION, START_NEW_ACTION])
async def test_deleting_what_was_chosen_erases_the_question(open_stage: StageOpener, answer: str) -> None:
    """It keeps the words that it asks about."""
    async with open_stage() as stage:
        await _answer_question(stage, answer)
        chosen = _find_jobs(stage)[-1]
        _note(stage, "job", chosen)
        await _wait_until_erased(stage)

        assert chosen.startswith("choice:message:")
        assert _list_places(stage, MARK) == []
        assert OTHER_MARK.encode() in _read_store(stage)


async def test_what_its_author_built_on_a_deleted_message_goes_too(open_stage: StageOpener) -> None:
    """And what others have built on it is theirs, and stays."""
    async with open_stage() as stage:
        said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
        await stage.wait_for_files("D1", said.ts)
        for user, channel in (("U1", "D1"), ("U2", "D2"), ("U1", "D1")):
            message = await stage.workspace.say(user=user, channel=channel, text=OTHER)
            await stage.wait_for_files(channel, message.ts)
        await stage.stop()
        first, built, unrelated = _find_jobs(stage)
        for job_id in (built, *_find_jobs(stage, user="U2")):
            _build_on(stage, job_id, base=first)
        _note(stage, "message", first)
        await stage.start()
        await _wait_until_erased(stage)
        with _open_database(stage) as database:
            kept = {job_id for (job_id,) in database.execute("SELECT workflow_uuid FROM workflow_status")}

        assert _list_places(stage, MARK) == []
        assert kept == {unrelated, *_find_jobs(stage, user="U2")}


async def test_a_result_that_moved_to_a_dm_is_erased_in_both_places(open_stage: StageOpener) -> None:
    """The anchor in the channel quotes the prompt too."""
    async with open_stage() as stage:
        stage.workspace.faults.answer_error(
            "chat.postMessage", "restricted_action", when=lambda args: "thread_ts" in args
        )
        anchor = await stage.command(PROMPT)
        shared = await stage.workspace.wait_for(lambda: [m for m in stage.workspace.messages("D1") if m.files], 20)
        await stage.wait_for_log("job_done")
        _note(stage, "job", _find_jobs(stage)[0])
        await _wait_until_erased(stage)

        assert len(shared) == 1
        assert [message.text for message in stage.list_thread("C1", anchor.ts)] == [DELETED]
        assert _list_places(stage, MARK) == []


async def test_what_slack_never_lets_the_bot_erase_holds_nothing_up(open_stage: StageOpener) -> None:
    """A channel that is archived keeps its messages; everything else goes, and the log says what stayed."""
    async with open_stage() as stage:
        stage.workspace.faults.answer_error("chat.update", "cant_update_message", times=None)
        anchor = await stage.command(PROMPT)
        await stage.workspace.wait_for(lambda: [m for m in stage.list_thread("C1", anchor.ts) if m.files], 20)
        await stage.wait_for_log("job_done")
        _note(stage, "job", _find_jobs(stage)[0])
        await _wait_until_erased(stage)

        assert _list_places(stage, MARK) == ["slack"]
        assert stage.workspace.files == {}
        assert '"reason": "cant_update_message", "event": "not_erasable"' in stage.read_log()


async def test_a_deleted_message_is_looked_for(open_stage: StageOpener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only one that something came of is noted, and who waits for work is woken; its notice goes as a result does."""
    async with open_stage() as stage:
        said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
        await stage.wait_for_files("D1", said.ts)
        greeting = await stage.workspace.say(user="U1", channel="D1", text="hi")
        await stage.workspace.wait_for(lambda: stage.list_thread("D1", greeting.ts), 10)
        await stage.stop()
        async with _open_eraser(stage, monkeypatch) as eraser, asyncio.timeout(30):
            unknown = [await eraser.request_message(*key) for key in (("T1", "D1", "1.1"), ("T2", "D1", said.ts))]
            nothing = await eraser.work()
            known = [await eraser.request_message("T1", "D1", ts) for ts in (said.ts, greeting.ts)]
            await eraser.wait(600)
            tallies = await eraser.work()

        assert unknown == [False, False]
        assert nothing == []
        assert known == [True, True]
        assert [tally.is_done for tally in tallies] == [True, True]
        assert _list_places(stage, MARK) == []
        assert stage.list_thread("D1", greeting.ts) == []


async def test_a_result_is_erased_at_a_click(open_stage: StageOpener, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many clicks; another version of it stays, and so does what was asked for in the same channel."""
    async with open_stage() as stage:
        anchors = [await stage.command(text) for text in (PROMPT, OTHER)]
        for anchor in anchors:
            await stage.wait_for_files("C1", anchor.ts)
        await stage.stop()
        job_id = _find_jobs(stage)[0]
        async with _open_eraser(stage, monkeypatch) as eraser:
            for user in ("U1", "U2"):
                await eraser.request(job_id, by=user)
            tallies = await eraser.work()

        assert [(tally.jobs, tally.messages, tally.files, tally.conversations) for tally in tallies] == [(1, 2, 3, 2)]
        assert _list_places(stage, MARK) == []
        assert _list_places(stage, OTHER_MARK) == ["store", "slack", "codemie"]


async def test_opinions_go_with_the_person_and_with_the_result(
    open_stage: StageOpener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that somebody gave, in their own workspace, and those on what they had asked for."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        await stage.stop()
        job_id = _find_jobs(stage)[0]
        async with _open_eraser(stage, monkeypatch) as eraser:
            for job, user in ((job_id, "U2"), ("command:T1:9", "U1")):
                await _rate(eraser, job, user=user, comment=MARK)
            others = {
                await _rate(eraser, "command:T2:9", user="U1", comment=OTHER_MARK),
                await _rate(eraser, "command:T1:9", user="U2", comment=OTHER_MARK),
            }
            await eraser.request_user("T1", "U1", by="operator")
            await eraser.work()
            left = set(await eraser.workflows.list_ids(prefix=""))

        assert left == others
        assert _list_places(stage, MARK) == []


async def test_a_reason_that_is_given_after_the_erasing_is_not_kept(open_stage: StageOpener) -> None:
    """The modal was open meanwhile; it closes all the same."""
    async with open_stage() as stage:
        anchor = await stage.command(PROMPT)
        rated = await stage.wait_for_controls("C1", anchor.ts, FEEDBACK_ACTION)
        (job_id,) = _find_jobs(stage)
        await stage.workspace.click("U1", rated, FEEDBACK_ACTION, f"{BAD}:{job_id}")
        modal = get_modal(stage, "U1")
        _note(stage, "job", job_id)
        await _wait_until_erased(stage)
        await stage.workspace.submit_view("U1", modal, {"prompt": f"{MARK} is missing"})

        assert not has_modal(stage, "U1")
        assert _list_places(stage, MARK) == []


@pytest.mark.parametrize("person", ["T1", "U1:T1", "T1:U1:U2", "T1:U1 "])
async def test_the_command_tells_what_it_takes(stage: Stage, person: str) -> None:
    """In one line, with the exit code for what has to be mended."""
    code, out, err = await _forget(stage, person)

    assert (code, out) == (2, "")
    assert err == "forget takes TEAM:USER, two ids of Slack's, such as T024BE7LD:U02CQ0D1S, or api:CLIENT\n"


async def test_the_command_tells_what_is_missing(stage: Stage, tmp_path: Path) -> None:
    """A setting, or the database: an empty folder is more likely to be the wrong one."""
    missing = await _forget(stage, "T1:U1", SLACK_BOT_TOKEN="")
    nowhere = await _forget(stage, "T1:U1", DATA_DIR=str(tmp_path / "elsewhere"))

    assert missing[0] == nowhere[0] == 2
    assert missing[2].startswith("SLACK_BOT_TOKEN is missing")
    assert "there is no database at" in nowhere[2]
    assert not (tmp_path / "elsewhere").exists()
