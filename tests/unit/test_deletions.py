"""Which message was deleted, by the events that Slack sends; recorded ones, but for ids and names."""

from typing import Any

import pytest

from handlers.deletions import find_deleted

_TOMBSTONE: dict[str, Any] = {
    "type": "message",
    "subtype": "tombstone",
    "text": "This message was deleted.",
    "user": "USLACKBOT",
    "hidden": True,
    "ts": "1542632616.133300",
    "thread_ts": "1542632616.133300",
    "reply_count": 1,
    "latest_reply": "1542632627.133500",
}
_BEFORE: dict[str, Any] = {"type": "message", "user": "U1", "text": "a form", "ts": "1542632616.133300"}


def _make(subtype: str | None, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON holds
    event = {"type": "message", "channel": "C1", "hidden": True, "ts": "1542632640.133600", **fields}
    return event if subtype is None else {**event, "subtype": subtype}


@pytest.mark.parametrize(
    "event",
    [
        _make("message_deleted", deleted_ts=_BEFORE["ts"], previous_message=_BEFORE),
        _make("message_deleted", deleted_ts=_BEFORE["ts"], previous_message=_TOMBSTONE),
        _make("message_deleted", deleted_ts=_BEFORE["ts"]),
        _make("message_changed", message=_TOMBSTONE, previous_message=_BEFORE),
        _make("message_changed", message=_TOMBSTONE),
    ],
)
def test_a_deletion_comes_in_several_shapes(event: dict[str, Any]) -> None:
    """Of a message alone, of one with replies, and of what was left of that; some without what it was before."""
    assert find_deleted(event) == "1542632616.133300"


@pytest.mark.parametrize(
    "event",
    [
        _make("message_deleted", deleted_ts="1.1", previous_message={**_BEFORE, "bot_id": "B1"}),
        _make("message_changed", message=_TOMBSTONE, previous_message={**_BEFORE, "bot_id": "B1"}),
        _make("message_changed", message=_BEFORE, previous_message=_BEFORE),
        _make("message_deleted"),
        _make("message_changed"),
        _make(None, message=_TOMBSTONE),
        _TOMBSTONE,
    ],
)
def test_other_events_delete_nothing(event: dict[str, Any]) -> None:
    """Bots' messages, edits, and what says too little."""
    assert find_deleted(event) is None
