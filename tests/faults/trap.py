"""The test's side of the victim: where its jobs are to be held or killed, and where they were."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

VICTIM: Final = Path(__file__).with_name("victim.py")


class Phase(StrEnum):
    """How far a step is: about to begin; its work done and its result not kept; its result kept."""

    BEGIN = "begin"
    DONE = "done"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Point:
    """One phase of one step."""

    step: str
    phase: Phase

    def __str__(self) -> str:
        return f"{self.step}.{self.phase}"


def read_point(text: str) -> Point:
    """Read a point as the victim writes it."""
    step, _, phase = text.rpartition(".")
    return Point(step, Phase(phase))


@dataclass(frozen=True, slots=True)
class Trap:
    """The folder that is shared with the victim."""

    folder: Path

    def set_holds(self, points: Iterable[Point]) -> None:
        """Have one job held at each of these points."""
        self._set("hold", points)

    def set_kill(self, point: Point) -> None:
        """Have the process killed by the first job that comes to this point."""
        self._set("kill", [point])

    def clear(self) -> None:
        """Hold and kill nothing more."""
        for path in [*self.folder.glob("hold/*"), *self.folder.glob("kill/*")]:
            path.unlink()

    def list_points(self, job_id: str) -> list[Point]:
        """List where a job has been, in order."""
        return [point for point, job in self._read("trace") if job == job_id]

    def find_held(self) -> dict[str, Point]:
        """Find which job is held where."""
        return {job: point for point, job in self._read("held")}

    async def wait_for_held(self, n: int, timeout_s: float = 60) -> dict[str, Point]:
        """Wait until so many jobs are held."""
        async with asyncio.timeout(timeout_s):
            while len(held := self.find_held()) < n:  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.05)
        return held

    def _set(self, kind: str, points: Iterable[Point]) -> None:
        folder = self.folder / kind
        folder.mkdir(parents=True, exist_ok=True)
        for point in points:
            (folder / str(point)).touch()

    def _read(self, name: str) -> list[tuple[Point, str]]:
        path = self.folder / name
        lines = path.read_text().splitlines() if path.exists() else []
        return [(read_point(point), job) for point, _, job in (line.partition(" ") for line in lines)]
