"""One browser with a page to draw in, for all tests of the drawing."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from browser import open_browser
from gallery.canvas import open_canvas
from playwright.async_api import Browser, Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A page, and the errors that it has met."""

    page: Page
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Start a browser."""
    async with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
async def watched(browser: Browser) -> AsyncIterator[Watched]:
    """Open a canvas as wide as a phone."""
    async with open_canvas(browser, width=390) as page:
        watched = Watched(page=page)

        # Playwright keeps something with what it is given, so that this is no method of a slotted class.
        def note(error: object) -> None:
            watched.errors.append(str(error))

        page.on("pageerror", note)
        yield watched


@pytest.fixture
async def canvas(watched: Watched) -> AsyncIterator[Page]:
    """Return the canvas, which must not meet an error."""
    watched.errors.clear()
    yield watched.page

    assert watched.errors == []
