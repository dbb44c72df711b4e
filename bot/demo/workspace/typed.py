"""What a person types, as Slack sends it on: entities, links and mentions in angle brackets, and rich text.

https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.demo.workspace.records import Json


class PartKind(StrEnum):
    """What a stretch of typed text is."""

    TEXT = "text"
    LINK = "link"
    USER = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of typed text; ``target`` is the URL or the user's id."""

    kind: PartKind
    typed: str
    target: str = ""


# Each begins where a word does, or a long word would be read anew from each of its letters.
_TOKEN = re.compile(
    r"(?P<url>https?://[^\s<>]*[^\s<>.,!?;:)\]\"'])"
    r"|(?P<email>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<domain>(?<![\w.-])\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|io|ua)\b)"
    r"|(?<!\w)@(?P<handle>[\w.-]*\w)"
)
_SCHEMES: Final = {"url": "", "email": "mailto:", "domain": "http://"}


def parse_typed(typed: str, handles: Mapping[str, str]) -> tuple[Part, ...]:
    """Split typed text; ``handles`` maps the names of people to their ids."""
    return tuple(part for part in _split(typed, handles) if part.typed)


def to_slack_text(parts: tuple[Part, ...]) -> str:
    """Write the parts as a message's ``text``."""
    return "".join(map(_write, parts))


def to_rich_text(parts: tuple[Part, ...]) -> Json:
    """Write the parts as the rich_text block that Slack's own clients send along."""
    elements = [_show(part) for part in parts]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def _split(typed: str, handles: Mapping[str, str]) -> Iterator[Part]:
    end = 0
    for match in _TOKEN.finditer(typed):
        part = _read(match, handles)
        if part is not None:
            yield Part(kind=PartKind.TEXT, typed=typed[end : match.start()])
            yield part
            end = match.end()
    yield Part(kind=PartKind.TEXT, typed=typed[end:])


def _read(match: re.Match[str], handles: Mapping[str, str]) -> Part | None:
    kind = str(match.lastgroup)
    if kind == "handle":
        user = handles.get(match["handle"].lower())
        return Part(kind=PartKind.USER, typed=match[0], target=user) if user else None
    return Part(kind=PartKind.LINK, typed=match[0], target=_SCHEMES[kind] + match[0])


def _write(part: Part) -> str:
    match part.kind:
        case PartKind.TEXT:
            return _escape(part.typed)
        case PartKind.USER:
            return f"<@{part.target}>"
        case PartKind.LINK:
            label = "" if part.target == part.typed else f"|{_escape(part.typed)}"
            return f"<{_escape(part.target)}{label}>"


def _show(part: Part) -> Json:
    match part.kind:
        case PartKind.TEXT:
            return {"type": "text", "text": part.typed}
        case PartKind.USER:
            return {"type": "user", "user_id": part.target}
        case PartKind.LINK:
            return {"type": "link", "url": part.target, "text": part.typed}


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
