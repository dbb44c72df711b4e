"""What tests of the ways into the bot share: people of their own, the modals they see, what is sent again."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from stage import Stage

from bot.demo.workspace import Delivery, Message, View
from bot.demo.workspace.world import User

_FORM = "application/x-www-form-urlencoded"


def invite(stage: Stage, user: str, *, locale: str = "en-US") -> str:
    """Let somebody new into the workspace, who has asked for nothing yet; return their id."""
    stage.workspace.state.users[user] = User(id=user, name=user.lower(), real_name=user, locale=locale)
    return user


def get_modal(stage: Stage, user: str) -> View:
    """Return the modal that somebody has in front of them."""
    return [view for view in stage.workspace.views.values() if view.user == user and view.is_open][-1]


def has_modal(stage: Stage, user: str) -> bool:
    """Tell whether somebody has a modal in front of them."""
    return any(view.user == user and view.is_open for view in stage.workspace.views.values())


async def send_again(stage: Stage, payload: Mapping[str, Any]) -> Delivery:
    """Deliver an interaction once more, rightly signed."""
    return await stage.workspace.deliver_interaction(dict(payload))


async def wait_for_dm(stage: Stage, user: str) -> list[Message]:
    """Wait for a result in somebody's DM; return the bot's messages there."""

    def find_root() -> list[Message]:
        channel = stage.workspace.state.find_dm(user)
        messages = stage.workspace.messages(channel.id) if channel else []
        return [message for message in messages if message.bot_id and not message.is_reply]

    root = (await stage.workspace.wait_for(find_root, 10))[-1]
    return await stage.wait_for_files(root.channel, root.ts)


def list_whispers(stage: Stage, user: str) -> list[str]:
    """List what somebody alone was told."""
    return [item.text for item in stage.workspace.ephemerals if item.user == user]


def show(blocks: object) -> str:
    """Write blocks as text, to be searched."""
    return json.dumps(blocks, ensure_ascii=False)


async def wait_for_feedback(stage: Stage, *, known: int, count: int) -> list[dict[str, Any]]:
    """Wait until CodeMie has ``count`` opinions more than the ``known`` ones; return these."""
    async with asyncio.timeout(10):
        while len(stage.codemie.feedback) < known + count:  # noqa: ASYNC110 - CodeMie tells nobody
            await asyncio.sleep(0.02)
    return stage.codemie.feedback[known:]


async def ask_until(ask: Callable[[], Awaitable[str]], text: str) -> str:
    """Ask until the answer has ``text`` in it: how a job ended is kept a moment after its thread has shown it."""
    async with asyncio.timeout(10):
        while text not in (answer := await ask()):  # noqa: ASYNC110 - asking is what tells
            await asyncio.sleep(0.05)
    return answer
