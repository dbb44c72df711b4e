"""Cuts text to a bound without tearing what belongs together."""

import re
import unicodedata
from typing import Final

ELLIPSIS: Final = "…"
_ELLIPSIS_BYTES: Final = len(ELLIPSIS.encode())
_ZERO_WIDTH_JOINER: Final = "\u200d"
# Entities, and what Slack reads as one token: <@U1>, <#C1|name>, <!here>, <https://…|label>.
_TOKEN = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});|<(?:[@#!]|https?:|mailto:)[^<>]{1,500}>")
_TOKEN_REACH: Final = 520


def cut_text(text: str, limit_chars: int) -> str:
    """Return ``text``, or its beginning with ``…``, in at most ``limit_chars`` code points."""
    if len(text) <= limit_chars:
        return text
    return _cut_at(text, limit_chars - 1) if limit_chars > 0 else ""


def cut_bytes(text: str, limit_bytes: int) -> str:
    """Return ``text``, or its beginning with ``…``, in at most ``limit_bytes`` bytes of UTF-8."""
    raw = text.encode(errors="surrogatepass")
    if len(raw) <= limit_bytes:
        return text
    room = limit_bytes - _ELLIPSIS_BYTES
    if room < 0:
        return ""
    starts = sum(not _is_continuation(byte) for byte in raw[:room])
    return _cut_at(text, starts - 1 if _is_continuation(raw[room]) else starts)


def _is_continuation(byte: int) -> bool:
    return byte & 0b1100_0000 == 0b1000_0000  # noqa: PLR2004 - UTF-8 itself: 10xxxxxx


def _cut_at(text: str, end: int) -> str:
    end = _before_blank(text, end)
    while 0 < end < len(text) and not _is_boundary(text, end):
        end -= 1
    end = _before_token(text, end)
    return text[:end].rstrip() + ELLIPSIS


def _before_blank(text: str, end: int) -> int:
    """Move back to the last blank, unless more than half would go with it."""
    if end <= 0 or text[end].isspace():
        return end
    blank = next((at for at in range(end - 1, end // 2, -1) if text[at].isspace()), None)
    return end if blank is None else blank


def _before_token(text: str, end: int) -> int:
    for token in _TOKEN.finditer(text, max(0, end - _TOKEN_REACH), min(len(text), end + _TOKEN_REACH)):
        if token.start() < end < token.end():
            return token.start()
    return end


def _is_boundary(text: str, at: int) -> bool:
    """Say whether a cut between ``text[at - 1]`` and ``text[at]`` leaves both characters whole."""
    before, after = text[at - 1], text[at]
    if _is_extension(after) or _ZERO_WIDTH_JOINER in (before, after):
        return False
    if "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff":
        return False
    return not (_is_flag_half(after) and _count_flag_halves(text, at) % 2)


def _is_extension(char: str) -> bool:
    """Say whether ``char`` is a combining mark, variation selector or skin tone, part of the one before."""
    return unicodedata.category(char).startswith("M") or "\U0001f3fb" <= char <= "\U0001f3ff"


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _count_flag_halves(text: str, end: int) -> int:
    start = end
    while start > 0 and _is_flag_half(text[start - 1]):
        start -= 1
    return end - start
