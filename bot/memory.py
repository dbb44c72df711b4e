"""What the C library is asked to do about memory; only glibc can be, and any other is left alone."""

import ctypes
from typing import Final

_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2


def share_arenas() -> None:
    """Let threads share two heaps rather than have one each, which all keep what they once took.

    MALLOC_ARENA_MAX says the same, but only to processes that are started with it.
    https://man7.org/linux/man-pages/man3/mallopt.3.html
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_M_ARENA_MAX, _ARENAS)


def release_memory() -> None:
    """Give freed memory back to the system.

    https://man7.org/linux/man-pages/man3/malloc_trim.3.html
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
