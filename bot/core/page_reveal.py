"""Shows a part of a page that waits for a script or a click to show it; preview and picture go by the same rule."""

import re
from typing import Final

from selectolax.lexbor import LexborNode

_ATTRIBUTES: Final = ("hidden", "aria-hidden", "inert")
# Of Tailwind and Bootstrap: https://tailwindcss.com/docs/visibility , https://getbootstrap.com/docs/5.3/utilities/display/
_CLASSES: Final = frozenset({"hidden", "invisible", "d-none", "collapse", "opacity-0", "sr-only"})
_STYLE: Final = re.compile(
    r"(?<![\w-])(?:display\s*:\s*none|visibility\s*:\s*hidden)(?![\w-])[^;]*;?",
    re.IGNORECASE,
)


def reveal(node: LexborNode) -> None:
    """Remove what hides an element itself, and open a ``details``; what is around or inside stays as it is."""
    for name in _ATTRIBUTES:
        if name in node.attributes:
            del node.attrs[name]
    classes = (node.attributes.get("class") or "").split()
    if not _CLASSES.isdisjoint(classes):
        node.attrs["class"] = " ".join(name for name in classes if name not in _CLASSES)
    style = node.attributes.get("style") or ""
    if _STYLE.search(style):
        node.attrs["style"] = _STYLE.sub("", style)
    if node.tag == "details":
        node.attrs["open"] = ""
