"""Prints what the bot does under a burst of slash commands: how soon it acknowledges, how soon all is delivered.

Run it with ``uv run python tests/benchmarks/burst.py``. The bot is a process of its own, and so is what sends:
requests are signed before and leave when their time has come, answered or not. GET /health of the same bot at the
same rate stands beside it, so that the figures can be read as multiples on a machine of any speed.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests, whose stage and kit this uses

from benchmarks.meter import Usage, measure_usage, pick
from faults.crowd import Request, invite_people, open_channels
from faults.verdict import Witness, find_errors
from stage import Stage, open_stage

from bot.core.models import Surface
from bot.demo.workspace import Change
from bot.demo.workspace.payloads import make_command

_USERS: Final = 50
_CHANNELS: Final = 10
_SENDER: Final = "--send"
_ROOMY: Final = {
    "CODEMIE_READ_TIMEOUT_S": "60",
    "CODEMIE_ANSWER_TIMEOUT_S": "120",
    "LOG_LEVEL": "INFO",
    "RATE_LIMIT": "100000/minute",
}

Sent = list[dict[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """How much, how fast, and for how long it is waited for."""

    jobs: int
    rate_per_s: float
    patience_s: float


class Tally:
    """Counts threads that are whole at first sight, without looking through the workspace while it works."""

    def __init__(self, stage: Stage) -> None:
        self._done: set[tuple[str, str]] = set()
        self._filed: set[tuple[str, str]] = set()
        stage.workspace.subscribe(self._see)

    def _see(self, change: Change) -> None:
        message = change.message
        if message is None or message.bot_id is None:
            return
        thread = (message.channel, message.root_ts)
        if message.files:
            self._filed.add(thread)
        elif "✅" in str(message.blocks):
            self._done.add(thread)

    @property
    def count(self) -> int:
        """How many threads show files and say that they are done."""
        return len(self._done & self._filed)


def make_orders(stage: Stage, requests: Sequence[Request], rate_per_s: float) -> list[dict[str, Any]]:
    """Sign a command for each request."""
    people = invite_people(stage.workspace, _USERS)
    channels = open_channels(stage.workspace, _CHANNELS, people)
    orders = []
    for index, request in enumerate(requests):
        payload = make_command(
            user=stage.workspace.state.users[people[index % _USERS]],
            channel=stage.workspace.state.channels[channels[index % _CHANNELS]],
            command="/generate",
            text=request.prompt,
            trigger_id=request.trigger_id,
            response_url="http://127.0.0.1:9/nobody",
        )
        body = urlencode(payload)
        headers = {"Content-Type": "application/x-www-form-urlencoded", **stage.workspace.sign(body.encode())}
        orders.append(
            {
                "method": "POST",
                "url": f"{stage.url}/slack/events",
                "at_s": index / rate_per_s,
                "body": body,
                "headers": headers,
            }
        )
    return orders


def make_probes(stage: Stage, burst: Burst) -> list[dict[str, Any]]:
    """Make as many requests for GET /health."""
    url, rate_per_s = f"{stage.url}/health", burst.rate_per_s
    return [{"method": "GET", "url": url, "at_s": index / rate_per_s} for index in range(burst.jobs)]


async def send_all(orders: list[dict[str, Any]]) -> Sent:
    """Send each when its time has come; ``late_s`` is how much later it left."""
    timeout = aiohttp.ClientTimeout(total=60)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        started = time.perf_counter()
        return list(await asyncio.gather(*(_send(session, order, started) for order in orders)))


async def _send(session: aiohttp.ClientSession, order: dict[str, Any], started: float) -> dict[str, float]:
    await asyncio.sleep(max(0.0, started + order["at_s"] - time.perf_counter()))
    body = BytesIO(order["body"].encode()) if "body" in order else None
    sent = time.perf_counter()
    late_s = sent - started - order["at_s"]
    try:
        async with session.request(order["method"], order["url"], data=body, headers=order.get("headers")) as answer:
            text = await answer.text()
    except (aiohttp.ClientError, TimeoutError):
        return {"status": 0, "took_s": time.perf_counter() - sent, "late_s": late_s}
    # A command that is not taken on is answered with 200 and a text.
    status = answer.status if order["method"] == "GET" or not text else 0
    return {"status": status, "took_s": time.perf_counter() - sent, "late_s": late_s}


async def send_apart(orders: list[dict[str, Any]]) -> Sent:
    """Send from a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        _SENDER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate(json.dumps(orders).encode())
    sent: Sent = json.loads(out)
    return sent


