"""Slack's limits: the numbers, a checker for messages and views, and cuts that keep text whole.

Slack's SDK checks its model objects only; the bot sends plain dicts, so it checks them here.
"""

from bot.core.limits.check import (
    check_message,
    check_view,
    count_visible_chars,
    find_view_violations,
    find_violations,
)
from bot.core.limits.cut import ELLIPSIS, cut_bytes, cut_text
from bot.core.limits.numbers import *  # noqa: F403 - every number is public, and named once, in its module
from bot.core.limits.rules import LimitError, Violation

__all__ = [
    "ELLIPSIS",
    "LimitError",
    "Violation",
    "check_message",
    "check_view",
    "count_visible_chars",
    "cut_bytes",
    "cut_text",
    "find_view_violations",
    "find_violations",
]
