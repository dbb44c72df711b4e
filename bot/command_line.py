"""What can be typed after ``codemie-bot``, and what it says of itself."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no other name for it


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read a command and its options; ``None`` is what the process was started with."""
    parser = argparse.ArgumentParser(prog="codemie-bot", description="UI prototypes from a sentence, in Slack.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run the bot: Socket Mode where SLACK_APP_TOKEN is set, else HTTP")
    for add in (_add_demo, _add_setup, _add_doctor, _add_forget, _add_job, _add_prompts):
        add(commands)
    return parser.parse_args(arguments)


def _add_demo(commands: "Commands") -> None:
    demo = commands.add_parser(
        "demo",
        help="the same bot against a built-in workspace and a built-in CodeMie, with a page in the browser",
        description="Open the playground: the bot between a built-in workspace and a built-in CodeMie, and a page in "
        "the browser to talk to it. No account is needed, and nothing leaves this machine. With --once there is no "
        "page: one request is sent, and its thread printed.",
    )
    demo.add_argument("--once", metavar="PROMPT", help="send one /generate and print its thread")
    demo.add_argument(
        "--out", metavar="DIR", type=Path, default=Path("demo-output"), help="where the files of --once go"
    )
    demo.add_argument("--codemie", choices=("demo", "real"), default="demo", help="real: the CodeMie of your settings")
    demo.add_argument("--port", type=int, help="the page's port; by default 3000, or a free one if that is taken")
    demo.add_argument("--socket-mode", action="store_true", help="the bot comes to Slack by Socket Mode, not by HTTP")
    demo.add_argument("--no-browser", action="store_true", help="print the address, and open no browser")


def _add_setup(commands: "Commands") -> None:
    setup = commands.add_parser(
        "setup",
        help="find the carrier assistant in CODEMIE_PROJECT, or make it, and print its id",
        description="Find the assistant that carries the bot's prompts in CODEMIE_PROJECT, or make it. It may be run "
        "as often as you like: there will be one. An assistant that is there already is changed only with --repair.",
    )
    setup.add_argument("--repair", action="store_true", help="take away what the assistant must not have")
    setup.add_argument("--json", action="store_true", help="print one JSON object")


def _add_doctor(commands: "Commands") -> None:
    doctor = commands.add_parser(
        "doctor",
        help="check settings, Slack, CodeMie, database and pictures, and say what to do",
        description="Check settings, Slack, CodeMie, the database and pictures: a line each, and what to do about it. "
        "Exit code 1 if any check fails, 2 if the settings do.",
    )
    doctor.add_argument("--ask", action="store_true", help="put a tiny question to each assistant, which is paid for")
    doctor.add_argument("--json", action="store_true", help="print a JSON list")


def _add_forget(commands: "Commands") -> None:
    forget = commands.add_parser(
        "forget",
        help="erase everything of one person, in the database, Slack and CodeMie",
        description="Erase everything that one person has asked for: in the database, in Slack and in CodeMie. "
        "On SQLite it is done here and now, or within moments by a bot that runs on the same database; "
        "on PostgreSQL by the bot that runs, or the next to start.",
    )
    forget.add_argument(
        "person", metavar="TEAM:USER", help="two ids of Slack's, such as T024BE7LD:U02CQ0D1S, or api:CLIENT"
    )


def _add_job(commands: "Commands") -> None:
    job = commands.add_parser(
        "job",
        help="show what is kept of a request, by the reference that its requester was told",
        description="Show what is kept of a request, but not its words: when and by whom it was asked, what it came "
        "to, the steps it has behind it. It only reads, so the bot may run.",
    )
    job.add_argument("reference", metavar="REFERENCE", help="six letters and digits, such as 7F3K2X")


def _add_prompts(commands: "Commands") -> None:
    prompts = commands.add_parser(
        "prompts",
        help="print a system prompt, for an assistant that is to have one of its own",
        description="Print the system prompt of one of the two assistants that CODEMIE_FLOW_ASSISTANT_ID and "
        "CODEMIE_UI_ASSISTANT_ID name, to be pasted into CodeMie. One carrier assistant needs none.",
    )
    prompts.add_argument("assistant", choices=("flow", "ui"), help="which of the two")
