"""The language that somebody has chosen in Slack: https://docs.slack.dev/reference/methods/users.info ."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.texts import Language
from bot.errors import SlackError
from bot.slack.failures import NOT_TO_BE_HAD, translated

_LONGEST_S: Final = 0.7
_KEPT_S: Final = 3_600.0
_MOST_KEPT: Final = 5_000
_log: Final = structlog.get_logger("slack")


class Locales:
    """Asks Slack once an hour for each person; never again where the app may not, as without ``users:read``.

    At most ``most_kept`` people are remembered.
    """

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        monotonic: Callable[[], float] = time.monotonic,
        most_kept: int = _MOST_KEPT,
    ) -> None:
        self._client = client
        self._monotonic = monotonic
        self._most_kept = most_kept
        self._is_missing = False
        self._kept: OrderedDict[str, tuple[float, Language | None]] = OrderedDict()

    async def find(self, user: str) -> Language | None:
        """Return somebody's language; ``None`` where Slack does not tell in time, or tells one that is not spoken."""
        now_s = self._monotonic()
        kept = self._kept.get(user)
        if kept and now_s < kept[0]:
            return kept[1]
        if self._is_missing:
            return None
        try:
            locale = await self._ask(user)
        except SlackError as error:
            self._is_missing = error.reason in NOT_TO_BE_HAD
            _log.info("locale_unknown", reason=error.reason)
            return None
        language = read_locale(locale)
        self._keep(user, language, until_s=now_s + _KEPT_S)
        return language

    async def _ask(self, user: str) -> str:
        with translated():
            async with asyncio.timeout(_LONGEST_S):
                answer = await self._client.users_info(user=user, include_locale=True)
        found = answer.get("user")
        return str(found.get("locale")) if isinstance(found, dict) else ""

    def _keep(self, user: str, language: Language | None, *, until_s: float) -> None:
        self._kept[user] = (until_s, language)
        self._kept.move_to_end(user)
        if len(self._kept) > self._most_kept:
            self._kept.popitem(last=False)


def read_locale(locale: str) -> Language | None:
    """Read one of Slack's locales, such as ``uk-UA``; ``None`` for a language that the bot does not speak."""
    spoken = locale.replace("_", "-").partition("-")[0].casefold()
    return next((language for language in Language if language == spoken), None)
