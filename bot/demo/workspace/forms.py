"""What a person fills into a modal, as Slack reports it in ``view.state.values``."""

from collections.abc import Mapping
from typing import Any

from bot.demo.workspace.records import Json, View

Answers = Mapping[str, str | list[str]]


def fill_in(view: View, answers: Answers) -> Json:
    """Fill ``answers``, by action_id or block_id, into a modal; other inputs keep what they began with.

    Raises ``LookupError`` for an answer without an input or a choice that is not offered, and ``ValueError``
    where something required is left empty: Slack's client would not submit.
    """
    inputs = [block for block in view.body["blocks"] if block["type"] == "input"]
    known = {name for block in inputs for name in _get_names(block)}
    if unknown := set(answers) - known:
        raise LookupError(f"no input is called {', '.join(sorted(unknown))}")
    return {block["block_id"]: _fill_block(block, answers) for block in inputs}


def _get_names(block: Json) -> tuple[str, str]:
    return str(block["element"].get("action_id", "")), str(block["block_id"])


def _fill_block(block: Json, answers: Answers) -> Json:
    answer = next((answers[name] for name in _get_names(block) if name in answers), None)
    element = block["element"]
    reported = _report(element, answer)
    is_empty = not any(value for key, value in reported.items() if key != "type")
    if is_empty and not block.get("optional", False):
        raise ValueError(f"{block['label']['text']!r} is required")
    return {str(element.get("action_id", "")): reported}


def _report(element: Json, answer: str | list[str] | None) -> Json:
    kind = element["type"]
    match kind:
        case "static_select" | "radio_buttons":
            return {"type": kind, "selected_option": _choose_one(element, answer)}
        case "checkboxes" | "multi_static_select":
            chosen = element.get("initial_options", []) if answer is None else _choose(element, answer)
            return {"type": kind, "selected_options": chosen}
        case "conversations_select" | "channels_select" | "users_select":
            name = kind.removesuffix("s_select")
            return {"type": kind, f"selected_{name}": answer or element.get(f"initial_{name}")}
        case _:
            return {"type": kind, "value": answer or element.get("initial_value")}


def _choose_one(element: Json, answer: str | list[str] | None) -> Any:  # noqa: ANN401 - an option or None
    return element.get("initial_option") if answer is None else _choose(element, answer)[0]


def _choose(element: Json, answer: str | list[str]) -> list[Json]:
    wanted = [answer] if isinstance(answer, str) else answer
    offered = {str(option["value"]): option for option in element["options"]}
    if missing := [value for value in wanted if value not in offered]:
        raise LookupError(f"{', '.join(missing)} is not on offer")
    return [offered[value] for value in wanted]
