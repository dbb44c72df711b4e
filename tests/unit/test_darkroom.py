"""What the painter's process does, tried inside of this one."""

import io
import resource
from collections.abc import Callable
from queue import SimpleQueue

import pytest
from PIL import Image

from bot.previews.darkroom import BlankPage, make_painter, paint, render_with_blitz, serve
from bot.previews.frames import LENGTH, ControlWords, Request, is_sane_png

STEPS = "<section><h2>One</h2>a</section><section><h2>Two</h2>b</section>"


def make_request(html: str, *titles: str) -> Request:
    """Ask for a picture of that page."""
    return Request(html=html, titles=titles, more=["", "1 more"], words=ControlWords(empty={}, date=""))


def run(painter: Callable[[Request], bytes], *requests: Request) -> list[bytes]:
    """Serve requests, the last of which must fail, for that ends the process; return the answers."""
    queue: SimpleQueue[Request] = SimpleQueue()
    for request in requests:
        queue.put(request)
    output = io.BytesIO()
    limits = resource.getrlimit(resource.RLIMIT_CPU)
    try:
        serve(queue, output, painter, 600)
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, limits)
    return split(output.getvalue())


def split(content: bytes) -> list[bytes]:
    """Split what was written into answers."""
    answers = []
    while content:
        (length,) = LENGTH.unpack_from(content)
        answers.append(content[LENGTH.size : LENGTH.size + length])
        content = content[LENGTH.size + length :]
    return answers


def read_size(content: bytes) -> tuple[int, int]:
    """Return the size of a PNG."""
    with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
        return image.size


def test_page_of_several_steps_becomes_a_strip() -> None:
    """Two columns of screens; a page that is not cut is as wide as a tablet."""
    strip = paint(make_request(STEPS, "One", "Two"), render_with_blitz, has_stand_ins=True)
    whole = paint(make_request(STEPS, "One"), render_with_blitz, has_stand_ins=True)

    assert read_size(strip)[0] == (2 * 360 + 3 * 28) * 2
    assert read_size(whole)[0] == 640 * 2


@pytest.mark.parametrize("html", ["", "<style>p{}</style>", "<section><h2></h2></section>"])
def test_page_that_shows_nothing_has_no_picture(html: str) -> None:
    """A picture of nothing tells nobody anything."""
    with pytest.raises(BlankPage):
        paint(make_request(html, "One", "Two"), render_with_blitz, has_stand_ins=True)


def test_steps_that_show_nothing_have_no_picture() -> None:
    """Nor have screens that are all empty, whatever their styles are made to show."""
    hidden = '<style>h2 { font-size: 0 }</style><div><h2 style="color: transparent">One</h2></div>'
    page = hidden + hidden.replace("One", "Two")
    with pytest.raises(BlankPage):
        paint(make_request(page, "One", "Two"), render_with_blitz, has_stand_ins=True)


def test_requests_are_answered_in_their_order_until_one_fails() -> None:
    """A failure names its kind and nothing of the page, and is the last thing that the process says."""
    good, bad = make_request("<p>planted", "One"), make_request("", "One")
    first, second, third = run(make_painter(None), good, good, bad, good)

    assert first == second
    assert first[:1] == b"P"
    assert is_sane_png(first[1:], side_px=12_000)
    assert third == b"FBlankPage"


def test_what_is_too_tall_for_blitz_is_cut() -> None:
    """Blitz refuses to paint such a page at its own height."""
    image = render_with_blitz('<div style="height: 900000px; background: red">', 100, None)

    assert image.size == (200, 8_000)
    assert image.getpixel((100, 7_000)) == (255, 0, 0)


def test_relative_addresses_bring_nothing_down() -> None:
    """Without an address to begin with, Blitz would panic on this page."""
    image = render_with_blitz('<img src="//far/a.png"><img src="a.png"><p style="background: red">b', 100, None)

    assert (255, 0, 0) in {color for _, color in image.getcolors(image.width * image.height) or []}


def paint_words(styles: str) -> bytes:
    """Paint a page that has these styles, and words in it."""
    page = f"<head><style>{styles}</style></head><body>Words that are ill at ease</body>"
    return make_painter(None)(make_request(page, "One"))


def test_words_are_in_the_font_that_blitz_brings() -> None:
    """Whatever the first of Tailwind's list is on a machine; a page that asks for one itself has it."""
    use = "html { font-family: var(--font-sans) }"
    compiled = paint_words(
        "@layer theme, base; @layer theme { :root { --font-sans: monospace } } @layer base { " + use + "}"
    )
    own = paint_words("html { font-family: monospace }")
    brought = paint_words("html { font-family: Inter }")

    assert compiled == brought
    assert own != brought


@pytest.mark.parametrize("letter", ["<em>l</em>", '<span class="italic">l</span>'])
def test_italics_lean_to_the_right(letter: str) -> None:
    """Blitz leans the letters of a font without italics to the left."""
    styles = "@layer utilities { .italic { font-style: italic } } body { font-size: 200px; margin: 80px; width: 90px }"
    content = make_painter(None)(make_request(f"<head><style>{styles}</style></head><body>{letter}</body>", "One"))
    with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
        ink = image.convert("L").point(lambda shade: 255 if shade < 128 else 0)
    left, top, right, bottom = ink.getbbox() or (0, 0, 0, 0)
    upper = ink.crop((0, top, ink.width, top + (bottom - top) // 4)).getbbox()

    assert bottom - top > 2 * (right - left)
    assert upper is not None
    assert upper[0] > left
