"""Which message of a person's an event says was deleted.

Slack says so in two ways: https://docs.slack.dev/reference/events/message/message_deleted ; a message with replies
stays as a "tombstone", and the event is that of a change: https://github.com/openclaw/openclaw/pull/22035 . Where the
replies go too, a deletion of the tombstone follows: https://github.com/slack-edge/slack-edge/pull/10 .
"""

from collections.abc import Mapping
from typing import Any, Final

_DELETED: Final = "message_deleted"
_CHANGED: Final = "message_changed"
_TOMBSTONE: Final = "tombstone"


def find_deleted(event: Mapping[str, Any]) -> str | None:
    """Return the ts of a message that was deleted; ``None`` where none was, or one of a bot's."""
    if (event.get("previous_message") or {}).get("bot_id"):
        return None
    message = event.get("message") or {}
    if event.get("subtype") == _DELETED:
        return event.get("deleted_ts")
    is_tombstone = event.get("subtype") == _CHANGED and message.get("subtype") == _TOMBSTONE
    return message.get("ts") if is_tombstone else None
