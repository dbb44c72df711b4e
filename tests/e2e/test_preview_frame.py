"""The frame in a real browser: stepping, the screen's width, versions, and what people with tools of their own meet."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from browser import needs_chromium, open_browser
from playwright.async_api import Browser, FrameLocator, Locator, Page, expect
from previewing import FLOW, UKRAINIAN_FLOW, Site, make_styled_page, open_site

from bot.core.models import Flow
from bot.core.texts import Language
from bot.previews.policy import Scripts

pytestmark = [pytest.mark.browser, needs_chromium]
_SERIOUS = {"serious", "critical"}
_FORMS = """<!DOCTYPE html><html lang="en"><head><title>x</title>
<style>.step{display:none}.step.on{display:grid}</style>
</head><body><h1>Parking permit</h1>
<form class="step on" id="one" action="https://evil.example/collect"><h2>Step 1: Your details</h2>
<label>Name <input name="name" required></label><label>Note <input name="note"></label>
<button type="button" aria-expanded="false">More</button><button>Continue</button></form>
<div class="step"><h2>Your car</h2><label>Plate <input name="plate"></label>
<button type="button" class="back">Back</button><a href="/next">Next</a></div>
<div class="step" hidden><h2>Check and send</h2><p>Right?</p><button type="button">Previous</button></div>
</body></html>"""
_FLAT = """<!DOCTYPE html><html lang="en"><body><h1>Parking permit</h1><h2>Your details</h2><p id="a">One</p>
<h2>Your car</h2><p id="b">Two</p><button type="button">Next step</button><h2>Check and send</h2><p id="c">Three</p>
<footer>End</footer></body></html>"""


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Start one Chromium for all."""
    expect.set_options(timeout=15_000)
    async with open_browser() as opened:
        yield opened


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """Open a server whose previews are for whoever has the link."""
    async with open_site(tmp_path) as opened:
        yield opened


async def _open(browser: Browser, url: str, **options: Any) -> Page:  # noqa: ANN401 - options of a browser's page
    page = await browser.new_page(**options)
    page.set_default_timeout(10_000)
    await page.goto(url)
    return page


