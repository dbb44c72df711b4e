"""What listeners read of clicks, shortcuts and modals; the shapes are checked where a request comes in.

https://docs.slack.dev/reference/interaction-payloads
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from slack_bolt.request.internals import extract_enterprise_id, extract_team_id

Payload = Mapping[str, Any]
# What ids of organisations begin with; those of workspaces begin with T.
_ORGANISATION: Final = "E"


def read_team(body: Payload) -> str:
    """Read which workspace a request is from, by whose installation it has come.

    Bolt's own reading of it: in a shared channel an event names the workspace of its author, too. Where an organisation
    has installed the app as a whole, no workspace or the organisation stands there, so that the others are looked at.
    """
    named = (extract_team_id(dict(body)), *_list_teams(body))
    return next((str(team) for team in named if team and not str(team).startswith(_ORGANISATION)), "")


def read_enterprise(body: Payload) -> str | None:
    """Read which organisation the workspace of a request belongs to, if Slack says so."""
    return extract_enterprise_id(dict(body))


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


def _list_teams(body: Payload) -> Iterator[object]:
    """List the workspaces that a payload names: first of all the one through which the app hears of an event.

    https://docs.slack.dev/apis/events-api
    """
    yield body.get("context_team_id")
    for name, key in (("team", "id"), ("user", "team_id"), ("view", "team_id")):
        found = body.get(name)
        yield found.get(key) if isinstance(found, Mapping) else None
    yield body.get("team_id")


def _find_input(view: Payload, name: str) -> Payload:
    values: Payload = (view.get("state") or {}).get("values") or {}
    found: Payload = (values.get(name) or {}).get(name) or {}
    return found
