"""Prints how the bot does for a long time in bad weather: jobs at a steady rate, some calls of which fail.

Run it with ``uv run python tests/benchmarks/soak.py --minutes 30``. A line a minute, the totals at the end; exit
code 1 if a request was lost or a message doubled. What was judged is forgotten, so that it may run for days.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests, whose stage and kit this uses

from benchmarks.meter import Usage, measure_size_mb, measure_usage
from faults.crowd import (
    SURFACES,
    Place,
    Request,
    get_dm,
    invite_people,
    is_acked,
    list_messages,
    open_channels,
    send,
)
from faults.verdict import Witness, find_doubles, find_errors, is_done, is_told
from faults.weather import Climate, Weather
from stage import Stage, open_stage

from bot.core.models import Surface

_USERS: Final = 40
_CHANNELS: Final = 8
_PATIENCE_S: Final = 180.0
# What comes too much may come a moment after the result.
_SETTLE_S: Final = 5.0
_EARLY_MINUTE: Final = 5
_MOST_SHOWN: Final = 20
_ROOMY: Final = {
    "CODEMIE_READ_TIMEOUT_S": "30",
    "CODEMIE_ANSWER_TIMEOUT_S": "60",
    "CODEMIE_RETRY_INITIAL_DELAY_S": "1",
    "CODEMIE_RETRY_MAX_DELAY_S": "10",
    "LOG_LEVEL": "INFO",
    "RATE_LIMIT": "1000/minute",
}


@dataclass(slots=True, kw_only=True)
class Pending:
    """A request that is not judged yet, and since when its result has been there; seconds on the monotonic clock."""

    request: Request
    asked_at_s: float
    ended_at_s: float | None = None


@dataclass(slots=True, kw_only=True)
class Soak:
    """One long run: ``counts`` are its totals, ``odd`` what came out in no way that is foreseen."""

    stage: Stage
    witness: Witness
    dice: random.Random
    people: Sequence[str]
    channels: Sequence[str]
    counts: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)
    memory_mb: dict[int, float] = field(default_factory=dict)
    start_cpu_s: float = 0.0

    async def run(self, *, minutes: float, jobs_per_s: float) -> None:
        """Send at a steady rate, and print a line a minute."""
        started, sent, self.start_cpu_s = time.monotonic(), 0, self.measure().cpu_s
        print("  min   sent  whole  told  open  RSS MB  files  database MB  WAL MB   CPU s  script MB")
        async with asyncio.TaskGroup() as group:
            while (now := time.monotonic() - started) < minutes * 60:
                while sent < now * jobs_per_s:
                    sent += 1
                    group.create_task(self._ask())
                self._judge_all()
                if now >= 60 * (len(self.memory_mb) + 1):
                    self._print_minute()
                await asyncio.sleep(0.2)

    async def finish(self) -> None:
        """Wait for what is under way."""
        until = time.monotonic() + _PATIENCE_S + _SETTLE_S
        while self.pending and time.monotonic() < until:
            await asyncio.sleep(0.5)
            self._judge_all()
        self._print_line("end")

    def measure(self) -> Usage:
        """Measure the bot."""
        assert self.stage.process is not None
        return measure_usage(self.stage.process.pid)

    async def _ask(self) -> None:
        surface = self.dice.choice(SURFACES)
        user, channel = self.dice.choice(self.people), self.dice.choice(self.channels)
        asked_at_s = time.monotonic()
        request = await send(
            self.stage, surface, Place(user=user, channel=get_dm(user) if surface is Surface.DIRECT else channel)
        )
        self.counts["sent"] += 1
        self.pending.append(Pending(request=request, asked_at_s=asked_at_s))

    def _judge_all(self) -> None:
        now = time.monotonic()
        left = []
        for item in self.pending:
            messages = list_messages(self.stage.workspace, item.request)
            if item.ended_at_s is None and (is_done(messages) or is_told(messages)):
                item.ended_at_s = now
            is_over = now - (item.ended_at_s or now) > _SETTLE_S or now - item.asked_at_s > _PATIENCE_S
            if is_over:
                self._judge(item)
            else:
                left.append(item)
        self.pending = left
        self._forget_calls()

    def _judge(self, item: Pending) -> None:
        """Count what came of a request, and forget it."""
        workspace, request = self.stage.workspace, item.request
        messages = list_messages(workspace, request)
        doubles = find_doubles(workspace, messages)
        problems = self.witness.find_problems(request)
        match problems:
            case []:
                outcome = "whole"
            case _ if doubles:
                outcome = "doubled"
            case _ if is_told(messages):
                outcome = "told"
            case _ if not messages and not is_acked(self.stage, request):
                outcome = "refused"
            case _ if item.ended_at_s is None:
                outcome = "lost"
            case _:
                outcome = "odd"
        self.counts[outcome] += 1
        if outcome in {"doubled", "lost", "odd"}:
            self.odd.append(f"{outcome}: {request.job_id}: {', '.join(problems)}")
        self._forget(request, {message.root_ts for message in messages} | {request.ts or ""})

    def _forget(self, request: Request, roots: set[str]) -> None:
        self.witness.forget(request.channel, roots)
        for root in roots:
            self.stage.workspace.state.forget(request.channel, root)

    def _forget_calls(self) -> None:
        workspace, codemie = self.stage.workspace, self.stage.codemie
        workspace.calls.clear()
        workspace.ephemerals.clear()
        workspace.response_url_posts.clear()
        del workspace.deliveries[:-2000]
        del codemie.calls[:-200]
        while len(codemie.conversations) > 200:
            codemie.conversations.pop(next(iter(codemie.conversations)))

    def _print_minute(self) -> None:
        minute = len(self.memory_mb) + 1
        self.memory_mb[minute] = self.measure().rss_mb
        self._print_line(str(minute))

    def _print_line(self, name: str) -> None:
        usage, (database_mb, wal_mb) = self.measure(), self._measure_store()
        print(
            f"{name:>5}{self.counts['sent']:>7}{self.counts['whole']:>7}{self.counts['told']:>6}"
            f"{len(self.pending):>6}{usage.rss_mb:>8.0f}{usage.files:>7}"
            f"{database_mb:>13.1f}{wal_mb:>8.1f}{usage.cpu_s:>8.1f}{measure_own_mb():>11.0f}",
            flush=True,
        )

    def _measure_store(self) -> tuple[float, float]:
        """Measure the database and its write-ahead log."""
        path = Path(self.stage.env["DATA_DIR"]) / "bot.sqlite"
        return measure_size_mb(path), measure_size_mb(path.with_name(f"{path.name}-wal"))

    def print_totals(self, weather: Weather) -> None:
        """Print what came of it all."""
        lost = self.counts["lost"] + len(self.pending)
        end, (database_mb, wal_mb) = self.measure(), self._measure_store()
        print(
            f"jobs: sent {self.counts['sent']}, whole {self.counts['whole']}, told as failed {self.counts['told']},"
            f" lost {lost}, doubled {self.counts['doubled']},"
            f" refused {self.counts['refused']}, odd {self.counts['odd']}"
        )
        print(f"RSS: {self._describe_early()}{end.rss_mb:.0f} MB at the end")
        print(f"database: {database_mb:.1f} MB, WAL {wal_mb:.1f} MB")
        print(f"CPU s a job: {(end.cpu_s - self.start_cpu_s) / max(1, self.counts['sent']):.3f}")
        print("faults:", ", ".join(f"{name} {count}" for name, count in sorted(weather.counts.items())))
        print("told as:", ", ".join(f"{code} {count}" for code, count in sorted(self._count_failures().items())) or "-")
        print("lines of errors in the log:", len(find_errors(self.stage)))
        for line in self.odd[:_MOST_SHOWN]:
            print(line)

    def _describe_early(self) -> str:
        """Put the memory after some minutes into words, when all is warm; a short run has no such minutes."""
        minute = min(_EARLY_MINUTE, len(self.memory_mb))
        return f"{self.memory_mb[minute]:.0f} MB at {minute} min, " if minute else ""

    def _count_failures(self) -> Counter[str]:
        """Count the failures of jobs by their codes, which the log has."""
        lines = (json.loads(line) for line in self.stage.read_log().splitlines() if '"job_failed"' in line)
        return Counter(str(line.get("code")) for line in lines)


def measure_own_mb() -> float:
    """Measure this script's memory."""
    return measure_usage("self").rss_mb


async def main() -> int:
    """Read the command line, open everything and run; 1 if something was lost or doubled."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--jobs-per-s", type=float, default=2)
    parser.add_argument("--fault-share", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice = random.Random(options.seed)  # noqa: S311 - a schedule, no secret
    with tempfile.TemporaryDirectory() as folder:
        async with open_stage(Path(folder), nursery=None, **_ROOMY) as stage:
            people = invite_people(stage.workspace, _USERS)
            soak = Soak(
                stage=stage,
                witness=Witness(stage.workspace),
                dice=dice,
                people=people,
                channels=open_channels(stage.workspace, _CHANNELS, people),
            )
            climate = Climate(failing_share=options.fault_share * 0.8, limited_share=options.fault_share * 0.2)
            weather = Weather(stage, dice, climate)
            await soak.run(minutes=options.minutes, jobs_per_s=options.jobs_per_s)
            await soak.finish()
            soak.print_totals(weather)
            return int(bool(soak.counts["lost"] + soak.counts["doubled"] + len(soak.pending)))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
