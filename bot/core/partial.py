"""What can be seen of an answer that is still being written: for showing only.

A model writes a flow's steps one after the other, and a page's sections likewise, so what is there so far is read
from the beginning, cheaply enough to be done every few seconds.
"""

import html
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from bot.core.changes import fold_words
from bot.core.flow_shape import pick_steps, shape_flow
from bot.core.models import Flow
from bot.core.texts import Language

_LONGEST_CHARS: Final = 200_000
_STRING_OR_MARK: Final = re.compile(r'"(?:[^"\\]|\\.)*(?P<open>\Z|")|[{}\[\]]', re.DOTALL)
_HEADING: Final = re.compile(r"<h[1-6][^<>]{0,500}>([^<]{1,300})</h", re.IGNORECASE)
_OPENERS: Final = {"{": "}", "[": "]"}
_TRIES: Final = 40


def read_partial_flow(text: str, *, language: Language) -> Flow | None:
    """Read the steps that are complete so far, ``None`` while there is none; never fails."""
    start = text.find("{")
    if start < 0 or len(text) > _LONGEST_CHARS:
        return None
    for closed in _close(text[start:]):
        try:
            value: Any = json.loads(closed, strict=False)
        except (ValueError, RecursionError):
            continue
        held = pick_steps((value,))
        return shape_flow(*held, language=language) if held else None
    return None


def count_titles(flow: Flow, page: str) -> int:
    """Count the steps whose headings the page has got to so far; lists of links to them don't count."""
    headings = {fold_words(html.unescape(heading)) for heading in _HEADING.findall(page[:_LONGEST_CHARS])}
    return sum(fold_words(step.title) in headings for step in flow.steps)


def _close(text: str) -> Iterator[str]:
    """Yield the text cut behind its last complete objects, the brackets closed, the longest first."""
    stack: list[str] = []
    ends: list[tuple[int, str]] = []
    for match in _STRING_OR_MARK.finditer(text):
        mark = match[0]
        if mark in _OPENERS:
            stack.append(_OPENERS[mark])
        elif mark in _OPENERS.values():
            if not stack or stack.pop() != mark:
                break
            if mark == "}":
                ends.append((match.end(), "".join(reversed(stack))))
    for end, closing in reversed(ends[-_TRIES:]):
        yield text[:end] + closing
