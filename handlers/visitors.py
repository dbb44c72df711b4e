"""Who acts, as Slack's payloads tell; they differ in what they say of people of other workspaces.

In a shared channel the envelope of a message has the workspace of its author, a mention that of the app:
https://docs.slack.dev/apis/events-api , and how Bolt tells them apart in slack_bolt/request/internals.py.
"""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncBoltContext

from bot.core.admission import Visitor
from handlers.payloads import read_team


def read_visitor(body: Mapping[str, Any], context: AsyncBoltContext) -> Visitor:
    """Read who acts; the bot's own workspace is told by its token, not by the payload."""
    installed = context.authorize_result
    user, name, team = _read_actor(body)
    return Visitor(
        home=(installed.team_id if installed else None) or read_team(body),
        org=(installed.enterprise_id if installed else None) or None,
        user=user,
        name=name or user,
        teams=frozenset({team} - {""}),
    )


def _read_actor(body: Mapping[str, Any]) -> tuple[str, str, str]:
    """Read who it is, their handle, and the workspace that is said to be theirs; what is not said is empty."""
    if isinstance(event := body.get("event"), Mapping):
        return _read(event, "user"), "", _read(event, "user_team") or _read(event, "team")
    if "command" in body:
        return _read(body, "user_id"), _read(body, "user_name"), _read(body, "team_id")
    user, team = (found if isinstance(found := body.get(name), Mapping) else {} for name in ("user", "team"))
    return (
        _read(user, "id"),
        _read(user, "username") or _read(user, "name"),
        _read(user, "team_id") or _read(team, "id"),
    )


def _read(found: Mapping[str, Any], name: str) -> str:
    return str(found.get(name) or "")
