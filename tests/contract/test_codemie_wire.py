"""CodeMie's bodies: read by our client however they are cut, and produced alike by the built-in CodeMie."""

import json
import random
import uuid
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from bot.codemie.wire import AnswerReader, Reading, write_chat
from bot.demo.codemie import BuiltInCodemie, Fault
from bot.errors import (
    CodemieAccessDenied,
    CodemieBadGateway,
    CodemieError,
    CodemieFailedAnswer,
    CodemieRateLimited,
    CodemieTimeout,
    CodemieUnavailable,
)

_WIRE: Final = Path(__file__).parent.parent / "wire"
_PAGE: Final = '<!DOCTYPE html>\n<html lang="uk"><body>Заявка \\ "подана" 🎉}{\u2028</body></html>'
_TWO_SPLITS_BYTES: Final = 1_200


@dataclass(frozen=True)
class Failure:
    """What a body says went wrong."""

    error: type[CodemieError]
    reason: str | None


Outcome = Reading | Failure

MEANINGS: Final[dict[str, Outcome]] = {
    "recorded/stream_ok.raw": Reading(text="ECHO(2 msgs): hello streaming world, how are you?", is_cut=False),
    "recorded/chat_ok.json": Reading(text="ECHO(2 msgs): hello there", is_cut=False),
    "recorded/stream_llm500.raw": Failure(CodemieUnavailable, "platform_error"),
    "recorded/stream_llm_dropped_midway.raw": Failure(CodemieUnavailable, "agent_network_error"),
    "recorded/chat_llm500_http200.json": Failure(CodemieUnavailable, "agent_failed"),
    "recorded/background_start.json": Failure(CodemieBadGateway, "background"),
    "recorded/denied_401.json": Failure(CodemieAccessDenied, None),
    "recorded/validation_422.json": Failure(CodemieFailedAnswer, "error_body"),
    "made/stream_unicode.raw": Reading(text=_PAGE, is_cut=False),
    "made/stream_newlines.raw": Reading(text="one two", is_cut=False),
    "made/stream_extra_final.raw": Reading(text="done", is_cut=False),
    "made/stream_tool_error.raw": Reading(text="found it", is_cut=False),
    "made/stream_cut.raw": Reading(text='{"id": "flow", "steps": [', is_cut=True),
    "made/stream_purechat_ok.raw": Reading(text="hello", is_cut=False),
    "made/stream_purechat_stacktrace.raw": Failure(CodemieFailedAnswer, "stacktrace"),
    "made/stream_token_limit.raw": Failure(CodemieFailedAnswer, "agent_token_limit"),
    "made/stream_timeout.raw": Failure(CodemieTimeout, "agent_timeout"),
    "made/stream_rate_limit.raw": Failure(CodemieRateLimited, "lite_llm_rate_limit_error"),
    "made/stream_unsuccessful.raw": Failure(CodemieFailedAnswer, "no_success"),
    "made/stream_empty.raw": Reading(text="", is_cut=False),
    "made/stream_schema.raw": Reading(text='{"id":"flow"}', is_cut=False),
    "made/stream_security.raw": Failure(CodemieFailedAnswer, "security_validator"),
    "made/stream_without_last.raw": Failure(CodemieUnavailable, "no_end"),
    "made/stream_odd_values.raw": Reading(text="ok", is_cut=False),
    "made/stream_missing_keys.raw": Reading(text="ok", is_cut=False),
    "made/error_in_200.json": Failure(CodemieFailedAnswer, "error_body"),
    "made/denied_in_200.json": Failure(CodemieAccessDenied, None),
    "made/chat_unsuccessful.json": Failure(CodemieFailedAnswer, "no_success"),
    "made/chat_purechat_failed.json": Failure(CodemieFailedAnswer, "chain_failed"),
    "made/chat_token_limit_http200.json": Failure(CodemieFailedAnswer, "agent_limit"),
    "made/chat_schema.json": Reading(text='{"id": "flow", "name": "Заявка"}', is_cut=False),
    "made/chat_cut.json": Reading(text="<html><body>", is_cut=True),
    "made/chat_null.json": Reading(text="", is_cut=False),
    "made/page_200.html": Failure(CodemieBadGateway, "foreign"),
    "made/text_200.txt": Failure(CodemieBadGateway, "foreign"),
    "made/other_service.json": Failure(CodemieBadGateway, "foreign"),
    "made/empty.raw": Failure(CodemieUnavailable, "no_end"),
}

