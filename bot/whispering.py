"""The last carrier of a result: a slash command's response_url, which its user alone sees.

It takes five messages within thirty minutes, also where the bot may not post: the notice that the result comes
there, the flow, the page, a failure, and one to spare.
https://docs.slack.dev/interactivity/handling-user-interaction/#message_responses
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from bot.core.block_kit import Message
from bot.core.blocks import build_notice
from bot.core.limits import RESPONSE_URL_MAX_USES
from bot.errors import CannotPost, SlackError, SlackUncertain
from bot.ports import Mark, Poster
from bot.run import Run

_NOTICE_USES: Final = 1
# An answer that is lost is lost for good: nothing can be looked up here. A result is then sent once more, since a
# double that one person sees until they reload is better than no result; notice and failure are not.
_RESULT_USES: Final = 2
_log: Final = structlog.get_logger("job")


def read_clock() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisperer:
    """Answers a slash command within the uses of its response_url; each use is counted with the job."""

    poster: Poster
    now: Callable[[], datetime] = read_clock

    async def send_result(self, run: Run, part: str, message: Message) -> None:
        """Send a part of the result; raises :class:`~bot.errors.CannotPost` where the response_url is used up."""
        await self._send(run, part, message, most_uses=_RESULT_USES)

    async def send_notice(self, run: Run, part: str, text: str) -> None:
        """Say something; raises like :meth:`send_result`."""
        await self._send(run, part, build_notice(text), most_uses=_NOTICE_USES)

    async def try_to_send(self, run: Run, part: str, message: Message) -> None:
        """Send what may be missed."""
        if run.job.address.response_url is None:
            return
        try:
            await self._send(run, part, message, most_uses=_NOTICE_USES)
        except SlackError as error:
            _log.warning("not_whispered", part=part, code=error.code, reason=error.reason)

    async def _send(self, run: Run, part: str, message: Message, *, most_uses: int) -> None:
        async def use(mark: Mark) -> int:
            return await self._use(run, message, mark, most_uses)

        uses = await run.post(f"whisper_{part}", int, use)
        run.note(whispers=run.progress.whispers + uses)

    async def _use(self, run: Run, message: Message, mark: Mark, most_uses: int) -> int:
        """Send until it is known to have arrived; return the uses that this may have taken.

        A run before this one may have taken one.
        """
        uses = int(mark.is_repeat)
        while uses < most_uses:
            try:
                await self.poster.respond(message, response_url=self._get_url(run, uses))
            except SlackUncertain as error:
                _log.warning("whisper_unconfirmed", part=mark.part, reason=error.reason)
                uses += 1
            except SlackError as error:
                if not uses:
                    raise
                _log.warning("not_whispered_again", part=mark.part, reason=error.reason)
                return uses
            else:
                return uses + 1
        return uses

    def _get_url(self, run: Run, uses: int) -> str:
        """Return the response_url; raise CannotPost where there is none, or none any more."""
        address, expires_at = run.job.address, run.job.address.response_url_expires_at
        if address.response_url is None:
            raise CannotPost(reason="no_response_url")
        if expires_at is not None and self.now() >= expires_at:
            raise CannotPost(reason="response_url_expired")
        if run.progress.whispers + uses >= RESPONSE_URL_MAX_USES:
            raise CannotPost(reason="response_url_used_up")
        return address.response_url
