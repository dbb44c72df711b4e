"""One Socket Mode connection: it serves what comes, and tells when another should take its place.

Slack's SDK has a client for this, which is not used: docs/decisions.md says why.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import structlog
from aiohttp import WSMsgType
from pydantic import SecretStr
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.limits import ACK_DEADLINE_S
from bot.credentials import Secret
from bot.errors import SlackUnavailable
from bot.slack.failures import is_token_refused, translated

# Slack answers a close and leaves the TCP connection open: https://github.com/slackapi/node-slack-sdk/issues/2752
_CLOSE_TIMEOUT_S: Final = 1.0
_OK: Final = 200
_log: Final = structlog.get_logger("sockets")

Handler = Callable[[SocketModeRequest], Awaitable[BoltResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """What is too long, all but ``burst`` in seconds.

    A ping is sent every ``ping_s``; without a pong for ``pong_s`` a socket is replaced, without an envelope for
    ``event_s`` it is renewed as a precaution, and both are looked at every ``check_s``. Slack has ``hello_s`` to
    greet a new socket, and ``leave_s`` to close one that has been replaced. After a failure the next try comes
    ``initial_delay_s`` later, then twice as late each time up to ``max_delay_s``; and there are no more than
    ``burst`` tries in ``burst_s``, so that sockets which end at once are not opened without a pause.
    """

    ping_s: float = 5.0
    pong_s: float = 20.0
    event_s: float = 900.0
    check_s: float = 1.0
    hello_s: float = 10.0
    leave_s: float = 30.0
    initial_delay_s: float = 1.0
    max_delay_s: float = 30.0
    burst: int = 10
    burst_s: float = 60.0


class Socket:
    """An open socket that Slack has greeted; ``clock`` counts seconds and never jumps."""

    def __init__(
        self,
        *,
        stream: aiohttp.ClientWebSocketResponse,
        handle: Handler,
        limits: SocketLimits,
        clock: Callable[[], float],
    ) -> None:
        self._stream = stream
        self._handle = handle
        self._limits = limits
        self._clock = clock
        self._told = asyncio.Event()
        self._ended = asyncio.Event()
        self._farewell: str | None = None
        self._answers: set[asyncio.Task[None]] = set()
        self._opened_s = self._ponged_s = self._heard_s = clock()

    @property
    def is_closed(self) -> bool:
        """Whether nothing comes by it any more."""
        return self._ended.is_set() or self._stream.closed

    @property
    def is_alive(self) -> bool:
        """Whether it is open and answers."""
        return not self.is_closed and self.pong_age_s <= self._limits.pong_s

    @property
    def pong_age_s(self) -> float:
        """Seconds since the last pong, or since it was opened."""
        return self._clock() - self._ponged_s

    @property
    def age_s(self) -> float:
        """Seconds since it was opened."""
        return self._clock() - self._opened_s

    def find_fault(self) -> str | None:
        """Say why another should take its place: in Slack's word, or in one of ours."""
        if self.is_closed:
            return self._farewell or "closed"
        if self._farewell is not None:
            return self._farewell
        if not self.is_alive:
            return "silent"
        return "quiet" if self._clock() - self._heard_s > self._limits.event_s else None

    async def wait_for_fault(self) -> str:
        """Return why another should take its place, once it should."""
        while (fault := self.find_fault()) is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._limits.check_s):
                    await self._told.wait()
        return fault

    async def serve(self) -> None:
        """Serve until it is closed, and then to the end what has come."""
        try:
            async with asyncio.TaskGroup() as tasks:
                pings = tasks.create_task(self._ping())
                async for message in self._stream:
                    await self._take(message, tasks)
                self._end()
                pings.cancel()
        finally:
            self._end()

    async def leave(self) -> None:
        """Serve what still comes until Slack closes, for ``leave_s`` at most; if it is silent, close at once."""
        if self.is_alive:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._limits.leave_s):
                    await self._ended.wait()
        await self.close()

    async def close(self) -> None:
        """Acknowledge what has come, for as long as Slack would wait, and close."""
        if self._answers and self.is_alive:
            await asyncio.wait(tuple(self._answers), timeout=ACK_DEADLINE_S)
        await self._stream.close()

    def _end(self) -> None:
        self._ended.set()
        self._told.set()

    async def _ping(self) -> None:
        with suppress(ConnectionError):  # which the reader learns of as well
            while True:
                await self._stream.ping()
                await asyncio.sleep(self._limits.ping_s)

    async def _take(self, message: aiohttp.WSMessage, tasks: asyncio.TaskGroup) -> None:
        match message.type:
            case WSMsgType.PING:
                with suppress(ConnectionError):
                    await self._stream.pong(message.data)
            case WSMsgType.PONG:
                self._ponged_s = self._clock()
            case WSMsgType.TEXT:
                self._read(_parse(message.data), tasks)

    def _read(self, envelope: dict[str, Any], tasks: asyncio.TaskGroup) -> None:
        if envelope.get("type") == "disconnect":
            self._farewell = _get_reason(envelope)
            self._told.set()
        elif "envelope_id" in envelope:
            self._heard_s = self._clock()
            task = tasks.create_task(self._answer(envelope))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)

    async def _answer(self, envelope: dict[str, Any]) -> None:
        """Acknowledge what Bolt has taken; Slack sends an event again that is not acknowledged."""
        try:
            request = SocketModeRequest.from_dict(envelope)
            answer = await self._handle(request) if request else None
            if answer is not None and answer.status == _OK:
                await self._stream.send_json(_write_ack(envelope["envelope_id"], answer))
        except ConnectionError:
            _log.warning("not_acknowledged")
        except Exception as error:  # noqa: BLE001 - one envelope must not end the socket, and others with it
            _log.error("envelope_failed", exc_info=error)


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketOpener:
    """Opens sockets for one app; ``client`` is asked for addresses, ``session`` connects to them.

    A token that Slack refuses is looked up anew, and the address asked for once more.
    """

    client: AsyncWebClient
    session: aiohttp.ClientSession
    app_token: Secret
    handle: Handler
    limits: SocketLimits
    clock: Callable[[], float]

    async def open(self) -> Socket:
        """Open a socket and wait for Slack's hello; raises SlackError."""
        with translated():
            url = await self._find_url()
            async with asyncio.timeout(self.limits.hello_s):
                stream = await self._connect(url)
        return Socket(stream=stream, handle=self.handle, limits=self.limits, clock=self.clock)

    async def _find_url(self) -> str:
        return await self.app_token.ask_with(
            self._ask, is_refused=lambda error: isinstance(error, SlackApiError) and is_token_refused(error)
        )

    async def _ask(self, token: SecretStr) -> str:
        answer = await self.client.apps_connections_open(app_token=token.get_secret_value())
        return str(answer.get("url"))

    async def _connect(self, url: str) -> aiohttp.ClientWebSocketResponse:
        stream = await self.session.ws_connect(
            url,
            autoping=False,
            timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_TIMEOUT_S),
        )
        try:
            await _wait_for_hello(stream)
        except BaseException:
            await stream.close()
            raise
        return stream


async def _wait_for_hello(stream: aiohttp.ClientWebSocketResponse) -> None:
    async for message in stream:
        if message.type is WSMsgType.TEXT:
            greeting = _parse(message.data)
            if greeting.get("type") == "hello":
                return
            raise SlackUnavailable(reason=_get_reason(greeting))
    raise SlackUnavailable(reason="closed")


def _parse(text: str) -> dict[str, Any]:
    """Read a message; what is no JSON object has nothing in it."""
    with suppress(ValueError, RecursionError):
        message = json.loads(text)
        if isinstance(message, dict):
            return message
    return {}


def _get_reason(message: dict[str, Any]) -> str:
    return str(message.get("reason") or "disconnect")


def _write_ack(envelope_id: str, answer: BoltResponse) -> dict[str, Any]:
    """Write an acknowledgement as Bolt's own adapter does."""
    if not answer.body:
        return {"envelope_id": envelope_id}
    is_json = answer.headers.get("content-type", [""])[0].startswith("application/json")
    return {"envelope_id": envelope_id, "payload": json.loads(answer.body) if is_json else {"text": answer.body}}
