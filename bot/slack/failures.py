"""What Slack's SDK and the network raise, translated into the error tree once.

Errors of posting: https://docs.slack.dev/reference/methods/chat.postMessage/#errors
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import CannotPost, SlackError, SlackUnavailable
from bot.ports import MESSAGE_NOT_FOUND, THREAD_GONE

_CANNOT_POST: Final = frozenset(
    {
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        # https://docs.slack.dev/reference/methods/chat.update/#errors
        "is_inactive",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_thread_only_channel",
        "cannot_reply_to_message",
        "user_is_bot",
        "user_not_found",
        "user_disabled",
        "user_not_visible",
        "cannot_dm_bot",
        "messages_tab_disabled",
        # https://docs.slack.dev/reference/methods/files.completeUploadExternal/#errors
        "invalid_channel",
        "posting_to_channel_denied",
    }
)
_THREAD_NOT_FOUND: Final = "thread_not_found"
# The token has been replaced or taken away, which passes once its successor is in its file.
TOKEN_REFUSED: Final = frozenset({"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"})
_PASSING: Final = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})
_NOT_SENT: Final = "not_sent"
RATE_LIMITED: Final = "ratelimited"
# chat.postMessage documents the second spelling for posts that come too fast.
_TOO_MANY_WORDS: Final = frozenset({RATE_LIMITED, "rate_limited"})
NOT_TRUSTED: Final = "certificate_not_trusted"
_PROXY_REFUSED: Final = "proxy_refused"
_UNDONE: Final = TOKEN_REFUSED | {RATE_LIMITED, _NOT_SENT, NOT_TRUSTED, _PROXY_REFUSED}
# What tells that a method will not be had by asking again.
NOT_TO_BE_HAD: Final = frozenset(
    {
        "unknown_method",
        "missing_scope",
        "not_allowed_token_type",
        "feature_not_enabled",
        "method_deprecated",
        "not_an_agent",
        "no_permission",
        "access_denied",
        "team_not_allowed",
        "http_404",
    }
)
# The words that are told apart where errors are counted; Slack has hundreds.
KNOWN_WORDS: Final = frozenset(
    {
        *_CANNOT_POST,
        *_PASSING,
        *_TOO_MANY_WORDS,
        *NOT_TO_BE_HAD,
        _THREAD_NOT_FOUND,
        MESSAGE_NOT_FOUND,
        "account_inactive",
        "already_reacted",
        "cant_delete_message",
        "cant_update_message",
        "edit_window_closed",
        "expired_trigger_id",
        "file_not_found",
        "hash_conflict",
        "invalid_arguments",
        "invalid_auth",
        "invalid_blocks",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "not_authed",
        "token_expired",
        "token_revoked",
        "trigger_exchanged",
    }
)
_SHORTEST_WAIT_S: Final = 1.0
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_CLIENT_ERROR: Final = 400
_log: Final = structlog.get_logger("slack")


class NotSlack(SlackClientError):
    """What answered is JSON, and not of Slack's form."""


def is_certainly_undone(error: SlackUnavailable) -> bool:
    """Tell whether Slack did nothing: it said so, or was never reached."""
    return error.reason in _UNDONE


def check_status(status: int, headers: Mapping[str, str]) -> None:
    """Raise for the HTTP status of an upload or a response_url."""
    if status == _TOO_MANY:
        raise SlackUnavailable(reason=RATE_LIMITED, retry_after_s=_read_wait(headers))
    if status >= _SERVER_ERROR:
        raise SlackUnavailable(reason=f"http_{status}")
    if status >= _CLIENT_ERROR:
        raise SlackError(reason=f"http_{status}")


def _read_wait(headers: Mapping[str, str]) -> float:
    """Read Retry-After, in seconds; a second where Slack does not say, or says nonsense."""
    asked = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return max(_SHORTEST_WAIT_S, float(asked)) if asked.isdigit() else _SHORTEST_WAIT_S


def is_token_refused(error: SlackApiError) -> bool:
    """Tell whether it is the token that Slack refuses."""
    return _read_refusal(error)[0] in TOKEN_REFUSED


def _read_refusal(error: SlackApiError) -> tuple[str, int, Mapping[str, str]]:
    """Read Slack's word, the status and the headers; a gateway's body is a text, and has no word."""
    response: Any = error.response
    status = getattr(response, "status_code", None) or getattr(response, "status", None) or 0
    answer = getattr(response, "data", None)
    word = answer.get("error") if isinstance(answer, dict) else None
    return str(word or f"http_{status}"), int(status), getattr(response, "headers", None) or {}


def _translate_refusal(error: SlackApiError) -> SlackError:
    reason, status, headers = _read_refusal(error)
    if status == _TOO_MANY or reason in _TOO_MANY_WORDS:
        return SlackUnavailable(reason=RATE_LIMITED, retry_after_s=_read_wait(headers))
    if reason == _THREAD_NOT_FOUND:
        return CannotPost(reason=THREAD_GONE)
    if reason in _CANNOT_POST:
        return CannotPost(reason=reason)
    if reason in TOKEN_REFUSED:
        _log.warning("token_refused", reason=reason)
        return SlackUnavailable(reason=reason)
    if reason in _PASSING or status >= _SERVER_ERROR:
        return SlackUnavailable(reason=reason)
    return SlackError(reason=reason)


@contextmanager
def translated() -> Iterator[None]:
    """Translate what the SDK and the network raise; Slack's error word is kept, its prose is not."""
    try:
        yield
    except SlackApiError as error:
        raise _translate_refusal(error) from error
    except aiohttp.ClientConnectorCertificateError as error:
        raise SlackUnavailable(reason=NOT_TRUSTED) from error
    except aiohttp.ClientHttpProxyError as error:
        raise SlackUnavailable(reason=_PROXY_REFUSED) from error
    except aiohttp.ClientConnectorError as error:
        raise SlackUnavailable(reason=_NOT_SENT) from error
    except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError) as error:
        raise SlackUnavailable(reason=type(error).__name__) from error