def describe(sent: Sent) -> str:
    """Put milliseconds into words."""
    taken = [item["took_s"] * 1000 for item in sent]
    late = [item["late_s"] * 1000 for item in sent]
    shares = "  ".join(f"p{round(share * 100)} {pick(taken, share):>7.1f}" for share in (0.5, 0.9, 0.99))
    return f"{shares}  max {max(taken):>7.1f}   (sent late by p99 {pick(late, 0.99):.1f})"


async def run(stage: Stage, burst: Burst) -> None:
    """Run one burst and print its figures."""
    assert stage.process is not None
    witness, tally = Witness(stage.workspace), Tally(stage)
    requests = [
        Request(number=index, surface=Surface.COMMAND, channel=f"C{1000 + index % _CHANNELS}")
        for index in range(burst.jobs)
    ]
    unused = measure_usage(stage.process.pid)
    health = await send_apart(make_probes(stage, burst))
    idle = measure_usage(stage.process.pid)
    orders = make_orders(stage, requests, burst.rate_per_s)
    started = time.monotonic()
    sending = asyncio.gather(send_apart(orders))
    peak_mb = await _wait(stage, tally, burst, idle)
    delivered_s = time.monotonic() - started
    (acks,) = await sending
    used = measure_usage(stage.process.pid)

    print(f"{burst.jobs} at {burst.rate_per_s:g} a second, ms")
    print(f"  GET /health  {describe(health)}")
    print(f"  ack          {describe(acks)}")
    _print_ratios(health, acks)
    _print_outcome(witness, requests, sum(item["status"] == 200 for item in acks))
    cpu_s, probe_cpu_s = used.cpu_s - idle.cpu_s, idle.cpu_s - unused.cpu_s
    print(f"  all delivered after {delivered_s:.1f} s, the start of the sender among them")
    print(f"  CPU s a job {cpu_s / burst.jobs:.3f}, a GET {probe_cpu_s / burst.jobs:.4f}")
    print(f"  RSS MB before {idle.rss_mb:.0f}, peak {peak_mb:.0f}, after {used.rss_mb:.0f}")
    print(f"  lines of errors in the log: {len(find_errors(stage))}")


async def _wait(stage: Stage, tally: Tally, burst: Burst, idle: Usage) -> float:
    """Wait until all are delivered, or as long as one would; return the most memory that was seen."""
    assert stage.process is not None
    peak_mb, until = idle.rss_mb, time.monotonic() + burst.patience_s
    while tally.count < burst.jobs and time.monotonic() < until:
        await asyncio.sleep(0.1)
        peak_mb = max(peak_mb, measure_usage(stage.process.pid).rss_mb)
    return peak_mb


def _print_ratios(health: Sent, acks: Sent) -> None:
    ratios = [
        pick([item["took_s"] for item in acks], share) / pick([item["took_s"] for item in health], share)
        for share in (0.5, 0.99)
    ]
    print(f"  ack / health: p50 {ratios[0]:.1f}, p99 {ratios[1]:.1f}")


def _print_outcome(witness: Witness, requests: Sequence[Request], acked: int) -> None:
    found = [witness.find_problems(request) for request in requests]
    doubled = sum(any(" x " in problem for problem in problems) for problems in found)
    whole = sum(not problems for problems in found)
    print(f"  acknowledged {acked}, delivered whole {whole}, doubled {doubled}")


async def main() -> None:
    """Read the command line, open everything and run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=300)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--codemie-delay-s", type=float, default=0.0, help="before the first word of an answer")
    parser.add_argument("--patience-s", type=float, default=300)
    options = parser.parse_args()
    burst = Burst(jobs=options.jobs, rate_per_s=options.rate, patience_s=options.patience_s)
    with tempfile.TemporaryDirectory() as folder:
        async with open_stage(Path(folder), nursery=None, **_ROOMY) as stage:
            stage.codemie.pace.delay_s = options.codemie_delay_s
            await run(stage, burst)


if __name__ == "__main__":
    if sys.argv[1:] == [_SENDER]:
        print(json.dumps(asyncio.run(send_all(json.load(sys.stdin)))))
    else:
        asyncio.run(main())
