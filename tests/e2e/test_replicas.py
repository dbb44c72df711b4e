"""Two processes of one bot on PostgreSQL: one is killed, stopped for a while, or asked instead of the other."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import pytest
from faults.crowd import SURFACES, Request, list_messages, send, spread_out
from faults.verdict import Witness, find_errors, is_done, wait_until_done
from postgres import Postgres, needs_postgres, open_postgres
from replicas import open_replica
from stage import Stage, StageOpener

from bot.core.controls import CANCEL_ACTION
from bot.demo.codemie import Fault
from bot.lease import LEASE_NAME
from bot.store import make_postgres_engine

pytestmark = [pytest.mark.postgres, needs_postgres, pytest.mark.timeout(300)]
PROMPT: Final = "Registration for a parking permit: name, car plate, e-mail"
_ROOMY: Final = {
    "CODEMIE_READ_TIMEOUT_S": "60",
    "CODEMIE_ANSWER_TIMEOUT_S": "120",
    "CODEMIE_MAX_CONNECTIONS": "100",
    "MAX_CONCURRENT_JOBS": "1000",
}
_ELDER: Final = Path(__file__).parents[1] / "faults" / "elder.py"
_REFUSE: Final = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON dbos.workflow_status FOR EACH ROW
WHEN (NEW.status = 'ENQUEUED' AND OLD.workflow_uuid = '{job_id}') EXECUTE FUNCTION refuse()
"""
_END_LEASES: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "


@pytest.fixture(scope="module")
async def postgres() -> AsyncIterator[Postgres]:
    """Start a server for all the tests."""
    async with open_postgres() as server:
        yield server


@asynccontextmanager
async def _open_two(
    open_stage: StageOpener, postgres: Postgres, folder: Path, name: str, **settings: str
) -> AsyncIterator[tuple[Stage, Stage]]:
    """Open two replicas on an empty database."""
    url = await postgres.make_database(name)
    async with (
        open_stage(DATABASE_URL=url, **_ROOMY, **settings) as stage,
        open_replica(stage, folder / "other") as other,
    ):
        yield stage, other


def _turn_to(replica: Stage) -> None:
    """Send what is asked for from now on to this replica, unless both come by Socket Mode."""
    if "SLACK_APP_TOKEN" not in replica.env:
        replica.workspace.events_url = f"{replica.url}/slack/events"


async def _ask(stage: Stage, count: int) -> list[Request]:
    surfaces = list(islice(cycle(SURFACES), count))
    places = spread_out(stage.workspace, surfaces)
    return list(await asyncio.gather(*map(partial(send, stage), surfaces, places)))


def _run_sql(stage: Stage, *statements: str) -> None:
    engine = make_postgres_engine(stage.env["DATABASE_URL"])
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


async def _wait_for_done(stage: Stage, count: int) -> None:
    """Wait until a replica has done so many jobs."""
    async with asyncio.timeout(60):
        while stage.read_log().count('"event": "job_done"') < count:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.1)


def _find_problems(witness: Witness, requests: Sequence[Request]) -> dict[int, list[str]]:
    found = {request.number: witness.find_problems(request) for request in requests}
    return {number: problems for number, problems in found.items() if problems}


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
        _turn_to(stage)
        requests = await _ask(stage, 6)
        await stage.wait_for_calls(6)
        _run_sql(stage, _REFUSE.format(job_id=requests[0].job_id))
        _turn_to(other)
        await stage.kill()
        await other.wait_for_log("jobs_adopted")
        await wait_until_done(other, requests[1:])
        _run_sql(stage, "DROP TRIGGER refuse ON dbos.workflow_status")
        await wait_until_done(other, requests)

        assert _find_problems(witness, requests) == {}
        assert (_list_adoptions(other)[0], _list_adoptions(other)[-1]) == ((5, 1), (1, 0))
        assert find_errors(other) == []