every_body = pytest.mark.parametrize("name", MEANINGS)


def load(name: str) -> bytes:
    """Load a body."""
    return (_WIRE / name).read_bytes()


def read(*pieces: bytes) -> Outcome:
    """Read an answer that comes in these pieces."""
    reader = AnswerReader()
    for piece in pieces:
        reader.feed(piece)
    try:
        return reader.finish()
    except CodemieError as error:
        return Failure(type(error), error.reason)


def cut(body: bytes, places: list[int]) -> list[bytes]:
    """Cut a body at these places."""
    bounds = [0, *sorted(places), len(body)]
    return [body[start:end] for start, end in pairwise(bounds)]


def test_every_body_has_a_meaning() -> None:
    """No body lies about unread, and none is missing."""
    files = {str(path.relative_to(_WIRE)) for path in _WIRE.glob("*/*")}

    assert files == set(MEANINGS)


@every_body
def test_whole_body_is_read(name: str) -> None:
    """Each body means what it should when it comes in one piece."""
    assert read(load(name)) == MEANINGS[name]


@every_body
def test_body_is_read_byte_by_byte(name: str) -> None:
    """The reader keeps its place inside strings, escapes and UTF-8 sequences."""
    body = load(name)

    assert read(*(body[index : index + 1] for index in range(len(body)))) == MEANINGS[name]


@every_body
def test_body_is_read_when_cut_anywhere(name: str) -> None:
    """Wherever one cut falls, the meaning stays."""
    body = load(name)
    outcomes = [read(body[:place], body[place:]) for place in range(len(body) + 1)]

    assert [place for place, outcome in enumerate(outcomes) if outcome != MEANINGS[name]] == []


@pytest.mark.parametrize("name", [name for name in MEANINGS if 0 < len(load(name)) <= _TWO_SPLITS_BYTES])
def test_small_body_is_read_when_cut_twice(name: str) -> None:
    """Two cuts close to each other fall on both sides of every escape and every longer UTF-8 sequence."""
    body = load(name)
    wrong = [
        (place, place + width)
        for place in range(len(body))
        for width in range(1, 5)
        if read(body[:place], body[place : place + width], body[place + width :]) != MEANINGS[name]
    ]

    assert wrong == []


@every_body
@given(data=st.data())
def test_body_is_read_in_random_pieces(name: str, data: st.DataObject) -> None:
    """However many cuts there are and wherever they fall, the meaning stays."""
    body = load(name)
    places = data.draw(st.lists(st.integers(0, len(body)), max_size=60))
    event("more cuts than two" if len(places) > 2 else "two cuts or fewer")

    assert read(*cut(body, places)) == MEANINGS[name]


async def ask(codemie: BuiltInCodemie, *, stream: bool = True) -> httpx.Response:
    """Ask the built-in CodeMie as our client does, or without a stream."""
    body = write_chat(text="hello", conversation_id=uuid.uuid4()) | {"stream": stream}
    async with httpx.AsyncClient() as http:
        return await http.post(f"{codemie.api_url}/v1/assistants/any/model", json=body, headers={"user-id": "demo"})


def split_objects(body: bytes) -> list[dict[str, Any]]:
    """Split glued objects with the standard library, as a second opinion."""
    text, objects = body.decode(), []
    decoder = json.JSONDecoder()
    while text:
        found, end = decoder.raw_decode(text)
        objects.append(found)
        text = text[end:]
    return objects


