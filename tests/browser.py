"""A real Chromium for tests: Debian's, driven by Playwright, which downloads nothing."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from playwright.async_api import Browser, async_playwright

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium: Final = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not on the PATH")


@asynccontextmanager
async def open_browser(*arguments: str) -> AsyncIterator[Browser]:
    """Start Chromium without a window; ``arguments`` are Chromium's own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", *arguments]
        )
        try:
            yield browser
        finally:
            await browser.close()
