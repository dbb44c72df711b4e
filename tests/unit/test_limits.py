"""Slack's limits: what the checker refuses, at each bound, and where the cuts fall."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.core import limits

Block = dict[str, Any]

SECTION_OF_3000: Block = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}


def plain(text: str) -> Block:
    """Make a plain_text object."""
    return {"type": "plain_text", "text": text}


def section(text: str = "hello", **more: object) -> Block:
    """Make a section of mrkdwn."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(**more: object) -> Block:
    """Make a button that Slack takes, but for ``more``."""
    return {"type": "button", "text": plain("Go"), "action_id": "go", **more}


def actions(*elements: Block) -> Block:
    """Make an actions block."""
    return {"type": "actions", "elements": list(elements)}


def rich(*parts: Block, kind: str = "rich_text_section") -> Block:
    """Make a rich_text block of one element."""
    return {"type": "rich_text", "elements": [{"type": kind, "elements": list(parts)}]}


def feedback(**more: object) -> Block:
    """Make a context_actions block with feedback buttons."""
    buttons = {
        "type": "feedback_buttons",
        "action_id": "feedback",
        "positive_button": {"text": plain("Good"), "value": "up"},
        "negative_button": {"text": plain("Bad"), "value": "down"},
    }
    return {"type": "context_actions", "elements": [{**buttons, **more}]}


def image(**more: object) -> Block:
    """Make an image block."""
    return {"type": "image", "slack_file": {"id": "F0123ABCD"}, "alt_text": "A form", **more}


def find(*blocks: Block) -> list[str]:
    """Check blocks under a text that is fine."""
    return limits.find_violations(text="text", blocks=blocks)


OPTIONS = [{"text": plain(name), "value": name} for name in ("a", "b")]
CONFIRM = {"title": plain("Sure?"), "text": plain("It goes."), "confirm": plain("Yes"), "deny": plain("No")}


def typed(**more: object) -> Block:
    """Make an input block; ``element`` replaces the plain text input, anything else is the input's."""
    element = more.pop("element", None) or {"type": "plain_text_input", "action_id": "why", **more}
    return {"type": "input", "label": plain("Why"), "element": element}


def choice(kind: str, **more: object) -> Block:
    """Make an element that offers two options."""
    return {"type": kind, "action_id": "choice", "options": OPTIONS, **more}


def trash(**more: object) -> Block:
    """Make the button that deletes."""
    return {"type": "icon_button", "action_id": "delete", "icon": "trash", "text": plain("Delete"), **more}


@pytest.mark.parametrize(
    "block",
    [
        section("x" * 3000),
        {"type": "section", "fields": [plain("x" * 2000)] * 5},
        {"type": "section", "fields": [plain("x")] * 10},
        section(accessory=button()),
        section(accessory={"type": "image", "image_url": "https://x.y/z.png", "alt_text": "z"}),
        {"type": "header", "text": plain("x" * 150)},
        {"type": "divider"},
        {"type": "context", "elements": [plain("x")] * 10},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "by *AI*"}]},
        actions(*[button(action_id=str(number)) for number in range(25)]),
        actions(button(text=plain("x" * 75), value="v" * 2000, url="u" * 3000, style="danger")),
        actions(button(action_id="a" * 255)),
        section(block_id="b" * 255),
        image(alt_text="a" * 2000, title=plain("t" * 2000)),
        {"type": "markdown", "text": "x" * 12_000},
        feedback(),
        rich({"type": "text", "text": "bold", "style": {"bold": True}}, {"type": "emoji", "name": "wave"}),
        rich({"type": "link", "url": "https://x.y", "text": "there"}, {"type": "user", "user_id": "U1"}),
        rich({"type": "text", "text": "code()"}, kind="rich_text_preformatted"),
        rich({"type": "text", "text": "words"}, kind="rich_text_quote"),
        rich({"type": "channel", "channel_id": "C1"}, {"type": "usergroup", "usergroup_id": "S1"}),
        rich({"type": "broadcast", "range": "here"}, {"type": "date", "timestamp": 0, "format": "{date}"}),
        {"type": "input", "label": plain("Why"), "element": {"type": "plain_text_input", "action_id": "why"}},
        {"type": "plan", "title": "Two steps", "tasks": []},
        {"type": "context_actions", "elements": [trash()]},
        typed(multiline=True, min_length=0, max_length=3000),
        typed(element=choice("radio_buttons", initial_option=OPTIONS[1])),
        typed(element=choice("static_select", initial_option=OPTIONS[0])),
        typed(element=choice("checkboxes", initial_options=OPTIONS)),
        typed(element={"type": "conversations_select", "default_to_current_conversation": True}),
    ],
    ids=lambda block: str(block["type"]),
)
def test_takes_what_slack_takes(block: Block) -> None:
    """Blocks exactly at their bounds are fine."""
    assert find(block) == []


