"""The command line: ``codemie-bot run`` and ``codemie-bot demo``."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Final

from bot.errors import BotError, SettingsError

_EXIT_FAILED: Final = 1
_EXIT_SETTINGS: Final = 2


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 is success, 1 failure, 2 settings that have to be mended."""
    options = _parse(arguments)
    try:
        return asyncio.run(_run_bot()) if options.command == "run" else asyncio.run(_run_demo(options))
    except SettingsError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)  # noqa: T201 - the command line's own words
        return _EXIT_SETTINGS
    except (BotError, OSError) as error:
        print(f"can't start: {error}", file=sys.stderr)  # noqa: T201 - as above
        return _EXIT_FAILED


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="codemie-bot", description="UI prototypes from a sentence, in Slack.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run the bot: Socket Mode where SLACK_APP_TOKEN is set, else HTTP")
    demo = commands.add_parser("demo", help="the same bot against a built-in workspace and a built-in CodeMie")
    demo.add_argument("--once", metavar="PROMPT", required=True, help="send one /generate and print its thread")
    demo.add_argument("--out", metavar="DIR", type=Path, default=Path("demo-output"), help="where the files go")
    demo.add_argument("--codemie", choices=("demo", "real"), default="demo", help="real: the CodeMie of your settings")
    return parser.parse_args(arguments)


async def _run_bot() -> int:
    from bot.app import run  # noqa: PLC0415 - bad settings are told before the slow imports
    from bot.observability import configure_logging  # noqa: PLC0415 - as above
    from bot.settings import load_settings  # noqa: PLC0415 - as above

    settings = load_settings()
    configure_logging(level=settings.log_level, log_format=settings.log_format)
    await run(settings, reload=load_settings)
    return 0


async def _run_demo(options: argparse.Namespace) -> int:
    from bot.demo.once import run_once  # noqa: PLC0415 - the demo's imports are not needed by run

    return await run_once(prompt=options.once, out_dir=options.out, is_real_codemie=options.codemie == "real")


if __name__ == "__main__":
    sys.exit(main())
