"""What Slack sends to an app: commands, the envelope of events, and interactions.

https://docs.slack.dev/interactivity/implementing-slash-commands
https://docs.slack.dev/apis/events-api/#event-type-structure
https://docs.slack.dev/reference/interaction-payloads
"""

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
        "channel_name": _name_channel(channel)["name"],
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
    """Make the event of a deleted message: where replies hang under it, that it has changed into a tombstone.

    https://github.com/42wim/matterbridge/issues/600
    """
    tombstone = state.find_message(previous.channel, previous.ts)
    if tombstone is not None:
        return {
            **_make_meta_event(state, tombstone, "message_changed", state.make_ts()),
            "message": show_message(state, tombstone),
            "previous_message": show_message(state, previous),
        }
    return {
        **_make_meta_event(state, previous, "message_deleted", state.make_ts()),
        "deleted_ts": previous.ts,
        "previous_message": show_message(state, previous),
    }


def make_block_actions(
    state: State,
    *,
    user: User,
    source: Message | Ephemeral,
    action: Json,
    values: Json,
    trigger_id: str,
    response_url: str,
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
        "channel": _name_channel(channel),
        **({} if isinstance(source, Ephemeral) else {"message": show_message(state, source)}),
        "state": {"values": values},
        "response_url": response_url,
        "actions": [action],
    }


def make_view_actions(*, user: User, view: View, action: Json, values: Json, trigger_id: str) -> Payload:
    """Make what a click in a Home tab or a modal sends."""
    return {
        **_make_interaction("block_actions", user),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": trigger_id,
        "view": show_view(view, values),
        "actions": [action],
    }


def make_view_submission(
    *, user: User, view: View, values: Json, trigger_id: str, response_urls: list[Json]
) -> Payload:
    """Make what submitting a modal sends."""
    return {
        **_make_interaction("view_submission", user),
        "trigger_id": trigger_id,
        "view": show_view(view, values),
        "response_urls": response_urls,
    }


def make_view_closed(*, user: User, view: View, is_cleared: bool) -> Payload:
    """Make what closing a modal sends, if it asked for that."""
    return {**_make_interaction("view_closed", user), "view": show_view(view), "is_cleared": is_cleared}


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
        "channel": _name_channel(channel),
        "message": show_message(state, message),
        "response_url": response_url,
    }


def _name_channel(channel: Channel) -> Json:
    return {"id": channel.id, "name": "privategroup" if channel.kind is ChannelKind.PRIVATE else channel.name}


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
