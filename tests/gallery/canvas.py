"""A page in Chromium that draws what ``bot/demo/page/draw.js`` draws, without any network.

It is shown under the policy that the demo's own page has: no script and no style but its files, no picture but
those that are handed over.
"""

import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser, Page, Route

import bot.demo

Theme = Literal["light", "dark"]

_ADDRESS: Final = "http://gallery.invalid"
_FOLDERS: Final = {
    "page": Path(bot.demo.__file__).with_name("page"),
    "gallery": Path(__file__).parent,
}


@asynccontextmanager
async def open_canvas(
    browser: Browser, *, width: int, theme: Theme = "light", scale: float = 1, locale: str = "en-GB"
) -> AsyncIterator[Page]:
    """Open an empty canvas; ``width`` is in CSS pixels, ``scale`` how many of the picture's a CSS pixel takes.

    ``theme`` is what the page is told that the system prefers.
    """
    context = await browser.new_context(
        viewport={"width": width, "height": 800},
        device_scale_factor=scale,
        color_scheme=theme,
        reduced_motion="reduce",
        timezone_id="Europe/Kyiv",
        locale=locale,
    )
    try:
        page = await context.new_page()
        await page.route("**/*", _serve)
        await page.goto(f"{_ADDRESS}/gallery/canvas.html")
        yield page
    finally:
        await context.close()


async def _serve(route: Route) -> None:
    """Answer with a file of the two folders; whatever else is asked for does not exist."""
    folder, _, name = route.request.url.removeprefix(f"{_ADDRESS}/").partition("/")
    path = _FOLDERS.get(folder, Path()) / name
    if folder not in _FOLDERS or "/" in name or not path.is_file():
        await route.abort()
        return
    await route.fulfill(path=path, content_type=mimetypes.guess_type(name)[0])