def _enter(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def _step(page: Page, number: int) -> Locator:
    return page.locator(f'.steps a[data-step="{number}"]')


async def test_steps_show_one_at_a_time(browser: Browser, site: Site) -> None:
    """The page's own links and the frame's move on and back, and each knows of the other."""
    url = await site.keep(html=await make_styled_page(FLOW))
    page = await _open(browser, url)
    inside = _enter(page)
    await expect(_step(page, 1)).to_have_attribute("aria-current", "step")
    await expect(inside.get_by_role("heading", name="Your car", level=2)).to_be_hidden()
    await inside.get_by_label("Name").fill("Anna")
    await inside.get_by_role("link", name="Next").click()
    await expect(inside.get_by_role("heading", name="Your car", level=2)).to_be_focused()
    await expect(_step(page, 2)).to_have_attribute("aria-current", "step")
    await expect(inside.locator('[aria-current="step"]')).to_have_text("2Your car")
    await _step(page, 3).click()
    await expect(inside.get_by_role("heading", name="Check and send")).to_be_visible()
    await expect(inside.get_by_role("heading", name="Your car", level=2)).to_be_hidden()
    await inside.get_by_role("link", name="Back").click()
    await expect(inside.get_by_role("heading", name="Your car", level=2)).to_be_visible()
    await expect(_step(page, 2)).to_have_attribute("aria-current", "step")

    assert page.url == url
    await page.close()


async def test_forms_are_checked_and_go_nowhere(browser: Browser, site: Site) -> None:
    """What is required is asked for; then *submit* is the next step. What the page itself hid comes to light."""
    page = await _open(browser, await site.keep(html=_FORMS))
    inside = _enter(page)
    await inside.get_by_role("button", name="More").click()
    await inside.get_by_role("button", name="Continue").click()
    await expect(inside.get_by_label("Name")).to_be_focused()
    await expect(_step(page, 1)).to_have_attribute("aria-current", "step")
    await inside.get_by_label("Name").fill("Anna")
    await inside.get_by_label("Name").press("Enter")
    await expect(inside.get_by_label("Plate")).to_be_visible()
    await inside.get_by_role("link", name="Next").click()
    await expect(inside.get_by_text("Right?")).to_be_visible()
    await inside.get_by_role("button", name="Previous").click()
    await inside.get_by_role("button", name="Back").click()
    await expect(inside.get_by_label("Name")).to_have_value("Anna")
    display = await inside.locator("form").evaluate("form => getComputedStyle(form).display")

    assert display == "grid"
    await page.close()


async def test_headings_without_parts_are_steps_too(browser: Browser, site: Site) -> None:
    """Where a page is one column, a step is its heading with what follows."""
    page = await _open(browser, await site.keep(html=_FLAT))
    inside = _enter(page)
    await expect(inside.locator("#a")).to_be_visible()
    await expect(inside.locator("#b")).to_be_hidden()
    await _step(page, 2).click()
    await expect(inside.locator("#b")).to_be_visible()
    await inside.get_by_role("button", name="Next step").click()
    await expect(inside.locator("#c")).to_be_visible()
    await expect(inside.locator("#a")).to_be_hidden()
    await expect(inside.locator("footer")).to_be_visible()
    await page.close()


async def test_the_keyboard_reaches_everything(browser: Browser, site: Site) -> None:
    """Tab goes from the skip link over versions, screens, the file and the steps into the page."""
    await site.keep("job-0")
    page = await _open(browser, await site.keep(html=await make_styled_page(FLOW)))
    await expect(_step(page, 1)).to_have_attribute("aria-current", "step")
    seen = []
    for _ in range(7):
        await page.keyboard.press("Tab")
        seen.append(await page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    await page.keyboard.press("Enter")
    await expect(_enter(page).get_by_role("heading", name="Check and send", level=2)).to_be_visible()
    is_reachable = await page.locator("iframe").evaluate("frame => frame.tabIndex >= 0 && !frame.inert")

    assert seen == [
        "Skip to the prototype",
        "Version 2 of 2",
        "desktop",
        "Download",
        "1Your details",
        "2Your car",
        "3Check and send",
    ]
    assert is_reachable
    await page.close()


async def test_the_screen_can_be_a_phone(browser: Browser, site: Site) -> None:
    """By mouse and by arrow keys; on a phone there is no choice, and the page has all the room."""
    url = await site.keep(html=await make_styled_page(FLOW))
    page = await _open(browser, url, viewport={"width": 1280, "height": 900})
    inside = _enter(page).locator("html")
    wide = await inside.evaluate("html => html.clientWidth")
    await page.get_by_role("radio", name="Phone").check()
    narrow = await inside.evaluate("html => html.clientWidth")
    await page.keyboard.press("ArrowLeft")
    again = await inside.evaluate("html => html.clientWidth")
    await page.close()
    phone = await _open(browser, url, viewport={"width": 390, "height": 844})
    on_phone = await _enter(phone).locator("html").evaluate("html => html.clientWidth")
    overflow = await phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    await expect(phone.get_by_role("radio")).to_have_count(0)

    assert (wide, narrow, again, on_phone) == (1280, 390, 1280, 390)
    assert overflow == 0
    await phone.close()


async def test_versions_open_and_close(browser: Browser, site: Site) -> None:
    """The list leads to another version; Escape and a click elsewhere close it."""
    first, second = [await site.keep(job_id, html=await make_styled_page(FLOW)) for job_id in ("job-1", "job-2")]
    page = await _open(browser, second)
    menu = page.get_by_role("navigation", name="Versions")
    await page.locator("summary").click()
    await expect(menu).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(menu).to_be_hidden()
    await expect(page.locator("summary")).to_be_focused()
    await page.locator("summary").click()
    await _enter(page).locator("h1").click()
    await expect(menu).to_be_hidden()
    await page.locator("summary").click()
    await menu.get_by_role("link", name="Version 1").click()
    await expect(_enter(page).get_by_role("heading", name="Your details")).to_be_visible()

    assert page.url == first
    await page.close()


async def test_the_file_can_be_saved(browser: Browser, site: Site) -> None:
    """The button saves the page under its name."""
    page = await _open(browser, await site.keep(html=_FLAT))
    async with page.expect_download() as saving:
        await page.get_by_role("link", name="Download").click()
    saved = await saving.value
    path = await saved.path()

    assert saved.suggested_filename == "prototype.html"
    assert path.read_text() == _FLAT
    await page.close()


async def test_without_scripts_everything_is_there(browser: Browser, site: Site) -> None:
    """Nothing is hidden, also what the page would only show by its own script; the links move the page."""
    page = await _open(
        browser, await site.keep(html=_FORMS), java_script_enabled=False, viewport={"width": 800, "height": 400}
    )
    inside = _enter(page)
    for name in ("Your details", "Your car", "Check and send"):
        await expect(inside.get_by_role("heading", name=name)).to_be_visible()
    await page.get_by_role("radio", name="Phone").check()
    await _step(page, 3).click()
    await expect(inside.get_by_role("heading", name="Check and send")).to_be_in_viewport()
    await page.close()


@pytest.mark.parametrize("scripts", ["none", "model"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", list(Language))
async def test_axe_finds_nothing_serious(
    browser: Browser, tmp_path: Path, scripts: Scripts, scheme: Literal["light", "dark"], language: Language
) -> None:
    """In both languages, by day and by night, with the versions open and the warning there."""
    flow: Flow = FLOW if language is Language.ENGLISH else UKRAINIAN_FLOW
    missing = flow.steps[-1].model_copy(update={"id": "more", "title": "Nowhere on the page"})
    html = await make_styled_page(flow)
    async with open_site(tmp_path, scripts=scripts) as site:
        for job_id in ("job-1", "job-2"):
            url = await site.keep(
                job_id, html=html, flow=flow.model_copy(update={"steps": (*flow.steps, missing)}), language=language
            )
        page = await _open(browser, url, color_scheme=scheme)
        await page.locator("summary").click()
        found = await Axe().run(page, context={"exclude": [["iframe"]]})
        await page.goto(f"{site.url}/p/nothing")
        notice = await Axe().run(page)
        await page.close()
    serious = [
        (problem["id"], [node["html"] for node in problem["nodes"]])
        for problem in [*found.response["violations"], *notice.response["violations"]]
        if problem["impact"] in _SERIOUS
    ]

    assert serious == []
    assert len(found.response["passes"]) > 15
