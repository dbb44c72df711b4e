"""Who waits for whom: jobs step aside while people's requests are being acknowledged.

Slack gives three seconds for an acknowledgement and a job takes a minute, so in a burst of requests the few
milliseconds belong to the first. A step that runs is not held up, so that work is held back where it would begin.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

_BURST: Final = 10
_BURST_S: Final = 0.5
_LOOK_EVERY_S: Final = 0.1
_LONGEST_STEP_S: Final = 0.5
_LONGEST_START_S: Final = 3.0


class Courtesy:
    """Counts the requests in hand and those that have just come; jobs wait, though never for long.

    Ten requests within half a second are a burst, which others may belong to.
    """

    def __init__(
        self,
        *,
        longest_step_s: float = _LONGEST_STEP_S,
        longest_start_s: float = _LONGEST_START_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._longest_step_s = longest_step_s
        self._longest_start_s = longest_start_s
        self._clock = clock
        self._in_hand = 0
        self._is_free = asyncio.Event()
        self._is_free.set()
        self._came_at_s: deque[float] = deque(maxlen=_BURST)

    @contextmanager
    def request(self) -> Iterator[None]:
        """Have a request in hand for as long as the context lasts."""
        self._came_at_s.append(self._clock())
        self._in_hand += 1
        self._is_free.clear()
        try:
            yield
        finally:
            self._in_hand -= 1
            if self._in_hand == 0:
                self._is_free.set()

    @property
    def is_burst(self) -> bool:
        """Whether requests come one upon the other."""
        came = self._came_at_s
        return len(came) == _BURST and self._clock() - came[0] < _BURST_S

    async def before_step(self) -> None:
        """Wait until no request is in hand."""
        if not self._is_free.is_set():
            await wait_at_most(self._longest_step_s, self._is_free.wait())

    async def before_start(self) -> None:
        """Wait until a burst is over."""
        if self.is_burst:
            await wait_at_most(self._longest_start_s, self._wait_for_calm())

    async def _wait_for_calm(self) -> None:
        while self.is_burst:  # noqa: ASYNC110 - what ends it is that nothing happens
            await asyncio.sleep(_LOOK_EVERY_S)


async def wait_at_most(longest_s: float, waiting: Awaitable[object]) -> bool:
    """Wait, and tell whether what was waited for has come."""
    try:
        async with asyncio.timeout(longest_s):
            await waiting
    except TimeoutError:
        return False
    return True
