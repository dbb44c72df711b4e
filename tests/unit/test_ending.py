"""A process that was killed comes to its end for the bot, whatever it had still to say and whoever holds its pipes."""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from hashlib import sha512

from bot.previews.ending import see_off
from bot.previews.frames import ControlWords, Request, write_request
from bot.previews.painter_process import PainterProcess, PictureLimits

_PATIENCE_S = 30
# Its picture is larger than what asyncio reads ahead.
_PAGE = "<!doctype html>" + "".join(f"<p>{sha512(bytes([n])).hexdigest()}</p>" for n in range(150))


async def _start(script: str) -> Process:
    return await asyncio.create_subprocess_exec("/bin/sh", "-c", script, stdin=PIPE, stdout=PIPE)


async def _wait_until_paused(process: Process) -> None:
    """Wait until asyncio takes no more of what a process says."""
    assert process.stdout is not None
    async with asyncio.timeout(_PATIENCE_S):
        while not process.stdout._paused:  # type: ignore[attr-defined]  # noqa: SLF001, ASYNC110 - told by nothing else
            await asyncio.sleep(0.01)


async def test_more_was_said_than_anybody_reads() -> None:
    """The pipe is full, and its end can't be seen behind what is in it."""
    process = await _start("exec head -c 10000000 /dev/zero")
    await _wait_until_paused(process)
    process.kill()
    async with asyncio.timeout(_PATIENCE_S):
        await see_off(process)

    assert process.returncode == -signal.SIGKILL


async def test_more_was_asked_than_anybody_hears() -> None:
    """What was to be written to it is not waited for, not even where another process holds the pipe."""
    process = await _start("sleep 600 & echo $!; exec sleep 600")
    assert process.stdin is not None
    assert process.stdout is not None
    other = int(await process.stdout.readline())
    process.stdin.write(b"word" * 1_000_000)
    process.kill()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await see_off(process)
    finally:
        with suppress(ProcessLookupError):
            os.kill(other, signal.SIGKILL)

    assert process.returncode == -signal.SIGKILL


async def test_whoever_reads_is_told() -> None:
    """A read that is waiting comes to its end."""
    process = await _start("exec sleep 600")
    assert process.stdout is not None

    async def end() -> None:
        process.kill()
        await see_off(process)

    told, _ = await asyncio.gather(process.stdout.readexactly(4), end(), return_exceptions=True)

    assert isinstance(told, asyncio.IncompleteReadError)


async def test_a_picture_that_nobody_takes_keeps_no_painter() -> None:
    """A painter with a large picture in its pipe is closed; the next one need not wait for it."""
    painter = await PainterProcess.open(limits=PictureLimits(), chromium=None)
    assert painter.process.stdin is not None
    words = ControlWords(empty={}, date="")
    painter.process.stdin.write(write_request(Request(html=_PAGE, titles=["Sums"], more=[""], words=words)))
    await _wait_until_paused(painter.process)
    async with asyncio.timeout(_PATIENCE_S):
        await painter.close()

    assert not painter.is_alive
