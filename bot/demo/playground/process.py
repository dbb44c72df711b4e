"""The bot of the playground: a process of its own, which can be killed, and is started again as by a supervisor."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from bot.demo.worlds import drop_settings

_COMMAND: Final = (sys.executable, "-m", "bot.demo.playground.leash")
_STOP_TIMEOUT_S: Final = 4.0
_LINE_MAX_BYTES: Final = 1024 * 1024

LogObserver = Callable[[Mapping[str, Any]], None]


class ProcessState(StrEnum):
    """How the bot is: on its way up, taking requests, or away."""

    STARTING = "starting"
    READY = "ready"
    STOPPED = "stopped"


class BotProcess:
    """Runs ``codemie-bot run`` in ``folder``, where no ``.env`` is.

    ``announce`` is called when its state changes, ``note_log`` with each line it logs. A bot that was ready, or was
    crashed on its way up, is started again when it ends; one that ends by itself before it was ready is left, and what
    it said is on standard error.
    """

    def __init__(self, *, folder: Path, announce: Callable[[], None], note_log: LogObserver) -> None:
        self.state = ProcessState.STOPPED
        self.exit_code: int | None = None
        self._env: Mapping[str, str] = {}
        self._folder = folder
        self._announce = announce
        self._note_log = note_log
        self._process: Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._is_crashed = False
        self._changed = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The id of the process, while there is one."""
        return self._process.pid if self._process and self._process.returncode is None else None

    def start(self, env: Mapping[str, str]) -> None:
        """Start the process with the settings of ``env``; it is ready some seconds later."""
        self._env = env
        self._is_stopping = False
        self._enter(ProcessState.STARTING)
        self._supervisor = asyncio.create_task(self._supervise())  # noqa: TID251 - awaited by stop()

    async def wait_until_ready(self) -> bool:
        """Wait until the bot takes requests; False once it is clear that it will not."""
        while self.state is ProcessState.STARTING:
            await self._changed.wait()
        return self.state is ProcessState.READY

    def crash(self) -> None:
        """End the process as ``kill -9`` does; it is started again."""
        if self._process and self._process.returncode is None:
            self._is_crashed = True
            self._process.kill()

    async def restart(self, env: Mapping[str, str]) -> None:
        """Stop the process, and start one with other settings."""
        await self.stop()
        self.start(env)

    async def stop(self) -> None:
        """End the process as an operator would, and as a crash would if it takes long."""
        self._is_stopping = True
        if self._supervisor is None:
            return
        if self._process and self._process.returncode is None:
            self._process.terminate()
        try:
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await asyncio.shield(self._supervisor)
        except TimeoutError:
            self.crash()
            await self._supervisor

    async def _supervise(self) -> None:
        """Keep a process running until it is stopped, or ends by itself before it was ready."""
        is_wanted = True
        try:
            while is_wanted and not self._is_stopping:
                self._process = await self._spawn()
                if self._is_stopping:  # was asked for in the meantime
                    self._process.terminate()
                is_wanted = await self._follow(self._process)
        finally:  # also where there was no process to be had
            self._enter(ProcessState.STOPPED)

    async def _spawn(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *_COMMAND,
            env={**drop_settings(os.environ), **self._env},  # noqa: TID251 - a child's
            cwd=self._folder,
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=PIPE,
            limit=_LINE_MAX_BYTES,
            start_new_session=True,  # Ctrl-C comes to the playground, which stops it
        )

    async def _follow(self, process: Process) -> bool:
        """Read what the process logs, to its end; tell whether it is to be started again."""
        assert process.stderr is not None  # noqa: S101 - a pipe, for the type checker
        self._is_crashed = False
        self._enter(ProcessState.STARTING)
        async for line in process.stderr:
            self._take_line(line.decode(errors="replace").rstrip())
        was_ready = self.state is ProcessState.READY
        self.exit_code = await process.wait()
        return was_ready or self._is_crashed

    def _take_line(self, line: str) -> None:
        """Take a line of the log; what is none is for whoever started the playground."""
        entry = _read_entry(line)
        if entry is None:
            print(line, file=sys.stderr)  # noqa: T201 - such as a setting that is wrong
            return
        self._note_log(entry)
        if entry.get("event") == "started":
            self._enter(ProcessState.READY)

    def _enter(self, state: ProcessState) -> None:
        self.state = state
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        self._announce()


def _read_entry(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
