"""Lays screens out as one picture, each with its number and title above, made to be read in a Slack thread.

Slack fits a picture of a message into a box, about 360 points wide on a phone; people tap it for the whole. So
the number of columns is the one that shows the screens largest in that box, and captions grow with the picture.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from PIL import Image, ImageChops, ImageDraw

SCALE: Final = 2
SCREEN_WIDTH: Final = 360
PAGE_WIDTH: Final = 640
_BOX_WIDTH: Final = 360
_BOX_HEIGHT: Final = 480
_COLUMNS_LIMIT: Final = 4
_SCREEN_HEIGHT: Final = 960
_PAGE_HEIGHT: Final = 1_400
_LEAST_HEIGHT: Final = 300
_FADE_HEIGHT: Final = 110
_GAP: Final = 28
_HEAD: Final = 16
_TAIL: Final = 24
_CAPTION_POINTS: Final = 10.5
_CAPTION_SIZES: Final = (20, 40)
_CAPTION_LINES: Final = 2
_LINE_HEIGHT: Final = 1.25
_RADIUS: Final = 18
_PAPER: Final = "#e6e9ef"
_INK: Final = "#1b2430"
_EDGE: Final = "#b4bcc8"
_TITLE_CHARS: Final = 120

# Renders HTML of that width, in CSS pixels, to its own height, or to the one that is given.
Render = Callable[[str, int, int | None], Image.Image]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """The image of one screen, with the number and title of its step."""

    number: int
    title: str
    image: Image.Image


def trim(image: Image.Image, *, is_top_kept: bool = True) -> Image.Image:
    """Cut off the empty bottom, and the top if it is not kept; an image of one colour becomes one row high."""
    below = _find_content(image, image.height - 1)
    if below is None:
        return image.crop((0, 0, image.width, 1))
    above = None if is_top_kept else _find_content(image, 0)
    top = above[1] - _HEAD * SCALE if above else 0
    return image.crop((0, max(top, 0), image.width, min(image.height, below[3] + _TAIL * SCALE)))


def _find_content(image: Image.Image, row: int) -> tuple[int, int, int, int] | None:
    """Return the box of all that differs from the first pixel of that row."""
    color = image.getpixel((0, row))
    return ImageChops.difference(image, Image.new("RGB", image.size, color)).getbbox()


def is_blank(image: Image.Image) -> bool:
    """Tell whether a trimmed image shows nothing."""
    return image.height <= 1


def cut_page(image: Image.Image) -> Image.Image:
    """Bound the height of a whole page; a page that goes on fades out."""
    return _fit(image, _PAGE_HEIGHT * SCALE)


def compose_strip(shots: Sequence[Shot], *, more: str, render: Render) -> Image.Image:
    """Put the screens side by side and below each other; ``more`` stands at the end, if it says anything."""
    bodies = [_fit(shot.image, _SCREEN_HEIGHT * SCALE) for shot in shots]
    columns = _choose_columns([body.height // SCALE for body in bodies])
    size = _choose_caption_size(columns)
    captions = [_draw_caption(shot, size, render) for shot in shots]
    rows = [slice(start, start + columns) for start in range(0, len(shots), columns)]
    blocks = [_compose_row(captions[row], bodies[row], columns) for row in rows]
    if more:
        blocks.append(_draw_note(more, size, _measure_width(columns), render))
    return _stack(blocks)


def write_png(image: Image.Image) -> bytes:
    """Write the picture as PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=7)
    return buffer.getvalue()


def _measure_width(columns: int) -> int:
    return columns * SCREEN_WIDTH + (columns + 1) * _GAP


def _choose_columns(heights: Sequence[int]) -> int:
    """Choose the number of columns that shows the screens largest in Slack's box; one is no strip."""

    def measure(columns: int) -> float:
        rows = [heights[start : start + columns] for start in range(0, len(heights), columns)]
        size = _choose_caption_size(columns)
        height = _GAP + sum(_measure_row(row) + _CAPTION_LINES * size * _LINE_HEIGHT + 2 * _GAP for row in rows)
        return min(_BOX_WIDTH / _measure_width(columns), _BOX_HEIGHT / height)

    return max(range(min(2, len(heights)), min(_COLUMNS_LIMIT, len(heights)) + 1), key=measure)


def _measure_row(heights: Sequence[int]) -> int:
    return max(_LEAST_HEIGHT, *heights)


