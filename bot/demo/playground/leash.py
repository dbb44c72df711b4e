"""The bot's process in the playground: ``codemie-bot run`` that ends with whoever holds its standard input.

A playground that is killed has no chance to stop its bot; the end of the pipe tells it.
"""

import os
import runpy
import sys
import threading


def _leave_with_parent() -> None:
    """Wait for the end of standard input, past its buffer: whoever waits there holds up the process's own end."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    sys.argv = ["codemie-bot", "run"]
    runpy.run_module("bot", run_name="__main__")
