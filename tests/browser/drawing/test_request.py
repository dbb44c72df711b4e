"""What the real bot posts, drawn as a person would see it."""

from pathlib import Path

import pytest
from browser import needs_chromium
from gallery.thread import draw_request
from PIL import Image

from bot.core.texts import Language

pytestmark = [pytest.mark.browser, needs_chromium]


async def test_a_request_is_drawn_whole(tmp_path: Path) -> None:
    """A request goes through the bot, and its channel and thread become one long picture of a phone's width."""
    (path,) = await draw_request(Language.UKRAINIAN, out=tmp_path)
    with Image.open(path) as picture:
        width, height = picture.size

    assert path.name == "thread-uk.png"
    assert width == 780
    assert height > 3 * width
