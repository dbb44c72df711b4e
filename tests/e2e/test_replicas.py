"""Two processes of one bot on PostgreSQL: one is killed, stopped for a while, or asked instead of the other."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa
from faults.crowd import SURFACES, Request, list_calls, list_messages, send, spread_out
from faults.verdict import Witness, find_errors, is_done, wait_until_done
from postgres import Postgres, needs_postgres, open_postgres
from replicas import ROOMY, ask, find_all_problems, open_replica, turn_to, wait_for_jobs
from stage import Stage, StageOpener, write_dm

from bot.core.controls import CANCEL_ACTION
from bot.demo.codemie import Fault
from bot.lease import LEASE_NAME
from bot.postgres import make_postgres_engine

pytestmark = [pytest.mark.postgres, needs_postgres, pytest.mark.timeout(300)]
PROMPT: Final = "Registration for a parking permit: name, car plate, e-mail"
_ELDER: Final = Path(__file__).parents[1] / "faults" / "elder.py"
_REFUSE: Final = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON dbos.workflow_status FOR EACH ROW
WHEN (NEW.status = 'ENQUEUED' AND OLD.workflow_uuid = '{job_id}') EXECUTE FUNCTION refuse()
"""
# Keeps the transaction that enters a call, or a step, open for as long as it takes to stop the process in it.
_LINGER: Final = """
CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NEW; END $$;
CREATE TRIGGER linger BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION linger()
"""
_END_LEASES: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "


@pytest.fixture(scope="module")
async def postgres() -> AsyncIterator[Postgres]:
    """Start a server for all the tests."""
    async with open_postgres() as server:
        yield server


@asynccontextmanager
async def _open_two(
    open_stage: StageOpener, postgres: Postgres, folder: Path, name: str, **settings: str | None
) -> AsyncIterator[tuple[Stage, Stage]]:
    """Open two replicas on an empty database."""
    url = await postgres.make_database(name)
    async with (
        open_stage(DATABASE_URL=url, **ROOMY, **settings) as stage,
        open_replica(stage, folder / "other") as other,
    ):
        yield stage, other


def _run_sql(stage: Stage, *statements: str) -> None:
    engine = make_postgres_engine(stage.env["DATABASE_URL"])
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


async def _wait_for_query(stage: Stage, begin: str) -> None:
    """Wait until somebody asks the database for something."""
    engine = make_postgres_engine(stage.env["DATABASE_URL"])
    count = sa.text("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE :begin || '%'")
    async with asyncio.timeout(20):
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not connection.execute(count, {"begin": begin}).scalar_one():  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.05)
    engine.dispose()


def _list_adoptions(stage: Stage) -> list[tuple[int, int]]:
    """List how many jobs were adopted and left, each time some were."""
    lines = [json.loads(line) for line in stage.read_log().splitlines() if '"jobs_adopted"' in line]
    return [(line["jobs"], line["left"]) for line in lines]


@contextmanager
def _paused(stage: Stage) -> Iterator[None]:
    """Stop a process as a machine does that has no room for it."""
    assert stage.process is not None
    stage.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        stage.process.send_signal(signal.SIGCONT)


async def test_a_replica_that_dies_for_good_strands_nothing(
    open_stage: StageOpener, postgres: Postgres, tmp_path: Path
) -> None:
    """The other goes on with what it had begun; one job that can't be taken over at first is taken over later."""
    async with _open_two(open_stage, postgres, tmp_path, "killed") as (stage, other):
        stage.codemie.pace.delay_s = 1
        witness = Witness(stage.workspace)
        turn_to(stage)
        requests = await ask(stage, 6)
        await stage.wait_for_calls(6)
        _run_sql(stage, _REFUSE.format(job_id=requests[0].job_id))
        turn_to(other)
        await stage.kill()
        await other.wait_for_log("jobs_adopted")
        await wait_until_done(other, requests[1:])
        _run_sql(stage, "DROP TRIGGER refuse ON dbos.workflow_status")
        await wait_until_done(other, requests)

        assert find_all_problems(witness, requests) == {}
        assert (_list_adoptions(other)[0], _list_adoptions(other)[-1]) == ((5, 1), (1, 0))
        assert find_errors(other) == []


async def test_a_job_is_cancelled_from_another_replica(
    open_stage: StageOpener, postgres: Postgres, tmp_path: Path
) -> None:
    """Within two seconds, in the middle of CodeMie's answer."""
    async with _open_two(open_stage, postgres, tmp_path, "cancelled") as (stage, other):
        stage.fault_for = lambda _turn, _number: Fault.slow(chars_per_s=40)
        turn_to(stage)
        anchor = await stage.command(PROMPT)
        await stage.wait_for_calls(1)
        turn_to(other)
        began_s = time.monotonic()
        await stage.workspace.click("U1", anchor, CANCEL_ACTION)
        await stage.workspace.wait_for(lambda: "🚫" in str(stage.list_thread("C1", anchor.ts)), 10)
        took_s = time.monotonic() - began_s
        await stage.codemie.wait_for(lambda: bool(stage.codemie.closed_streams), 5)

        assert took_s < 2
        assert len(stage.list_thread("C1", anchor.ts)) == 1
        assert '"event": "job_started"' not in other.read_log()


