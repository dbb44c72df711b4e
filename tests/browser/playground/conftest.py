"""One playground with one browser for the tests of this folder, and a page of its own for each."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
from browser import open_browser
from desk import MAX, Desk, sitting
from playwright.async_api import Browser

from bot.demo.playground.service import Options, Playground, open_playground
from bot.demo.playground.troubles import Name

_BURST: Final = 1_000  # messages that a channel takes at once: no test waits for Slack's pace


@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    """Start a browser."""
    async with open_browser() as opened:
        yield opened


@pytest.fixture(scope="package", params=[False], ids=["http"])
async def playground(request: pytest.FixtureRequest) -> AsyncIterator[Playground]:
    """Open a playground that answers fast; the parameter says whether Slack comes over Socket Mode."""
    options = Options(port=0, is_socket_mode=request.param, is_browser_wanted=False, chars_per_s=50_000, delay_s=0)
    async with open_playground(options) as opened:
        opened.worlds.workspace.post_rate.burst = _BURST
        assert await opened.process.wait_until_ready()
        yield opened


@pytest.fixture(autouse=True)
async def put_back(playground: Playground) -> AsyncIterator[None]:
    """Put back what a test changes for all: troubles, a form left open, the language, and the Home last seen."""
    yield
    workspace = playground.worlds.workspace
    for name in Name:
        await playground.troubles.switch(name, is_on=False)
    for view in workspace.find_view_stack(MAX):
        await workspace.close_view(MAX, view)
    workspace.set_locale(MAX, "en-US")
    workspace.published_homes.pop(MAX, None)


@pytest.fixture
async def desk(browser: Browser, playground: Playground) -> AsyncIterator[Desk]:
    """Sit down before the page, which must not meet an error."""
    async with sitting(browser, playground.url) as opened:
        yield opened

        assert opened.errors == []
