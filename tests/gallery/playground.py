"""Takes the pictures of the playground for the documents: ``uv run python tests/gallery/playground.py``.

They are of the real page with the real bot behind it; it needs Chromium on the PATH.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests, whose browser and desk this uses

from browser import open_browser
from desk import DESKTOP, MAX, OLENA, PHONE, Desk, sitting
from gallery.draw import shrink
from playwright.async_api import Browser, expect

from bot.demo.playground.service import Options, open_playground

FOLDER: Final = Path(__file__).parents[2] / "docs" / "playground"
MAX_BYTES: Final = 250_000
SCALE: Final = 2
_COLORS: Final = (256, 128, 64)
_LOCALES: Final = {MAX: "en-US", OLENA: "uk-UA"}


async def _show_thread(desk: Desk) -> None:
    """Let a request be answered, beside its channel."""
    await _ask(desk)
    await expect(desk.picture).to_have_count(1)


async def _show_ukrainian(desk: Desk) -> None:
    """Let the same happen in Ukrainian."""
    await desk.send("Поліклініка просить запис до лікаря онлайн. Який він міг би бути?")
    await desk.request("/generate Запис до лікаря: лікар, дата, час, телефон, згода", prompt="дата, час")
    await expect(desk.picture).to_have_count(1)


async def _show_traffic(desk: Desk) -> None:
    """Show what went over the wire meanwhile."""
    await _show_thread(desk)
    await desk.open_panel("What goes over the wire")


async def _show_troubles(desk: Desk) -> None:
    """Show what can go wrong, with one trouble on and a request that has met it."""
    panel = await desk.open_panel("What can go wrong")
    await panel.get_by_role("switch", name="No flow in the answer").click()
    await _ask(desk)
    await expect(desk.thread.get_by_role("button", name="Try again")).to_be_visible()
    await panel.get_by_text("Switch a fault on").scroll_into_view_if_needed()


async def _ask(desk: Desk) -> None:
    await desk.send("The town hall wants parking permits online. What could that look like?")
    await desk.request("/generate Registration for a parking permit: name, car plate, e-mail", prompt="car plate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture: what ``person`` does before it is taken; ``size`` is in CSS pixels."""

    name: str
    show: Callable[[Desk], Awaitable[None]] = _show_thread
    person: str = MAX
    size: tuple[int, int] = DESKTOP
    scheme: Literal["light", "dark"] = "light"


PICTURES: Final = (
    Picture(name="desktop"),
    Picture(name="phone", size=PHONE),
    Picture(name="dark", scheme="dark"),
    Picture(name="ukrainian", person=OLENA, show=_show_ukrainian),
    Picture(name="traffic", show=_show_traffic),
    Picture(name="troubles", show=_show_troubles),
)


async def _take(browser: Browser, picture: Picture) -> bytes:
    """Take a picture of a playground of its own, at the pace of the demo."""
    async with open_playground(Options(port=0, is_browser_wanted=False)) as playground:
        await playground.process.wait_until_ready()
        async with sitting(
            browser,
            playground.url,
            person=picture.person,
            locale=_LOCALES[picture.person],
            size=picture.size,
            scheme=picture.scheme,
            scale=SCALE,
        ) as desk:
            await picture.show(desk)
            await desk.page.mouse.move(0, 0)
            return shrink(await desk.page.screenshot(animations="disabled"), max_bytes=MAX_BYTES, most_colors=_COLORS)


async def main() -> None:
    """Take every picture into ``docs/playground``."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with open_browser() as browser:
        for picture in PICTURES:
            (FOLDER / f"{picture.name}.png").write_bytes(await _take(browser, picture))


if __name__ == "__main__":
    asyncio.run(main())
