"""What can be done with what is drawn: by mouse, keyboard and screen reader, on narrow and wide screens."""

from functools import partial
from typing import Final

import pytest
from axe_playwright_python.async_playwright import Axe
from browser import needs_chromium
from gallery.canvas import Theme, open_canvas
from gallery.kit import BLOCKS, MESSAGE, MODAL, button, plain, rich, text
from gallery.scene import BOT, OLENA
from gallery.showing import list_calls, open_modal, show
from playwright.async_api import Browser, Page

from bot.demo.workspace import View
from bot.demo.workspace.forms import fill_in

pytestmark = [pytest.mark.browser, needs_chromium]

_FILLED: Final = frozenset({"Description", "Where to", "What for", "One", "Channel"})
_FOCUSED: Final = """(() => {
    const node = document.activeElement;
    return node === document.body ? null : [getComputedStyle(node).outlineStyle, node.outerHTML].join(" ");
})()"""


async def test_a_click_is_told_with_what_was_clicked(canvas: Page) -> None:
    """A button, a thumb, a choice and a menu report their action, block and value."""
    await show(canvas, "drawMessage", MESSAGE)
    await canvas.get_by_role("button", name="Regenerate").click()
    await canvas.get_by_role("button", name="Bad answer").click()
    await canvas.get_by_label("Choose", exact=True).select_option("channel")
    calls = await list_calls(canvas)

    assert calls == [
        ["onAction", {"type": "button", "action_id": "Regenerate", "block_id": "b10", "value": "value of Regenerate"}],
        ["onAction", {"type": "feedback_buttons", "action_id": "feedback", "block_id": "b11", "value": "bad"}],
        ["onAction", {"type": "static_select", "action_id": "choose", "block_id": "b10", "value": "channel"}],
    ]


@pytest.mark.parametrize(("answer", "count"), [("Delete", 1), ("Keep", 0)])
async def test_a_question_comes_before_what_asks_for_it(canvas: Page, answer: str, count: int) -> None:
    """An action with a confirmation is told only after a yes, and the question goes away with either answer."""
    await show(canvas, "drawMessage", MESSAGE)
    await canvas.locator(".icon-button[title=Delete]").click()
    asked = await canvas.inner_text("dialog")
    before = await list_calls(canvas)
    await canvas.locator("dialog").get_by_role("button", name=answer, exact=True).click()

    assert "The prototype and its files go for good." in asked
    assert before == []
    assert len(await list_calls(canvas)) == count
    await canvas.locator("dialog").wait_for(state="detached")


async def test_what_is_filled_in_is_what_the_workspace_takes(canvas: Page) -> None:
    """A modal's answers go, as they are read, into the state that the built-in workspace submits."""
    view = {**MODAL, "blocks": [block for block in MODAL["blocks"] if block.get("block_id") in _FILLED]}
    await open_modal(canvas, view)
    await canvas.get_by_label("Description").fill("Booking a doctor")
    await canvas.get_by_label("A channel").first.check()
    await canvas.get_by_label("One", exact=True).select_option("dm")
    await canvas.get_by_role("button", name="Make it").click()
    calls = await canvas.evaluate("calls")
    record = View(id="V1", user=OLENA, body=view, hash="", root_id="V1")
    values = fill_in(record, calls[0][2])

    assert calls[0][0] == "onSubmit"
    assert values["Description"]["Description"]["value"] == "Booking a doctor"
    assert values["Where to"]["Where to"]["selected_option"]["value"] == "channel"
    assert [option["value"] for option in values["What for"]["What for"]["selected_options"]] == ["channel"]
    assert values["One"]["One"]["selected_option"]["value"] == "dm"
    assert values["Channel"]["Channel"]["selected_conversation"] == "C1"


async def test_an_error_is_tied_to_its_input(canvas: Page) -> None:
    """A refused input says why, to those who see it and to those who hear it."""
    await open_modal(canvas, MODAL)
    field = canvas.get_by_label("Description")
    described = await field.evaluate(
        "node => node.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).innerText)"
    )

    assert described == ["10 to 2000 characters", MODAL["errors"]["Description"]]
    assert await field.get_attribute("aria-invalid") == "true"
    assert await canvas.locator("[aria-invalid]").count() == 1


async def test_a_modal_is_dismissed_by_key_and_button(canvas: Page) -> None:
    """Escape, the cross and the closing button each close the modal, and tell of it once."""
    for act in (
        canvas.get_by_role("button", name="Close").click,
        canvas.get_by_role("button", name="Cancel").click,
        partial(canvas.keyboard.press, "Escape"),
    ):
        await open_modal(canvas, MODAL)
        await act()

        assert not await canvas.locator("dialog").is_visible()
        assert [call[0] for call in await list_calls(canvas)] == ["onClose"]


