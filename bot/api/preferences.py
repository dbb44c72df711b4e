"""What a client prefers, and the key by which it repeats a request.

https://www.rfc-editor.org/rfc/rfc7240, https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from bot.api.failures import ApiFailure, Kind

LONGEST_WAIT_S: Final = 600
_PREFERENCE: Final = re.compile(r'\s*([a-z-]+)\s*(?:=\s*"?(\d*)"?\s*)?(?:;.*)?', re.IGNORECASE)
_MOST_DIGITS: Final = 9
# A string of structured fields without its quotes, which many clients leave out: https://www.rfc-editor.org/rfc/rfc9651
_KEY: Final = re.compile(r'"?([A-Za-z0-9._~:/+=-]{1,255})"?')


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """How long the client waits, in seconds, and how to tell it that this was heard."""

    wait_s: float = LONGEST_WAIT_S
    applied: str | None = None


def read_preferences(headers: Sequence[str]) -> Preferences:
    """Read the ``Prefer`` headers; what is unknown or malformed there is not heard, as the standard has it."""
    said: dict[str, str] = {}
    for name, value in _split(headers):
        said.setdefault(name, value)
    wait = said.get("wait", "")
    if wait:
        wait_s = min(int(wait[:_MOST_DIGITS]), LONGEST_WAIT_S)
        return Preferences(wait_s=wait_s, applied=f"wait={wait_s}")
    if "respond-async" in said:
        return Preferences(wait_s=0, applied="respond-async")
    return Preferences()


def read_key(request: web.Request) -> str | None:
    """Read the ``Idempotency-Key``; raises ApiFailure for one of another form."""
    keys = request.headers.getall("Idempotency-Key", [])
    if not keys:
        return None
    match = _KEY.fullmatch(keys[0].strip()) if len(keys) == 1 else None
    if match is None:
        raise ApiFailure(Kind.VALIDATION, 422, "Idempotency-Key must be 1 to 255 letters, digits or . _ ~ : / + = -")
    return match[1]


def _split(headers: Sequence[str]) -> Iterator[tuple[str, str]]:
    for header in headers:
        for part in header.split(","):
            if match := _PREFERENCE.fullmatch(part):
                yield match[1].lower(), match[2] or ""
