"""Socket Mode: two sockets, so that a refresh leaves no gap, and none that is deaf without being noticed."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import WSMsgType, web
from slack_bolt.async_app import AsyncAck, AsyncApp
from stage import Stage, StageOpener

from bot.credentials import Secret
from bot.demo.workspace import Delivery, Workspace
from bot.errors import SettingsError
from bot.slack.connection import make_client
from bot.slack.sockets import Sockets
from bot.slack.websocket import SocketLimits

_APP_TOKEN = "xapp-demo"
_QUICK = SocketLimits(
    ping_s=0.05,
    pong_s=0.4,
    event_s=60,
    check_s=0.02,
    hello_s=1,
    leave_s=0.2,
    initial_delay_s=0.05,
    max_delay_s=0.1,
    burst=1000,
)


@dataclass(slots=True, kw_only=True)
class _Bot:
    """A Bolt app behind sockets; ``counts`` has the number of open ones after every change."""

    workspace: Workspace
    sockets: Sockets
    ack_delay_s: float = 0.0
    heard: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    @property
    def opened(self) -> int:
        """How often an address was asked for."""
        return [call.method for call in self.workspace.calls].count("apps.connections.open")

    async def command(self, text: str) -> Delivery:
        """Send a command."""
        return await self.workspace.send_command(user="U1", channel="C1", text=text)

    async def command_until(self, done: Callable[[], bool]) -> list[Delivery]:
        """Send a command every few milliseconds until ``done``, without waiting for the acks before."""
        async with asyncio.TaskGroup() as tasks:
            sending: list[asyncio.Task[Delivery]] = []
            while not done():
                sending.append(tasks.create_task(self.command(str(len(sending)))))
                await asyncio.sleep(0.005)
        return [task.result() for task in sending]

    async def wait_for_two(self) -> None:
        """Wait until two sockets are open, there and here."""
        await self.workspace.wait_for(lambda: self.workspace.socket_count == 2)
        async with asyncio.timeout(5):
            while self.sockets.measure().open_count != 2:  # noqa: ASYNC110 - sockets tell nobody
                await asyncio.sleep(0.01)


def _make_sockets(
    session: aiohttp.ClientSession, api_url: str, *, limits: SocketLimits, app_token: str = _APP_TOKEN
) -> tuple[AsyncApp, Sockets]:
    client = make_client(bearer=None, api_url=api_url, session=session)
    client.token = "xoxb-demo"
    app = AsyncApp(client=client, request_verification_enabled=False, process_before_response=True)
    return app, Sockets(bolt=app, session=session, app_token=Secret.fixed(app_token), limits=limits)


@asynccontextmanager
async def _open_bot(limits: SocketLimits = _QUICK) -> AsyncIterator[_Bot]:
    """Connect an app; the session's time for requests is shorter than a socket lives."""
    timeout = aiohttp.ClientTimeout(total=0.5)
    async with Workspace() as workspace, aiohttp.ClientSession(timeout=timeout) as session:
        app, sockets = _make_sockets(session, workspace.api_url, limits=limits)
        bot = _Bot(workspace=workspace, sockets=sockets)

        @app.command("/generate")
        async def on_command(ack: AsyncAck, body: dict[str, Any]) -> None:
            await asyncio.sleep(bot.ack_delay_s)
            bot.heard.append(body["text"])
            await ack(text="noted")

        @app.event("message")
        async def on_message(event: dict[str, Any]) -> None:
            bot.heard.append(event["text"])

        async with sockets.open():
            await bot.wait_for_two()
            workspace.subscribe(lambda _: bot.counts.append(workspace.socket_count))
            yield bot


async def test_two_sockets_are_open() -> None:
    """Both take envelopes, and the ages tell of the last pong and the last envelope."""
    async with _open_bot() as bot:
        before = bot.sockets.measure()
        deliveries = [await bot.command(str(number)) for number in range(4)]
        await asyncio.sleep(0.7)
        after = bot.sockets.measure()

    assert [delivery.is_acked for delivery in deliveries] == [True] * 4
    assert bot.workspace.ephemerals[0].text == "noted"
    assert (before.open_count, before.event_age_s, before.reasons) == (2, None, [])
    assert after.open_count == 2
    assert after.pong_age_s is not None
    assert after.pong_age_s < 0.4
    assert after.event_age_s is not None
    assert after.event_age_s >= 0.6
    assert bot.opened == 2


