"""Mends what shuts people out of a page where the page itself says how it was meant; nothing is made up.

What is left alone: a picture without ``alt`` or a button without words, for nobody knows what they say.
"""

import re
from collections.abc import Callable
from itertools import islice
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.core.page_dom import read_text

VIEWPORT: Final = "width=device-width, initial-scale=1"
# A language tag's outer shape: https://www.rfc-editor.org/rfc/rfc5646#section-2.1. "ua" is a country's.
_LANGUAGE_TAG = re.compile(r"(?!ua\b)[a-z]{2,3}(?:-[a-z0-9]{1,8})*", re.IGNORECASE)
_ZOOM_LOCK = re.compile(r"user-scalable\s*=\s*(?:no|0)|maximum-scale", re.IGNORECASE)
_CONTROLS: Final = "input, select, textarea"
_CHOICES: Final = frozenset({"checkbox", "radio"})
_UNLABELLED: Final = frozenset({"hidden", "submit", "reset", "button", "image"})
_NAMES: Final = ("aria-label", "aria-labelledby", "title")
_LABELS_LIMIT: Final = 500
_LABEL_NODES: Final = 20
_ANCESTORS_LIMIT: Final = 20


def mend_page(tree: LexborHTMLParser, *, language: str) -> None:
    """Name the language, let people zoom, and tie labels to the controls beside them."""
    _set_language(tree, language)
    for node in tree.css('meta[name="viewport" i]'):
        if _ZOOM_LOCK.search(_get(node, "content")):
            node.attrs["content"] = VIEWPORT
    _tie_labels(tree)


def _set_language(tree: LexborHTMLParser, language: str) -> None:
    root = tree.root
    if root is not None and not _LANGUAGE_TAG.fullmatch(_get(root, "lang")):
        root.attrs["lang"] = language


def _tie_labels(tree: LexborHTMLParser) -> None:
    """Let a label without ``for`` name the control after it; one after a tick names that."""
    labels = tree.css("label")
    targets = {_get(label, "for") for label in labels} - {""}
    ids = {_get(node, "id") for node in tree.css("[id]")}
    for number, label in enumerate(islice(labels, _LABELS_LIMIT), start=1):
        if _get(label, "for") or label.css_first(_CONTROLS) or not read_text(label, limit_nodes=_LABEL_NODES):
            continue
        control = _find_control(label, targets)
        if control is None:
            continue
        if not _get(control, "id"):
            control.attrs["id"] = _make_id(number, ids)
        target = _get(control, "id")
        label.attrs["for"] = target
        targets.add(target)
        ids.add(target)


def _find_control(label: LexborNode, targets: set[str]) -> LexborNode | None:
    before, after = _step(label, lambda node: node.prev), _step(label, lambda node: node.next)
    if before is not None and _get(before, "type").lower() in _CHOICES and _lacks_name(before, targets):
        return before
    return after if after is not None and _lacks_name(after, targets) else None


def _step(node: LexborNode, move: Callable[[LexborNode], LexborNode | None]) -> LexborNode | None:
    """Return the element beside; ``None`` where words stand between."""
    beside = move(node)
    while beside is not None and beside.is_text_node and not (beside.text_content or "").strip():
        beside = move(beside)
    return beside if beside is not None and beside.is_element_node else None


def _lacks_name(node: LexborNode, targets: set[str]) -> bool:
    """Tell whether this is a control that nothing names."""
    if node.tag not in {"input", "select", "textarea"} or _get(node, "type").lower() in _UNLABELLED:
        return False
    return not (_get(node, "id") in targets or any(_get(node, name) for name in _NAMES) or _is_inside_label(node))


def _is_inside_label(node: LexborNode) -> bool:
    parent = node.parent
    for _ in range(_ANCESTORS_LIMIT):
        if parent is None or parent.tag == "label":
            break
        parent = parent.parent
    return parent is not None and parent.tag == "label"


def _make_id(number: int, ids: set[str]) -> str:
    """Make an id that the page has not."""
    made = f"control-{number}"
    while made in ids:
        made += "-"
    return made


def _get(node: LexborNode, name: str) -> str:
    return (node.attributes.get(name) or "").strip()
