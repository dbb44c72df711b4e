"""Draws Tailwind's shadows of two layers in one, which looks alike and takes Blitz half as long.

Blitz works each layer of a shadow out for every pixel of its box, most of them under the box: two layers were a third
of a screen. The ones here were fitted to the two: a pixel of black on white differs by 3 levels of 255 for the small
and medium shadow, by 5 for the large and 8 for the largest. https://tailwindcss.com/docs/box-shadow
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# What stands for "0 1px 3px 0 COLOR, 0 1px 2px -1px COLOR": one layer, and the opacity of its black.
_ONE_LAYER: Final[Mapping[tuple[str, str], tuple[str, str]]] = MappingProxyType(
    {
        ("0 1px 3px 0", "0 1px 2px -1px"): ("0 .99px 2.71px -.18px", "#00000026"),
        ("0 4px 6px -1px", "0 2px 4px -2px"): ("0 3.7px 6.82px -1.8px", "#0000002b"),
        ("0 10px 15px -3px", "0 4px 6px -4px"): ("0 8.29px 13.78px -2.83px", "#00000021"),
        ("0 20px 25px -5px", "0 8px 10px -6px"): ("0 15.7px 26.53px -5.42px", "#00000029"),
    }
)
_COLOR: Final = r"var\(--tw-shadow-color, ?#0000001a\)"
_TWO_LAYERS = re.compile(rf"--tw-shadow: ?(0 [-\w .]+?) {_COLOR}, ?(0 [-\w .]+?) {_COLOR}")
_COLORED = re.compile(r"--tw-shadow-color:(?! ?initial)")


def lighten_shadows(html: str) -> str:
    """Replace the shadows in compiled styles; those of a page that colours any of them stay, and so do others."""
    return html if _COLORED.search(html) else _TWO_LAYERS.sub(_lighten, html)


def _lighten(match: re.Match[str]) -> str:
    layer = _ONE_LAYER.get((match[1], match[2]))
    return match[0] if layer is None else f"--tw-shadow:{layer[0]} var(--tw-shadow-color,{layer[1]})"
