"""Rich text as tables of rules: its lines and what stands in them."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.core.limits import numbers as n
from bot.core.limits.rules import Node, Rule, Violation, Violations, has_choice, has_items, has_string, one_of

_STYLES: Final = frozenset({"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"})


def _has_styles(path: str, node: Node) -> Violations:
    style = node.get("style", {})
    if not isinstance(style, Mapping):
        yield Violation(path=f"{path}.style", problem="must be an object")
        return
    for key, value in style.items():
        if key not in _STYLES or not isinstance(value, bool):
            yield Violation(path=f"{path}.style.{key}", problem="must be a known style that is true or false")


def _has_timestamp(path: str, node: Node) -> Violations:
    if type(node.get("timestamp")) is not int:
        yield Violation(path=f"{path}.timestamp", problem="must be a whole number of seconds")


# Rich text has no documented length of its own; what bounds it is the message's total.
_ANY: Final = n.MESSAGE_TEXT_MAX_CHARS
_RICH_TEXT_PARTS: Final[Mapping[str, Sequence[Rule]]] = {
    "text": (has_string("text", _ANY, required=True), _has_styles),
    "link": (has_string("url", n.URL_MAX_CHARS, required=True), has_string("text", _ANY), _has_styles),
    "user": (has_string("user_id", 255, required=True), _has_styles),
    "emoji": (has_string("name", 255, required=True), _has_styles),
    "channel": (has_string("channel_id", 255, required=True), _has_styles),
    "usergroup": (has_string("usergroup_id", 255, required=True), _has_styles),
    "broadcast": (has_choice("range", {"here", "channel", "everyone"}, required=True), _has_styles),
    "date": (
        _has_timestamp,
        has_string("format", 255, required=True),
        has_string("fallback", _ANY),
        _has_styles,
    ),
}


_check_rich_text_part: Final = one_of(_RICH_TEXT_PARTS)


_RICH_TEXT_PARTS_RULE: Final = has_items("elements", 10_000, _check_rich_text_part)
_RICH_TEXT_LINES: Final[Mapping[str, Sequence[Rule]]] = {"rich_text_section": (_RICH_TEXT_PARTS_RULE,)}


_check_rich_text_line: Final = one_of(_RICH_TEXT_LINES)


_RICH_TEXT: Final[Mapping[str, Sequence[Rule]]] = {
    **_RICH_TEXT_LINES,
    "rich_text_quote": (_RICH_TEXT_PARTS_RULE,),
    "rich_text_preformatted": (_RICH_TEXT_PARTS_RULE,),
    "rich_text_list": (
        has_items("elements", 10_000, _check_rich_text_line),
        has_choice("style", {"bullet", "ordered"}, required=True),
    ),
}


check_rich_text: Final = one_of(_RICH_TEXT)
