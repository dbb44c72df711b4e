"""What Slack sends to an app: commands, and events in their envelope.

https://docs.slack.dev/interactivity/implementing-slash-commands
https://docs.slack.dev/apis/events-api/#event-type-structure
"""

from typing import Any, Final

from bot.demo.workspace.objects import name_channel, show_message
from bot.demo.workspace.records import Json, Message, Reaction
from bot.demo.workspace.state import State
from bot.demo.workspace.world import APP_ID, BOT_USER, TEAM_DOMAIN, TEAM_ID, Channel, User

# Slack still sends its old verification token; apps check the signature instead.
VERIFICATION_TOKEN: Final = "demo-verification"  # noqa: S105 - proves nothing

Payload = dict[str, Any]


def make_command(
    *, user: User, channel: Channel, command: str, text: str, trigger_id: str, response_url: str
) -> Payload:
    """Make what a slash command sends."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": user.team_id,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": name_channel(channel)["name"],
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
    """Wrap an event in its envelope.

    In a shared channel a message comes in the name of its author's workspace, ``authorizations`` has the app's: samples
    are in tests/slack_bolt/request/test_internals.py of https://github.com/slackapi/bolt-python .
    """
    authorization = {
        "enterprise_id": None,
        "team_id": TEAM_ID,
        "user_id": BOT_USER,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": event.get("team") or TEAM_ID,
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
    """Make the event of a message that mentions the bot; the workspace of somebody from outside stands elsewhere."""
    shown = {**show_message(state, message), "channel": message.channel, "event_ts": message.ts}
    team = shown["team"]
    theirs = {} if team == TEAM_ID else {"team": TEAM_ID, "user_team": team, "source_team": team}
    return {key: value for key, value in shown.items() if key != "subtype"} | {"type": "app_mention", **theirs}


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


def make_reaction_event(state: State, kind: str, reaction: Reaction, author: str) -> Json:
    """Make the event of a reaction to a message of ``author``; unlike a message it has its channel in the item.

    https://docs.slack.dev/reference/events/reaction_added
    """
    return {
        "type": kind,
        "user": reaction.user,
        "reaction": reaction.name,
        "item_user": author,
        "item": {"type": "message", "channel": reaction.channel, "ts": reaction.ts},
        "event_ts": state.make_ts(),
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
