"""What a person fills in and chooses, as Slack reports it in ``state.values`` and in actions.

https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.demo.workspace.records import Json, View

Answers = Mapping[str, str | list[str]]

_STATELESS: Final = frozenset({"button", "overflow", "feedback_buttons", "icon_button", "image"})
_PICKERS: Final = {"datepicker": "date", "timepicker": "time", "datetimepicker": "date_time"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """The menu or input that is used at this moment, and what it is set to."""

    block_id: str
    action_id: str
    value: str | list[str]


def fill_in(view: View, answers: Answers) -> Json:
    """Fill ``answers``, by action_id or block_id, into a modal; other inputs keep what they began with.

    Raises ``LookupError`` for an answer without an input or a choice that is not offered, and ``ValueError``
    where something required is left empty, or is too short or too long: Slack's client would not submit.
    """
    values = read_state(view.body["blocks"], answers, channel=view.channel)
    for block in view.body["blocks"]:
        if block["type"] == "input":
            [reported] = values[block["block_id"]].values()
            _check_input(block, reported)
    return values


def read_state(blocks: Iterable[Json], answers: Answers, *, use: Use | None = None, channel: str | None = None) -> Json:
    """Report every input and menu of ``blocks``; ``channel`` is where the person was when a modal opened."""
    values: Json = {}
    known: set[str] = set()
    for block, element in find_elements(blocks):
        if element["type"] in _STATELESS:
            continue
        action_id, block_id = str(element.get("action_id", "")), str(block["block_id"])
        known |= {action_id, block_id}
        answer = answers.get(action_id, answers.get(block_id))
        if use and (use.block_id, use.action_id) == (block_id, action_id):
            answer = use.value
        values.setdefault(block_id, {})[action_id] = report(element, answer, channel=channel)
    if unknown := set(answers) - known:
        raise LookupError(f"no input is called {', '.join(sorted(unknown))}")
    return values


def is_stateful(element: Json) -> bool:
    """Tell whether an element keeps what was chosen, unlike a button."""
    return element["type"] not in _STATELESS


def find_elements(blocks: Iterable[Json]) -> Iterator[tuple[Json, Json]]:
    """List what can be used in ``blocks``, each element with its block."""
    for block in blocks:
        if block["type"] not in {"actions", "section", "input", "context_actions"}:
            continue
        elements = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        yield from ((block, element) for element in elements if isinstance(element, dict))


def list_destinations(view: View, values: Json) -> list[tuple[str, str, str]]:
    """List the block, the action and the conversation of menus that ask for a response_url.

    https://docs.slack.dev/surfaces/modals#response_urls
    """
    found = []
    for block, element in find_elements(view.body["blocks"]):
        if element.get("response_url_enabled"):
            block_id, action_id = str(block["block_id"]), str(element.get("action_id", ""))
            reported = values[block_id][action_id]
            chosen = reported.get("selected_conversation") or reported.get("selected_channel")
            found += [(block_id, action_id, str(chosen))] if chosen else []
    return found


def report(element: Json, answer: str | list[str] | None, *, channel: str | None = None) -> Json:
    """Report what an element holds: ``answer``, or what it began with where that is None."""
    kind = str(element["type"])
    match kind:
        case "static_select" | "radio_buttons":
            return {"type": kind, "selected_option": _choose_one(element, answer)}
        case "checkboxes" | "multi_static_select":
            chosen = element.get("initial_options", []) if answer is None else choose(element, answer)
            return {"type": kind, "selected_options": chosen}
        case "conversations_select" | "channels_select" | "users_select":
            name = kind.removesuffix("s_select")
            current = channel if element.get("default_to_current_conversation") else None
            return {"type": kind, f"selected_{name}": answer or element.get(f"initial_{name}") or current}
        case "datepicker" | "timepicker" | "datetimepicker":
            name = _PICKERS[kind]
            return {"type": kind, f"selected_{name}": answer or element.get(f"initial_{name}")}
        case _:
            return {"type": kind, "value": element.get("initial_value") if answer is None else answer or None}


def choose(element: Json, answer: str | list[str]) -> list[Json]:
    """Find the options with these values. Raises ``LookupError`` for one that is not there."""
    wanted = [answer] if isinstance(answer, str) else answer
    groups = [element.get("options", []), *(group["options"] for group in element.get("option_groups", []))]
    offered = {str(option["value"]): option for options in groups for option in options}
    if missing := [value for value in wanted if value not in offered]:
        raise LookupError(f"{', '.join(missing)} is not on offer")
    return [offered[value] for value in wanted]


def _choose_one(element: Json, answer: str | list[str] | None) -> Any:  # noqa: ANN401 - an option or None
    return element.get("initial_option") if answer is None else choose(element, answer)[0]


def _check_input(block: Json, reported: Json) -> None:
    label, element = block["label"]["text"], block["element"]
    is_empty = not any(value for key, value in reported.items() if key != "type")
    if is_empty:
        if not block.get("optional", False):
            raise ValueError(f"{label!r} is required")
        return
    if element["type"] == "plain_text_input":
        size = len(reported["value"])
        if not element.get("min_length", 0) <= size <= element.get("max_length", size):
            raise ValueError(f"{label!r} is too short or too long")
