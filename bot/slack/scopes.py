"""What the bot may do in Slack: the scopes of ``manifest.yml``, why each is there, and what is lost without it.

The manifest is not in an installed package; a test holds the two together.
"""

from collections.abc import Mapping
from typing import Final

REQUIRED_SCOPES: Final[Mapping[str, str]] = {
    "app_mentions:read": "mentions of the bot",
    "assistant:write": "the agent view and its suggested prompts",
    "chat:write": "every message",
    "commands": "the slash command",
    "files:write": "the picture, the page and the flow as files",
    "im:history": "direct messages, and looking up there what may have been posted",
    "im:write": "results by direct message, where the bot may not post",
}
OPTIONAL_SCOPES: Final[Mapping[str, str]] = {
    "channels:history": "reading a discussion, and looking up in a channel what may have been posted",
    "groups:history": "the same in private channels",
    "reactions:write": "a reaction to a word of thanks",
    "users:read": "telling guests from members, and greeting people in the language of their Slack",
}
