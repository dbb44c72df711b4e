"""What hides a step is taken away, the same for the preview and for the picture."""

from typing import Final

import pytest

from bot.core.page_dom import parse_page
from bot.core.page_reveal import reveal
from bot.core.page_serve import serve_stepped
from bot.core.texts import Language
from bot.previews.screens import cut_screens

TITLES: Final = ("Your car", "Check and send")
HIDING: Final = (
    "hidden",
    'aria-hidden="true"',
    "inert",
    'class="hidden p-4"',
    'class="p-4 d-none"',
    'class="invisible p-4"',
    'class="collapse p-4"',
    'class="opacity-0 p-4"',
    'class="sr-only p-4"',
    'style="color: red; display: none !important"',
    'style="DISPLAY:none; color: red"',
    'style="visibility: hidden; color: red"',
)


def _write_page(hiding: str) -> str:
    steps = "".join(f"<section {hiding}><h2>{title}</h2><p>Words</p></section>" for title in TITLES)
    return f'<!DOCTYPE html><html lang="en"><head><title>A</title></head><body>{steps}</body></html>'


def _read_steps(html: str) -> list[dict[str, str | None]]:
    """Read the attributes of the steps, but for those that mark them."""
    marks = ("data-", "id")
    sections = parse_page(html, is_rewritten=True).css("section")
    return [{k: v for k, v in node.attributes.items() if not k.startswith(marks)} for node in sections]


@pytest.mark.parametrize("hiding", HIDING)
def test_preview_and_picture_show_the_same_steps(hiding: str) -> None:
    """A model hides its later steps in many ways, and what one of the two knows the other must know."""
    page = _write_page(hiding)
    served = serve_stepped(page, titles=TITLES, language=Language.ENGLISH, script="")
    screens = cut_screens(page, titles=TITLES).screens
    kept = parse_page(f"<p {hiding}></p>").css("p")
    reveal(kept[0])
    shown = dict(kept[0].attributes)

    assert _read_steps(served) == [shown] * 2
    assert [_read_steps(screen.html) for screen in screens] == [[shown]] * 2
    assert shown in ({}, {"class": "p-4"}, {"style": "color: red; "}, {"style": " color: red"})


def test_a_closed_part_is_opened() -> None:
    """Its summary alone would be no step."""
    part = parse_page("<details><summary>A</summary><p>B</p></details>").css("details")[0]
    reveal(part)

    assert "open" in part.attributes


@pytest.mark.parametrize(
    "kept",
    [
        'class="overflow-hidden hidden-print"',
        'style="content-visibility: hidden"',
        'style="overflow: hidden; display: flex"',
        'style="--display: none"',
    ],
)
def test_what_hides_nothing_stays(kept: str) -> None:
    """Names that only look alike are the page's own."""
    html = f"<p {kept}></p>"
    node = parse_page(html).css("p")[0]
    reveal(node)

    assert node.html == html
