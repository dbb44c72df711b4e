"""Lays screens out as one picture, each with its number and title above, made to be read in a Slack thread.

Slack fits a picture of a message into a box, about 360 points wide on a phone; people tap it for the whole. So
the number of columns is the one that shows the screens largest in that box, and captions grow with the picture.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops, ImageDraw

from bot.previews.captions import (
    CAPTION_LINES,
    INK,
    LINE_HEIGHT,
    PAPER,
    SCALE,
    SCREEN_WIDTH,
    Render,
    draw_captions,
    draw_note,
)

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
_RADIUS: Final = 18
_EDGE: Final = "#b4bcc8"
_BAND_ROWS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """The image of one screen, with the number and title of its step."""

    number: int
    title: str
    image: Image.Image


def trim(image: Image.Image, *, is_top_kept: bool = True) -> Image.Image:
    """Cut off the empty bottom, and the top if it is not kept; an image of one colour becomes one row high."""
    below = _find_content(image, reversed(_list_bands(image)), row=image.height - 1)
    if below is None:
        return image.crop((0, 0, image.width, 1))
    above = None if is_top_kept else _find_content(image, _list_bands(image), row=0)
    top = above[0] - _HEAD * SCALE if above else 0
    return image.crop((0, max(top, 0), image.width, min(image.height, below[1] + _TAIL * SCALE)))


def _list_bands(image: Image.Image) -> Sequence[tuple[int, int]]:
    return [(top, min(top + _BAND_ROWS, image.height)) for top in range(0, image.height, _BAND_ROWS)]


def _find_content(image: Image.Image, bands: Iterable[tuple[int, int]], *, row: int) -> tuple[int, int] | None:
    """Return the rows, in the first of the bands that has any, of all that differs from the first pixel of ``row``."""
    color = image.getpixel((0, row))
    for top, bottom in bands:
        band = image.crop((0, top, image.width, bottom))
        box = ImageChops.difference(band, Image.new("RGB", band.size, color)).getbbox()
        if box is not None:
            return top + box[1], top + box[3]
    return None


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
    captions = draw_captions([(shot.number, shot.title) for shot in shots], size, render)
    cuts = [slice(start, start + columns) for start in range(0, len(shots), columns)]
    rows = [_Row(captions=captions[cut], bodies=bodies[cut]) for cut in cuts]
    note = draw_note(more, size, _measure_width(columns), gap=_GAP, render=render) if more else None
    return _stack(rows, note, width=_measure_width(columns) * SCALE)


def _measure_width(columns: int) -> int:
    return columns * SCREEN_WIDTH + (columns + 1) * _GAP


def _choose_columns(heights: Sequence[int]) -> int:
    """Choose the number of columns that shows the screens largest in Slack's box; one is no strip."""

    def measure(columns: int) -> float:
        rows = [heights[start : start + columns] for start in range(0, len(heights), columns)]
        size = _choose_caption_size(columns)
        height = _GAP + sum(_measure_row(row) + CAPTION_LINES * size * LINE_HEIGHT + 2 * _GAP for row in rows)
        return min(_BOX_WIDTH / _measure_width(columns), _BOX_HEIGHT / height)

    return max(range(min(2, len(heights)), min(_COLUMNS_LIMIT, len(heights)) + 1), key=measure)


def _measure_row(heights: Sequence[int]) -> int:
    return max(_LEAST_HEIGHT, *heights)


def _choose_caption_size(columns: int) -> int:
    """Return the size at which captions are as large as Slack's own small print."""
    low, high = _CAPTION_SIZES
    return round(min(max(_CAPTION_POINTS * _measure_width(columns) / _BOX_WIDTH, low), high))


def _fit(image: Image.Image, limit: int) -> Image.Image:
    """Cut an image that is too tall; its end fades out under three dots, for something is missing there."""
    if image.height <= limit:
        return image
    cut = image.crop((0, 0, image.width, limit))
    fade = _FADE_HEIGHT * SCALE
    mask = Image.linear_gradient("L").resize((image.width, fade))
    cut.paste(Image.new("RGB", mask.size, PAPER), (0, limit - fade), mask)
    draw = ImageDraw.Draw(cut)
    radius, middle, y = 5 * SCALE, image.width // 2, limit - 22 * SCALE
    for x in (middle - 5 * radius, middle, middle + 5 * radius):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=INK)
    return cut


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """Captions above their screens, which are shown equally high."""

    captions: Sequence[Image.Image]
    bodies: Sequence[Image.Image]

    @property
    def top(self) -> int:
        """Return where the screens begin, in pixels as all here."""
        return max(caption.height for caption in self.captions) + _GAP * SCALE // 2

    @property
    def body_height(self) -> int:
        return _measure_row([body.height // SCALE for body in self.bodies]) * SCALE

    @property
    def height(self) -> int:
        return self.top + self.body_height + _GAP * SCALE

    def paste(self, picture: Image.Image, y: int) -> None:
        """Put it into the picture, which is paper so far."""
        for place, (caption, body) in enumerate(zip(self.captions, self.bodies, strict=True)):
            x = _GAP * SCALE + place * (SCREEN_WIDTH + _GAP) * SCALE
            picture.paste(caption, (x, y))
            _paste_framed(picture, body, (x, y + self.top), self.body_height)


def _paste_framed(picture: Image.Image, body: Image.Image, at: tuple[int, int], height: int) -> None:
    """Paste a screen with round corners and an edge, lengthened in the colour that it ends with."""
    (x, y), width = at, body.width
    picture.paste(body if body.height <= height else body.crop((0, 0, width, height)), at)
    if height > body.height:
        color = body.getpixel((0, body.height - 1))
        picture.paste(Image.new("RGB", (width, height - body.height), color), (x, y + body.height))
    shape = (x, y, x + width - 1, y + height - 1)
    ImageDraw.Draw(picture).rounded_rectangle(shape, _RADIUS * SCALE, outline=_EDGE, width=SCALE)
    _cut_corners(picture, shape)


def _cut_corners(picture: Image.Image, shape: tuple[int, int, int, int]) -> None:
    """Lay paper on what stands out of the round corners; a mask as large as the screen would take ten times as long."""
    left, top, right, bottom = shape
    side = _RADIUS * SCALE
    size = 3 * side  # of a shape with something between its corners, or it is drawn as an ellipse
    outside = Image.new("L", (size, size), 255)
    ImageDraw.Draw(outside).rounded_rectangle((0, 0, size - 1, size - 1), side, fill=0)
    for x, column in ((left, 0), (right + 1 - side, size - side)):
        for y, row in ((top, 0), (bottom + 1 - side, size - side)):
            corner = outside.crop((column, row, column + side, row + side))
            picture.paste(PAPER, (x, y, x + side, y + side), corner)


def _stack(rows: Sequence[_Row], note: Image.Image | None, *, width: int) -> Image.Image:
    height = _GAP * SCALE + sum(row.height for row in rows) + (note.height if note else 0)
    picture = Image.new("RGB", (width, height), PAPER)
    y = _GAP * SCALE
    for row in rows:
        row.paste(picture, y)
        y += row.height
    if note:
        picture.paste(note, (0, y))
    return picture
