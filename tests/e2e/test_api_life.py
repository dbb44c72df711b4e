"""The API across stops, crashes, limits and erasures; where it is there, and where it is not."""

import asyncio
import signal
import sqlite3
import sys
import time
from asyncio.subprocess import PIPE
from contextlib import closing
from pathlib import Path

import aiohttp
from calling import PROMPT, TOKEN, Caller, calling
from stage import Stage, StageOpener

from bot.demo.codemie import Fault


def _get_database(stage: Stage) -> Path:
    return Path(stage.env["DATA_DIR"]) / "bot.sqlite"


def _read_store(stage: Stage) -> bytes:
    return b"".join(path.read_bytes() for path in Path(stage.env["DATA_DIR"]).iterdir())


def _find_client(stage: Stage) -> str:
    with closing(sqlite3.connect(_get_database(stage))) as database:
        (client,) = database.execute("SELECT DISTINCT user FROM bot_requests WHERE team = 'api'").fetchone()
    return str(client)


async def _forget(stage: Stage, person: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "forget", person), env=dict(stage.env), cwd=stage.log_path.parent, stdout=PIPE
    )
    out, _ = await process.communicate()
    return await process.wait(), out.decode()


async def test_without_a_token_there_is_no_api(stage: Stage) -> None:
    """Nor its description; what is said is how to enable it."""
    async with calling(stage) as caller:
        answers = [
            await caller.call(method, path)
            for method, path in (("POST", "/api/generate"), ("GET", "/api/docs"), ("GET", "/api/nothing"))
        ]

    assert [answered.status for answered in answers] == [404] * 3
    assert all("API_TOKEN" in answered.body["detail"] for answered in answers)


async def test_generations_survive_a_stop_and_a_crash(open_stage: StageOpener) -> None:
    """Who waits when the process stops is told where to ask; what a killed process had begun is ready later."""
    async with open_stage(API_TOKEN=TOKEN, CODEMIE_READ_TIMEOUT_S="60") as stage, calling(stage) as caller:
        stage.codemie.pace.delay_s = 12
        waiting = asyncio.gather(caller.generate())
        await stage.wait_for_calls(1)
        assert stage.process is not None
        started = time.monotonic()
        stage.process.send_signal(signal.SIGTERM)
        (stopped,) = await waiting
        code = await stage.process.wait()
        stopped_s = time.monotonic() - started
        await stage.start()
        begun = await caller.generate(f"{PROMPT}, phone", headers={"Prefer": "respond-async"})
        await stage.wait_for_calls(3)
        await stage.kill()
        stage.codemie.pace.delay_s = 0
        await stage.start()
        done = [await caller.poll(answered.headers["Location"]) for answered in (stopped, begun)]

        assert stopped.status == 202
        assert stopped.body["status"] == "processing"
        assert code == 0
        assert stopped_s < 15
        assert [answered.body["status"] for answered in done] == ["ready", "ready"]
        assert [answered.body["prompt"] for answered in done] == [PROMPT, f"{PROMPT}, phone"]
        assert stage.workspace.messages("C1") == []


async def test_an_upgrade_loses_no_generation(open_stage: StageOpener) -> None:
    """What a version with other steps left unfinished is done anew, and found under the id of before."""
    async with open_stage(API_TOKEN=TOKEN, CODEMIE_READ_TIMEOUT_S="60") as stage, calling(stage) as caller:
        stage.codemie.pace.delay_s = 12
        begun = await caller.generate(headers={"Prefer": "respond-async", "Idempotency-Key": "key"})
        await stage.wait_for_calls(1)
        await stage.kill()
        with closing(sqlite3.connect(_get_database(stage))) as database:
            database.execute("UPDATE workflow_status SET application_version = 'before'")
            database.commit()
        stage.codemie.pace.delay_s = 0
        await stage.start()
        done = await caller.poll(begun.headers["Location"])
        again = await caller.generate(headers={"Idempotency-Key": "key"})

        assert done.body["status"] == "ready"
        assert done.body["id"] == begun.body["id"]
        assert again.body == done.body


