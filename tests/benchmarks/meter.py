"""What a process has used, read from ``/proc``: Linux only."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_MEGABYTE: Final = 1024 * 1024
# Of the fields after the name: utime, stime, and both of the children that have ended.
_TIMES: Final = slice(11, 15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """CPU seconds since the start, those of ended children among them; memory; open file descriptors."""

    cpu_s: float
    rss_mb: float
    files: int


def measure_usage(pid: int | str) -> Usage:
    """Measure one process, by its id or as ``self``."""
    folder = Path("/proc") / str(pid)
    times = (folder / "stat").read_text().rpartition(")")[2].split()[_TIMES]
    pages = int((folder / "statm").read_text().split()[1])
    return Usage(
        cpu_s=sum(map(int, times)) / _TICKS_A_SECOND,
        rss_mb=pages * _PAGE_BYTES / _MEGABYTE,
        files=len(list((folder / "fd").iterdir())),
    )


def measure_size_mb(path: Path) -> float:
    """Measure a file; one that is not there has no size."""
    return path.stat().st_size / _MEGABYTE if path.exists() else 0.0


def pick(values: list[float], share: float) -> float:
    """Return the value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
