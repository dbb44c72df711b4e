"""How a test has something drawn, and reads what came of it."""

from typing import Any

from gallery.kit import FILES
from gallery.scene import BOT, Json, make_world
from playwright.async_api import Page

from bot.core.texts import Language


async def show(page: Page, name: str, value: object, *, world: Json | None = None, options: Json | None = None) -> None:
    """Let the function ``name`` of ``draw.js`` draw ``value``; ``world`` overrules parts of the gallery's own."""
    values = [name, value, {**make_world(Language.ENGLISH), "files": FILES, **(world or {})}, options or {}]
    await page.evaluate("([name, value, world, options]) => show(name, value, world, options)", values)


async def show_blocks(page: Page, *blocks: Json, world: Json | None = None) -> None:
    """Let blocks be drawn, in a message of the bot's."""
    await show(page, "drawMessage", {"user": BOT, "ts": "1.1", "blocks": list(blocks)}, world=world)


async def open_modal(page: Page, view: Json) -> None:
    """Let a modal be drawn, and open it."""
    await show(page, "drawModal", view)
    await page.evaluate("document.querySelector('dialog').showModal()")


async def list_calls(page: Page) -> list[Any]:
    """Return what the page has reported since the last drawing, each as its name and first argument."""
    calls: list[list[Any]] = await page.evaluate("calls")
    return [call[:2] for call in calls]


async def is_hacked(page: Page) -> bool:
    """Tell whether something has run that should not."""
    return bool(await page.evaluate("window.hacked !== undefined"))
