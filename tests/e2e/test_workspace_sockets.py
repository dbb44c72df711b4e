"""The built-in workspace's Socket Mode against Slack's own clients and Bolt's handlers, sync and async, as they are."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
import pytest
from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.async_app import AsyncAck
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.aiohttp import SocketModeClient as AsyncSocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from workspace_apps import BUTTONS, MODAL, Json, bolt_over_socket, make_app, make_client

from bot.demo.workspace import Workspace

FORM: Json = {**MODAL, "callback_id": "ask"}
REFUSAL: Json = {"response_action": "errors", "errors": {"prompt": "Too short"}}

Bot = Callable[[Workspace, list[str]], AbstractAsyncContextManager[object]]


def make_web_client(workspace: Workspace) -> WebClient:
    """Make the SDK's synchronous client."""
    return WebClient(token=workspace.bot_token, base_url=workspace.api_url)


def answer_envelope(request: SocketModeRequest, heard: list[str]) -> SocketModeResponse:
    """Note an envelope and acknowledge it, with a payload where it takes one."""
    kind = str(request.payload.get("type", request.type))
    heard.append(kind)
    reply = {"text": f"Working on {request.payload.get('text')}"} if kind == "slash_commands" else None
    payload = REFUSAL if kind == "view_submission" else reply
    assert payload is None or request.accepts_response_payload
    return SocketModeResponse(envelope_id=request.envelope_id, payload=payload)


async def leave(workspace: Workspace, client: SocketModeClient) -> None:
    """Close a synchronous client; it reads for three seconds more unless the other side closes first."""
    client.auto_reconnect_enabled = False
    await workspace.close_sockets()
    await asyncio.to_thread(client.close)


