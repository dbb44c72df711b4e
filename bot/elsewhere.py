"""Erasing what Slack and CodeMie have; what they refuse now, or are not there for, is left for another time."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar
from uuid import UUID

import structlog

from bot.core.block_kit import Block, Message
from bot.core.blocks import build_notice
from bot.core.models import TakenOpinion
from bot.core.texts import Language, speak
from bot.errors import (
    CannotPost,
    CodemieAccessDenied,
    CodemieDown,
    CodemieError,
    CodemieLoginFailed,
    CodemieRateLimited,
    CodemieTimeout,
    CodemieUnavailable,
    SlackError,
    SlackUnavailable,
    SlackUncertain,
)
from bot.ports import MESSAGE_NOT_FOUND, Mark, Place
from bot.remains import HomeTab, Remains, Share, Told, Unconfirmed

T = TypeVar("T")
# A refusal that says nothing of a message or a file, but that the bot's own access has to be mended.
_NO_SCOPE: Final = "missing_scope"
_CODEMIE_OUTAGES: Final = (
    CodemieUnavailable,
    CodemieTimeout,
    CodemieRateLimited,
    CodemieDown,
    CodemieLoginFailed,
)
_BROKEN: Final = 500
_log: Final = structlog.get_logger("erasing")


class Slack(Protocol):
    """Slack, as it is needed here; every method raises :class:`bot.errors.SlackError`."""

    async def update(self, message: Message, *, channel: str, ts: str, may_be_skipped: bool) -> None:
        """Edit a message of the bot; one that may be skipped is not waited with for long."""
        ...

    async def delete(self, *, channel: str, ts: str) -> None:
        """Remove a message of the bot."""
        ...

    async def remove_file(self, file_id: str) -> None:
        """Delete a file, or find it gone."""
        ...

    async def publish_home(self, view: Block, *, user: str) -> None:
        """Show somebody an App Home, where the app has one."""
        ...

    async def find_share(self, file_ids: Sequence[str], *, place: Place) -> str | None:
        """Find the message that shares files; SlackUncertain where the bot may not read the thread."""
        ...

    async def find_post(self, mark: Mark, *, place: Place) -> str | None:
        """Find a message by its mark; SlackUncertain where the bot may not read the thread."""
        ...


class Conversations(Protocol):
    """CodeMie, as it is needed here."""

    async def forget(self, conversation_id: UUID) -> None:
        """Delete a conversation, or find it gone; raises CodemieError."""
        ...

    async def take_back(self, opinion: TakenOpinion) -> None:
        """Delete an opinion, or find it gone; raises CodemieError."""
        ...


HomeBuilder = Callable[[Language], Block]


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Slack and CodeMie, by the ids that are left of what they have; ``build_home`` builds what shows nothing."""

    slack: Slack
    conversations: Conversations
    build_home: HomeBuilder

    async def erase(self, remains: Remains) -> Remains:
        """Erase what Slack and CodeMie have; return what they refuse now, or are not there for.

        The message that shares files is found by them, so it goes first; so does an opinion, by its conversation.
        """
        shares = await _erase_each("share", remains.shares, self._erase_share)
        left = {
            "shares": shares,
            "files": remains.files if shares else await _erase_each("file", remains.files, self.slack.remove_file),
            "messages": await _erase_each("message", remains.messages, self._erase_message),
            "unconfirmed": await _erase_each("message", remains.unconfirmed, self._erase_unconfirmed),
            "homes": await _erase_each("home", remains.homes, self._erase_home),
            "opinions": await _erase_each("opinion", remains.opinions, self.conversations.take_back),
            "conversations": await _erase_each("conversation", remains.conversations, self.conversations.forget),
        }
        return remains.model_copy(update=left)

    async def _erase_home(self, home: HomeTab) -> None:
        await self.slack.publish_home(self.build_home(home.language), user=home.user)

    async def _erase_share(self, share: Share) -> None:
        await self._erase_found(share, lambda place: self.slack.find_share(share.files, place=place))

    async def _erase_unconfirmed(self, unconfirmed: Unconfirmed) -> None:
        mark = Mark(job_id=unconfirmed.job_id, part=unconfirmed.part, is_repeat=True)
        await self._erase_found(unconfirmed, lambda place: self.slack.find_post(mark, place=place))

    async def _erase_found(self, where: Share | Unconfirmed, find: Callable[[Place], Awaitable[str | None]]) -> None:
        """Erase a message whose ts is not known, if it is found in its thread or, where the root is gone, outside."""
        for thread_ts in dict.fromkeys((where.thread_ts, None)):
            try:
                ts = await find(Place(channel=where.channel, thread_ts=thread_ts))
            except (CannotPost, SlackUncertain) as error:
                _log.warning("message_not_looked_for", code=error.code, reason=error.reason)
                continue
            if ts is not None:
                await self.slack.delete(channel=where.channel, ts=ts)
                return

    async def _erase_message(self, told: Told) -> None:
        if told.language is None:
            await self.slack.delete(channel=told.channel, ts=told.ts)
            return
        notice = build_notice(speak(told.language).deleted)
        await self.slack.update(notice, channel=told.channel, ts=told.ts, may_be_skipped=True)


async def _erase_each(what: str, things: tuple[T, ...], erase: Callable[[T], Awaitable[None]]) -> tuple[T, ...]:
    """Erase one after the other; return those that are left, since it was refused or whoever has them is away.

    What was tried last comes last: if it is not an outage after all, the others get their turn before it.
    """
    left: list[T] = []
    for at, thing in enumerate(things):
        try:
            await erase(thing)
        except (SlackError, CodemieError) as error:
            may_pass = _may_pass(error)
            if error.reason != MESSAGE_NOT_FOUND:
                event = "erasure_waits" if may_pass else "not_erasable"
                _log.warning(event, what=what, code=error.code, reason=error.reason)
            left += [thing] if may_pass else []
            if may_pass and is_outage(error):
                return (*things[at + 1 :], *left)
    return tuple(left)


def is_outage(error: SlackError | CodemieError) -> bool:
    """Tell whether nothing else is to be had right now either; CodeMie also says 500 of one thing alone."""
    if isinstance(error, SlackError):
        return isinstance(error, SlackUnavailable) or error.reason == _NO_SCOPE
    return isinstance(error, _CODEMIE_OUTAGES) and error.status != _BROKEN


def _may_pass(error: SlackError | CodemieError) -> bool:
    """Tell whether it is worth trying again; another account's conversation or a channel one may not enter is not."""
    return is_outage(error) if isinstance(error, SlackError) else not isinstance(error, CodemieAccessDenied)
