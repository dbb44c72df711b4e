"""What hostile pages reach from inside of a preview, measured in Chromium against listeners on loopback."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from browser import needs_chromium, open_browser
from hostile import LOADS, NAVIGATIONS, REACHED_BARE, TRIES, WAYS, Ear, open_ears, write_page, write_tries
from playwright.async_api import Browser, Error
from playwright.async_api import Frame as InnerFrame
from previewing import open_site

from bot.core.texts import Language
from bot.previews.answers import Answers
from bot.previews.frame import Frame
from bot.previews.policy import Scripts

pytestmark = [pytest.mark.browser, needs_chromium, pytest.mark.timeout(240)]
_TABS = 8
_LISTEN_S = 1.0
_LOUD_S = 4.0
_A_PAGE = 8
_CLICK_MS = 5_000
# Whether Chromium connects before there is anything to ask for depends on what it thinks of the network.
_MAY_BE_SILENT = {"link-preconnect", "link-preconnect-made"}
# What gets out where a page's scripts run: Chromium has no ``webrtc`` directive yet.
_WEBRTC = {"webrtc", "webrtc-tcp"}


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Start one Chromium for all."""
    async with open_browser() as opened:
        yield opened


@pytest.fixture
async def ears() -> AsyncIterator[dict[str, Ear]]:
    """Listen."""
    async with open_ears() as opened:
        yield opened


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """Where a tab ended, and what had popped up."""

    url: str
    popups: tuple[str, ...]


async def _visit(browser: Browser, url: str, ears: Sequence[Ear]) -> _End:
    """Open an address, click what is there to click, and stay for a while; no longer than until all has been heard."""
    context = await browser.new_context()
    page = await context.new_page()
    popups: list[str] = []
    page.on("popup", lambda popup: popups.append(popup.url))
    with suppress(Error):  # a page that leaves while it loads
        await page.goto(url, wait_until="domcontentloaded" if ears else "load", timeout=5_000)
    await _click_all(page.main_frame if ears else page.frames[1])
    with suppress(TimeoutError):
        async with asyncio.timeout(_LOUD_S if ears else _LISTEN_S):
            for ear in ears or [Ear()]:
                await ear.has_heard.wait()
    end = _End(url=page.url, popups=tuple(popups))
    await context.close()
    return end


async def _click_all(frame: InnerFrame) -> None:
    """Click by mouse where there is something to see, else by an event, as a script of the page could."""
    try:
        for target in await frame.locator("#go").all():
            if await target.locator("rect").count():
                await target.locator("rect").click(timeout=_CLICK_MS, no_wait_after=True)
            elif await target.evaluate("node => node.tagName") == "AREA":
                await target.dispatch_event("click")
            else:
                await target.click(timeout=_CLICK_MS, no_wait_after=True)
    except Error:
        return  # the page has gone elsewhere


async def _visit_all(
    browser: Browser, urls: Mapping[str, str], ears: Mapping[str, Sequence[Ear]] | None = None
) -> dict[str, _End]:
    """Visit some addresses at a time; where ``ears`` are given, pages are known to be heard."""
    places = asyncio.Semaphore(_TABS)

    async def visit(name: str, url: str) -> tuple[str, _End]:
        async with places:
            return name, await _visit(browser, url, ears[name] if ears else ())

    return dict(await asyncio.gather(*(visit(name, url) for name, url in urls.items())))


def _chunk(names: Sequence[str]) -> dict[str, list[str]]:
    return {names[at]: list(names[at : at + _A_PAGE]) for at in range(0, len(names), _A_PAGE)}


def _group() -> dict[str, list[str]]:
    """Put ways together that don't get in each other's way: a page can leave for one place only."""
    return {**{name: [name] for name in NAVIGATIONS}, **_chunk(list(LOADS))}


