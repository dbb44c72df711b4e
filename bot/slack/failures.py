"""What Slack's SDK and the network raise, translated into the error tree once.

Errors of posting: https://docs.slack.dev/reference/methods/chat.postMessage/#errors
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import CannotPost, SlackError, SlackUnavailable

_CANNOT_POST: Final = frozenset(
    {
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_thread_only_channel",
        "cannot_reply_to_message",
        "user_is_bot",
        "user_not_found",
    }
)
_PASSING: Final = frozenset({"ratelimited", "fatal_error", "internal_error", "service_unavailable", "request_timeout"})
_NOT_SENT: Final = "not_sent"
_UNDONE: Final = frozenset({"ratelimited", _NOT_SENT})
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_CLIENT_ERROR: Final = 400


def is_certainly_undone(error: SlackUnavailable) -> bool:
    """Tell whether Slack did nothing: it said so, or was never reached."""
    return error.reason in _UNDONE


def check_status(status: int) -> None:
    """Raise for the HTTP status of an upload or a response_url."""
    if status >= _SERVER_ERROR or status == _TOO_MANY:
        raise SlackUnavailable(reason=f"http_{status}")
    if status >= _CLIENT_ERROR:
        raise SlackError(reason=f"http_{status}")


def _read_refusal(error: SlackApiError) -> tuple[str, int]:
    """Read Slack's word and the status; a gateway's body is a text, and has no word."""
    status = getattr(error.response, "status_code", None) or getattr(error.response, "status", None) or 0
    answer = getattr(error.response, "data", None)
    word = answer.get("error") if isinstance(answer, dict) else None
    return str(word or f"http_{status}"), int(status)


@contextmanager
def translated() -> Iterator[None]:
    """Translate what the SDK and the network raise; Slack's error word is kept, its prose is not."""
    try:
        yield
    except SlackApiError as error:
        reason, status = _read_refusal(error)
        if reason in _CANNOT_POST:
            raise CannotPost(reason=reason) from error
        if reason in _PASSING or status >= _SERVER_ERROR:
            raise SlackUnavailable(reason=reason) from error
        raise SlackError(reason=reason) from error
    except aiohttp.ClientConnectorError as error:
        raise SlackUnavailable(reason=_NOT_SENT) from error
    except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError) as error:
        raise SlackUnavailable(reason=type(error).__name__) from error
