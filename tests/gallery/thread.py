"""Draws what the real bot posts: one request in each language, between the built-in workspace and CodeMie.

Run it with ``uv run python tests/gallery/thread.py``; it needs Chromium on the PATH. Times of day in the pictures are
made up, so that they change only where the messages do.
"""

import asyncio
import sys
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests, whose stage and gallery this uses

from gallery.draw import draw
from gallery.samples import SAMPLES
from gallery.scene import PHONE, Json, Kind, Scene
from stage import Stage, open_stage

from bot.core.texts import Language
from bot.demo.workspace import Message, Workspace
from bot.demo.workspace.objects import show_channel, show_file, show_message, show_user

_SCREENS: Final = Path(__file__).parents[2] / "docs" / "screens"
_CHANNEL: Final = "C1"
_USERS: Final[Mapping[Language, str]] = {Language.ENGLISH: "U2", Language.UKRAINIAN: "U1"}
_THREAD: Final[Mapping[Language, str]] = {Language.ENGLISH: "Thread", Language.UKRAINIAN: "Гілка"}


async def draw_request(language: Language, *, out: Path) -> list[Path]:
    """Let the bot answer a request, and draw the channel and the thread into ``thread-LANGUAGE.png`` in ``out``."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_stage(Path(folder)) as stage:
            thread = await _ask(stage, SAMPLES[language].prompt, user=_USERS[language])
            scene = _set(stage.workspace, thread, language)
            world = describe_world(stage.workspace, me=_USERS[language])
    return await draw([scene], language=language, width=PHONE, out=out, world=world)


def describe_world(workspace: Workspace, *, me: str) -> Json:
    """Describe the people, channels and files of a workspace, as ``draw.js`` takes them; ``me`` looks at it."""
    state = workspace.state
    return {
        "me": me,
        "users": {item.id: show_user(item, with_locale=False) for item in state.users.values()},
        "channels": {item.id: show_channel(item) for item in state.channels.values()},
        "files": {
            item.id: _write_address(item.content, str(show_file(item)["mimetype"]))
            for item in state.files.values()
            if item.content is not None
        },
    }


async def _ask(stage: Stage, prompt: str, *, user: str) -> list[Message]:
    anchor = await stage.command(prompt, channel=_CHANNEL, user=user)
    return await stage.wait_for_files(_CHANNEL, anchor.ts)


def _set(workspace: Workspace, thread: list[Message], language: Language) -> Scene:
    shown = [show_message(workspace.state, message) for message in thread]
    timeless = [{key: value for key, value in message.items() if key != "ts"} for message in shown]
    scene = Scene(
        name="thread",
        caption="",
        kind=Kind.STACK,
        title=f"# {workspace.state.channels[_CHANNEL].name}",
        under=_THREAD[language],
        channel=tuple(timeless[:1]),
        messages=tuple(timeless),
    )
    return scene.with_times()


def _write_address(content: bytes, mimetype: str) -> str:
    return f"data:{mimetype};base64,{b64encode(content).decode()}"


async def _draw_all() -> None:
    for language in Language:
        await draw_request(language, out=_SCREENS)


if __name__ == "__main__":
    asyncio.run(_draw_all())
