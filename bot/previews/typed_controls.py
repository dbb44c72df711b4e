"""Fills the controls that hold text, so that they show in a picture what a browser shows in them."""

import re
from typing import Final

from selectolax.lexbor import LexborNode

from bot.core.page_dom import read_text
from bot.previews.frames import ControlWords
from bot.previews.nodes import TEXT_CHARS, add_style, clear, find_color, get, read_number

_GREY: Final = "#7b8794"
_OPTION_NODES: Final = 20
_ROWS_LIMIT: Final = 8
_LIST_ROWS: Final = 4
_TYPED: Final = frozenset({"text", "search", "email", "tel", "url", "number"})
_CLOCK_ICON: Final = "<circle cx='10' cy='10' r='7'/><path d='M10 6v4l3 2'/>"
_CALENDAR_ICON: Final = "<path d='M3 5h14v12H3zM3 9h14M7 3v4M13 3v4'/>"
_CHEVRON_ICON: Final = "<path d='m5 8 5 5 5-5'/>"
_ICONS: Final = {
    "date": _CALENDAR_ICON,
    "datetime-local": _CALENDAR_ICON,
    "month": _CALENDAR_ICON,
    "week": _CALENDAR_ICON,
    "time": _CLOCK_ICON,
}
_DATE = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?(?:T(\d\d:\d\d))?")
_PLACEHOLDER_COLOR = re.compile(r"placeholder(?::text)?-([a-z]+(?:-\d{2,3})?)(?:/\d+)?")


def fill_text(node: LexborNode, kind: str, words: ControlWords) -> None:
    """Make a text input of any other, showing what a browser shows."""
    value = _read_value(node, kind, words)
    empty = words.empty.get(kind) or get(node, "placeholder")
    node.attrs["type"] = "text"
    node.attrs["value"] = " ".join((value or empty).split())[:TEXT_CHARS]
    if not value and (kind in _TYPED or kind in {"password", "file"}):
        add_style(node, f"color: {_choose_placeholder_color(node)}")
    if kind in _ICONS:
        _add_icon(node, _ICONS[kind], size=18)


def _read_value(node: LexborNode, kind: str, words: ControlWords) -> str:
    value = get(node, "value")
    if kind == "password":
        return "•" * min(len(value), 20)
    if kind == "file":
        return ""
    match = _DATE.fullmatch(value)
    if match is None or match[3] is None:
        return value
    date = words.date.format(year=match[1], month=match[2], day=match[3])
    return f"{date}, {match[4]}" if match[4] else date


def _choose_placeholder_color(node: LexborNode) -> str:
    return find_color(node, _PLACEHOLDER_COLOR, _GREY)


def _add_icon(node: LexborNode, shape: str, *, size: int) -> None:
    if _has_own_background(node):
        return
    picture = (
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20' fill='none' "
        f"stroke='%23667085' stroke-width='1.6'%3E{shape.replace('<', '%3C').replace('>', '%3E')}%3C/svg%3E"
    )
    add_style(
        node,
        f'background-image: url("{picture}"); background-repeat: no-repeat; '
        f"background-position: right 10px center; background-size: {size}px {size}px; padding-right: {size + 18}px",
    )


def _has_own_background(node: LexborNode) -> bool:
    return "background" in get(node, "style") or "appearance-none" in get(node, "class").split()


def fill_select(node: LexborNode) -> None:
    """Leave the text of the chosen option inside, or the first rows of a list."""
    options = node.css("option")
    chosen = [option for option in options if "selected" in option.attributes]
    rows = _read_rows(node)
    shown = options[:rows] if rows > 1 else (chosen[-1:] or options[:1])
    text = "\n".join(_read_option(option) for option in shown)
    clear(node)
    node.insert_child(text or "\xa0")
    if rows > 1:
        node.attrs["data-list"] = ""
        add_style(node, "white-space: pre-line; height: auto")
        return
    add_style(node, "white-space: nowrap; overflow: hidden")
    _add_icon(node, _CHEVRON_ICON, size=16)


def _read_rows(node: LexborNode) -> int:
    size = int(read_number(node, "size", 0))
    return min(size, _ROWS_LIMIT) if size > 0 else _LIST_ROWS if "multiple" in node.attributes else 1


def _read_option(node: LexborNode) -> str:
    return (get(node, "label") or read_text(node, limit_nodes=_OPTION_NODES))[:TEXT_CHARS]


def fill_textarea(node: LexborNode) -> None:
    """Put the text, or the placeholder, where Blitz looks for it."""
    value = node.text().removeprefix("\n")
    node.attrs["value"] = value or get(node, "placeholder")[:TEXT_CHARS]
    if not value:
        add_style(node, f"color: {_choose_placeholder_color(node)}")
