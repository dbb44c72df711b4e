"""What keeps secrets from leaving the process by its memory."""

import ctypes
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def forbid_dumps() -> None:
    """Have the kernel write no core of this process, and keep others of its user from reading its memory.

    A limit of 0 is not enough where cores are piped to a program (``core_pattern``). On Linux the process is made not
    dumpable as well, so that the painter, which runs as the same user and may be taken over by a page, can read
    neither ``/proc/PID/mem`` nor ``/proc/PID/environ`` of the bot. Children that run another program start anew.
    https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
