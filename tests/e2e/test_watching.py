"""What whoever watches the bot sees of it: GET /metrics and GET /ready of a real process."""

import asyncio
import re
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
from stage import Stage, StageOpener

from bot.core.controls import FEEDBACK_ACTION, GOOD
from bot.core.instructions import INSTRUCTIONS_VERSION
from bot.demo.codemie import Fault
from bot.store import JOB_VERSION
from bot.versions import find_version

_PROMPT = "Registration planted-prompt-words: name, planted-plate, e-mail"
_SAMPLE = re.compile(r"^(\w+(?:\{.*\})?) (\S+)$", re.MULTILINE)


async def _scrape(stage: Stage) -> dict[str, float]:
    async with aiohttp.ClientSession() as session, session.get(f"{stage.url}/metrics") as answer:
        assert answer.status == 200
        text = await answer.text()
    assert "planted" not in text
    assert not re.search(r"\b(T1|C1|D1|U1)\b", text)
    return {name.removeprefix("codemie_bot_"): float(value) for name, value in _SAMPLE.findall(text)}


async def _wait_for(stage: Stage, is_right: Callable[[Mapping[str, float]], bool]) -> dict[str, float]:
    """Scrape until it is right: a job's last word is said before the job is over."""
    async with asyncio.timeout(20):
        while not is_right(samples := await _scrape(stage)):  # noqa: ASYNC110 - a process tells nobody
            await asyncio.sleep(0.1)
    return samples


async def _get_ready(stage: Stage) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"{stage.url}/ready") as answer:
        return answer.status, await answer.json()


async def _serve_well(stage: Stage) -> None:
    """Have a prototype made in which something goes wrong at every corner and all comes right; somebody likes it."""
    stage.codemie.faults.extend([Fault.unavailable(), Fault.say("no flow at all")])
    stage.workspace.faults.rate_limit("chat.postMessage", retry_after_s=1)
    anchor = await stage.command(_PROMPT)
    await stage.wait_for_files("C1", anchor.ts)
    flow = await stage.wait_for_controls("C1", anchor.ts, FEEDBACK_ACTION)
    job_id = re.findall(rf"'{GOOD}:([^']+)'", str(flow.blocks))[0]
    await stage.workspace.click("U1", flow, FEEDBACK_ACTION, f"{GOOD}:{job_id}")


async def _bring_codemie_down(stage: Stage) -> None:
    stage.fault_for = lambda _turn, _number: Fault.unavailable()
    for _ in range(3):
        anchor = await stage.command(_PROMPT)
        await stage.wait_for_failure("C1", anchor.ts)


async def test_what_happens_is_counted(open_stage: StageOpener) -> None:
    """Jobs and their stages, calls, retries, waits, refusals, pictures, opinions; nothing that people said, no ids."""
    async with open_stage(RATE_LIMIT="4/day", CODEMIE_RETRY_ATTEMPTS="2") as stage:
        await _serve_well(stage)
        await _wait_for(stage, lambda seen: seen.get('opinions_total{opinion="good",reason="none"}') == 1)
        well = await _wait_for(stage, lambda seen: 'jobs_total{outcome="ready",surface="command"}' in seen)
        await _bring_codemie_down(stage)
        await stage.workspace.send_command(user="U1", channel="C1", text=_PROMPT)
        failed = 'jobs_total{outcome="codemie_unavailable",surface="command"}'
        ill = await _wait_for(stage, lambda seen: seen.get(failed) == 3)
        status, ready = await _get_ready(stage)

        assert {name for name, value in well.items() if value == 1} >= {
            'jobs_total{outcome="ready",surface="command"}',
            'job_seconds_count{outcome="ready"}',
            'stage_seconds_count{stage="page"}',
            'stage_seconds_count{stage="compile"}',
            'reasks_total{code="artifact_flow",role="flow"}',
            'codemie_calls_total{outcome="codemie_unavailable",role="flow"}',
            'codemie_calls_total{outcome="ok",role="ui"}',
            "codemie_retries_total",
            'codemie_logins_total{outcome="ok"}',
            'slack_calls_total{method="chat.postMessage",outcome="ratelimited"}',
            'slack_rate_limits_total{lane="channel"}',
            'slack_rate_limit_wait_seconds_total{lane="channel"}',
            'pictures_total{engine="blitz",outcome="drawn"}',
            'ack_seconds_count{kind="command",outcome="ok"}',
            f'build_info{{instructions_version="{INSTRUCTIONS_VERSION}",job_version="{JOB_VERSION}",version="{find_version()}"}}',
            "ready",
            "codemie_up",
            "store_writable",
        }
        assert well['stage_seconds_count{stage="flow"}'] == 2
        assert well['ack_seconds_count{kind="interaction",outcome="ok"}'] >= 1
        assert well['http_requests_total{method="POST",route="/slack/events",status="200"}'] >= 2
        assert well["jobs_running"] == well["codemie_calls_running"] == 0
        assert well["database_bytes"] > 0
        assert well["process_start_time_seconds"] > 0
        assert "sockets_open" not in well
        assert ill['refusals_total{code="limit_rate"}'] == 1
        assert ill['job_seconds_count{outcome="failed"}'] == 3
        assert ill["codemie_up"] == 0
        assert (status, ready["ready"], ready["codemie"]) == (200, True, "down")


async def test_an_outage_of_slacks_is_told_and_turns_nobody_away(open_stage: StageOpener) -> None:
    """Slack is asked once, not with every look, and nobody waits for its answer; by sockets there is more to tell."""
    async with open_stage(SLACK_APP_TOKEN="xapp-demo", SLACK_SIGNING_SECRET=None) as stage:
        await stage.workspace.wait_for(lambda: stage.workspace.socket_count == 2)
        stage.workspace.faults.answer_error("auth.test", "account_inactive", times=None)
        first = await _get_ready(stage)
        seen = await _wait_for(stage, lambda seen: "slack_up" in seen)
        later = [await _get_ready(stage) for _ in range(5)]
        await stage.command(_PROMPT)
        acked = await _wait_for(stage, lambda seen: 'ack_seconds_count{kind="command",outcome="ok"}' in seen)
        asked = [call for call in stage.workspace.calls if call.method == "auth.test"]
        stage.workspace.faults.clear()

        assert (first[0], first[1]["slack"]) == (200, "unknown")
        assert {(status, body["slack"]) for status, body in later} == {(200, "account_inactive")}
        assert len(asked) == 2
        assert seen["slack_up"] == 0
        assert seen["ready"] == 1
        assert acked["sockets_open"] == 2
        assert acked['sockets_opened_total{fault="start"}'] == 2
        assert acked["socket_age_seconds"] >= acked["socket_pong_age_seconds"] >= 0
        assert acked["socket_event_age_seconds"] >= 0


async def test_a_locked_store_is_told_and_holds_no_scrape_up(stage: Stage) -> None:
    """What can be read without it is there, a second later at most; and when it writes again, that is told too."""
    before = await _scrape(stage)
    with closing(sqlite3.connect(Path(stage.env["DATA_DIR"]) / "bot.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began_s = time.monotonic()
        locked = await _scrape(stage)
        seconds = time.monotonic() - began_s
        other.execute("ROLLBACK")
    after = await _wait_for(stage, lambda seen: seen["ready"] == 1)

    assert (before["store_writable"], before["ready"]) == (1, 1)
    assert (locked["store_writable"], locked["ready"]) == (0, 0)
    assert seconds < 5
    assert "jobs_running" in locked
    assert after["store_writable"] == 1
