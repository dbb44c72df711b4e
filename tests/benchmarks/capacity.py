"""Prints what it takes to serve so many people: processes, CodeMie's workers, connections, room, and the wait in line.

``uv run python tests/benchmarks/capacity.py --workspaces 10 --users 60 --requests 2`` answers for one case, ``--table``
prints that of docs/capacity.md. Waits are simulated: people ask at random (Poisson), first come is first served, and
each job holds its place while CodeMie writes. How the places for a wait are found: Erlang's formula C.
"""

import argparse
import heapq
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

# Measured, on two cores: docs/capacity.md says how.
JOB_CPU_S: Final = 0.2
JOB_KB: Final = 71
PLACES_A_PROCESS: Final = 60
PROCESS_MB: Final = 174
PAINTER_MB: Final = 119
COMPILERS_MB: Final = 2 * 90
DATABASE_CONNECTIONS: Final = 28
STREAMS_A_WORKER: Final = 20
# More than this of a core, and acknowledgements wait for jobs.
_BUSIEST: Final = 0.5
# What a job takes beside CodeMie: posts, picture, files.
_REST_S: Final = 2.0
# How much answers differ in length: the standard deviation is this share of the mean.
_SPREAD: Final = 0.5
_HOUR_S: Final = 3_600
_SIMULATED_JOBS: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Who asks for how much, and how long CodeMie takes.

    ``requests`` is one user's in the peak hour; ``peak_hours`` is how many such hours a day is worth.
    """

    workspaces: int
    users: int
    requests: float
    flow_s: float
    page_s: float
    peak_hours: float = 4
    retention_days: float = 30

    @property
    def jobs_an_hour(self) -> float:
        """Jobs in the peak hour."""
        return self.workspaces * self.users * self.requests

    @property
    def arrivals_per_s(self) -> float:
        """Jobs a second, in the peak hour."""
        return self.jobs_an_hour / _HOUR_S

    @property
    def job_s(self) -> float:
        """How long a job holds its place."""
        return self.flow_s + self.page_s + _REST_S

    @property
    def load(self) -> float:
        """How many places are taken on average."""
        return self.arrivals_per_s * self.job_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What serves a demand; ``places`` is the sum of MAX_CONCURRENT_JOBS over the processes."""

    demand: Demand
    places: int
    processes: int
    job_cpu_s: float = JOB_CPU_S

    @property
    def places_each(self) -> int:
        """MAX_CONCURRENT_JOBS, which CODEMIE_MAX_CONNECTIONS must not be less than."""
        return math.ceil(self.places / self.processes)

    @property
    def workers(self) -> int:
        """CodeMie's workers, if all places are taken: a job asks one question at a time."""
        return math.ceil(self.places / STREAMS_A_WORKER)

    @property
    def cores(self) -> float:
        """Busy cores in the peak hour."""
        return self.demand.arrivals_per_s * self.job_cpu_s

    @property
    def database_connections(self) -> int:
        """Those to PostgreSQL."""
        return self.processes * DATABASE_CONNECTIONS

    @property
    def growth_mb_a_day(self) -> float:
        """How much the database grows until retention begins to take as much away."""
        return self.demand.jobs_an_hour * self.demand.peak_hours * JOB_KB / 1024

    @property
    def database_gb(self) -> float:
        """How far it grows."""
        return self.growth_mb_a_day * self.demand.retention_days / 1024


def find_share_waiting(load: float, places: int) -> float:
    """Tell which share of jobs has to wait, by Erlang's formula C; all of them where the places do not suffice."""
    if load >= places:
        return 1.0
    blocked = 1.0  # Erlang's formula B, one place after the other
    for n in range(1, places + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / places * (1 - blocked))


def find_mean_wait(load: float, places: int, job_s: float) -> float:
    """Tell the mean wait in seconds, by the same formula."""
    return find_share_waiting(load, places) * job_s / (places - load) if load < places else math.inf


def choose_places(demand: Demand, *, longest_mean_wait_s: float) -> int:
    """Find the fewest places with which the mean wait is no longer."""
    places = max(1, math.ceil(demand.load))
    while find_mean_wait(demand.load, places, demand.job_s) > longest_mean_wait_s:
        places += 1
    return places


def make_plan(demand: Demand, *, places: int, places_each: int, job_cpu_s: float = JOB_CPU_S) -> Plan:
    """Share the places among processes, of which none has more than it can bear."""
    busy = demand.arrivals_per_s * job_cpu_s / _BUSIEST
    processes = max(1, math.ceil(places / places_each), math.ceil(busy))
    return Plan(demand=demand, places=places, processes=processes, job_cpu_s=job_cpu_s)


