"""Requests that Slack would not send, and what the process says of itself."""

import json
import time
from io import BytesIO
from urllib.parse import urlencode

import aiohttp
import pytest
from stage import Stage, over_http_alone

pytestmark = over_http_alone
_COMMAND = {
    "command": "/generate",
    "text": "Registration for a parking permit: name, car plate",
    "team_id": "T1",
    "channel_id": "C1",
    "user_id": "U1",
    "user_name": "olena",
    "trigger_id": "t.1",
    "response_url": "http://127.0.0.1:9/none",
}
_FORM = "application/x-www-form-urlencoded"
_EVENT = {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "api_app_id": "A1"}


async def _post(stage: Stage, body: bytes, headers: dict[str, str]) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{stage.url}/slack/events", data=BytesIO(body), headers=headers) as answer,
    ):
        return answer.status


def _sign(stage: Stage, body: bytes, *, age_s: int = 0, content_type: str = _FORM) -> dict[str, str]:
    signed = stage.workspace.sign(body, int(time.time()) - age_s)
    return {**signed, "Content-Type": content_type}


async def test_only_signed_requests_are_read(stage: Stage) -> None:
    """Unsigned, wrongly signed, stale and tampered requests get 401 and start nothing."""
    calls = len(stage.codemie.calls)
    body = urlencode(_COMMAND).encode()
    good = _sign(stage, body)
    wrong = {**good, "X-Slack-Signature": "v0=" + "0" * 64}
    odd = {**good, "X-Slack-Request-Timestamp": "tomorrow"}
    long = {**good, "X-Slack-Request-Timestamp": "1" * 5_000}

    assert await _post(stage, body, {"Content-Type": _FORM}) == 401
    assert await _post(stage, body, wrong) == 401
    assert await _post(stage, body, odd) == 401
    assert await _post(stage, body, long) == 401
    assert await _post(stage, body, _sign(stage, body, age_s=301)) == 401
    assert await _post(stage, body, _sign(stage, body, age_s=-301)) == 401
    assert await _post(stage, body + b"&text=other", good) == 401
    assert len(stage.codemie.calls) == calls


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b'"text"', "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"[" * 100_000, "application/json"),
        (json.dumps({"type": 5}).encode(), "application/json"),
        (json.dumps({**_EVENT, "event": []}).encode(), "application/json"),
        (json.dumps({**_EVENT, "event": {"type": "message"}}).encode(), "application/json"),
        (
            json.dumps({**_EVENT, "event": {"type": "app_mention", "channel": {}, "ts": 1, "user": []}}).encode(),
            "application/json",
        ),
        (
            json.dumps(
                {**_EVENT, "event": {"type": "message", "channel": "D1", "ts": "1.1", "user": "U1", "files": [1]}}
            ).encode(),
            "application/json",
        ),
        (json.dumps({**_EVENT, "event": {"type": "never_heard_of"}}).encode(), "application/json"),
        (json.dumps({**_EVENT, "authorizations": "none", "event": {"type": "x"}}).encode(), "application/json"),
        (b"", _FORM),
        (b"command=%2Fgenerate", _FORM),
        (b"command=%2Fother&team_id=T1&channel_id=C1&user_id=U1&trigger_id=t", _FORM),
        (b"payload=", _FORM),
        (b"payload=%7B", _FORM),
        (urlencode({"payload": "[]"}).encode(), _FORM),
        (urlencode({"payload": json.dumps({"type": "block_actions"})}).encode(), _FORM),
        (
            urlencode({"payload": json.dumps({"type": "block_actions", "actions": [5], "user": 7})}).encode(),
            _FORM,
        ),
        (
            urlencode({"payload": json.dumps({"type": "block_actions", "actions": [{"action_id": "retry"}]})}).encode(),
            _FORM,
        ),
        (urlencode({"payload": json.dumps({"type": "view_submission", "view": []})}).encode(), _FORM),
        (b"\xff=\xfe&&&===", _FORM),
        (
            urlencode(
                {"payload": json.dumps({"type": "view_submission", "view": {"callback_id": "x", "state": 7}})}
            ).encode(),
            _FORM,
        ),
        (urlencode({"payload": json.dumps({"type": "block_suggestion", "action_id": 7})}).encode(), _FORM),
        (
            urlencode(
                {
                    "payload": json.dumps(
                        {
                            "type": "block_actions",
                            "actions": [{"action_id": "retry", "block_id": "b", "value": "\ud800"}],
                        }
                    )
                }
            ).encode(),
            _FORM,
        ),
        (
            json.dumps(
                {
                    **_EVENT,
                    "event": {"type": "app_mention", "channel": "C\ud800", "ts": "1.9", "user": "U1", "text": "hi"},
                }
            ).encode(),
            "application/json",
        ),
    ],
)
async def test_malformed_bodies_break_nothing(stage: Stage, body: bytes, content_type: str) -> None:
    """Rightly signed nonsense gets an answer below 500."""
    status = await _post(stage, body, _sign(stage, body, content_type=content_type))

    assert status < 500
    assert await stage.get_status("/ready") == 200


