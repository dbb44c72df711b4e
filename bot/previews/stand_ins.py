"""Puts into a page, for its picture alone, boxes that look like the controls which Blitz leaves out.

Tried with Blitz 0.5 against Chromium: it paints no ``<select>``, placeholder, value of a text area, alternative
text, progress or range, shows passwords, and collapses number, date, time and file inputs. It does paint the
value of a text input and text inside of a ``<select>``, so most controls stay what they are, with the classes
and rules of the page.
"""

import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.previews.drawn_boxes import (
    box,
    color_choice,
    fill_bar,
    let_shrink,
    lift_caption,
    replace_color,
    replace_image,
    replace_range,
    square_corners,
)
from bot.previews.frames import ControlWords
from bot.previews.nodes import get, make
from bot.previews.typed_controls import fill_select, fill_text, fill_textarea

# Tailwind's layers keep their order: the first of ours is weaker than every rule of a page, the second is stronger
# than Tailwind's reset alone, the third than all of Tailwind. Blitz paints rows and groups of them neither borders nor
# background. Where a font has no italics it leans letters to the left, for a negative angle to the right. Tailwind's
# list of fonts ends at the one that Blitz brings, but for machines that have another in it: there, words differed from
# what is in inputs, had no medium weight, and took longer.
# https://developer.mozilla.org/en-US/docs/Web/CSS/Reference/At-rules/@layer
_BASE: Final = (
    "@layer stand-ins, properties, theme, base, stand-in-tables, components, utilities, stand-in-slants; "
    "@layer stand-ins { select, progress, meter { display: inline-block; } "
    "i, em, cite, dfn, var, address { font-style: oblique -14deg; } "
    "input[type=text], textarea { width: 200px; } select[data-list] { display: block; } "
    "progress { width: 10em; height: 0.75em; } meter { width: 5em; height: 0.5em; } "
    "[data-boxed] { display: inline-block; vertical-align: middle; } "
    "table { border-collapse: separate !important; border-spacing: 0 !important; } } "
    "@layer stand-in-tables { tr, th, td { background-color: inherit; } "
    "th, td { border-top: inherit; border-bottom: inherit; } "
    ":root { --font-sans: Inter, sans-serif; } } "
    "@layer stand-in-slants { .italic { font-style: oblique -14deg; } }"
)
_PAINTED: Final = frozenset({"checkbox", "radio", "hidden", "button", "image"})
_INLINE_TAGS: Final = "span, a, b, strong, em, i, small, code, mark, kbd, time, label, abbr"
_SIGNS: Final = {
    "✅": "✓", "✔": "✓", "☑": "✓", "❌": "×", "✖": "×", "❎": "×", "⭐": "★", "🌟": "★", "➕": "+", "➖": "-",
    "\ufe0f": "", "\u20e3": "",
}  # fmt: skip
_PICTOGRAPH: Final = (
    "[\U0001f000-\U0001faff\u231a\u231b\u23e9-\u23f3\u2611\u2614\u2615\u267f\u2693\u26a1\u2705\u2708-\u270d\u2714\u2716"
    "\u274c\u274e\u2753-\u2755\u2757\u2764\u2795-\u2797\u2b50\u2b55][\ufe0f\u20e3\U0001f3fb-\U0001f3ff]*"
)
# Most pages have no sign at all from the first of those on, which is seen in a quarter of the time.
_BEYOND = re.compile("[\u20e3-\U0010ffff]")
# Several that are joined make one sign; what modifies a sign that is no pictograph goes.
_EMOJI = re.compile(f"{_PICTOGRAPH}(?:\u200d{_PICTOGRAPH})*|[\ufe0f\u20e3]")


def replace_emoji(html: str) -> str:
    """Put plain signs in the place of emoji: Blitz leaves them blank, or paints boxes where no font has them."""
    return _EMOJI.sub(lambda match: _SIGNS.get(match[0][0], "●"), html) if _BEYOND.search(html) else html


def put_stand_ins(tree: LexborHTMLParser, *, words: ControlWords) -> None:
    """Replace or fill what Blitz leaves out."""
    _insert_base(tree)
    for node in tree.css("input"):
        _fill_input(tree, node, words)
    for node in tree.css("select"):
        fill_select(node)
    for node in tree.css("textarea"):
        fill_textarea(node)
    for node in tree.css("input[type=text], select, textarea"):
        let_shrink(node)
    for node in tree.css("progress, meter"):
        fill_bar(tree, node)
    for node in tree.css("img"):
        replace_image(tree, node)
    for node in tree.css("[class*=border-]"):
        square_corners(node)
    for node in tree.css("table > caption"):
        lift_caption(tree, node)
    for node in tree.css(_INLINE_TAGS):
        box(node)


def _insert_base(tree: LexborHTMLParser) -> None:
    style = make(tree, "style", text=_BASE)
    head = tree.head
    if head is None:
        return
    if head.first_child is None:
        head.insert_child(style, move=True)
    else:
        head.first_child.insert_before(style, move=True)


def _fill_input(tree: LexborHTMLParser, node: LexborNode, words: ControlWords) -> None:
    kind = get(node, "type").lower() or "text"
    if kind in {"checkbox", "radio"}:
        color_choice(node)
    elif kind in {"submit", "reset"}:
        if not get(node, "value"):
            node.attrs["value"] = words.empty[kind]
        node.attrs["type"] = "button" if kind == "reset" else kind
    elif kind == "range":
        replace_range(tree, node)
    elif kind == "color":
        replace_color(tree, node)
    elif kind not in _PAINTED:
        fill_text(node, kind, words)
