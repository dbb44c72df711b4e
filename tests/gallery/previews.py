"""Draws the frame of previews for the documents: ``uv run python tests/gallery/previews.py``."""

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser import open_browser
from previewing import FLOW, UKRAINIAN_FLOW, Site, make_styled_page, open_site

from bot.core.models import Flow
from bot.core.texts import Language
from bot.previews.policy import Scripts

_FOLDER = Path(__file__).parents[2] / "docs" / "previews"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    """A picture of the frame; sizes in CSS pixels."""

    name: str
    width: int
    height: int
    flow: Flow = FLOW
    language: Language = Language.ENGLISH
    scheme: Literal["light", "dark"] = "light"
    scripts: Scripts = "none"
    is_phone_chosen: bool = False
    opens_versions: bool = False
    step: int = 1


_PICTURES = (
    _Picture(name="desktop", width=1280, height=800),
    _Picture(name="phone-on-desktop", width=1280, height=900, is_phone_chosen=True, step=2),
    _Picture(name="versions", width=1280, height=800, opens_versions=True, step=3),
    _Picture(name="phone", width=390, height=844),
    _Picture(name="dark", width=1280, height=800, scheme="dark", step=2),
    _Picture(name="ukrainian", width=1280, height=800, flow=UKRAINIAN_FLOW, language=Language.UKRAINIAN),
    _Picture(
        name="ukrainian-dark-phone",
        width=390,
        height=844,
        flow=UKRAINIAN_FLOW,
        language=Language.UKRAINIAN,
        scheme="dark",
        opens_versions=True,
    ),
    _Picture(name="model-scripts", width=1280, height=800, scripts="model"),
)


async def _draw(browser: Browser, picture: _Picture) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with open_site(Path(folder), scripts=picture.scripts) as site:
            url = await _keep_versions(site, picture)
            page = await browser.new_page(
                viewport={"width": picture.width, "height": picture.height}, color_scheme=picture.scheme
            )
            await page.goto(url)
            if picture.scripts == "none":
                await page.locator(".steps a[aria-current]").wait_for()
                await page.locator(f'.steps a[data-step="{picture.step}"]').click()
            if picture.is_phone_chosen:
                await page.locator("#phone").check(force=True)
            if picture.opens_versions:
                await page.locator("summary").click()
            await page.mouse.move(0, picture.height - 1)
            await asyncio.sleep(0.3)
            await page.screenshot(path=_FOLDER / f"{picture.name}.png")
            await page.close()


async def _keep_versions(site: Site, picture: _Picture) -> str:
    html = await make_styled_page(picture.flow, "with an indigo accent")
    links = [
        await site.keep(f"job-{number}", html=html, flow=picture.flow, language=picture.language) for number in (1, 2)
    ]
    return links[-1]


async def _draw_notice(browser: Browser) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with open_site(Path(folder)) as site:
            page = await browser.new_page(viewport={"width": 800, "height": 520})
            await page.goto(f"{site.url}/p/nothing")
            await page.screenshot(path=_FOLDER / "not-found.png")


async def main() -> None:
    """Draw every picture into ``docs/previews``."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    async with open_browser() as browser:
        for picture in _PICTURES:
            await _draw(browser, picture)
        await _draw_notice(browser)


if __name__ == "__main__":
    asyncio.run(main())
