"""Splits a stream of JSON values that are glued together: ``{...}{...}{...}``, no separators.

The bytes may come in any pieces, cut inside a string, an escape or a UTF-8 sequence. Every byte is looked at
once (twice at the end of a piece that cuts a string), so the cost is linear in the stream however it is cut.
JSON's own characters are ASCII and never part of a longer UTF-8 sequence, so the bytes need no decoding here.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

# Each match is one step, which goes past thousands of characters; it may stop early, at a quote or a backslash, so that
# what the engine keeps in mind is bounded. Groups are not possessive: those match wrongly before Python 3.11.5,
# https://github.com/python/cpython/issues/106052
_STRING_REST: Final = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+){0,5000}', re.DOTALL)
_NESTED: Final = re.compile(rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+){0,1000}"[^"{}\[\]]*+){0,100}', re.DOTALL)
_BLANK: Final = re.compile(rb"[ \t\r\n]*+")
_BARE: Final = re.compile(rb'[^ \t\r\n{\["]*+')

_decoder: Final = json.JSONDecoder()
_QUOTE, _BACKSLASH = b'"\\'
_OPENING: Final = frozenset(b"{[")


class TooLarge(ValueError):
    """One value is longer than the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mould:
    """What stands before and after the one string in which the objects of a stream differ, the first quote included.

    A model's text comes in objects of 600 bytes, of which 40 are new. One that is written like another is known by
    comparing bytes, and costs a fifth of what json takes to make its 30 members.
    """

    before: str
    after: str

    def read(self, text: str, position: int) -> tuple[str, int] | None:
        """Read the string of an object that begins here; return it and where the object ends, if it is of this kind.

        ValueError where the string is cut.
        """
        if not text.startswith(self.before, position):
            return None
        value, end = _decoder.raw_decode(text, position + len(self.before) - 1)
        return (value, end + len(self.after)) if text.startswith(self.after, end) else None


def make_mould(written: str, *, key: str, value: str) -> Mould | None:
    """Make the mould of an object from how it is written; ``None`` if ``key`` is not once there with that string.

    In a string the quotes around the key would be escaped.
    """
    before, mark, rest = written.partition(f'"{key}":"')
    if not mark or mark in rest:
        return None
    found, end = _decoder.raw_decode(f'"{rest}', 0)
    return Mould(before=before + mark, after=rest[end - 1 :]) if found == value else None


def decode_start(data: bytes) -> tuple[str, bytes]:
    """Decode what comes before a character that is cut, or is none; return it and the rest."""
    try:
        return data.decode(), b""
    except UnicodeDecodeError as error:
        return data[: error.start].decode(), data[error.start :]


def read_object(text: str, position: int) -> tuple[dict[str, Any], int]:
    """Read the object that begins here; ValueError or RecursionError if it is cut, or no JSON.

    json's scanner is C and takes a fifth of the splitter's time. What it can't read it has looked at for nothing, so
    this is for a piece that begins with a value: no byte is looked at more than once more.
    """
    value: dict[str, Any]
    value, end = _decoder.raw_decode(text, position)
    return value, end


class JsonSplitter:
    """Cuts pieces of a stream into the bytes of whole top-level values; does not check that they are JSON."""

    def __init__(self, *, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._pending = bytearray()
        self._depth = 0
        self._is_string = False
        self._is_escaped = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the values that ``data`` completes; TooLarge once one exceeds the limit."""
        position = 0
        while position < len(data):
            if not self._pending:
                position = _find_end(_BLANK, data, position)
            end, is_complete = self._scan_value(data, position)
            self._pending += data[position:end]
            if len(self._pending) > self._limit_bytes:
                raise TooLarge
            if is_complete:
                yield self.take_rest()
            position = end

    @property
    def is_between(self) -> bool:
        """Whether the next byte begins a value."""
        return not self._pending

    def take_rest(self) -> bytes:
        """Give what is pending: a value that the stream's end cuts or, being bare, completes."""
        rest = bytes(self._pending)
        self._pending.clear()
        return rest

    def _scan_value(self, data: bytes, position: int) -> tuple[int, bool]:
        """Find where the current value ends in ``data``, and whether it does."""
        while position < len(data):
            if self._is_string:
                position = self._scan_string(data, position)
                is_complete = self._is_closed()
            elif self._depth == 0 and (self._pending or data[position] not in b'{["'):
                position = _find_end(_BARE, data, position)
                is_complete = position < len(data)
            else:
                position = self._scan_nested(data, position)
                is_complete = self._is_closed()
            if is_complete:
                return position, True
        return position, False

    def _is_closed(self) -> bool:
        return self._depth == 0 and not self._is_string

    def _scan_string(self, data: bytes, position: int) -> int:
        """Go past the closing quote, or to the end of ``data``, keeping in mind a backslash that ends it."""
        if self._is_escaped:
            self._is_escaped = False
            position += 1
        end = _find_end(_STRING_REST, data, position)
        if end < len(data):
            self._is_string = data[end] == _BACKSLASH
            self._is_escaped = self._is_string
            end += 1
        return end

    def _scan_nested(self, data: bytes, position: int) -> int:
        """Go past the next bracket, or the quote of a string that ``data`` does not close."""
        end = _find_end(_NESTED, data, position) if self._depth else position
        if end < len(data):
            self._is_string = data[end] == _QUOTE
            if not self._is_string:
                self._depth += 1 if data[end] in _OPENING else -1
            end += 1
        return end


def _find_end(pattern: re.Pattern[bytes], data: bytes, position: int) -> int:
    """Find where ``pattern``, which matches the empty string too, stops matching."""
    found = pattern.match(data, position)
    return found.end() if found else position
