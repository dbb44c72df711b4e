"""Telling those who wait for a job in this process that it has ended, or that the process stops."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Endings:
    """Who waits for which job; jobs of other processes end without a word here."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self.is_stopping = False

    @contextmanager
    def watching(self, job_id: str) -> Iterator[asyncio.Event]:
        """Wait for a job; the event is set when it has ended, which is kept a moment later, or the process stops."""
        news = asyncio.Event()
        waiting = self._waiting.setdefault(job_id, set())
        waiting.add(news)
        try:
            yield news
        finally:
            waiting.discard(news)
            if not waiting:
                self._waiting.pop(job_id, None)

    def announce(self, job_id: str) -> None:
        """Say that a job has ended."""
        for news in self._waiting.get(job_id, ()):
            news.set()

    def stop(self) -> None:
        """Say that the process stops: whoever waits is to wait elsewhere."""
        self.is_stopping = True
        for waiting in self._waiting.values():
            for news in waiting:
                news.set()
