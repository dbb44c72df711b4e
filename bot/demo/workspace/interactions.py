"""What Slack sends to an app when somebody clicks, chooses, submits or uses a shortcut.

https://docs.slack.dev/reference/interaction-payloads
"""

from bot.demo.workspace.objects import drop_missing, name_channel, show_message, show_view
from bot.demo.workspace.payloads import VERIFICATION_TOKEN, Payload
from bot.demo.workspace.records import Ephemeral, Json, Message, View
from bot.demo.workspace.state import State
from bot.demo.workspace.world import APP_ID, TEAM_DOMAIN, User


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
        "channel": name_channel(channel),
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
        "channel": name_channel(channel),
        "message": show_message(state, message),
        "response_url": response_url,
    }


def _make_interaction(kind: str, user: User) -> Payload:
    return {
        "type": kind,
        "token": VERIFICATION_TOKEN,
        "api_app_id": APP_ID,
        "team": {"id": user.team_id, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
    }
