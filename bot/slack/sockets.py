"""The sockets of one app: two are kept open, so that one takes what comes while the other is replaced."""

import asyncio
import random as randomness
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.credentials import Secret
from bot.errors import SettingsError, SlackError, SlackUnavailable
from bot.slack.failures import TOKEN_REFUSED
from bot.slack.websocket import Socket, SocketLimits, SocketOpener
from bot.traces import NoTraces, Traces

SOCKETS: Final = 2
DEFAULT_LIMITS: Final = SocketLimits()
# Slack's names of envelopes, and those that acknowledgements are counted by.
KINDS: Final[Mapping[str, str]] = {
    "events_api": "event",
    "slash_commands": "command",
    "interactive": "interaction",
}
_OK: Final = 200
# An app may have ten sockets: https://docs.slack.dev/apis/events-api/using-socket-mode
_TOO_MANY: Final = "too_many_websockets"
_MOST_REPLICAS: Final = 10 // SOCKETS
_log: Final = structlog.get_logger("sockets")


class SocketNotes(Protocol):
    """Where it is counted what becomes of sockets, and of what comes by them; never fails."""

    def note_ack(self, kind: str, seconds: float, *, is_acked: bool) -> None:
        """Note that a payload was acknowledged, or was not."""
        ...

    def note_socket(self, fault: str) -> None:
        """Note that a socket was opened, and what was wrong with the one before."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketHealth:
    """How many sockets are open and answer; the ages are seconds since the last pong and the last envelope.

    ``pong_age_s`` is that of the open socket that was heard last, None if none is open; ``event_age_s`` is None
    before the first envelope. ``age_s`` is the time since the oldest open socket was opened. ``is_crowded`` says that
    Slack has none to give: the app has ten, as five replicas do.
    """

    open_count: int
    pong_age_s: float | None
    event_age_s: float | None
    age_s: float | None = None
    is_crowded: bool = False

    @property
    def reasons(self) -> list[str]:
        """What keeps requests from arriving."""
        if self.open_count:
            return []
        if self.is_crowded:
            return ["socket: this app has ten already, run five replicas at most"]
        if self.pong_age_s is None:
            return ["socket: not connected"]
        return [f"socket: silent for {self.pong_age_s:.0f} s"]


class Sockets:
    """Keeps two sockets open for a Bolt app, each replaced before it is let go; does not close ``session``.

    Slack hands each envelope to any one of them. One socket is opened at a time, so that a refresh of both finds
    one of them in place, and so that ``apps.connections.open``, which Slack allows rarely, is not asked twice over.
    """

    def __init__(
        self,
        *,
        bolt: AsyncApp,
        session: aiohttp.ClientSession,
        app_token: Secret,
        limits: SocketLimits = DEFAULT_LIMITS,
        notes: SocketNotes | None = None,
        traces: Traces | None = None,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = randomness.random,
    ) -> None:
        self._bolt = bolt
        self._notes = notes
        self._traces = traces or NoTraces()
        self._limits = limits
        self._clock = clock
        self._random = random
        self._opener = SocketOpener(
            client=bolt.client,
            session=session,
            app_token=app_token,
            handle=self._handle,
            limits=limits,
            clock=clock,
        )
        self._tasks = asyncio.TaskGroup()
        self._turn = asyncio.Lock()
        self._keepers: list[asyncio.Task[None]] = []
        self._sockets: dict[Socket, asyncio.Task[None]] = {}
        self._tries_s: deque[float] = deque(maxlen=limits.burst)
        self._heard_s: float | None = None
        self._is_crowded = False

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Open a socket, then keep two open until the end; an outage of Slack's is waited out meanwhile.

        Raises SettingsError where Slack refuses the token.
        """
        first = await self._open_first()
        async with self._tasks:
            try:
                if first is not None:
                    self._admit(first, fault="start")
                for socket in (first, *[None] * (SOCKETS - 1)):
                    self._keepers.append(self._tasks.create_task(self._keep(socket)))
                yield
            finally:
                await self.close()

    async def close(self) -> None:
        """Take nothing more: acknowledge what has come, and close; may be called again."""
        for keeper in self._keepers:
            keeper.cancel()
        if self._sockets:
            await asyncio.gather(*(socket.close() for socket in self._sockets))
        for serving in self._sockets.values():
            serving.cancel()

    def measure(self) -> SocketHealth:
        """Measure how the sockets are."""
        open_sockets = [socket for socket in self._sockets if not socket.is_closed]
        ages = [socket.pong_age_s for socket in open_sockets]
        return SocketHealth(
            open_count=sum(socket.is_alive for socket in self._sockets),
            pong_age_s=round(min(ages), 1) if ages else None,
            event_age_s=None if self._heard_s is None else round(self._clock() - self._heard_s, 1),
            age_s=round(max(socket.age_s for socket in open_sockets), 1) if open_sockets else None,
            is_crowded=self._is_crowded,
        )

    async def _handle(self, request: SocketModeRequest) -> BoltResponse:
        began_s = self._heard_s = self._clock()
        kind = KINDS.get(request.type, "other")
        answer: BoltResponse | None = None
        try:
            with self._traces.request(kind):
                answer = await run_async_bolt_app(self._bolt, request)
        finally:
            if self._notes is not None:
                is_acked = answer is not None and answer.status == _OK
                self._notes.note_ack(kind, self._clock() - began_s, is_acked=is_acked)
        return answer

    async def _open_first(self) -> Socket | None:
        try:
            return await self._open_once()
        except SlackError as error:
            if error.reason in TOKEN_REFUSED or not isinstance(error, SlackUnavailable):
                raise SettingsError((f"SLACK_APP_TOKEN is refused by Slack: {error.reason}",)) from error
            _log.warning("socket_not_opened", reason=error.reason)
        return None

    async def _keep(self, socket: Socket | None) -> None:
        """Keep one socket open for ever: the next is there before the last is let go."""
        current = socket or await self._replace("start")
        while True:
            fault = await current.wait_for_fault()
            following = await self._replace(fault)
            self._tasks.create_task(current.leave())
            current = following

    async def _replace(self, fault: str) -> Socket:
        """Open a socket, however long that takes."""
        failures = 0
        async with self._turn:
            while True:
                try:
                    socket = await self._open_once()
                except Exception as error:  # noqa: BLE001 - whatever it is, a bot without a socket is deaf
                    if not failures:
                        reason = error.reason if isinstance(error, SlackError) else type(error).__name__
                        _log.warning("socket_not_opened", fault=fault, reason=reason)
                    await asyncio.sleep(self._choose_delay(failures))
                    failures += 1
                else:
                    self._admit(socket, fault=fault)
                    return socket

    async def _open_once(self) -> Socket:
        """Open a socket, after a pause if there were too many tries of late."""
        if len(self._tries_s) == self._limits.burst:
            await asyncio.sleep(self._tries_s[0] + self._limits.burst_s - self._clock())
        self._tries_s.append(self._clock())
        try:
            socket = await self._opener.open()
        except SlackError as error:
            self._note_crowd(is_crowded=error.reason == _TOO_MANY)
            raise
        self._note_crowd(is_crowded=False)
        return socket

    def _note_crowd(self, *, is_crowded: bool) -> None:
        if is_crowded and not self._is_crowded:
            _log.error("too_many_replicas", most=_MOST_REPLICAS)
        self._is_crowded = is_crowded

    def _choose_delay(self, failures: int) -> float:
        """Double the pause with every failure, up to the longest."""
        jitter_s = self._random() * self._limits.initial_delay_s
        return min(self._limits.max_delay_s, self._limits.initial_delay_s * 2.0**failures + jitter_s)

    def _admit(self, socket: Socket, *, fault: str) -> None:
        self._sockets[socket] = self._tasks.create_task(self._serve(socket))
        _log.info("socket_opened", fault=fault, open_count=self.measure().open_count)
        if self._notes is not None:
            self._notes.note_socket(fault)

    async def _serve(self, socket: Socket) -> None:
        try:
            await socket.serve()
        except Exception as error:  # noqa: BLE001 - its keeper opens another
            _log.error("socket_failed", exc_info=error)
        finally:
            del self._sockets[socket]
