"""Everything that keeps something of people's: the bot's database and files, its log, Slack, CodeMie."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from postgres import Postgres
from stage import Stage

from bot.demo.workspace import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The stores of a stage; ``folder`` is where its process may leave files, ``postgres`` has its database, if any."""

    stage: Stage
    folder: Path
    postgres: Postgres | None = None

    async def list_places(self, mark: str) -> list[str]:
        """Name the stores in which something planted is found."""
        places = {
            **await asyncio.to_thread(self._read_files),
            **self._read_slack(),
            **self._read_codemie(),
            "database": await self._read_database(),
            "metrics": await self._read_metrics(),
        }
        return [name for name, content in places.items() if mark.encode() in content]

    async def _read_database(self) -> bytes:
        """Return what a back-up of PostgreSQL has; in SQLite, the bytes of its files, log and free pages included."""
        if self.postgres is None:
            return read_all(Path(self.stage.env["DATA_DIR"]))
        path = self.folder / "dump.sql"
        await self.postgres.dump(self.stage.env["DATABASE_URL"], path)
        content = await asyncio.to_thread(path.read_bytes)
        await asyncio.to_thread(path.unlink)
        return content

    async def _read_metrics(self) -> bytes:
        """Return what the process has counted, if it lives."""
        if self.stage.process is None or self.stage.process.returncode is not None:
            return b""
        async with aiohttp.ClientSession() as session, session.get(f"{self.stage.url}/metrics") as answer:
            return await answer.read()

    def _read_files(self) -> Mapping[str, bytes]:
        files = read_all(self.folder) + (b"" if self.postgres is None else read_all(Path(self.stage.env["DATA_DIR"])))
        return {"files": files, "log": self.stage.log_path.read_bytes()}

    def _read_slack(self) -> Mapping[str, bytes]:
        """Return all that Slack has of the bot's, but for what one person alone saw, which nobody can take back."""
        workspace = self.stage.workspace
        said = [
            [message.text, message.blocks, message.metadata]
            for channel in workspace.state.channels
            for message in workspace.messages(channel)
            if message.bot_id
        ]
        shown = [
            *(str(view.body) for view in workspace.published_homes.values()),
            *(str(view.body) for view in workspace.views.values() if view.is_open),
            *map(str, (workspace.session_titles, workspace.suggested_prompts, workspace.statuses)),
        ]
        return {
            "slack's messages": json.dumps(said, ensure_ascii=False).encode(),
            "slack's files": b"".join(file.content or b"" for file in workspace.files.values()),
            "slack's views": "".join(shown).encode(),
        }

    def _read_codemie(self) -> Mapping[str, bytes]:
        codemie = self.stage.codemie
        return {
            "codemie's conversations": str(codemie.conversations).encode(),
            "codemie's feedback": str(codemie.feedback).encode(),
        }


def find_preview(message: Message) -> str:
    """Return the address of the preview that a message opens."""
    elements = [element for block in message.blocks for element in block.get("elements") or ()]
    return str(next(element["url"] for element in elements if "/p/" in str(element.get("url"))))


def read_all(folder: Path) -> bytes:
    """Return the bytes of all files in a folder; one that goes meanwhile is left out."""
    content = []
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            content += [path.read_bytes()] if path.is_file() else []
    return b"".join(content)
