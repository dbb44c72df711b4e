"""What every part of the workspace's memory builds on: its clock, its ids, and who is told of changes."""

import asyncio
import itertools
from collections.abc import Callable, Iterable
from typing import Final

from bot.demo.observers import Observers
from bot.demo.workspace.records import Change, Json

Observer = Callable[[Change], None]

_MICROSECONDS: Final = 1_000_000


class Observed:
    """Makes ids and timestamps that were not used before, and tells observers of changes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._observers: Observers[Change] = Observers()
        self._changed = asyncio.Event()
        self._last_ts = 0
        self._ids = itertools.count(1)
        # Part of every id, so that a bot which remembers an earlier workspace sees no id twice.
        self._epoch = f"{int(clock() * _MICROSECONDS):X}"

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Call ``observer`` after every change, until the returned function is called."""
        return self._observers.add(observer)

    def notify(self, change: Change) -> None:
        """Tell the observers, and wake whoever waits."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        self._observers.tell(change)

    async def wait_for_change(self) -> None:
        """Return after the next change."""
        await self._changed.wait()

    def make_id(self, prefix: str) -> str:
        """Make an id that was not used before."""
        return f"{prefix}{self._epoch}{next(self._ids):04X}"

    def make_ts(self) -> str:
        """Make the next timestamp: unique in the workspace, and growing."""
        self._last_ts = max(self._last_ts + 1, int(self.clock() * _MICROSECONDS))
        seconds, micros = divmod(self._last_ts, _MICROSECONDS)
        return f"{seconds}.{micros:06d}"

    def fill_block_ids(self, blocks: Iterable[Json]) -> tuple[Json, ...]:
        """Give the blocks ids where they have none, as Slack does."""
        return tuple({**block, "block_id": block.get("block_id") or self.make_id("b")} for block in blocks)
