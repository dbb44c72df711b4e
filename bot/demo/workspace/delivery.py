"""Takes payloads to the bot, over signed HTTP or a socket, waits for the ack and tries events again.

https://docs.slack.dev/apis/events-api/#retries
https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import aiohttp

from bot.demo.workspace.background import Background
from bot.demo.workspace.records import Json
from bot.demo.workspace.socket_mode import SocketHub, SocketLostError
from bot.demo.workspace.state import State
from bot.demo.workspace.stopwatch import Stopwatch
from bot.demo.workspace.traffic import Delivery, DeliveryKind

# At once, after a minute, after five; a workspace for tests scales them down.
SLACK_RETRY_DELAYS_S: Final = (0.0, 60.0, 300.0)

_FIRST: Final = (0, "")
_OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What came back: ``status`` 0 and a ``reason``, in Slack's words, if it was no acknowledgement."""

    status: int
    body: str = ""
    reason: str | None = None
    is_retry_refused: bool = False


class Courier:
    """Delivers payloads; with an ``events_url`` over HTTP, else over the sockets."""

    def __init__(
        self,
        *,
        state: State,
        sockets: SocketHub,
        background: Background,
        get_signing_secret: Callable[[], str],
        stamp: Callable[[Json], Json],
        ack_deadline_s: float,
        retry_delays_s: Sequence[float],
    ) -> None:
        self.events_url: str | None = None
        self.session: aiohttp.ClientSession | None = None
        self._state = state
        self._sockets = sockets
        self._background = background
        self._get_signing_secret = get_signing_secret
        self._stamp = stamp
        self._ack_deadline_s = ack_deadline_s
        self._retry_delays_s = retry_delays_s

    async def deliver(self, kind: DeliveryKind, payload: Json, retry: tuple[int, str] = _FIRST) -> Delivery:
        """Deliver once; ``retry`` is the number of the redelivery and the reason for it."""
        payload = self._stamp(payload)
        if self.events_url is None:
            return await self._record(kind, payload, retry, self._send_by_socket(kind, payload, retry))
        body, content_type = _encode(kind, payload)
        headers = {"Content-Type": content_type, **self.sign(body), **_show_retry(retry)}
        return await self._record(kind, payload, retry, self._send_by_http(body, headers))

    async def deliver_with_retries(self, payload: Json) -> Delivery:
        """Deliver an event and return the first attempt; the others follow in the background."""
        delivery = await self.deliver(DeliveryKind.EVENT, payload)
        if not delivery.is_acked:
            self._background.start(self._deliver_again(delivery))
        return delivery

    async def deliver_event(self, payload: Json, retry_num: int) -> Delivery:
        """Deliver an event once, as the redelivery ``retry_num``, or for the first time if that is 0."""
        return await self.deliver(DeliveryKind.EVENT, payload, (retry_num, "http_timeout" if retry_num else ""))

    async def deliver_raw(self, body: bytes, headers: Mapping[str, str]) -> Delivery:
        """Send a body as it is, for what Slack would never send."""
        return await self._record(DeliveryKind.EVENT, {}, _FIRST, self._send_by_http(body, headers))

    def sign(self, body: bytes, timestamp: int | None = None) -> dict[str, str]:
        """Make the headers that prove a request is Slack's; ``timestamp`` is now unless given."""
        at = str(int(self._state.clock()) if timestamp is None else timestamp)
        signed = b"v0:" + at.encode() + b":" + body
        digest = hmac.new(self._get_signing_secret().encode(), signed, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}

    async def _deliver_again(self, delivery: Delivery) -> None:
        for number, delay_s in enumerate(self._retry_delays_s, start=1):
            if delivery.is_acked or delivery.is_retry_refused:
                return
            await asyncio.sleep(delay_s)
            retry = (number, delivery.reason or "unknown_error")
            delivery = await self.deliver(DeliveryKind.EVENT, delivery.payload, retry)

    async def _record(
        self, kind: DeliveryKind, payload: Json, retry: tuple[int, str], sending: Awaitable[_Answer]
    ) -> Delivery:
        watch = Stopwatch.start(self._state.clock)
        answer = await sending
        delivery = Delivery(
            kind=kind,
            at=watch.at,
            status=answer.status,
            body=answer.body,
            ack_s=watch.read(),
            payload=payload,
            reason=answer.reason,
            retry_num=retry[0],
            is_retry_refused=answer.is_retry_refused,
        )
        self._state.record_delivery(delivery)
        return delivery

    async def _send_by_http(self, body: bytes, headers: Mapping[str, str]) -> _Answer:
        if self.session is None or self.events_url is None:
            return _Answer(status=0, reason="connection_failed")
        timeout = aiohttp.ClientTimeout(total=self._ack_deadline_s)
        try:
            async with self.session.post(self.events_url, data=body, headers=headers, timeout=timeout) as response:
                return _Answer(
                    status=response.status,
                    body=await response.text(),
                    reason=None if response.status == _OK else "http_error",
                    is_retry_refused=response.headers.get("X-Slack-No-Retry") == "1",
                )
        except TimeoutError:
            return _Answer(status=0, reason="http_timeout")
        except aiohttp.ClientError:
            return _Answer(status=0, reason="connection_failed")

    async def _send_by_socket(self, kind: DeliveryKind, payload: Json, retry: tuple[int, str]) -> _Answer:
        try:
            async with asyncio.timeout(self._ack_deadline_s):
                answer = await self._sockets.send(kind, payload, retry)
        except TimeoutError:
            return _Answer(status=0, reason="timeout")
        except SocketLostError:
            return _Answer(status=0, reason="connection_failed")
        return _Answer(status=_OK, body=json.dumps(answer, ensure_ascii=False) if answer else "")


def _encode(kind: DeliveryKind, payload: Json) -> tuple[bytes, str]:
    form = "application/x-www-form-urlencoded"
    match kind:
        case DeliveryKind.EVENT:
            return json.dumps(payload, ensure_ascii=False).encode(), "application/json"
        case DeliveryKind.COMMAND:
            return urlencode(payload).encode(), form
        case DeliveryKind.INTERACTION:
            return urlencode({"payload": json.dumps(payload, ensure_ascii=False)}).encode(), form


def _show_retry(retry: tuple[int, str]) -> dict[str, str]:
    number, reason = retry
    return {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason} if number else {}