async def test_a_refresh_loses_nothing() -> None:
    """While Slack warns of a refresh and then closes both sockets, every command is acknowledged."""
    async with _open_bot(replace(_QUICK, leave_s=5)) as bot, asyncio.TaskGroup() as tasks:

        async def refresh() -> None:
            for _ in range(2):
                await bot.workspace.refresh_sockets(notice_s=0.3)

        refreshing = tasks.create_task(refresh())
        deliveries = await bot.command_until(refreshing.done)
        await bot.wait_for_two()

    assert len(deliveries) > 50
    assert [delivery for delivery in deliveries if not delivery.is_acked] == []
    assert sorted(bot.heard, key=int) == [str(number) for number in range(len(deliveries))]
    assert bot.opened == 6
    assert min(bot.counts[: len(deliveries)]) >= 2


async def test_a_refresh_without_notice_leaves_one_in_place() -> None:
    """Where Slack refreshes the sockets one by one, without a warning, there is always another."""
    async with _open_bot() as bot:
        for _ in range(3):
            await bot.workspace.refresh_sockets(pause_s=0.2)
        await bot.wait_for_two()
        counts = list(bot.counts)

    assert bot.opened == 8
    assert min(counts) == 1


async def test_a_silent_socket_is_replaced() -> None:
    """A socket that is open but answers no ping makes way for another, and commands go on."""
    async with _open_bot() as bot:
        bot.workspace.freeze_sockets(1)
        await bot.workspace.wait_for(lambda: 3 in bot.counts and bot.workspace.socket_count == 2)
        deliveries = [await bot.command(str(number)) for number in range(4)]

    assert [delivery.is_acked for delivery in deliveries] == [True] * 4
    assert bot.opened == 3


async def test_silence_of_all_is_told() -> None:
    """Where both are silent and no new one is to be had, the reason says for how long; then both are replaced."""
    async with _open_bot(replace(_QUICK, pong_s=1)) as bot:
        bot.workspace.faults.answer_error("apps.connections.open", "internal_error", times=None)
        bot.workspace.freeze_sockets(2)
        await asyncio.sleep(1.6)
        silent = bot.sockets.measure()
        tries = bot.opened - 2
        bot.workspace.faults.clear()
        await bot.wait_for_two()

    assert silent.open_count == 0
    assert silent.reasons == ["socket: silent for 2 s"]
    assert 2 <= tries <= 12


async def test_quiet_sockets_are_renewed() -> None:
    """Without an envelope for long both are renewed, each after its successor is there."""
    async with _open_bot(replace(_QUICK, event_s=0.3)) as bot:
        await bot.workspace.wait_for(lambda: bot.opened >= 6)
        delivery = await bot.command("still there?")
        counts = list(bot.counts)

    assert delivery.is_acked
    assert min(counts) >= 2
    assert max(counts) <= 4


async def test_sockets_that_end_at_once_are_not_opened_without_a_pause() -> None:
    """Slack allows few openings a minute."""
    async with _open_bot(replace(_QUICK, burst=4, burst_s=0.5)) as bot:
        for _ in range(100):
            await bot.workspace.close_sockets()
            await asyncio.sleep(0.01)
        opened = bot.opened
        await bot.wait_for_two()

    assert 5 <= opened <= 16


async def test_no_room_for_a_socket_is_waited_out() -> None:
    """While others hold all ten sockets the bot starts, says that it is not connected, and tries again."""
    async with AsyncExitStack() as stack:
        workspace = await stack.enter_async_context(Workspace())
        session = await stack.enter_async_context(aiohttp.ClientSession())
        app, sockets = _make_sockets(session, workspace.api_url, limits=_QUICK)
        others = []
        for _ in range(10):
            answer = await app.client.apps_connections_open(app_token=_APP_TOKEN)
            others.append(await session.ws_connect(answer["url"]))
        await workspace.wait_for(lambda: workspace.socket_count == 10)
        await stack.enter_async_context(sockets.open())
        await asyncio.sleep(0.2)
        full = sockets.measure()
        for other in others:
            await other.close()
        await workspace.wait_for(lambda: workspace.socket_count == 2)

    assert full.reasons == ["socket: this app has ten already, run five replicas at most"]


