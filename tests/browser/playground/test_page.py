"""What is the page's own: who looks, in which language and colours, what becomes of what is sent, keyboard, phone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import pytest
from browser import needs_chromium
from desk import OLENA, PHONE, Desk, sitting
from playwright.async_api import Browser, Route, expect

from bot.demo.playground.service import Options, Playground, open_playground
from bot.demo.playground.troubles import Name

pytestmark = [pytest.mark.browser, needs_chromium]

_ACT: Final = "**/act"
_HOSTILE: Final = (
    "<img src=x onerror=\"window.hacked = 'image'\"> <script>window.hacked = 'script'</script> "
    "*bold* <!channel> <http://evil.example|safe> &lt;b&gt; \u202etxt.exe"
)
_MARKED: Final = "<u>a</u> *b* _c_ ~d~ `e` <!here> &lt;i&gt; \u202efdp.exe \u05d0\u05d1: name, <b>e-mail</b>"
_MOST_TABS: Final = 60


async def test_a_language_is_chosen(browser: Browser, playground: Playground) -> None:
    """The page follows the person's language in Slack, there and back, and the bot's Home is written in it."""
    playground.worlds.workspace.set_locale(OLENA, "en-US")
    async with sitting(browser, playground.url, person=OLENA) as desk:
        settings = await desk.open_settings()
        await settings.get_by_label("Language in Slack").select_option("uk-UA")
        await expect(desk.page.locator("html")).to_have_attribute("lang", "uk")
        await desk.page.keyboard.press("Escape")
        # The bot asks Slack for a person's language once an hour: here for the first time.
        await desk.go_to("Prototype")
        await desk.page.get_by_role("tab", name="Головна").click()
        await expect(desk.main.get_by_role("button", name="Новий прототип")).to_be_visible()
        await desk.page.get_by_role("button", name="Налаштування").click()
        await desk.page.get_by_label("Мова у Slack").select_option("en-US")
        await expect(desk.page.locator("html")).to_have_attribute("lang", "en")
        await expect(desk.page.get_by_role("navigation", name="Conversations")).to_be_visible()

        assert desk.errors == []


async def test_a_person_and_colours_are_chosen_and_remembered(desk: Desk, playground: Playground) -> None:
    """The page shows what the other one sees, in their language, and both choices stand when it is opened again."""
    playground.worlds.workspace.set_locale(OLENA, "uk-UA")
    settings = await desk.open_settings()
    await settings.get_by_label("Dark").check()
    color = await desk.page.evaluate("getComputedStyle(document.body).backgroundColor")
    await settings.get_by_label("You are").select_option(label="Olena")
    people = desk.page.get_by_role("navigation", name="Розмови")
    await expect(people.get_by_role("button", name="Max")).to_be_visible()
    await desk.page.reload()
    await expect(people.get_by_role("button", name="Max")).to_be_visible()

    assert await people.get_by_role("button", name="Olena").count() == 0
    assert await desk.page.locator("html").get_attribute("data-theme") == "dark"
    assert await desk.page.evaluate("getComputedStyle(document.body).backgroundColor") == color != "rgb(255, 255, 255)"


async def test_the_bot_is_invited(desk: Desk) -> None:
    """Where it is not a button brings it in, and then it answers there."""
    await desk.go_to("random")
    await desk.main.get_by_role("button", name="Invite").click()
    await expect(desk.main.get_by_role("button", name="Invite")).to_have_count(0)
    await desk.request("/generate Tennis court: name, hour", prompt="Tennis court")
    await expect(desk.picture).to_have_count(1)


async def test_an_archived_channel_is_closed(desk: Desk) -> None:
    """Nothing can be written there."""
    await desk.page.get_by_role("navigation").get_by_role("button", name="old").click()
    await expect(desk.main.get_by_text("This channel is archived")).to_be_visible()

    assert await desk.composer.count() == 0


async def test_what_is_sent_is_shown_at_once(desk: Desk) -> None:
    """A message stands as being sent until the workspace has it; one that failed is sent again, and is there once."""
    await desk.go_to("Olena")
    async with _holding(desk):
        await desk.send("Is it far?")
        await expect(desk.find("Is it far?")).to_contain_text("Sending…")
    await expect(desk.find("Is it far?")).not_to_contain_text("Sending…")
    await desk.page.route(_ACT, _abort, times=1)
    await desk.send("Two miles")
    await expect(desk.find("Two miles")).to_contain_text("Not sent.")
    await desk.find("Two miles").get_by_role("button", name="Try again").click()
    await expect(desk.find("Two miles")).not_to_contain_text("Sending…")
    await expect(desk.find("Two miles")).not_to_contain_text("Not sent.")

    assert await desk.find("Two miles").count() == 1
    assert await desk.find("Is it far?").count() == 1
    assert [error for error in desk.errors if "net::ERR_FAILED" not in error] == []
    desk.errors.clear()


async def test_a_message_is_changed_and_taken_back(desk: Desk) -> None:
    """One's own message can be edited in its place and, after a question, deleted."""
    await desk.go_to("Olena")
    await desk.send("Come at nine")
    await desk.choose("Come at nine", "Edit message")
    field = desk.main.get_by_label("Edit message")
    await expect(field).to_be_focused()
    await field.fill("Come at ten")
    await field.press("Enter")
    await expect(desk.find("Come at ten")).to_contain_text("(edited)")
    await desk.choose("Come at ten", "Delete message")
    await desk.page.get_by_role("button", name="Delete", exact=True).click()
    await expect(desk.find("Come at ten")).to_have_count(0)

    assert await desk.find("Come at nine").count() == 0


