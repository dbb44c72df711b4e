"""One of every block, element and input that Slack has and the page can draw, to try the drawing on."""

from base64 import b64encode
from io import BytesIO
from typing import Final

from gallery.scene import BOT, MAX, OLENA, Json
from PIL import Image


def make_picture(width: int = 320, height: int = 200) -> str:
    """Make a picture of one colour, as an address."""
    out = BytesIO()
    Image.new("RGB", (width, height), "#8fb3d9").save(out, "PNG")
    return f"data:image/png;base64,{b64encode(out.getvalue()).decode()}"


def plain(text: str) -> Json:
    """Make a plain text object."""
    return {"type": "plain_text", "text": text, "emoji": False}


def mrkdwn(text: str) -> Json:
    """Make a mrkdwn text object."""
    return {"type": "mrkdwn", "text": text}


def rich(*elements: Json) -> Json:
    """Make a rich text block of one section."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def text(words: str, **style: bool) -> Json:
    """Make a piece of rich text."""
    return {"type": "text", "text": words, **({"style": style} if style else {})}


def button(label: str, **more: object) -> Json:
    """Make a button whose action_id is its label."""
    return {"type": "button", "text": plain(label), "action_id": label, "value": f"value of {label}", **more}


def ask(name: str, element: Json, **more: object) -> Json:
    """Make an input block; ``name`` is its label, block_id and action_id."""
    return {"type": "input", "block_id": name, "label": plain(name), "element": {"action_id": name, **element}, **more}


OPTIONS: Final = [
    {"text": plain("Only me"), "value": "dm", "description": plain("In our direct messages")},
    {"text": plain("A channel"), "value": "channel"},
]
CONFIRM: Final[Json] = {
    "title": plain("Delete it?"),
    "text": plain("The prototype and its files go for good."),
    "confirm": plain("Delete"),
    "deny": plain("Keep"),
    "style": "danger",
}
INPUTS: Final[tuple[Json, ...]] = (
    ask(
        "Description",
        {"type": "plain_text_input", "multiline": True, "max_length": 2000, "placeholder": plain("Registration for…")},
        hint=plain("10 to 2000 characters"),
    ),
    ask("Name", {"type": "plain_text_input", "initial_value": "Parking permit"}, optional=True),
    ask("Mail", {"type": "email_text_input"}),
    ask("Address", {"type": "url_text_input"}),
    ask("Number", {"type": "number_input", "is_decimal_allowed": False}),
    ask("Day", {"type": "datepicker", "initial_date": "2026-11-24"}),
    ask("Hour", {"type": "timepicker", "initial_time": "10:30"}),
    ask("Moment", {"type": "datetimepicker"}),
    ask("Where to", {"type": "radio_buttons", "options": OPTIONS, "initial_option": OPTIONS[0]}),
    ask("What for", {"type": "checkboxes", "options": OPTIONS, "initial_options": [OPTIONS[1]]}),
    ask("One", {"type": "static_select", "options": OPTIONS, "placeholder": plain("Choose one")}),
    ask("Many", {"type": "multi_static_select", "options": OPTIONS, "initial_options": OPTIONS}),
    ask("Channel", {"type": "conversations_select", "initial_conversation": "C1"}),
    ask("Public channel", {"type": "channels_select"}),
    ask("Person", {"type": "users_select", "initial_user": MAX}),
    ask("Conversations", {"type": "multi_conversations_select"}),
    ask("Public channels", {"type": "multi_channels_select"}),
    ask("People", {"type": "multi_users_select"}),
    ask("Rich", {"type": "rich_text_input"}),
    ask("File", {"type": "file_input"}),
)
BLOCKS: Final[tuple[Json, ...]] = (
    {"type": "header", "text": plain("A header")},
    {"type": "section", "text": mrkdwn("*Bold*, _italic_, ~gone~, `code`, <https://example.com|a link>, <@U1>, <#C1>")},
    {
        "type": "section",
        "text": mrkdwn("&gt; a quote\nand &lt;b&gt;tags&lt;/b&gt; &amp; :tada:\n```\npre  formatted\n```"),
    },
    {"type": "section", "fields": [mrkdwn(f"*Field {number}*\nvalue") for number in range(4)]},
    {"type": "section", "text": plain("With a button"), "accessory": button("Open", url="https://example.com/p/1")},
    {
        "type": "section",
        "text": plain("With a picture"),
        "accessory": {"type": "image", "image_url": make_picture(), "alt_text": "A small picture"},
    },
    {"type": "section", "text": plain("With a menu"), "accessory": {"type": "overflow", "options": OPTIONS}},
    {"type": "divider"},
    {"type": "image", "image_url": make_picture(), "alt_text": "A picture", "title": plain("Its title")},
    {"type": "image", "slack_file": {"id": "F0PICTURE1"}, "alt_text": "A picture of the workspace"},
    {
        "type": "actions",
        "elements": [
            button("Open preview", style="primary", url="https://example.com/p/2"),
            button("Regenerate"),
            button("Refine…"),
            button("Delete", style="danger", confirm=CONFIRM),
            {"type": "static_select", "action_id": "choose", "options": OPTIONS, "placeholder": plain("Choose")},
            {"type": "overflow", "action_id": "more", "options": OPTIONS},
        ],
    },
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "feedback",
                "positive_button": {"text": plain("Good"), "value": "good", "accessibility_label": "Good answer"},
                "negative_button": {"text": plain("Bad"), "value": "bad", "accessibility_label": "Bad answer"},
            },
            {"type": "icon_button", "icon": "trash", "text": plain("Delete"), "action_id": "trash", "confirm": CONFIRM},
        ],
    },
    {
        "type": "context",
        "elements": [{"type": "image", "image_url": make_picture(), "alt_text": "i"}, plain("context")],
    },
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    text("bold", bold=True),
                    text(" italic", italic=True),
                    text(" strike", strike=True),
                    text(" code", code=True),
                    {"type": "link", "url": "https://example.com", "text": " link "},
                    {"type": "user", "user_id": OLENA},
                    {"type": "channel", "channel_id": "C1"},
                    {"type": "usergroup", "usergroup_id": "S1"},
                    {"type": "broadcast", "range": "here"},
                    {"type": "emoji", "name": "tada"},
                    {"type": "date", "timestamp": 1_795_507_200, "format": "{date}", "fallback": "a day"},
                ],
            },
            {"type": "rich_text_quote", "elements": [text("a quote")]},
            {"type": "rich_text_preformatted", "elements": [text("pre\n  formatted")]},
            {
                "type": "rich_text_list",
                "style": "ordered",
                "elements": [{"type": "rich_text_section", "elements": [text("one")]}],
            },
            {
                "type": "rich_text_list",
                "style": "bullet",
                "indent": 1,
                "elements": [{"type": "rich_text_section", "elements": [text("in one")]}],
            },
        ],
    },
    {"type": "markdown", "text": "**markdown** as it is"},
    {"type": "task_card", "task_id": "1", "title": "The flow", "status": "complete"},
    {
        "type": "plan",
        "title": "Working",
        "tasks": [
            {"task_id": "1", "title": "The flow", "status": "complete", "output": rich(text("3 steps"))},
            {"task_id": "2", "title": "The page", "status": "in_progress"},
            {"task_id": "3", "title": "The picture", "status": "pending"},
            {"task_id": "4", "title": "The rest", "status": "error"},
        ],
    },
    {
        "type": "table",
        "rows": [
            [{"type": "raw_text", "text": "Field"}, {"type": "raw_text", "text": "Kind"}],
            [{"type": "raw_text", "text": "Name"}, rich(text("text", bold=True))],
        ],
    },
    *INPUTS,
)
ALERTS: Final[tuple[Json, ...]] = tuple(
    {"type": "alert", "level": level, "text": plain(f"An alert: {level}")}
    for level in ("default", "info", "warning", "error", "success")
)
MESSAGE: Final[Json] = {
    "user": BOT,
    "ts": "1795507200.000100",
    "text": "one of everything",
    "blocks": [{"block_id": f"b{number}", **block} for number, block in enumerate(BLOCKS)],
    "files": [
        {
            "id": "F0PICTURE1",
            "name": "prototype.png",
            "mimetype": "image/png",
            "alt_txt": "Three screens of a parking permit",
        },
        {"id": "F2", "name": "prototype.html", "filetype": "html", "size": 15_800},
        {"id": "F3", "name": "a rather long name of a file, which is cut.json", "filetype": "json", "size": 812},
        {"id": "F4", "mode": "tombstone"},
    ],
    "reactions": [
        {"name": "eyes", "users": [OLENA], "count": 1},
        {"name": "white_check_mark", "users": [BOT, MAX], "count": 2},
        {"name": "no_such_emoji", "users": [MAX], "count": 1},
    ],
    "reply_count": 2,
}
MODAL: Final[Json] = {
    "type": "modal",
    "id": "V1",
    "callback_id": "generate",
    "title": plain("New prototype"),
    "submit": plain("Make it"),
    "close": plain("Cancel"),
    "blocks": [*ALERTS, *INPUTS],
    "errors": {"Description": "That is too short: please describe the app in at least 10 characters."},
}
FILES: Final = {"F0PICTURE1": make_picture(640, 400), "F2": "data:text/html,hello"}
