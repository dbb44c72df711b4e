"""Marks the parts of a page that are its flow's steps, so that a preview can show one at a time.

A step is found by its title in a heading. It is the largest part of the page around that heading which holds no
other step's; where headings and forms stand side by side, it is the heading with what follows.
"""

import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.core.page_dom import normalise_text, read_text
from bot.core.page_reveal import reveal

STEP: Final = "data-bot-step"
HEADING: Final = "data-bot-heading"
HIDDEN: Final = "data-bot-off"
SHOWN: Final = "data-bot-on"
RUNNING: Final = "data-bot-runs"
_RESERVED: Final = (STEP, HEADING, HIDDEN, SHOWN, RUNNING)
_HEADINGS: Final = "h1, h2, h3, h4, h5, h6, [role=heading], legend"
_CONTENT: Final = "p, a, button, input, select, textarea, form, ul, ol, dl, table, img, svg"
_NO_PART: Final = frozenset({"body", "html", "-undef"})
_NEVER_FOLLOWS: Final = frozenset({"footer", "script", "style", "nav"})
_HEADING_NODES: Final = 50
_HEADINGS_LIMIT: Final = 500
_PARENTS_LIMIT: Final = 200
_FOLLOWERS_LIMIT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A step's number, counted from 1, and its heading."""

    number: int
    heading: LexborNode


def mark_steps(tree: LexborHTMLParser, titles: Sequence[str], *, has_scripts: bool = False) -> tuple[str | None, ...]:
    """Mark the parts of every step with its number and return the id of each; ``None`` where a title has no heading.

    What hides a part is removed, unless the page has its own scripts that show it in time.
    """
    for name in _RESERVED:
        for node in tree.css(f"[{name}]"):
            del node.attrs[name]
    found = _find_headings(tree, titles)
    holders = Counter(node.mem_id for step in found for node in _iterate_up(step.heading))
    ids: list[str | None] = [None] * len(titles)
    for step in found:
        step.heading.attrs[HEADING] = ""
        parts = _find_parts(step.heading, holders)
        ids[step.number - 1] = _mark(parts, step.number, reveals=not has_scripts)
    return tuple(ids)


def _find_headings(tree: LexborHTMLParser, titles: Sequence[str]) -> list[_Found]:
    """Pair titles with headings one to one: equal words first, then a heading that holds a title, "1. Your car"."""
    nodes = [node for node in tree.css(_HEADINGS) if _is_shown(node)]
    # A page's name may be that of a step, so its h1 comes last.
    nodes.sort(key=lambda node: node.tag == "h1")
    words = [normalise_text(read_text(node, limit_nodes=_HEADING_NODES)) for node in nodes[:_HEADINGS_LIMIT]]
    found: dict[int, int] = {}
    for is_whole in (True, False):
        for number, title in enumerate(map(normalise_text, titles), start=1):
            at = None if number in found else _find_title(title, words, set(found.values()), is_whole=is_whole)
            if at is not None:
                found[number] = at
    return [_Found(number=number, heading=nodes[at]) for number, at in sorted(found.items())]


def _find_title(title: str, words: Sequence[str], taken: Container[int], *, is_whole: bool) -> int | None:
    whole = re.compile(rf"(?<!\w){re.escape(title)}(?!\w)")
    for at, heading in enumerate(words):
        if at not in taken and (heading == title if is_whole else title in heading and whole.search(heading)):
            return at
    return None


def _is_shown(node: LexborNode) -> bool:
    return all(parent.tag not in {"nav", "head"} for parent in _iterate_up(node))


def _iterate_up(node: LexborNode) -> Iterator[LexborNode]:
    """Yield a node and its nearest ancestors."""
    at: LexborNode | None = node
    for _ in range(_PARENTS_LIMIT):
        if at is None or not at.is_element_node:
            return
        yield at
        at = at.parent


def _find_parts(heading: LexborNode, holders: Counter[int]) -> list[LexborNode]:
    part = heading
    for parent in islice(_iterate_up(heading), 1, None):
        if parent.tag in _NO_PART or holders[parent.mem_id] > 1:
            break
        part = parent
    return [part] if part.css_first(_CONTENT) is not None else [part, *_iterate_followers(part, holders)]


def _iterate_followers(part: LexborNode, holders: Counter[int]) -> Iterator[LexborNode]:
    """Yield what stands between a heading and the next step."""
    node = part.next
    for _ in range(_FOLLOWERS_LIMIT):
        if node is None or holders[node.mem_id] or node.tag in _NEVER_FOLLOWS:
            return
        if node.is_element_node:
            yield node
        node = node.next


def _mark(parts: Sequence[LexborNode], number: int, *, reveals: bool) -> str:
    for part in parts:
        part.attrs[STEP] = str(number)
    if reveals:
        for node in (*parts, *islice(_iterate_up(parts[0]), 1, None)):
            reveal(node)
    known = (parts[0].attributes.get("id") or "").strip()
    if not known:
        parts[0].attrs["id"] = known = f"bot-step-{number}"
    return known
