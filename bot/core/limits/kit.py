"""Block Kit as tables of rules: which blocks and elements there are, and within which bounds.

Blocks that the bot never makes but Slack takes are known by name, and nothing else of them is checked.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.core.limits import numbers as n
from bot.core.limits.keys import know_keys
from bot.core.limits.rich_text import check_rich_text
from bot.core.limits.rules import (
    PLAIN,
    TEXT_TYPES,
    Rule,
    Violations,
    apply_rules,
    check_text,
    has_any,
    has_choice,
    has_flag,
    has_items,
    has_object,
    has_range,
    has_string,
    has_text,
    is_object,
    offers,
    one_of,
)

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
    has_choice("style", {"primary", "danger"}),
)
# https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object
_SLACK_FILE: Final = (
    has_any("id", "url"),
    has_string("id", n.FILE_ID_MAX_CHARS, pattern=n.FILE_ID_PATTERN),
    has_string("url", n.URL_MAX_CHARS),
)
_FEEDBACK_BUTTON: Final = (
    has_text("text", n.BUTTON_TEXT_MAX_CHARS, required=True),
    has_string("value", n.BUTTON_VALUE_MAX_CHARS, required=True),
    has_string("accessibility_label", n.BUTTON_TEXT_MAX_CHARS),
)
_check_option: Final = is_object(_OPTION)
# https://docs.slack.dev/reference/block-kit/composition-objects/option-group-object
_OPTION_GROUP: Final = (
    has_text("label", n.GROUP_LABEL_MAX_CHARS, required=True),
    has_items("options", n.SELECT_MAX_OPTIONS, _check_option),
)
_check_option_group: Final = is_object(_OPTION_GROUP)
_check_confirm: Final = is_object(_CONFIRM)
_check_feedback_button: Final = is_object(_FEEDBACK_BUTTON)
_ACTION_ID: Final = has_string("action_id", n.ACTION_ID_MAX_CHARS)
_PLACEHOLDER: Final = has_text("placeholder", n.PLACEHOLDER_MAX_CHARS)
_CONFIRM_RULE: Final = has_object("confirm", _check_confirm)
_IMAGE: Final = (
    has_any("image_url", "slack_file"),
    has_string("image_url", n.URL_MAX_CHARS),
    has_object("slack_file", is_object(_SLACK_FILE)),
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
    has_items("option_groups", n.SELECT_MAX_GROUPS, _check_option_group, required=False),
    offers("initial_option"),
    offers("initial_options"),
)
_CONVERSATIONS_SELECT: Final = (
    *_SELECT,
    has_flag("default_to_current_conversation"),
    has_flag("response_url_enabled"),
)
_CHOICE: Final = (
    _ACTION_ID,
    _CONFIRM_RULE,
    has_items("options", n.CHOICE_MAX_OPTIONS, _check_option),
    offers("initial_option"),
    offers("initial_options"),
)
_TEXT_INPUT: Final = (_ACTION_ID, _PLACEHOLDER, has_string("initial_value", n.INPUT_TEXT_MAX_CHARS))
# https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
_PLAIN_INPUT: Final = (
    *_TEXT_INPUT,
    has_flag("multiline"),
    has_range("min_length", "max_length", lowest=0, highest=n.INPUT_TEXT_MAX_CHARS),
)
_ACTIONS: Final[Mapping[str, Sequence[Rule]]] = {
    "button": _BUTTON,
    "overflow": (_ACTION_ID, has_items("options", n.OVERFLOW_MAX_OPTIONS, _check_option)),
    "static_select": _STATIC_SELECT,
    "multi_static_select": _STATIC_SELECT,
    "radio_buttons": _CHOICE,
    "checkboxes": _CHOICE,
    **dict.fromkeys(("conversations_select", "channels_select"), _CONVERSATIONS_SELECT),
    "users_select": _SELECT,
    **dict.fromkeys(("datepicker", "timepicker", "datetimepicker"), _SELECT),
}
_INPUTS: Final[Mapping[str, Sequence[Rule]]] = {
    **{kind: rules for kind, rules in _ACTIONS.items() if kind not in {"button", "overflow"}},
    **dict.fromkeys(("multi_users_select", "multi_conversations_select", "multi_channels_select"), _SELECT),
    **dict.fromkeys(("email_text_input", "url_text_input", "number_input"), _TEXT_INPUT),
    "plain_text_input": _PLAIN_INPUT,
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
        has_string("accessibility_label", n.BUTTON_TEXT_MAX_CHARS),
    ),
}


_check_action: Final = one_of(know_keys(_ACTIONS))


_check_accessory: Final = one_of(know_keys({**_ACTIONS, "image": _IMAGE}))


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
    "rich_text": (has_items("elements", 10_000, check_rich_text),),
    "input": (
        has_text("label", n.INPUT_LABEL_MAX_CHARS, required=True),
        has_text("hint", n.INPUT_HINT_MAX_CHARS),
        has_flag("optional"),
        has_flag("dispatch_action"),
        has_object("element", _check_input, required=True),
    ),
    "video": (),
}
MESSAGE_BLOCKS: Final = know_keys(
    {
        **_SHARED_BLOCKS,
        "markdown": (has_string("text", n.MARKDOWN_MAX_CHARS, required=True),),
        "context_actions": (has_items("elements", n.CONTEXT_ACTIONS_MAX_ELEMENTS, _check_context_action),),
        **dict.fromkeys(("table", "data_table", "data_visualization", "task_card", "plan"), ()),
        **dict.fromkeys(("card", "carousel", "container", "file", "call"), ()),
    }
)
HOME_BLOCKS: Final = know_keys(_SHARED_BLOCKS)
VIEW_BLOCKS: Final = know_keys({**_SHARED_BLOCKS, "alert": ()})
