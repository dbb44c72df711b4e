"""Modals and the App Home, as Slack takes them; an input's block and action have one name.

https://docs.slack.dev/surfaces/modals , https://docs.slack.dev/surfaces/app-home
"""

from collections.abc import Sequence
from typing import Final

from bot.core.block_kit import Block, Message, plain
from bot.core.blocks import build_help
from bot.core.controls import build_new
from bot.core.glances import Listed, build_items
from bot.core.limits import INPUT_TEXT_MAX_CHARS
from bot.core.overview import Overview, build_overview
from bot.core.texts import Language, speak

GENERATE_VIEW: Final = "generate"
REFINE_VIEW: Final = "refine"
REASON_VIEW: Final = "reason"
PROMPT_INPUT: Final = "prompt"
PLACE_INPUT: Final = "place"
CHANNEL_INPUT: Final = "channel"
ONLY_ME: Final = "only_me"
IN_CHANNEL: Final = "in_channel"
REASON_MAX_CHARS: Final = 1_000
# A modal has to have a title; the bot's name is the same in every language.
_NAME: Final = "CodeMie"


def build_generate_modal(*, language: Language, min_chars: int, max_chars: int) -> Block:
    """Build the modal that asks for a prompt and where its result goes; it remembers its language.

    The inputs have no least length: Slack would refuse what is shorter in its own words, without ours.
    """
    texts = speak(language)
    only_me, in_channel = _option(ONLY_ME, texts.form_only_me), _option(IN_CHANNEL, texts.form_channel)
    place = {"type": "radio_buttons", "options": [only_me, in_channel], "initial_option": only_me}
    prompt = _text_input(max_chars, placeholder=texts.help_examples[0])
    return _modal(
        GENERATE_VIEW,
        texts.new_prototype,
        _input(PROMPT_INPUT, texts.form_prompt, prompt, hint=texts.form_hint.format(min=min_chars, max=max_chars)),
        _input(PLACE_INPUT, texts.form_place, place),
        _input(CHANNEL_INPUT, texts.form_channel_name, _CHANNEL_MENU, hint=texts.form_channel_hint, is_optional=True),
        submit=texts.form_submit,
        language=language,
        kept=language,
    )


def build_refine_modal(job_id: str, *, language: Language, max_chars: int) -> Block:
    """Build the modal that asks what shall change of the result of a job."""
    texts = speak(language)
    change = _text_input(max_chars, placeholder=texts.change_example)
    return _modal(
        REFINE_VIEW,
        texts.change_title,
        _input(PROMPT_INPUT, texts.change_prompt, change),
        submit=texts.change_submit,
        language=language,
        kept=job_id,
    )


def build_reason_modal(job_id: str, *, language: Language) -> Block:
    """Build the modal that asks why the result of a job is not good; nothing has to be said."""
    texts = speak(language)
    return _modal(
        REASON_VIEW,
        texts.reason_title,
        _input(
            PROMPT_INPUT,
            texts.reason_prompt,
            _text_input(REASON_MAX_CHARS),
            hint=texts.reason_hint,
            is_optional=True,
        ),
        submit=texts.reason_submit,
        language=language,
        kept=job_id,
    )


def build_notice_modal(message: Message) -> Block:
    """Build a modal that shows a message, for where nothing else can be said to whoever clicked."""
    return {"type": "modal", "title": plain(_NAME), "blocks": list(message.blocks)}


def build_home(
    *,
    language: Language,
    min_chars: int,
    max_chars: int,
    items: Sequence[Listed],
    trouble: str,
    overview: Overview | None = None,
) -> Block:
    """Build the App Home: what the bot does, the way into the modal, and what its reader asked for last.

    ``trouble`` stands in place of a list that can't be had; ``overview`` is there for admins.
    """
    texts = speak(language)
    return {
        "type": "home",
        "blocks": [
            _header(texts.home_title),
            *build_help(language=language, min_chars=min_chars, max_chars=max_chars).blocks,
            build_new(language=language),
            {"type": "divider"},
            _header(texts.recent_title),
            *(build_items(items, language=language) or [_note(trouble or texts.recent_none)]),
            *(build_overview(overview, language=language) if overview else []),
        ],
    }


def build_bare_home(language: Language, *, min_chars: int, max_chars: int) -> Block:
    """Build the App Home without what its reader asked for, to stand until they open it again."""
    trouble = speak(language).recent_later
    return build_home(language=language, min_chars=min_chars, max_chars=max_chars, items=(), trouble=trouble)


# The result may go where the bot is no member, so that who asked is told through the response_url.
# https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#conversations_select
_CHANNEL_MENU: Final[Block] = {
    "type": "conversations_select",
    "default_to_current_conversation": True,
    "response_url_enabled": True,
    "filter": {"include": ["public", "private"], "exclude_bot_users": True},
}


def _modal(callback_id: str, title: str, *inputs: Block, submit: str, language: Language, kept: str) -> Block:
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title),
        "submit": plain(submit),
        "close": plain(speak(language).cancel),
        "private_metadata": kept,
        "blocks": list(inputs),
    }


def _input(name: str, label: str, element: Block, *, hint: str = "", is_optional: bool = False) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "label": plain(label),
        "element": {**element, "action_id": name},
        "optional": is_optional,
        **({"hint": plain(hint)} if hint else {}),
    }


def _text_input(max_chars: int, *, placeholder: str = "") -> Block:
    shown = {"placeholder": plain(placeholder)} if placeholder else {}
    longest = min(max_chars, INPUT_TEXT_MAX_CHARS)
    return {"type": "plain_text_input", "multiline": True, "max_length": longest, **shown}


def _option(value: str, text: str) -> Block:
    return {"text": plain(text), "value": value}


def _header(text: str) -> Block:
    return {"type": "header", "text": plain(text)}


def _note(text: str) -> Block:
    return {"type": "section", "text": plain(text)}