_VIEW = {"id": "V1", "type": "modal", "callback_id": "generate"}
_PERSON = {"user": {"id": "U1"}, "team": {"id": "T1"}}
_SUBMISSION = {"type": "view_submission", **_PERSON, "view": _VIEW}
_ON_MESSAGE = {
    "type": "message_action",
    **_PERSON,
    "callback_id": "prototype_from_message",
    "trigger_id": "t.1",
    "channel": {"id": "C1"},
    "message": {"ts": "1.1"},
}


@pytest.mark.parametrize(
    "payload",
    [
        {"type": 5},
        {"type": "dialog_submission", "callback_id": "x"},
        {**_SUBMISSION, "view": None},
        {**_SUBMISSION, "view": {**_VIEW, "type": None}},
        {**_SUBMISSION, "view": {**_VIEW, "callback_id": {}}},
        {**_SUBMISSION, "view": {**_VIEW, "private_metadata": []}},
        {**_SUBMISSION, "view": {**_VIEW, "app_installed_team_id": {}}},
        {**_SUBMISSION, "view": {**_VIEW, "state": []}},
        {**_SUBMISSION, "view": {**_VIEW, "state": {"values": []}}},
        {**_SUBMISSION, "view": {**_VIEW, "state": {"values": {"prompt": 5}}}},
        {**_SUBMISSION, "view": {**_VIEW, "state": {"values": {"prompt": {"prompt": "text"}}}}},
        {**_SUBMISSION, "view": {**_VIEW, "state": {"values": {"prompt": {"prompt": {"value": {}}}}}}},
        {**_SUBMISSION, "view": {**_VIEW, "state": {"values": {"place": {"place": {"selected_option": 1}}}}}},
        {**_SUBMISSION, "user": {}},
        {**_SUBMISSION, "user": {"id": []}},
        {**_SUBMISSION, "response_urls": {}},
        {**_SUBMISSION, "response_urls": ["x"]},
        {"type": "view_closed", **_PERSON, "view": {"id": "V1"}},
        {"type": "shortcut", **_PERSON, "callback_id": "generate_prototype"},
        {"type": "shortcut", "callback_id": "generate_prototype", "trigger_id": "t.1"},
        {"type": "shortcut", **_PERSON, "callback_id": [], "trigger_id": "t.1"},
        {**_ON_MESSAGE, "message": None},
        {**_ON_MESSAGE, "message": {"ts": "1.1", "text": 7}},
        {**_ON_MESSAGE, "message": {"ts": "1.1", "thread_ts": {}}},
        {**_ON_MESSAGE, "channel": {}},
        {**_ON_MESSAGE, "response_url": 1},
        {"type": "block_actions", **_PERSON, "view": _VIEW, "actions": []},
        {"type": "block_actions", **_PERSON, "view": [], "actions": [{"action_id": "new_prototype"}]},
        {"type": "block_actions", "user": "U1", "actions": [{"action_id": "new_prototype"}]},
    ],
)
async def test_malformed_interactions_are_refused(stage: Stage, payload: dict[str, object]) -> None:
    """What listeners rely on is checked before they are called."""
    body = urlencode({"payload": json.dumps(payload)}).encode()

    assert await _post(stage, body, _sign(stage, body)) == 400


