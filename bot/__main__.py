"""The command line: ``codemie-bot run``, ``demo`` and ``forget``."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Final

from bot.errors import BotError, SettingsError

_EXIT_FAILED: Final = 1
_EXIT_SETTINGS: Final = 2
# What it is that can't be done when a command fails.
_DEEDS: Final = {"run": "start", "demo": "show it", "forget": "erase it all"}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 is success, 1 failure, 2 settings that have to be mended."""
    options = _parse(arguments)
    try:
        return asyncio.run(_run(options))
    except SettingsError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)  # noqa: T201 - the command line's own words
        return _EXIT_SETTINGS
    except (BotError, OSError) as error:
        print(f"can't {_DEEDS[options.command]}: {error}", file=sys.stderr)  # noqa: T201 - as above
        return _EXIT_FAILED


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="codemie-bot", description="UI prototypes from a sentence, in Slack.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run the bot: Socket Mode where SLACK_APP_TOKEN is set, else HTTP")
    demo = commands.add_parser("demo", help="the same bot against a built-in workspace and a built-in CodeMie")
    demo.add_argument("--once", metavar="PROMPT", required=True, help="send one /generate and print its thread")
    demo.add_argument("--out", metavar="DIR", type=Path, default=Path("demo-output"), help="where the files go")
    demo.add_argument("--codemie", choices=("demo", "real"), default="demo", help="real: the CodeMie of your settings")
    forget = commands.add_parser(
        "forget",
        help="erase everything of one person, in the database, Slack and CodeMie",
        description="Erase everything that one person has asked for: in the database, in Slack and in CodeMie. "
        "On SQLite it is done here and now, or within moments by a bot that runs on the same database; "
        "on PostgreSQL by the bot that runs, or the next to start.",
    )
    forget.add_argument("person", metavar="TEAM:USER", help="two ids of Slack's, such as T024BE7LD:U02CQ0D1S")
    return parser.parse_args(arguments)


async def _run(options: argparse.Namespace) -> int:
    match options.command:
        case "run":
            return await _run_bot()
        case "forget":
            return await _forget(options)
        case _:
            return await _run_demo(options)


async def _run_bot() -> int:
    from bot.app import run  # noqa: PLC0415 - bad settings are told before the slow imports
    from bot.observability import configure_logging  # noqa: PLC0415 - as above
    from bot.settings import load_settings  # noqa: PLC0415 - as above

    settings = load_settings()
    configure_logging(level=settings.log_level, log_format=settings.log_format)
    await run(settings, reload=load_settings)
    return 0


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


async def _run_demo(options: argparse.Namespace) -> int:
    from bot.demo.once import run_once  # noqa: PLC0415 - the demo's imports are not needed by run

    return await run_once(prompt=options.once, out_dir=options.out, is_real_codemie=options.codemie == "real")


if __name__ == "__main__":
    sys.exit(main())
