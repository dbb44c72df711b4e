"""What one block, element or text object may hold, as small rules that are put together in tables.

A rule takes the path of an object and the object, and yields what Slack would refuse.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class LimitError(StrEnum):
    """The word Slack answers with."""

    NO_TEXT = "no_text"
    MSG_TOO_LONG = "msg_too_long"
    INVALID_BLOCKS = "invalid_blocks"
    MSG_BLOCKS_TOO_LONG = "msg_blocks_too_long"
    METADATA_TOO_LARGE = "metadata_too_large"
    INVALID_METADATA = "invalid_metadata_format"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One value Slack would refuse: ``path`` such as ``blocks[2].text.text``, and Slack's word for it."""

    path: str
    problem: str
    error: LimitError = LimitError.INVALID_BLOCKS

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


Node = Mapping[str, Any]
Violations = Iterator[Violation]
Rule = Callable[[str, Node], Violations]
Check = Callable[[str, Any], Violations]

PLAIN: Final = frozenset({"plain_text"})
TEXT_TYPES: Final = frozenset({"plain_text", "mrkdwn"})
# https://docs.slack.dev/reference/block-kit/composition-objects/text-object
_TEXT_KEYS: Final = {
    "plain_text": frozenset({"text", "emoji"}),
    "mrkdwn": frozenset({"text", "verbatim"}),
}


def apply_rules(rules: Sequence[Rule], path: str, node: Node) -> Violations:
    """Yield what any of ``rules`` refuses."""
    for rule in rules:
        yield from rule(path, node)


def is_object(rules: Sequence[Rule]) -> Check:
    """Check that a value is an object which keeps ``rules``."""

    def check(path: str, node: object) -> Violations:
        if isinstance(node, Mapping):
            yield from apply_rules(rules, path, node)
        else:
            yield Violation(path=path, problem="must be an object")

    return check


def one_of(table: Mapping[str, Sequence[Rule]]) -> Check:
    """Check that a value is an object whose ``type`` is in ``table``, and keeps the rules found there."""

    def check(path: str, node: object) -> Violations:
        if not isinstance(node, Mapping):
            yield Violation(path=path, problem="must be an object")
            return
        kind = node.get("type")
        if isinstance(kind, str) and kind in table:
            yield from apply_rules(table[kind], path, node)
        else:
            yield Violation(path=f"{path}.type", problem=f"unsupported type {kind!r}")

    return check


def has_string(key: str, limit_chars: int, *, required: bool = False, pattern: str = r"(?s:.*)") -> Rule:
    """``key`` holds a string of 1 to ``limit_chars`` characters, which as a whole matches ``pattern``."""

    def rule(path: str, node: Node) -> Violations:
        value = node.get(key)
        if value is None:
            if required:
                yield Violation(path=f"{path}.{key}", problem="is missing")
        elif not isinstance(value, str) or not value:
            yield Violation(path=f"{path}.{key}", problem="must be a string that is not empty")
        elif len(value) > limit_chars:
            yield Violation(path=f"{path}.{key}", problem=_too_long(len(value), limit_chars))
        elif not re.fullmatch(pattern, value):
            yield Violation(path=f"{path}.{key}", problem=f"must match {pattern}")

    return rule


def has_text(key: str, limit_chars: int, *, types: Collection[str] = PLAIN, required: bool = False) -> Rule:
    """``key`` holds a text object of one of ``types``."""

    def rule(path: str, node: Node) -> Violations:
        if node.get(key) is not None:
            yield from check_text(f"{path}.{key}", node[key], limit_chars, types)
        elif required:
            yield Violation(path=f"{path}.{key}", problem="is missing")

    return rule


def has_only(keys: Collection[str]) -> Rule:
    """There is no property but ``type`` and these."""

    def rule(path: str, node: Node) -> Violations:
        for key in node:
            if key not in keys and key != "type":
                yield Violation(path=f"{path}.{key}", problem="is no property of its kind")

    return rule


