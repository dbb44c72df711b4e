"""Socket Mode: the bot's WebSockets, the envelopes sent over them, and their acknowledgements.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import itertools
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import WSMsgType, web

from bot.demo.workspace.args import Args, Method
from bot.demo.workspace.records import Change, ChangeKind, Json
from bot.demo.workspace.state import State
from bot.demo.workspace.traffic import DeliveryKind
from bot.demo.workspace.world import APP_ID

MAX_SOCKETS: Final = 10
_LAST_ACK_S: Final = 1.0


class SocketLostError(Exception):
    """No socket is open, or the one that was used closed before it acknowledged."""


@dataclass(frozen=True, slots=True, eq=False)
class _Socket:
    """One WebSocket, with the envelopes that it has not acknowledged; Slack's side answers pings by itself."""

    stream: web.WebSocketResponse
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)

    def acknowledge(self, text: str) -> None:
        """Read what the bot sent: an envelope id, and perhaps a payload."""
        answer = json.loads(text)
        waiting = self.waiting.get(answer.get("envelope_id"))
        if waiting is not None and not waiting.done():
            waiting.set_result(answer.get("payload") or {})

    def give_up(self) -> None:
        """Tell those who wait that nothing will come."""
        for waiting in self.waiting.values():
            if not waiting.done():
                waiting.set_exception(SocketLostError())

    async def say_goodbye(self, reason: str) -> None:
        """Let what was sent be acknowledged, then tell the bot to connect anew, and close."""
        if self.waiting:
            await asyncio.wait(tuple(self.waiting.values()), timeout=_LAST_ACK_S)
        await self.tell_to_leave(reason)
        await self.stream.close()

    async def tell_to_leave(self, reason: str) -> None:
        """Tell the bot to connect anew."""
        if not self.stream.closed:
            await self.stream.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "demo"}})


class SocketHub:
    """The open sockets; each envelope goes to one of them, in turn."""

    def __init__(self, state: State, get_base_url: Callable[[], str]) -> None:
        self._state = state
        self._get_base_url = get_base_url
        self._tickets: set[str] = set()
        self._sockets: list[_Socket] = []
        self._leaving: set[_Socket] = set()
        self._frozen: set[_Socket] = set()
        self._turns = itertools.count()

    @property
    def count(self) -> int:
        """How many sockets are open."""
        return len(self._sockets)

    def get_methods(self) -> Mapping[str, Method]:
        """List the methods by name."""
        return {"apps.connections.open": Method(handle=self.open, is_app=True, scopes=("connections:write",))}

    def open(self, _args: Args) -> Json:
        """Give out a URL for one WebSocket."""
        ticket = self._state.make_id("t")
        self._tickets.add(ticket)
        return {"url": f"{self._get_base_url().replace('http', 'ws', 1)}/link?ticket={ticket}"}

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one WebSocket until it closes."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden
        self._tickets.remove(ticket)
        socket = _Socket(web.WebSocketResponse(autoping=False))
        await socket.stream.prepare(request)
        if self.count >= MAX_SOCKETS:
            await socket.say_goodbye("too_many_websockets")
            return socket.stream
        await self._serve(socket)
        return socket.stream

    async def send(self, kind: DeliveryKind, payload: Json, retry: tuple[int, str]) -> Json:
        """Send one envelope and return the payload of its acknowledgement; the caller sets the deadline."""
        staying = [socket for socket in self._sockets if socket not in self._leaving]
        if not staying:
            raise SocketLostError
        socket = staying[next(self._turns) % len(staying)]
        envelope_id = self._state.make_id("e")
        socket.waiting[envelope_id] = asyncio.get_running_loop().create_future()
        try:
            if socket not in self._frozen:
                await socket.stream.send_json(_wrap(envelope_id, kind, payload, retry))
            return await socket.waiting[envelope_id]
        except ConnectionError as error:
            raise SocketLostError from error
        finally:
            del socket.waiting[envelope_id]

    async def refresh(self, reason: str = "refresh_requested", *, notice_s: float = 0.0, pause_s: float = 0.0) -> None:
        """Ask every socket to reconnect, and close it, as Slack does every few hours.

        With ``notice_s`` a warning goes ahead, Slack's by about ten seconds; envelopes come until the time is up.
        ``pause_s`` lies between two sockets.
        """
        sockets = tuple(self._sockets)
        if notice_s:
            for socket in sockets:
                await socket.tell_to_leave("warning")
            await asyncio.sleep(notice_s)
        for socket in sockets:
            self._leaving.add(socket)
            await socket.say_goodbye(reason)
            await asyncio.sleep(pause_s)

    def freeze(self, count: int) -> None:
        """Let the oldest ``count`` sockets stay open with nothing coming by them, no pong either."""
        self._frozen.update(self._sockets[:count])

    async def close(self) -> None:
        """Close every socket without a word."""
        for socket in tuple(self._sockets):
            await socket.stream.close()

    async def _serve(self, socket: _Socket) -> None:
        self._sockets.append(socket)
        await socket.stream.send_json(self._make_hello())
        self._state.notify(Change(kind=ChangeKind.SOCKET))
        try:
            async for message in socket.stream:
                if message.type is WSMsgType.TEXT:
                    socket.acknowledge(message.data)
                elif message.type is WSMsgType.PING and socket not in self._frozen:
                    with suppress(ConnectionError):
                        await socket.stream.pong(message.data)
        finally:
            self._sockets.remove(socket)
            self._leaving.discard(socket)
            self._frozen.discard(socket)
            socket.give_up()
            self._state.notify(Change(kind=ChangeKind.SOCKET))

    def _make_hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": self.count,
            "connection_info": {"app_id": APP_ID},
            "debug_info": {"host": "demo", "approximate_connection_time": 18060},
        }


def _wrap(envelope_id: str, kind: DeliveryKind, payload: Json, retry: tuple[int, str]) -> dict[str, Any]:
    envelope = {
        "envelope_id": envelope_id,
        "type": kind.value,
        "payload": payload,
        "accepts_response_payload": kind is not DeliveryKind.EVENT,
    }
    if kind is DeliveryKind.EVENT:
        return {**envelope, "retry_attempt": retry[0], "retry_reason": retry[1]}
    return envelope