@pytest.mark.parametrize(
    ("block", "path"),
    [
        (section("x" * 3001), "blocks[0].text.text"),
        (section(colour="red"), "blocks[0].colour"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}, "blocks[0].text.emoji"),
        (actions(button(size="big")), "blocks[0].elements[0].size"),
        (section("  "), "blocks[0].text.text"),
        ({"type": "section"}, "blocks[0]"),
        ({"type": "section", "text": "hello"}, "blocks[0].text"),
        ({"type": "section", "text": {"type": "markdown", "text": "x"}}, "blocks[0].text.type"),
        ({"type": "section", "fields": [plain("x")] * 11}, "blocks[0].fields"),
        ({"type": "section", "fields": [plain("x" * 2001)]}, "blocks[0].fields[0].text"),
        ({"type": "section", "fields": []}, "blocks[0]"),
        (section(accessory={"type": "plain_text_input"}), "blocks[0].accessory.type"),
        ({"type": "header", "text": plain("x" * 151)}, "blocks[0].text.text"),
        ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "blocks[0].text.type"),
        ({"type": "header"}, "blocks[0].text"),
        ({"type": "context", "elements": [plain("x")] * 11}, "blocks[0].elements"),
        ({"type": "context", "elements": []}, "blocks[0].elements"),
        ({"type": "context", "elements": [{"type": "image", "alt_text": "z"}]}, "blocks[0].elements[0]"),
        (actions(*[button()] * 26), "blocks[0].elements"),
        (actions({"type": "marquee"}), "blocks[0].elements[0].type"),
        (actions(button(text=plain("x" * 76))), "blocks[0].elements[0].text.text"),
        (actions(button(text={"type": "mrkdwn", "text": "x"})), "blocks[0].elements[0].text.type"),
        (actions(button(value="v" * 2001)), "blocks[0].elements[0].value"),
        (actions(button(value="")), "blocks[0].elements[0].value"),
        (actions(button(url="u" * 3001)), "blocks[0].elements[0].url"),
        (actions(button(style="loud")), "blocks[0].elements[0].style"),
        (actions(button(action_id="a" * 256)), "blocks[0].elements[0].action_id"),
        (actions(button(confirm={"title": plain("Sure?")})), "blocks[0].elements[0].confirm.text"),
        (section(block_id="b" * 256), "blocks[0].block_id"),
        (image(alt_text="a" * 2001), "blocks[0].alt_text"),
        (image(alt_text=""), "blocks[0].alt_text"),
        (image(title=plain("t" * 2001)), "blocks[0].title.text"),
        ({"type": "image", "alt_text": "nothing to show"}, "blocks[0]"),
        ({"type": "markdown", "text": "x" * 12_001}, "blocks[0].text"),
        ({"type": "markdown", "text": ""}, "blocks[0].text"),
        ({"type": "alert", "text": plain("x")}, "blocks[0].type"),
        ({"type": ["section"]}, "blocks[0].type"),
        (feedback(positive_button=None), "blocks[0].elements[0].positive_button"),
        (
            feedback(negative_button={"text": plain("x" * 76), "value": "v"}),
            "blocks[0].elements[0].negative_button.text.text",
        ),
        ({"type": "context_actions", "elements": [button()]}, "blocks[0].elements[0].type"),
        (rich(), "blocks[0].elements[0].elements"),
        (rich({"type": "text", "text": ""}), "blocks[0].elements[0].elements[0].text"),
        (rich({"type": "text", "text": None}), "blocks[0].elements[0].elements[0].text"),
        (rich({"type": "blink", "text": "x"}), "blocks[0].elements[0].elements[0].type"),
        (rich({"type": "text", "text": "x"}, kind="rich_text_table"), "blocks[0].elements[0].type"),
        (rich({"type": "text", "text": "x"}, kind="rich_text_list"), "blocks[0].elements[0].style"),
        (
            rich({"type": "text", "text": "x", "style": {"bold": "yes"}}),
            "blocks[0].elements[0].elements[0].style.bold",
        ),
        (
            rich({"type": "text", "text": "x", "style": {"blink": True}}),
            "blocks[0].elements[0].elements[0].style.blink",
        ),
        (rich({"type": "text", "text": "x", "style": "bold"}), "blocks[0].elements[0].elements[0].style"),
        (rich({"type": "broadcast", "range": "all"}), "blocks[0].elements[0].elements[0].range"),
        (
            rich({"type": "date", "timestamp": "now", "format": "{date}"}),
            "blocks[0].elements[0].elements[0].timestamp",
        ),
        ({"type": "input", "label": plain("x"), "element": button()}, "blocks[0].element.type"),
        (image(slack_file={"id": "https://x.y/F1"}), "blocks[0].slack_file.id"),
        (image(slack_file={"name": "page.png"}), "blocks[0].slack_file"),
        (actions(button(confirm={**CONFIRM, "style": "loud"})), "blocks[0].elements[0].confirm.style"),
        (actions(button(confirm={**CONFIRM, "text": plain("x" * 301)})), "blocks[0].elements[0].confirm.text.text"),
        ({"type": "context_actions", "elements": [trash(icon="bin")]}, "blocks[0].elements[0].icon"),
        ({"type": "context_actions", "elements": [trash()] * 6}, "blocks[0].elements"),
        (typed(multiline="yes"), "blocks[0].element.multiline"),
        (typed(max_length=3001), "blocks[0].element.max_length"),
        (typed(min_length=3, max_length=2), "blocks[0].element.min_length"),
        (typed(element=choice("radio_buttons", initial_option={"value": "c"})), "blocks[0].element.initial_option"),
        (typed(element=choice("checkboxes", initial_options=[{}])), "blocks[0].element.initial_options"),
        (typed(element=choice("static_select", options=OPTIONS * 51)), "blocks[0].element.options"),
        (typed(element=choice("radio_buttons", options=OPTIONS * 6)), "blocks[0].element.options"),
        (
            typed(element={"type": "conversations_select", "response_url_enabled": 1}),
            "blocks[0].element.response_url_enabled",
        ),
    ],
)
def test_refuses_and_names_the_place(block: Block, path: str) -> None:
    """What is over a bound is named by its path."""
    found = find(block)

    assert any(line.startswith(f"{path}: ") for line in found), found


