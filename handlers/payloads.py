"""What listeners read of clicks, shortcuts and modals; the shapes are checked where a request comes in.

https://docs.slack.dev/reference/interaction-payloads
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who has clicked, in which workspace."""

    team: str
    user: str
    name: str


def read_sender(body: Payload) -> Sender:
    """Read who sent an interaction; an organisation's app may be told the workspace with the user only."""
    user: Payload = body.get("user") or {}
    team: Payload = body.get("team") or {}
    user_id = str(user.get("id") or "")
    return Sender(
        team=str(team.get("id") or user.get("team_id") or ""),
        user=user_id,
        name=str(user.get("username") or user.get("name") or user_id),
    )


def read_text(view: Payload, name: str) -> str:
    """Read what was written into an input of a modal; it is no markup, so there is nothing to decode."""
    return str(_find_input(view, name).get("value") or "")


def read_option(view: Payload, name: str) -> str:
    """Read which of several options was chosen."""
    return str((_find_input(view, name).get("selected_option") or {}).get("value") or "")


def read_conversation(view: Payload, name: str) -> str:
    """Read which conversation was chosen; empty if none was."""
    return str(_find_input(view, name).get("selected_conversation") or "")


def find_response_url(body: Payload, name: str) -> str | None:
    """Find the response_url that a modal's menu of conversations has brought along."""
    urls = body.get("response_urls") or ()
    return next((str(url["response_url"]) for url in urls if url.get("block_id") == name), None)


def _find_input(view: Payload, name: str) -> Payload:
    values: Payload = (view.get("state") or {}).get("values") or {}
    found: Payload = (values.get(name) or {}).get(name) or {}
    return found
