"""Measures the bot beside the floor and the usual way, and prints what each costs: ``python -m tests.benchmarks``.

The bot, the built-in workspace, the built-in CodeMie and what sends are processes of their own. Contenders take turns,
round after round, and the medians are printed: compare the columns of one run, since machines differ.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests, whose kit this uses

from benchmarks.chart import Panel, draw_chart
from benchmarks.contenders import FLOOR, PICTURELESS, POSTGRES, SQLITE, USUAL, Answers, Contender
from benchmarks.fill import fill_database
from benchmarks.rounds import Burst, Figures, run_burst, take_medians
from postgres import open_postgres

_CONTENDERS: Final = {contender.name: contender for contender in (SQLITE, PICTURELESS, POSTGRES, FLOOR, USUAL)}
_PARTS: Final = ("contenders", "rates", "memory", "kept", "pictures")
_RATES: Final = (1.0, 10.0, 50.0, 100.0)
_IN_FLIGHT: Final = (100, 1_000)
_KEPT: Final = (0, 1_000, 10_000, 100_000)
_ROWS: Final = {
    "ack_p50_ms": "ack p50, ms",
    "ack_p99_ms": "ack p99, ms",
    "ack_max_ms": "ack max, ms",
    "anchor_ms": "anchor p50, ms",
    "anchor_p99_ms": "anchor p99, ms",
    "flow": "flow p50 / its stage",
    "page": "page p50 / both stages",
    "page_p99": "page p99 / both stages",
    "cpu_ms": "CPU a job, ms",
    "children_ms": "painter and Tailwind, ms",
    "database_ms": "PostgreSQL, ms",
    "idle_mb": "resident idle, MB",
    "peak_mb": "resident at most, MB",
    "children_mb": "children at most, MB",
    "ready_s": "start to ready, s",
    "connections": "connections to CodeMie",
    "lost": "lost",
}
_CHARTED: Final = ("ack_p99_ms", "page", "cpu_ms", "idle_mb")

Medians = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured how often; ``kept`` are numbers of finished jobs, ``in_flight`` of jobs that run."""

    rounds: int
    burst: Burst
    contenders: Sequence[Contender]
    rates: Sequence[float]
    in_flight: Sequence[int]
    kept: Sequence[int]


async def measure(
    contender: Contender, burst: Burst, *, folder: Path | None = None, settings: Mapping[str, str] | None = None
) -> Figures:
    """Run one burst in a folder, or in a new one, with a new database."""
    if folder is not None:
        return await run_burst(contender, folder, burst, settings or {})
    with tempfile.TemporaryDirectory() as new:
        if contender is not POSTGRES:
            return await run_burst(contender, Path(new), burst, settings or {})
        async with open_postgres() as server:
            pid = int((server.folder / "server" / "postmaster.pid").read_text().splitlines()[0])
            return await run_burst(contender, Path(new), burst, {"DATABASE_URL": server.url}, database_pid=pid)


async def compare(cases: Mapping[str, tuple[Contender, Burst]], rounds: int) -> Medians:
    """Run all cases in turn, so many times; return the medians of each."""
    found: dict[str, list[Figures]] = {name: [] for name in cases}
    for number in range(rounds):
        for name, (contender, burst) in cases.items():
            print(f"  round {number + 1}: {name}", file=sys.stderr, flush=True)
            found[name].append(await measure(contender, burst))
    return {name: take_medians(figures) for name, figures in found.items()}


async def compare_contenders(plan: Plan) -> Medians:
    """Compare all of them under the same burst."""
    return await compare({contender.name: (contender, plan.burst) for contender in plan.contenders}, plan.rounds)


async def compare_rates(plan: Plan) -> Medians:
    """See how each grows with the rate; a burst takes as long at each, and has ten commands at least."""
    seconds = plan.burst.jobs / plan.burst.rate_per_s
    cases = {
        f"{contender.name} at {rate:g}": (
            contender,
            replace(plan.burst, rate_per_s=rate, jobs=max(10, round(rate * seconds))),
        )
        for rate in plan.rates
        for contender in plan.contenders
        if contender not in (PICTURELESS, POSTGRES)
    }
    return await compare(cases, plan.rounds)


async def compare_memory(plan: Plan) -> Medians:
    """See what jobs in flight take; a stage is long enough for all to be in it."""
    answers = {jobs: replace(plan.burst.answers, stage_s=jobs / 50) for jobs in plan.in_flight}
    cases = {
        f"{contender.name}, {jobs} in flight": (
            contender,
            replace(plan.burst, jobs=jobs, rate_per_s=100.0, answers=answers[jobs], patience_s=300.0),
        )
        for jobs in plan.in_flight
        for contender in (SQLITE, FLOOR)
    }
    return await compare(cases, 1)