@asynccontextmanager
async def run_sync_client(workspace: Workspace, heard: list[str]) -> AsyncIterator[SocketModeClient]:
    """Connect Slack's client that has no dependencies."""
    client = SocketModeClient(app_token=workspace.app_token, web_client=make_web_client(workspace))

    def handle(client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        client.send_socket_mode_response(answer_envelope(request, heard))

    client.socket_mode_request_listeners.append(handle)
    await asyncio.to_thread(client.connect)
    try:
        yield client
    finally:
        await leave(workspace, client)


@asynccontextmanager
async def run_async_client(workspace: Workspace, heard: list[str]) -> AsyncIterator[AsyncSocketModeClient]:
    """Connect Slack's client on aiohttp."""
    client = AsyncSocketModeClient(app_token=workspace.app_token, web_client=make_client(workspace))

    async def handle(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        await client.send_socket_mode_response(answer_envelope(request, heard))

    client.socket_mode_request_listeners.append(handle)
    await client.connect()  # type: ignore[no-untyped-call]  # the SDK leaves it so
    try:
        yield client
    finally:
        await client.close()  # type: ignore[no-untyped-call]  # the SDK leaves it so


@asynccontextmanager
async def run_sync_bolt(workspace: Workspace, heard: list[str]) -> AsyncIterator[SocketModeHandler]:
    """Connect a synchronous Bolt app that listens to every surface."""
    # In a thread, since an app asks at once who it is.
    app = await asyncio.to_thread(App, client=make_web_client(workspace), signing_secret=workspace.signing_secret)

    @app.command("/generate")
    def on_command(ack: Ack, body: Json) -> None:
        heard.append("slash_commands")
        ack(text=f"Working on {body['text']}")

    @app.view("ask")
    def on_submit(ack: Ack) -> None:
        heard.append("view_submission")
        ack(**REFUSAL)

    def note(ack: Ack, body: Json) -> None:
        heard.append(body["type"])
        ack()

    app.event("message")(note)
    app.action("stop")(note)
    app.shortcut("new")(note)
    handler = SocketModeHandler(app, workspace.app_token)
    await asyncio.to_thread(handler.connect)
    try:
        yield handler
    finally:
        await leave(workspace, handler.client)


@asynccontextmanager
async def run_async_bolt(workspace: Workspace, heard: list[str]) -> AsyncIterator[object]:
    """Connect an asynchronous Bolt app that does."""
    app = make_app(workspace, make_client(workspace))

    @app.command("/generate")
    async def on_command(ack: AsyncAck, body: Json) -> None:
        heard.append("slash_commands")
        await ack(text=f"Working on {body['text']}")

    @app.view("ask")
    async def on_submit(ack: AsyncAck) -> None:
        heard.append("view_submission")
        await ack(**REFUSAL)

    async def note(ack: AsyncAck, body: Json) -> None:
        heard.append(body["type"])
        await ack()

    app.event("message")(note)
    app.action("stop")(note)
    app.shortcut("new")(note)
    async with bolt_over_socket(workspace, app) as handler:
        yield handler


async def wait_for_last(heard: list[str]) -> None:
    """Wait for the listener of the event, which Bolt acknowledges before it runs it."""
    async with asyncio.timeout(20):
        while "event_callback" not in heard:  # noqa: ASYNC110 - it may be heard in a thread
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("run", [run_sync_client, run_async_client, run_sync_bolt, run_async_bolt])
async def test_every_surface_reaches_slacks_own_code(workspace: Workspace, run: Bot) -> None:
    """A command answered in the ack, an event, a click, a shortcut, a refused submission; after a refresh, too."""
    heard: list[str] = []
    client = make_client(workspace)
    posted = await client.chat_postMessage(channel="C1", text="x", blocks=BUTTONS)

    async with run(workspace, heard):
        await workspace.wait_for(lambda: workspace.socket_count == 1)
        command = await workspace.send_command(user="U1", channel="C1", text="a form")
        await workspace.click("U1", ("C1", posted["ts"]), "stop")
        await workspace.use_shortcut("U1", "new")
        opened = await client.views_open(trigger_id=command.payload["trigger_id"], view=FORM)
        await workspace.submit_view("U1", workspace.views[opened["view"]["id"]], {"prompt": "x"})
        await workspace.refresh_sockets()
        await workspace.wait_for(lambda: workspace.socket_count == 1)
        await workspace.say(user="U1", channel="D1", text="still there?")
        await wait_for_last(heard)

    assert heard == ["slash_commands", "block_actions", "shortcut", "view_submission", "event_callback"]
    assert [delivery.is_acked for delivery in workspace.deliveries] == [True] * 5
    assert [item.text for item in workspace.ephemerals] == ["Working on a form"]
    assert workspace.views[opened["view"]["id"]].errors == REFUSAL["errors"]


async def test_an_eleventh_socket_is_sent_away(workspace: Workspace) -> None:
    """Ten sockets may be open; a ticket opens one of them, once, and the next hears that there are too many."""
    client = make_client(workspace)
    urls = [(await client.apps_connections_open(app_token=workspace.app_token))["url"] for _ in range(11)]
    async with aiohttp.ClientSession() as session:
        open_sockets = [await session.ws_connect(url) for url in urls[:10]]
        hellos = [await socket.receive_json() for socket in open_sockets]
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(urls[0])
        last = await session.ws_connect(urls[10])
        goodbye = await last.receive_json()
        await last.receive()
        for socket in open_sockets:
            await socket.close()

    assert [hello["num_connections"] for hello in hellos] == list(range(1, 11))
    assert (goodbye["type"], goodbye["reason"]) == ("disconnect", "too_many_websockets")
    assert last.closed


async def test_a_warning_goes_ahead_of_a_disconnect(workspace: Workspace) -> None:
    """Until the time is up envelopes still come; each tells whether its answer may say something."""
    client = make_client(workspace)
    opened = await client.apps_connections_open(app_token=workspace.app_token)
    async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as socket:
        await socket.receive_json()
        async with asyncio.TaskGroup() as group:
            refreshing = group.create_task(workspace.refresh_sockets(notice_s=0.1))
            warning = await socket.receive_json()
            said = group.create_task(workspace.say(user="U1", channel="D1", text="x"))
            envelope = await socket.receive_json()
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
            goodbye = await socket.receive_json()
            await socket.receive()

    assert (warning["type"], warning["reason"]) == ("disconnect", "warning")
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("events_api", False)
    assert (envelope["retry_attempt"], envelope["retry_reason"]) == (0, "")
    assert [delivery.is_acked for delivery in said.result().deliveries] == [True]
    assert goodbye["reason"] == "refresh_requested"
    assert refreshing.done()
