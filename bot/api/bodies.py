"""The bodies of requests: read within bounds of size and time, then as strictly as the document says."""

import asyncio
import json
from typing import Any, Final, NoReturn

import aiohttp
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import ValidationError

from bot.api.failures import ApiFailure, Kind, fail_http
from bot.core.models import GenerateRequest

MAX_BODY_BYTES: Final = 64 * 1024
_TYPE: Final = "application/json"
_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_WORDS: Final = {
    "missing": "is missing",
    "string_type": "must be a string",
    "string_pattern_mismatch": "does not have the form of a model's name",
}


async def read_request(request: web.Request, *, longest_s: float) -> GenerateRequest:
    """Read what is asked for; raises ApiFailure for a body that is too big, too slow, of another type or shape."""
    _check_type(request)
    body = await _read(request, longest_s=longest_s)
    try:
        return GenerateRequest.model_validate(_parse(body))
    except ValidationError as error:
        raise _refuse("; ".join(dict.fromkeys(_describe(problem) for problem in error.errors()))) from None


def _check_type(request: web.Request) -> None:
    if request.content_type != _TYPE or "Content-Type" not in request.headers:
        raise fail_http(415, f"The body must be {_TYPE}, and say so in Content-Type.", headers={"Accept-Post": _TYPE})
    if (request.charset or "utf-8").lower() not in _CHARSETS:
        raise fail_http(415, "The body must be in UTF-8.", headers={"Accept-Post": _TYPE})


async def _read(request: web.Request, *, longest_s: float) -> bytes:
    """Read a body, also one that does not say how long it is, and no more of it than is allowed."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        _refuse_size()
    body = bytearray()
    try:
        async with asyncio.timeout(longest_s):
            async for data in request.content.iter_any():
                body += data
                if len(body) > MAX_BODY_BYTES:
                    _refuse_size()
    except TimeoutError:
        raise fail_http(408, "The body took too long to arrive.", headers={"Connection": "close"}) from None
    except (aiohttp.ClientError, web.RequestPayloadError, HttpProcessingError, ConnectionError):
        raise fail_http(400, "The body could not be read.", headers={"Connection": "close"}) from None
    return bytes(body)


def _refuse_size() -> NoReturn:
    raise fail_http(413, f"The body is more than {MAX_BODY_BYTES // 1024} KiB.")


def _parse(body: bytes) -> Any:  # noqa: ANN401 - JSON
    """Parse JSON as the standard has it: in UTF-8, without NaN, and no name twice in an object."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant, object_pairs_hook=_make_object)
    except (ValueError, RecursionError):
        raise _refuse("The body is not JSON.") from None


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name twice")
    return made


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("no number")


def _describe(problem: Any) -> str:  # noqa: ANN401 - as pydantic has it
    """Say what is wrong with which field; neither values nor the names of unknown fields are repeated."""
    field = problem["loc"][0] if problem["loc"] else None
    if field not in GenerateRequest.model_fields:
        known = " and ".join(GenerateRequest.model_fields)
        return f"The body must be an object with the fields {known}, and no others."
    return f"{field} {_WORDS.get(problem['type'], 'is not valid')}."


def _refuse(detail: str) -> ApiFailure:
    return ApiFailure(Kind.VALIDATION, 422, detail)
