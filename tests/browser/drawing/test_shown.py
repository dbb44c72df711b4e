"""What is drawn from Slack's JSON: that it is all there, that it is text, and that it leads nowhere else."""

from typing import Final

import pytest
from browser import needs_chromium
from gallery.kit import BLOCKS, MESSAGE, MODAL, ask, button, mrkdwn, plain, rich, text
from gallery.scene import OLENA, make_world
from gallery.scenes import list_scenes
from gallery.showing import is_hacked, list_calls, show, show_blocks
from playwright.async_api import Page

from bot.core.block_kit import escape_mrkdwn
from bot.core.limits import find_view_violations, find_violations
from bot.core.limits.kit import MESSAGE_BLOCKS, VIEW_BLOCKS
from bot.core.texts import Language

pytestmark = [pytest.mark.browser, needs_chromium]

_TEXTS: Final = (
    "<script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "Tom & Jerry &amp; &lt;b&gt; &#60;",
    "</textarea></option></pre><b>bold</b>",
    "שלום عالم 👩‍👩‍👧 \u202eflipped\u202c 🇺🇦",
    "{language} ${1} :nonsense: 50% off",
    "constructor __proto__ toString",
)
_ADDRESSES: Final = (
    "javascript:window.hacked=1",
    "JaVaScRiPt:window.hacked=1",
    "java\nscript:window.hacked=1",
    " javascript:window.hacked=1",
    "data:text/html,<script>window.hacked=1</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:null/1",
    "/relative",
    "",
)
# The words once more where they are known to be text, as the browser itself lays them out.
_AS_TEXT: Final = """words => {
    const box = document.createElement("pre");
    box.textContent = words;
    document.body.append(box);
    const shown = box.innerText;
    box.remove();
    return shown;
}"""
_PLURALS: Final = "language => new Intl.PluralRules(language).resolvedOptions().pluralCategories"
_SAFE: Final = {"http:", "https:", "mailto:", "tel:"}


def test_kit_is_what_slack_takes() -> None:
    """What the drawing is tried on keeps Slack's limits, so that it is no easier than what may come."""
    assert find_violations(text=MESSAGE["text"], blocks=MESSAGE["blocks"]) == []
    assert find_view_violations({key: MODAL[key] for key in MODAL if key not in {"errors", "id"}}) == []


@pytest.mark.parametrize("kind", sorted({*MESSAGE_BLOCKS, *VIEW_BLOCKS}))
async def test_every_kind_of_block_is_drawn_or_named(canvas: Page, kind: str) -> None:
    """A block of any kind that Slack has is drawn, or there stands that it is not."""
    samples = [block for block in (*BLOCKS, *MODAL["blocks"]) if block["type"] == kind]
    await show_blocks(canvas, *(samples or [{"type": kind}]))
    notes = await canvas.locator(".unsupported").all_inner_texts()

    assert notes == ([] if samples else [f"This page can't draw a “{kind}” block"])
    if kind != "input":
        assert await canvas.locator(".block").first.evaluate("node => node.getBoundingClientRect().height > 0")


async def test_an_unknown_block_element_and_part_are_named(canvas: Page) -> None:
    """What Slack adds next leaves no silent gap, whatever it is called."""
    await show_blocks(
        canvas,
        {"type": "hologram"},
        {"type": "constructor"},
        {"type": "actions", "elements": [{"type": "lever"}]},
        {"type": "rich_text", "elements": [{"type": "rich_text_scroll"}]},
        rich({"type": "sigil"}),
        {},
        {"type": "section", "text": 5, "fields": "none", "accessory": {}},
        {"type": "rich_text", "elements": [None, {"type": "rich_text_section", "elements": [None]}]},
    )
    shown = await canvas.inner_text("article")

    for name in ("hologram", "constructor", "lever", "rich_text_scroll", "[sigil]"):
        assert name in shown


