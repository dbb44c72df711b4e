"""Counting the requests to Slack's Web API, each try of a call.

A call that waits and is tried again is one call to whoever makes it, and several requests to Slack. So this is a
handler that never retries: the SDK asks it after every try.
"""

from collections.abc import Callable
from typing import Final

from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState
from slack_sdk.http_retry.async_handler import AsyncRetryHandler

from bot.slack.failures import KNOWN_WORDS

OK: Final = "ok"
OTHER: Final = "other"
UNREACHABLE: Final = "unreachable"
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500

# The method, and how the request ended.
NoteCall = Callable[[str, str], None]


class CallCounter(AsyncRetryHandler):
    """Notes how each request ended: ``ok``, Slack's word if it is a known one, or what was in the way."""

    def __init__(self, note: NoteCall) -> None:
        super().__init__(max_retry_count=0)
        self._note = note

    async def can_retry_async(
        self,
        *,
        state: RetryState,  # noqa: ARG002 - the SDK's interface
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        """Note one try, and retry nothing."""
        self._note(request.url.rstrip("/").rpartition("/")[2], _name_end(response, error))
        return False


def _name_end(response: HttpResponse | None, error: Exception | None) -> str:
    if response is None or error is not None:
        return UNREACHABLE
    if response.status_code == _TOO_MANY:
        return "ratelimited"
    if response.status_code >= _SERVER_ERROR:
        return "server_error"
    body = response.body if isinstance(response.body, dict) else {}
    if body.get("ok"):
        return OK
    word = body.get("error")
    return word if word in KNOWN_WORDS else OTHER
