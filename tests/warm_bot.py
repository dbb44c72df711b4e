"""Python with the bot imported, which forks where another would be started: ``python warm_bot.py``.

Importing takes nearly all of a bot's start. A fork has that behind it, and is a process of its own in all else: with
its environment, its folder, its log and its arguments, and with the exit of an interpreter.

It is ordered by lines of JSON, as :class:`warming.Nursery` writes them, and answers each with the new process's id and,
when that has ended, with its id and its exit code. It ends with its standard input.
"""

import gc
import json
import os
import runpy
import selectors
import sys
from typing import Any, Final

from bot.deferral import deferring

with deferring():
    import bot.app
    import bot.observability

_MODULE: Final = "-m"
_PIECE_BYTES: Final = 65_536
_IMPORTED: Final = (bot.app, bot.observability)


def serve() -> dict[str, Any] | None:
    """Fork as ordered; returns the order in each fork, and ``None`` at the end."""
    begun, forks = b"", dict[int, int]()
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fd in forks:
                    _report(selector, key.fd, forks.pop(key.fd))
                    continue
                if not (piece := os.read(key.fd, _PIECE_BYTES)):
                    return None
                *lines, begun = (begun + piece).split(b"\n")
                for line in lines:
                    if (pid := os.fork()) == 0:
                        _close(forks)
                        return dict(json.loads(line))
                    forks[_watch(selector, pid)] = pid
                    print(pid, flush=True)  # noqa: T201 - the answer


def _watch(selector: selectors.BaseSelector, pid: int) -> int:
    descriptor = os.pidfd_open(pid)
    selector.register(descriptor, selectors.EVENT_READ)
    return descriptor


def _report(selector: selectors.BaseSelector, descriptor: int, pid: int) -> None:
    selector.unregister(descriptor)
    os.close(descriptor)
    print(pid, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)  # noqa: T201 - the answer


def _close(descriptors: dict[int, int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def become(order: dict[str, Any]) -> None:
    """Do in a fork what a new interpreter would have been started with."""
    os.environ.clear()  # noqa: TID251 - a child's
    os.environ.update(order["env"])  # noqa: TID251 - as above
    os.chdir(order["folder"])
    for path, flags, descriptors in ((os.devnull, os.O_RDWR, (0, 1)), (order["log"], os.O_WRONLY | os.O_APPEND, (2,))):
        opened = os.open(path, flags)
        for descriptor in descriptors:
            os.dup2(opened, descriptor)
        os.close(opened)
    first, *sys.argv = order["arguments"]
    if first == _MODULE:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv.insert(0, first)
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    gc.freeze()
    ordered = serve()
    if ordered is not None:
        become(ordered)
