"""The painter's process as the bot sees it: started, asked, and killed with all that it started."""

import asyncio
import math
import os
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bot.errors import UnexpectedError
from bot.previews.ending import see_off
from bot.previews.frames import LENGTH

_NICENESS: Final = 19
_MODULE: Final = "bot.previews.darkroom"
_ROOT: Final = str(Path(__file__).parents[2])
_END_S: Final = 5
_POLL_S: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLimits:
    """What one picture may take, and how many callers may wait for theirs.

    ``timeout_s`` counts from the caller's turn; ``idle_s`` is how long the process is kept after a picture.
    """

    html_bytes: int = 4_000_000
    png_bytes: int = 16_000_000
    side_px: int = 12_000
    timeout_s: float = 8
    idle_s: float = 120
    memory_bytes: int = 768 * 1024 * 1024
    waiting: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PainterProcess:
    """The running process, the leader of a group of its own, and the folder that it may write to."""

    process: Process
    folder: tempfile.TemporaryDirectory[str]
    limits: PictureLimits

    @classmethod
    async def open(cls, *, limits: PictureLimits, chromium: str | None) -> Self:
        """Start the process with nothing of the bot's environment, and low priority."""
        folder = tempfile.TemporaryDirectory(prefix="picture-", ignore_cleanup_errors=True)
        arguments = [str(limits.memory_bytes), str(math.ceil(limits.timeout_s)), *([chromium] if chromium else [])]
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", _MODULE, *arguments),
                cwd=folder.name,
                env=_make_env(folder.name),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                start_new_session=True,
            )
        except BaseException:
            folder.cleanup()
            raise
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
        return cls(process=process, folder=folder, limits=limits)

    @property
    def is_alive(self) -> bool:
        """Tell whether the process is there, as far as is known."""
        return self.process.returncode is None

    async def exchange(self, request: bytes) -> tuple[bytes, bytes]:
        """Send a request; return the kind of the answer and its content."""
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise EOFError
        stdin.write(request)
        await stdin.drain()
        (length,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
        if not 1 <= length <= self.limits.png_bytes:
            raise UnexpectedError("No picture: the painter's answer has no sane length")
        answer = await stdout.readexactly(length)
        return answer[:1], answer[1:]

    def kill(self) -> None:
        """Kill the process with all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    async def close(self) -> None:
        """Kill the process, wait until its group is gone, and remove its folder."""
        self.kill()
        await see_off(self.process)
        with suppress(TimeoutError, ProcessLookupError, PermissionError):
            async with asyncio.timeout(_END_S):
                while True:
                    os.killpg(self.process.pid, 0)
                    await asyncio.sleep(_POLL_S)
        self.clean()  # no thread: when the bot ends, the loop may have none any more

    def clean(self) -> None:
        """Remove the folder."""
        self.folder.cleanup()


def _make_env(folder: str) -> dict[str, str]:
    """Return the process's environment: few threads and arenas, so that the bound of its memory is a fair one.

    Pixels come from the heap and stay there between two steps of a picture: to have them from the kernel, zeroed, each
    time takes an eighth of the whole. What is left of them in the end is given back by the process.

    Chromium binds a socket in TMPDIR, whose name may have about a hundred bytes: it is the process's own folder.
    """
    return {
        "PATH": os.defpath,
        "PYTHONPATH": _ROOT,
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": folder,
        "TMPDIR": ".",
        "LANG": "C.UTF-8",
        "MALLOC_ARENA_MAX": "2",
        "MALLOC_MMAP_THRESHOLD_": str(32 * 1024 * 1024),
        "MALLOC_TRIM_THRESHOLD_": str(128 * 1024 * 1024),
        "RAYON_NUM_THREADS": "2",
    }
