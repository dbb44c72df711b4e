"""Apps that stand against the built-in workspace: the SDK's client, a bot that only listens, Bolt itself."""

import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.workspace import Workspace

Json = dict[str, Any]

BUTTONS: list[Json] = [
    {
        "type": "actions",
        "elements": [
            {"type": "button", "text": {"type": "plain_text", "text": "Stop"}, "action_id": "stop", "value": "j1"}
        ],
    }
]
MODAL: Json = {
    "type": "modal",
    "callback_id": "new",
    "title": {"type": "plain_text", "text": "New"},
    "submit": {"type": "plain_text", "text": "Go"},
    "blocks": [
        {
            "type": "input",
            "block_id": "prompt",
            "label": {"type": "plain_text", "text": "Prompt"},
            "element": {"type": "plain_text_input", "action_id": "prompt"},
        }
    ],
}


def open_workspace(**more: Any) -> AbstractAsyncContextManager[Workspace]:  # noqa: ANN401 - what Workspace takes
    """Make a workspace whose redeliveries do not keep a test waiting, and which waits for a busy machine."""
    return Workspace(**{"retry_delays_s": (0.0, 0.01, 0.02), "ack_deadline_s": 30.0, **more})


def make_client(workspace: Workspace) -> AsyncWebClient:
    """Make the SDK's client, which never tries again by itself."""
    return AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url, retry_handlers=[])


@dataclass(slots=True, kw_only=True)
class Listener:
    """A bot that keeps what it is sent, and answers the next of ``answers``, or an empty 200."""

    payloads: list[Json] = field(default_factory=list)
    answers: deque[Json] = field(default_factory=deque)

    async def handle(self, request: web.Request) -> web.Response:
        """Take one request: an event, an interaction or a command."""
        if request.content_type == "application/json":
            self.payloads.append((await request.json())["event"])
        else:
            form = await request.post()
            self.payloads.append(json.loads(str(form["payload"])) if "payload" in form else dict(form))
        return web.json_response(self.answers.popleft()) if self.answers else web.Response()


@asynccontextmanager
async def listening(workspace: Workspace) -> AsyncIterator[Listener]:
    """Point the workspace at a bot that only listens."""
    listener = Listener()
    async with serving(listener.handle) as url:
        workspace.events_url = url
        yield listener


@asynccontextmanager
async def serving(handle: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """Serve one handler on a free port and yield its URL."""
    app = web.Application()
    app.router.add_post("/slack/events", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def bolt_over_http(workspace: Workspace, app: AsyncApp) -> AsyncIterator[None]:
    """Serve a Bolt app over HTTP and point the workspace at it."""

    async def handle(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    async with serving(handle) as url:
        workspace.events_url = url
        yield


@asynccontextmanager
async def bolt_over_socket(workspace: Workspace, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    """Connect a Bolt app by Socket Mode."""
    handler = AsyncSocketModeHandler(app, workspace.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves it so
    try:
        await workspace.wait_for(lambda: workspace.socket_count == 1)
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt leaves it so


def make_app(workspace: Workspace, client: AsyncWebClient) -> AsyncApp:
    """Make an app with nothing in it."""
    return AsyncApp(client=client, signing_secret=workspace.signing_secret)


async def get_error(call: Awaitable[object]) -> str:
    """Await a call that fails, and return Slack's word."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])
