"""Draws scenes into PNG files, and with them the pages of ``docs/screens``.

Run it with ``uv run python tests/gallery/draw.py``; it needs Chromium on the PATH.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.async_api import Page

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests, whose browser and gallery this uses

from browser import open_browser
from gallery.canvas import open_canvas
from gallery.scene import PHONE, Json, Scene, make_world
from gallery.scenes import list_scenes
from gallery.show import write_page

from bot.core.texts import Language

_DOCS: Final = Path(__file__).parents[2] / "docs"
_SCALE: Final = 2
_MAX_BYTES: Final = 150_000
_COLORS: Final = (96, 64, 40, 24)


async def draw(
    scenes: Sequence[Scene],
    *,
    language: Language,
    width: int,
    out: Path,
    world: Json | None = None,
) -> list[Path]:
    """Draw each scene into ``NAME-LANGUAGE.png`` of the folder ``out``; ``width`` is in CSS pixels.

    ``world`` overrules parts of the gallery's own, such as ``users`` and ``files``.
    A picture that a scene shows and that does not load ends this with ``ValueError``, as does a file that is too big.
    """
    pictures: dict[str, bytes] = {}
    async with open_browser() as browser, open_canvas(browser, width=width, scale=_SCALE) as page:
        for scene in scenes:
            pictures[scene.name] = await _shoot(page, scene, {**make_world(language), **(world or {})})
    return _write(pictures, language, out)


async def _shoot(page: Page, scene: Scene, world: Json) -> bytes:
    missing = await page.evaluate("([scene, world]) => drawScene(scene, world)", [scene.to_json(), world])
    if missing:
        raise ValueError(f"{scene.name} has pictures that did not load: {missing}")
    return shrink(await page.locator("main").screenshot())


def _write(pictures: Mapping[str, bytes], language: Language, out: Path) -> list[Path]:
    out.mkdir(parents=True, exist_ok=True)
    paths = {out / f"{name}-{language}.png": picture for name, picture in pictures.items()}
    for path, picture in paths.items():
        path.write_bytes(picture)
    return list(paths)


def shrink(png: bytes, *, max_bytes: int = _MAX_BYTES, most_colors: Sequence[int] = _COLORS) -> bytes:
    """Make a picture smaller by its number of colours; raises ``ValueError`` if that is not enough."""
    picture = Image.open(BytesIO(png)).convert("RGB")
    for colors in most_colors:
        out = BytesIO()
        picture.quantize(colors, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if len(out.getvalue()) <= max_bytes:
            return out.getvalue()
    raise ValueError(f"a picture of {picture.size} has {len(out.getvalue())} bytes")


async def _draw_all() -> None:
    """Draw every scene in both languages, and write the page that shows them."""
    for language in Language:
        scenes = list_scenes(language)
        for width in sorted({scene.width for scene in scenes}):
            chosen = [scene for scene in scenes if scene.width == width]
            await draw(chosen, language=language, width=width, out=_DOCS / "screens")
    (_DOCS / "screens.md").write_text(write_page(list_scenes(Language.ENGLISH), phone_width=PHONE))


if __name__ == "__main__":
    asyncio.run(_draw_all())
