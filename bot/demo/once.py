"""``demo --once``: one ``/generate`` through the real app, with Slack and CodeMie on loopback."""

import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from bot.app import open_bot
from bot.core.controls import CANCEL_ACTION, FEEDBACK_ACTION, RETRY_ACTION
from bot.demo.transcript import write_message
from bot.demo.workspace import Workspace
from bot.demo.workspace.records import Change, ChangeKind, Message
from bot.demo.workspace.world import USERS
from bot.demo.worlds import lead_to_codemie, lead_to_real_codemie, lead_to_workspace, open_worlds
from bot.observability import configure_logging
from bot.settings import Settings

_CHANNEL: Final = "C1"
_USER: Final = "U1"
_DEMO_TIMEOUT_S: Final = 120
_REAL_TIMEOUT_S: Final = 1_800
_PICTURE_TIMEOUT_S: Final = 20
_NAMES: Final = {user.id: user.real_name for user in USERS}


class DemoSettings(Settings):
    """Settings that come from the demo alone, whatever the environment holds."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings' interface
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what the constructor is given."""
        return (init_settings,)


async def run_once(*, prompt: str, out_dir: Path, is_real_codemie: bool) -> int:
    """Send one prompt, print its thread, write what was delivered; 0 if it was delivered, else 1."""
    configure_logging(level="ERROR", log_format=None)
    async with _open_stage(is_real_codemie=is_real_codemie) as workspace:
        unsubscribe = workspace.subscribe(_print_progress)
        await workspace.send_command(user=_USER, channel=_CHANNEL, text=prompt)
        timeout_s = _REAL_TIMEOUT_S if is_real_codemie else _DEMO_TIMEOUT_S
        await workspace.wait_for(lambda: _has_ended(workspace), timeout_s)
        if any(message.files for message in _list_bot_messages(workspace)):
            with suppress(TimeoutError):
                await workspace.wait_for(lambda: _has_picture(workspace), _PICTURE_TIMEOUT_S)
        unsubscribe()
        _print_thread(workspace)
        return _write_files(workspace, out_dir)


@asynccontextmanager
async def _open_stage(*, is_real_codemie: bool) -> AsyncIterator[Workspace]:
    """Open the worlds and the bot between them, on free ports and in a folder that goes again."""
    with tempfile.TemporaryDirectory(prefix="codemie-bot-") as folder:
        async with open_worlds() as worlds:
            values = {
                **lead_to_workspace(worlds.workspace, is_socket_mode=False),
                **(lead_to_real_codemie() if is_real_codemie else lead_to_codemie(worlds.codemie)),
                "DATA_DIR": folder,
                "PORT": "0",
            }
            async with open_bot(DemoSettings.model_validate(_name(values))) as bot:
                worlds.workspace.events_url = f"http://127.0.0.1:{bot.port}/slack/events"
                yield worlds.workspace


def _name(values: Mapping[str, str]) -> dict[str, str]:
    """Name settings as attributes rather than as an environment does."""
    return {name.lower(): value for name, value in values.items()}


def _list_bot_messages(workspace: Workspace) -> list[Message]:
    return [message for message in workspace.messages(_CHANNEL) if message.bot_id]


def _has_ended(workspace: Workspace) -> bool:
    """Tell whether the job has said its last word, or was refused."""
    if workspace.ephemerals:
        return True
    messages = _list_bot_messages(workspace)
    is_running = any(CANCEL_ACTION in str(message.blocks) for message in messages)
    has_files = any(file.is_complete for file in workspace.files.values())
    if has_files and not any(message.files for message in messages):
        return False
    is_over = any(name in str(message.blocks) for message in messages for name in (RETRY_ACTION, FEEDBACK_ACTION))
    return is_over and not is_running


def _has_picture(workspace: Workspace) -> bool:
    """Tell whether the picture is among the shared files, or in a message."""
    pictures = [file for file in workspace.files.values() if file.is_complete and file.name.endswith(".png")]
    shown = str([message.blocks for message in _list_bot_messages(workspace)])
    return any(file.shares or file.id in shown for file in pictures)


def _read_status(anchor: Message) -> str:
    """Read how far the anchor says the job is."""
    contexts = (block for block in anchor.blocks if block.get("type") == "context")
    return next((str(block["elements"][0].get("text", "")) for block in contexts), "")


def _print_progress(change: Change) -> None:
    """Show on standard error how far the anchor says the job is."""
    message = change.message
    if change.kind in {ChangeKind.POSTED, ChangeKind.EDITED} and message and not message.is_reply:
        print(_read_status(message), file=sys.stderr)  # noqa: T201 - the command line's own words


def _print_thread(workspace: Workspace) -> None:
    for ephemeral in workspace.ephemerals:
        whisper = Message(channel=_CHANNEL, ts="", user="", text=ephemeral.text, blocks=ephemeral.blocks)
        print(write_message(whisper, author="Prototype (only you see this)"))  # noqa: T201 - as above
    for message in _list_bot_messages(workspace):
        names = [workspace.files[file_id].name for file_id in message.files]
        author = _NAMES.get(message.user, message.user)
        indent = "  ↳ " if message.is_reply else ""
        print(f"\n{indent}{write_message(message, author=author, file_names=names)}")  # noqa: T201 - as above


def _write_files(workspace: Workspace, out_dir: Path) -> int:
    """Write the delivered files; without any, nothing was delivered."""
    files = [file for file in workspace.files.values() if file.is_complete and file.content is not None]
    if not files:
        return 1
    out_dir.mkdir(parents=True, exist_ok=True)
    print("\nWritten:")  # noqa: T201 - as above
    for file in files:
        path = out_dir / file.name
        path.write_bytes(file.content or b"")
        print(f"  {path}")  # noqa: T201 - as above
    return 0
