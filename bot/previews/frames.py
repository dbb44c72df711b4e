"""How the bot and its painter talk: each message is four bytes of length and then so many bytes.

A request is JSON; an answer is one byte, which says whether a PNG follows or the word for what went wrong.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

LENGTH: Final = struct.Struct(">I")
PICTURE: Final = b"P"
PROBLEM: Final = b"F"
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_HEADER: Final = struct.Struct(">8sI4sII")
_IHDR_BYTES: Final = 13
_END: Final = b"\x00\x00\x00\x00IEND\xaeB`\x82"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlWords:
    """What browsers write into controls: into empty ones, by their type, and how they write a date."""

    empty: Mapping[str, str]
    date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be painted: a page and the titles of its flow's steps, with the words for what no page says.

    ``more[n]`` says that ``n`` steps are left out.
    """

    html: str
    titles: Sequence[str]
    more: Sequence[str]
    words: ControlWords


def write_request(request: Request) -> bytes:
    """Write a request with its length."""
    words = {"empty": dict(request.words.empty), "date": request.words.date}
    fields = {"html": request.html, "titles": list(request.titles), "more": list(request.more), "words": words}
    body = json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")
    return LENGTH.pack(len(body)) + body


def read_request(stream: BinaryIO) -> Request | None:
    """Read the next request; ``None`` at the end of the stream, be it in the middle of a request."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    body = stream.read(length)
    if len(body) < length:
        return None
    fields: dict[str, Any] = json.loads(body)
    return Request(**{**fields, "words": ControlWords(**fields["words"])})


def write_answer(kind: bytes, content: bytes) -> bytes:
    """Write an answer with its length."""
    return LENGTH.pack(len(content) + 1) + kind + content


def is_sane_png(content: bytes, *, side_px: int) -> bool:
    """Tell whether this is a whole PNG of at most ``side_px`` pixels a side, as far as its ends show."""
    if len(content) < _HEADER.size or not content.endswith(_END):
        return False
    signature, length, name, width, height = _HEADER.unpack_from(content)
    return (signature, length, name) == (_SIGNATURE, _IHDR_BYTES, b"IHDR") and all(
        1 <= side <= side_px for side in (width, height)
    )
