"""Messages, files, users and channels as Slack's JSON shows them."""

from collections.abc import Iterable
from typing import Any

from bot.demo.workspace.posts import TOMBSTONE
from bot.demo.workspace.records import File, Json, Message, View
from bot.demo.workspace.state import State
from bot.demo.workspace.world import APP_ID, BOT_ID, BOT_USER, TEAM_ID, Channel, ChannelKind, User


def show_message(state: State, message: Message, *, with_metadata: bool = True) -> Json:
    """Show a message, without its channel."""
    shown: Json = {
        "type": "message",
        "subtype": message.subtype,
        "hidden": True if message.subtype == TOMBSTONE else None,
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": author.team_id if (author := state.users.get(message.user)) else TEAM_ID,
        "client_msg_id": message.client_msg_id,
        "blocks": list(message.blocks) or None,
        "thread_ts": message.thread_ts,
        "parent_user_id": _get_parent_user(state, message),
        "files": [show_file(state.files[item]) for item in message.files if item in state.files] or None,
        "edited": message.edited and {"user": message.user, "ts": message.edited},
        "metadata": message.metadata if with_metadata else None,
        **_show_author(message),
        **_show_thread(state, message),
        **_show_reactions(state, message),
    }
    return drop_missing(shown)


def drop_missing(shown: Json) -> Json:
    """Leave out the keys that have no value, as Slack does."""
    return {key: value for key, value in shown.items() if value is not None}


def show_file(file: File) -> Json:
    """Show a file; ``shares`` names the messages that carry it, by kind of channel."""
    return drop_missing(
        {
            "id": file.id,
            "name": file.name,
            "title": file.title or file.name,
            "mimetype": file.mimetype,
            "filetype": file.snippet_type or file.name.rpartition(".")[2],
            "size": file.length,
            "user": file.user,
            "mode": "snippet" if file.snippet_type else "hosted",
            "alt_txt": file.alt_text,
            "channels": [item for item in file.channels if item.startswith("C")],
            "groups": [item for item in file.channels if item.startswith("G")],
            "ims": [item for item in file.channels if item.startswith("D")],
            "shares": _show_shares(file),
        }
    )


def show_user(user: User, *, with_locale: bool) -> Json:
    """Show a user; Slack tells the locale on request only."""
    return drop_missing(
        {
            "id": user.id,
            "team_id": user.team_id,
            "name": user.name,
            "real_name": user.real_name,
            "deleted": False,
            "is_bot": user.is_bot,
            "is_restricted": user.is_guest,
            "is_ultra_restricted": user.is_guest and not user.is_multi_channel,
            "is_stranger": True if user.team_id != TEAM_ID else None,
            "locale": user.locale if with_locale else None,
            "tz": user.tz,
            "profile": {"real_name": user.real_name, "display_name": user.name, "team": user.team_id},
        }
    )


def show_channel(channel: Channel) -> Json:
    """Show a channel; a DM has its other member for a name."""
    shown: Json = {
        "id": channel.id,
        "is_channel": channel.kind is ChannelKind.PUBLIC,
        "is_group": channel.kind is ChannelKind.PRIVATE,
        "is_im": channel.kind is ChannelKind.DM,
        "is_private": channel.kind is not ChannelKind.PUBLIC,
        "is_archived": channel.is_archived,
        "is_ext_shared": channel.is_shared,
        "is_member": BOT_USER in channel.members,
        "context_team_id": TEAM_ID,
    }
    if channel.kind is ChannelKind.DM:
        return {**shown, "user": min(channel.members - {BOT_USER})}
    return {**shown, "name": channel.name, "name_normalized": channel.name}


def name_channel(channel: Channel) -> Json:
    """Name a channel as commands and interactions do, which keep a private one's name to themselves."""
    return {"id": channel.id, "name": "privategroup" if channel.kind is ChannelKind.PRIVATE else channel.name}


def show_view(view: View, values: Json | None = None) -> Json:
    """Show a view with its ids, and with what a person filled in."""
    return {
        "private_metadata": "",
        "callback_id": "",
        "title": None,
        "submit": None,
        "close": None,
        "external_id": "",
        **view.body,
        "id": view.id,
        "team_id": TEAM_ID,
        "app_id": APP_ID,
        "bot_id": BOT_ID,
        "app_installed_team_id": TEAM_ID,
        "hash": view.hash,
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id,
        "state": {"values": values or {}},
    }


def _show_author(message: Message) -> Json:
    if message.bot_id is None:
        return {}
    profile = {
        "id": message.bot_id,
        "app_id": APP_ID,
        "team_id": TEAM_ID,
        "name": "Prototype",
        "deleted": False,
    }
    return {"bot_id": message.bot_id, "app_id": APP_ID, "bot_profile": profile}


def _get_parent_user(state: State, message: Message) -> str | None:
    if not message.is_reply or message.thread_ts is None:
        return None
    parent = state.find_message(message.channel, message.thread_ts)
    return parent.user if parent else None


def _show_thread(state: State, message: Message) -> Json:
    if message.is_reply:
        return {}
    replies = state.get_messages(message.channel, message.ts)[1:]
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
    }


def _show_reactions(state: State, message: Message) -> Json:
    here = [item for item in state.reactions if (item.channel, item.ts) == (message.channel, message.ts)]
    names = dict.fromkeys(item.name for item in here)
    shown = [_show_reaction(name, (item.user for item in here if item.name == name)) for name in names]
    return {"reactions": shown} if shown else {}


def _show_reaction(name: str, users: Iterable[str]) -> Json:
    listed = list(users)
    return {"name": name, "users": listed, "count": len(listed)}


def _show_shares(file: File) -> dict[str, Any]:
    shown: dict[str, dict[str, list[Json]]] = {}
    for share in file.shares:
        kind = "public" if share.channel.startswith("C") else "private"
        entry = drop_missing({"ts": share.ts, "thread_ts": share.thread_ts})
        shown.setdefault(kind, {}).setdefault(share.channel, []).append(entry)
    return shown
