"""The calculator of docs/capacity.md says what the document says, and what queueing theory does."""

import random
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from pathlib import Path
from statistics import mean
from typing import Final

import pytest
from benchmarks.capacity import (
    Demand,
    choose_places,
    find_mean_wait,
    find_share_waiting,
    make_plan,
    simulate_waits,
    write_table,
)

_ROOT: Final = Path(__file__).parents[2]
_DEMAND: Final = Demand(workspaces=10, users=60, requests=2, flow_s=20, page_s=60)


def test_the_table_is_what_the_calculator_prints() -> None:
    """The figures of the document are made, not written."""
    assert write_table(seed=1) in (_ROOT / "docs/capacity.md").read_text()


@pytest.mark.parametrize(("load", "places", "share"), [(0.5, 1, 0.5), (1.0, 2, 1 / 3), (8.0, 10, 0.40918)])
def test_the_share_that_waits_is_erlangs(load: float, places: int, share: float) -> None:
    """One place by hand, two by hand, ten from a table of Erlang C."""
    assert find_share_waiting(load, places) == pytest.approx(share, rel=1e-4)


def test_the_simulation_agrees_with_the_formula() -> None:
    """Where jobs are as the formula has them: of exponential length."""

    def draw(dice: random.Random, mean_s: float) -> float:
        return dice.expovariate(1 / mean_s)

    demand = Demand(workspaces=3, users=60, requests=2, flow_s=20, page_s=60)
    waits = [wait for seed in range(40) for wait in simulate_waits(demand, 11, seed=seed, draw=draw)]

    assert mean(waits) == pytest.approx(find_mean_wait(demand.load, 11, demand.job_s), rel=0.05)


def test_no_place_is_one_too_many() -> None:
    """One place less, and the mean wait is too long; too few for the load is a wait without end."""
    places = choose_places(_DEMAND, longest_mean_wait_s=5)
    waits = [find_mean_wait(_DEMAND.load, n, _DEMAND.job_s) for n in (places, places - 1)]

    assert waits[0] <= 5 < waits[1]
    assert find_mean_wait(_DEMAND.load, 27, _DEMAND.job_s) == float("inf")


def test_processes_share_places_and_work() -> None:
    """As many as the places need, or the processor, whichever is more."""
    by_places = make_plan(_DEMAND, places=33, places_each=20)
    by_cpu = make_plan(_DEMAND, places=33, places_each=100, job_cpu_s=4)

    assert (by_places.processes, by_places.places_each, by_places.workers) == (2, 17, 2)
    assert by_cpu.processes == 3


async def test_the_calculator_says_when_it_is_too_much() -> None:
    """One case on the command line, with fewer places than jobs come."""
    script = str(_ROOT / "tests/benchmarks/capacity.py")
    process = await create_subprocess_exec(
        *(sys.executable, script, "--users", "300", "--processes", "1", "--max-concurrent-jobs", "10"), stdout=PIPE
    )
    out, _ = await process.communicate()

    assert process.returncode == 0
    assert b"More is asked than can be served" in out
