"""How the process stops: nothing new is accepted, what runs is kept, and what is kept goes on."""

import asyncio
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import aiohttp
from stage import Stage, StageOpener, write_dm

from bot.demo.codemie import Fault

PROMPT = "Registration for a parking permit: name, car plate, e-mail"


async def _read_ready(stage: Stage) -> tuple[int, list[str]]:
    async with aiohttp.ClientSession() as session, session.get(f"{stage.url}/ready") as answer:
        return answer.status, (await answer.json())["reasons"]


async def test_eight_jobs_survive_a_stop(open_stage: StageOpener) -> None:
    """Exit code 0 within 15 seconds; after the restart all eight are delivered once."""
    async with open_stage(CODEMIE_READ_TIMEOUT_S="60") as stage:
        stage.codemie.pace.delay_s = 9
        anchors = [await stage.command(PROMPT) for _ in range(8)]
        await stage.wait_for_calls(8)
        started = time.monotonic()
        code = await stage.stop()
        seconds = time.monotonic() - started
        stage.codemie.pace.delay_s = 0
        await stage.start()
        threads = [await stage.wait_for_files("C1", anchor.ts) for anchor in anchors]

        assert code == 0
        assert seconds < 15
        assert [len(thread) for thread in threads] == [3] * 8
        assert len(stage.workspace.messages("C1")) == 24
        assert len(stage.codemie.calls) == 24


async def test_a_stopping_process_says_so_and_takes_nothing(open_stage: StageOpener) -> None:
    """While a step is given its few seconds: 503 for readiness and events, a word for a command, 200 for health."""
    async with open_stage(CODEMIE_READ_TIMEOUT_S="60") as stage:
        stage.fault_for = lambda _turn, _number: Fault.silence()
        await stage.command(PROMPT)
        await stage.wait_for_calls(1)
        assert stage.process is not None
        stage.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        readiness = await _read_ready(stage)
        health = await stage.get_status("/health")
        command = await stage.workspace.send_command(user="U1", channel="C1", text=PROMPT)
        event = write_dm(PROMPT)
        refused = await stage.workspace.deliver_event(event)
        code = await stage.process.wait()
        stage.fault_for = None
        await stage.start()
        served = await stage.workspace.deliver_event(event, retry_num=1)
        await stage.workspace.wait_for(lambda: [m for m in stage.workspace.messages("D1") if m.files], 20)

        assert readiness == (503, ["stopping"])
        assert health == 200
        assert "can't take requests" in command.body
        assert refused.status == 503
        assert code == 0
        assert served.status == 200


async def test_the_second_signal_ends_at_once(open_stage: StageOpener) -> None:
    """Whoever can't wait loses nothing: the job goes on at the next start."""
    async with open_stage(CODEMIE_READ_TIMEOUT_S="60") as stage:
        stage.fault_for = lambda _turn, number: Fault.silence() if number == 0 else None
        anchor = await stage.command(PROMPT)
        await stage.wait_for_calls(1)
        assert stage.process is not None
        stage.process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.3)
        started = time.monotonic()
        code = await stage.stop()
        seconds = time.monotonic() - started
        await stage.start()
        messages = await stage.wait_for_files("C1", anchor.ts)

        assert code == 128 + signal.SIGTERM
        assert seconds < 2
        assert len(messages) == 3


async def test_a_locked_database_holds_no_stop_up(open_stage: StageOpener) -> None:
    """The process ends with 0 while another one holds the lock, and the job goes on when it is gone."""
    async with open_stage(CODEMIE_READ_TIMEOUT_S="60") as stage:
        stage.fault_for = lambda _turn, number: Fault.silence() if number == 0 else None
        anchor = await stage.command(PROMPT)
        await stage.wait_for_calls(1)
        with closing(sqlite3.connect(Path(stage.env["DATA_DIR"]) / "bot.sqlite", timeout=10)) as database:
            database.execute("BEGIN IMMEDIATE")
            code = await stage.stop()
        await stage.start()
        messages = await stage.wait_for_files("C1", anchor.ts)

        assert code == 0
        assert len(messages) == 3
