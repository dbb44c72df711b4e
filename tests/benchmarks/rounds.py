"""One burst of commands against one contender, and what it came to."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.contenders import Answers, Contender, Running, open_contender
from benchmarks.crowd import Sent, make_orders, send_apart
from benchmarks.meter import Usage, measure_tree, pick

_LOOK_S: Final = 0.1
_QUIET_S: Final = 1.0
# Less CPU than this in a second is what an idle process takes.
_QUIET_CPU_S: Final = 0.03
_MILLI: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """How many commands, how fast, how CodeMie answers them, and how many come before, unmeasured.

    ``first`` is the number of the first, where a database has had others.
    """

    jobs: int
    rate_per_s: float
    answers: Answers
    warm_up: int = 5
    first: int = 0
    patience_s: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one burst came to: milliseconds from a command to each, seconds of a start, megabytes.

    ``flow`` and ``page`` are multiples of the stages' own time. CPU is in milliseconds a job: ``cpu_ms`` of the process
    itself, ``children_ms`` of its painter and Tailwind, ``database_ms`` of PostgreSQL.
    """

    ack_p50_ms: float
    ack_p99_ms: float
    ack_max_ms: float
    anchor_ms: float
    anchor_p99_ms: float
    flow: float
    page: float
    page_p99: float
    cpu_ms: float
    children_ms: float
    database_ms: float
    idle_mb: float
    peak_mb: float
    children_mb: float
    ready_s: float
    connections: float
    lost: float

    def as_dict(self) -> dict[str, float]:
        """Write the figures by their names."""
        return {name: float(value) for name, value in asdict(self).items()}


async def run_burst(
    contender: Contender, folder: Path, burst: Burst, settings: Mapping[str, str], *, database_pid: int | None = None
) -> Figures:
    """Start a contender, warm it up, send, and wait until all is delivered and it is quiet again."""
    async with open_contender(contender, folder, burst.answers, settings) as running:
        await _wait_for_quiet(running.pid)
        idle = measure_tree(running.pid)
        if burst.warm_up:
            await send_apart(make_orders(running.url, jobs=burst.warm_up, rate_per_s=20, first=burst.first))
            await _wait_for_pages(running, burst.warm_up, burst)
            await _wait_for_quiet(running.pid)
        before, database = measure_tree(running.pid), _measure_database(database_pid)
        orders = make_orders(
            running.url, jobs=burst.jobs, rate_per_s=burst.rate_per_s, first=burst.first + burst.warm_up
        )
        sending = asyncio.gather(send_apart(orders))
        peaks = await _wait_for_pages(running, burst.jobs + burst.warm_up, burst)
        (sent,) = await sending
        await _wait_for_quiet(running.pid)
        after = measure_tree(running.pid)
        return _reckon(
            burst,
            sent,
            seen={int(number): times for number, times in (await running.slack.report())["seen"].items()},
            used=_spend(before, after, burst.jobs),
            database_ms=(_measure_database(database_pid) - database) * _MILLI / burst.jobs,
            idle_mb=idle["self"].rss_mb,
            peaks=peaks,
            ready_s=running.ready_s,
            connections=(await running.codemie.report())["connections"],
        )


def _reckon(
    burst: Burst,
    sent: Sent,
    *,
    seen: Mapping[int, Mapping[str, float]],
    used: tuple[float, float],
    database_ms: float,
    idle_mb: float,
    peaks: tuple[float, float],
    ready_s: float,
    connections: float,
) -> Figures:
    acks = [item["took_s"] * _MILLI for item in sent]
    taken = {what: _list_times(sent, seen, what) for what in ("anchor", "flow", "page")}
    stage_s = burst.answers.stage_s
    lost = sum(item["status"] != 200 for item in sent) + len(sent) - len(taken["page"])
    return Figures(
        ack_p50_ms=pick(acks, 0.5),
        ack_p99_ms=pick(acks, 0.99),
        ack_max_ms=max(acks),
        anchor_ms=pick(taken["anchor"], 0.5) * _MILLI,
        anchor_p99_ms=pick(taken["anchor"], 0.99) * _MILLI,
        flow=pick(taken["flow"], 0.5) / stage_s,
        page=pick(taken["page"], 0.5) / (2 * stage_s),
        page_p99=pick(taken["page"], 0.99) / (2 * stage_s),
        cpu_ms=used[0],
        children_ms=used[1],
        database_ms=database_ms,
        idle_mb=idle_mb,
        peak_mb=peaks[0],
        children_mb=peaks[1],
        ready_s=ready_s,
        connections=connections,
        lost=lost,
    )


def _list_times(sent: Sent, seen: Mapping[int, Mapping[str, float]], what: str) -> list[float]:
    found = [
        seen[int(item["number"])][what] - item["sent_at_s"]
        for item in sent
        if what in seen.get(int(item["number"]), {})
    ]
    return found or [float("nan")]


def _spend(before: Mapping[str, Usage], after: Mapping[str, Usage], jobs: int) -> tuple[float, float]:
    """Return the milliseconds a job of the process itself, and of its children."""
    own_s = after["self"].cpu_s - before["self"].cpu_s
    all_s = sum(usage.cpu_s for usage in after.values()) - sum(usage.cpu_s for usage in before.values())
    return own_s * _MILLI / jobs, (all_s - own_s) * _MILLI / jobs


def _measure_database(pid: int | None) -> float:
    return sum(usage.cpu_s for usage in measure_tree(pid).values()) if pid else 0.0


async def _wait_for_pages(running: Running, jobs: int, burst: Burst) -> tuple[float, float]:
    """Wait until so many pages are there; return the most memory of the process, and of its children."""
    until, own_mb, children_mb, looked_at_s = time.monotonic() + burst.patience_s, 0.0, 0.0, 0.0
    while time.monotonic() < until:
        tree = measure_tree(running.pid)
        own_mb = max(own_mb, tree["self"].rss_mb)
        children_mb = max(children_mb, sum(usage.rss_mb for name, usage in tree.items() if name != "self"))
        if time.monotonic() - looked_at_s > 1:
            looked_at_s = time.monotonic()
            if _count(await running.slack.report()) >= jobs:
                break
        await asyncio.sleep(_LOOK_S)
    return own_mb, children_mb


def _count(report: Mapping[str, Any]) -> int:
    return sum("page" in times for times in report["seen"].values())


async def _wait_for_quiet(pid: int) -> None:
    """Wait until a process takes next to no CPU any more."""
    for _ in range(60):
        before = _sum_cpu(pid)
        await asyncio.sleep(_QUIET_S)
        if _sum_cpu(pid) - before <= _QUIET_CPU_S:
            return


def _sum_cpu(pid: int) -> float:
    return sum(usage.cpu_s for usage in measure_tree(pid).values())


def take_medians(rounds: Sequence[Figures]) -> dict[str, float]:
    """Return the median of each figure over rounds."""
    names = rounds[0].as_dict()
    return {name: pick([figures.as_dict()[name] for figures in rounds], 0.5) for name in names}
