"""Pages: what the checks, the style compiler and the delivery ask of one."""

from bot.core.page_check import PageReport, check_page
from bot.core.page_dom import parse_page
from bot.core.page_finish import finish_page

__all__ = ["PageReport", "check_page", "finish_page", "list_classes"]


def list_classes(page: str) -> frozenset[str]:
    """Return every class name that the page's elements carry."""
    nodes = parse_page(page).css("[class]")
    return frozenset(name for node in nodes for name in (node.attributes["class"] or "").split())
