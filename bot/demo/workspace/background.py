"""Work that outlives the request which began it: redeliveries, echoes, shares that appear later."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self


class Background:
    """A group of tasks that end with the workspace; an error in one of them is raised at the end."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._group = await self._stack.enter_async_context(asyncio.TaskGroup())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        self._group = None
        await self._stack.aclose()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin ``work``; nothing is begun once the workspace has stopped."""
        if self._group is None:
            work.close()
            return
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def start_later(self, delay_s: float, act: Callable[[], None]) -> None:
        """Call ``act`` after ``delay_s`` seconds."""
        self.start(_act_later(delay_s, act))


async def _act_later(delay_s: float, act: Callable[[], None]) -> None:
    await asyncio.sleep(delay_s)
    act()