@pytest.mark.parametrize("words", _TEXTS)
async def test_words_are_shown_as_they_are(canvas: Page, words: str) -> None:
    """Markup, entities, other scripts and emoji in any place are text, and never become part of the page."""
    option = {"text": plain(words), "value": words, "description": plain(words)}
    blocks = [
        {"type": "header", "text": plain(words)},
        {"type": "section", "text": plain(words), "fields": [mrkdwn(escape_mrkdwn(words))]},
        {"type": "context", "elements": [plain(words)]},
        rich(
            text(words), text(words, code=True, bold=True), {"type": "link", "url": "https://a.example", "text": words}
        ),
        {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [text(words)]}]},
        {"type": "actions", "elements": [button(words)]},
        ask(words, {"type": "plain_text_input", "multiline": True, "initial_value": words}),
        ask(words, {"type": "checkboxes", "options": [option]}),
        {"type": "table", "rows": [[{"type": "raw_text", "text": words}]]},
        {"type": "markdown", "text": words},
    ]
    message = {
        "user": "U9",
        "ts": "1.1",
        "blocks": blocks,
        "files": [{"id": "F9", "name": words, "size": 1}],
        "reactions": [{"name": words, "users": ["U9"], "count": 1}],
    }
    await show(canvas, "drawMessage", message, world={"users": {"U9": {"real_name": words}}})
    wanted = await canvas.evaluate(_AS_TEXT, words)
    shown = await canvas.inner_text("article")
    area = await canvas.input_value("textarea")

    assert shown.count(wanted) == 18
    assert area == words
    assert await canvas.locator("article :is(script, img, b:not(.reactions b), iframe)").count() == 0
    assert not await is_hacked(canvas)


async def test_a_name_that_turns_letters_turns_no_others(canvas: Page) -> None:
    """A mark that makes letters run backwards ends with the name it stands in."""
    await show_blocks(
        canvas, rich({"type": "user", "user_id": "U9"}, text(" after")), world={"users": {"U9": {"name": "\u202eabc"}}}
    )
    gap = await canvas.evaluate(
        """() => {
            const range = document.createRange();
            range.selectNodeContents(document.querySelector(".line").lastChild);
            const name = document.querySelector(".mention").getBoundingClientRect();
            return range.getBoundingClientRect().left - name.right;
        }"""
    )

    assert gap > -1


@pytest.mark.parametrize("address", _ADDRESSES)
async def test_hostile_addresses_lead_nowhere(canvas: Page, address: str) -> None:
    """An address that runs something, or is no place in the web, can't be followed from where it stands."""
    await show_blocks(
        canvas,
        rich({"type": "link", "url": address, "text": "link"}),
        {"type": "section", "text": mrkdwn(f"<{address}|label> <{address}>")},
        {"type": "section", "text": mrkdwn(f"see {address}")},
        {"type": "actions", "elements": [button("Open", url=address)]},
        {"type": "actions", "elements": [{"type": "overflow", "options": [{"text": plain("x"), "url": address}]}]},
        {"type": "image", "image_url": f"{address}#", "alt_text": "a picture"},
    )
    protocols = await canvas.evaluate("[...document.querySelectorAll('a')].map((link) => link.protocol)")

    assert set(protocols) <= _SAFE

    await canvas.evaluate("document.querySelectorAll('article :is(a, button)').forEach((node) => node.click())")

    assert await canvas.locator("button:disabled").all_inner_texts() == ["Open", ""]
    assert not await is_hacked(canvas)
    assert await list_calls(canvas) == []


async def test_addresses_of_the_web_can_be_followed(canvas: Page) -> None:
    """Links and buttons with an ordinary address are links, which tell the page they lead to nothing of this one."""
    await show_blocks(
        canvas,
        rich({"type": "link", "url": "https://a.example/1", "text": "one"}),
        {
            "type": "section",
            "text": mrkdwn("<https://a.example/2?a=1&amp;b=2|two> https://a.example/3, <mailto:x@a.example>"),
        },
        {"type": "actions", "elements": [button("Open", url="https://a.example/4")]},
    )
    links = await canvas.evaluate("[...document.querySelectorAll('a')].map((link) => [link.href, link.rel])")

    assert [href for href, _ in links] == [
        "https://a.example/1",
        "https://a.example/2?a=1&b=2",
        "https://a.example/3",
        "mailto:x@a.example",
        "https://a.example/4",
    ]
    assert all("noopener noreferrer" in rel for _, rel in links)