async def test_a_refused_token_is_a_setting_to_mend() -> None:
    """The start fails, and names the setting and Slack's word."""
    async with Workspace() as workspace, aiohttp.ClientSession() as session:
        _, sockets = _make_sockets(session, workspace.api_url, limits=_QUICK, app_token="xapp-planted")
        with pytest.raises(SettingsError, match="SLACK_APP_TOKEN is refused by Slack: invalid_auth") as caught:
            await AsyncExitStack().enter_async_context(sockets.open())

    assert "planted" not in str(caught.value)


async def test_a_request_whose_socket_is_lost_is_carried_out() -> None:
    """It can't be acknowledged any more; the listener ends its work, and the next command is served."""
    async with _open_bot() as bot:
        bot.ack_delay_s = 0.2
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(bot.command("lost"))
            await asyncio.sleep(0.05)
            await bot.workspace.close_sockets()
        await bot.wait_for_two()
        delivery = await bot.command("next")

    assert sending.result().reason == "connection_failed"
    assert delivery.is_acked
    assert bot.heard == ["lost", "next"]


async def test_closing_acknowledges_what_has_come_and_leaves_no_task() -> None:
    """What arrived before is acknowledged, later things find no socket, and nothing is left behind."""
    before = asyncio.all_tasks()
    async with _open_bot() as bot:
        bot.ack_delay_s = 0.3
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(bot.command("last"))
            await asyncio.sleep(0.1)
            await bot.sockets.close()
            late = await bot.command("late")
        closed = bot.sockets.measure()
        await bot.sockets.close()
    after = asyncio.all_tasks()

    assert sending.result().is_acked
    assert (late.is_acked, late.reason) == (False, "connection_failed")
    assert closed.reasons == ["socket: not connected"]
    assert after <= before


async def test_closing_does_not_wait_for_those_that_hang() -> None:
    """A frozen socket, and one whose request is stuck, hold the end up for no longer than Slack would wait."""
    loop = asyncio.get_running_loop()
    async with _open_bot() as bot:
        bot.ack_delay_s = 60
        async with asyncio.TaskGroup() as tasks:
            sending = [tasks.create_task(bot.command("stuck")) for _ in range(2)]
            await asyncio.sleep(0.1)
            bot.workspace.freeze_sockets(1)
            began = loop.time()
            await bot.sockets.close()
            took_s = loop.time() - began

    assert took_s < 4.5
    assert [task.result().is_acked for task in sending] == [False, False]


@asynccontextmanager
async def _serving_nonsense(sent: list[Any], received: list[Any]) -> AsyncIterator[str]:
    """Serve sockets by which ``sent`` comes, text by text; ``received`` is what the bot sends back."""

    async def open_connection(request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "url": f"ws://{request.host}/link"})

    async def identify(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "team_id": "T1", "user_id": "UBOT", "bot_id": "B1"})

    async def link(request: web.Request) -> web.WebSocketResponse:
        stream = web.WebSocketResponse(autoping=False)
        await stream.prepare(request)
        await stream.ping(b"early")
        await stream.send_json({"type": "hello"})
        await stream.ping(b"late")
        for text in sent:
            await stream.send_str(text)
        async for message in stream:
            if message.type is WSMsgType.PONG:
                received.append(message.data)
            elif message.type is WSMsgType.TEXT:
                received.append(json.loads(message.data))
        return stream

    app = web.Application()
    app.router.add_post("/api/apps.connections.open", open_connection)
    app.router.add_post("/api/auth.test", identify)
    app.router.add_get("/link", link)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    finally:
        await runner.cleanup()


async def test_nonsense_ends_no_socket() -> None:
    """What is no envelope, or one that Bolt can't read, goes unacknowledged; the next is served."""
    envelope = {"type": "slash_commands", "accepts_response_payload": True}
    good = {"command": "/generate", "text": "x", "team_id": "T1", "user_id": "U1", "channel_id": "C1"}
    sent = [
        "",
        "{",
        "[]",
        "[" * 100_000,
        "5",
        json.dumps({"type": "unheard_of"}),
        json.dumps({**envelope, "envelope_id": "e1"}),
        json.dumps({**envelope, "envelope_id": "e2", "payload": [1]}),
        json.dumps({**envelope, "envelope_id": "e3", "payload": {"authorizations": "none", "event": 5}}),
        json.dumps({**envelope, "envelope_id": "e4", "payload": good}),
    ]
    received: list[Any] = []
    async with _serving_nonsense(sent, received) as api_url, aiohttp.ClientSession() as session:
        app, sockets = _make_sockets(session, api_url, limits=replace(_QUICK, pong_s=5))

        @app.command("/generate")
        async def on_command(ack: AsyncAck) -> None:
            await ack()

        async with sockets.open():
            async with asyncio.timeout(5):
                while received.count({"envelope_id": "e4"}) < 2:  # noqa: ASYNC110 - the server tells nobody
                    await asyncio.sleep(0.01)
            health = sockets.measure()

    assert health.reasons == []
    assert received.count(b"late") == 2
    assert {item.get("envelope_id") for item in received if isinstance(item, dict)} == {"e4"}