@pytest.mark.parametrize("is_lapsing", [False, pytest.param(True, marks=pytest.mark.faults_full)])
async def test_a_replica_that_was_paused_does_nothing_twice(
    open_stage: StageOpener, postgres: Postgres, tmp_path: Path, *, is_lapsing: bool
) -> None:
    """The other takes it for dead, and does its jobs; when it goes on it leaves them alone, and works as ever.

    Its session ends after 20 seconds by itself; the test that always runs has it end at once.
    It is paused while CodeMie is asked: what is on its way to Slack at that moment can't be called back.
    """
    async with _open_two(open_stage, postgres, tmp_path, f"paused_{is_lapsing}".lower()) as (stage, other):
        stage.codemie.pace.delay_s = 1
        witness = Witness(stage.workspace)
        turn_to(stage)
        requests = await ask(stage, 6)
        await stage.wait_for_calls(6)
        turn_to(other)
        with _paused(stage):
            if not is_lapsing:
                _run_sql(stage, f"{_END_LEASES}'{LEASE_NAME}'")
            await wait_until_done(other, requests, timeout_s=90)
            delivered = [is_done(list_messages(stage.workspace, request)) for request in requests]
        await stage.wait_for_log("job_taken_over")
        turn_to(stage)
        later = await ask(stage, 1)
        await wait_until_done(stage, later, settle_s=1)

        assert delivered == [True] * 6
        assert find_all_problems(witness, [*requests, *later]) == {}
        assert find_errors(stage) + find_errors(other) == []
        assert await stage.get_status("/ready") == 200


@pytest.mark.faults_full
@pytest.mark.parametrize("table", ["bot_calls", "dbos.operation_outputs"])
async def test_a_replica_that_is_paused_in_a_transaction_holds_up_nobody(
    open_stage: StageOpener, postgres: Postgres, tmp_path: Path, table: str
) -> None:
    """Its locks are given up with its transaction; the other does its job, then serves its workspace."""
    name = table.replace(".", "_")
    async with _open_two(open_stage, postgres, tmp_path, f"paused_in_{name}") as (stage, other):
        witness = Witness(stage.workspace)
        _run_sql(stage, _LINGER.format(table=table))
        turn_to(stage)
        requests = await ask(stage, 1)
        await _wait_for_query(stage, f"INSERT INTO {table}")
        turn_to(other)
        with _paused(stage):
            await wait_until_done(other, requests, timeout_s=75)
            requests += await ask(other, 1)
            await wait_until_done(other, requests, timeout_s=30)
            delivered = [is_done(list_messages(stage.workspace, request)) for request in requests]
        await stage.wait_for_log("job_taken_over")

        assert delivered == [True] * 2
        assert find_all_problems(witness, requests) == {}
        assert find_errors(stage) + find_errors(other) == []


async def test_a_rolling_upgrade_delivers_each_job_once(
    open_stage: StageOpener, postgres: Postgres, tmp_path: Path
) -> None:
    """Two replicas of a version with other steps are stopped one after the other, beside one of this version.

    The first hands its jobs to the second, and the new one leaves them alone; what the second has not finished begins
    anew, in the thread that is there.
    """
    url = await postgres.make_database("upgraded")
    elder = (str(_ELDER), "2")
    async with (
        open_stage(arguments=elder, DATABASE_URL=url, **ROOMY) as first,
        open_replica(first, tmp_path / "second") as second,
        open_replica(first, tmp_path / "new", arguments=("-m", "bot", "run")) as new,
    ):
        first.codemie.pace.delay_s = 2
        witness = Witness(first.workspace)
        turn_to(first)
        requests = await ask(first, 20)
        await first.wait_for_calls(20)
        turn_to(new)
        codes = [await first.stop()]
        await second.wait_for_log("answered")
        anew_before = new.read_log().count('"event": "job_begun_anew"')
        codes.append(await second.stop())
        await wait_until_done(new, requests, timeout_s=90)
        problems = find_all_problems(witness, requests)

        assert codes == [0, 0]
        assert '"event": "jobs_handed_back"' in first.read_log()
        assert anew_before == 0
        assert 0 < new.read_log().count('"event": "job_begun_anew"') <= 20
        assert {n: found for n, each in problems.items() if (found := [x for x in each if "taken back" not in x])} == {}
        assert find_errors(first) + find_errors(second) + find_errors(new) == []


async def test_an_upgrade_outlives_a_crash(open_stage: StageOpener, postgres: Postgres, tmp_path: Path) -> None:
    """The last replica of a version with other steps is killed for good: the new one begins its jobs anew."""
    url = await postgres.make_database("crashed_old")
    async with (
        open_stage(arguments=(str(_ELDER), "2"), DATABASE_URL=url, **ROOMY) as old,
        open_replica(old, tmp_path / "new", arguments=("-m", "bot", "run")) as new,
    ):
        old.codemie.pace.delay_s = 1
        witness = Witness(old.workspace)
        turn_to(old)
        requests = await ask(old, 6)
        await old.wait_for_calls(8)
        await old.kill()
        await wait_until_done(new, requests)
        problems = [each for found in find_all_problems(witness, requests).values() for each in found]

        assert [each for each in problems if "taken back" not in each] == []
        assert new.read_log().count('"event": "job_begun_anew"') == 6
        assert find_errors(new) == []


