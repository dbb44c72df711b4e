"""At the start: what refuses the token is told from what only stands in the way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from bot.credentials import Secret
from bot.demo.workspace import Workspace
from bot.errors import SettingsError, SlackError
from bot.serving import listening
from bot.slack.connection import SettingBearer, make_client
from bot.slack.identity import Identity


@asynccontextmanager
async def _open_identity(api_url: str) -> AsyncIterator[Identity]:
    async with aiohttp.ClientSession() as session:
        bearer = SettingBearer(secret=Secret.fixed("xoxb-planted"))
        yield Identity(client=make_client(bearer=bearer, api_url=api_url, session=session), bearer=bearer)


@pytest.mark.parametrize(
    ("status", "body"), [(200, "<html>Back soon</html>"), (200, ""), (404, "<html></html>"), (403, "no"), (200, "[1]")]
)
async def test_what_is_not_slack_passes(status: int, body: str) -> None:
    """A gateway's page or a sign-in of a network: the bot starts, and asks again with the first request."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type="application/json" if body == "[1]" else "text/html")

    app = web.Application()
    app.router.add_post("/api/auth.test", answer)
    async with (
        listening(app, host="127.0.0.1", port=0, shutdown_timeout_s=0.1) as port,
        _open_identity(f"http://127.0.0.1:{port}/api/") as identity,
    ):
        await identity.learn()
        with pytest.raises(SlackError):
            await identity.authorize()


async def test_a_token_that_slack_refuses_is_a_setting_to_mend() -> None:
    """By a word of Slack's own."""
    async with (
        Workspace(bot_token="xoxb-demo") as workspace,
        _open_identity(workspace.api_url) as identity,
    ):
        with pytest.raises(SettingsError) as caught:
            await identity.learn()

    assert caught.value.problems == ("SLACK_BOT_TOKEN is refused by Slack: invalid_auth",)
