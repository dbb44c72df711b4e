"""The wire's pure parts: what is written, what statuses mean, what marks a cut answer, what reading costs."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bot.codemie.wire import MAX_ANSWER_BYTES, AnswerReader, Reading, decipher_error, write_chat
from bot.errors import (
    CodemieAccessDenied,
    CodemieBadGateway,
    CodemieError,
    CodemieFailedAnswer,
    CodemieLoginFailed,
    CodemieNotFound,
    CodemieRateLimited,
    CodemieRejected,
    CodemieUnavailable,
)

NOW = datetime(2026, 8, 3, 12, 0, 0, tzinfo=UTC)
CONVERSATION = uuid.UUID("b85a1e71-24bb-4422-805f-41deccf598b5")
SECRET = "a stack trace with a secret"


def delta(text: str, *, thought_id: str = "1", in_progress: bool = True, **more: object) -> dict[str, Any]:
    """Make an object of live text."""
    thought = {"id": thought_id, "author_name": "Codemie Thoughts", "in_progress": in_progress, "message": text}
    return {"last": False, "thought": thought | more}


def last(text: object, **more: object) -> dict[str, Any]:
    """Make a last object."""
    return {"last": True, "generated": text, "thought": None, **more}


def read(*objects: object) -> Reading:
    """Read a stream of these objects."""
    reader = AnswerReader()
    reader.feed(b"".join(json.dumps(item).encode() for item in objects))
    return reader.finish()


def decipher(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> CodemieError:
    """Decipher a response."""
    return decipher_error(status, httpx.Headers(headers), body, now=NOW)


def write_error(message: str, **more: object) -> bytes:
    """Write CodeMie's error body."""
    return json.dumps({"error": {"message": message, "details": SECRET, **more}}).encode()


def test_chat_has_what_is_needed_and_no_more() -> None:
    """Empty prompts and models are left out: null would be refused with 422."""
    body = write_chat(text="hi", conversation_id=CONVERSATION, system_prompt=None, model="")

    assert body == {"text": "hi", "conversation_id": str(CONVERSATION), "stream": True}


def test_chat_carries_prompt_and_model() -> None:
    """Given, they go under the server's names."""
    body = write_chat(text="hi", conversation_id=CONVERSATION, system_prompt="Answer JSON.", model="gpt-4.1")

    assert body["system_prompt"] == "Answer JSON."
    assert body["llm_model"] == "gpt-4.1"


def test_chat_replaces_lone_surrogates() -> None:
    """Half an emoji can't be written as UTF-8; the rest of the text still goes."""
    body = write_chat(text="half \ud83d end", conversation_id=CONVERSATION)

    assert body["text"] == "half ? end"


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (204, b"", CodemieBadGateway),
        (302, b"", CodemieBadGateway),
        (304, b"", CodemieBadGateway),
        (400, write_error("Bedrock assistants do not support changing models"), CodemieRejected),
        (401, write_error("JWT has expired"), CodemieLoginFailed),
        (401, write_error("Authentication required"), CodemieLoginFailed),
        (401, b"<html>Sign in</html>", CodemieLoginFailed),
        (401, write_error("Access denied"), CodemieAccessDenied),
        (401, write_error("Sign in first", login_url="https://mcp.example.com"), CodemieAccessDenied),
        (403, write_error("Access denied"), CodemieAccessDenied),
        (404, write_error("Assistant not found"), CodemieNotFound),
        (405, b'{"detail":"Method Not Allowed"}', CodemieRejected),
        (408, b"", CodemieRateLimited),
        (413, b"<html>nginx</html>", CodemieRejected),
        (422, write_error("text: Input should be a valid string"), CodemieRejected),
        (429, write_error("Too many attempts."), CodemieRateLimited),
        (500, write_error("Assistant Error"), CodemieUnavailable),
        (500, b"Internal Server Error", CodemieUnavailable),
        (501, b"", CodemieBadGateway),
        (502, b"<html>nginx</html>", CodemieUnavailable),
        (503, write_error("Elastic service unavailable"), CodemieUnavailable),
        (504, b"<html>nginx</html>", CodemieUnavailable),
    ],
)
def test_status_is_deciphered(status: int, body: bytes, expected: type[CodemieError]) -> None:
    """Each status, and 401 by its body, becomes one kind of error, which keeps nothing that the server said."""
    error = decipher(status, body)

    assert type(error) is expected
    assert error.status == status
    assert SECRET not in f"{error} {error.reason}"


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"null", b"{", b'{"error":"x"}', b"[" * 100_000, b"\xff"])
def test_odd_error_bodies_are_tolerated(body: bytes) -> None:
    """Whatever the body of a 401, it is read as a refused token."""
    assert type(decipher(401, body)) is CodemieLoginFailed


def test_sign_in_header_means_no_access() -> None:
    """An assistant whose MCP server wants a person's sign-in is not about our token."""
    error = decipher(401, b"{}", {"X-User-MCP-Auth-Location": "https://mcp.example.com"})

    assert type(error) is CodemieAccessDenied


def test_missing_assistant_differs_from_missing_prefix() -> None:
    """The reason tells an operator whether the id or the address is wrong."""
    assert decipher(404, write_error("Assistant not found")).reason == "assistant"
    assert decipher(404, b'{"detail":"Not Found"}').reason == "path"


