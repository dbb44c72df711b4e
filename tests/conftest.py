"""The bots that end-to-end tests talk to."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings
from stage import Stage, StageOpener
from stage import open_stage as open_stage_in

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


@pytest.fixture
def open_stage(tmp_path: Path) -> StageOpener:
    """Open a bot with settings of the test's own."""
    return partial(open_stage_in, tmp_path)


@pytest.fixture(scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Return the bot that most tests share: HTTP mode, one carrier assistant, client credentials."""
    async with open_stage_in(tmp_path_factory.mktemp("bot")) as opened:
        yield opened
