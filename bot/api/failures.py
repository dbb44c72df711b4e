"""What goes wrong in the API, in the one shape that its clients are told it in.

Our own sentences are for the developers of clients, in English; what people of theirs may be shown comes from the
catalogues, in the language of the prompt.
"""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from bot.core.models import Outcome
from bot.core.texts import Language, explain_error
from bot.errors import (
    ArtifactError,
    BotError,
    CodemieDown,
    CodemieError,
    CodemieRateLimited,
    CodemieTimeout,
    CodemieUnavailable,
    JobCancelled,
    JobOutdated,
    LimitError,
    PromptError,
    StoreError,
    SuspiciousPrompt,
    revive_error,
)

_STORE_RETRY_S: Final = 5
_CODEMIE_RETRY_S: Final = 60


class Kind(StrEnum):
    """The five kinds of errors, by whom they are for: the client's code, its user, or us."""

    HTTP = "http_error"
    VALIDATION = "validation_error"
    PROMPT = "prompt_error"
    CODEMIE = "codemie_error"
    UNEXPECTED = "unexpected_error"


class ErrorResponse(BaseModel):
    """Why a request was not answered as asked for; ``detail`` is safe to show, ``path`` is what was asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    error: Kind
    detail: str = Field(min_length=1)
    path: str


class ApiFailure(Exception):
    """Ends the handling of a request with an error."""

    def __init__(self, kind: Kind, status: int, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})

    def answer(self, path: str) -> web.Response:
        """Write the answer."""
        body = ErrorResponse(error=self.kind, detail=self.detail, path=path)
        return write_json(body, status=self.status, headers=self.headers)


def write_json(body: BaseModel, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with a model; nothing on the way keeps it."""
    return web.Response(
        status=status,
        body=body.model_dump_json().encode(),
        content_type="application/json",
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(headers or {})},
    )


def fail_http(status: int, detail: str, *, headers: Mapping[str, str] | None = None) -> ApiFailure:
    """Describe what is wrong with the request as HTTP, or why none is taken."""
    return ApiFailure(Kind.HTTP, status, detail, headers=headers)


def fail_unexpectedly(reference: str) -> ApiFailure:
    """Describe what nobody foresaw, by the reference that is in the log."""
    return ApiFailure(Kind.UNEXPECTED, 500, f"Something broke on our side. It is in the log under {reference}.")


def refuse(error: BotError, *, language: Language) -> ApiFailure:
    """Say why a request is not taken: the prompt, a limit, or the store."""
    match error:
        case PromptError():
            # What is too short or too long does not fit the schema; what fits it and looks like an attack is forbidden.
            status = 403 if isinstance(error, SuspiciousPrompt) else 422
            return ApiFailure(Kind.PROMPT, status, explain_error(language, error.code, limit=error.limit_chars))
        case LimitError():
            detail = explain_error(language, error.code, limit=error.limit, wait_s=error.wait_s)
            return fail_http(429, detail, headers=_retry_after(error.wait_s))
        case StoreError():
            return fail_http(503, explain_error(language, error.code), headers=_retry_after(_STORE_RETRY_S))
        case _:
            raise error


def explain_outcome(outcome: Outcome, *, language: Language) -> str:
    """Say what a job came to that has failed, fit to be shown."""
    return explain_error(language, outcome.error or "", limit=outcome.limit, wait_s=outcome.wait_s)


def fail_generation(outcome: Outcome, *, language: Language, reference: str) -> ApiFailure:
    """Say why a generation that was waited for has no result."""
    detail = explain_outcome(outcome, language=language)
    match revive_error(outcome.error or ""):
        case CodemieTimeout():
            return ApiFailure(Kind.CODEMIE, 504, detail)
        case CodemieUnavailable() | CodemieDown() | CodemieRateLimited():
            return ApiFailure(Kind.CODEMIE, 503, detail, headers=_retry_after(_CODEMIE_RETRY_S))
        case CodemieError() | ArtifactError():
            return ApiFailure(Kind.CODEMIE, 502, detail)
        case LimitError():
            return fail_http(429, detail, headers=_retry_after(outcome.wait_s))
        case JobCancelled() | JobOutdated():
            return fail_http(409, detail)
    return fail_unexpectedly(reference)


def _retry_after(wait_s: float) -> dict[str, str]:
    return {"Retry-After": str(max(1, math.ceil(wait_s)))}
