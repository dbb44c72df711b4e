"""The HTTP server: Slack's requests, checked before anything reads them, and the state of the process."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import parse_qs

import structlog
from aiohttp import web
from multidict import CIMultiDict
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.slack.sockets import SocketHealth

MAX_BODY_BYTES: Final = 1024 * 1024
_TIMESTAMP_CHARS: Final = 12
_log: Final = structlog.get_logger("http")
# What Bolt and the listeners read as text.
_EVENT_TEXTS: Final = (
    "channel",
    "channel_type",
    "user",
    "ts",
    "thread_ts",
    "text",
    "subtype",
    "bot_id",
    "tab",
)
_COMMAND_TEXTS: Final = ("team_id", "channel_id", "user_id", "trigger_id")


class _UnreadableBody(Exception):
    """The body is signed, but is none that Slack sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpApi:
    """The routes; ``find_reasons`` names what keeps the process from taking jobs.

    ``measure_sockets`` is there in Socket Mode, ``bolt`` and ``verifier`` in HTTP mode.
    """

    find_reasons: Callable[[], Awaitable[list[str]]]
    measure_sockets: Callable[[], SocketHealth] | None = None
    bolt: AsyncApp | None = None
    verifier: SignatureVerifier | None = None

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
        """Answer whether jobs can be taken, with the reasons if not, and how the sockets are."""
        reasons = await self.find_reasons()
        sockets = {"sockets": asdict(self.measure_sockets())} if self.measure_sockets else {}
        return web.json_response({"ready": not reasons, "reasons": reasons, **sockets}, status=503 if reasons else 200)

    async def receive(self, request: web.Request) -> web.Response:
        """Check the signature, then the shape, then let Bolt dispatch.

        https://docs.slack.dev/authentication/verifying-requests-from-slack/
        """
        body = await request.read()
        if not self._is_signed(body, request.headers):
            return web.Response(status=401)
        try:
            bolt_request = _read_request(body, request.headers, request.query_string)
        except _UnreadableBody as error:
            _log.warning("body_refused", reason=str(error), size_bytes=len(body))
            return web.Response(status=400)
        assert self.bolt is not None  # noqa: S101 - the route exists with it only
        answer = await self.bolt.async_dispatch(bolt_request)
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


def _read_request(body: bytes, headers: Mapping[str, str], query: str) -> AsyncBoltRequest:
    try:
        text = body.decode()
        if headers.get("Content-Type", "").startswith("application/json"):
            payload = json.loads(text)
            text = _write_encodable(payload)
            _check_event(payload)
        else:
            _check_form({name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()})
        return AsyncBoltRequest(body=text, query=query, headers=dict(headers))
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        # The last four are how Bolt answers objects of another shape while it looks for ids in them.
        raise _UnreadableBody(type(error).__name__) from error


def _write_encodable(payload: object) -> str:
    """Write JSON again without lone surrogates, which can be neither stored nor sent on as UTF-8."""
    text = json.dumps(payload, ensure_ascii=False)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _check_event(payload: Any) -> None:  # noqa: ANN401 - whatever JSON holds
    """Check what Bolt and the listeners rely on in an event's envelope."""
    _require(isinstance(payload, dict) and isinstance(payload.get("type"), str), "no envelope")
    if payload["type"] != "event_callback":
        return
    event = payload.get("event")
    _require(isinstance(payload.get("team_id"), str), "no team")
    _require(isinstance(event, dict) and isinstance(event.get("type"), str), "no event")
    if event["type"] in {"message", "app_mention", "app_home_opened"}:
        _require(
            all(isinstance(event.get(name), str | None) for name in _EVENT_TEXTS),
            "no text where text belongs",
        )
        _require(isinstance(event.get("files"), list | None), "files are no list")
        _require(all(isinstance(file, dict) for file in event.get("files") or ()), "a file is no object")
    if event["type"] in {"message", "app_mention"}:
        _require(all(event.get(name) for name in ("channel", "ts")), "no message")


def _check_form(form: Mapping[str, str]) -> None:
    """Check what Bolt and the listeners rely on in a command or an interaction."""
    if "payload" in form:
        payload = json.loads(form["payload"])
        _require(isinstance(payload, dict) and payload.get("type") == "block_actions", "no click")
        _require(_write_encodable(payload) == json.dumps(payload, ensure_ascii=False), "not text")
        for name in ("team", "user", "channel", "enterprise", "view", "message", "container", "state"):
            _require(isinstance(payload.get(name), dict | None), f"{name} is no object")
        actions = payload.get("actions")
        _require(isinstance(actions, list) and bool(actions), "no action")
        for action in actions:
            _require(isinstance(action, dict) and isinstance(action.get("action_id"), str), "an action is none")
            _require(all(isinstance(action.get(name), str | None) for name in ("block_id", "value")), "not text")
    elif "command" in form:
        _require(all(form.get(name) for name in _COMMAND_TEXTS), "no command")
    else:
        _require("ssl_check" in form, "no form")


def _require(is_so: bool, reason: str) -> None:  # noqa: FBT001 - an assertion reads best this way
    if not is_so:
        raise _UnreadableBody(reason)
