"""When something began, on the workspace's clock, and how long it takes, whatever that clock does."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopwatch:
    """One measurement; it began ``at``, a time of the clock it was started with."""

    at: float
    _started_s: float

    @classmethod
    def start(cls, clock: Callable[[], float]) -> Self:
        """Begin to measure."""
        return cls(at=clock(), _started_s=time.perf_counter())

    def read(self) -> float:
        """Return the seconds since it began."""
        return time.perf_counter() - self._started_s
