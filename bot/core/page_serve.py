"""Makes the page that a preview's frame shows out of the one that was delivered."""

from collections.abc import Sequence
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.core.page_dom import parse_page
from bot.core.page_finish import finish_page
from bot.core.page_steps import HIDDEN, RUNNING, SHOWN, STEP, mark_steps
from bot.core.texts import Language

_COMPILED: Final = "style[data-compiled]"
# Preloads and meta refreshes act before any script and whatever the policy says of connections.
_ACTING_TAGS: Final = "meta[http-equiv], base, link"
# Until our script says that it runs, every step shows, also one that the page's own rules hide.
_STYLE: Final = (
    f":root:not([{RUNNING}]) [{STEP}]{{display:revert!important}}"
    f":root:root:root [{HIDDEN}]{{display:none!important}}"
    f":root:root:root [{SHOWN}]{{display:block!important}}"
)


def find_anchors(page: str, *, titles: Sequence[str]) -> tuple[str | None, ...]:
    """Return each step's id in the page as it will be served, ``None`` where the step is not found."""
    return mark_steps(parse_page(page, is_rewritten=True), titles)


def serve_stepped(page: str, *, titles: Sequence[str], language: Language, script: str) -> str:
    """Clean a page as delivery does, whatever it went through when it was kept, and put our script in.

    The policy is left to the header of the response, which allows this script by its hash and no other.
    """
    tree = parse_page(finish_page(page, css=_read_compiled(page), language=language), is_rewritten=True)
    mark_steps(tree, titles)
    _remove(tree, "meta[http-equiv]")
    _append(tree.head, _make_node(tree, "style", _STYLE))
    _append(tree.body, _make_node(tree, "script", script))
    return _write(tree)


def serve_scripted(page: str, *, titles: Sequence[str]) -> str:
    """Leave a page as it is, with the scripts it has, but for what acts before them."""
    tree = parse_page(page, is_rewritten=True)
    mark_steps(tree, titles, has_scripts=True)
    _remove(tree, _ACTING_TAGS)
    return _write(tree)


def _read_compiled(page: str) -> str:
    """Return the styles that delivery put in, which finishing again would take out."""
    return "\n".join(node.text() for node in parse_page(page).css(_COMPILED))


def _remove(tree: LexborHTMLParser, selector: str) -> None:
    for node in tree.css(selector):
        node.decompose()


def _make_node(tree: LexborHTMLParser, tag: str, text: str) -> LexborNode:
    node = tree.create_node(tag)
    node.insert_child(text)
    return node


def _append(parent: LexborNode | None, node: LexborNode) -> None:
    if parent is not None:
        parent.insert_child(node, move=True)


def _write(tree: LexborHTMLParser) -> str:
    return f"<!DOCTYPE html>\n{tree.root.html if tree.root is not None else ''}"
