"""What somebody asked for last, as a list: in the App Home with buttons, and as the answer to a question after it.

Names and prompts go into ``rich_text`` as they are, where Slack shows them as text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.core.block_kit import Block, Message, message, rich, section, words
from bot.core.blocks import build_notice
from bot.core.controls import REGENERATE_ACTION, build_preview, build_retry, button, row
from bot.core.limits import cut_text
from bot.core.models import Glance, State
from bot.core.texts import Language, Texts, speak

_NAME_CHARS: Final = 120
# In the reader's own time and language: https://docs.slack.dev/reference/block-kit/block-elements/date-element
_WHEN: Final = "{date_short_pretty}, {time}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A request in a list, with the addresses of its thread and its preview, as far as there are any."""

    glance: Glance
    thread_url: str | None = None
    preview_url: str | None = None


def build_status(items: Sequence[Listed], *, language: Language) -> Message:
    """Build the list of somebody's requests, those that run first."""
    texts = speak(language)
    if not items:
        return build_notice(texts.recent_none)
    ordered = sorted(items, key=lambda item: item.glance.state is not State.RUNNING)
    lines = [_describe(item, texts) for item in ordered]
    outline = "\n".join(f"{texts.states[item.glance.state]}: {_name(item.glance)}" for item in ordered)
    title = section(words(f"{texts.recent_title}:", bold=True))
    bullets = {"type": "rich_text_list", "style": "bullet", "elements": lines}
    return message(f"{texts.recent_title}:\n{outline}", rich(title, bullets))


def build_items(items: Sequence[Listed], *, language: Language) -> list[Block]:
    """Build a list of requests with what can be done about each."""
    return [block for item in items for block in _build_item(item, language)]


def _build_item(item: Listed, language: Language) -> list[Block]:
    texts, glance = speak(language), item.glance
    line = {"type": "rich_text", "elements": [_describe(item, texts)]}
    match glance.state:
        case State.RUNNING:
            return [line]
        case State.READY:
            again = button(REGENERATE_ACTION, texts.regenerate, glance.job_id)
            preview = build_preview(item.preview_url, language=language)["elements"] if item.preview_url else []
            return [line, row(*preview, again)]
        case State.FAILED | State.CANCELLED:
            return [line, build_retry(glance.job_id, text=texts.try_again)]


def _describe(item: Listed, texts: Texts) -> Block:
    """Describe a request in a line: how it stands, what it is, when it was asked for, where its thread is."""
    asked_at = item.glance.asked_at
    when = {
        "type": "date",
        "timestamp": int(asked_at.timestamp()),
        "format": _WHEN,
        "fallback": f"{asked_at:%Y-%m-%d %H:%M} UTC",
    }
    link = {"type": "link", "url": item.thread_url, "text": texts.open_thread}
    return section(
        words(f"{texts.states[item.glance.state]} · "),
        words(_name(item.glance), bold=True),
        words(" · "),
        when,
        *([words(" · "), link] if item.thread_url else []),
    )


def _name(glance: Glance) -> str:
    """Name a request by its flow or, where there is none, by the beginning of its prompt, in one line."""
    return cut_text(" ".join((glance.name or glance.prompt).split()), _NAME_CHARS)
