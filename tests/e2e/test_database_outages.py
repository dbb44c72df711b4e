"""PostgreSQL crashes, or can't be reached, while jobs are in flight: they go on, once, when it is back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from faults.verdict import Witness, wait_until_done
from postgres import Postgres, needs_postgres, open_postgres
from relay import open_relay
from replicas import ROOMY, ask, find_all_problems, open_replica, turn_to
from stage import StageOpener, write_dm

pytestmark = [pytest.mark.postgres, needs_postgres, pytest.mark.timeout(200)]
# CodeMie answers meanwhile.
_DOWN_S = 2
PROMPT = "Registration for a parking permit: name, car plate, e-mail"


@pytest.fixture
async def postgres() -> AsyncIterator[Postgres]:
    """Start a server for one test, which may break it."""
    async with open_postgres() as server:
        yield server


@pytest.mark.parametrize(
    "after_calls", [pytest.param(3, id="flow"), pytest.param(6, id="page", marks=pytest.mark.faults_full)]
)
async def test_a_database_that_crashes_strands_nothing(
    open_stage: StageOpener, postgres: Postgres, after_calls: int
) -> None:
    """What was committed goes on by itself; what could not be is refused, and taken when it is delivered again."""
    async with open_stage(DATABASE_URL=postgres.url, **ROOMY) as stage:
        stage.codemie.pace.delay_s = 1
        witness = Witness(stage.workspace)
        requests = await ask(stage, 3)
        await stage.wait_for_calls(after_calls)
        await postgres.crash()
        event = write_dm(PROMPT)
        refused = await stage.workspace.send_command(user="U1", channel="C1", text=PROMPT)
        delivery = await stage.workspace.deliver_event(event)
        await asyncio.sleep(_DOWN_S)
        await postgres.start()
        await wait_until_done(stage, requests)
        served = await stage.workspace.deliver_event(event, retry_num=1)
        await stage.workspace.wait_for(lambda: [m for m in stage.workspace.messages("D1") if m.files], 20)

        assert "can't take requests" in refused.body
        assert (delivery.status, served.status) == (503, 200)
        assert find_all_problems(witness, requests) == {}
        assert len([message for message in stage.workspace.messages("D1") if message.bot_id]) == 2
        assert stage.workspace.messages("C1") == []


@pytest.mark.faults_full
@pytest.mark.parametrize("cut_s", [10, 45])
async def test_a_database_that_is_out_of_reach_doubles_nothing(
    open_stage: StageOpener, postgres: Postgres, tmp_path: Path, cut_s: int
) -> None:
    """For one of two replicas: it waits, and finds its jobs done by the other where it was cut off for long."""
    folder = postgres.folder / "relay"
    await asyncio.to_thread(folder.mkdir)
    async with (
        open_relay(folder, postgres.folder) as relay,
        open_stage(DATABASE_URL=f"postgresql://bot@/postgres?host={folder}", **ROOMY) as stage,
        open_replica(stage, tmp_path / "other", DATABASE_URL=postgres.url) as other,
    ):
        stage.codemie.pace.delay_s = 1
        witness = Witness(stage.workspace)
        turn_to(stage)
        requests = await ask(stage, 6)
        await stage.wait_for_calls(8)
        relay.cut()
        await asyncio.sleep(cut_s)
        relay.mend()
        await wait_until_done(stage, requests, settle_s=2)
        adopted = '"event": "jobs_adopted"' in other.read_log()

        assert find_all_problems(witness, requests) == {}
        assert adopted is (cut_s > 20)
        assert await stage.get_status("/ready") == 200
