"""Finds the headings that carry the titles of a flow's steps."""

import unicodedata
from collections.abc import Sequence
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.core.page_dom import read_text

_HEADINGS: Final = "h1, h2, h3, h4, h5, h6, legend, summary, caption, [role=heading]"
_HEADINGS_LIMIT: Final = 500
_HEADING_NODES: Final = 50
# A heading says more than the title: "Step 2: Your details"; but not as much as a sentence about it.
_EXTRA_CHARS: Final = 24


def match_headings(tree: LexborHTMLParser, titles: Sequence[str]) -> dict[int, LexborNode]:
    """Pair titles with headings, both in their order; the page's own title is taken only if no other fits."""
    nodes = tree.css(_HEADINGS)[:_HEADINGS_LIMIT]
    texts = [_fold(read_text(node, limit_nodes=_HEADING_NODES)) for node in nodes]
    matches: dict[int, LexborNode] = {}
    start = 0
    for at, title in enumerate(titles):
        place = _find_heading(
            _fold(title), [(node.tag or "", text) for node, text in zip(nodes, texts, strict=True)], start
        )
        if place is not None:
            matches[at] = nodes[place]
            start = place + 1
    return matches


def _find_heading(title: str, headings: Sequence[tuple[str, str]], start: int) -> int | None:
    if not title:
        return None
    rest = [(place, *headings[place]) for place in range(start, len(headings))]
    lower = [(place, text) for place, tag, text in rest if tag != "h1"]
    top = [(place, text) for place, tag, text in rest if tag == "h1"]
    for group in (lower, top):
        for place, text in group:
            if text == title:
                return place
    for group in (lower, top):
        for place, text in group:
            if title in text and len(text) <= len(title) + _EXTRA_CHARS:
                return place
    return None


def _fold(text: str) -> str:
    """Reduce a title to its letters and digits."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())
