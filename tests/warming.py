"""Bots that start at once: forks of a process that has imported what they need."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_WARM_BOT: Final = Path(__file__).with_name("warm_bot.py")


@dataclass(slots=True, kw_only=True)
class Fork:
    """One process, as :class:`asyncio.subprocess.Process` has it."""

    pid: int
    returncode: int | None = None
    _has_ended: asyncio.Event = field(default_factory=asyncio.Event)

    def note_end(self, code: int) -> None:
        """Take the exit code, which is the negative number of a signal that has killed it."""
        self.returncode = code
        self._has_ended.set()

    def send_signal(self, number: int) -> None:
        """Send a signal; one that has ended takes none."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a crash would."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Wait for its end; returns its exit code."""
        await self._has_ended.wait()
        assert self.returncode is not None
        return self.returncode


class Nursery:
    """Orders forks from a warm process."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._ordered: deque[asyncio.Future[Fork]] = deque()
        self._forks: dict[int, Fork] = {}

    async def fork(self, arguments: Sequence[str], *, env: Mapping[str, str], log_path: Path) -> Fork:
        """Start Python with these arguments, in the folder of its log, which is there."""
        assert self._process.stdin is not None
        order = {
            "arguments": list(arguments),
            "env": dict(env),
            "folder": str(log_path.parent),
            "log": str(log_path),
        }
        ordered: asyncio.Future[Fork] = asyncio.get_running_loop().create_future()
        self._ordered.append(ordered)
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        return await ordered

    async def listen(self) -> None:
        """Take what the warm process tells: the id of each fork, and its exit code at its end."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            pid, *codes = map(int, line.split())
            if codes:
                self._forks.pop(pid).note_end(codes[0])
            else:
                self._forks[pid] = Fork(pid=pid)
                self._ordered.popleft().set_result(self._forks[pid])


@asynccontextmanager
async def open_nursery(**env: str) -> AsyncIterator[Nursery | None]:
    """Start a warm process, with ``env`` beside the environment; ``None`` where the system has not what it takes."""
    if sys.platform != "linux":
        yield None
        return
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(_WARM_BOT)),
        env={**os.environ, **env},  # noqa: TID251 - a child's
        stdin=PIPE,
        stdout=PIPE,
    )
    assert process.stdin is not None
    nursery = Nursery(process)
    listening = asyncio.create_task(nursery.listen())  # noqa: TID251 - ended below
    try:
        yield nursery
    finally:
        process.stdin.close()
        await process.wait()
        await listening