async def _get_ready(stage: Stage) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"{stage.url}/ready") as answer:
        return answer.status, await answer.json()


async def _wait_until_ready(stage: Stage, status: int) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while (found := await _get_ready(stage))[0] != status:  # noqa: ASYNC110 - the process tells nobody
            await asyncio.sleep(0.05)
    return found[1]


def _count_refusals(stage: Stage) -> int:
    calls = [call for call in stage.workspace.calls if call.method == "apps.connections.open"]
    return sum(call.status == 503 for call in calls)


async def test_readiness_tells_of_the_sockets(open_stage: StageOpener) -> None:
    """With all sockets dead and no new ones /ready is 503 with the reason; it recovers by itself and jobs go on.

    At the start an outage is waited out likewise.
    """
    async with open_stage(SLACK_APP_TOKEN=_APP_TOKEN, SLACK_SIGNING_SECRET=None) as stage:
        await stage.workspace.wait_for(lambda: stage.workspace.socket_count == 2)
        ready = await _wait_until_ready(stage, 200)
        stage.workspace.faults.answer_status("apps.connections.open", 503, times=None)
        await stage.workspace.close_sockets()
        await stage.workspace.wait_for(lambda: _count_refusals(stage) >= 2)
        down = await _get_ready(stage)
        stage.workspace.faults.clear()
        back = await _wait_until_ready(stage, 200)
        anchor = await stage.command("Registration for a parking permit: name, car plate")
        await stage.wait_for_files("C1", anchor.ts)
        code = await stage.stop()
        log = stage.read_log()

        stage.workspace.faults.answer_status("apps.connections.open", 503, times=None)
        await stage.start()
        started = await _get_ready(stage)
        health = await stage.get_status("/health")
        stage.workspace.faults.clear()
        await _wait_until_ready(stage, 200)

    sockets = {"open_count": 0, "pong_age_s": None, "event_age_s": None, "age_s": None, "is_crowded": False}
    not_connected = {
        "ready": False,
        "reasons": ["socket: not connected"],
        "codemie": "up",
        "paused": False,
        "sockets": sockets,
    }
    assert ready["reasons"] == []
    assert set(ready["sockets"]) == set(sockets)
    assert down == (503, not_connected | {"slack": "ok"})
    assert back["sockets"]["open_count"] >= 1
    assert (started, health) == ((503, not_connected | {"slack": "unknown"}), 200)
    assert code == 0
    assert log.count('"event": "socket_not_opened"') == 1
    assert not [word for word in ("Unclosed", "never", "destroyed", "Traceback", "ticket") if word in log]


async def test_a_sixth_replica_is_told_that_there_are_five() -> None:
    """Ten sockets of the app are open: readiness says so, and the log once; a place that becomes free is taken."""
    async with Workspace() as workspace, AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        replicas = [_make_sockets(session, workspace.api_url, limits=_QUICK)[1] for _ in range(6)]
        others = [await stack.enter_async_context(AsyncExitStack()) for _ in replicas]
        for other, sockets in zip(others[:5], replicas, strict=False):
            await other.enter_async_context(sockets.open())
        await workspace.wait_for(lambda: workspace.socket_count == 10)
        with structlog.testing.capture_logs() as lines:
            await others[5].enter_async_context(replicas[5].open())
            await asyncio.sleep(0.5)
            crowded = replicas[5].measure()
            await others[0].aclose()
            async with asyncio.timeout(5):
                while replicas[5].measure().open_count != 2:  # noqa: ASYNC110 - sockets tell nobody
                    await asyncio.sleep(0.01)
            free = replicas[5].measure()

    assert crowded.reasons == ["socket: this app has ten already, run five replicas at most"]
    assert [line["most"] for line in lines if line["event"] == "too_many_replicas"] == [5]
    assert (free.is_crowded, free.reasons) == (False, [])
