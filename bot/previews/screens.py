"""Cuts a page into the screens of its flow: each is the page with everything but one step taken away.

A step is found by its title in a heading, since models call their elements as they like. Only the first screen
keeps what stands above its step, the page's header, as the people who open the page see it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.core.page_dom import parse_page, read_text
from bot.core.page_finish import POLICY
from bot.core.page_reveal import reveal
from bot.previews.headings import match_headings

SCREENS_LIMIT: Final = 8
_MARK: Final = "data-picture-step"
_INNER_MARK: Final = "data-picture-inner"
# A finished page has none of these; Blitz paints nothing at all while it waits for a style sheet.
_LOADERS: Final = "link, base, script, noscript, iframe, object, embed, meta[http-equiv]"
_BLOCK_NODES: Final = 200
_LEAST_STEPS: Final = 2
_TOP_PX: Final = 16
_SHOWN: Final = (
    f"<style>[{_MARK}], [{_INNER_MARK}] {{ display: block !important; visibility: visible !important; "
    "opacity: 1 !important; position: static !important; }</style>"
)

Mender = Callable[[LexborHTMLParser], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One screen: a page of its own. ``number`` counts the flow's steps from 1.

    The first one shows the top of the page as well.
    """

    number: int
    title: str
    html: str
    is_first: bool

    def force(self) -> str:
        """Return the page with a step that its styles hide made visible."""
        return self.html.replace("</head>", f"{_SHOWN}</head>", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screens:
    """The screens of a page, none where its steps were not found; ``whole`` is the page, ``more`` counts the rest."""

    whole: str
    screens: tuple[Screen, ...]
    more: int


def cut_screens(html: str, *, titles: Sequence[str], mend: Mender | None = None) -> Screens:
    """Cut the page at the headings that carry the steps' titles.

    A page of one step, or without most of the titles, is not cut. ``mend`` changes the tree before. The policy
    of finished pages is put first, for whoever renders the screens.
    """
    tree = parse_page(html)
    for node in tree.css(_LOADERS):
        node.decompose()
    _insert_policy(tree)
    if mend is not None:
        mend(tree)
    found = _mark_steps(tree, titles)
    whole = _write(tree)
    cut = [
        Screen(
            number=at + 1,
            title=titles[at],
            html=_write_screen(whole, at, is_first=at == found[0]),
            is_first=at == found[0],
        )
        for at in found[:SCREENS_LIMIT]
    ]
    return Screens(whole=whole, screens=tuple(cut), more=len(found) - len(cut))


def _insert_policy(tree: LexborHTMLParser) -> None:
    head = tree.head
    if head is None:
        return
    meta = tree.create_node("meta")
    meta.attrs["http-equiv"] = "Content-Security-Policy"
    meta.attrs["content"] = POLICY
    if head.first_child is None:
        head.insert_child(meta, move=True)
    else:
        head.first_child.insert_before(meta, move=True)


def _write(tree: LexborHTMLParser) -> str:
    return f"<!DOCTYPE html>\n{tree.root.html if tree.root is not None else ''}"


def _mark_steps(tree: LexborHTMLParser, titles: Sequence[str]) -> list[int]:
    """Mark the elements of each step that was found with its place in the flow; return these places."""
    for node in tree.css(f"[{_MARK}], [{_INNER_MARK}]"):
        for name in {_MARK, _INNER_MARK} & node.attributes.keys():
            del node.attrs[name]
    headings = match_headings(tree, titles)
    if len(headings) < max(_LEAST_STEPS, (len(titles) + 1) // 2):
        return []
    counts = _count_inside(headings.values())
    for at, heading in headings.items():
        block = _find_block(tree, heading, counts)
        for node in (heading, *_climb(heading)):
            reveal(node)
            if counts.get(node.mem_id) == 1:
                node.attrs[_INNER_MARK] = ""
        block.attrs[_MARK] = str(at)
    return list(headings)


def _count_inside(headings: Iterable[LexborNode]) -> dict[int, int]:
    """Count the steps' headings inside of each element that has any."""
    counts: dict[int, int] = {}
    for heading in headings:
        for node in (heading, *_climb(heading)):
            counts[node.mem_id] = counts.get(node.mem_id, 0) + 1
    return counts


def _climb(node: LexborNode) -> Iterator[LexborNode]:
    """Yield the ancestors below the body, the nearest first."""
    parent = node.parent
    while parent is not None and parent.is_element_node and parent.tag not in {"body", "html"}:
        yield parent
        parent = parent.parent


def _find_block(tree: LexborHTMLParser, heading: LexborNode, counts: dict[int, int]) -> LexborNode:
    """Return the largest element that holds this step alone; a bare heading is put into one with what follows it."""
    block = heading
    for parent in _climb(heading):
        if counts[parent.mem_id] > 1:
            break
        block = parent
    if block is not heading and _says_more(block, heading):
        return block
    nodes = [block, *takewhile(lambda node: node.mem_id not in counts, _walk(block, lambda one: one.next))]
    wrapper = tree.create_node("div")
    wrapper.attrs["style"] = "display: contents"
    block.insert_before(wrapper, move=True)
    for node in nodes:
        wrapper.insert_child(node, move=True)
    return wrapper


def _says_more(block: LexborNode, heading: LexborNode) -> bool:
    inside = read_text(block, limit_nodes=_BLOCK_NODES)
    return inside != read_text(heading, limit_nodes=_BLOCK_NODES) or block.css_first("input, select, svg") is not None


def _write_screen(marked: str, at: int, *, is_first: bool) -> str:
    """Take everything away but one step, and what stands above if it is the first."""
    tree = parse_page(marked, is_rewritten=True)
    block = tree.css_first(f'[{_MARK}="{at}"]')
    if block is None:
        return marked
    for node in (block, *_climb(block)):
        _prune_siblings(node, keeps_before=is_first)
    if not is_first and tree.body is not None:
        tree.body.attrs["style"] = f"{tree.body.attributes.get('style') or ''}; padding-top: {_TOP_PX}px"
    return _write(tree)


def _prune_siblings(node: LexborNode, *, keeps_before: bool) -> None:
    """Remove what stands beside an element, on both sides of it or only after it."""
    removed = [] if keeps_before else list(_walk(node, lambda one: one.prev))
    removed += _walk(node, lambda one: one.next)
    for sibling in removed:
        if sibling.tag != "style":
            sibling.decompose()


def _walk(node: LexborNode, step: Callable[[LexborNode], LexborNode | None]) -> Iterator[LexborNode]:
    following = step(node)
    while following is not None:
        yield following
        following = step(following)
