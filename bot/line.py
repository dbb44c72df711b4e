"""The line: who may begin. So many jobs at once, fair among users, and in a thread one after the other.

Order comes from the ledger, as fair queueing has it (https://en.wikipedia.org/wiki/Fair_queuing); how many run at
once is counted in the process, whose connections to CodeMie they share.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

from bot.courtesy import wait_at_most
from bot.ledger import Position

# Edits of a place: few enough, together, for Slack's 50 edits a minute.
_SHOWN_PLACES: Final = 5
_SHOW_EVERY_S: Final = 10.0
# A place that can't be shown by then is not waited with: the job's turn may have come.
_LONGEST_SHOW_S: Final = 3.0
# How long a job waits before it looks again whether the job before it in its thread, in another process, is done.
_LOOK_EVERY_S: Final = 1.0
_LONGEST_HOLD_S: Final = 3.0
# Threads opened at a time: in a burst of requests the next ones are acknowledged before all of these are answered.
_OPENERS: Final = 8
_LONGEST_OPENING_S: Final = 1.0

Show = Callable[[int | None], Awaitable[None]]


class Starts(Protocol):
    """Where the start of a job is noted."""

    async def begin(self, position: Position, *, thread: str | None) -> bool:
        """Note that a job runs; false while an earlier one of its thread is unfinished."""
        ...


@dataclass(slots=True, eq=False)
class Turn:
    """One job's turn: waiting for it, having it, giving it back; ``had_to_wait`` says that it did not come at once."""

    position: Position
    line: "Line"
    had_to_wait: bool = False
    may_begin: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def number(self) -> int | None:
        """The place in line, counted from 1; ``None`` for a job that may begin."""
        return self.line.find_number(self)

    @asynccontextmanager
    async def opening(self) -> AsyncIterator[None]:
        """Hold one of the few places for jobs that open their threads at the same time, for a second at most.

        Whoever has to wait for Slack any longer keeps nobody else from opening a thread elsewhere.
        """
        await self.line.openers.acquire()
        with ExitStack() as stack:
            stack.callback(self.line.openers.release)
            timer = asyncio.get_running_loop().call_later(_LONGEST_OPENING_S, stack.close)
            try:
                yield
            finally:
                timer.cancel()

    async def take(self, *, thread: str | None, show: Show) -> None:
        """Wait until the job may begin; ``show`` is told places worth showing, ``None`` for behind its thread."""
        await self.line.take(self, thread=thread, show=show)


class Line:
    """The jobs of this process that wait or run; at most ``most_running`` run."""

    def __init__(self, *, starts: Starts, most_running: int, show_every_s: float = _SHOW_EVERY_S) -> None:
        self.openers = asyncio.Semaphore(_OPENERS)
        self._starts = starts
        self._most_running = most_running
        self._show_every_s = show_every_s
        self._waiting: set[Turn] = set()
        self._running: set[Turn] = set()
        self._expected = 0
        self._is_closed = False
        self._thread_moved = asyncio.Event()

    def hold_for(self, expected: int) -> None:
        """Let nobody begin until so many jobs have joined, or three seconds have passed.

        After a restart jobs come back in any order, and those at the head of the line are to be first.
        """
        self._expected += expected  # those that have joined already have counted down
        if self._expected > 0:
            asyncio.get_running_loop().call_later(_LONGEST_HOLD_S, self._stop_holding)

    @asynccontextmanager
    async def join(self, position: Position) -> AsyncIterator[Turn]:
        """Stand in line for as long as the context lasts; whoever leaves it makes room for the next."""
        turn = Turn(position, self)
        self._waiting.add(turn)
        self._expected -= 1
        self._call_next()
        turn.had_to_wait = not turn.may_begin.is_set()
        try:
            yield turn
        finally:
            self._waiting.discard(turn)
            self._running.discard(turn)
            self._thread_moved.set()
            self._thread_moved = asyncio.Event()
            self._call_next()

    def close(self) -> list[str]:
        """Let nobody begin any more; return the ids of the jobs that run."""
        self._is_closed = True
        return [turn.position.job_id for turn in self._running]

    def count(self) -> tuple[int, int]:
        """Count who runs and who waits."""
        return len(self._running), len(self._waiting)

    def find_number(self, turn: Turn) -> int | None:
        """Count who is before a job that waits, itself included; nobody is told how many other workspaces have."""
        if turn not in self._waiting:
            return None
        colleagues = (other for other in self._waiting if other.position.team == turn.position.team)
        return 1 + sum(_rank(other) < _rank(turn) for other in colleagues)

    async def take(self, turn: Turn, *, thread: str | None, show: Show) -> None:
        """Wait for a free place, and for the jobs before it in the thread, which take no place meanwhile."""
        is_told = False
        while True:
            await self._wait_for_place(turn, show)
            if await self._starts.begin(turn.position, thread=thread):
                return
            self._running.discard(turn)
            self._call_next()
            if not is_told:
                await show(None)
                is_told = turn.had_to_wait = True
            await wait_at_most(_LOOK_EVERY_S, self._thread_moved.wait())
            turn.may_begin.clear()
            self._waiting.add(turn)
            self._call_next()

    async def _wait_for_place(self, turn: Turn, show: Show) -> None:
        shown = turn.number
        while not await wait_at_most(self._show_every_s, turn.may_begin.wait()):
            number = turn.number
            if number is not None and number != shown and number <= _SHOWN_PLACES:
                shown = number
                await wait_at_most(_LONGEST_SHOW_S, show(number))

    def _call_next(self) -> None:
        """Let the first in line begin while there is room."""
        if self._expected > 0 or self._is_closed:
            return
        has_suspect = any(turn.position.is_suspect for turn in self._running)
        for turn in sorted(self._waiting, key=_rank):
            if len(self._running) >= self._most_running:
                return
            if turn.position.is_suspect and has_suspect:
                continue
            has_suspect = has_suspect or turn.position.is_suspect
            self._waiting.discard(turn)
            self._running.add(turn)
            turn.may_begin.set()

    def _stop_holding(self) -> None:
        self._expected = 0
        self._call_next()


def _rank(turn: Turn) -> tuple[int, int]:
    return turn.position.tag, turn.position.seq
