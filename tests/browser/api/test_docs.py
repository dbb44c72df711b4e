"""The page that describes the API, in a browser."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from browser import needs_chromium, open_browser
from calling import TOKEN
from playwright.async_api import Page
from stage import open_stage

pytestmark = [pytest.mark.browser, needs_chromium]


async def _try_generation(page: Page, token: str) -> str:
    await page.fill("#token", token)
    await page.click("#operation-generate button[type=submit]")
    await page.wait_for_selector("#operation-generate .answer pre")
    return await page.inner_text("#operation-generate .answer")


async def test_the_api_can_be_read_and_tried(tmp_path: Path) -> None:
    """On a phone too and in the dark, by everybody, asking nobody but the bot; the token is kept nowhere."""
    async with open_stage(tmp_path, API_TOKEN=TOKEN) as stage, open_browser() as browser:
        context = await browser.new_context(viewport={"width": 390, "height": 800}, color_scheme="dark")
        page = await context.new_page()
        troubles: list[str] = []
        asked: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda said: troubles.append(said.text))
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{stage.url}/api/docs")
        await page.wait_for_selector("article")
        refused = await _try_generation(page, "wrong")
        made = await _try_generation(page, TOKEN)
        await page.click("#operation-getGeneration button[type=submit]")
        fetched = await page.wait_for_selector("#operation-getGeneration .answer pre")
        faults = await Axe().run(page)
        width = await page.evaluate("document.documentElement.scrollWidth")
        stored = await page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")

        assert "401" in refused
        assert "200" in made
        assert fetched is not None
        assert '"flow": {' in await fetched.inner_text()
        assert faults.response["violations"] == []
        assert width == 390
        assert stored == '[{},{},""]'
        assert {re.sub(r"/generate/.*", "/generate/ID", url.removeprefix(stage.url)) for url in asked} == {
            "/api/docs",
            "/api/openapi.json",
            "/api/generate",
            "/api/generate/ID",
        }
        assert [trouble for trouble in troubles if "401" not in trouble] == []