def check_text(path: str, value: object, limit_chars: int, types: Collection[str]) -> Violations:
    """Yield what is wrong with a text object."""
    if not isinstance(value, Mapping):
        yield Violation(path=path, problem="must be a text object")
        return
    if value.get("type") not in types:
        yield Violation(path=f"{path}.type", problem=f"must be {' or '.join(sorted(types))}")
    if (keys := _TEXT_KEYS.get(str(value.get("type")))) is not None:
        yield from has_only(keys)(path, value)
    text = value.get("text")
    if not isinstance(text, str) or not text.strip():
        yield Violation(path=f"{path}.text", problem="must not be empty")
    elif len(text) > limit_chars:
        yield Violation(path=f"{path}.text", problem=_too_long(len(text), limit_chars))


def has_items(key: str, limit: int, check: Check, *, required: bool = True) -> Rule:
    """``key`` holds a list of 1 to ``limit`` items, each of which passes ``check``."""

    def rule(path: str, node: Node) -> Violations:
        items = node.get(key)
        if items is None and not required:
            return
        if not isinstance(items, Sequence) or isinstance(items, str) or not items:
            yield Violation(path=f"{path}.{key}", problem="must be a list that is not empty")
            return
        if len(items) > limit:
            yield Violation(path=f"{path}.{key}", problem=f"no more than {limit} items allowed, has {len(items)}")
        for index, item in enumerate(items):
            yield from check(f"{path}.{key}[{index}]", item)

    return rule


def has_object(key: str, check: Check, *, required: bool = False) -> Rule:
    """``key`` holds an object that passes ``check``."""

    def rule(path: str, node: Node) -> Violations:
        if node.get(key) is not None:
            yield from check(f"{path}.{key}", node[key])
        elif required:
            yield Violation(path=f"{path}.{key}", problem="is missing")

    return rule


def has_choice(key: str, choices: Collection[str], *, required: bool = False) -> Rule:
    """``key`` holds one of ``choices``."""

    def rule(path: str, node: Node) -> Violations:
        value = node.get(key)
        if value not in choices and (required or value is not None):
            yield Violation(path=f"{path}.{key}", problem=f"must be one of {', '.join(sorted(choices))}")

    return rule


def has_any(*keys: str) -> Rule:
    """At least one of ``keys`` is there."""

    def rule(path: str, node: Node) -> Violations:
        if not any(node.get(key) for key in keys):
            yield Violation(path=path, problem=f"needs {' or '.join(keys)}")

    return rule


def has_flag(key: str) -> Rule:
    """``key`` holds true or false."""

    def rule(path: str, node: Node) -> Violations:
        if not isinstance(node.get(key, False), bool):
            yield Violation(path=f"{path}.{key}", problem="must be true or false")

    return rule


def has_range(low_key: str, high_key: str, *, lowest: int, highest: int) -> Rule:
    """``low_key`` and ``high_key`` hold whole numbers, in this order, within ``lowest`` and ``highest``."""

    def rule(path: str, node: Node) -> Violations:
        for key in (low_key, high_key):
            value = node.get(key, lowest)
            if type(value) is not int or not lowest <= value <= highest:
                yield Violation(path=f"{path}.{key}", problem=f"must be a whole number from {lowest} to {highest}")
                return
        if node.get(low_key, lowest) > node.get(high_key, highest):
            yield Violation(path=f"{path}.{low_key}", problem=f"must be at most {high_key}")

    return rule


def offers(key: str) -> Rule:
    """``key`` holds one of the ``options``, exactly as it stands there, or several of them as a list."""

    def rule(path: str, node: Node) -> Violations:
        chosen, options = node.get(key), node.get("options")
        if chosen is None or not isinstance(options, Sequence):
            return
        if any(item not in options for item in (chosen if isinstance(chosen, list) else [chosen])):
            yield Violation(path=f"{path}.{key}", problem="must be among the options")

    return rule


def _too_long(size: int, limit: int) -> str:
    return f"must be at most {limit} characters, has {size}"
