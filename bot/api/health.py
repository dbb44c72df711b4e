"""Whether CodeMie serves: looked at really, and not more often than every few seconds, however many ask."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Protocol

from bot.core.models import StatusResponse
from bot.core.texts import Language, explain_error
from bot.errors import CodemieError, CodemieTimeout

_FRESH_S: Final = 5.0
_LONGEST_S: Final = 8.0


class Assistants(Protocol):
    """CodeMie's records, as they are needed here; every method raises CodemieError."""

    async def probe(self) -> None:
        """Find out whether CodeMie answers at all."""
        ...

    async def get(self, assistant_id: str) -> object:
        """Look at an assistant, which the bot's account may use."""
        ...


class CodemieHealth:
    """Probes CodeMie for everybody who asks within ``fresh_s`` seconds at once."""

    def __init__(
        self,
        *,
        assistants: Assistants,
        flow_assistant_id: str,
        page_assistant_id: str,
        api_url: str,
        language: Language,
        fresh_s: float = _FRESH_S,
        longest_s: float = _LONGEST_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._assistants = assistants
        self._flow_assistant_id = flow_assistant_id
        self._page_assistant_id = page_assistant_id
        self._api_url = api_url
        self._language = language
        self._fresh_s = fresh_s
        self._longest_s = longest_s
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._known: StatusResponse | None = None
        self._known_at_s = 0.0

    async def look(self) -> StatusResponse:
        """Say how CodeMie is, by a probe that is at most some seconds old."""
        async with self._lock:
            if self._known is None or self._monotonic() - self._known_at_s >= self._fresh_s:
                self._known = self._describe(await self._probe())
                self._known_at_s = self._monotonic()
            return self._known

    async def _probe(self) -> CodemieError | None:
        assistant_ids = tuple(dict.fromkeys((self._flow_assistant_id, self._page_assistant_id)))
        try:
            async with asyncio.timeout(self._longest_s):
                await self._assistants.probe()
                for assistant_id in assistant_ids:
                    await self._assistants.get(assistant_id)
        except TimeoutError:
            return CodemieTimeout("the probe took too long")
        except CodemieError as error:
            return error
        return None

    def _describe(self, error: CodemieError | None) -> StatusResponse:
        return StatusResponse(
            codemie_available=error is None,
            agent_flow_id=self._flow_assistant_id,
            agent_ui_id=self._page_assistant_id,
            api_url=self._api_url,
            error=explain_error(self._language, error.code) if error else None,
        )
