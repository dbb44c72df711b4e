"""Says what of a message or a view Slack would refuse, before it is sent."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from bot.core.limits import numbers as n
from bot.core.limits.kit import HOME_BLOCKS, MESSAGE_BLOCKS, VIEW_BLOCKS
from bot.core.limits.rules import (
    LimitError,
    Node,
    Rule,
    Violation,
    Violations,
    apply_rules,
    has_choice,
    has_string,
    has_text,
    one_of,
)

_BLOCK_ID: Final = has_string("block_id", n.BLOCK_ID_MAX_CHARS)
_VIEW: Final = (
    has_choice("type", {"modal", "home"}, required=True),
    has_string("callback_id", n.VIEW_CALLBACK_ID_MAX_CHARS),
    has_string("external_id", n.VIEW_CALLBACK_ID_MAX_CHARS),
)
_MODAL: Final = (
    has_text("title", n.VIEW_TITLE_MAX_CHARS, required=True),
    has_text("close", n.VIEW_BUTTON_MAX_CHARS),
    has_text("submit", n.VIEW_BUTTON_MAX_CHARS),
)
_VISIBLE_KEYS: Final = frozenset({"text", "alt_text", "fallback"})


def find_violations(
    *,
    text: str,
    blocks: Sequence[Mapping[str, Any]],
    is_update: bool = False,
    metadata: Mapping[str, Any] | None = None,
) -> list[str]:
    """List what Slack would refuse of a message, each with the path of the value; empty if nothing."""
    return [
        str(violation) for violation in check_message(text=text, blocks=blocks, is_update=is_update, metadata=metadata)
    ]


def find_view_violations(view: Mapping[str, Any]) -> list[str]:
    """List what Slack would refuse of a modal or a Home tab."""
    return [str(violation) for violation in check_view(view)]


def check_message(
    *,
    text: str,
    blocks: Sequence[Mapping[str, Any]],
    is_update: bool = False,
    metadata: Mapping[str, Any] | None = None,
    is_text_required: bool = True,
) -> tuple[Violation, ...]:
    """Find what :func:`find_violations` lists, with Slack's error words.

    Slack itself takes blocks without ``text``; the bot never sends them, for the sake of screen readers.
    """
    return tuple(
        chain(
            _check_message_text(text, is_update=is_update, is_required=is_text_required or not blocks),
            _check_blocks(blocks, n.MESSAGE_MAX_BLOCKS, MESSAGE_BLOCKS),
            _check_totals(blocks),
            () if metadata is None else _check_metadata(metadata),
        )
    )


def check_view(view: Mapping[str, Any]) -> tuple[Violation, ...]:
    """Find what :func:`find_view_violations` lists; Slack answers ``invalid_arguments`` to any of it."""
    blocks = view.get("blocks")
    if not isinstance(blocks, list) or not blocks:
        return (Violation(path="view.blocks", problem="must be a list that is not empty"),)
    is_home = view.get("type") == "home"
    return tuple(
        chain(
            apply_rules(_VIEW, "view", view),
            _check_private_metadata(view),
            _check_home(view) if is_home else _check_modal(view, blocks),
            _check_blocks(blocks, n.VIEW_MAX_BLOCKS, HOME_BLOCKS if is_home else VIEW_BLOCKS),
        )
    )


def count_visible_chars(value: object) -> int:
    """Count the characters of all texts inside ``value``, at any depth."""
    if isinstance(value, Mapping):
        return sum(
            len(item) if key in _VISIBLE_KEYS and isinstance(item, str) else count_visible_chars(item)
            for key, item in value.items()
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        return sum(map(count_visible_chars, value))
    return 0


def _check_message_text(text: str, *, is_update: bool, is_required: bool) -> Violations:
    if is_required and not text.strip():
        yield Violation(path="text", problem="must not be empty", error=LimitError.NO_TEXT)
    size_bytes = len(text.encode(errors="surrogatepass"))
    if is_update and size_bytes > n.UPDATE_TEXT_MAX_BYTES:
        problem = f"must be at most {n.UPDATE_TEXT_MAX_BYTES} bytes in an update, has {size_bytes}"
        yield Violation(path="text", problem=problem, error=LimitError.MSG_TOO_LONG)
    elif len(text) > n.MESSAGE_TEXT_MAX_CHARS:
        problem = f"must be at most {n.MESSAGE_TEXT_MAX_CHARS} characters, has {len(text)}"
        yield Violation(path="text", problem=problem, error=LimitError.MSG_TOO_LONG)


def _check_blocks(blocks: Sequence[Any], limit: int, kinds: Mapping[str, Sequence[Rule]]) -> Violations:
    if len(blocks) > limit:
        yield Violation(path="blocks", problem=f"no more than {limit} items allowed, has {len(blocks)}")
    check = one_of(kinds)
    for index, block in enumerate(blocks):
        path = f"blocks[{index}]"
        yield from check(path, block)
        if isinstance(block, Mapping):
            yield from _BLOCK_ID(path, block)
    yield from _check_unique_ids(blocks)


def _check_unique_ids(blocks: Sequence[Any]) -> Violations:
    ids = Counter(str(block["block_id"]) for block in blocks if isinstance(block, Mapping) and "block_id" in block)
    for block_id, count in ids.items():
        if count > 1:
            yield Violation(path="blocks", problem=f"block_id {block_id!r} is used {count} times")


def _check_totals(blocks: Sequence[Any]) -> Violations:
    markdown_chars = sum(count_visible_chars(block) for block in _of_kind(blocks, "markdown"))
    if markdown_chars > n.MARKDOWN_MAX_CHARS:
        problem = f"markdown may have {n.MARKDOWN_MAX_CHARS} characters in all, has {markdown_chars}"
        yield Violation(path="blocks", problem=problem, error=LimitError.MSG_TOO_LONG)
    chars = count_visible_chars(blocks)
    if chars > n.MESSAGE_BLOCKS_MAX_CHARS:
        problem = f"texts may have {n.MESSAGE_BLOCKS_MAX_CHARS} characters in all, have {chars}"
        yield Violation(path="blocks", problem=problem, error=LimitError.MSG_BLOCKS_TOO_LONG)


def _of_kind(blocks: Sequence[Any], kind: str) -> Iterator[Node]:
    return (block for block in blocks if isinstance(block, Mapping) and block.get("type") == kind)


def _check_metadata(metadata: Mapping[str, Any]) -> Violations:
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), Mapping):
        problem = "needs event_type and event_payload"
        yield Violation(path="metadata", problem=problem, error=LimitError.INVALID_METADATA)
    size_bytes = len(json.dumps(metadata, ensure_ascii=False).encode(errors="surrogatepass"))
    if size_bytes > n.METADATA_MAX_BYTES:
        problem = f"must be at most {n.METADATA_MAX_BYTES} bytes, has {size_bytes}"
        yield Violation(path="metadata", problem=problem, error=LimitError.METADATA_TOO_LARGE)


def _check_private_metadata(view: Node) -> Violations:
    value = view.get("private_metadata") or ""
    if not isinstance(value, str) or len(value) > n.VIEW_PRIVATE_METADATA_MAX_CHARS:
        problem = f"must be a string of at most {n.VIEW_PRIVATE_METADATA_MAX_CHARS} characters"
        yield Violation(path="view.private_metadata", problem=problem)


def _check_modal(view: Node, blocks: Sequence[Any]) -> Violations:
    yield from apply_rules(_MODAL, "view", view)
    if "submit" not in view and any(_of_kind(blocks, "input")):
        yield Violation(path="view.submit", problem="is required where there is an input")


def _check_home(view: Node) -> Violations:
    for key in ("title", "submit", "close"):
        if view.get(key) is not None:
            yield Violation(path=f"view.{key}", problem="is for modals only")
