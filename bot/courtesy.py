"""Who waits for whom: jobs step aside while people's requests are being acknowledged.

Slack gives three seconds for an acknowledgement and a job takes a minute, so in a burst of requests the few
milliseconds belong to the first. A step that runs is not held up, so that work is held back where it would begin.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

_LONGEST_STEP_S: Final = 0.5


class Courtesy:
    """Counts the requests in hand; jobs wait for them, though never for long."""

    def __init__(self, *, longest_step_s: float = _LONGEST_STEP_S) -> None:
        self._longest_step_s = longest_step_s
        self._in_hand = 0
        self._is_free = asyncio.Event()
        self._is_free.set()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Have a request in hand for as long as the context lasts."""
        self._in_hand += 1
        self._is_free.clear()
        try:
            yield
        finally:
            self._in_hand -= 1
            if self._in_hand == 0:
                self._is_free.set()

    async def before_step(self) -> None:
        """Wait until no request is in hand."""
        if not self._is_free.is_set():
            await wait_at_most(self._longest_step_s, self._is_free.wait())


async def wait_at_most(longest_s: float, waiting: Awaitable[object]) -> bool:
    """Wait, and tell whether what was waited for has come."""
    try:
        async with asyncio.timeout(longest_s):
            await waiting
    except TimeoutError:
        return False
    return True


@asynccontextmanager
async def working(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do some work beside the context, and cancel it at the end of that; what the work raises ends the context."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
