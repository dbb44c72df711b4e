"""Lists the form controls of a page as a person meets them: by label, with groups of radios as one control."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.core.page_dom import read_text

_NOT_FILLED: Final = frozenset({"hidden", "submit", "button", "reset", "image"})
_INPUT_TYPES: Final = frozenset(
    {"text", "search", "email", "tel", "url", "number", "range", "date", "datetime-local", "month", "week"}
    | {"time", "password", "file", "checkbox", "radio", "color"}
)
_INPUTMODE_KINDS: Final = {"numeric": "number", "decimal": "number", "tel": "tel", "url": "url"}
_GROUPED: Final = frozenset({"radio", "checkbox"})
_ANCESTORS_LIMIT: Final = 60
_LABELS_LIMIT: Final = 5
_LABEL_NODES: Final = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Control:
    """A control that can be filled in, or a group of radios or checkboxes.

    ``kinds`` are the field types that it serves: the input's type, ``textarea`` or ``select``, and what its
    ``inputmode`` or ``list`` adds. ``names`` are its name and id.
    """

    kinds: frozenset[str]
    names: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Labels:
    """Where the page keeps texts that controls refer to."""

    by_target: dict[str, list[str]]
    by_id: dict[str, LexborNode]


def list_controls(tree: LexborHTMLParser) -> list[Control]:
    """Return the controls in document order; hidden inputs and buttons are none."""
    labels = _index_labels(tree)
    groups: dict[tuple[str, str, int], list[LexborNode]] = {}
    order: list[LexborNode | tuple[str, str, int]] = []
    for node in tree.css("input, select, textarea"):
        kind = _read_kind(node)
        if kind in _NOT_FILLED:
            continue
        key = _find_group(node, kind)
        if key is None:
            order.append(node)
        elif key in groups:
            groups[key].append(node)
        else:
            groups[key] = [node]
            order.append(key)
    return [
        _make_group(groups[item], labels) if isinstance(item, tuple) else _make_control(item, labels) for item in order
    ]


def _index_labels(tree: LexborHTMLParser) -> _Labels:
    for node in tree.css("option, optgroup, datalist, script, style"):
        node.decompose()
    by_target: dict[str, list[str]] = {}
    for node in tree.css("label[for]"):
        if target := _get(node, "for"):
            by_target.setdefault(target, []).append(_read(node))
    by_id: dict[str, LexborNode] = {}
    for node in tree.css("[id]"):
        by_id.setdefault(node.attributes["id"] or "", node)
    return _Labels(by_target=by_target, by_id=by_id)


def _read_kind(node: LexborNode) -> str:
    if node.tag != "input":
        return node.tag or ""
    kind = _get(node, "type").lower()
    return kind if kind in _INPUT_TYPES | _NOT_FILLED else "text"


def _find_group(node: LexborNode, kind: str) -> tuple[str, str, int] | None:
    """Return what the radios and checkboxes of one group share: kind, name and fieldset."""
    name = _get(node, "name").removesuffix("[]")
    if kind not in _GROUPED or not name:
        return None
    group = _find_group_node(node)
    return kind, name, group.mem_id if group is not None else 0


def _make_control(node: LexborNode, labels: _Labels) -> Control:
    kind = _read_kind(node)
    kinds = {kind}
    if kind in {"text", "search"}:
        kinds.add(_INPUTMODE_KINDS.get(_get(node, "inputmode").lower(), kind))
        kinds.update({"select"} if _get(node, "list") else ())
    return Control(kinds=frozenset(kinds), names=_read_names([node]), labels=_read_labels(node, labels))


def _make_group(nodes: Sequence[LexborNode], labels: _Labels) -> Control:
    """Make one control of a group; a single checkbox or radio may also go by its own label."""
    group = _find_group_node(nodes[0])
    texts = _read_group_labels(group, labels) if group is not None else ()
    if len(nodes) == 1:
        texts = (*_read_labels(nodes[0], labels), *texts)
    return Control(kinds=frozenset({_read_kind(nodes[0])}), names=_read_names(nodes[:1]), labels=texts)


def _read_labels(node: LexborNode, labels: _Labels) -> tuple[str, ...]:
    own = (*_read_aria(node, labels), *labels.by_target.get(_get(node, "id"), ())[:_LABELS_LIMIT])
    wrapper = next((parent for parent in _iterate_parents(node) if parent.tag == "label"), None)
    texts = (*own, _read(wrapper)) if wrapper is not None else own
    return tuple(text for text in texts if text)


def _read_group_labels(group: LexborNode, labels: _Labels) -> tuple[str, ...]:
    legend = group.css_first("legend") if group.tag == "fieldset" else None
    texts = (*_read_aria(group, labels), _read(legend) if legend is not None else "")
    return tuple(text for text in texts if text)


def _read_aria(node: LexborNode, labels: _Labels) -> tuple[str, ...]:
    targets = (labels.by_id.get(target) for target in _get(node, "aria-labelledby").split()[:_ANCESTORS_LIMIT])
    referred = " ".join(_read(target) for target in targets if target is not None)
    return tuple(text for text in (referred, " ".join(_get(node, "aria-label").split())) if text)


def _find_group_node(node: LexborNode) -> LexborNode | None:
    parents = _iterate_parents(node)
    return next((parent for parent in parents if parent.tag == "fieldset" or _is_group(parent)), None)


def _is_group(node: LexborNode) -> bool:
    return _get(node, "role").lower() in {"radiogroup", "group"}


def _iterate_parents(node: LexborNode) -> Iterator[LexborNode]:
    """Yield the nearest ancestors; far ones are not looked at, for hostile pages nest without end."""

    def climb() -> Iterator[LexborNode]:
        parent = node.parent
        while parent is not None and parent.is_element_node:
            yield parent
            parent = parent.parent

    return islice(climb(), _ANCESTORS_LIMIT)


def _read_names(nodes: Sequence[LexborNode]) -> tuple[str, ...]:
    return tuple(name for node in nodes for name in (_get(node, "name").removesuffix("[]"), _get(node, "id")) if name)


def _read(node: LexborNode) -> str:
    return read_text(node, limit_nodes=_LABEL_NODES)


def _get(node: LexborNode, name: str) -> str:
    return (node.attributes.get(name) or "").strip()
