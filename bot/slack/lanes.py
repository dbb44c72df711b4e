"""Waiting as long as Slack asks for, first come first served.

A channel takes about one message a second: its posts go one after the other, so that a thread keeps its order
and whoever waited longest is the first to try again. Other methods are limited by workspace: their calls run
side by side, and queue once Slack has asked to wait. https://docs.slack.dev/apis/web-api/rate-limits
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

import structlog

from bot.errors import SlackUnavailable
from bot.fencing import confirm_run
from bot.ports import ignore
from bot.slack.failures import RATE_LIMITED, translated

T = TypeVar("T")
# Two hundred jobs at once in one channel take this long to post their three messages each; whoever has waited
# for longer leaves the lane, as if Slack could not be reached.
PATIENCE_S: Final = 600.0
# For progress that the next edit replaces, and for checks that may fail.
SHORT_PATIENCE_S: Final = 3.0
_log: Final = structlog.get_logger("slack")


@dataclass(slots=True)
class _Lane:
    """``open_at_s`` is when Slack takes calls again, on the monotonic clock; ``calls`` counts who is in here."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    open_at_s: float = 0.0
    calls: int = 0


class Lanes:
    """The queues of this process, one a channel or method; those that nobody needs are forgotten.

    What the SDK and the network raise is translated here.
    """

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        note_wait: Callable[[str, float], None] = ignore,
    ) -> None:
        self._note_wait = note_wait
        self._monotonic = monotonic
        self._sleep = sleep
        self._lanes: dict[str, _Lane] = {}

    def __len__(self) -> int:
        return len(self._lanes)

    async def call_in_turn(self, name: str, call: Callable[[], Awaitable[T]], *, patience_s: float = PATIENCE_S) -> T:
        """Call when everybody who came before is done.

        A call that is answered 429 is made again after the wait. Raises :class:`~bot.errors.SlackUnavailable`,
        with nothing done, where it would wait for longer than ``patience_s`` in all.
        """
        deadline_s = self._monotonic() + patience_s
        with self._enter(name) as lane:
            await _take_turn(lane, patience_s)
            try:
                return await self._call_when_open(lane, name, call, deadline_s)
            finally:
                lane.turn.release()

    async def call(self, name: str, call: Callable[[], Awaitable[T]], *, patience_s: float = PATIENCE_S) -> T:
        """Call at once, or in turn where Slack has asked to wait; raises like :meth:`call_in_turn`."""
        with self._enter(name) as lane:
            if lane.open_at_s <= self._monotonic():
                try:
                    return await _translate(call)
                except SlackUnavailable as error:
                    self._hold(lane, name, error)
            return await self.call_in_turn(name, call, patience_s=patience_s)

    async def _call_when_open(self, lane: _Lane, name: str, call: Callable[[], Awaitable[T]], deadline_s: float) -> T:
        while True:
            if lane.open_at_s > deadline_s:
                raise SlackUnavailable(reason=RATE_LIMITED)
            if (wait_s := lane.open_at_s - self._monotonic()) > 0:
                await self._sleep(wait_s)
                continue
            try:
                return await _translate(call)
            except SlackUnavailable as error:
                self._hold(lane, name, error)

    def _hold(self, lane: _Lane, name: str, error: SlackUnavailable) -> None:
        """Close a lane for as long as Slack asks; raise what is no such request."""
        if error.retry_after_s is None:
            raise error
        _log.info("asked_to_wait", lane=name, wait_s=error.retry_after_s)
        self._note_wait(name, error.retry_after_s)
        lane.open_at_s = max(lane.open_at_s, self._monotonic() + error.retry_after_s)

    @contextmanager
    def _enter(self, name: str) -> Iterator[_Lane]:
        lane = self._lanes.setdefault(name, _Lane())
        lane.calls += 1
        try:
            yield lane
        finally:
            lane.calls -= 1
            self._forget_idle()

    def _forget_idle(self) -> None:
        """Drop the lanes that nobody is in and nothing holds."""
        now_s = self._monotonic()
        for name in [name for name, lane in self._lanes.items() if not lane.calls and lane.open_at_s <= now_s]:
            del self._lanes[name]


async def _translate(call: Callable[[], Awaitable[T]]) -> T:
    await confirm_run()
    with translated():
        return await call()


async def _take_turn(lane: _Lane, patience_s: float) -> None:
    try:
        async with asyncio.timeout(patience_s):
            await lane.turn.acquire()
    except TimeoutError:
        raise SlackUnavailable(reason=RATE_LIMITED) from None
