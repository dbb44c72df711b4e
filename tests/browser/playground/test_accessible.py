"""Every view of the page under axe, in light and dark, on a desk and on a phone."""

from typing import Final, Literal

import pytest
from browser import needs_chromium
from desk import DESKTOP, PHONE, Desk, sitting
from playwright.async_api import Browser, expect

from bot.demo.playground.service import Playground

pytestmark = [pytest.mark.browser, needs_chromium]

_LOOKS: Final[dict[str, tuple[tuple[int, int], Literal["light", "dark"]]]] = {
    "light": (DESKTOP, "light"),
    "dark": (DESKTOP, "dark"),
    "phone": (PHONE, "light"),
}


@pytest.mark.parametrize(("size", "scheme"), _LOOKS.values(), ids=_LOOKS)
async def test_axe_finds_nothing_serious(
    browser: Browser, playground: Playground, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    """A finished thread beside its channel, the other views, and what can be laid over them."""
    found: dict[str, object] = {}
    async with sitting(browser, playground.url, size=size, scheme=scheme) as desk:
        await desk.request(f"/generate Book club, {scheme} {size[0]}: name, e-mail", prompt=f"{scheme} {size[0]}")
        await expect(desk.picture).to_have_count(1)
        found["thread"] = await desk.find_problems()
        await desk.page.keyboard.press("Escape")
        await _look_at_panels(desk, found)
        if size == PHONE:
            await desk.page.get_by_role("button", name="Conversations").click()
            found["list"] = await desk.find_problems()
        await desk.go_to("Prototype")
        found["messages"] = await desk.find_problems()
        await desk.page.get_by_role("tab", name="Home").click()
        await desk.main.get_by_role("button", name="New prototype").click()
        await desk.modal.get_by_role("textbox").fill("Short")
        await desk.modal.get_by_role("button", name="Generate").click()
        await expect(desk.modal.get_by_role("textbox")).to_have_attribute("aria-invalid", "true")
        found["modal"] = await desk.find_problems()
        await desk.page.keyboard.press("Escape")
        found["home"] = await desk.find_problems()

    assert {name: problems for name, problems in found.items() if problems} == {}


async def _look_at_panels(desk: Desk, found: dict[str, object]) -> None:
    """Look at the settings and at both panels that open from there."""
    await desk.open_settings()
    found["settings"] = await desk.find_problems()
    await desk.page.keyboard.press("Escape")
    for name in ("What can go wrong", "What goes over the wire"):
        panel = await desk.open_panel(name)
        await expect(panel.get_by_role("heading", name=name)).to_be_focused()
        found[name] = await desk.find_problems()
        await panel.get_by_role("button", name="Close").click()
