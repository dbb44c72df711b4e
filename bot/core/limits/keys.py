"""Which properties Slack knows of each kind of object; it refuses any other, as its JSON Schema says.

``blocks.validate`` and the refusals themselves call it an "invalid additional property":
https://docs.slack.dev/reference/methods/blocks.validate
"""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.core.limits.rules import Rule, has_only

_BUTTON: Final = {"text", "action_id", "url", "value", "style", "confirm", "accessibility_label", "alt_text"}
_FOR_AGENTS: Final = {"agent_prompt", "agent_prompt_display", "visible_to_user_ids"}
# Without ``type``, which all have; kinds that are not named here are not looked at.
KEYS: Final[Mapping[str, frozenset[str]]] = {
    "section": frozenset({"block_id", "text", "fields", "accessory", "expand"}),
    "header": frozenset({"block_id", "text", "level"}),
    "divider": frozenset({"block_id"}),
    "context": frozenset({"block_id", "elements"}),
    "actions": frozenset({"block_id", "elements"}),
    "context_actions": frozenset({"block_id", "elements"}),
    "rich_text": frozenset({"block_id", "elements"}),
    "markdown": frozenset({"block_id", "text"}),
    "image": frozenset({"block_id", "alt_text", "image_url", "slack_file", "title"}),
    "input": frozenset({"block_id", "label", "element", "hint", "optional", "dispatch_action"}),
    "button": frozenset(_BUTTON | _FOR_AGENTS),
}


def know_keys(kinds: Mapping[str, Sequence[Rule]]) -> dict[str, Sequence[Rule]]:
    """Add to the rules of each kind that it has no other property than Slack knows of."""
    return {kind: (*rules, has_only(KEYS[kind])) if kind in KEYS else rules for kind, rules in kinds.items()}
