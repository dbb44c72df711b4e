"""A back-up of SQLite that was made in the middle of jobs is restored: see docs/operate.md."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from faults.crowd import list_messages
from faults.verdict import Witness, find_errors, wait_until_done
from replicas import ROOMY, ask, find_all_problems, wait_for_jobs
from stage import StageOpener


def _copy(source: Path, target: Path) -> None:
    """Do what ``.backup`` does."""
    with closing(sqlite3.connect(source)) as database, closing(sqlite3.connect(target)) as copy:
        database.backup(copy)


async def test_a_restored_back_up_doubles_nothing(open_stage: StageOpener, tmp_path: Path) -> None:
    """The jobs go on from where they were then, and find what stands in Slack since."""
    async with open_stage(**ROOMY) as stage:
        stage.codemie.pace.delay_s = 1
        database = Path(stage.env["DATA_DIR"]) / "bot.sqlite"
        requests = await ask(stage, 3)
        await stage.wait_for_calls(3)
        await asyncio.to_thread(_copy, database, tmp_path / "copy")
        stage.codemie.pace.delay_s = 0
        await wait_until_done(stage, requests)
        before = [[message.ts for message in list_messages(stage.workspace, request)] for request in requests]
        await stage.stop()
        for file in (database, database.with_name("bot.sqlite-wal"), database.with_name("bot.sqlite-shm")):
            file.unlink(missing_ok=True)
        (tmp_path / "copy").rename(database)
        witness = Witness(stage.workspace)
        await stage.start()
        await wait_for_jobs(stage, 6)
        await wait_until_done(stage, requests, settle_s=1)
        after = [[message.ts for message in list_messages(stage.workspace, request)] for request in requests]

        assert after == before
        assert find_all_problems(witness, requests) == {}
        assert len(stage.codemie.calls) == 12
        assert find_errors(stage) == []