async def test_limits_hold_for_each_client(open_stage: StageOpener) -> None:
    """429 with the time to wait, as often as one asks; what is there can be fetched, also by its key."""
    async with open_stage(API_TOKEN=TOKEN, RATE_LIMIT="1/hour") as stage, calling(stage) as caller:
        made = await caller.generate(headers={"Idempotency-Key": "key"})
        refused = [await caller.generate() for _ in range(3)]
        async with calling(stage, address="127.0.0.2") as other:
            taken = await other.generate()
        again = await caller.generate(headers={"Idempotency-Key": "key"})
        fetched = await caller.call("GET", made.headers["Location"])
        with closing(sqlite3.connect(_get_database(stage))) as database:
            states = [state for (state,) in database.execute("SELECT state FROM bot_requests")]
        anchor = await stage.command(PROMPT)
        await stage.wait_for_files("C1", anchor.ts)

        assert [answered.status for answered in refused] == [429] * 3
        assert refused[0].body["error"] == "http_error"
        assert "limit: 1" in refused[0].body["detail"]
        assert 3500 < int(refused[0].headers["Retry-After"]) <= 3600
        assert again.body == fetched.body == made.body
        assert taken.status == 200
        assert states == ["done", "done"]


async def test_a_daily_budget_holds_too(open_stage: StageOpener) -> None:
    """Also where it runs out in the middle: the time to wait is known then as well."""
    async with open_stage(API_TOKEN=TOKEN, DAILY_LIMIT_USER="2", CODEMIE_RETRY_ATTEMPTS="2") as stage:
        stage.codemie.faults.append(Fault.unavailable())
        async with calling(stage) as caller:
            failed = await caller.generate()
            fetched = await caller.call("GET", failed.headers["Location"])
            refused = await caller.generate()

        assert failed.status == refused.status == 429
        assert int(failed.headers["Retry-After"]) > 0
        assert fetched.body["error"] == failed.body["detail"]
        assert "budget of 2" in failed.body["detail"]


async def test_a_locked_store_is_told(open_stage: StageOpener) -> None:
    """503 with the time to wait; a generation that was refused is not made."""
    async with open_stage(API_TOKEN=TOKEN) as stage, calling(stage) as caller:
        with closing(sqlite3.connect(_get_database(stage), timeout=10)) as database:
            database.execute("BEGIN IMMEDIATE")
            asked = await caller.generate()
            database.rollback()
        await asyncio.sleep(1)

        assert asked.status == 503
        assert asked.body["error"] == "http_error"
        assert asked.headers["Retry-After"] == "5"
        assert stage.codemie.calls == []


async def test_what_clients_asked_for_can_be_erased(open_stage: StageOpener) -> None:
    """By the name in the log, from the database down to its bytes and from CodeMie."""
    async with open_stage(API_TOKEN=TOKEN) as stage, calling(stage) as caller:
        made = await caller.generate(headers={"Idempotency-Key": "key"})
        client = _find_client(stage)
        kept = _read_store(stage)
        conversations = set(stage.codemie.conversations)
        await stage.stop()
        code, out = await _forget(stage, f"api:{client}")
        left = _read_store(stage)
        await stage.start()
        gone = await caller.call("GET", made.headers["Location"])

        assert client in stage.read_log()
        assert b"planted-permit" in kept
        assert code == 0
        assert "requests 1" in out
        assert b"planted-permit" not in left
        assert conversations
        assert conversations.isdisjoint(stage.codemie.conversations)
        assert gone.status == 404


async def test_what_is_too_old_is_erased(open_stage: StageOpener) -> None:
    """Prompt, answers and result, from the disk and from CodeMie."""
    async with open_stage(API_TOKEN=TOKEN) as stage, calling(stage) as caller:
        made = await caller.generate()
        kept = _read_store(stage)
        await stage.restart(RETENTION_DAYS="0.00001")
        await stage.wait_for_log("pruned")
        gone = await caller.call("GET", made.headers["Location"])

        assert made.status == 200
        assert b"planted-permit" in kept
        assert b"planted-permit" not in _read_store(stage)
        assert gone.status == 404
        assert stage.codemie.conversations == {}


async def test_socket_mode_serves_it_too(open_stage: StageOpener) -> None:
    """The server is there for health checks anyway."""
    async with (
        open_stage(API_TOKEN=TOKEN, SLACK_APP_TOKEN="xapp-demo", SLACK_SIGNING_SECRET=None) as stage,
        calling(stage) as caller,
    ):
        made = await caller.generate()

        assert made.status == 200


async def test_fifty_at_once_are_all_answered(open_stage: StageOpener) -> None:
    """Twenty run at a time, the others wait in line without holding the database."""
    async with open_stage(API_TOKEN=TOKEN) as stage:
        stage.codemie.pace.delay_s = 0.1
        connector = aiohttp.TCPConnector(limit=50)
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}, connector=connector) as session:
            caller = Caller(session=session, stage=stage)
            answers = await asyncio.gather(*(caller.generate(f"{PROMPT}, number {n}") for n in range(50)))

        assert {answered.status for answered in answers} == {200}
        assert len({answered.body["id"] for answered in answers}) == 50
        assert len(stage.codemie.calls) == 100
        assert stage.codemie.most_in_flight <= 20
