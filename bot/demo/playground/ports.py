"""Ports of loopback: the one the page is wanted on, or a free one."""

import errno
import socket
from typing import Final

HOST: Final = "127.0.0.1"
USUAL_PORT: Final = 3000


def take_port(wanted: int | None) -> socket.socket:
    """Take the port ``wanted``, which is an ``OSError`` if it is taken; by default 3000, or a free one if that is."""
    try:
        return _bind(USUAL_PORT if wanted is None else wanted)
    except OSError as error:
        if wanted is None and error.errno == errno.EADDRINUSE:
            return _bind(0)
        raise


def find_free_port() -> int:
    """Find a port that nobody has, for a process that is about to take it."""
    with _bind(0) as taken:
        return int(taken.getsockname()[1])


def _bind(port: int) -> socket.socket:
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((HOST, port))
        taken.listen()
    except BaseException:
        taken.close()
        raise
    return taken
