"""The same bot on PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from postgres import Postgres, needs_postgres, open_postgres
from stage import Stage, open_stage

from bot.postgres import make_postgres_engine

pytestmark = [pytest.mark.postgres, needs_postgres]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A bot and the server that it keeps everything in."""

    postgres: Postgres
    stage: Stage

    async def generate(self) -> None:
        """Ask for a prototype and wait for it."""
        anchor = await self.stage.command("Registration for a parking permit: name, car plate, e-mail")
        await self.stage.wait_for_files("C1", anchor.ts)

    def count(self, table: str) -> int:
        """Count the rows of a table."""
        engine = make_postgres_engine(self.postgres.url)
        with engine.connect() as connection:
            rows = connection.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar_one()
        engine.dispose()
        return int(rows)


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """Start both."""
    folder = tmp_path_factory.mktemp("bot")
    async with open_postgres() as postgres, open_stage(folder, DATABASE_URL=postgres.url) as stage:
        yield Served(postgres=postgres, stage=stage)


async def test_a_request_is_served_on_postgresql(served: Served) -> None:
    """From the command to the files; the database has all of it, the bot's folder has none."""
    before = served.count("bot_results")
    await served.generate()

    assert served.count("bot_results") == before + 1
    assert list((served.stage.log_path.parent / "data").iterdir()) == []
    assert '"level": "error"' not in served.stage.read_log()


async def test_a_database_that_was_started_anew_is_used_again(served: Served) -> None:
    """Connections that it has closed meanwhile cost nobody their request."""
    await served.generate()
    await served.postgres.stop()
    await served.postgres.start()
    before = served.count("bot_results")
    await served.generate()

    assert served.count("bot_results") == before + 1