async def test_help_is_for_the_one_who_asked(desk: Desk, browser: Browser, playground: Playground) -> None:
    """An answer that one person sees says so, and is on nobody else's page."""
    async with sitting(browser, playground.url, person=OLENA) as other:
        await desk.send("/generate help")
        await expect(desk.find("Only visible to you").first).to_contain_text("in any channel")
        await desk.send("Good morning")
        await expect(other.find("Good morning")).to_be_visible()

        assert await other.find("in any channel").count() == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/generat Permit: name", "/generat is not a command here"),
        ("/generate Permit: name", "does not work in threads"),
    ],
)
async def test_a_wrong_command_is_kept(desk: Desk, text: str, told: str) -> None:
    """What is no command, or none in a thread, is not sent; the field says why, and what was typed stays."""
    await desk.send(f"Why {text[:9]}?")
    await desk.find("Why").last.hover()
    await desk.find("Why").last.get_by_role("button", name="Reply in thread").click()
    await desk.reply(text)
    await expect(desk.thread.get_by_role("alert")).to_contain_text(told)

    assert await desk.thread.get_by_role("textbox").input_value() == text


async def test_what_people_write_is_shown_as_text(desk: Desk) -> None:
    """Markup in a message and in a request is text in the channel, the thread, the form and the files; nothing runs."""
    await desk.send(f"Look: {_HOSTILE}")
    await expect(desk.find("Look:")).to_contain_text("<script>window.hacked = 'script'</script>")
    await desk.send(f"/generate Permit, {_HOSTILE}")
    await expect(desk.find("Only visible to you").last).to_contain_text("looks like database or script code")
    await desk.request(f"@prototype Quiz, {_MARKED}", prompt="Quiz")
    await expect(desk.picture).to_have_count(1)
    await expect(desk.thread.get_by_role("article").first).to_contain_text(_MARKED)

    assert await desk.page.evaluate("window.hacked") is None
    assert await desk.main.locator("article a[href*=evil]").count() == 0


async def test_a_keyboard_is_enough(desk: Desk) -> None:
    """From the first Tab to a result and its buttons; what is redrawn under the keyboard does not lose it."""
    keys = desk.page.keyboard
    await keys.press("Tab")
    assert await desk.read_focus() == "A Skip to the conversation"
    await keys.press("Enter")
    await _tab_to(desk, "TEXTAREA Message #general")
    await keys.type("/generate Skating rink: name, size")
    await keys.press("Enter")
    await expect(desk.find("Skating rink")).to_contain_text("Ready in")
    await _tab_to(desk, "BUTTON 2 replies", back=True)
    await keys.press("Enter")
    await expect(desk.thread.get_by_role("textbox")).to_be_focused()
    await _tab_to(desk, "BUTTON Regenerate", back=True)
    await keys.press("Enter")
    await expect(desk.picture).to_have_count(2)

    assert (await desk.read_focus()).split()[0] != "BODY"
    await keys.press("Escape")
    await expect(desk.thread).to_have_count(0)
    assert (await desk.read_focus()).split()[0] != "BODY"


