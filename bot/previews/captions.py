"""Draws the words of a picture: what stands above each screen, and what stands at the end."""

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from PIL import Image, ImageColor

SCALE: Final = 2
SCREEN_WIDTH: Final = 360
CAPTION_LINES: Final = 2
LINE_HEIGHT: Final = 1.25
PAPER: Final = "#e6e9ef"
INK: Final = "#1b2430"
_TITLE_CHARS: Final = 120

# Renders HTML of that width, in CSS pixels, to its own height, or to the one that is given.
Render = Callable[[str, int, int | None], Image.Image]


def draw_captions(steps: Sequence[tuple[int, str]], size: int, render: Render) -> list[Image.Image]:
    """Draw each number in a disc and the title beside it, at most two lines: all at once, which takes half as long."""
    disc, most = round(size * 1.35), math.ceil(CAPTION_LINES * size * LINE_HEIGHT)
    slots = "".join(
        f'<div style="height: {most}px; overflow: hidden">{_write_caption(step, size, disc)}</div>' for step in steps
    )
    html = (
        f'<body style="margin: 0; background: {PAPER}; color: {INK}; font: 600 {size}px/{LINE_HEIGHT} sans-serif">'
        f"{slots}</body>"
    )
    drawn = render(html, SCREEN_WIDTH, most * len(steps))
    height = most * SCALE
    return [
        _cut_caption(drawn.crop((0, top, drawn.width, top + height)), disc * SCALE)
        for top in range(0, height * len(steps), height)
    ]


def _write_caption(step: tuple[int, str], size: int, disc: int) -> str:
    number, words = step
    title = escape(shorten(" ".join(words.split()), SCREEN_WIDTH - disc - size // 2, size))
    return (
        f'<div style="display: flex; gap: {size // 2}px; align-items: flex-start">'
        f'<div style="flex: none; width: {disc}px; height: {disc}px; border-radius: {disc}px; background: {INK}; '
        f'color: #fff; text-align: center; font-size: {round(size * 0.8)}px; line-height: {disc}px">{number}</div>'
        f'<div style="min-width: 0; overflow-wrap: anywhere">{title}</div></div>'
    )


def _cut_caption(slot: Image.Image, one_line: int) -> Image.Image:
    """Cut off the room for a second line, where there is none below the disc."""
    below = slot.crop((0, one_line, slot.width, slot.height))
    return slot if below.getextrema() != _measure_paper() else slot.crop((0, 0, slot.width, one_line))


def _measure_paper() -> tuple[tuple[int, int], ...]:
    """Return the extrema of what shows nothing."""
    return tuple((band, band) for band in ImageColor.getrgb(PAPER))


def shorten(text: str, width: int, size: int) -> str:
    """Cut a title to about what two lines hold, at a whole word."""
    limit = min(_TITLE_CHARS, int(CAPTION_LINES * width / (size * 0.56)))
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:.-") + "…"


def draw_note(text: str, size: int, width: int, *, gap: int, render: Render) -> Image.Image:
    """Draw a line of words in the middle of a width, with a gap below; all in CSS pixels."""
    html = (
        f'<body style="margin: 0; background: {PAPER}; color: {INK}; text-align: center; '
        f'font: 600 {size}px/{LINE_HEIGHT} sans-serif">{escape(text)}</body>'
    )
    note = Image.new("RGB", (width * SCALE, round((size * LINE_HEIGHT + gap) * SCALE)), PAPER)
    note.paste(render(html, width, round(size * LINE_HEIGHT)), (0, 0))
    return note
