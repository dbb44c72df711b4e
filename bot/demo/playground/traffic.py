"""What goes over the wire between Slack, the bot and CodeMie, and what the bot logs, as entries for the page.

docs/playground.md has their shape. All of it is between processes of this machine, and stays in memory.
"""

import itertools
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.demo.codemie import BuiltInCodemie, ChatCall
from bot.demo.observers import Observers
from bot.demo.user_text import read_user_text
from bot.demo.workspace import Call, Change, ChangeKind, Delivery, Json, ResponseUrlPost, Workspace
from bot.demo.workspace.traffic import UploadPost

KEPT: Final = 500
_LOG_KEYS: Final = frozenset({"event", "level", "timestamp"})

Observer = Callable[[Json], None]


@dataclass(slots=True, kw_only=True)
class Traffic:
    """The last entries; observers hear of each, and again once its end is known. ``clock`` is seconds since 1970."""

    clock: Callable[[], float]
    entries: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT))
    _observers: Observers[Json] = field(default_factory=Observers)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _chats: dict[int, int] = field(default_factory=dict)

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Call ``observer`` with every entry, until the returned function is called."""
        return self._observers.add(observer)

    def watch(self, workspace: Workspace, codemie: BuiltInCodemie) -> None:
        """Follow what goes between the workspace, the bot and CodeMie."""
        workspace.subscribe(lambda change: self._note_change(workspace, change))
        codemie.subscribe(self._note_chat)

    def note_log(self, line: Mapping[str, Any]) -> None:
        """Note a line of the bot's log."""
        fields = {key: value for key, value in line.items() if key not in _LOG_KEYS}
        self._add(
            {
                "at": self.clock(),
                "from": "bot",
                "to": "log",
                "name": str(line.get("event", "")),
                "level": str(line.get("level", "info")),
                "sent": fields,
            }
        )

    def _note_change(self, workspace: Workspace, change: Change) -> None:
        match change.kind:
            case ChangeKind.CALL:
                self._add(_describe_call(workspace.calls[-1]))
            case ChangeKind.DELIVERY:
                self._add(_describe_delivery(workspace.deliveries[-1]))
            case ChangeKind.RESPONSE_URL:
                post = workspace.response_url_posts[-1]
                self._add(_describe_post("response_url", post, post.body))
            case ChangeKind.UPLOAD:
                self._add(_describe_upload(workspace.upload_posts[-1]))
            case _:
                pass

    def _note_chat(self, call: ChatCall) -> None:
        """Note the beginning of a question to CodeMie, or its end, which replaces it."""
        number = self._chats.pop(id(call), None)
        described = _describe_chat(call)
        if number is None:
            self._chats[id(call)] = self._add(described)
        else:
            self._replace(number, described)

    def _add(self, entry: Json) -> int:
        number = next(self._numbers)
        self.entries.append({"id": number, **entry})
        self._observers.tell(self.entries[-1])
        return number

    def _replace(self, number: int, entry: Json) -> None:
        at = next((at for at, known in enumerate(self.entries) if known["id"] == number), None)
        if at is not None:
            self.entries[at] = {"id": number, **entry}
            self._observers.tell(self.entries[at])


def _make_entry(
    from_: str,
    to: str,
    *,
    name: str,
    at: float,
    status: int,
    took_s: float | None,
    sent: Any,  # noqa: ANN401 - JSON
    received: Any = None,  # noqa: ANN401 - JSON
    error: str | None = None,
) -> Json:
    """Make the entry of one request; ``status`` 0 is none, ``took_s`` None while it is under way."""
    return {
        "at": at,
        "from": from_,
        "to": to,
        "name": name,
        "status": status,
        "error": error,
        "took_s": took_s,
        "sent": sent,
        "received": received,
    }


def _describe_call(call: Call) -> Json:
    return _make_entry(
        "bot",
        "slack",
        name=call.method,
        at=call.at,
        status=call.status if call.is_answered else 0,
        error=(call.answer or {}).get("error"),
        took_s=call.took_s,
        sent=dict(call.args),
        received=call.answer,
    )


def _describe_delivery(delivery: Delivery) -> Json:
    return _make_entry(
        "slack",
        "bot",
        name=f"{delivery.kind} {_name_payload(delivery.payload)}".rstrip(),
        at=delivery.at,
        status=delivery.status,
        error=delivery.reason,
        took_s=delivery.ack_s,
        sent=delivery.payload,
        received=_read_json(delivery.body),
    )


def _describe_post(name: str, post: ResponseUrlPost | UploadPost, sent: Json) -> Json:
    return _make_entry("bot", "slack", name=name, at=post.at, status=post.status, took_s=post.took_s, sent=sent)


def _describe_upload(post: UploadPost) -> Json:
    return _describe_post("upload", post, {"file": post.file, "size_bytes": post.size_bytes})


def _describe_chat(call: ChatCall) -> Json:
    return _make_entry(
        "bot",
        "codemie",
        name="page" if read_user_text(call.text).wants_page else "flow",
        at=call.at,
        status=call.status,
        error="closed_early" if call.is_closed_early else None,
        took_s=call.took_s,
        sent={"conversation_id": call.conversation_id, "text": call.text, "system_prompt": call.system_prompt},
        received={"size_bytes": call.size_bytes} if call.took_s is not None else None,
    )


def _name_payload(payload: Json) -> str:
    """Name what is delivered: the event, the interaction or the command."""
    event = payload.get("event") or {}
    return str(event.get("type") or payload.get("type") or payload.get("command") or "")


def _read_json(body: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
