"""The shapes of what Slack sends, checked before Bolt and the listeners rely on them.

https://docs.slack.dev/apis/events-api , https://docs.slack.dev/reference/interaction-payloads
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

# What Bolt and the listeners read as text.
_EVENT_TEXTS: Final = (
    "channel",
    "channel_type",
    "user",
    "ts",
    "thread_ts",
    "text",
    "subtype",
    "bot_id",
    "tab",
    "deleted_ts",
)
# The messages within the event of a change or a deletion, and what is read of them.
_EVENT_MESSAGES: Final = ("message", "previous_message")
_EVENT_MESSAGE_TEXTS: Final = ("subtype", "bot_id", "ts")
_COMMAND_TEXTS: Final = ("team_id", "channel_id", "user_id", "trigger_id")
_PAYLOAD_TEXTS: Final = ("callback_id", "trigger_id", "response_url", "action_ts", "message_ts")
_PAYLOAD_OBJECTS: Final = ("team", "user", "channel", "enterprise", "view", "message", "container", "state")
_MESSAGE_TEXTS: Final = ("text", "ts", "thread_ts", "user")
_VIEW_TEXTS: Final = ("private_metadata", "app_installed_team_id", "team_id")
# The events that listeners take, and what each of them can't do without.
_EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "message": ("channel", "ts"),
    "app_mention": ("channel", "ts"),
    "app_home_opened": ("user",),
    "app_uninstalled": (),
    "tokens_revoked": (),
    "team_access_revoked": ("team_ids",),
    "agent_session_stopped": ("channel", "thread_ts", "user"),
}


class UnreadableBody(Exception):
    """The body is signed, but is none that Slack sends."""


def write_encodable(payload: object) -> str:
    """Write JSON again without lone surrogates, which can be neither stored nor sent on as UTF-8."""
    text = json.dumps(payload, ensure_ascii=False)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def check_event(payload: Any) -> None:  # noqa: ANN401 - whatever JSON holds
    """Check what is relied on in an event's envelope."""
    _require(isinstance(payload, dict) and isinstance(payload.get("type"), str), "no envelope")
    if payload["type"] != "event_callback":
        return
    event = payload.get("event")
    _require(any(isinstance(payload.get(name), str) for name in ("team_id", "enterprise_id")), "no team")
    _require(isinstance(event, dict) and isinstance(event.get("type"), str), "no event")
    if event["type"] in _EVENTS:
        _require_texts(event, _EVENT_TEXTS)
        _require(all(event.get(name) for name in _EVENTS[event["type"]]), "less than the event says")
        _require(isinstance(event.get("files"), list | None), "files are no list")
        _require(isinstance(event.get("team_ids"), list | None), "teams are no list")
        _require(all(isinstance(file, dict) for file in event.get("files") or ()), "a file is no object")
        _check_event_messages(event)


def _check_event_messages(event: Mapping[str, Any]) -> None:
    for name in _EVENT_MESSAGES:
        message = event.get(name)
        _require(isinstance(message, dict | None), "a message is no object")
        _require_texts(message or {}, _EVENT_MESSAGE_TEXTS)


def check_form(form: Mapping[str, str]) -> None:
    """Check what is relied on in a command or an interaction."""
    if "payload" in form:
        _check_interaction(json.loads(form["payload"]))
    elif "command" in form:
        _require(all(form.get(name) for name in _COMMAND_TEXTS), "no command")
    else:
        _require("ssl_check" in form, "no form")


def _check_interaction(payload: Any) -> None:  # noqa: ANN401 - whatever JSON holds
    _require(isinstance(payload, dict) and isinstance(payload.get("type"), str), "no interaction")
    check = _INTERACTIONS.get(payload["type"])
    if check is None:
        raise UnreadableBody("an interaction of another kind")
    _require(write_encodable(payload) == json.dumps(payload, ensure_ascii=False), "not text")
    _require_texts(payload, _PAYLOAD_TEXTS)
    for name in _PAYLOAD_OBJECTS:
        _require(isinstance(payload.get(name), dict | None), f"{name} is no object")
    for name in ("team", "user", "channel"):
        _require_texts(payload.get(name) or {}, ("id", "team_id", "username", "name"))
    check(payload)


def _check_click(payload: Mapping[str, Any]) -> None:
    actions = payload.get("actions")
    _require(isinstance(actions, list) and bool(actions), "no action")
    for action in actions or ():
        _require(isinstance(action, dict) and isinstance(action.get("action_id"), str), "an action is none")
        _require_texts(action, ("block_id", "value"))


def _check_view(payload: Mapping[str, Any]) -> None:
    view = payload.get("view") or {}
    _require(all(isinstance(view.get(name), str) for name in ("id", "type", "callback_id")), "no view")
    _require_texts(view, _VIEW_TEXTS)
    _require(bool((payload.get("user") or {}).get("id")), "no user")
    state = view.get("state")
    _require(isinstance(state, dict | None), "a state is no object")
    _check_inputs((state or {}).get("values"))
    urls = payload.get("response_urls")
    _require(isinstance(urls, list | None), "response_urls are no list")
    for url in urls or ():
        _require(isinstance(url, dict) and isinstance(url.get("response_url"), str), "a response_url is none")


def _check_inputs(blocks: Any) -> None:  # noqa: ANN401 - as above
    """Check what was filled in: an object for each block, with one for each of its inputs."""
    _require(isinstance(blocks, dict | None), "values are no object")
    for block in (blocks or {}).values():
        _require(isinstance(block, dict), "a block is no object")
        for element in block.values():
            _require(isinstance(element, dict), "an input is no object")
            _require_texts(element, ("value", "selected_conversation"))
            option = element.get("selected_option")
            _require(isinstance(option, dict | None), "an option is no object")
            _require_texts(option or {}, ("value",))


def _check_shortcut(payload: Mapping[str, Any]) -> None:
    _require(bool(payload.get("callback_id")) and bool(payload.get("trigger_id")), "no shortcut")
    _require(bool((payload.get("user") or {}).get("id")), "no user")


def _check_message_shortcut(payload: Mapping[str, Any]) -> None:
    _check_shortcut(payload)
    message = payload.get("message") or {}
    _require(bool((payload.get("channel") or {}).get("id")) and bool(message.get("ts")), "no message")
    _require_texts(message, _MESSAGE_TEXTS)


_INTERACTIONS: Final[Mapping[str, Callable[[Mapping[str, Any]], None]]] = {
    "block_actions": _check_click,
    "view_submission": _check_view,
    "view_closed": _check_view,
    "shortcut": _check_shortcut,
    "message_action": _check_message_shortcut,
}


def _require_texts(holder: Mapping[str, Any], names: tuple[str, ...]) -> None:
    _require(all(isinstance(holder.get(name), str | None) for name in names), "no text where text belongs")


def _require(is_so: bool, reason: str) -> None:  # noqa: FBT001 - an assertion reads best this way
    if not is_so:
        raise UnreadableBody(reason)