@pytest.mark.parametrize(
    "payload",
    [
        _SUBMISSION,
        {**_SUBMISSION, "view": {**_VIEW, "callback_id": "refine", "private_metadata": None}},
        {**_SUBMISSION, "view": {**_VIEW, "callback_id": "reason"}},
        {**_SUBMISSION, "team": None},
        {"type": "shortcut", **_PERSON, "callback_id": "generate_prototype", "trigger_id": "t.1"},
        _ON_MESSAGE,
        {**_ON_MESSAGE, "team": None},
        {"type": "block_actions", **_PERSON, "view": _VIEW, "actions": [{"action_id": "new_prototype"}]},
        {"type": "block_actions", "actions": [{"action_id": "refine", "value": "x"}]},
        {"type": "block_actions", "actions": [{"action_id": "feedback"}]},
        {"type": "block_actions", "actions": [{"action_id": "feedback_bad", "value": "good:x"}]},
    ],
)
async def test_bare_interactions_break_nothing(stage: Stage, payload: dict[str, object]) -> None:
    """With no more than has to be there, each is answered, and acknowledged."""
    body = urlencode({"payload": json.dumps(payload)}).encode()

    assert await _post(stage, body, _sign(stage, body)) == 200


_DELETION = {"type": "message", "subtype": "message_deleted", "channel": "D1", "ts": "1.2", "deleted_ts": "1.1"}


@pytest.mark.parametrize(
    "event",
    [
        {"type": "app_home_opened", "tab": "home"},
        {"type": "app_home_opened", "user": "U1", "tab": 5},
        {"type": "agent_session_stopped", "channel": "C1", "thread_ts": "1.1"},
        {"type": "agent_session_stopped", "channel": {}, "thread_ts": "1.1", "user": "U1"},
        {"type": "agent_session_stopped", "channel": "C1", "thread_ts": [], "user": "U1"},
        {**_DELETION, "deleted_ts": 1.1},
        {**_DELETION, "previous_message": "x"},
        {**_DELETION, "subtype": "message_changed", "message": []},
        {**_DELETION, "subtype": "message_changed", "message": {"subtype": "tombstone", "ts": {}}},
        {**_DELETION, "previous_message": {"bot_id": 5}},
    ],
)
async def test_malformed_events_are_refused(stage: Stage, event: dict[str, object]) -> None:
    """So that no listener raises, and Slack does not deliver them again as if it could help."""
    body = json.dumps({**_EVENT, "event": event}).encode()

    assert await _post(stage, body, _sign(stage, body, content_type="application/json")) == 400


async def test_slacks_url_check_is_answered(stage: Stage) -> None:
    """The challenge comes back, as Slack wants it when the address is set."""
    body = json.dumps({"type": "url_verification", "challenge": "c-123", "token": "t"}).encode()
    delivery = await stage.workspace.deliver_raw(body, _sign(stage, body, content_type="application/json"))

    assert delivery.status == 200
    assert "c-123" in delivery.body


async def test_a_body_that_is_too_large_is_refused(stage: Stage) -> None:
    """Slack's bodies are small."""
    body = b"x" * (2 * 1024 * 1024)

    assert await _post(stage, body, _sign(stage, body)) == 413


async def test_health_and_readiness(stage: Stage) -> None:
    """Both answer 200 while requests are taken."""
    assert await stage.get_status("/health") == 200
    assert await stage.get_status("/ready") == 200


async def test_a_click_from_elsewhere_is_not_obeyed(stage: Stage) -> None:
    """Neither another workspace nor an unknown job is acted upon."""
    calls = len(stage.codemie.calls)
    for team, value in (("T9", "message:T1:C1:1.1"), ("T1", "no such job")):
        payload = {
            "type": "block_actions",
            "team": {"id": team},
            "user": {"id": "U1"},
            "channel": {"id": "C1"},
            "trigger_id": "t.9",
            "actions": [{"action_id": "retry", "block_id": "b", "value": value, "type": "button"}],
        }
        body = urlencode({"payload": json.dumps(payload)}).encode()

        assert await _post(stage, body, _sign(stage, body)) == 200
    assert len(stage.codemie.calls) == calls
