"""Block Kit as tables of rules: which blocks, elements and rich text there are, and within which bounds.

Blocks that the bot never makes but Slack takes are known by name, and nothing else of them is checked.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.core.limits import numbers as n
from bot.core.limits.rules import (
    PLAIN,
    TEXT_TYPES,
    Node,
    Rule,
    Violation,
    Violations,
    apply_rules,
    check_text,
    has_any,
    has_choice,
    has_items,
    has_object,
    has_string,
    has_text,
    is_object,
    one_of,
)

_STYLES: Final = frozenset({"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"})


def _has_styles(path: str, node: Node) -> Violations:
    style = node.get("style", {})
    if not isinstance(style, Mapping):
        yield Violation(path=f"{path}.style", problem="must be an object")
        return
    for key, value in style.items():
        if key not in _STYLES or not isinstance(value, bool):
            yield Violation(path=f"{path}.style.{key}", problem="must be a known style that is true or false")


def _has_timestamp(path: str, node: Node) -> Violations:
    if type(node.get("timestamp")) is not int:
        yield Violation(path=f"{path}.timestamp", problem="must be a whole number of seconds")


# Rich text has no documented length of its own; what bounds it is the message's total.
_ANY: Final = n.MESSAGE_TEXT_MAX_CHARS
_RICH_TEXT_PARTS: Final[Mapping[str, Sequence[Rule]]] = {
    "text": (has_string("text", _ANY, required=True), _has_styles),
    "link": (has_string("url", n.URL_MAX_CHARS, required=True), has_string("text", _ANY), _has_styles),
    "user": (has_string("user_id", 255, required=True), _has_styles),
    "emoji": (has_string("name", 255, required=True), _has_styles),
    "channel": (has_string("channel_id", 255, required=True), _has_styles),
    "usergroup": (has_string("usergroup_id", 255, required=True), _has_styles),
    "broadcast": (has_choice("range", {"here", "channel", "everyone"}, required=True), _has_styles),
    "date": (
        _has_timestamp,
        has_string("format", 255, required=True),
        has_string("fallback", _ANY),
        _has_styles,
    ),
}


_check_rich_text_part: Final = one_of(_RICH_TEXT_PARTS)


_RICH_TEXT_PARTS_RULE: Final = has_items("elements", 10_000, _check_rich_text_part)
_RICH_TEXT_LINES: Final[Mapping[str, Sequence[Rule]]] = {"rich_text_section": (_RICH_TEXT_PARTS_RULE,)}


_check_rich_text_line: Final = one_of(_RICH_TEXT_LINES)


_RICH_TEXT: Final[Mapping[str, Sequence[Rule]]] = {
    **_RICH_TEXT_LINES,
    "rich_text_quote": (_RICH_TEXT_PARTS_RULE,),
    "rich_text_preformatted": (_RICH_TEXT_PARTS_RULE,),
    "rich_text_list": (
        has_items("elements", 10_000, _check_rich_text_line),
        has_choice("style", {"bullet", "ordered"}, required=True),
    ),
}


_check_rich_text: Final = one_of(_RICH_TEXT)


_OPTION: Final = (
    has_text("text", n.OPTION_TEXT_MAX_CHARS, types=TEXT_TYPES, required=True),
    has_text("description", n.OPTION_TEXT_MAX_CHARS, types=TEXT_TYPES),
    has_string("value", n.OPTION_VALUE_MAX_CHARS, required=True),
)
_CONFIRM: Final = (
    has_text("title", n.CONFIRM_TITLE_MAX_CHARS, required=True),
    has_text("text", n.CONFIRM_TEXT_MAX_CHARS, types=TEXT_TYPES, required=True),
    has_text("confirm", n.CONFIRM_BUTTON_MAX_CHARS, required=True),
    has_text("deny", n.CONFIRM_BUTTON_MAX_CHARS, required=True),
)
_FEEDBACK_BUTTON: Final = (
    has_text("text", n.BUTTON_TEXT_MAX_CHARS, required=True),
    has_string("value", n.BUTTON_VALUE_MAX_CHARS, required=True),
    has_string("accessibility_label", n.BUTTON_TEXT_MAX_CHARS),
)
_check_option: Final = is_object(_OPTION)
_check_confirm: Final = is_object(_CONFIRM)
_check_feedback_button: Final = is_object(_FEEDBACK_BUTTON)
_ACTION_ID: Final = has_string("action_id", n.ACTION_ID_MAX_CHARS)
_PLACEHOLDER: Final = has_text("placeholder", n.PLACEHOLDER_MAX_CHARS)
_CONFIRM_RULE: Final = has_object("confirm", _check_confirm)
_IMAGE: Final = (
    has_any("image_url", "slack_file"),
    has_string("image_url", n.URL_MAX_CHARS),
    has_string("alt_text", n.IMAGE_ALT_MAX_CHARS, required=True),
)
_BUTTON: Final = (
    has_text("text", n.BUTTON_TEXT_MAX_CHARS, required=True),
    has_string("value", n.BUTTON_VALUE_MAX_CHARS),
    has_string("url", n.URL_MAX_CHARS),
    has_string("accessibility_label", n.BUTTON_TEXT_MAX_CHARS),
    has_choice("style", {"primary", "danger"}),
    _ACTION_ID,
    _CONFIRM_RULE,
)
_SELECT: Final = (_ACTION_ID, _PLACEHOLDER, _CONFIRM_RULE)
_STATIC_SELECT: Final = (
    *_SELECT,
    has_any("options", "option_groups"),
    has_items("options", n.SELECT_MAX_OPTIONS, _check_option, required=False),
)
_CHOICE: Final = (_ACTION_ID, _CONFIRM_RULE, has_items("options", n.CHOICE_MAX_OPTIONS, _check_option))
_TEXT_INPUT: Final = (_ACTION_ID, _PLACEHOLDER, has_string("initial_value", n.INPUT_TEXT_MAX_CHARS))
_ACTIONS: Final[Mapping[str, Sequence[Rule]]] = {
    "button": _BUTTON,
    "overflow": (_ACTION_ID, has_items("options", n.OVERFLOW_MAX_OPTIONS, _check_option)),
    "static_select": _STATIC_SELECT,
    "multi_static_select": _STATIC_SELECT,
    "radio_buttons": _CHOICE,
    "checkboxes": _CHOICE,
    **dict.fromkeys(("users_select", "conversations_select", "channels_select"), _SELECT),
    **dict.fromkeys(("datepicker", "timepicker", "datetimepicker"), _SELECT),
}
_INPUTS: Final[Mapping[str, Sequence[Rule]]] = {
    **{kind: rules for kind, rules in _ACTIONS.items() if kind not in {"button", "overflow"}},
    **dict.fromkeys(("multi_users_select", "multi_conversations_select", "multi_channels_select"), _SELECT),
    **dict.fromkeys(("plain_text_input", "email_text_input", "url_text_input", "number_input"), _TEXT_INPUT),
    "rich_text_input": (_ACTION_ID, _PLACEHOLDER),
    "file_input": (_ACTION_ID,),
}
_CONTEXT_ACTIONS: Final[Mapping[str, Sequence[Rule]]] = {
    "feedback_buttons": (
        _ACTION_ID,
        has_object("positive_button", _check_feedback_button, required=True),
        has_object("negative_button", _check_feedback_button, required=True),
    ),
    "icon_button": (
        _ACTION_ID,
        _CONFIRM_RULE,
        has_choice("icon", {"trash"}, required=True),
        has_text("text", n.BUTTON_TEXT_MAX_CHARS, required=True),
        has_string("value", n.BUTTON_VALUE_MAX_CHARS),
    ),
}


_check_action: Final = one_of(_ACTIONS)


_check_accessory: Final = one_of({**_ACTIONS, "image": _IMAGE})


_check_input: Final = one_of(_INPUTS)


_check_context_action: Final = one_of(_CONTEXT_ACTIONS)


def _check_field(path: str, node: object) -> Violations:
    yield from check_text(path, node, n.SECTION_FIELD_MAX_CHARS, TEXT_TYPES)


def _check_context(path: str, node: object) -> Violations:
    if isinstance(node, Mapping) and node.get("type") == "image":
        yield from apply_rules(_IMAGE, path, node)
    else:
        yield from check_text(path, node, n.CONTEXT_TEXT_MAX_CHARS, TEXT_TYPES)


_SHARED_BLOCKS: Final[Mapping[str, Sequence[Rule]]] = {
    "section": (
        has_any("text", "fields"),
        has_text("text", n.SECTION_TEXT_MAX_CHARS, types=TEXT_TYPES),
        has_items("fields", n.SECTION_MAX_FIELDS, _check_field, required=False),
        has_object("accessory", _check_accessory),
    ),
    "header": (has_text("text", n.HEADER_TEXT_MAX_CHARS, types=PLAIN, required=True),),
    "divider": (),
    "context": (has_items("elements", n.CONTEXT_MAX_ELEMENTS, _check_context),),
    "actions": (has_items("elements", n.ACTIONS_MAX_ELEMENTS, _check_action),),
    "image": (*_IMAGE, has_text("title", n.IMAGE_TITLE_MAX_CHARS)),
    "rich_text": (has_items("elements", 10_000, _check_rich_text),),
    "input": (
        has_text("label", n.INPUT_LABEL_MAX_CHARS, required=True),
        has_text("hint", n.INPUT_HINT_MAX_CHARS),
        has_object("element", _check_input, required=True),
    ),
    "video": (),
}
MESSAGE_BLOCKS: Final[Mapping[str, Sequence[Rule]]] = {
    **_SHARED_BLOCKS,
    "markdown": (has_string("text", n.MARKDOWN_MAX_CHARS, required=True),),
    "context_actions": (has_items("elements", n.CONTEXT_ACTIONS_MAX_ELEMENTS, _check_context_action),),
    **dict.fromkeys(("table", "data_table", "data_visualization", "task_card", "plan"), ()),
    **dict.fromkeys(("card", "carousel", "container", "file", "call"), ()),
}
VIEW_BLOCKS: Final[Mapping[str, Sequence[Rule]]] = {**_SHARED_BLOCKS, "alert": ()}
