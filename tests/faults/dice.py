"""Seeds: some that are always played, a fresh one in the full run, or those that ``FAULT_SEEDS=7,8,9`` names."""

import os
import random
import time
from collections.abc import Iterable

import pytest


def choose_seeds(fixed: Iterable[int]) -> list[object]:
    """Choose the seeds of a test; ``None`` stands for a fresh one."""
    named = os.environ.get("FAULT_SEEDS", "")  # noqa: TID251 - the test's own
    if named:
        return [int(seed) for seed in named.split(",")]
    return [*fixed, pytest.param(None, marks=pytest.mark.faults_full, id="seed-fresh")]


def name_seed(seed: object) -> str:
    """Name a seed in a test's id."""
    return f"seed-{seed}"


def take_dice(seed: int | None) -> random.Random:
    """Take the dice of a seed, or of a fresh one; which it was is shown where the test fails."""
    seed = time.time_ns() % 1_000_000 if seed is None else seed
    print(f"FAULT_SEEDS={seed}")  # noqa: T201 - see above
    return random.Random(seed)  # noqa: S311 - a schedule, no secret
