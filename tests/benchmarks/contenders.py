"""Who is measured: the bot on each of its databases, the floor and the usual way, each as a process between worlds."""

import asyncio
import json
import os
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.crowd import SECRET

from bot.demo.worlds import drop_settings

_HERE: Final = Path(__file__).parent
_START_S: Final = 60
_STOP_S: Final = 20
_SHOWN_CHARS: Final = 2_000
_WORDS: Final = ("-m", "bot", "run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One of those that are measured: its name, what Python is started with, and settings of its own."""

    name: str
    arguments: Sequence[str]


SQLITE: Final = Contender(name="bot", arguments=_WORDS)
PICTURELESS: Final = Contender(name="pictureless bot", arguments=(str(_HERE / "pictureless.py"),))
POSTGRES: Final = Contender(name="bot on PostgreSQL", arguments=_WORDS)
FLOOR: Final = Contender(name="floor", arguments=(str(_HERE / "floor.py"),))
USUAL: Final = Contender(name="usual way", arguments=(str(_HERE / "usual.py"),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How the built-in CodeMie answers: seconds before a stage's answer, its pace, whether classes are always new."""

    stage_s: float
    chars_per_s: float | None = None
    is_fresh: bool = False

    def list_options(self) -> list[str]:
        """Write them as the world reads them."""
        pace = ["--chars-per-s", str(self.chars_per_s)] if self.chars_per_s else []
        return ["--delay-s", str(self.stage_s), *pace, *(["--fresh"] if self.is_fresh else [])]


class World:
    """A world as a process; what it said first says where it is."""

    def __init__(self, process: Process, told: Mapping[str, str]) -> None:
        self._process = process
        self.told = told

    async def report(self) -> dict[str, Any]:
        """Ask it what it saw."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        return await _read(self._process)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A contender that takes requests; ``ready_s`` is how long its start took."""

    pid: int
    url: str
    ready_s: float
    log_path: Path
    slack: World
    codemie: World


@asynccontextmanager
async def open_world(*arguments: str) -> AsyncIterator[World]:
    """Start a world."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(_HERE / "world.py"), *arguments), stdin=PIPE, stdout=PIPE, limit=1 << 26
    )
    assert process.stdin is not None
    try:
        yield World(process, await _read(process))
    finally:
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def open_contender(
    contender: Contender, folder: Path, answers: Answers, settings: Mapping[str, str]
) -> AsyncIterator[Running]:
    """Start both worlds and a contender between them."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(open_world("slack"))
        codemie = await stack.enter_async_context(open_world("codemie", *answers.list_options()))
        env = drop_settings(os.environ) | _make_env(folder, slack, codemie) | dict(settings)  # noqa: TID251 - a child's
        log_path = folder / "bot.log"
        began_s = time.monotonic()
        with log_path.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, *contender.arguments), env=env, stdout=DEVNULL, stderr=log, cwd=folder
            )
        stack.push_async_callback(_stop, process)
        port = await _wait_for_port(process, log_path)
        yield Running(
            pid=process.pid,
            url=f"http://127.0.0.1:{port}",
            ready_s=time.monotonic() - began_s,
            log_path=log_path,
            slack=slack,
            codemie=codemie,
        )


def _make_env(folder: Path, slack: World, codemie: World) -> dict[str, str]:
    return {
        "PYTHONPATH": str(_HERE.parents[1]),
        "SLACK_API_URL": slack.told["url"],
        "SLACK_BOT_TOKEN": "xoxb-demo",
        "SLACK_SIGNING_SECRET": SECRET,
        "CODEMIE_API_URL": codemie.told["url"],
        "CODEMIE_AUTH_URL": codemie.told["auth_url"],
        "CODEMIE_CLIENT_ID": "codemie-bot",
        "CODEMIE_CLIENT_SECRET": "demo-client-secret",
        "CODEMIE_ASSISTANT_ID": "carrier",
        "CODEMIE_MAX_CONNECTIONS": "2000",
        "CODEMIE_MAX_KEEPALIVE_CONNECTIONS": "2000",
        "MAX_CONCURRENT_JOBS": "2000",
        "RATE_LIMIT": "100000/minute",
        "DATA_DIR": str(folder / "data"),
        "PORT": str(_find_port()),
        "LOG_FORMAT": "json",
    }


def _find_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def _wait_for_port(process: Process, log_path: Path) -> int:
    async with asyncio.timeout(_START_S):
        while (port := _read_port(log_path)) is None:
            if process.returncode is not None:
                raise RuntimeError("it ended instead of starting: " + _read_end(log_path))
            await asyncio.sleep(0.005)
        return await _connect(port)


def _read_port(log_path: Path) -> int | None:
    for line in log_path.read_text().splitlines():
        if '"event": "started"' in line:
            return int(json.loads(line)["port"])
    return None


def _read_end(log_path: Path) -> str:
    return log_path.read_text()[-_SHOWN_CHARS:]


async def _connect(port: int) -> int:
    """Wait until somebody listens there."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.005)
        else:
            writer.close()
            return port


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _read(process: Process) -> dict[str, Any]:
    assert process.stdout is not None
    line = await process.stdout.readline()
    told: dict[str, Any] = json.loads(line)
    return told
