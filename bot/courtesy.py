"""Who waits for whom: jobs step aside while people's requests are being acknowledged.

Slack gives three seconds for an acknowledgement and a job takes a minute, so in a burst of requests the few
milliseconds belong to the first.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_LONGEST_S: Final = 0.5


class Courtesy:
    """Counts the requests in hand; jobs wait until there are none, though never for long."""

    def __init__(self, *, longest_s: float = _LONGEST_S) -> None:
        self._longest_s = longest_s
        self._requests = 0
        self._is_calm = asyncio.Event()
        self._is_calm.set()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Have a request in hand for as long as the context lasts."""
        self._requests += 1
        self._is_calm.clear()
        try:
            yield
        finally:
            self._requests -= 1
            if self._requests == 0:
                self._is_calm.set()

    async def step_aside(self) -> None:
        """Wait until no request is in hand, or for half a second."""
        if self._is_calm.is_set():
            return
        try:
            async with asyncio.timeout(self._longest_s):
                await self._is_calm.wait()
        except TimeoutError:
            return