def simulate_waits(
    demand: Demand, places: int, *, seed: int, draw: Callable[[random.Random, float], float] | None = None
) -> list[float]:
    """Play jobs in line for so many places; return how long each has waited, in seconds.

    ``draw`` chooses how long a job takes, from its mean.
    """
    dice = random.Random(seed)  # noqa: S311 - a simulation
    choose = draw or draw_duration
    free_at = [0.0] * places
    now, waits = 0.0, []
    for _ in range(_SIMULATED_JOBS):
        now += dice.expovariate(demand.arrivals_per_s)
        start = max(now, heapq.heappop(free_at))
        heapq.heappush(free_at, start + choose(dice, demand.job_s))
        waits.append(start - now)
    return waits


def draw_duration(dice: random.Random, mean_s: float) -> float:
    """Draw how long a job takes."""
    shape = 1 / _SPREAD**2
    return dice.gammavariate(shape, mean_s / shape)


def pick(values: Sequence[float], share: float) -> float:
    """Return the value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def describe(plan: Plan, *, seed: int) -> Iterator[tuple[str, str]]:
    """Name what a plan takes, and what people notice of it."""
    demand, waits = plan.demand, simulate_waits(plan.demand, plan.places, seed=seed)
    yield "requests in the peak hour", f"{demand.jobs_an_hour:,.0f}"
    yield "jobs at CodeMie, on average", f"{demand.load:.1f}"
    yield "places", f"{plan.places}"
    yield "processes x MAX_CONCURRENT_JOBS", f"{plan.processes} x {plan.places_each}"
    yield "busy cores", f"{plan.cores:.2f}"
    yield "memory, MB", f"{plan.processes * (PROCESS_MB + PAINTER_MB + COMPILERS_MB):,}"
    yield "CodeMie workers", f"{plan.workers}"
    yield "connections to CodeMie", f"{plan.processes * plan.places_each}"
    yield "connections to PostgreSQL", f"{plan.database_connections}"
    yield "database, MB a day", f"{plan.growth_mb_a_day:,.0f}"
    yield f"database after {demand.retention_days:g} days, GB", f"{plan.database_gb:.1f}"
    yield "who has to wait", f"{sum(wait > 0 for wait in waits) / len(waits):.0%}"
    yield "wait p50 / p95 / p99, s", " / ".join(f"{pick(waits, share):.0f}" for share in (0.5, 0.95, 0.99))


# One team; a company; a group of companies.
_CASES: Final = (
    Demand(workspaces=1, users=40, requests=2, flow_s=20, page_s=60),
    Demand(workspaces=10, users=60, requests=2, flow_s=20, page_s=60),
    Demand(workspaces=100, users=60, requests=2, flow_s=20, page_s=60),
)


def write_table(*, seed: int) -> str:
    """Write the table of docs/capacity.md."""
    plans = [
        make_plan(case, places=choose_places(case, longest_mean_wait_s=5), places_each=PLACES_A_PROCESS)
        for case in _CASES
    ]
    columns = [dict(describe(plan, seed=seed)) for plan in plans]
    heads = [f"{case.workspaces} x {case.users} users" for case in _CASES]
    lines = [["", *heads], ["---"] * (len(heads) + 1)]
    lines += [[name, *(column[name] for column in columns)] for name in columns[0]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="What it takes to serve so many people.")
    parser.add_argument("--workspaces", type=int, default=1)
    parser.add_argument("--users", type=int, default=40, help="of a workspace, who ask in the peak hour")
    parser.add_argument("--requests", type=float, default=2, help="of a user in the peak hour")
    parser.add_argument("--flow-s", type=float, default=20, help="how long CodeMie writes a flow")
    parser.add_argument("--page-s", type=float, default=60, help="how long it writes a page")
    parser.add_argument("--peak-hours", type=float, default=4, help="how many peak hours a day is worth")
    parser.add_argument("--retention-days", type=float, default=30)
    parser.add_argument("--max-concurrent-jobs", type=int, default=PLACES_A_PROCESS, help="of one process")
    parser.add_argument("--processes", type=int, help="with so many; otherwise as many as --wait-s needs")
    parser.add_argument("--wait-s", type=float, default=5, help="the mean wait in line that is put up with")
    parser.add_argument("--job-cpu-s", type=float, default=JOB_CPU_S)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--table", action="store_true", help="print the table of docs/capacity.md")
    return parser.parse_args()


def main() -> None:
    """Print the table, or the answer for one case."""
    options = parse()
    if options.table:
        print(write_table(seed=options.seed))
        return
    names = ("workspaces", "users", "requests", "flow_s", "page_s", "peak_hours", "retention_days")
    demand = Demand(**{name: getattr(options, name) for name in names})
    each = options.max_concurrent_jobs
    if options.processes:
        plan = Plan(demand=demand, places=options.processes * each, processes=options.processes)
    else:
        places = choose_places(demand, longest_mean_wait_s=options.wait_s)
        plan = make_plan(demand, places=places, places_each=each, job_cpu_s=options.job_cpu_s)
    for name, value in describe(plan, seed=options.seed):
        print(f"{name:<34} {value}")
    if demand.load >= plan.places:
        print("More is asked than can be served: the line grows for as long as the peak lasts.")


if __name__ == "__main__":
    main()