@pytest.mark.parametrize(
    ("typed", "drawn"),
    [
        ("*b* _i_ ~s~ `c`", "<strong>b</strong> <em>i</em> <s>s</s> <code>c</code>"),
        ("*_both_*", "<strong><em>both</em></strong>"),
        ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
        ("* not bold * nor *", "* not bold * nor *"),
        ("`*no bold* &lt;b&gt;`", "<code>*no bold* &lt;b&gt;</code>"),
        ("&amp;lt;", "&amp;lt;"),
        ("```\na\n b\n```", "<pre>a\n b</pre>"),
        ("&gt; one\n&gt; two\nthree", "<blockquote>one\ntwo</blockquote>three"),
        ("<@U1> <@U404> <#C1> <!here>", None),
        ("<!date^1^x|a day>, :tada: :nope:", "a day, 🎉 :nope:"),
        ("*unclosed `also <b", "*unclosed `also &lt;b"),
        ("Привіт, *світе*!", "Привіт, <strong>світе</strong>!"),
    ],
)  # fmt: skip
async def test_mrkdwn_is_read_as_slack_reads_it(canvas: Page, typed: str, drawn: str | None) -> None:
    """Styles begin and end at words, code is left alone, and entities are decoded once."""
    await show(canvas, "drawMessage", {"user": OLENA, "ts": "1.1", "text": typed})
    html = await canvas.inner_html(".prose")

    if drawn is None:
        assert await canvas.inner_text(".prose") == "@Olena @U404 #product @here"
        assert await canvas.locator(".mention.mine").all_inner_texts() == ["@Olena", "@here"]
    else:
        assert html == drawn


async def test_files_are_shown_and_offered(canvas: Page) -> None:
    """A picture is shown with its words, a file by its name and size, and both come from what was handed over."""
    await show(canvas, "drawMessage", MESSAGE)
    cards = await canvas.locator(".file").all_inner_texts()
    download = canvas.get_by_role("link", name="Download prototype.html")

    assert [card.split("\n") for card in cards[:2]] == [
        ["HTML", "prototype.html", "HTML · 16 kB"],
        ["JSON", "a rather long name of a file, which is cut.json", "JSON · 812 B"],
    ]
    assert cards[2] == "This file was deleted"
    assert await download.get_attribute("download") == "prototype.html"
    assert (
        await canvas.get_by_alt_text("Three screens of a parking permit").evaluate("node => node.naturalWidth") == 640
    )


async def test_a_picture_that_does_not_load_says_what_it_shows(canvas: Page) -> None:
    """Where there is no picture, its words stand in its place."""
    await show_blocks(
        canvas,
        {"type": "image", "image_url": "https://a.example/x.png", "alt_text": "a chart"},
        {"type": "image", "slack_file": {"id": "F404"}, "alt_text": "a map"},
    )
    await canvas.locator(".no-picture").nth(1).wait_for()

    assert await canvas.locator(".no-picture").all_inner_texts() == [
        "The picture can't be shown: a chart",
        "The picture can't be shown: a map",
    ]


@pytest.mark.parametrize("language", Language)
async def test_every_scene_is_drawn_whole(canvas: Page, language: Language) -> None:
    """Nothing that the bot sends today is something that the page can't draw."""
    world = make_world(language)
    for scene in list_scenes(language):
        missing = await canvas.evaluate("([scene, world]) => drawScene(scene, world)", [scene.to_json(), world])

        assert missing == [], scene.name
        assert await canvas.locator(".unsupported, .no-picture").count() == 0, scene.name


async def test_both_languages_have_the_same_words(canvas: Page) -> None:
    """No word of the page lacks in one language, nor any of the plural forms that it has."""
    words: dict[str, dict[str, str | dict[str, str]]] = await canvas.evaluate(
        "import('/page/words.js').then(({ WORDS }) => WORDS)"
    )
    forms = {lang: await canvas.evaluate(_PLURALS, lang) for lang in words}

    assert set(words) == set(Language)
    assert words["en"].keys() == words["uk"].keys()
    for language, texts in words.items():
        for text_or_forms in texts.values():
            assert isinstance(text_or_forms, str) or set(text_or_forms) == set(forms[language])