@pytest.mark.parametrize(
    ("headers", "expected_s"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 1.5 "}, 1.5),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "Mon, 03 Aug 2026 12:00:30 GMT"}, 30.0),
        ({"Retry-After": "Mon, 03 Aug 2026 11:00:00 GMT"}, 0.0),
        ({"Retry-After": "Mon, 03 Aug 2026 09:00:30 GMT", "Date": "Mon, 03 Aug 2026 09:00:10 GMT"}, 20.0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": "Mon, 99 Aug 2026 09:00:30 GMT"}, None),
    ],
)
def test_retry_after_is_read(headers: dict[str, str], expected_s: float | None) -> None:
    """Seconds or a date, which counts from the server's own clock where it shows it."""
    assert decipher(429, headers=headers).retry_after_s == expected_s


@pytest.mark.parametrize(
    ("objects", "is_cut"),
    [
        ([delta("a"), delta("", in_progress=False), last("a")], False),
        ([delta("a"), last("a")], True),
        ([last("a")], False),
        ([delta("plan", thought_id="1"), delta("a", thought_id="2"), delta("", thought_id="2", in_progress=False),
          last("a")], False),
        ([delta("a", thought_id="1"), delta("", thought_id="1", in_progress=False), delta("b", thought_id="2"),
          last("b")], True),
        ([delta("a", thought_id="1"), delta("", thought_id="2", in_progress=False), last("a")], True),
        ([delta("a", author_name="Web Search"), last("a")], False),
        ([delta(""), last("a")], False),
        ([delta("a") | {"generated_chunk": "a"}, last("a")], False),
    ],
)  # fmt: skip
def test_cut_answer_is_noticed(objects: list[dict[str, Any]], is_cut: bool) -> None:  # noqa: FBT001 - a parameter
    """Only a thought of the model that was seen live and never closed marks a cut answer."""
    assert read(*objects).is_cut is is_cut


def test_last_objects_text_counts() -> None:
    """The deltas differ from the answer where ``}{`` was broken up."""
    assert read(delta("a}_{b"), delta("", in_progress=False), last("a}{b")).text == "a}{b"


def test_lone_surrogates_of_an_answer_are_replaced() -> None:
    """An answer can always be written as UTF-8."""
    assert read(last("half \ud83d end")).text == "half ? end"


def test_failed_tool_does_not_fail_the_run() -> None:
    """Tools report errors that the model deals with."""
    tool = delta("404", author_name="Web Search", error=True, in_progress=False) | {"execution_error": "tool_error"}

    assert read(tool, last("found it")).text == "found it"


def test_kind_without_a_failed_thought_does_not_fail_the_run() -> None:
    """Before the last object, a failure is a kind together with a thought of the model that failed."""
    assert read(delta("a") | {"execution_error": "agent_timeout"}, last("a")).text == "a"


def test_first_failure_counts() -> None:
    """A trace stays final, whatever the last object makes of it."""
    trace = delta("trace", error=True, in_progress=False) | {"execution_error": "stacktrace"}

    with pytest.raises(CodemieFailedAnswer) as caught:
        read(trace, last("a", execution_error="platform_error"))
    assert caught.value.reason == "stacktrace"


def test_failure_of_an_extra_last_object_counts() -> None:
    """The object that may follow the last one can still say that the run failed."""
    with pytest.raises(CodemieFailedAnswer):
        read(last("a"), last(None, success=False))


@pytest.mark.parametrize(
    ("deltas", "is_cut"),
    [
        ([delta("a"), delta("b"), delta("", in_progress=False), delta("c")], True),
        ([delta("a"), delta("b"), delta("", in_progress=False), delta("")], False),
        ([delta("a", in_progress=False), delta("b", in_progress=False)], False),
        ([delta("a"), delta("b"), delta("c", thought_id="2"), delta("d", thought_id="2")], True),
        ([delta("a"), delta("b", author_name="Tool"), delta("c", author_name="Tool"), delta("d")], True),
    ],
)
def test_a_thought_is_followed_through_objects_that_are_alike(deltas: list[dict[str, Any]], is_cut: bool) -> None:  # noqa: FBT001 - a parameter
    """Those that are known by their bytes say and change what they would say and change if they were parsed."""
    body = b"".join(json.dumps(item, separators=(",", ":")).encode() for item in [*deltas, last("answer")])
    reader = AnswerReader()
    said = reader.feed(body)

    words = [item["thought"]["message"] for item in deltas if item["thought"]["author_name"] != "Tool"]
    assert said == "".join(words)
    assert reader.finish() == Reading(text="answer", is_cut=is_cut)


def test_what_follows_the_end_is_ignored() -> None:
    """A proxy's words after a complete answer change nothing."""
    reader = AnswerReader()
    reader.feed(json.dumps(last("a")).encode() + b"<html>502</html>")

    assert reader.finish().text == "a"


@pytest.mark.parametrize("kind", ["x" * 65, f"{SECRET}", "", 7, {"a": 1}])
def test_unknown_kind_is_final_and_not_quoted(kind: object) -> None:
    """Only words of the known form are kept from ``execution_error``."""
    with pytest.raises(CodemieFailedAnswer) as caught:
        read(last("a", execution_error=kind))

    assert caught.value.reason == "unknown"
    assert str(caught.value) == "the run failed: unknown"


@pytest.mark.parametrize("value", [b'{"a":' * 50_000, b'{"last":' + b"9" * 10_000 + b"}"])
def test_hostile_json_is_no_answer(value: bytes) -> None:
    """Nesting and numbers beyond Python's limits end in an error of the tree."""
    reader = AnswerReader()
    reader.feed(value + b"}" * 50_000)

    with pytest.raises(CodemieError):
        reader.finish()


def test_answer_over_the_limit_is_refused_while_it_comes() -> None:
    """Memory is bounded: the reader gives up before it has the whole object."""
    reader = AnswerReader()
    reader.feed(b'{"last":true,"generated":"')
    half = b"x" * (MAX_ANSWER_BYTES // 2)
    reader.feed(half)

    with pytest.raises(CodemieFailedAnswer) as caught:
        reader.feed(half)
    assert caught.value.reason == "too_large"
