"""``codemie-bot demo`` without ``--once``: what it prints, how it ends, what it leaves behind."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from playing import following

from bot.demo.playground.ports import USUAL_PORT, take_port

_ADDRESS = re.compile(rb"The playground is at (http://127\.0\.0\.1:(\d+)) \(Ctrl-C ends it\)\n")


@asynccontextmanager
async def _running(folder: Path, *arguments: str) -> AsyncIterator[Process]:
    """Run the command in an empty folder, without settings; it is not left behind."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--no-browser", *arguments, cwd=folder, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _read_address(process: Process) -> tuple[str, int]:
    """Read the one line, and return the address in it with its port."""
    assert process.stdout is not None
    found = _ADDRESS.fullmatch(await process.stdout.readline())
    assert found is not None
    return found[1].decode(), int(found[2])


def _is_alive(pid: int) -> bool:
    """Tell whether a process is there, and no zombie."""
    with suppress(OSError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


@pytest.mark.usefixtures("no_settings")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=["ctrl-c", "terminal-closed"])
async def test_it_prints_one_line_and_ends_cleanly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Ctrl-C ends both processes with exit code 0, and nothing is left, neither here nor where it kept its own."""
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setenv("TMPDIR", str(kept))
    async with _running(tmp_path, "--port", "0") as process:
        url, _ = await _read_address(process)
        async with following(url) as page:
            pid = int(page.world["process"]["pid"])
        process.send_signal(number)
        out, err = await process.communicate()

    assert process.returncode == 0
    assert (out, err) == (b"", b"")
    assert not _is_alive(pid)
    assert [(folders, files) for _, folders, files in os.walk(tmp_path)] == [(["kept"], []), ([], [])]


@pytest.mark.usefixtures("no_settings")
async def test_the_bot_goes_with_a_playground_that_is_killed(tmp_path: Path) -> None:
    """Nobody could stop it otherwise."""
    async with _running(tmp_path, "--port", "0") as process:
        url, _ = await _read_address(process)
        async with following(url) as page:
            pid = int(page.world["process"]["pid"])
        process.kill()
        async with asyncio.timeout(10):
            while _is_alive(pid):  # noqa: ASYNC110 - a process that is not ours tells nobody
                await asyncio.sleep(0.05)

    assert process.returncode != 0


@pytest.mark.usefixtures("no_settings")
async def test_a_port_that_is_wanted_and_taken_is_told(tmp_path: Path) -> None:
    """One line, and exit code 1."""
    with take_port(0) as taken:
        async with _running(tmp_path, "--port", str(taken.getsockname()[1])) as process:
            _, err = await process.communicate()

    assert process.returncode == 1
    assert err.startswith(b"can't show it: ")
    assert err.count(b"\n") == 1


@pytest.mark.usefixtures("no_settings")
async def test_a_real_codemie_has_to_be_configured(tmp_path: Path) -> None:
    """What is missing of its settings is told, a line each, with exit code 2; nothing of Slack's is asked for."""
    async with _running(tmp_path, "--codemie", "real") as process:
        _, err = await process.communicate()

    assert process.returncode == 2
    assert {line.split()[0] for line in err.decode().splitlines()} == {
        "CODEMIE_API_URL",
        "CODEMIE_CLIENT_ID",
        "CODEMIE_ASSISTANT_ID",
    }


def test_another_port_is_found_where_the_usual_one_is_taken() -> None:
    """3000 is what many programs take."""
    with take_port(None) as first, take_port(None) as second:
        ports = {first.getsockname()[1], second.getsockname()[1]}

        assert len(ports) == 2
        assert ports != {USUAL_PORT}
