"""Runs a command between the built-in workspace and the built-in CodeMie, with the settings that lead to them.

``uv run python tests/worlds.py codemie-bot run`` is a bot to type to: a line that begins with ``/generate`` is the
slash command of Olena's in #general, ``@bot …`` a mention there, any other line a direct message. What the bot posts
and edits is printed. It ends with the command; nothing of Slack or CodeMie is reached.
"""

import asyncio
import os
import shutil
import signal
import sys
import threading
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from bot.demo.transcript import write_message
from bot.demo.workspace import Change, ChangeKind, Message, Workspace
from bot.demo.worlds import lead_to_codemie, lead_to_workspace, open_worlds

_USER = "U1"
_CHANNEL = "C1"
_COMMAND = "/generate"
_MENTION = "@bot"
_SHOWN = {ChangeKind.POSTED, ChangeKind.EDITED}


async def main(command: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    async with open_worlds(chars_per_s=4_000) as worlds:
        workspace = worlds.workspace
        settings = lead_to_workspace(workspace, is_socket_mode=True) | lead_to_codemie(worlds.codemie)
        workspace.subscribe(lambda change: _print_change(workspace, change))
        process = await asyncio.create_subprocess_exec(
            shutil.which(command[0]) or command[0],
            *command[1:],
            env={**os.environ, **settings},  # noqa: TID251 - a child's
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C comes here, and the command is told once
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, _stop, process)
        async with asyncio.TaskGroup() as group:
            typing = group.create_task(_take_typed(workspace))
            code = await process.wait()
            typing.cancel()
        return code


def _stop(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)


async def _take_typed(workspace: Workspace) -> None:
    async for line in _read_lines():
        await _send(workspace, line.strip())


async def _read_lines() -> AsyncIterator[str]:
    """Read what is typed, in a thread that nobody waits for: the end does not come with a line."""
    loop, lines = asyncio.get_running_loop(), asyncio.Queue[str]()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)

    threading.Thread(target=read, daemon=True).start()
    while True:
        yield await lines.get()


async def _send(workspace: Workspace, text: str) -> None:
    if text.startswith(_COMMAND):
        await workspace.send_command(user=_USER, channel=_CHANNEL, text=text.removeprefix(_COMMAND).strip())
    elif text.startswith(_MENTION):
        await workspace.say(user=_USER, channel=_CHANNEL, text=text.removeprefix(_MENTION).strip(), mention=True)
    elif text:
        await workspace.say(user=_USER, channel="D1", text=text)


def _print_change(workspace: Workspace, change: Change) -> None:
    """Print what people see: messages of the bot's, and what it whispers."""
    message = change.message
    if change.kind is ChangeKind.EPHEMERAL:
        whisper = workspace.ephemerals[-1]
        message = Message(channel=whisper.channel, ts=whisper.ts, user="", text=whisper.text, blocks=whisper.blocks)
    elif change.kind not in _SHOWN or message is None or not message.bot_id:
        return
    if message is not None:
        names = [workspace.files[file_id].name for file_id in message.files]
        author = f"[{change.kind}] {message.channel} {message.ts}"
        print(write_message(message, author=author, file_names=names), flush=True)  # noqa: T201 - as a person sees it


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:] or ["codemie-bot", "run"])))
