"""The language to speak to somebody in where no text of theirs tells it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from bot.core.texts import Language, detect_language
from bot.errors import StoreError
from handlers.intake import Requests

# Out of the three seconds that a trigger lives.
_LONGEST_S: Final = 0.8


class LocaleFinder(Protocol):
    """Where people's locales are known."""

    async def find_language(self, user: str) -> Language | None:
        """Return the language of somebody's locale, if it is known and spoken."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages:
    """Chooses by what somebody asked for last, then by their locale in their workspace, then the ``default``.

    What they write comes first, as everywhere: Slack's own interface does not speak Ukrainian.
    """

    requests: Requests
    find_locales: Callable[[str], LocaleFinder]
    default: Language

    async def choose(self, *, team: str, user: str) -> Language:
        """Choose in time; never fails."""
        try:
            async with asyncio.timeout(_LONGEST_S):
                return (
                    await self._read_last(team, user)
                    or await self.find_locales(team).find_language(user)
                    or self.default
                )
        except TimeoutError:
            return self.default

    async def choose_default(self, text: str, *, team: str, user: str) -> Language:
        """Choose the language for a text that does not tell its own; for others nothing has to be looked up."""
        if len({detect_language(text, default=language) for language in Language}) == 1:
            return self.default
        return await self.choose(team=team, user=user)

    async def _read_last(self, team: str, user: str) -> Language | None:
        try:
            glances = await self.requests.list_recent(team=team, user=user, most=1)
        except StoreError:
            return None
        return detect_language(glances[0].prompt, default=self.default) if glances else None
