"""The bots that are killed."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from faults.theatre import TheatreOpener
from faults.theatre import open_theatre as open_theatre_in
from warming import Nursery, open_nursery


@pytest.fixture(scope="session")
async def nursery() -> AsyncIterator[Nursery | None]:
    """Keep a process warm whose forks are not measured: what a killed one has measured is lost."""
    async with open_nursery(COVERAGE_PROCESS_CONFIG="") as opened:
        yield opened


@pytest.fixture
def open_theatre(tmp_path: Path, nursery: Nursery | None) -> TheatreOpener:
    """Open a bot that can be held and killed at any point."""
    return partial(open_theatre_in, tmp_path, nursery=nursery)
