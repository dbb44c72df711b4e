"""The body of a chat: what is asked, and what of it the real server refuses."""

from collections.abc import Mapping
from typing import Any

from bot.demo.codemie import bodies
from bot.demo.codemie.accounts import Refused
from bot.demo.codemie.records import ChatTurn, Turn


def read_turn(assistant_id: str, body: Mapping[str, Any]) -> ChatTurn:
    """Read what an assistant is asked."""
    return ChatTurn(
        assistant_id=assistant_id,
        text=_read_text(body, "text"),
        system_prompt=_read_text(body, "system_prompt") or _read_text(body, "systemPrompt"),
        conversation_id=_read_text(body, "conversation_id") or _read_text(body, "conversationId"),
        history=_read_history(body.get("history")),
    )


def check_body(body: Mapping[str, Any]) -> None:
    """Refuse what the real server's validation refuses, of the fields that are known here."""
    for name in ("text", "conversation_id", "system_prompt"):
        is_missing = name not in body or (name == "text" and body[name] is None)
        if not is_missing and not isinstance(body[name], str):
            raise Refused(422, bodies.make_validation_error(name, "Input should be a valid string"))
    history = body.get("history", [])
    for item in history if isinstance(history, list) else []:
        if not isinstance(item, dict) or item.get("role") not in {"User", "Assistant"}:
            raise Refused(422, bodies.make_validation_error("history", "Input should be 'Assistant' or 'User'"))


def _read_text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _read_history(history: object) -> tuple[Turn, ...]:
    items = [item for item in history if isinstance(item, dict)] if isinstance(history, list) else []
    return tuple(Turn(role=_read_text(item, "role"), message=_read_text(item, "message")) for item in items)