def test_refuses_what_is_no_block() -> None:
    """A block that is a string is named, and breaks nothing."""
    found = limits.check_message(text="x", blocks=["section"])  # type: ignore[list-item]

    assert [violation.path for violation in found] == ["blocks[0]"]


@pytest.mark.parametrize(
    ("text", "is_update", "error"),
    [
        ("", False, limits.LimitError.NO_TEXT),
        (" \n", False, limits.LimitError.NO_TEXT),
        ("x" * 40_001, False, limits.LimitError.MSG_TOO_LONG),
        ("ї" * 2_001, True, limits.LimitError.MSG_TOO_LONG),
    ],
)
def test_refuses_text_with_slacks_word(text: str, error: str, *, is_update: bool) -> None:
    """A missing and a too long top-level text have words of their own."""
    found = limits.check_message(text=text, blocks=[section()], is_update=is_update)

    assert [violation.error for violation in found] == [error]


def test_takes_text_at_its_bounds() -> None:
    """40,000 characters for a post; 4,000 bytes for an update."""
    assert limits.find_violations(text="ї" * 40_000, blocks=[]) == []
    assert limits.find_violations(text="ї" * 2_000, blocks=[], is_update=True) == []


def test_takes_blocks_without_text_where_asked() -> None:
    """Slack itself takes blocks without a text."""
    assert limits.check_message(text="", blocks=[section()], is_text_required=False) == ()
    assert limits.check_message(text="", blocks=[], is_text_required=False) != ()


def test_counts_blocks() -> None:
    """50 blocks are fine, 51 are not."""
    assert find(*[section()] * 50) == []
    assert find(*[section()] * 51) == ["blocks: no more than 50 items allowed, has 51"]


def test_refuses_block_ids_used_twice() -> None:
    """Two blocks of one id are refused, whatever their types."""
    assert find(section(block_id="a"), {"type": "divider", "block_id": "a"}) == ["blocks: block_id 'a' is used 2 times"]


def test_counts_all_texts_together() -> None:
    """Every text counts into the total, rich text as much as sections."""
    fitting = [SECTION_OF_3000] * 4 + [rich({"type": "text", "text": "x" * 1_200})]

    assert find(*fitting) == []
    found = limits.check_message(text="x", blocks=[*fitting, section("y")])
    assert [violation.error for violation in found] == [limits.LimitError.MSG_BLOCKS_TOO_LONG]


def test_counts_markdown_together() -> None:
    """Markdown blocks share 12,000 characters."""
    block = {"type": "markdown", "text": "x" * 6_001}

    found = limits.check_message(text="x", blocks=[block, block])

    assert [violation.error for violation in found] == [limits.LimitError.MSG_TOO_LONG]