async def test_a_job_is_cancelled_from_another_replica(
    open_stage: StageOpener, postgres: Postgres, tmp_path: Path
) -> None:
    """Within two seconds, in the middle of CodeMie's answer."""
    async with _open_two(open_stage, postgres, tmp_path, "cancelled") as (stage, other):
        stage.fault_for = lambda _turn, _number: Fault.slow(chars_per_s=40)
        _turn_to(stage)
        anchor = await stage.command(PROMPT)
        await stage.wait_for_calls(1)
        _turn_to(other)
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
    """
    async with _open_two(open_stage, postgres, tmp_path, f"paused_{is_lapsing}".lower()) as (stage, other):
        stage.codemie.pace.delay_s = 1
        witness = Witness(stage.workspace)
        _turn_to(stage)
        requests = await _ask(stage, 6)
        await stage.wait_for_calls(8)
        _turn_to(other)
        with _paused(stage):
            if not is_lapsing:
                _run_sql(stage, f"{_END_LEASES}'{LEASE_NAME}'")
            await wait_until_done(other, requests, timeout_s=90)
            delivered = [is_done(list_messages(stage.workspace, request)) for request in requests]
        await stage.wait_for_log("job_taken_over")
        _turn_to(stage)
        later = await _ask(stage, 1)
        await wait_until_done(stage, later, settle_s=1)

        assert delivered == [True] * 6
        assert _find_problems(witness, [*requests, *later]) == {}
        assert find_errors(stage) + find_errors(other) == []
        assert await stage.get_status("/ready") == 200


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
        open_stage(arguments=elder, DATABASE_URL=url, **_ROOMY) as first,
        open_replica(first, tmp_path / "second") as second,
        open_replica(first, tmp_path / "new", arguments=("-m", "bot", "run")) as new,
    ):
        first.codemie.pace.delay_s = 2
        witness = Witness(first.workspace)
        _turn_to(first)
        requests = await _ask(first, 20)
        await first.wait_for_calls(20)
        _turn_to(new)
        codes = [await first.stop()]
        await second.wait_for_log("answered")
        anew_before = new.read_log().count('"event": "job_begun_anew"')
        codes.append(await second.stop())
        await wait_until_done(new, requests, timeout_s=90)
        problems = _find_problems(witness, requests)

        assert codes == [0, 0]
        assert '"event": "jobs_handed_back"' in first.read_log()
        assert '"event": "jobs_handed_back"' in second.read_log()
        assert anew_before == 0
        assert 0 < new.read_log().count('"event": "job_begun_anew"') <= 20
        assert {n: found for n, each in problems.items() if (found := [x for x in each if "taken back" not in x])} == {}
        assert find_errors(first) + find_errors(second) + find_errors(new) == []


async def _time_forty(stage: Stage, other: Stage, *, is_killing: bool) -> tuple[list[Request], float]:
    """Ask for forty, half of them from each replica, one of which may die for good; return the seconds it took."""
    surfaces = list(islice(cycle(SURFACES), 40))
    places = spread_out(stage.workspace, surfaces)
    began_s, requests = time.monotonic(), list[Request]()
    for replica, half in ((stage, slice(0, 20)), (other, slice(20, 40))):
        _turn_to(replica)
        requests += await asyncio.gather(*map(partial(send, replica), surfaces[half], places[half]))
    if is_killing:
        await stage.wait_for_calls(len(stage.codemie.calls) + 10)
        await stage.kill()
    await wait_until_done(other, requests, timeout_s=150, settle_s=0)
    return requests, time.monotonic() - began_s


@pytest.mark.faults_full
async def test_forty_jobs_outlive_a_replica(open_stage: StageOpener, postgres: Postgres, tmp_path: Path) -> None:
    """Forty are delivered once, the last of them within a minute of the normal time."""
    async with _open_two(open_stage, postgres, tmp_path, "forty") as (stage, other):
        stage.codemie.pace.delay_s = 2
        witness = Witness(stage.workspace)
        _, normal_s = await _time_forty(stage, other, is_killing=False)
        requests, took_s = await _time_forty(stage, other, is_killing=True)
        print(f"{normal_s:.1f} s, {took_s:.1f} s where one is killed")  # noqa: T201 - a figure

        assert _find_problems(witness, requests) == {}
        assert took_s < normal_s + 60
        assert find_errors(other) == []


async def test_a_restored_back_up_doubles_nothing(open_stage: StageOpener, postgres: Postgres, tmp_path: Path) -> None:
    """A back-up that was made while the flow was written: the jobs go on from there, and find what stands in Slack."""
    url, restored = [await postgres.make_database(name) for name in ("dumped", "restored")]
    async with open_stage(DATABASE_URL=url, **_ROOMY) as stage:
        stage.codemie.pace.delay_s = 2
        requests = await _ask(stage, 3)
        await stage.wait_for_calls(3)
        await postgres.dump(url, tmp_path / "dump.sql")
        stage.codemie.pace.delay_s = 0
        await wait_until_done(stage, requests)
        await stage.stop()
        await postgres.restore(tmp_path / "dump.sql", restored)
        before = [[message.ts for message in list_messages(stage.workspace, request)] for request in requests]
        witness = Witness(stage.workspace)
        async with open_replica(stage, tmp_path / "restored", DATABASE_URL=restored) as anew:
            await _wait_for_done(anew, 3)
            await wait_until_done(anew, requests, settle_s=1)
            after = [[message.ts for message in list_messages(stage.workspace, request)] for request in requests]

        assert after == before
        assert _find_problems(witness, requests) == {}
        assert len(stage.codemie.calls) == 12
