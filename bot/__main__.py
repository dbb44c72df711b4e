"""The command line: ``codemie-bot run``, ``demo``, ``setup``, ``doctor``, ``forget``, ``job`` and ``prompts``."""

import argparse
import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Final

from bot.command_line import parse
from bot.deferral import deferring
from bot.errors import BotError, SettingsError
from bot.hardening import forbid_dumps
from bot.memory import release_memory, share_arenas

_EXIT_FAILED: Final = 1
_EXIT_SETTINGS: Final = 2
# What a shell says of a program that SIGPIPE has ended, as most do whose reader goes away.
_EXIT_UNREAD: Final = 128 + signal.SIGPIPE
_EXIT_INTERRUPTED: Final = 128 + signal.SIGINT
# How long a thread that reads a page may keep the event loop waiting: the default is ten times as long.
# https://docs.python.org/3/library/sys.html#sys.setswitchinterval
_TURN_S: Final = 0.0005
# What it is that can't be done when a command fails.
_DEEDS: Final = {
    "run": "start",
    "demo": "show it",
    "forget": "erase it all",
    "setup": "set it up (codemie-bot doctor may say more)",
    "doctor": "look",
    "job": "look it up",
    "prompts": "print it",
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command.

    0 is success, 1 failure, 2 settings that have to be mended, 130 that it was interrupted, 141 that nobody reads on.
    """
    try:
        with _flushed_output():
            return _run_command(parse(arguments))
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED
    except BrokenPipeError:
        # Or what is left would be written at the exit: https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _EXIT_UNREAD


@contextmanager
def _flushed_output() -> Iterator[None]:
    """Write all that was printed before it is left, since at the exit nobody could catch what goes wrong."""
    try:
        yield
    finally:
        sys.stdout.flush()


def _run_command(options: argparse.Namespace) -> int:
    forbid_dumps()
    try:
        return asyncio.run(_COMMANDS[options.command](options))
    except SettingsError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)  # noqa: T201 - the command line's own words
        return _EXIT_SETTINGS
    except BrokenPipeError:
        raise
    except (BotError, OSError) as error:
        print(f"can't {_DEEDS[options.command]}: {error}", file=sys.stderr)  # noqa: T201 - as above
        return _EXIT_FAILED


async def _run_bot(_: argparse.Namespace) -> int:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what is read now is new enough, and it would end the process
    share_arenas()
    with _sparing_collector(), deferring():
        from bot.app import run  # noqa: PLC0415 - bad settings are told before the slow imports
        from bot.observability import configure_logging  # noqa: PLC0415 - as above
        from bot.settings import load_settings  # noqa: PLC0415 - as above

    settings = load_settings()
    configure_logging(level=settings.log_level, log_format=settings.log_format)
    sys.setswitchinterval(_TURN_S)
    await run(settings, reload=load_settings)
    return 0


@contextmanager
def _sparing_collector() -> Iterator[None]:
    """Look for no garbage in what is imported, neither meanwhile nor ever: a tenth of the start would go into it."""
    gc.disable()
    try:
        yield
    finally:
        release_memory()
        gc.freeze()
        gc.enable()


async def _set_up(options: argparse.Namespace) -> int:
    from bot.carrier import set_up  # noqa: PLC0415 - as above
    from bot.loose_settings import read_settings  # noqa: PLC0415 - as above

    setup = await set_up(read_settings(), is_repair=options.repair)
    print(json.dumps(asdict(setup), ensure_ascii=False) if options.json else setup.words)  # noqa: T201 - as above
    return 0 if setup.is_in_order else _EXIT_FAILED


async def _examine(options: argparse.Namespace) -> int:
    from bot.doctor.examination import examine  # noqa: PLC0415 - as above
    from bot.doctor.report import choose_exit_code, write_json, write_lines  # noqa: PLC0415 - as above
    from bot.loose_settings import read_settings  # noqa: PLC0415 - as above
    from bot.observability import configure_logging  # noqa: PLC0415 - as above

    configure_logging(level="ERROR", log_format=None)
    findings = await examine(read_settings(), is_asking=options.ask)
    report = write_json(findings) if options.json else write_lines(findings, is_colored=sys.stdout.isatty())
    print(report)  # noqa: T201 - the command line's own words
    return choose_exit_code(findings)


async def _forget(options: argparse.Namespace) -> int:
    from bot.forgetting import forget, read_person  # noqa: PLC0415 - its imports are slow, and not needed by the others
    from bot.observability import configure_logging  # noqa: PLC0415 - as above
    from bot.settings import load_settings  # noqa: PLC0415 - as above

    read_person(options.person)
    settings = load_settings()
    configure_logging(level=settings.log_level, log_format=settings.log_format)
    forgotten = await forget(settings, options.person)
    print(forgotten.words)  # noqa: T201 - the command line's own words
    return 0 if forgotten.is_done else _EXIT_FAILED


async def _show_job(options: argparse.Namespace) -> int:
    from bot.inspecting import inspect  # noqa: PLC0415 - its imports are slow, and not needed by the others
    from bot.settings import load_settings  # noqa: PLC0415 - as above

    found = await inspect(load_settings(), options.reference)
    print(found or f"no request that is kept has the reference {options.reference}")  # noqa: T201 - as above
    return 0 if found else _EXIT_FAILED


async def _print_prompt(options: argparse.Namespace) -> int:
    from bot.core.instructions import STORED_PROMPTS  # noqa: PLC0415 - its imports are not needed by the others

    print(STORED_PROMPTS[options.assistant], end="")  # noqa: T201 - the command line's own words
    return 0


async def _run_demo(options: argparse.Namespace) -> int:
    is_real_codemie = options.codemie == "real"
    if options.once is not None:
        from bot.demo.once import run_once  # noqa: PLC0415 - the demo's imports are not needed by run

        return await run_once(prompt=options.once, out_dir=options.out, is_real_codemie=is_real_codemie)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # the last when the terminal is closed
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    from bot.demo.playground.service import Options, run_playground  # noqa: PLC0415 - as above

    return await run_playground(
        Options(
            port=options.port,
            is_socket_mode=options.socket_mode,
            is_real_codemie=is_real_codemie,
            is_browser_wanted=not options.no_browser,
        ),
        stopped,
    )


_COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], Coroutine[Any, Any, int]]]] = {
    "run": _run_bot,
    "demo": _run_demo,
    "setup": _set_up,
    "doctor": _examine,
    "forget": _forget,
    "job": _show_job,
    "prompts": _print_prompt,
}


if __name__ == "__main__":
    sys.exit(main())
