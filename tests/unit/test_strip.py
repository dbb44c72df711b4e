"""How screens become one picture."""

import io
from collections.abc import Sequence
from typing import Final

import pytest
from PIL import Image

from bot.previews.captions import SCALE, SCREEN_WIDTH, shorten
from bot.previews.darkroom import render_with_blitz
from bot.previews.png import write_png
from bot.previews.strip import Shot, compose_strip, cut_page, is_blank, trim

RED: Final = (255, 0, 0)
WIDTH: Final = SCREEN_WIDTH * SCALE


def make_screen(height: int, *, top: int = 0, mark: int = 0) -> Image.Image:
    """Make a white screen with a red band of ``mark`` rows after ``top`` rows; all in CSS pixels."""
    image = Image.new("RGB", (WIDTH, height * SCALE), "white")
    image.paste(RED, (0, top * SCALE, WIDTH, (top + mark) * SCALE))
    return image


def compose(heights: Sequence[int], *, more: str = "") -> Image.Image:
    """Compose red screens of these heights."""
    shots = [
        Shot(number=number, title=f"Title {number}", image=make_screen(height, mark=height))
        for number, height in enumerate(heights, start=1)
    ]
    return compose_strip(shots, more=more, render=render_with_blitz)


def count_red(image: Image.Image) -> float:
    """Return how many CSS pixels are red."""
    counts = image.getcolors(image.width * image.height) or []
    return sum(count for count, color in counts if color == RED) / SCALE**2


def test_empty_bottom_is_cut_off() -> None:
    """A little of it stays; the top is kept as people see it when they open the page."""
    image = trim(make_screen(800, top=100, mark=50))

    assert image.height == (150 + 24) * SCALE
    assert image.getpixel((0, 0)) == (255, 255, 255)


def test_empty_top_is_cut_where_the_page_goes_on() -> None:
    """What stood above a later step left a gap."""
    image = trim(make_screen(800, top=100, mark=50), is_top_kept=False)

    assert image.height == (16 + 50 + 24) * SCALE
    assert image.getpixel((0, 16 * SCALE)) == RED


@pytest.mark.parametrize("is_top_kept", [True, False])
def test_full_screen_stays_as_it_is(is_top_kept: bool) -> None:  # noqa: FBT001 - a table of cases
    """There is nothing to cut off a screen that is filled to its edges."""
    image = Image.linear_gradient("L").resize((WIDTH, 600)).convert("RGB")

    assert trim(image, is_top_kept=is_top_kept).height == 600


def test_blank_screen_is_known() -> None:
    """One colour all over shows nothing."""
    assert is_blank(trim(make_screen(800)))
    assert not is_blank(trim(make_screen(800, mark=1)))


@pytest.mark.parametrize(
    ("heights", "columns"),
    [
        ([600, 600], 2),
        ([200, 200], 2),
        ([900] * 3, 3),
        ([300] * 4, 2),
        ([300] * 6, 2),
        ([600] * 6, 3),
        ([900] * 8, 4),
    ],
)
def test_columns_are_those_that_show_the_screens_largest(heights: list[int], columns: int) -> None:
    """Low screens stand in few columns, tall ones in more, so that Slack's box shows them as large as it can."""
    image = compose(heights)

    assert image.width == (columns * 360 + (columns + 1) * 28) * SCALE


@pytest.mark.parametrize("count", range(1, 9))
def test_every_screen_is_whole_and_not_covered(count: int) -> None:
    """All of a screen's area is in the picture, but for round corners and an edge."""
    shown = count_red(compose([400] * count))

    assert 0.97 * count * 360 * 400 < shown <= count * 360 * 400


def test_tall_screen_fades_out_under_three_dots() -> None:
    """What is cut shows that it is; the rest of the row is as high as the bound."""
    image = compose([5_000, 400])
    dots = image.crop((28 * SCALE, image.height - 70 * SCALE, (28 + 360) * SCALE, image.height - 28 * SCALE))

    assert image.height < 1_150 * SCALE
    assert count_red(image) < (2 * 960 - 100) * 360
    assert count_color(dots, (27, 36, 48)) > 3 * 60 * SCALE**2


def count_color(image: Image.Image, color: tuple[int, int, int]) -> int:
    """Count the pixels of a colour."""
    return sum(count for count, found in image.getcolors(image.width * image.height) or [] if found == color)


def test_whole_page_is_bounded() -> None:
    """A page that goes on is cut; a short one is not touched."""
    assert cut_page(make_screen(9_000, mark=9_000)).height == 1_400 * SCALE
    assert cut_page(make_screen(90, mark=90)).height == 90 * SCALE


def test_steps_that_are_left_out_are_counted_below() -> None:
    """The note takes a line of its own."""
    plain, noted = compose([300] * 8), compose([300] * 8, more="ще 3")

    assert noted.height > plain.height + 20 * SCALE
    assert noted.width == plain.width


@pytest.mark.parametrize("title", ["<b>&amp;</b>", "x" * 3_000, "Дуже довга назва кроку " * 40, ""])
def test_no_title_breaks_its_caption(title: str) -> None:
    """Titles are text, two lines of it at most; the screen below stays where it is."""
    shots = [Shot(number=n, title=title, image=make_screen(400, mark=400)) for n in (1, 2)]
    image = compose_strip(shots, more="", render=render_with_blitz)

    assert image.height <= (28 + 2 * 40 * 1.25 + 14 + 400 + 28) * SCALE + 2
    assert count_red(image) > 0.97 * 2 * 360 * 400


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Short", "Short"),
        ("Where do you live and since when, and with whom do you share it?", "Where do you live and since when…"),
        ("x" * 99, "x" * 34 + "…"),
    ],
)
def test_long_titles_are_cut_at_a_word(text: str, shown: str) -> None:
    """About two lines of it are shown."""
    assert shorten(text, 300, 30) == shown


def test_picture_is_a_png() -> None:
    """It is read back as it was."""
    image = compose([300, 300])
    with Image.open(io.BytesIO(write_png(image)), formats=["PNG"]) as read:
        assert read.size == image.size
        assert read.mode == "RGB"
        assert read.tobytes() == image.tobytes()
