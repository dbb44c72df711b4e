"""One of the worlds a bot lives between, as a process of its own: ``world.py slack``, ``world.py codemie --delay-s 2``.

It prints where it is, as a line of JSON, and what it saw as another for each line that it is sent. It ends with its
standard input.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests, whose kit this uses

from benchmarks.crowd import CHANNELS, PEOPLE, PROMPT_NUMBER
from faults.crowd import invite_people, open_channels

from bot.demo.codemie import BuiltInCodemie, ChatTurn
from bot.demo.engine import answer_turn
from bot.demo.workspace import Change, Message, Workspace

_BODY_END: Final = "</body>"


class Sightings:
    """When the anchor, the flow and the page of each request were first seen, in seconds of the monotonic clock."""

    def __init__(self) -> None:
        self.seen: dict[int, dict[str, float]] = {}
        self._numbers: dict[tuple[str, str], int] = {}

    def note(self, change: Change) -> None:
        """Take a change of the workspace."""
        message = change.message
        if message is None or message.bot_id is None:
            return
        if not message.is_reply:
            self._note_anchor(message)
        elif (number := self._numbers.get((message.channel, message.root_ts))) is not None:
            self._note(number, "page" if message.files else "flow")

    def _note_anchor(self, message: Message) -> None:
        if (message.channel, message.ts) in self._numbers:
            return
        if found := PROMPT_NUMBER.search(str(message.blocks) + message.text):
            self._numbers[message.channel, message.ts] = number = int(found[1])
            self._note(number, "anchor")

    def _note(self, number: int, what: str) -> None:
        self.seen.setdefault(number, {}).setdefault(what, time.monotonic())


async def show_slack() -> None:
    """Be Slack, with people and channels enough."""
    sightings = Sightings()
    async with Workspace(share_delay_s=0) as workspace:
        open_channels(workspace, CHANNELS, invite_people(workspace, PEOPLE))
        workspace.subscribe(sightings.note)
        say({"url": workspace.api_url})
        await answer_lines(lambda: {"seen": sightings.seen, "calls": len(workspace.calls)})


async def show_codemie(options: argparse.Namespace) -> None:
    """Be CodeMie, whose answers come after a while; with fresh classes each page has some that none had before."""
    codemie = BuiltInCodemie(
        answer=answer_freshly if options.fresh else answer_turn,
        delay_s=options.delay_s,
        chars_per_s=options.chars_per_s,
    )
    async with codemie:
        say({"url": codemie.api_url, "auth_url": codemie.auth_url})
        await answer_lines(lambda: {"connections": codemie.connections, "calls": len(codemie.calls)})


def answer_freshly(turn: ChatTurn) -> str:
    """Answer with a page that has classes of its own."""
    text = answer_turn(turn)
    found = PROMPT_NUMBER.search(turn.text)
    if found is None or _BODY_END not in text:
        return text
    number = int(found[1])
    more = f'<p class="mt-[{number}px] pl-{number} bg-[#{number:06x}] md:hover:w-[{number}rem]">&nbsp;</p>'
    return text.replace(_BODY_END, more + _BODY_END)


def say(told: Mapping[str, Any]) -> None:
    """Print one line of JSON."""
    print(json.dumps(told), flush=True)


async def answer_lines(report: Callable[[], Mapping[str, Any]]) -> None:
    """Say what was seen for each line that comes, until there are no more."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        say(report())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("world", choices=("slack", "codemie"))
    parser.add_argument("--delay-s", type=float, default=2.0)
    parser.add_argument("--chars-per-s", type=float)
    parser.add_argument("--fresh", action="store_true")
    chosen = parser.parse_args()
    asyncio.run(show_slack() if chosen.world == "slack" else show_codemie(chosen))
