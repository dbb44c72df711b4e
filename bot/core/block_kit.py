"""Pieces that messages, modals and the App Home are made of.

Words of people and of the model go into ``plain_text`` and ``rich_text`` as they are: Slack shows those as text.
https://docs.slack.dev/reference/block-kit/blocks/rich-text-block/
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.core.limits import cut_bytes

Block = dict[str, Any]
Inline = dict[str, Any]
# Below Slack's own number (bot.core.limits), so that what the bot adds around foreign text has room.
_TOP_TEXT_BYTES: Final = 3_500


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted: a top-level text for notifications and screen readers, and the blocks people see."""

    text: str
    blocks: tuple[Block, ...]


def escape_mrkdwn(text: str) -> str:
    """Escape what Slack reads as markup: https://docs.slack.dev/messaging/formatting-message-text/ ."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def message(text: str, *blocks: Block) -> Message:
    """Build a message: the top-level text is escaped and cut."""
    return Message(cut_bytes(escape_mrkdwn(text), _TOP_TEXT_BYTES), blocks)


def rich(*elements: Block) -> Block:
    """Build a block of rich text."""
    return {"type": "rich_text", "elements": list(elements)}


def section(*elements: Inline) -> Block:
    """Build a paragraph."""
    return {"type": "rich_text_section", "elements": list(elements)}


def quote(text: str) -> Block:
    """Build a quotation."""
    return {"type": "rich_text_quote", "elements": [words(text)]}


def bullets(items: Iterable[Block]) -> Block:
    """Build a list."""
    return {"type": "rich_text_list", "style": "bullet", "elements": list(items)}


def words(text: str, **style: bool) -> Inline:
    """Build a run of words, styled or not."""
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def plain(text: str) -> Block:
    """Build a text object that shows no markup."""
    return {"type": "plain_text", "text": text, "emoji": False}


def context(*texts: str) -> Block:
    """Build a line of small print; texts that are empty are left out."""
    return {"type": "context", "elements": [plain(text) for text in texts if text]}


def count_chars(value: object) -> int:
    """Count the characters people would see in rich text elements."""
    if isinstance(value, Mapping):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + count_chars(value.get("elements", ()))
    return sum(map(count_chars, value)) if isinstance(value, Iterable) and not isinstance(value, str) else 0
