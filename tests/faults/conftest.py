"""The bots that are killed."""

from functools import partial
from pathlib import Path

import pytest
from faults.theatre import TheatreOpener
from faults.theatre import open_theatre as open_theatre_in


@pytest.fixture
def open_theatre(tmp_path: Path) -> TheatreOpener:
    """Open a bot that can be held and killed at any point."""
    return partial(open_theatre_in, tmp_path)
