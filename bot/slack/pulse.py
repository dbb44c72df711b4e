"""Whether Slack's Web API answers: asked when somebody wants to know it, and not again for half a minute.

Nobody waits for the answer: whoever watches the bot gives it a second, and an outage of Slack's must not look like one
of the bot.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackError
from bot.slack.failures import translated

OK: Final = "ok"
UNKNOWN: Final = "unknown"
_KEPT_S: Final = 30.0
_LONGEST_S: Final = 5.0


class Pulse:
    """Asks ``auth.test``, which also tells whether the token is still good, or a ``method`` that takes none.

    ``client`` retries nothing.
    """

    def __init__(
        self, *, client: AsyncWebClient, method: str = "auth.test", monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._method = method
        self._monotonic = monotonic
        self._known = UNKNOWN
        self._asked_s: float | None = None
        self._asking: asyncio.Task[None] | None = None

    def read(self) -> str:
        """Return ``ok``, the word for what is wrong, or ``unknown``, as it was last; ask again if that was long ago."""
        now_s = self._monotonic()
        if self._asked_s is None or now_s - self._asked_s > _KEPT_S:
            self._asked_s = now_s
            self._asking = asyncio.create_task(self._ask())  # noqa: TID251 - short, and ended by stop
        return self._known

    def stop(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()

    async def _ask(self) -> None:
        try:
            with translated():
                async with asyncio.timeout(_LONGEST_S):
                    await self._client.api_call(self._method)
        except SlackError as error:
            self._known = error.reason or error.code
        else:
            self._known = OK
