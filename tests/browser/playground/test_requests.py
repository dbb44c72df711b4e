"""Requests typed into the page, to their results: over HTTP and over Socket Mode."""

from typing import Final

import pytest
from browser import needs_chromium
from desk import Desk
from playwright.async_api import expect

pytestmark = [
    pytest.mark.browser,
    needs_chromium,
    pytest.mark.parametrize("playground", [False, True], ids=["http", "socket"], indirect=True),
]

_BUTTONS: Final = ("Refine…", "Regenerate", "Delete", "Good result", "Bad result")


async def test_a_command_is_typed_and_followed_to_its_preview(desk: Desk) -> None:
    """The command is completed; its anchor changes in place; the thread has the flow, picture, files and preview."""
    await desk.composer.press_sequentially("/ge")
    await expect(desk.page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    await desk.composer.press("ArrowDown")
    await desk.composer.press("ArrowUp")
    await desk.composer.press("Tab")
    await expect(desk.composer).to_have_value("/generate ")
    await desk.composer.press_sequentially("Booking a hall: name, date")
    await desk.composer.press("Enter")
    anchor = desk.find("Booking a hall")
    ts = await anchor.get_attribute("data-ts")
    await expect(desk.composer).to_have_value("")
    await expect(anchor).to_contain_text("Ready in")
    await desk.open_thread("Booking a hall")
    await expect(desk.picture).to_be_visible()
    await expect(desk.thread.get_by_role("heading", name="Booking a hall")).to_be_visible()
    for name in _BUTTONS:
        await expect(desk.thread.get_by_role("button", name=name)).to_be_visible()
    for name in ("prototype.html", "flow.json"):
        await expect(desk.thread.get_by_role("link", name=f"Download {name}")).to_be_visible()
    await expect(desk.picture).to_have_js_property("complete", value=True)
    async with desk.page.context.expect_page() as opening:
        await desk.thread.get_by_role("link", name="Open preview").click()
    preview = await opening.value
    await expect(preview.frame_locator("iframe").get_by_role("heading", name="Booking a hall").first).to_be_visible()

    assert await anchor.get_attribute("data-ts") == ts
    assert await desk.picture.evaluate("({naturalWidth}) => naturalWidth") > 500


async def test_a_reply_refines(desk: Desk) -> None:
    """A mention in the thread, with its name completed, builds on what stands there; in the DM a plain reply does."""
    await desk.request("/generate Allotment: name, e-mail", prompt="Allotment")
    await expect(desk.picture).to_have_count(1)
    field = desk.thread.get_by_role("textbox")
    await field.press_sequentially("@pro")
    await field.press("Tab")
    await expect(field).to_have_value("@prototype ")
    await field.press_sequentially("add a field for phone")
    await field.press("Enter")
    await expect(desk.picture).to_have_count(2)
    await expect(desk.find_reply("Phone — phone")).to_have_count(1)

    await desk.go_to("Prototype")
    await desk.request("Kayaks: name, e-mail")
    await expect(desk.picture).to_have_count(1)
    await desk.reply("add a field for phone")
    await expect(desk.picture).to_have_count(2)
    await expect(desk.find_reply("Phone — phone")).to_have_count(1)


async def test_a_mention_is_answered_in_its_thread(desk: Desk) -> None:
    """The person's own message stands at once with the bot's name in it, and is the root of the answer."""
    await desk.composer.press_sequentially("@pro")
    await desk.composer.press("Enter")
    await desk.composer.press_sequentially("Sauna booking: name, time")
    await desk.composer.press("Enter")
    await desk.open_thread("Sauna booking")
    await expect(desk.picture).to_have_count(1)

    assert "@Prototype Sauna booking" in await desk.thread.get_by_role("article").first.inner_text()


@pytest.mark.parametrize("button", ["Cancel", "Stop"])
async def test_a_request_is_cancelled(desk: Desk, button: str) -> None:
    """The button on the progress ends a request, and so does the one that Slack shows under the thread."""
    await desk.go_to("Prototype")
    async with desk.in_trouble("CodeMie is slow"):
        await desk.request(f"Ferry, by {button}: name, date, cabin")
        await desk.thread.get_by_role("button", name=button).click()
        await expect(desk.find_reply("Cancelled")).to_have_count(1)
        await expect(desk.thread.get_by_role("button", name=button)).to_have_count(0)

    assert await desk.picture.count() == 0


async def test_a_failure_is_tried_again(desk: Desk) -> None:
    """An answer that is no flow is told in plain words; once it is over, *Try again* ends with the result."""
    async with desk.in_trouble("No flow in the answer"):
        await desk.request("/generate Lost and found: item, place", prompt="Lost and found")
        await expect(desk.thread.get_by_role("button", name="Try again")).to_be_visible()
    told = await desk.thread.inner_text()
    await desk.thread.get_by_role("button", name="Try again").click()
    await expect(desk.picture).to_have_count(1)

    assert "weather" not in told
    assert await desk.thread.get_by_role("button", name="Try again").count() == 0


async def test_a_crash_of_the_bot_ends_well(desk: Desk) -> None:
    """The bot is killed in the middle of a request: the page says so, and the thread gets one result."""
    async with desk.in_trouble("CodeMie is slow"):
        await desk.request("/generate Bicycle storage: name, wheels", prompt="Bicycle storage")
        await expect(desk.page.get_by_role("button", name="Cancel").first).to_be_visible()
        await desk.crash_bot()
        await expect(desk.page.get_by_text("The bot is starting…")).to_be_visible()
    await expect(desk.page.get_by_text("The bot is starting…")).to_be_hidden()
    await expect(desk.picture).to_have_count(1)
    await expect(desk.find("Bicycle storage")).to_contain_text("Ready in")

    assert await desk.thread.get_by_role("article").count() == 3


async def test_a_form_is_filled_in(desk: Desk) -> None:
    """The command alone opens it; what is too short is refused in it and kept; the result comes by direct message."""
    await desk.send("/generate")
    field = desk.modal.get_by_label("What shall I make?")
    await field.fill("Too short")
    await desk.modal.get_by_role("button", name="Generate").click()
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_be_focused()
    await expect(field).to_have_value("Too short")
    await field.fill("Camp site: name, nights")
    await desk.modal.get_by_role("button", name="Generate").click()
    await expect(desk.modal).to_have_count(0)
    await expect(desk.composer).to_be_focused()
    await desk.go_to("Prototype")
    await desk.open_thread("Camp site")
    await expect(desk.picture).to_have_count(1)


async def test_home_opens_a_form(desk: Desk) -> None:
    """The bot's Home shows its button, whose form goes with Escape, and gives the keyboard back."""
    await desk.go_to("Prototype")
    await desk.page.get_by_role("tab", name="Home").click()
    button = desk.main.get_by_role("button", name="New prototype")
    await button.click()
    await expect(desk.modal).to_be_visible()
    await desk.page.keyboard.press("Escape")
    await expect(desk.modal).to_have_count(0)
    await expect(button).to_be_focused()
