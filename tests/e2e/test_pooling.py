"""PgBouncer before the database: sessions have to be whole, since replicas know each other by locks of a session."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa
from pgbouncer import needs_pgbouncer, open_pgbouncer
from postgres import Postgres, needs_postgres, open_postgres
from stage import open_stage

from bot.doctor.codes import Code
from bot.doctor.machine import check_database
from bot.loose_settings import read_settings
from bot.pooling import has_own_sessions
from bot.postgres import make_postgres_url

pytestmark = [pytest.mark.postgres, needs_postgres, needs_pgbouncer]


@pytest.fixture(scope="module")
async def postgres() -> AsyncIterator[Postgres]:
    """Start a server for all the tests."""
    async with open_postgres() as server:
        yield server


@pytest.mark.parametrize("is_round_robin", [False, True])
async def test_a_pool_of_transactions_is_told_from_sessions(postgres: Postgres, *, is_round_robin: bool) -> None:
    """Whichever of its connections it chooses, and however many others use it."""
    async with open_pgbouncer(postgres, mode="transaction", is_round_robin=is_round_robin) as url:
        alone = await asyncio.to_thread(has_own_sessions, url)
        with ExitStack() as stack:
            engines = [sa.create_engine(make_postgres_url(url)) for _ in range(3)]
            for engine in engines:
                stack.callback(engine.dispose)
                stack.enter_context(engine.connect()).execute(sa.text("SELECT 1"))
            busy = await asyncio.to_thread(has_own_sessions, url)
        left = await asyncio.to_thread(has_own_sessions, url)
    async with open_pgbouncer(postgres, mode="statement") as url:
        through_statements = await asyncio.to_thread(has_own_sessions, url)
    async with open_pgbouncer(postgres, mode="session") as url:
        through_sessions = await asyncio.to_thread(has_own_sessions, url)

    assert (alone, busy, left) == (False, False, False)
    assert not through_statements
    assert through_sessions
    assert await asyncio.to_thread(has_own_sessions, postgres.url)


@pytest.mark.parametrize("mode", ["transaction", "statement"])
async def test_the_doctor_and_the_start_refuse_a_pool_of_transactions(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """In a line that says what to set instead; through a pool of sessions the bot works."""
    async with open_pgbouncer(postgres, mode="session") as url, open_stage(tmp_path, DATABASE_URL=url) as stage:
        anchor = await stage.command("Registration for a parking permit: name, car plate, e-mail")
        await stage.wait_for_files("C1", anchor.ts)
        await stage.stop()
        env = dict(stage.env)
    async with open_pgbouncer(postgres, mode=mode) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        finding = await check_database(read_settings().settings)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"), env={**env, "DATABASE_URL": url}, stderr=PIPE, cwd=tmp_path
        )
        _, said = await process.communicate()

    assert finding.code is Code.DATABASE_POOLED
    assert process.returncode == 2
    assert said.decode().strip().startswith("DATABASE_URL leads through a pool of transactions: point DATABASE_URL at")
    assert len(said.decode().strip().splitlines()) == 1
