"""Small things that stand-ins do to the nodes of a page."""

import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

TEXT_CHARS: Final = 300
ACCENT: Final = "#2563eb"
ACCENT_COLOR = re.compile(r"accent-([a-z]+(?:-\d{2,3})?)")
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?")


def make(tree: LexborHTMLParser, tag: str, *, style: str = "", text: str = "") -> LexborNode:
    """Make an element with a style and a text inside."""
    node = tree.create_node(tag)
    if style:
        node.attrs["style"] = style
    if text:
        node.insert_child(text)
    return node


def get(node: LexborNode, name: str) -> str:
    """Return an attribute without blanks around; empty if there is none."""
    return (node.attributes.get(name) or "").strip()


def add_style(node: LexborNode, style: str) -> None:
    """Put declarations behind the element's own."""
    own = get(node, "style").rstrip(";")
    node.attrs["style"] = f"{own}; {style}" if own else style


def clear(node: LexborNode) -> None:
    """Remove what is inside."""
    while node.first_child is not None:
        node.first_child.decompose()


def find_color(node: LexborNode, pattern: re.Pattern[str], default: str) -> str:
    """Return the colour that a class names, by the variable that its compiled rule uses."""
    matches = (pattern.fullmatch(name) for name in get(node, "class").split())
    name = next((match[1] for match in matches if match), None)
    return f"var(--color-{name}, {default})" if name else default


def read_number(node: LexborNode, name: str, default: float) -> float:
    """Return an attribute that is a plain number, or the default."""
    value = get(node, name)
    return float(value) if _NUMBER.fullmatch(value) else default
