"""Says at once that CodeMie is down for everybody, and finds out by itself when it is back.

Closed: questions pass. Three in a row that fail, each after its retries, open it.
Open: questions are told at once. The first that comes 5 s later, or after that, asks for CodeMie's health.
Half-open: if there is an answer, that question is the trial: it is tried once, and its ending closes or reopens.

No task of its own probes. CodeMie's health says nothing of its database and models, so that only a question can tell
whether it serves; there is none to try before somebody comes. The one who does waits 2 s at most for the probe while
the server is silent, and nobody else waits at all. The price: ``is_down`` stays true for as long as nobody asks, so
that nothing may keep questions away because of it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from bot.errors import CodemieDown, CodemieError, CodemieTimeout, CodemieUnavailable, EmptyAnswer

_log: Final = structlog.get_logger("codemie")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Admission:
    """One question's leave to ask; ``signs_of_life`` is how many there were by then. A trial is tried only once."""

    signs_of_life: int
    is_trial: bool


class Breaker:
    """Counts the questions that failed in a row, of all callers; ``failures`` of them open it.

    ``probe_interval_s`` lies between opening and the first probe, and between a failed one and the next;
    ``probe_timeout_s`` is the longest that one may take.
    """

    def __init__(
        self,
        *,
        failures: int = 3,
        probe_interval_s: float = 5,
        probe_timeout_s: float = 2,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_failures = failures
        self._probe_interval_s = probe_interval_s
        self._probe_timeout_s = probe_timeout_s
        self._clock = clock
        self._failures = 0
        self._signs_of_life = 0
        self._down_since_s: float | None = None
        self._probe_at_s = 0.0
        self._trial: Admission | None = None
        self._went_down = asyncio.Event()

    @property
    def is_down(self) -> bool:
        """Whether questions are told at once, but for a trial."""
        return self._down_since_s is not None

    @asynccontextmanager
    async def admit(self, probe: Callable[[], Awaitable[bool]]) -> AsyncIterator[Admission]:
        """Let a question through and learn from its ending; CodemieDown if it shall not be asked.

        ``probe`` tells whether CodeMie can be reached. An ending that is no answer and no word of CodeMie, such as
        being cancelled, counts as nothing.
        """
        admission = self._admit()
        try:
            if admission.is_trial:
                await self._check_reachable(probe)
            yield admission
        except (CodemieUnavailable, CodemieTimeout) as error:
            self._note_failure(admission, error)
            raise
        except CodemieDown:
            raise
        except (CodemieError, EmptyAnswer):
            self._note_life()
            raise
        else:
            self._note_life()
        finally:
            if self._trial is admission:
                self._trial = None

    async def pause(self, delay_s: float, *, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Sleep between two tries; CodemieDown as soon as it is down."""

        async def nap() -> None:
            await sleep(delay_s)

        async def watch() -> None:
            await self._went_down.wait()

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(nap()), group.create_task(watch())]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
        self.refuse_if_down()

    def refuse_if_down(self) -> None:
        """Raise CodemieDown if it is down."""
        if self._down_since_s is not None:
            raise CodemieDown(f"CodeMie has failed everybody for {self._clock() - self._down_since_s:.0f} s")

    def _admit(self) -> Admission:
        """Let everybody pass while closed, and one at a time to the probe when it is due."""
        if self._trial is not None or self._clock() < self._probe_at_s:
            self.refuse_if_down()
        admission = Admission(signs_of_life=self._signs_of_life, is_trial=self.is_down)
        if admission.is_trial:
            self._trial = admission
        return admission

    async def _check_reachable(self, probe: Callable[[], Awaitable[bool]]) -> None:
        is_reachable = False
        try:
            async with asyncio.timeout(self._probe_timeout_s):
                is_reachable = await probe()
        except TimeoutError:
            pass
        if not is_reachable:
            self._put_probe_off()
            self.refuse_if_down()

    def _note_failure(self, admission: Admission, error: CodemieError) -> None:
        """Count a failure, unless CodeMie has shown a sign of life since the question was begun."""
        if admission.signs_of_life != self._signs_of_life:
            return
        if self.is_down:
            if self._trial is admission:
                self._put_probe_off()
            return
        self._failures += 1
        if self._failures >= self._most_failures:
            self._down_since_s = self._clock()
            self._put_probe_off()
            self._went_down.set()
            _log.warning("codemie_down", failures=self._failures, code=error.code, reason=error.reason)

    def _note_life(self) -> None:
        """Close: whatever shows that CodeMie answers, also to a question from before it went down."""
        self._signs_of_life += 1
        self._failures = 0
        if self._down_since_s is not None:
            _log.info("codemie_back", down_s=round(self._clock() - self._down_since_s, 1))
            self._down_since_s = None
            self._went_down.clear()

    def _put_probe_off(self) -> None:
        self._probe_at_s = self._clock() + self._probe_interval_s
