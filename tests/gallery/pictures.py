"""Paints every page of ``tests/pages`` with both engines, side by side, into ``docs/pictures``.

From the root of the repository: ``uv run python tests/gallery/pictures.py``. Needs Chromium on the PATH.
"""

import asyncio
import io
import sys
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(Path(__file__).parents[1]))

from prototypes import finish, list_pages, read_flow, read_page

from bot.core.texts import Language, detect_language
from bot.errors import UnexpectedError
from bot.previews.compile import TailwindCompiler
from bot.previews.picture import Painter, PictureLimits, find_chromium

_DOCS: Final = Path(__file__).parents[2] / "docs"
_SIDE_WIDTH: Final = 560
_HEIGHT: Final = 900
_LABEL_HEIGHT: Final = 30
_GAP: Final = 12
_COLOURS: Final = 64
# What differs, by eye.
_NOTES: Final = {
    "broken": "The unclosed attribute swallows what follows in both. Blitz writes a field's own text upright.",
    "cards": "Emoji become a plain dot in Blitz; of a picture that the page does not carry both show the alternative "
    "text. Blitz squares the round corners beside a border on one side alone.",
    "dark": "The fields of a long text lack their handle in Blitz; paddings of selects differ by some pixels.",
    "dashboard": "Badges inside of a line of text stand a little high in Blitz, and the line under the chart is "
    "hidden; bars of progress and meters are drawn by us.",
    "empty": "A page that shows nothing has no picture, with either engine.",
    "huge": "Two megabytes of text are cut after the first screen, which fades out under three dots.",
    "long-form": "Dates, times and files are worded in the page's language in Blitz, in the browser's in Chromium; "
    "Blitz, too, shows no password. Bars of progress take the accent's colour in Blitz.",
    "multi-step": "Nine steps wait for a script and are shown all the same: eight screens, then how many more. "
    "The headings differ by nothing but their font.",
    "remote": "Nothing is fetched. Chromium draws the controls of films without a film, Blitz leaves their room blank.",
    "table": "Lines between cells are doubled in Blitz, whose tables do not join them; all is there besides.",
}


async def paint_all() -> None:
    """Paint the pages and write the document that shows them."""
    (_DOCS / "pictures").mkdir(exist_ok=True)
    compiler = TailwindCompiler()
    limits = PictureLimits(timeout_s=30)
    lines = [_write_head()]
    async with Painter(limits=limits) as blitz, Painter(limits=limits, chromium=find_chromium()) as chromium:
        for name in list_pages():
            page, flow = await finish(read_page(name), compiler), read_flow(name)
            sides = []
            for painter in (blitz, chromium):
                try:
                    sides.append(
                        await painter.paint(
                            page, flow=flow, language=detect_language(flow.name, default=Language.ENGLISH)
                        )
                    )
                except UnexpectedError as error:
                    sys.stdout.write(f"{name}: {error}\n")
            lines.append(f"## {name}\n\n{_NOTES.get(name, '')}\n")
            if sides:
                _write_pair(sides, _DOCS / "pictures" / f"{name}.png")
                lines.append(f"![{flow.name}](pictures/{name}.png)\n")
    (_DOCS / "pictures.md").write_text("\n".join(lines), encoding="utf-8")


def _write_head() -> str:
    return (
        "# Pictures, by both engines\n\n"
        "Blitz on the left, Chromium on the right, from the pages in `tests/pages`; reduced in size and colours.\n"
        "Made with `uv run python tests/gallery/pictures.py`.\n"
    )


def _write_pair(sides: list[bytes], path: Path) -> None:
    images = [_reduce(Image.open(io.BytesIO(side)).convert("RGB")) for side in sides]
    size = (sum(image.width + _GAP for image in images), _LABEL_HEIGHT + max(image.height for image in images))
    pair = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(pair), ImageFont.load_default(18)
    x = 0
    for label, image in zip(("Blitz", "Chromium"), images, strict=True):
        draw.text((x + 4, 4), label, fill="black", font=font)
        pair.paste(image, (x, _LABEL_HEIGHT))
        x += image.width + _GAP
    pair.quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def _reduce(image: Image.Image) -> Image.Image:
    share = min(_SIDE_WIDTH / image.width, _HEIGHT / image.height, 1)
    return image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    asyncio.run(paint_all())
