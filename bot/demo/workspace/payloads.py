"""What Slack sends to an app: commands, the envelope of events, and interactions.

https://docs.slack.dev/interactivity/implementing-slash-commands
https://docs.slack.dev/apis/events-api/#event-type-structure
https://docs.slack.dev/reference/interaction-payloads
"""

from collections.abc import Iterator
from typing import Any, Final

from bot.demo.workspace.objects import drop_missing, show_message, show_view
from bot.demo.workspace.records import Ephemeral, Json, Message, View
from bot.demo.workspace.state import State
from bot.demo.workspace.world import APP_ID, BOT_USER, TEAM_DOMAIN, TEAM_ID, Channel, ChannelKind, User

# Slack still sends its old verification token; apps check the signature instead.
_TOKEN: Final = "demo-verification"  # noqa: S105 - proves nothing

Payload = dict[str, Any]


def make_command(
    *, user: User, channel: Channel, command: str, text: str, trigger_id: str, response_url: str
) -> Payload:
    """Make what a slash command sends."""
    return {
        "token": _TOKEN,
        "team_id": user.team_id,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": "privategroup" if channel.kind is ChannelKind.PRIVATE else channel.name,
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def make_event(event: Json, *, event_id: str, event_time: int, is_shared: bool = False) -> Payload:
    """Wrap an event in its envelope."""
    authorization = {
        "enterprise_id": None,
        "team_id": TEAM_ID,
        "user_id": BOT_USER,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": _TOKEN,
        "team_id": TEAM_ID,
        "context_team_id": TEAM_ID,
        "context_enterprise_id": None,
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": event_time,
        "authorizations": [authorization],
        "is_ext_shared_channel": is_shared,
        "event_context": f"4-{event_id}",
    }


def make_message_event(state: State, message: Message) -> Json:
    """Make the event of a message, such as Slack sends for every message of a conversation."""
    channel = state.channels[message.channel]
    return {
        **show_message(state, message),
        "channel": channel.id,
        "channel_type": channel.kind.value,
        "event_ts": message.ts,
    }


def make_mention_event(state: State, message: Message) -> Json:
    """Make the event of a message that mentions the bot."""
    shown = {**show_message(state, message), "channel": message.channel, "event_ts": message.ts}
    return {key: value for key, value in shown.items() if key != "subtype"} | {"type": "app_mention"}


def make_changed_event(state: State, message: Message, previous: Message) -> Json:
    """Make the event of an edited message."""
    return {
        **_make_meta_event(state, message, "message_changed", message.edited or message.ts),
        "message": show_message(state, message),
        "previous_message": show_message(state, previous),
    }


def make_deleted_event(state: State, previous: Message) -> Json:
    """Make the event of a deleted message."""
    return {
        **_make_meta_event(state, previous, "message_deleted", state.make_ts()),
        "deleted_ts": previous.ts,
        "previous_message": show_message(state, previous),
    }


def make_block_actions(
    state: State, *, user: User, source: Message | Ephemeral, action: Json, trigger_id: str, response_url: str
) -> Payload:
    """Make what a click in a message sends."""
    is_ephemeral = isinstance(source, Ephemeral)
    channel = state.channels[source.channel]
    container = {
        "type": "message",
        "message_ts": source.ts,
        "channel_id": channel.id,
        "is_ephemeral": is_ephemeral,
        "thread_ts": source.thread_ts,
    }
    return {
        **_make_interaction("block_actions", user),
        "container": drop_missing(container),
        "trigger_id": trigger_id,
        "channel": {"id": channel.id, "name": channel.name},
        **({} if isinstance(source, Ephemeral) else {"message": show_message(state, source)}),
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [action],
    }


def make_view_actions(*, user: User, view: View, action: Json, trigger_id: str) -> Payload:
    """Make what a click in a Home tab or a modal sends."""
    return {
        **_make_interaction("block_actions", user),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": trigger_id,
        "view": show_view(view),
        "actions": [action],
    }


def make_view_submission(*, user: User, view: View, values: Json, trigger_id: str) -> Payload:
    """Make what submitting a modal sends."""
    return {
        **_make_interaction("view_submission", user),
        "trigger_id": trigger_id,
        "view": show_view(view, values),
        "response_urls": [],
    }


def make_view_closed(*, user: User, view: View) -> Payload:
    """Make what closing a modal sends, if it asked for that."""
    return {**_make_interaction("view_closed", user), "view": show_view(view), "is_cleared": False}


def make_shortcut(*, user: User, callback_id: str, trigger_id: str, action_ts: str) -> Payload:
    """Make what a global shortcut sends."""
    return {
        **_make_interaction("shortcut", user),
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "action_ts": action_ts,
    }


def make_message_shortcut(
    state: State, *, user: User, message: Message, callback_id: str, trigger_id: str, response_url: str
) -> Payload:
    """Make what a message shortcut sends."""
    channel = state.channels[message.channel]
    return {
        **_make_interaction("message_action", user),
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "action_ts": state.make_ts(),
        "message_ts": message.ts,
        "channel": {"id": channel.id, "name": channel.name},
        "message": show_message(state, message),
        "response_url": response_url,
    }


def make_action(blocks: tuple[Json, ...], action_id: str, value: str | None, action_ts: str) -> Json:
    """Make the action of a click on the element ``action_id``; ``value`` picks one of several.

    Raises ``LookupError`` if there is nothing of the kind to click on.
    """
    for block, element in _find_elements(blocks):
        if element.get("action_id") == action_id:
            shown = {
                "type": element["type"],
                "action_id": action_id,
                "block_id": block["block_id"],
                "action_ts": action_ts,
            }
            return {**shown, **_choose(element, value)}
    raise LookupError(f"nothing with the action_id {action_id!r} to click on")


def _choose(element: Json, value: str | None) -> Json:
    match element["type"]:
        case "feedback_buttons":
            offered = [element["positive_button"], element["negative_button"]]
            return {"text": _pick(offered, value)["text"], "value": _pick(offered, value)["value"]}
        case "button" | "icon_button":
            chosen = element.get("value") if value is None else value
            return drop_missing({"text": element.get("text"), "style": element.get("style"), "value": chosen})
        case _:
            return {"selected_option": _pick(element.get("options", []), value)}


def _pick(offered: list[Json], value: str | None) -> Json:
    chosen = next((item for item in offered if item.get("value") == value), None)
    if chosen is None:
        raise LookupError(f"{value!r} is not on offer")
    return chosen


def _find_elements(blocks: tuple[Json, ...]) -> Iterator[tuple[Json, Json]]:
    for block in blocks:
        elements = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        yield from ((block, element) for element in elements if isinstance(element, dict))


def _make_interaction(kind: str, user: User) -> Payload:
    return {
        "type": kind,
        "token": _TOKEN,
        "api_app_id": APP_ID,
        "team": {"id": user.team_id, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
    }


def _make_meta_event(state: State, message: Message, subtype: str, ts: str) -> Json:
    channel = state.channels[message.channel]
    return {
        "type": "message",
        "subtype": subtype,
        "hidden": True,
        "channel": channel.id,
        "channel_type": channel.kind.value,
        "ts": ts,
        "event_ts": ts,
    }