def list_shapes(body: bytes) -> set[str]:
    """List the shapes in a body: for each object its keys in order, and whether they hold null."""
    return {describe(found) for found in split_objects(body)}


def describe(value: object) -> str:
    """Describe the keys and the kinds of a JSON value."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{describe(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(sorted({describe(item) for item in value})) + "]"
    return type(value).__name__


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("recorded/stream_ok.raw", None),
        ("recorded/stream_llm_dropped_midway.raw", Fault.execution_failure("agent_network_error")),
        ("recorded/stream_llm500.raw", Fault(text="", execution_error="platform_error")),
    ],
)
async def test_built_in_codemie_streams_the_recorded_shapes(name: str, fault: Fault | None) -> None:
    """The built-in CodeMie's objects have the recorded keys in the recorded order, with values of their kinds."""
    async with BuiltInCodemie(answer=lambda _: "an answer of some length", chunk_chars=7) as codemie:
        codemie.faults.extend([fault] if fault else [])
        response = await ask(codemie)

    assert response.headers["content-type"] == "application/x-ndjson"
    assert list_shapes(response.content) == list_shapes(load(name))
    assert type(read(response.content)) is type(read(load(name)))


@pytest.mark.parametrize(
    ("name", "fault", "status"),
    [
        ("recorded/chat_ok.json", None, 200),
        ("recorded/denied_401.json", Fault.denied(), 401),
    ],
)
async def test_built_in_codemie_answers_the_recorded_shapes(name: str, fault: Fault | None, status: int) -> None:
    """Bodies that are not streamed have the recorded keys too."""
    async with BuiltInCodemie(answer=lambda _: "an answer") as codemie:
        codemie.faults.extend([fault] if fault else [])
        response = await ask(codemie, stream=False)

    assert response.status_code == status
    assert list_shapes(response.content) == list_shapes(load(name))


async def test_built_in_codemie_starts_tasks_like_the_recording() -> None:
    """A call in the background is answered at once, with the id of a task and no answer."""
    body = write_chat(text="hello", conversation_id=uuid.uuid4()) | {"stream": False, "background_task": True}
    async with BuiltInCodemie(answer=lambda _: "an answer") as codemie, httpx.AsyncClient() as http:
        response = await http.post(f"{codemie.api_url}/v1/assistants/any/model", json=body, headers={"user-id": "demo"})

    assert list_shapes(response.content) == list_shapes(load("recorded/background_start.json"))
    assert read(response.content) == MEANINGS["recorded/background_start.json"]


async def test_built_in_codemie_validates_like_the_recording() -> None:
    """A text that is no string is refused with the recorded message, and without ``help``."""
    async with BuiltInCodemie(answer=lambda _: "an answer") as codemie, httpx.AsyncClient() as http:
        response = await http.post(
            f"{codemie.api_url}/v1/assistants/any/model", json={"text": 5}, headers={"user-id": "demo"}
        )

    recorded = json.loads(load("recorded/validation_422.json"))["error"]
    assert response.status_code == 422
    assert response.json()["error"].keys() == recorded.keys()
    assert response.json()["error"]["message"] == recorded["message"]


@pytest.mark.parametrize("seed", range(20))
async def test_built_in_answer_is_read_back_unchanged(seed: int) -> None:
    """Whatever the answer, the reader gives it back byte for byte; live text breaks up ``}{`` as CodeMie does."""
    alphabet = '{}"\\[]\n\r\t}{ <>aіЇ🎉\u2028'
    text = "".join(random.Random(seed).choices(alphabet, k=500)) + "."  # noqa: S311 - a test's variety
    async with BuiltInCodemie(answer=lambda _: text, chunk_chars=50) as codemie:
        response = await ask(codemie)
    reader = AnswerReader()
    live = reader.feed(response.content)

    assert reader.finish() == Reading(text=text, is_cut=False)
    assert live != text
    assert live.replace("}_{", "}{") == text
