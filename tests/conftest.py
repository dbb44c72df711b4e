"""The bots that end-to-end tests talk to."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings
from stage import Stage, StageOpener
from stage import open_stage as open_stage_in
from warming import Nursery, open_nursery

from bot.settings import Settings

# No test fails on a clock.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the environment of the tests has of settings, proxies in small letters too."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
async def nursery() -> AsyncIterator[Nursery | None]:
    """Keep a process warm that bots are forked from."""
    async with open_nursery() as opened:
        yield opened


@pytest.fixture
def open_stage(tmp_path: Path, nursery: Nursery | None) -> StageOpener:
    """Open a bot with settings of the test's own; ``nursery=None`` starts an interpreter of its own for it."""
    return partial(open_stage_in, tmp_path, nursery=nursery)


@pytest.fixture(scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery | None) -> AsyncIterator[Stage]:
    """Return the bot that most tests share: HTTP mode, one carrier assistant, client credentials."""
    async with open_stage_in(tmp_path_factory.mktemp("bot"), nursery=nursery) as opened:
        yield opened
