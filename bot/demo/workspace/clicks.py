"""The ``actions`` of a click: on a button, on one of two thumbs, on an option of a menu.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from collections.abc import Iterable

from bot.demo.workspace.forms import Use, choose, find_elements, is_stateful, report
from bot.demo.workspace.objects import drop_missing
from bot.demo.workspace.records import Json

Choice = str | list[str] | None


def find_element(blocks: Iterable[Json], action_id: str, block_id: str | None = None) -> tuple[Json, Json]:
    """Find the element ``action_id`` and its block, the first one, or that of the block ``block_id``.

    Raises ``LookupError`` if there is nothing of the kind.
    """
    for block, element in find_elements(blocks):
        if element.get("action_id") == action_id and block_id in (None, block["block_id"]):
            return block, element
    raise LookupError(f"nothing with the action_id {action_id!r} to click on")


def make_action(block: Json, element: Json, value: Choice, action_ts: str) -> Json:
    """Make the action of using an element; ``value`` picks one of several. Raises ``LookupError`` if it is not there.

    A dialog that the element asks with is taken as confirmed.
    """
    shown = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": action_ts,
        "confirm": element.get("confirm"),
    }
    return {**drop_missing(shown), **_pick(element, value)}


def read_use(block: Json, element: Json, value: Choice) -> Use | None:
    """Give what a click leaves behind in the state of what was clicked on: nothing, for a button."""
    if value is None or not is_stateful(element):
        return None
    return Use(block_id=block["block_id"], action_id=element["action_id"], value=value)


def _pick(element: Json, value: Choice) -> Json:
    match element["type"]:
        case "feedback_buttons":
            offered = [element["positive_button"], element["negative_button"]]
            return _pick_thumb(offered, value)
        case "button" | "icon_button":
            chosen = element.get("value") if value is None else value
            return drop_missing({"text": element.get("text"), "style": element.get("style"), "value": chosen})
        case "overflow":
            return {"selected_option": choose(element, "" if value is None else value)[0]}
        case _ if value is None:
            raise LookupError("a menu is used by choosing something")
        case _:
            return report(element, value)


def _pick_thumb(offered: list[Json], value: Choice) -> Json:
    chosen = next((item for item in offered if item.get("value") == value), None)
    if chosen is None:
        raise LookupError(f"{value!r} is not on offer")
    return {"text": chosen["text"], "value": chosen["value"]}