async def test_an_event_that_comes_to_both_is_one_job(
    open_stage: StageOpener, postgres: Postgres, tmp_path: Path
) -> None:
    """Both acknowledge it, at the same moment; when it comes once more after the end it starts nothing."""
    async with _open_two(open_stage, postgres, tmp_path, "redelivered") as (stage, other):
        event = write_dm(PROMPT)
        async with asyncio.TaskGroup() as group:
            tasks = []
            for replica in (stage, other):
                turn_to(replica)
                tasks.append(group.create_task(stage.workspace.deliver_event(event)))
                await asyncio.sleep(0)
        await stage.workspace.wait_for(lambda: is_done(stage.workspace.messages("D1")), 20)
        again = await stage.workspace.deliver_event(event, retry_num=1)
        await asyncio.sleep(0.5)
        logs = stage.read_log() + other.read_log()

        assert [delivery.status for delivery in (*(task.result() for task in tasks), again)] == [200] * 3
        assert logs.count('"event": "job_started"') == 1
        assert len([message for message in stage.workspace.messages("D1") if message.bot_id]) == 2
        assert len(stage.codemie.calls) == 2


async def _time_forty(stage: Stage, other: Stage, *, kill_after: int | None) -> tuple[list[Request], float]:
    """Ask for forty, half of them from each replica; return the seconds it took.

    One of them dies for good when CodeMie was asked ``kill_after`` times.
    """
    surfaces = list(islice(cycle(SURFACES), 40))
    places = spread_out(stage.workspace, surfaces)
    began_s, requests, calls_before = time.monotonic(), list[Request](), len(stage.codemie.calls)
    for replica, half in ((stage, slice(0, 20)), (other, slice(20, 40))):
        turn_to(replica)
        requests += await asyncio.gather(*map(partial(send, replica), surfaces[half], places[half]))
    if kill_after is not None:
        await stage.wait_for_calls(calls_before + kill_after)
        await stage.kill()
    await wait_until_done(other, requests, timeout_s=150, settle_s=0)
    return requests, time.monotonic() - began_s


@pytest.mark.faults_full
@pytest.mark.parametrize("after_calls", [pytest.param(10, id="flow"), pytest.param(50, id="page")])
@pytest.mark.parametrize("app_token", [pytest.param(None, id="http"), pytest.param("xapp-demo", id="socket")])
async def test_forty_jobs_outlive_a_replica(
    open_stage: StageOpener, postgres: Postgres, tmp_path: Path, app_token: str | None, after_calls: int
) -> None:
    """Forty are delivered once, the last of them within a minute of the normal time; no call is made a third time."""
    name = f"forty_{'http' if app_token is None else 'socket'}_{after_calls}"
    async with _open_two(open_stage, postgres, tmp_path, name, SLACK_APP_TOKEN=app_token) as (stage, other):
        stage.codemie.pace.delay_s = 2
        witness = Witness(stage.workspace)
        _, normal_s = await _time_forty(stage, other, kill_after=None)
        requests, took_s = await _time_forty(stage, other, kill_after=after_calls)
        calls = [
            len(list_calls(stage.codemie.calls, request, is_page=is_page))
            for request in requests
            for is_page in (False, True)
        ]
        print(f"{normal_s:.1f} s, {took_s:.1f} s where one is killed, {sum(calls)} calls")  # noqa: T201 - figures

        assert find_all_problems(witness, requests) == {}
        assert took_s < normal_s + 60
        assert set(calls) <= {1, 2}
        assert find_errors(other) == []


async def test_a_restored_back_up_doubles_nothing(open_stage: StageOpener, postgres: Postgres, tmp_path: Path) -> None:
    """A back-up that was made while the flow was written: the jobs go on from there, and find what stands in Slack."""
    url, restored = [await postgres.make_database(name) for name in ("dumped", "restored")]
    async with open_stage(DATABASE_URL=url, **ROOMY) as stage:
        stage.codemie.pace.delay_s = 2
        requests = await ask(stage, 3)
        await stage.wait_for_calls(3)
        await postgres.dump(url, tmp_path / "dump.sql")
        stage.codemie.pace.delay_s = 0
        await wait_until_done(stage, requests)
        await stage.stop()
        await postgres.restore(tmp_path / "dump.sql", restored)
        before = [[message.ts for message in list_messages(stage.workspace, request)] for request in requests]
        witness = Witness(stage.workspace)
        async with open_replica(stage, tmp_path / "restored", DATABASE_URL=restored) as anew:
            await wait_for_jobs(anew, 3)
            await wait_until_done(anew, requests, settle_s=1)
            after = [[message.ts for message in list_messages(stage.workspace, request)] for request in requests]

        assert after == before
        assert find_all_problems(witness, requests) == {}
        assert len(stage.codemie.calls) == 12
