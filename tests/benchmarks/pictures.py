"""Compares the engines that paint pictures: seconds and CPU for each, and memory; and measures Tailwind.

From the root of the repository: ``uv run python tests/benchmarks/pictures.py``.
"""

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.meter import Usage, measure_tree, measure_usage, pick
from prototypes import finish, read_flow, read_page

from bot.core.models import Flow
from bot.core.pages import list_classes
from bot.core.texts import Language
from bot.previews.compile import TailwindCompiler
from bot.previews.picture import Painter, PictureLimits, find_chromium
from bot.previews.warm_tailwind import WarmTailwinds

_PAGES: Final = ("cards", "dark", "dashboard", "long-form", "multi-step", "table")
_ROUNDS: Final = 5
_POLL_S: Final = 0.01
_BUILDS: Final = 60
_WARM_UP: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Seconds of the first picture and of the later ones, and CPU of a later one; the most memory of all processes."""

    first_s: float
    later_s: list[float]
    cpu_ms: float
    rss_mb: float


async def measure(chromium: str | None, pages: Mapping[str, str], flows: Mapping[str, Flow]) -> Figures:
    """Paint every page some times over."""
    times: list[float] = []
    async with Painter(limits=PictureLimits(timeout_s=60), chromium=chromium) as painter, asyncio.TaskGroup() as group:
        peak = group.create_task(_watch(stop := asyncio.Event()))
        began_s = 0.0
        for name in [name for _ in range(_ROUNDS) for name in pages]:
            start = time.perf_counter()
            await painter.paint(pages[name], flow=flows[name], language=Language.ENGLISH)
            times.append(time.perf_counter() - start)
            began_s = began_s or _sum_cpu()
        cpu_s = _sum_cpu() - began_s
        stop.set()
    return Figures(first_s=times[0], later_s=times[1:], cpu_ms=1_000 * cpu_s / len(times[1:]), rss_mb=peak.result())


async def measure_styles() -> float:
    """Return the milliseconds of CPU that Tailwind takes for a page with four classes that none had before."""
    known = list_classes(read_page("cards"))
    async with WarmTailwinds() as tailwinds:
        compiler = TailwindCompiler(warm=tailwinds)
        began_s = 0.0
        for number in range(1, _WARM_UP + _BUILDS + 1):
            new = {f"mt-[{number}px]", f"pl-{number}", f"bg-[#{number:06x}]", f"md:hover:w-[{number}rem]"}
            await compiler.compile(known | new)
            if number == _WARM_UP:
                began_s = measure_tree(os.getpid())["tailwind"].cpu_s
        return 1_000 * (measure_tree(os.getpid())["tailwind"].cpu_s - began_s) / _BUILDS


async def _watch(stop: asyncio.Event) -> float:
    """Return the most memory of all descendants of this process, looked at every now and then."""
    peak = 0.0
    while not stop.is_set():
        peak = max(peak, sum(usage.rss_mb for usage in _measure_painters()))
        await asyncio.sleep(_POLL_S)
    return peak


def _sum_cpu() -> float:
    return sum(usage.cpu_s for usage in _measure_painters())


def _measure_painters() -> list[Usage]:
    """Measure those that are there; one may end meanwhile."""
    found = []
    for pid in _list_painters():
        with suppress(OSError):
            found.append(measure_usage(pid))
    return found


def _list_painters() -> list[int]:
    """List the groups that the painter's process leads, and all that belongs to them."""
    groups: dict[int, list[int]] = {}
    leaders = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent, group = path.read_text().rpartition(")")[2].split()[1:3]
        except OSError:
            continue
        groups.setdefault(int(group), []).append(int(path.parent.name))
        if int(parent) == os.getpid():
            leaders.append(int(path.parent.name))
    return [pid for leader in leaders for pid in groups.get(leader, [])]


async def compare() -> None:
    """Print the figures of both engines and their ratios, and of Tailwind."""
    compiler = TailwindCompiler()
    pages = {name: await finish(read_page(name), compiler) for name in _PAGES}
    flows = {name: read_flow(name) for name in _PAGES}
    engines = {"blitz": None} | ({"chromium": path} if (path := find_chromium()) else {})
    figures = {name: await measure(path, pages, flows) for name, path in engines.items()}
    print(f"{'engine':10} {'first':>7} {'p50':>7} {'p95':>7} {'CPU':>9} {'memory':>9}")
    for name, one in figures.items():
        p50, p95 = pick(one.later_s, 0.5), pick(one.later_s, 0.95)
        print(f"{name:10} {one.first_s:6.2f}s {p50:6.2f}s {p95:6.2f}s {one.cpu_ms:6.1f} ms {one.rss_mb:6.0f} MB")
    if len(figures) > 1:
        blitz, chromium = figures["blitz"], figures["chromium"]
        ratio = pick(chromium.later_s, 0.5) / pick(blitz.later_s, 0.5)
        print(f"Chromium takes {ratio:.1f} times as long and {chromium.rss_mb / blitz.rss_mb:.1f} times the memory")
    print(f"Tailwind takes {await measure_styles():.1f} ms of CPU for a page with new classes")


if __name__ == "__main__":
    asyncio.run(compare())
