"""What tests of the built-in workspace begin with, where they want nothing else of it."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from workspace_apps import make_client, open_workspace

from bot.demo.workspace import Workspace


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    """Run a workspace whose redeliveries do not keep a test waiting."""
    async with open_workspace() as running:
        yield running


@pytest.fixture
def client(workspace: Workspace) -> AsyncWebClient:
    """Make the SDK's client, which never tries again by itself."""
    return make_client(workspace)
