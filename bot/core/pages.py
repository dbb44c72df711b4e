"""Pages: what the checks, the style compiler and the delivery ask of one."""

import re
from typing import Final

from bot.core.page_check import PageReport, check_page
from bot.core.page_dom import parse_page
from bot.core.page_finish import finish_page, finish_scripted

__all__ = ["PageReport", "check_page", "finish_page", "finish_scripted", "list_classes", "remove_compiled"]

_COMPILED: Final = re.compile(r"<style data-compiled[^>]*>.*?</style>", re.DOTALL)


def list_classes(page: str) -> frozenset[str]:
    """Return every class name that the page's elements carry."""
    nodes = parse_page(page).css("[class]")
    return frozenset(name for node in nodes for name in (node.attributes["class"] or "").split())


def remove_compiled(page: str) -> str:
    """Return a finished page without the styles that were compiled for it: what a model needs to see of it."""
    return _COMPILED.sub("", page)
