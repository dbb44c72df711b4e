"""Requests to the Web API, over a socket: what is sent, how long is waited, and how each try is counted."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError

from bot.serving import listening
from bot.slack.calls import Sender
from bot.slack.connection import SlackClient

_OK: Mapping[str, object] = {"ok": True, "ts": "1.1"}


@dataclass(kw_only=True)
class _Api:
    """Answers with each of ``answers`` in turn, and notes what comes of it."""

    answers: list[web.Response]
    bodies: list[bytes] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        return self.answers.pop(0)

    async def sleep(self, seconds: float) -> None:
        self.waits_s.append(seconds)

    def note(self, method: str, end: str) -> None:
        self.notes.append((method, end))


@asynccontextmanager
async def _open_client(api: _Api, *, waits: int) -> AsyncIterator[SlackClient]:
    app = web.Application()
    app.router.add_post("/api/{method}", api.answer)
    async with (
        listening(app, host="127.0.0.1", port=0, shutdown_timeout_s=0.1) as port,
        aiohttp.ClientSession() as session,
    ):
        sender = Sender(session=session, note=api.note, waits=waits, sleep=api.sleep, jitter=lambda: 0.5)
        yield SlackClient(bearer=None, api_url=f"http://127.0.0.1:{port}/api/", sender=sender)


def _limit(retry_after: str | None) -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)


async def test_a_call_is_made_again_after_the_wait_that_slack_asks_for() -> None:
    """A second where it says nothing, and a moment more, so that those who were asked together don't come together."""
    api = _Api(answers=[_limit("3"), _limit(None), web.json_response(_OK)])
    async with _open_client(api, waits=2) as client:
        answer = await client.chat_postMessage(channel="C1", text="hi")

    assert answer["ts"] == "1.1"
    assert api.waits_s == [3.5, 1.5]
    assert api.notes == [("chat.postMessage", "ratelimited")] * 2 + [("chat.postMessage", "ok")]
    assert len(set(api.bodies)) == 1


@pytest.mark.parametrize(("retry_after", "waits"), [("61", 5), ("soon", 5), ("1", 0)])
async def test_it_is_not_made_again(retry_after: str, waits: int) -> None:
    """After a wait that is too long or none, and where the poster waits by itself: the answer says how long."""
    api = _Api(answers=[_limit(retry_after)])
    async with _open_client(api, waits=waits) as client:
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel="C1", text="hi")

    assert caught.value.response.headers["retry-after"] == retry_after
    assert api.waits_s == []


async def test_letters_are_sent_as_they_are() -> None:
    """In as few bytes as UTF-8 takes; half of a surrogate pair, which is no letter, becomes a question mark."""
    api = _Api(answers=[web.json_response(_OK)])
    async with _open_client(api, waits=0) as client:
        await client.chat_postMessage(channel="C1", text="Дозвіл \ud83d")

    assert '"text":"Дозвіл ?"'.encode() in api.bodies[0]


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        pytest.param(web.json_response({"ok": False, "error": "is_archived"}), "is_archived", id="known word"),
        pytest.param(web.json_response({"ok": False, "error": "planted"}), "other", id="unknown word"),
        pytest.param(web.Response(text="{", content_type="application/json"), "other", id="broken"),
        pytest.param(web.Response(text='{"ok":true}', content_type="text/html"), "other", id="page"),
        pytest.param(web.Response(status=502, text="no"), "server_error", id="gateway"),
    ],
)
async def test_what_went_wrong_is_counted_by_a_word_that_is_known(answer: web.Response, end: str) -> None:
    """Whatever it was, it is Slack's error to whoever has called."""
    api = _Api(answers=[answer])
    async with _open_client(api, waits=0) as client:
        with pytest.raises(SlackApiError):
            await client.chat_postMessage(channel="C1", text="hi")

    assert api.notes == [("chat.postMessage", end)]


async def test_what_can_not_be_reached_is_counted_too() -> None:
    """And raised as the session raises it."""
    api = _Api(answers=[])
    async with aiohttp.ClientSession() as session:
        sender = Sender(session=session, note=api.note)
        client = SlackClient(bearer=None, api_url="http://127.0.0.1:1/api/", sender=sender)
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.auth_test()

    assert api.notes == [("auth.test", "unreachable")]