async def compare_kept(plan: Plan) -> Medians:
    """See what finished jobs in the database do to a new one."""
    burst = replace(plan.burst, rate_per_s=20.0, jobs=60, answers=replace(plan.burst.answers, stage_s=1.0))
    found: dict[str, list[Figures]] = {f"{SQLITE.name}, {jobs} kept": [] for jobs in plan.kept}
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template"
        template.mkdir()
        await measure(SQLITE, replace(burst, jobs=1, warm_up=0), folder=template)
        for jobs in plan.kept:
            shutil.copytree(template, Path(folder) / str(jobs))
            await asyncio.to_thread(fill_database, Path(folder) / str(jobs) / "data" / "bot.sqlite", jobs)
        for number in range(plan.rounds):
            for jobs in plan.kept:
                print(f"  round {number + 1}: {jobs} kept", file=sys.stderr, flush=True)
                later = replace(burst, first=1 + number * 1_000)
                found[f"{SQLITE.name}, {jobs} kept"].append(
                    await measure(SQLITE, later, folder=Path(folder) / str(jobs))
                )
    return {name: take_medians(figures) for name, figures in found.items()}


async def compare_pictures(plan: Plan) -> Medians:
    """See what a picture costs, and one of a page with classes that no page had before."""
    slow = replace(plan.burst, rate_per_s=3.0, jobs=30, answers=replace(plan.burst.answers, stage_s=1.0))
    fresh = replace(slow, answers=replace(slow.answers, is_fresh=True))
    cases = {"no picture": (PICTURELESS, slow), "known classes": (SQLITE, slow), "new classes": (SQLITE, fresh)}
    return await compare(cases, plan.rounds)


_MEASURES: Final = {
    "contenders": compare_contenders,
    "rates": compare_rates,
    "memory": compare_memory,
    "kept": compare_kept,
    "pictures": compare_pictures,
}


def write_table(medians: Medians) -> str:
    """Write a table in Markdown, a column a case."""
    lines = ["| | " + " | ".join(medians) + " |", "|---|" + "---:|" * len(medians)]
    for figure, words in _ROWS.items():
        values = [figures[figure] for figures in medians.values()]
        lines.append(f"| {words} | " + " | ".join(f"{value:.3g}" for value in values) + " |")
    return "\n".join(lines)


def write_chart(medians: Medians) -> str:
    """Draw the figures that are compared first."""
    return draw_chart(
        [
            Panel(title=_ROWS[figure], values={name: figures[figure] for name, figures in medians.items()})
            for figure in _CHARTED
        ]
    )


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a single short round of the contenders")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=50.0, help="commands a second")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--stage-s", type=float, default=2.0, help="how long CodeMie takes for an answer")
    parser.add_argument("--chars-per-s", type=float, help="how fast it tells it, after that; at once without")
    parser.add_argument("--contenders", default=",".join(_CONTENDERS), help="names, with commas")
    parser.add_argument("--parts", default=",".join(_PARTS), help="parts, with commas")
    parser.add_argument("--kept", type=int, nargs="+", default=_KEPT, help="finished jobs in the database")
    parser.add_argument("--in-flight", type=int, nargs="+", default=_IN_FLIGHT)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--chart", type=Path, help="where to draw the contenders")
    return parser.parse_args()


def make_plan(options: argparse.Namespace) -> Plan:
    """Make a plan of what was asked for."""
    seconds = 1.0 if options.quick else options.seconds
    answers = Answers(stage_s=options.stage_s, chars_per_s=options.chars_per_s)
    return Plan(
        rounds=1 if options.quick else options.rounds,
        burst=Burst(jobs=max(1, round(options.rate * seconds)), rate_per_s=options.rate, answers=answers),
        contenders=[_CONTENDERS[name.strip()] for name in options.contenders.split(",")],
        rates=_RATES,
        in_flight=options.in_flight,
        kept=options.kept,
    )


async def main() -> None:
    """Measure part by part, and print each when it is there."""
    options = read_options()
    plan, found = make_plan(options), {}
    for part in ["contenders"] if options.quick else options.parts.split(","):
        found[part] = await _MEASURES[part](plan)
        print(f"\n### {part}\n\n{write_table(found[part])}", flush=True)
        if options.json is not None:
            options.json.write_text(json.dumps(found, indent=1) + "\n")
    if options.chart is not None and "contenders" in found:
        options.chart.write_text(write_chart(found["contenders"]))


if __name__ == "__main__":
    asyncio.run(main())
