"""The playground's page in Chromium, used as a person does: by what it says, not by how it is made."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, expect

MAX: Final = "U2"  # writes English, as the page does to him
OLENA: Final = "U1"  # writes Ukrainian
DESKTOP: Final = (1280, 800)
PHONE: Final = (390, 844)
_TIMEOUT_MS: Final = 30_000
_GRAVE: Final = frozenset({"serious", "critical"})
_THREAD: Final = {MAX: "Thread", OLENA: "Гілка"}

expect.set_options(timeout=_TIMEOUT_MS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A page that ``person`` looks at; ``errors`` is what its console and its scripts complain of."""

    page: Page
    person: str
    errors: list[str] = field(default_factory=list)

    @property
    def main(self) -> Locator:
        """The conversation."""
        return self.page.get_by_role("main")

    @property
    def thread(self) -> Locator:
        """The thread beside it."""
        return self.page.get_by_role("complementary", name=_THREAD[self.person])

    @property
    def composer(self) -> Locator:
        """The field below the conversation."""
        return self.main.get_by_role("textbox")

    @property
    def modal(self) -> Locator:
        """The form over all."""
        return self.page.get_by_role("dialog", name="prototype")

    @property
    def picture(self) -> Locator:
        """The picture of a result in the thread."""
        return self.thread.locator("figure").get_by_role("img")

    async def go_to(self, name: str) -> None:
        """Go to a conversation."""
        await self.page.get_by_role("navigation").get_by_role("button", name=name).click()
        await expect(self.main.get_by_role("heading", level=2)).to_have_text(name)

    async def send(self, text: str) -> None:
        """Send what is for the conversation."""
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def reply(self, text: str) -> None:
        """Send what is for the open thread."""
        field = self.thread.get_by_role("textbox")
        await field.fill(text)
        await field.press("Enter")

    def find(self, text: str) -> Locator:
        """Find the message of the conversation that says this."""
        return self.main.get_by_role("article").filter(has_text=text)

    def find_reply(self, text: str) -> Locator:
        """Find the message of the thread that says this."""
        return self.thread.get_by_role("article").filter(has_text=text)

    async def open_thread(self, text: str) -> None:
        """Open the thread of a message by its replies."""
        button = self.find(text).locator("button.reply-count")
        await expect(button).to_be_visible()
        await button.click()
        await expect(self.thread).to_be_visible()

    async def request(self, text: str, *, prompt: str | None = None) -> None:
        """Send a request, and open its thread; ``prompt`` is what is shown of it."""
        await self.send(text)
        await self.open_thread(prompt or text)

    async def choose(self, text: str, name: str) -> None:
        """Choose from the menu of the message that says this."""
        await self.find(text).hover()
        await self.find(text).get_by_role("button", name="More actions").click()
        await self.page.get_by_role("menuitem", name=name).click()

    @asynccontextmanager
    async def in_trouble(self, name: str) -> AsyncIterator[None]:
        """Have something go wrong for a while, switched on and off in the panel of what can go wrong."""
        await self._switch(name, is_on=True)
        yield
        await self._switch(name, is_on=False)

    async def crash_bot(self) -> None:
        """End the bot's process, by the same panel."""
        panel = await self.open_panel("What can go wrong")
        await panel.get_by_role("button", name="Crash the bot").click()
        await expect(panel.get_by_role("status")).to_have_text("Starting…")
        await panel.get_by_role("button", name="Close").click()

    async def open_settings(self) -> Locator:
        """Open the settings."""
        await self.page.get_by_role("button", name="Settings").click()
        return self.page.get_by_role("dialog", name="Settings")

    async def open_panel(self, name: str) -> Locator:
        """Open one of the panels that the settings lead to."""
        settings = await self.open_settings()
        await settings.get_by_role("button", name=name).click()
        return self.page.get_by_role("dialog", name=name)

    async def _switch(self, name: str, *, is_on: bool) -> None:
        panel = await self.open_panel("What can go wrong")
        switch = panel.get_by_role("switch", name=name)
        await switch.click()
        await expect(switch).to_have_attribute("aria-checked", str(is_on).lower())
        await panel.get_by_role("button", name="Close").click()

    async def read_focus(self) -> str:
        """Read what has the keyboard: its tag, and what it is called."""
        return str(
            await self.page.evaluate(
                "(({tagName, ariaLabel, textContent}) => `${tagName} ${ariaLabel ?? textContent.trim()}`)"
                "(document.activeElement)"
            )
        )

    async def find_problems(self) -> dict[str, list[str]]:
        """Find what axe calls serious or critical, by its rule, with the elements.

        On the console it complains of the page's policy, which forbids axe's own styles too.
        """
        response: dict[str, Any] = (await Axe().run(self.page, options={"preload": False})).response
        assert len(response["passes"]) > 5

        return {
            problem["id"]: [node["html"] for node in problem["nodes"]]
            for problem in response["violations"]
            if problem["impact"] in _GRAVE
        }


@asynccontextmanager
async def sitting(
    browser: Browser,
    url: str,
    *,
    person: str = MAX,
    size: tuple[int, int] = DESKTOP,
    scheme: Literal["light", "dark"] = "light",
    scale: float = 1,
    locale: str = "en-US",
) -> AsyncIterator[Desk]:
    """Open the page of a playground; ``size`` is in CSS pixels, ``scale`` how many of the screen's they take.

    ``locale`` is the browser's, which is Olena's in Slack too when a playground shows its page for the first time.
    """
    width, height = size
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
        color_scheme=scheme,
        reduced_motion="reduce",
        timezone_id="Europe/Kyiv",
        locale=locale,
    )
    context.set_default_timeout(_TIMEOUT_MS)
    try:
        # Who looks is remembered by the page from its last visit.
        await context.add_init_script(f"localStorage['playground.person'] ??= JSON.stringify('{person}')")
        page = await context.new_page()
        desk = Desk(page=page, person=person)
        _watch(page, desk.errors)
        await page.goto(url)
        await expect(desk.composer).to_be_visible()
        yield desk
    finally:
        await context.close()


def _watch(page: Page, errors: list[str]) -> None:
    """Note what goes wrong in a page; a policy that forbids something says so on the console."""
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(dialog.message))
    page.on("console", lambda message: errors.append(message.text) if message.type in {"error", "warning"} else None)
