"""People as Slack's directory has them: what language they have chosen, and whether they are members of the workspace.

https://docs.slack.dev/reference/methods/users.info
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.admission import Standing
from bot.core.texts import Language
from bot.errors import SlackError, SlackUnavailable
from bot.slack.failures import translated

_LONGEST_S: Final = 0.7
_KEPT_S: Final = 600.0
# Within one payload nobody is asked about twice, so that what hangs is waited for once.
_FAILED_S: Final = 2.0
_MOST_KEPT: Final = 5_000
_NOT_ALLOWED: Final = "missing_scope"
_log: Final = structlog.get_logger("slack")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody; ``language`` is ``None`` for one that the bot does not speak."""

    language: Language | None
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of somebody until ``until_s``: who they are, or why that could not be learnt."""

    person: Person | None
    error: SlackError | None
    until_s: float


class People:
    """Asks Slack about each person once in ten minutes, and not at all where the app lacks ``users:read``.

    Whoever asks meanwhile waits for the same answer. While Slack does not answer, people are who they were. At most
    ``most_kept`` are remembered.
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
        self._barred_until_s = 0.0
        self._kept: OrderedDict[str, _Known] = OrderedDict()
        self._asking: dict[str, asyncio.Task[_Known]] = {}

    async def find_language(self, user: str) -> Language | None:
        """Return somebody's language; ``None`` where Slack does not tell in time, or tells one that is not spoken."""
        try:
            person = await self.find(user)
        except SlackError:
            return None
        return person.language if person else None

    async def find_standing(self, user: str) -> Standing | None:
        """Return who somebody is, ``None`` where the app may not ask; raises SlackError where that is not known."""
        person = await self.find(user)
        return person.standing if person else None

    async def find(self, user: str) -> Person | None:
        """Return somebody, ``None`` where the app may not ask.

        Raises :class:`~bot.errors.SlackError` where Slack does not answer in time, and never has.
        """
        now_s = self._monotonic()
        known = self._kept.get(user)
        if known is None or now_s >= known.until_s:
            if now_s < self._barred_until_s:
                return known.person if known else None
            known = await asyncio.shield(self._asking.get(user) or self._start(user))
        if known.person is None and known.error is not None and known.error.reason != _NOT_ALLOWED:
            raise SlackUnavailable(reason=known.error.reason)
        return known.person

    def _start(self, user: str) -> asyncio.Task[_Known]:
        task = asyncio.create_task(self._learn(user))  # noqa: TID251 - held in _asking until it ends
        self._asking[user] = task
        task.add_done_callback(lambda _: self._asking.pop(user, None))
        return task

    async def _learn(self, user: str) -> _Known:
        """Ask, and remember what came of it: a failure for a moment, with who it was before."""
        before = self._kept.get(user)
        try:
            person = await self._ask(user)
        except SlackError as error:
            _log.info("person_unknown", reason=error.reason)
            if error.reason == _NOT_ALLOWED:
                self._barred_until_s = self._monotonic() + _KEPT_S
            known = _Known(person=before.person if before else None, error=error, until_s=self._monotonic() + _FAILED_S)
        else:
            known = _Known(person=person, error=None, until_s=self._monotonic() + _KEPT_S)
        self._keep(user, known)
        return known

    async def _ask(self, user: str) -> Person:
        with translated():
            async with asyncio.timeout(_LONGEST_S):
                answer = await self._client.users_info(user=user, include_locale=True)
        found = answer.get("user")
        if not isinstance(found, dict):
            raise SlackUnavailable(reason="no_user")
        return read_person(found)

    def _keep(self, user: str, known: _Known) -> None:
        self._kept[user] = known
        self._kept.move_to_end(user)
        if len(self._kept) > self._most_kept:
            self._kept.popitem(last=False)


def read_person(found: Mapping[str, Any]) -> Person:
    """Read a user object: https://docs.slack.dev/reference/objects/user-object/ .

    ``is_stranger`` is false of people of another organisation who share a channel with the app: the team tells them.
    """
    profile, org = found.get("profile"), found.get("enterprise_user")
    team = found.get("team_id") or (profile.get("team") if isinstance(profile, dict) else None)
    return Person(
        language=read_locale(str(found.get("locale"))),
        standing=Standing(
            team=str(team or ""),
            org=str((org.get("enterprise_id") if isinstance(org, dict) else None) or ""),
            is_guest=bool(found.get("is_restricted") or found.get("is_ultra_restricted")),
            is_stranger=bool(found.get("is_stranger")),
        ),
    )


def read_locale(locale: str) -> Language | None:
    """Read one of Slack's locales, such as ``uk-UA``; ``None`` for a language that the bot does not speak."""
    spoken = locale.replace("_", "-").partition("-")[0].casefold()
    return next((language for language in Language if language == spoken), None)
