"""The sign that the bot is at work, where the surface has one: an agent's session, else a thread's status.

A session shows Slack's own Stop button (https://docs.slack.dev/ai/agent-sessions/); a status goes by itself two
minutes after it was set, or with the next message
(https://docs.slack.dev/reference/methods/assistant.threads.setStatus). Nothing depends on either: what Slack does
not know or does not allow is not asked for again, and what fails otherwise is left out.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackError
from bot.ports import Place
from bot.slack.failures import NOT_TO_BE_HAD
from bot.slack.lanes import SHORT_PATIENCE_S, Lanes

_SESSION: Final = "agents.sessions.setStatus"
_STATUS: Final = "assistant.threads.setStatus"
_log: Final = structlog.get_logger("slack")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """Shows and clears the sign; ``missing`` has the methods that this workspace does not have."""

    client: AsyncWebClient
    lanes: Lanes
    missing: set[str] = field(default_factory=set)

    async def show(self, place: Place, *, text: str, user: str) -> bool:
        """Show that the bot is at work in a thread; ``text`` is its status, where Slack shows one.

        Tell whether the sign is there and stays whatever is posted, as a session does, which never moves on by itself:
        https://docs.slack.dev/reference/events/agent_session_stopped
        """
        thread_ts = place.thread_ts
        if thread_ts is None:
            return False

        async def show_session() -> Any:  # noqa: ANN401 - the SDK's answer, which is not read
            return await self.client.agents_sessions_setStatus(
                channel_id=place.channel, thread_ts=thread_ts, status="processing", initiator_user_id=user
            )

        async def show_status() -> Any:  # noqa: ANN401 - as above
            return await self.client.assistant_threads_setStatus(
                channel_id=place.channel, thread_ts=thread_ts, status=text
            )

        is_in_session = await self._call(_SESSION, show_session)
        if is_in_session is None:
            await self._call(_STATUS, show_status)
        return bool(is_in_session)

    async def clear(self, place: Place) -> None:
        """Take the sign away, whichever was shown."""
        thread_ts = place.thread_ts
        if thread_ts is None:
            return

        async def clear_session() -> Any:  # noqa: ANN401 - as above
            return await self.client.agents_sessions_setStatus(
                channel_id=place.channel, thread_ts=thread_ts, status="active"
            )

        async def clear_status() -> Any:  # noqa: ANN401 - as above
            return await self.client.assistant_threads_setStatus(
                channel_id=place.channel, thread_ts=thread_ts, status=""
            )

        if await self._call(_SESSION, clear_session) is None:
            await self._call(_STATUS, clear_status)

    async def _call(self, method: str, call: Callable[[], Awaitable[object]]) -> bool | None:
        """Call, and tell whether that was done; ``None`` where the workspace has no such method."""
        if method in self.missing:
            return None
        try:
            await self.lanes.call(method, call, patience_s=SHORT_PATIENCE_S)
        except SlackError as error:
            if error.reason in NOT_TO_BE_HAD:
                self.missing.add(method)
                _log.info("sign_of_work_not_to_be_had", method=method, reason=error.reason)
                return None
            _log.debug("sign_of_work_not_shown", method=method, reason=error.reason)
            return False
        return True