@pytest.mark.parametrize(
    ("metadata", "errors"),
    [
        ({"event_type": "job", "event_payload": {"job": "1"}}, []),
        ({"event_type": "job"}, [limits.LimitError.INVALID_METADATA]),
        (
            {"event_type": "job", "event_payload": {"job": "1" * 8_000}},
            [limits.LimitError.METADATA_TOO_LARGE],
        ),
    ],
)
def test_checks_metadata(metadata: Mapping[str, Any], errors: list[str]) -> None:
    """Metadata has two keys and is small."""
    found = limits.check_message(text="x", blocks=[], metadata=metadata)

    assert [violation.error for violation in found] == errors


def modal(**more: object) -> Block:
    """Make a modal with one input, that Slack takes but for ``more``."""
    prompt = {"type": "plain_text_input", "action_id": "prompt", "multiline": True}
    blocks = [{"type": "input", "block_id": "prompt", "label": plain("Prompt"), "element": prompt}]
    return {"type": "modal", "title": plain("New"), "submit": plain("Go"), "blocks": blocks, **more}


def test_takes_views() -> None:
    """A modal with an input and a Home tab are fine."""
    assert limits.find_view_violations(modal(private_metadata="m" * 3000)) == []
    assert limits.find_view_violations({"type": "home", "blocks": [section()] * 100}) == []


@pytest.mark.parametrize(
    ("view", "path"),
    [
        (modal(title=plain("x" * 25)), "view.title.text"),
        (modal(title=None), "view.title"),
        (modal(close=plain("x" * 25)), "view.close.text"),
        (modal(private_metadata="m" * 3001), "view.private_metadata"),
        (modal(callback_id="c" * 256), "view.callback_id"),
        (modal(type="popup"), "view.type"),
        (modal(blocks=[]), "view.blocks"),
        (modal(blocks=[section()] * 101), "blocks"),
        (modal(blocks=[{"type": "markdown", "text": "x"}]), "blocks[0].type"),
        ({key: value for key, value in modal().items() if key != "submit"}, "view.submit"),
        ({"type": "home", "title": plain("x"), "blocks": [section()]}, "view.title"),
    ],
)
def test_refuses_views(view: Block, path: str) -> None:
    """Views have bounds of their own."""
    found = limits.find_view_violations(view)

    assert any(line.startswith(f"{path}: ") for line in found), found


@pytest.mark.parametrize(
    ("text", "limit_chars", "cut"),
    [
        ("short", 5, "short"),
        ("one two three", 10, "one two…"),
        ("one two three", 8, "one two…"),
        ("unbreakable", 6, "unbre…"),
        ("a unbreakable", 9, "a unbrea…"),
        ("anything", 1, "…"),
        ("anything", 0, ""),
        ("a&lt;b", 4, "a…"),
        ("a&lt;b", 5, "a…"),
        ("AT&T is fine", 5, "AT&T…"),
        ("see <https://x.y/z|the page> now", 20, "see…"),
        ("ping <@U1>!", 9, "ping…"),
        ("cafe\u0301s", 5, "caf…"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 x", 5, "…"),
        ("ok\U0001f44d\U0001f3fdyes", 4, "ok…"),
        ("\U0001f1fa\U0001f1e6\U0001f1fa\U0001f1e6\U0001f1fa\U0001f1e6", 4, "\U0001f1fa\U0001f1e6…"),
        ("a\ud83d\ude00b", 3, "a…"),
    ],
)
def test_cuts_text(text: str, limit_chars: int, cut: str) -> None:
    """A cut falls between words where it can, and never inside something that is one for the reader."""
    result = limits.cut_text(text, limit_chars)

    assert result == cut
    assert len(result) <= limit_chars


@pytest.mark.parametrize(
    ("text", "limit_bytes", "cut"),
    [
        ("їжак", 8, "їжак"),
        ("їжак", 7, "їж…"),
        ("їжак", 6, "ї…"),
        ("їжак", 3, "…"),
        ("їжак", 2, ""),
        ("один два три", 18, "один два…"),
        ("a&amp;b", 6, "a…"),
        ("\U0001f600\U0001f600", 7, "\U0001f600…"),
    ],
)
def test_cuts_bytes(text: str, limit_bytes: int, cut: str) -> None:
    """A cut in bytes keeps UTF-8 whole."""
    result = limits.cut_bytes(text, limit_bytes)

    assert result == cut
    assert len(result.encode()) <= limit_bytes
