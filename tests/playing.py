"""A page of the playground without a browser: it follows what happens, and does things in a person's name."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp
from stage import PICTURE_NAME

Json = dict[str, Any]
_Found = TypeVar("_Found")


@dataclass(slots=True, kw_only=True)
class Follower:
    """One person's page: ``world`` is what it has been told, changes merged in; ``traffic`` the entries by id."""

    session: aiohttp.ClientSession
    url: str
    user: str
    world: Json = field(default_factory=dict)
    traffic: dict[int, Json] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        """Follow until it is cancelled."""
        timeout = aiohttp.ClientTimeout(total=None)
        async with self.session.get(f"{self.url}/live", params={"user": self.user}, timeout=timeout) as response:
            response.raise_for_status()
            event = ""
            async for line in response.content:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "event":
                    event = value
                elif name == "data":
                    self._take(event, json.loads(value))

    async def ask(self, act: str, **details: object) -> tuple[int, Json]:
        """Do something; returns the status and the answer."""
        body = {"act": act, "user": self.user, **details}
        async with self.session.post(f"{self.url}/act", json=body) as response:
            return response.status, await response.json()

    async def act(self, act: str, **details: object) -> None:
        """Do something that is done."""
        status, answer = await self.ask(act, **details)
        assert status == 200, answer

    async def wait_for(self, predicate: Callable[[], _Found | None], timeout_s: float = 30) -> _Found:
        """Return what ``predicate`` returns once that is true; it is asked after every change."""
        async with asyncio.timeout(timeout_s):
            while not (found := predicate()):
                await self._changed.wait()
                self._changed.clear()
        return found

    def list_messages(self, channel: str) -> list[Json]:
        """List the messages of a channel, replies among them, in their order."""
        return [message for _, message in sorted(self.world["messages"].get(channel, {}).items())]

    def count_results(self, channel: str) -> int:
        """Count the messages of a channel that share files."""
        return sum(bool(message.get("files")) for message in self.list_messages(channel))

    def list_files(self, channel: str) -> dict[str, str]:
        """List the addresses of the files that a channel's messages show, by name.

        A picture that came late is in a block, where it has none.
        """
        messages = self.list_messages(channel)
        blocks = [block for message in messages for block in message.get("blocks") or ()]
        late = [(PICTURE_NAME, block["slack_file"]["id"]) for block in blocks if "slack_file" in block]
        shared = [(file["name"], file["id"]) for message in messages for file in message.get("files", [])]
        return {name: self.world["files"][file_id] for name, file_id in (*late, *shared)}

    def is_ready(self) -> bool:
        """Tell whether the bot takes requests."""
        return bool(self.world) and self.world["process"]["state"] == "ready"

    def _take(self, event: str, value: Any) -> None:  # noqa: ANN401 - JSON
        match event:
            case "snapshot":
                self.world = value
            case "change":
                self._merge(value)
            case "traffic":
                self.traffic |= {entry["id"]: entry for entry in value}
        self._changed.set()

    def _merge(self, part: Json) -> None:
        for channel, messages in part.pop("messages", {}).items():
            known = self.world["messages"].setdefault(channel, {})
            known.update(messages)
            for ts in [ts for ts, message in known.items() if message is None]:
                del known[ts]
        self.world |= part


@asynccontextmanager
async def following(url: str, user: str = "U1") -> AsyncIterator[Follower]:
    """Follow a playground as ``user`` sees it, from the moment its bot is ready."""
    async with aiohttp.ClientSession() as session:
        follower = Follower(session=session, url=url, user=user)
        task = asyncio.create_task(follower.follow())  # noqa: TID251 - a test's own
        try:
            await follower.wait_for(follower.is_ready)
            yield follower
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
