"""What the SDK's models of Block Kit can hold is known to the checker of limits, so that it refuses none of it."""

import pytest
from slack_sdk.models import blocks as sdk

from bot.core.limits.keys import KEYS

MODELS = (
    sdk.ActionsBlock(elements=[]),
    sdk.ButtonElement(text="x", action_id="x"),
    sdk.ContextActionsBlock(elements=[]),
    sdk.ContextBlock(elements=[]),
    sdk.DividerBlock(),
    sdk.HeaderBlock(text="x"),
    sdk.ImageBlock(alt_text="x", image_url="x"),
    sdk.InputBlock(label="x", element={}),
    sdk.MarkdownBlock(text="x"),
    sdk.RichTextBlock(elements=[]),
    sdk.SectionBlock(text="x"),
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model.type))
def test_the_sdks_properties_are_known(model: sdk.Block | sdk.BlockElement) -> None:
    """Each kind that is looked at has all that the SDK would send of it."""
    assert set(model.attributes) - {"type"} <= KEYS[str(model.type)]


def test_every_kind_is_compared() -> None:
    """A kind that is looked at and not compared here would be a guess."""
    assert {model.type for model in MODELS} == set(KEYS)
