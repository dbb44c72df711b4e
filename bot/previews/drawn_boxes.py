"""Draws with boxes what Blitz leaves out of a page, and mends what it lays out in another way."""

import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.core.page_dom import read_text
from bot.previews.nodes import ACCENT, ACCENT_COLOR, TEXT_CHARS, add_style, clear, find_color, get, make, read_number

_CAPTION_NODES: Final = 20
_ANCESTORS_LIMIT: Final = 12
_HEX = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
_ONE_SIDE = re.compile(r"border-([lrtb])(?:-\d+)?")
_SIDES: Final = {"l": "left", "r": "right", "t": "top", "b": "bottom"}
_CORNERS: Final = {
    "l": ("top-left", "bottom-left"),
    "r": ("top-right", "bottom-right"),
    "t": ("top-left", "top-right"),
    "b": ("bottom-left", "bottom-right"),
}
_BOXED = re.compile(
    r"(?:p|px|py|pl|pr|pt|pb|w|h|size|bg|border|rounded|ring|shadow)(?:-.+)?"
    r"|(?:.+[-_])?(?:badge|tag|pill|chip|status|btn|button)(?:[-_].+)?"
)


def color_choice(node: LexborNode) -> None:
    """Blitz paints a mark in the text's colour; browsers paint it in the accent's."""
    if "checked" in node.attributes:
        add_style(node, f"color: {find_color(node, ACCENT_COLOR, ACCENT)}")


def let_shrink(node: LexborNode) -> None:
    """Blitz holds every control to be 300 pixels wide at least when it sizes columns; let these be narrower."""
    parent: LexborNode | None = node
    for _ in range(_ANCESTORS_LIMIT):
        if parent is None or not parent.is_element_node or parent.tag in {"body", "html"}:
            return
        if "min-w" not in (parent.attributes.get("class") or "") and "min-width" not in get(parent, "style"):
            add_style(parent, "min-width: 0")
        parent = parent.parent


def _read_share(node: LexborNode, *, highest: float, default: float) -> float:
    """Return how full a bar or range is, in per cent."""
    low, high = read_number(node, "min", 0), read_number(node, "max", highest)
    value = read_number(node, "value", low + (high - low) * default)
    return 100 * min(max((value - low) / (high - low), 0), 1) if high > low else 0


def fill_bar(tree: LexborHTMLParser, node: LexborNode) -> None:
    """Draw how far a progress bar or meter is."""
    share = _read_share(node, highest=1, default=0)
    color = "#107c10" if node.tag == "meter" else find_color(node, ACCENT_COLOR, ACCENT)
    clear(node)
    add_style(node, "background: #e5e7eb; border-radius: 99px; overflow: hidden; vertical-align: middle")
    fill = f"display: block; height: 100%; width: {share:.1f}%; background: {color}; border-radius: 99px"
    node.insert_child(make(tree, "span", style=fill), move=True)


def replace_range(tree: LexborHTMLParser, node: LexborNode) -> None:
    """Draw a range with its knob."""
    share = _read_share(node, highest=100, default=0.5)
    color = find_color(node, ACCENT_COLOR, ACCENT)
    box = make(tree, "span", style="display: inline-block; position: relative; min-width: 130px; height: 16px")
    track = "position: absolute; left: 0; top: 5px; height: 6px; border-radius: 3px; "
    box.insert_child(make(tree, "span", style=f"{track}width: 100%; background: #d5dae1"), move=True)
    box.insert_child(make(tree, "span", style=f"{track}width: {share:.1f}%; background: {color}"), move=True)
    knob = f"position: absolute; top: 0; left: calc({share:.1f}% - {share * 0.16:.1f}px); width: 16px; height: 16px; "
    box.insert_child(make(tree, "span", style=f"{knob}border-radius: 8px; background: {color}"), move=True)
    _replace(node, box)


def replace_color(tree: LexborHTMLParser, node: LexborNode) -> None:
    """Show the colour that is chosen."""
    value = get(node, "value")
    color = value if _HEX.fullmatch(value) else "#000000"
    style = f"display: inline-block; min-width: 48px; min-height: 26px; background: {color}; border: 4px solid #e5e7eb"
    _replace(node, make(tree, "span", style=style))


def replace_image(tree: LexborHTMLParser, node: LexborNode) -> None:
    """Show the alternative text of a picture that the finished page does not carry."""
    if get(node, "src").lower().startswith("data:"):
        return
    sizes = [f"{name}: {int(read_number(node, name, 0))}px" for name in ("width", "height") if get(node, name)]
    style = "; ".join(("display: inline-block", "overflow: hidden", *sizes))
    _replace(node, make(tree, "span", style=style, text=get(node, "alt")[:TEXT_CHARS]))


def _replace(node: LexborNode, stand_in: LexborNode) -> None:
    for name in ("class", "id"):
        if get(node, name):
            stand_in.attrs[name] = get(node, name)
    add_style(stand_in, get(node, "style"))
    node.insert_before(stand_in, move=True)
    node.decompose()


def box(node: LexborNode) -> None:
    """Blitz paints neither padding nor background of a line's parts; a box in the line has both."""
    if any(_BOXED.fullmatch(name) for name in get(node, "class").split()):
        node.attrs["data-boxed"] = ""


def square_corners(node: LexborNode) -> None:
    """Blitz drops a border on one side alone if that side has a round corner, or all sides share its colour."""
    names = get(node, "class").split()
    sides = {match[1] for match in map(_ONE_SIDE.fullmatch, names) if match}
    if not sides or not any(name.startswith("rounded") for name in names):
        return
    corners = sorted({corner for side in sides for corner in _CORNERS[side]})
    rules = [f"border-{corner}-radius: 0" for corner in corners]
    if "border" not in names:
        rules += [f"border-{name}-color: transparent" for side, name in _SIDES.items() if side not in sides]
    add_style(node, "; ".join(rules))


def lift_caption(tree: LexborHTMLParser, node: LexborNode) -> None:
    """Put the caption that Blitz does not paint above its table."""
    table = node.parent
    if table is None or table.tag != "table":
        return
    caption = make(tree, "div", style="text-align: center", text=read_text(node, limit_nodes=_CAPTION_NODES))
    if names := get(node, "class"):
        caption.attrs["class"] = names
    table.insert_before(caption, move=True)
    node.decompose()
