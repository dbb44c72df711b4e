"""How shadows of two layers become one that looks alike."""

import pytest
from PIL import ImageChops

from bot.previews.darkroom import render_with_blitz
from bot.previews.light_shadows import lighten_shadows

SMALL = "0 1px 3px 0 {0}, 0 1px 2px -1px {0}"
MEDIUM = "0 4px 6px -1px {0}, 0 2px 4px -2px {0}"
LARGE = "0 10px 15px -3px {0}, 0 4px 6px -4px {0}"
LARGEST = "0 20px 25px -5px {0}, 0 8px 10px -6px {0}"
BLACK = "var(--tw-shadow-color,#0000001a)"


def write_page(shadow: str, *, more: str = "") -> str:
    """Write a page with a box that has a shadow, as Tailwind writes it, and room around."""
    return (
        f"<style>div {{ --tw-shadow:{shadow.format(BLACK)}; {more} box-shadow: var(--tw-shadow); margin: 60px; "
        "height: 80px; background: white; border-radius: 12px }</style><div></div>"
    )


@pytest.mark.parametrize(("shadow", "most"), [(SMALL, 3), (MEDIUM, 4), (LARGE, 6), (LARGEST, 9)])
def test_one_layer_looks_like_two(shadow: str, most: int) -> None:
    """Nobody sees the difference, of so many levels of 255 where it is largest."""
    page = write_page(shadow)
    lighter = lighten_shadows(page)
    difference = ImageChops.difference(*(render_with_blitz(html, 320, 220) for html in (page, lighter)))

    assert page.count(BLACK) == 2
    assert lighter.count("var(--tw-shadow-color") == 1
    assert max(high for _, high in difference.getextrema()) <= most  # type: ignore[misc]


@pytest.mark.parametrize(
    "page",
    [
        write_page(SMALL, more="--tw-shadow-color:oklch(58.5% .233 277.117);"),
        write_page("0 1px 3px 0 {0}, 0 9px 9px 0 {0}"),
        write_page("0 25px 50px -12px {0}"),
        "<p>0 1px 3px 0</p>",
    ],
)
def test_other_shadows_stay(page: str) -> None:
    """Two layers of a full colour are no single one; what was not fitted is not guessed."""
    assert lighten_shadows(page) == page
