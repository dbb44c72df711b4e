"""What every request to CodeMie has in common: the start of an error's body, and failures on the way in our words."""

import asyncio
from contextlib import suppress
from typing import Final

import httpx

from bot.codemie.pool import name_failure
from bot.errors import CodemieBadGateway, CodemieError, CodemieTimeout, CodemieUnavailable

_MAX_ERROR_BODY_BYTES: Final = 256 * 1024
_ERROR_BODY_S: Final = 5.0


async def read_start(response: httpx.Response) -> bytes:
    """Read the body of an error, or what comes of it in good time."""
    body = bytearray()
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(_ERROR_BODY_S):
            async for data in response.aiter_bytes():
                body += data
                if len(body) > _MAX_ERROR_BODY_BYTES:
                    break
    return bytes(body)


def translate(error: TimeoutError | httpx.HTTPError) -> CodemieError:
    """Say in our words what went wrong on the way; names of exceptions only, as their texts quote headers."""
    message = f"the connection to CodeMie failed: {type(error).__name__}"
    match error:
        case TimeoutError():
            return CodemieTimeout("the answer took too long", reason="answer")
        case httpx.ConnectTimeout():
            return CodemieUnavailable(message, reason="connect")
        case httpx.TimeoutException():
            return CodemieTimeout(message, reason="silence")
        case httpx.UnsupportedProtocol() | httpx.LocalProtocolError():
            return CodemieBadGateway(message, reason="protocol")
        case _:
            return CodemieUnavailable(message, reason=name_failure(error, otherwise="connection"))