async def test_the_keyboard_stays_where_a_message_changes(desk: Desk, playground: Playground) -> None:
    """The focus is on a progress message's button when it becomes the result: it is still in that message."""
    await playground.troubles.switch(Name.SLOW_CODEMIE, is_on=True)
    await desk.go_to("Prototype")
    await desk.request("Chess club: name, rating")
    await desk.thread.get_by_role("button", name="Cancel").focus()
    await playground.troubles.switch(Name.SLOW_CODEMIE, is_on=False)
    await expect(desk.picture).to_have_count(1)

    assert await desk.page.evaluate("Boolean(document.activeElement.closest('aside article'))")


async def test_the_keyboard_stays_on_replies_that_are_counted(desk: Desk, playground: Playground) -> None:
    """A number of replies that changes is the same button; used where the thread stands open, it leads there."""
    workspace = playground.worlds.workspace
    await desk.send("/generate Rowing: name, boat")
    await expect(desk.picture).to_have_count(1)
    button = desk.find("Rowing").locator("button.reply-count")
    await button.focus()
    root = await desk.find("Rowing").get_attribute("data-ts")
    await workspace.say(user=OLENA, channel="C1", text="I like it", thread_ts=root)
    await expect(button).to_have_text("3 replies")
    await expect(button).to_be_focused()
    await desk.page.keyboard.press("Enter")
    await expect(desk.thread.get_by_role("textbox")).to_be_focused()


async def test_a_phone_shows_one_thing_at_a_time(browser: Browser, playground: Playground) -> None:
    """The list comes by a button and goes with a choice; a thread covers the conversation, and Back leaves it."""
    async with sitting(browser, playground.url, size=PHONE) as desk:
        await expect(desk.page.get_by_role("navigation")).to_be_hidden()
        await desk.page.get_by_role("button", name="Conversations").click()
        await desk.go_to("Prototype")
        await expect(desk.page.get_by_role("navigation")).to_be_hidden()
        await desk.request("Kennel: name, breed")
        await expect(desk.picture).to_have_count(1)
        await expect(desk.main).to_be_hidden()
        for width in (PHONE[0], 320):
            await desk.page.set_viewport_size({"width": width, "height": PHONE[1]})

            assert await desk.page.evaluate("document.scrollingElement.scrollWidth") == width
        await desk.thread.get_by_role("button", name="Back to").click()
        await expect(desk.main).to_be_visible()

        assert await desk.page.evaluate("document.scrollingElement.scrollWidth") == 320
        assert desk.errors == []


async def test_a_playground_that_ends_is_missed_and_found_again(browser: Browser) -> None:
    """The page says that the demo is away, and goes on by itself once it is back at its address."""
    async with AsyncExitStack() as stack:
        async with open_playground(Options(port=0, is_browser_wanted=False)) as first:
            desk = await stack.enter_async_context(sitting(browser, first.url))
        notice = desk.page.get_by_text("The demo has ended or can't be reached")
        await expect(notice).to_be_visible()
        port = int(first.url.rpartition(":")[2])
        await stack.enter_async_context(open_playground(Options(port=port, is_browser_wanted=False)))
        await expect(notice).to_be_hidden()

    assert [error for error in desk.errors if "net::ERR" not in error] == []


@asynccontextmanager
async def _holding(desk: Desk) -> AsyncIterator[None]:
    """Hold what is sent next until the end."""
    is_over = asyncio.Event()

    async def hold(route: Route) -> None:
        await is_over.wait()
        await route.continue_()

    await desk.page.route(_ACT, hold, times=1)
    yield
    is_over.set()


async def _abort(route: Route) -> None:
    await route.abort()


async def _tab_to(desk: Desk, name: str, *, back: bool = False) -> None:
    """Press Tab until the keyboard is there."""
    for _ in range(_MOST_TABS):
        await desk.page.keyboard.press("Shift+Tab" if back else "Tab")
        if await desk.read_focus() == name:
            return
    pytest.fail(f"Tab does not come to {name}")