def _choose_caption_size(columns: int) -> int:
    """Return the size at which captions are as large as Slack's own small print."""
    low, high = _CAPTION_SIZES
    return round(min(max(_CAPTION_POINTS * _measure_width(columns) / _BOX_WIDTH, low), high))


def _draw_caption(shot: Shot, size: int, render: Render) -> Image.Image:
    """Draw the number in a disc and the title beside it, at most two lines."""
    disc = round(size * 1.35)
    title = escape(shorten(" ".join(shot.title.split()), SCREEN_WIDTH - disc - size // 2, size))
    html = (
        f'<body style="margin: 0; background: {_PAPER}; color: {_INK}; font: 600 {size}px/{_LINE_HEIGHT} sans-serif">'
        f'<div style="display: flex; gap: {size // 2}px; align-items: flex-start; overflow: hidden; '
        f'max-height: {_CAPTION_LINES * size * _LINE_HEIGHT:.0f}px">'
        f'<div style="flex: none; width: {disc}px; height: {disc}px; border-radius: {disc}px; background: {_INK}; '
        f'color: #fff; text-align: center; font-size: {round(size * 0.8)}px; line-height: {disc}px">{shot.number}</div>'
        f'<div style="min-width: 0; overflow-wrap: anywhere">{title}</div></div></body>'
    )
    return render(html, SCREEN_WIDTH, None)


def shorten(text: str, width: int, size: int) -> str:
    """Cut a title to about what two lines hold, at a whole word."""
    limit = min(_TITLE_CHARS, int(_CAPTION_LINES * width / (size * 0.56)))
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:.-") + "…"


def _draw_note(text: str, size: int, width: int, render: Render) -> Image.Image:
    html = (
        f'<body style="margin: 0; background: {_PAPER}; color: {_INK}; text-align: center; '
        f'font: 600 {size}px/{_LINE_HEIGHT} sans-serif">{escape(text)}</body>'
    )
    note = Image.new("RGB", (width * SCALE, round((size * _LINE_HEIGHT + _GAP) * SCALE)), _PAPER)
    note.paste(render(html, width, round(size * _LINE_HEIGHT)), (0, 0))
    return note


def _fit(image: Image.Image, limit: int) -> Image.Image:
    """Cut an image that is too tall; its end fades out under three dots, for something is missing there."""
    if image.height <= limit:
        return image
    cut = image.crop((0, 0, image.width, limit))
    fade = _FADE_HEIGHT * SCALE
    mask = Image.linear_gradient("L").resize((image.width, fade))
    cut.paste(Image.new("RGB", mask.size, _PAPER), (0, limit - fade), mask)
    draw = ImageDraw.Draw(cut)
    radius, middle, y = 5 * SCALE, image.width // 2, limit - 22 * SCALE
    for x in (middle - 5 * radius, middle, middle + 5 * radius):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_INK)
    return cut


def _compose_row(captions: Sequence[Image.Image], bodies: Sequence[Image.Image], columns: int) -> Image.Image:
    """Put a row's captions above its screens, which are made equally high."""
    gap = _GAP * SCALE
    top = max(caption.height for caption in captions) + gap // 2
    height = _measure_row([body.height // SCALE for body in bodies]) * SCALE
    row = Image.new("RGB", (_measure_width(columns) * SCALE, top + height + gap), _PAPER)
    for place, (caption, body) in enumerate(zip(captions, bodies, strict=True)):
        x = gap + place * (SCREEN_WIDTH * SCALE + gap)
        row.paste(caption, (x, 0))
        _paste_framed(row, body, (x, top), height)
    return row


def _paste_framed(row: Image.Image, body: Image.Image, at: tuple[int, int], height: int) -> None:
    """Paste a screen with round corners and an edge, lengthened in the colour that it ends with."""
    screen = Image.new("RGB", (body.width, height), body.getpixel((0, body.height - 1)))
    screen.paste(body, (0, 0))
    mask = Image.new("L", screen.size, 0)
    shape = (0, 0, screen.width - 1, screen.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(shape, _RADIUS * SCALE, fill=255)
    ImageDraw.Draw(screen).rounded_rectangle(shape, _RADIUS * SCALE, outline=_EDGE, width=SCALE)
    row.paste(screen, at, mask)


def _stack(blocks: Sequence[Image.Image]) -> Image.Image:
    gap = _GAP * SCALE
    height = gap + sum(block.height for block in blocks)
    picture = Image.new("RGB", (max(block.width for block in blocks), height), _PAPER)
    y = gap
    for block in blocks:
        picture.paste(block, (0, y))
        y += block.height
    return picture
