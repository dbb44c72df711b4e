"""Tells one person's page what changes: what came since is gathered for a moment, and told at once."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.demo.playground.outlook import Outlook, Place
from bot.demo.playground.traffic import KEPT
from bot.demo.workspace import Change, ChangeKind, Json

_GATHER_S: Final = 0.03

# Which parts of an outlook a change concerns; messages are told one by one.
_PARTS: Final[Mapping[ChangeKind, tuple[str, ...]]] = {
    ChangeKind.POSTED: ("statuses", "files"),
    ChangeKind.DELETED: ("files",),
    ChangeKind.EPHEMERAL: ("whispers",),
    ChangeKind.FILE: ("files",),
    ChangeKind.VIEW: ("views",),
    ChangeKind.HOME: ("home",),
    ChangeKind.STATUS: ("statuses", "prompts"),
    ChangeKind.CHANNEL: ("channels",),
    ChangeKind.USER: ("users", "locale", "language"),
}


@dataclass(slots=True, kw_only=True)
class Feed:
    """What one page has not been told yet; ``show_operations`` shows the state of the playground itself."""

    outlook: Outlook
    show_operations: Callable[[], Mapping[str, object]]
    _names: set[str] = field(default_factory=set)
    _places: set[Place] = field(default_factory=set)
    _told: dict[str, object] = field(default_factory=dict)
    # A page that does not read is not told more than one that comes anew.
    _entries: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT))
    _waiting: asyncio.Event = field(default_factory=asyncio.Event)

    def tell_everything(self) -> Json:
        """Show the whole; what comes after is told as changes."""
        self._told = dict(self.show_operations())
        return {**self.outlook.show(), "messages": self.outlook.show_messages(), **self._told}

    def note(self, change: Change) -> None:
        """Note a change in the workspace."""
        self._names.update(_PARTS.get(change.kind, ()))
        for message in (change.message, change.previous):
            if message is not None:
                # The root shows how many replies there are.
                self._places |= {(message.channel, message.ts), (message.channel, message.root_ts)}
        if change.channel and change.ts:
            self._places.add((change.channel, change.ts))
        self._waiting.set()

    def note_traffic(self, entry: Json) -> None:
        """Note something that went over the wire."""
        self._entries.append(entry)
        self._waiting.set()

    def look_again(self) -> None:
        """Look at the playground itself again, and at what passes by itself."""
        self._names.add("statuses")
        self._waiting.set()

    async def wait_for_changes(self) -> tuple[Json, list[Json]]:
        """Wait for changes, and return what changed within a moment and what went over the wire; both may be empty."""
        await self._waiting.wait()
        await asyncio.sleep(_GATHER_S)
        self._waiting.clear()
        entries = list(self._entries)
        self._entries.clear()
        return self._gather(), entries

    def _gather(self) -> Json:
        names, self._names = self._names, set()
        places, self._places = self._places, set()
        part = self.outlook.show(names) | self._find_changed_operations()
        messages = self.outlook.show_messages(places)
        return {**part, "messages": messages} if messages else part

    def _find_changed_operations(self) -> dict[str, object]:
        shown = self.show_operations()
        changed = {name: value for name, value in shown.items() if self._told.get(name) != value}
        self._told |= changed
        return changed
