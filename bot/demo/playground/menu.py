"""What the app offers in a workspace: its commands and shortcuts, in the words of ``manifest.yml``."""

from typing import Final

from bot.demo.workspace import Json

COMMANDS: Final[tuple[Json, ...]] = (
    {
        "command": "/generate",
        "description": "Make a user flow and a UI prototype",
        "usage_hint": "Registration for a parking permit: name, car plate, e-mail",
    },
)
SHORTCUTS: Final[tuple[Json, ...]] = (
    {
        "name": "Generate prototype",
        "type": "global",
        "callback_id": "generate_prototype",
        "description": "Describe an app in a form, get a user flow and a UI prototype",
    },
    {
        "name": "Prototype from message",
        "type": "message",
        "callback_id": "prototype_from_message",
        "description": "Make a user flow and a UI prototype of what this message says",
    },
)