def _write_pages(ears: Mapping[str, Ear], groups: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {key: write_page(*(ears[name].write_way(name) for name in names)) for key, names in groups.items()}


def _list_heard(ears: Mapping[str, Ear]) -> set[str]:
    return {name for name, ear in ears.items() if ear.words}


def _list_knocked(ears: Mapping[str, Ear]) -> set[str]:
    return {name for name, ear in ears.items() if ear.knocks}


async def test_every_way_leads_out_of_a_bare_page(browser: Browser, ears: dict[str, Ear], tmp_path: Path) -> None:
    """The control: with no policy around them, the same pages are heard."""
    pages = _write_pages(ears, _group())

    async def show(request: web.Request) -> web.Response:
        return web.Response(text=pages[request.match_info["key"]], content_type="text/html")

    async with open_site(tmp_path, more_routes=[web.get("/bare/{key}", show)]) as site:
        urls = {key: f"{site.url}/bare/{key}" for key in pages}
        listening = {
            key: [ears[name] for name in names if name not in _MAY_BE_SILENT] for key, names in _group().items()
        }
        await _visit_all(browser, urls, listening)

    assert set(WAYS) - _list_heard(ears) <= _MAY_BE_SILENT


@pytest.mark.parametrize("scripts", ["none", "model"])
async def test_a_preview_is_heard_by_nobody(
    browser: Browser, ears: dict[str, Ear], tmp_path: Path, scripts: Scripts
) -> None:
    """No word gets out, nothing pops up, and the tab stays where it was; but for what ``model`` costs.

    Where a page's scripts run, WebRTC gets out; and Chromium opens a connection before it finds that a navigation is
    forbidden, and says nothing over it.
    """
    async with open_site(tmp_path, scripts=scripts) as site:
        # A cleaned page leaves for nowhere, so that one can hold more.
        pages = _write_pages(ears, _group() if scripts == "model" else _chunk(list(WAYS)))
        urls = {key: await site.keep(key, html=html, thread=None) for key, html in pages.items()}
        ends = await _visit_all(browser, urls)

    assert _list_heard(ears) <= (_WEBRTC if scripts == "model" else set())
    assert _list_knocked(ears) <= (_WEBRTC | NAVIGATIONS.keys() if scripts == "model" else set())
    assert ends == {key: _End(url=url, popups=()) for key, url in urls.items()}


async def test_the_policy_alone_lets_no_word_out(browser: Browser, ears: dict[str, Ear], tmp_path: Path) -> None:
    """Were the cleaning to miss something: the same pages, as they are, in the frame and under the page's headers."""
    pages, answers = _write_pages(ears, _group()), Answers(can_sign_in=False)

    async def show_frame(request: web.Request) -> web.Response:
        return answers.show_frame(
            Frame(
                name="x",
                language=Language.ENGLISH,
                version=1,
                versions=(),
                steps=(),
                page_url=f"../raw/{request.match_info['key']}",
                download_url="",
                scripts="none",
            )
        )

    async def show_page(request: web.Request) -> web.Response:
        return answers.show_page(pages[request.match_info["key"]], scripts="none")

    routes = [web.get("/frame/{key}", show_frame), web.get("/raw/{key}", show_page)]
    async with open_site(tmp_path, more_routes=routes) as site:
        urls = {key: f"{site.url}/frame/{key}" for key in pages}
        ends = await _visit_all(browser, urls)

    assert _list_heard(ears) == set()
    assert _list_knocked(ears) <= NAVIGATIONS.keys()
    assert ends == {key: _End(url=url, popups=()) for key, url in urls.items()}


async def _collect(frame: InnerFrame) -> tuple[set[str], set[str]]:
    """Wait until a page's script has tried everything, and return what it tried and what it reached."""
    tried, reached = await frame.evaluate("done.then(() => [tried, reached])")
    return set(tried), set(reached)


async def test_a_script_reaches_nothing_around_it(browser: Browser, tmp_path: Path) -> None:
    """Neither the frame, nor what a browser keeps, nor another preview, nor a device; a bare page does."""

    async def show(_: web.Request) -> web.Response:
        return web.Response(text=write_page(write_tries("/p/")), content_type="text/html")

    async with open_site(tmp_path, scripts="model", more_routes=[web.get("/bare", show)]) as site:
        other = await site.keep("other", html=write_page("<p>Another secret</p>"), thread=None)
        url = await site.keep(html=write_page(write_tries(other)), thread=None)
        page = await browser.new_page()
        await page.goto(url)
        tried, reached = await _collect(page.frames[1])
        cookies = await page.context.cookies()
        seen = await page.frames[1].evaluate("document.referrer + window.origin + location.href")
        await page.goto(f"{site.url}/p/nothing")
        left = await page.evaluate("window.name")
        await page.goto(f"{site.url}/bare")
        _, reached_bare = await _collect(page.main_frame)
        await page.close()

    assert tried == TRIES.keys()
    assert reached == set()
    assert reached_bare >= REACHED_BARE
    assert cookies == []
    assert left == ""
    assert url.rsplit("/", 1)[1] not in seen


async def test_a_script_can_not_lead_its_frame_to_another_preview(browser: Browser, tmp_path: Path) -> None:
    """Not even with a ticket for its page: the frame's own request is the only one that gets one."""
    async with open_site(tmp_path, scripts="model") as site:
        other = await site.keep("other", html=write_page("<p>Another secret</p>"), thread=None)
        page = await browser.new_page()
        await page.goto(other)
        ticket = page.frames[1].url
        for target in (ticket, other):
            url = await site.keep(target[-40:], html=write_page(f"<script>location = '{target}'</script>"), thread=None)
            await page.goto(url)
            await asyncio.sleep(_LISTEN_S)
            texts = [await frame.content() for frame in page.frames]

            assert page.url == url
            assert not any("Another secret" in text for text in texts)
        await page.close()
