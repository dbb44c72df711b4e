"""The bot, which lists on SIGUSR1 whatever of its own objects shows a planted secret: ``python inspected.py FILE``.

An instrument and no double: the bot runs as ever.
"""

import asyncio
import gc
import sys
import traceback
from pathlib import Path
from signal import SIGUSR1

from bot.app import run
from bot.hardening import forbid_dumps
from bot.observability import configure_logging
from bot.settings import load_settings

_OURS = ("bot.", "handlers.")
_PLANTED = ("planted", "cGxhbnRlZ", "olena:")


def _shows_secret(text: str) -> bool:
    return any(word in text for word in _PLANTED)


def _find_ours() -> list[object]:
    return [thing for thing in gc.get_objects() if str(type(thing).__module__).startswith(_OURS)]


def _write_findings(path: Path) -> None:
    """Write how many objects there are, and the kinds of those that show a secret, an error about them included."""
    ours = _find_ours()
    kinds = sorted({type(thing).__name__ for thing in ours if _shows_secret(f"{thing!r} {thing}")})
    trace = "".join(traceback.format_exception(RuntimeError(*ours)))
    found = [str(len(ours)), *kinds, *(["traceback"] if _shows_secret(trace) else [])]
    path.with_suffix(".part").write_text("\n".join(found))
    path.with_suffix(".part").rename(path)


async def main(path: Path) -> None:
    """Run the bot."""
    settings = load_settings()
    configure_logging(level=settings.log_level, log_format=settings.log_format)
    asyncio.get_running_loop().add_signal_handler(SIGUSR1, _write_findings, path)
    await run(settings, reload=load_settings)


if __name__ == "__main__":
    forbid_dumps()
    asyncio.run(main(Path(sys.argv[1])))
