"""What a process has used, read from ``/proc``: Linux only."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_MEGABYTE: Final = 1024 * 1024
# Of the fields after the name: utime, stime, and both of the children that have ended.
_TIMES: Final = slice(11, 15)
_OWN_TIMES: Final = slice(11, 13)


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


def measure_tree(pid: int) -> dict[str, Usage]:
    """Measure a process by itself, as ``self``, and its children, living and ended, as one by their name."""
    own = _measure_alone(pid)
    found = {"self": own}
    for child in _list_children(pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            name = _name_process(child)
            used, before = measure_usage(child), found.get(name)
            nested = [measure_usage(more) for more in _list_children(child)]
            everything = [used, *nested, *([before] if before else [])]
            found[name] = Usage(
                cpu_s=sum(usage.cpu_s for usage in everything),
                rss_mb=sum(usage.rss_mb for usage in everything),
                files=sum(usage.files for usage in everything),
            )
    found["ended"] = Usage(cpu_s=measure_usage(pid).cpu_s - own.cpu_s, rss_mb=0, files=0)
    return found


def _measure_alone(pid: int) -> Usage:
    """Measure a process without its children that have ended."""
    used = measure_usage(pid)
    times = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[_OWN_TIMES]
    return Usage(cpu_s=sum(map(int, times)) / _TICKS_A_SECOND, rss_mb=used.rss_mb, files=used.files)


def _list_children(pid: int) -> list[int]:
    found: list[int] = []
    for task in (Path("/proc") / str(pid) / "task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread may end meanwhile
            found += map(int, (task / "children").read_text().split())
    return found


def _name_process(pid: int) -> str:
    words = (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return "tailwind" if "tailwind" in words else "painter"


def measure_size_mb(path: Path) -> float:
    """Measure a file; one that is not there has no size."""
    return path.stat().st_size / _MEGABYTE if path.exists() else 0.0


def pick(values: list[float], share: float) -> float:
    """Return the value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
