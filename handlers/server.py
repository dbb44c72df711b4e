"""The HTTP server: Slack's requests, checked before anything reads them, and the state of the process."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Final, Protocol
from urllib.parse import parse_qs

import structlog
from aiohttp import web
from multidict import CIMultiDict
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest

from bot.slack.signatures import Signatures
from bot.slack.sockets import SocketHealth
from handlers.shapes import UnreadableBody, check_event, check_form, write_encodable

MAX_BODY_BYTES: Final = 1024 * 1024
_TIMESTAMP_CHARS: Final = 12
_OK: Final = 200
# Slack sends a body at once; whoever does not is not Slack.
_BODY_S: Final = 10.0
_log: Final = structlog.get_logger("http")


class AckNotes(Protocol):
    """Where acknowledgements are counted; never fails."""

    def note_ack(self, kind: str, seconds: float, *, is_acked: bool) -> None:
        """Note that a payload was acknowledged, or was not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The routes; ``find_reasons`` names what keeps the process from taking jobs.

    ``list_facts`` tells how those are that it depends on, without keeping anything from being taken.
    ``measure_sockets`` is there in Socket Mode, ``bolt`` and ``verifier`` in HTTP mode.
    """

    find_reasons: Callable[[], Awaitable[list[str]]]
    list_facts: Callable[[], Awaitable[Mapping[str, str | bool]]]
    notes: AckNotes
    measure_sockets: Callable[[], SocketHealth] | None = None
    bolt: AsyncApp | None = None
    verifier: Signatures | None = None

    def make_app(self) -> web.Application:
        """Make the aiohttp application; Slack's route is there in HTTP mode only."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_get("/health", self.show_health)
        app.router.add_get("/ready", self.show_readiness)
        if self.bolt is not None:
            app.router.add_post("/slack/events", self.receive)
        return app

    async def show_health(self, _: web.Request) -> web.Response:
        """Answer that the process lives."""
        return web.json_response({"status": "ok"})

    async def show_readiness(self, _: web.Request) -> web.Response:
        """Answer whether jobs can be taken, with the reasons if not, and how Slack, CodeMie and the sockets are.

        An outage of Slack's Web API or of CodeMie's is told and is no reason: all replicas would be turned away at
        once, though jobs can be kept and go on later.
        """
        reasons = await self.find_reasons()
        body = {"ready": not reasons, "reasons": reasons, **await self.list_facts()}
        sockets = {"sockets": asdict(self.measure_sockets())} if self.measure_sockets else {}
        return web.json_response(body | sockets, status=503 if reasons else 200)

    async def receive(self, request: web.Request) -> web.Response:
        """Check the signature, then the shape, then let Bolt dispatch.

        https://docs.slack.dev/authentication/verifying-requests-from-slack/
        """
        began_s = time.monotonic()
        try:
            async with asyncio.timeout(_BODY_S):
                body = await request.read()
        except TimeoutError:
            return web.Response(status=408, headers={"Connection": "close"})
        except web.RequestPayloadError:
            return web.Response(status=400, headers={"Connection": "close"})
        if not self._is_signed(body, request.headers):
            return web.Response(status=401)
        try:
            bolt_request = _read_request(body, request.headers, request.query_string)
        except UnreadableBody as error:
            _log.warning("body_refused", reason=str(error), size_bytes=len(body))
            return web.Response(status=400)
        assert self.bolt is not None  # noqa: S101 - the route exists with it only
        is_acked = False
        try:
            answer = await self.bolt.async_dispatch(bolt_request)
            is_acked = answer.status == _OK
        finally:
            self.notes.note_ack(_find_kind(bolt_request), time.monotonic() - began_s, is_acked=is_acked)
        headers = CIMultiDict((name, value) for name, values in answer.headers.items() for value in values)
        return web.Response(status=answer.status, body=answer.body.encode(), headers=headers)

    def _is_signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Check Slack's signature over the raw bytes, at most five minutes old."""
        timestamp = headers.get("X-Slack-Request-Timestamp", "")
        is_time = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _TIMESTAMP_CHARS
        if self.verifier is None or not is_time:
            return False
        signature = headers.get("X-Slack-Signature", "")
        try:
            return signature.isascii() and self.verifier.is_valid(body, timestamp, signature)
        except UnicodeDecodeError:  # the verifier reads the body as text, which all of Slack's are
            return False


def _find_kind(request: AsyncBoltRequest) -> str:
    """Tell what came, in the words that acknowledgements are counted by."""
    if "command" in request.body:
        return "command"
    return "event" if "event" in request.body or request.body.get("type") == "url_verification" else "interaction"


def _read_request(body: bytes, headers: Mapping[str, str], query: str) -> AsyncBoltRequest:
    try:
        text = body.decode()
        if headers.get("Content-Type", "").startswith("application/json"):
            payload = json.loads(text)
            text = write_encodable(payload)
            check_event(payload)
        else:
            check_form({name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()})
        return AsyncBoltRequest(body=text, query=query, headers=dict(headers))
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        # The last four are how Bolt answers objects of another shape while it looks for ids in them.
        raise UnreadableBody(type(error).__name__) from error
