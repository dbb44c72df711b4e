"""CodeMie's failures: of a run that answers 200, and of a request that does not. No I/O.

No text of the server gets into an exception: only statuses, sizes and words of a fixed form. Texts of runs
carry prompts, stack traces and addresses.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from bot.errors import (
    CodemieAccessDenied,
    CodemieBadGateway,
    CodemieError,
    CodemieFailedAnswer,
    CodemieLoginFailed,
    CodemieNotFound,
    CodemieRateLimited,
    CodemieRejected,
    CodemieTimeout,
    CodemieUnavailable,
)

# The name CodeMie gives to what the language model itself says, as opposed to its tools.
MODEL_AUTHOR: Final = "Codemie Thoughts"
_VALIDATOR_AUTHOR: Final = "Security Validator"

# https://github.com/codemie-ai/codemie/blob/main/src/codemie/core/error_constants.py
_PASSING_KINDS: Final[Mapping[str, type[CodemieError]]] = {
    "platform_error": CodemieUnavailable,
    "agent_network_error": CodemieUnavailable,
    "agent_timeout": CodemieTimeout,
    "lite_llm_rate_limit_error": CodemieRateLimited,
}
_AGENT_FAILED: Final = re.compile(r"\s*AI Agent run failed with error:")
_CHAIN_FAILED: Final = re.compile(r"\s*PureChain generation failed")
_LIMIT_WORDS: Final = re.compile(
    r"token limit|context[ _]?(length|window)|max\w*[ _]tokens|too many tokens|budget", re.IGNORECASE
)
_MAX_EXPLANATION_CHARS: Final = 4_000
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_SECONDS: Final = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)

_OK: Final = 200
_UNAUTHORIZED: Final = 401
_STATUS_ERRORS: Final[Mapping[int, type[CodemieError]]] = {
    _UNAUTHORIZED: CodemieLoginFailed,
    403: CodemieAccessDenied,
    404: CodemieNotFound,
    408: CodemieRateLimited,
    429: CodemieRateLimited,
    501: CodemieBadGateway,
    505: CodemieBadGateway,
}
_CLASS_ERRORS: Final[Mapping[int, type[CodemieError]]] = {4: CodemieRejected, 5: CodemieUnavailable}
_DENIED: Final = "Access denied"
_SIGN_IN_HEADER: Final = "x-user-mcp-auth-location"


def find_early_failure(read: Mapping[str, Any]) -> CodemieError | None:
    """Find a failure of the model in an object before the last; tools may fail without failing the run."""
    thought = read.get("thought")
    kind = read.get("execution_error")
    if kind is None or not isinstance(thought, dict) or thought.get("author_name") != MODEL_AUTHOR:
        return None
    return _explain_kind(kind) if thought.get("error") else None


def find_failure(read: Mapping[str, Any], text: str) -> CodemieError | None:
    """Find out whether the last object, or the only one, tells of a failure; ``text`` is its answer."""
    thought = read.get("thought")
    if read.get("execution_error") is not None:
        return _explain_kind(read["execution_error"])
    if read.get("success") is False:
        return CodemieFailedAnswer("the run did not succeed", reason="no_success")
    if isinstance(thought, dict) and thought.get("error") and thought.get("author_name") == _VALIDATOR_AUTHOR:
        return CodemieFailedAnswer("the assistant's prompt was refused", reason="security_validator")
    if read.get("taskId") is not None:
        return CodemieBadGateway("the run was moved to the background", reason="background")
    return _explain_text(text)


def explain_error_body(error: Mapping[str, Any]) -> CodemieError:
    """Make the error of an error body that came with status 200."""
    if error.get("message") == _DENIED:
        return CodemieAccessDenied("CodeMie answered 200 with an error: access denied", status=_OK)
    return CodemieFailedAnswer("CodeMie answered 200 with an error", status=_OK, reason="error_body")


def _explain_kind(kind: object) -> CodemieError:
    """Make the error of an ``execution_error``; whatever is not known to pass is final."""
    word = kind if isinstance(kind, str) and _WORD.fullmatch(kind) else "unknown"
    return _PASSING_KINDS.get(word, CodemieFailedAnswer)(f"the run failed: {word}", reason=word)


def _explain_text(text: str) -> CodemieError | None:
    """Recognise a failure whose only trace is the text that stands in place of an answer."""
    if _CHAIN_FAILED.match(text):
        return CodemieFailedAnswer("the run failed: chain_failed", reason="chain_failed")
    if not _AGENT_FAILED.match(text):
        return None
    if _LIMIT_WORDS.search(text, 0, _MAX_EXPLANATION_CHARS):
        return CodemieFailedAnswer("the run failed: agent_limit", reason="agent_limit")
    return CodemieUnavailable("the run failed: agent_failed", reason="agent_failed")


def decipher_error(status: int, headers: Mapping[str, str], body: bytes, *, now: datetime) -> CodemieError:
    """Read a response whose status is not 200; ``headers`` must not mind case, ``now`` dates a Retry-After."""
    details = _read_error(body)
    error = _choose_error(status, headers, details)(
        f"CodeMie answered {status} with {len(body)} bytes",
        status=status,
        retry_after_s=read_retry_after(headers, now=now),
    )
    if isinstance(error, CodemieNotFound):
        error.reason = "assistant" if details else "path"
    return error


def _choose_error(status: int, headers: Mapping[str, str], details: Mapping[str, Any]) -> type[CodemieError]:
    # CodeMie says 401, not 403, to an account that may not use the assistant, and to one that has yet to sign
    # in to one of the assistant's MCP servers; neither is about the token.
    is_denied = details.get("message") == _DENIED or "login_url" in details or _SIGN_IN_HEADER in headers
    if status == _UNAUTHORIZED and is_denied:
        return CodemieAccessDenied
    return _STATUS_ERRORS.get(status) or _CLASS_ERRORS.get(status // 100, CodemieBadGateway)


def _read_error(body: bytes) -> Mapping[str, Any]:
    """Read the ``error`` object of CodeMie's own error bodies; any other body gives an empty one."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    error = read.get("error") if isinstance(read, dict) else None
    return error if isinstance(error, dict) else {}


def read_retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Read ``Retry-After`` in seconds; a date counts from the server's own ``Date``, or from ``now``.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    value = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    until = _read_date(value)
    if until is None:
        return None
    return max(0.0, (until - (_read_date(headers.get("date", "")) or now)).total_seconds())


def _read_date(value: str) -> datetime | None:
    """Read an HTTP date; None without one, or when it names no zone."""
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else None