@pytest.mark.parametrize(("errors", "label"), [({}, "Description"), ({"Mail": "No such address"}, "Mail")])
async def test_a_modal_begins_where_there_is_something_to_fill_in(
    canvas: Page, errors: dict[str, str], label: str
) -> None:
    """An open modal takes the keyboard to what was refused, or else to its first input."""
    await open_modal(canvas, {**MODAL, "errors": errors})

    assert await canvas.get_by_label(label).evaluate("node => node === document.activeElement")


async def test_a_message_says_who_wrote_it_and_when(canvas: Page) -> None:
    """The head of a message has the name, the bot's mark and the time where the reader is; an edit of a person's."""
    await show(canvas, "drawMessage", {"user": BOT, "ts": "1795507200.000100", "text": "x", "edited": {}})
    of_bot = await canvas.inner_text(".head")
    await show(canvas, "drawMessage", {"user": OLENA, "ts": "1795507200.000100", "text": "x", "edited": {}})
    of_person = await canvas.inner_text(".head")

    assert of_bot.split("\n") == ["CodeMie Prototyper", "APP", "10:00"]
    assert of_person.split("\n") == ["Olena", "10:00", "(edited)"]


async def test_a_thread_shows_who_works_and_lets_one_stop_it(canvas: Page) -> None:
    """A thread counts the replies that everybody sees, marks the ones that one person sees, and offers Stop."""
    messages = [
        {"user": OLENA, "ts": "1.1", "text": "root"},
        {"user": BOT, "ts": "2.1", "text": "reply"},
        {"user": BOT, "ts": "3.1", "text": "whisper", "is_ephemeral": True},
    ]
    status = {"user": BOT, "text": "думає…", "canStop": True}
    await show(canvas, "drawThread", messages, options={"status": status}, world={"language": "uk"})
    shown = await canvas.inner_text(".thread")
    await canvas.get_by_role("button", name="Зупинити").click()

    assert "1 відповідь" in shown
    assert shown.count("Бачите лише ви") == 1
    assert "CodeMie Prototyper думає…" in shown
    assert await list_calls(canvas) == [["onStop"]]


@pytest.mark.parametrize("width", [360, 1400])
async def test_nothing_is_wider_than_the_screen(browser: Browser, width: int) -> None:
    """On a small phone and on a wide screen nothing has to be scrolled sideways, however long a word is."""
    long = "х" * 400
    blocks = [
        rich(text(long), {"type": "link", "url": "https://a.example", "text": long}, text(long, code=True)),
        {"type": "section", "text": plain(long), "accessory": button("б" * 75)},
        {"type": "section", "fields": [plain(long), plain(long)]},
        {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [text(long)]}]},
        {"type": "actions", "elements": [button("д" * 75), button("д" * 75)]},
        {"type": "context", "elements": [plain(long)]},
    ]
    message = {**MESSAGE, "blocks": [*MESSAGE["blocks"], *blocks], "files": [{"id": "F0PICTURE1", "name": long}]}
    async with open_canvas(browser, width=width) as page:
        await show(page, "drawMessage", message, world={"users": {BOT: {"real_name": long, "is_bot": True}}})
        scrolled = await page.evaluate("document.scrollingElement.scrollWidth")
        outside = await page.evaluate(
            "[...document.querySelectorAll('article *')]"
            ".filter((node) => node.getBoundingClientRect().right > innerWidth + 1).map((node) => node.outerHTML)"
        )

    assert scrolled == width
    assert outside == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("drawMessage", MESSAGE),
        ("drawMessage", {**MESSAGE, "is_ephemeral": True}),
        ("drawModal", MODAL),
        ("drawHome", {"type": "home", "blocks": [*BLOCKS]}),
        ("drawStatus", {"user": BOT, "text": "is thinking…", "canStop": True}),
        ("drawSuggestedPrompts", [{"title": "Parking permit", "message": "x"}]),
    ],
)
async def test_axe_finds_nothing_serious(browser: Browser, theme: Theme, name: str, value: object) -> None:
    """Contrast, names and roles hold in light and dark, as far as a machine can tell."""
    async with open_canvas(browser, width=390, theme=theme) as page:
        await show(page, name, value)
        await page.evaluate("document.querySelector('main > dialog')?.setAttribute('open', '')")
        results = await Axe().run(page)
    found = [
        violation for violation in results.response["violations"] if violation["impact"] in {"serious", "critical"}
    ]

    assert [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in found] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_focus_can_be_seen(browser: Browser, theme: Theme) -> None:
    """Whatever the keyboard reaches shows that it was reached."""
    async with open_canvas(browser, width=390, theme=theme) as page:
        await show(page, "drawMessage", MESSAGE)
        reached = []
        for _ in range(60):
            await page.keyboard.press("Tab")
            reached.append(await page.evaluate(_FOCUSED))

    assert [found for found in reached if found and "solid" not in found] == []
    assert len({found for found in reached if found}) > 20
