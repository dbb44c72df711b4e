"""Pages of long answers, as Slack's cursors go through them: https://docs.slack.dev/apis/web-api/pagination."""

from collections.abc import Sequence
from typing import Final, TypeVar

from bot.demo.workspace.args import ApiError, Args

_Item = TypeVar("_Item")

_PREFIX: Final = "next"
_DEFAULT_LIMIT: Final = 100
_MAX_LIMIT: Final = 999


def take_page(args: Args, items: Sequence[_Item]) -> tuple[Sequence[_Item], str]:
    """Return the items that ``limit`` and ``cursor`` ask for, and the cursor of the next page, empty at the end."""
    limit = args.number("limit", _DEFAULT_LIMIT)
    if not 0 < limit <= _MAX_LIMIT:
        raise ApiError("invalid_limit")
    start = _read_cursor(args)
    end = start + limit
    return items[start:end], f"{_PREFIX}:{end}" if end < len(items) else ""


def _read_cursor(args: Args) -> int:
    prefix, _, position = args.text("cursor").partition(":")
    if not prefix:
        return 0
    if prefix != _PREFIX or not position.isdigit():
        raise ApiError("invalid_cursor")
    return int(position)
