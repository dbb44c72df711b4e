"""Seeing a killed process to its end, whatever it had still to say.

asyncio may tell that a process has ended only once all its pipes have, and it takes nothing from a pipe of which too
much is unread: with nobody to read on, the end is never told. See "Ends of processes" in docs/decisions.md.
"""

import asyncio
from asyncio.subprocess import Process
from typing import Final

_PIPES: Final = (0, 1, 2)


async def see_off(process: Process) -> None:
    """Hear no more of a process that was killed, and wait until it is gone; whoever reads from it is told its end."""
    transport = process._transport  # type: ignore[attr-defined]  # noqa: SLF001 - nothing else closes what is read
    for number in _PIPES:
        pipe = transport.get_pipe_transport(number)
        if pipe is None or pipe.is_closing():
            continue
        if isinstance(pipe, asyncio.WriteTransport):
            pipe.abort()  # closing waits until all is written, to nobody
        else:
            pipe.close()
    await process.wait()
