"""What a bot leaves unread until somebody asks for it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from stage import open_stage

from bot.deferral import DEFERRED, UNWANTED

_ROOT: Final = Path(__file__).parents[2]
# Modules of other features, settings or processes, each of which costs megabytes.
_ELSEWHERE: Final = (
    "blitz_py",
    "bot.demo",
    "bot.doctor",
    "cryptography.hazmat",
    "opentelemetry",
    "PIL",
    "psycopg.adapt",
    "psycopg_binary",
    "requests",
)
_TELLING_AT_THE_END: Final = """
import atexit, json, sys

def tell():
    unread = [name for name, module in sys.modules.items() if type(module).__name__ == "_Deferred"]
    print(json.dumps({"event": "modules", "unread": unread, "read": list(sys.modules)}), file=sys.stderr)

atexit.register(tell)
from bot.__main__ import main
sys.exit(main(["run"]))
"""
_ASKING: Final = """
import threading
from bot.deferral import deferring

with deferring():
    import psycopg
    from psycopg import errors
    from cryptography import fernet
    import yaml

assert "adapt" not in vars(psycopg)
answers = []
threads = [threading.Thread(target=lambda: answers.append(errors.LockNotAvailable)) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert set(answers) == {psycopg.errors.LockNotAvailable}, answers
assert issubclass(errors.LockNotAvailable, psycopg.OperationalError)
assert psycopg.__version__.startswith("3.")
assert type(psycopg) is type(errors) is type(threading)
key = fernet.Fernet.generate_key()
assert fernet.Fernet(key).decrypt(fernet.Fernet(key).encrypt(b"x")) == b"x"
assert yaml.safe_load("a: 1") == {"a": 1}
assert not hasattr(yaml, "no_such_name")
try:
    import psycopg.no_such_module
except ModuleNotFoundError:
    print("all as it should be")
"""


async def test_bot_on_sqlite_reads_no_driver_of_another_database(tmp_path: Path) -> None:
    """A bot that has made a prototype has read nothing of what only others of its settings need."""
    async with open_stage(tmp_path, arguments=("-c", _TELLING_AT_THE_END), PYTHONPATH=str(_ROOT)) as stage:
        anchor = await stage.command("Registration for a parking permit: name, car plate, e-mail")
        await stage.wait_for_files("C1", anchor.ts)
        await stage.stop()
        told = next(json.loads(line) for line in stage.read_log().splitlines() if '"modules"' in line)

    assert set(told["unread"]) == DEFERRED
    assert not UNWANTED & set(told["read"])
    assert [name for name in told["read"] if name.startswith(_ELSEWHERE)] == []


def test_deferred_modules_are_there_when_they_are_asked() -> None:
    """They give what they would give otherwise, to several threads at once, by the module and by ``from``."""
    asked = subprocess.run(  # noqa: S603 - our own lines
        (sys.executable, "-c", _ASKING), cwd=_ROOT, capture_output=True, text=True, check=False, timeout=60
    )

    assert asked.stderr == ""
    assert asked.stdout == "all as it should be\n"
