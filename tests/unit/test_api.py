"""What of the API needs no bot: what clients prefer, how tokens are compared, and its description."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.api.access import is_same
from bot.api.document import make_document
from bot.api.examples import FAILURES, GENERATE_REQUEST, PROCESSING_RESPONSE, READY_RESPONSE, STATUS_RESPONSE
from bot.api.failures import ErrorResponse, Kind, fail_generation
from bot.api.preferences import LONGEST_WAIT_S, read_preferences
from bot.api.prompt_schema import describe_prompt
from bot.core.models import GenerateRequest, GenerateResponse, Outcome, StatusResponse
from bot.core.prompt import clean_text
from bot.core.texts import Language
from bot.errors import BotError

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("headers", "wait_s", "applied"),
    [
        ([], LONGEST_WAIT_S, None),
        (["respond-async"], 0, "respond-async"),
        (["Respond-Async"], 0, "respond-async"),
        (["return=minimal, respond-async"], 0, "respond-async"),
        (["respond-async, wait=10"], 10, "wait=10"),
        (["respond-async", 'wait="7"; foo'], 7, "wait=7"),
        (["wait = 5"], 5, "wait=5"),
        (["wait=5, wait=9"], 5, "wait=5"),
        (["wait=0"], 0, "wait=0"),
        (["wait=999999999999999999999"], LONGEST_WAIT_S, f"wait={LONGEST_WAIT_S}"),
        (["wait=-1"], LONGEST_WAIT_S, None),
        (["wait=soon, ,;="], LONGEST_WAIT_S, None),
    ],
)
def test_preferences_are_heard(headers: list[str], wait_s: float, applied: str | None) -> None:
    """What is unknown or malformed is not heard, and the first of two is."""
    preferences = read_preferences(headers)

    assert preferences.wait_s == wait_s
    assert preferences.applied == applied


def test_tokens_are_compared_in_constant_time() -> None:
    """Whatever their lengths, by the one function for that, which alone decides in the module."""
    tree = ast.parse((_ROOT / "bot" / "api" / "access.py").read_text())
    (comparing,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "is_same"]

    assert is_same(b"secret", b"secret")
    assert not is_same(b"secre", b"secret")
    assert not is_same("секрет".encode(), b"secret")
    assert "hmac.compare_digest" in ast.unparse(comparing)
    assert not [node for node in ast.walk(comparing) if isinstance(node, ast.Compare)]


@given(st.text(alphabet=st.sampled_from("ab9 \t\n\r\u00a0\u2003\u0000\u001f\u007f\u0085é🎉Ї"), max_size=24))
def test_the_pattern_says_which_prompts_are_too_short(text: str) -> None:
    """One that it takes is never refused as too short; one that it refuses is, but for some with empty lines."""
    pattern = describe_prompt(min_chars=5, max_chars=2000)["pattern"]
    is_taken = re.search(pattern, text) is not None
    cleaned = clean_text(text)

    assert not is_taken or len(cleaned) >= 5
    assert is_taken or len(cleaned) < 5 or "\n" in cleaned


def test_examples_are_what_the_models_say() -> None:
    """Those of the document, all with the kinds that there are."""
    GenerateRequest.model_validate(GENERATE_REQUEST)
    ready = GenerateResponse.model_validate(READY_RESPONSE)
    processing = GenerateResponse.model_validate(PROCESSING_RESPONSE)
    StatusResponse.model_validate(STATUS_RESPONSE)
    failures = [ErrorResponse.model_validate(value) for values in FAILURES.values() for value in values.values()]

    assert ready.model_dump(mode="json") == READY_RESPONSE
    assert processing.model_dump(mode="json") == PROCESSING_RESPONSE
    assert {failure.error for failure in failures} == set(Kind)


def _list_statuses(document: dict[str, Any]) -> set[int]:
    return {int(status) for status in document["paths"]["/api/generate"]["post"]["responses"]}


def test_every_end_of_a_job_has_a_documented_answer() -> None:
    """Whatever ends a generation, a client that waits is told by one of the statuses of the document."""
    document = make_document(min_chars=10, max_chars=2000, version="1", server_url="/")
    for error in BotError.walk():
        outcome = Outcome(error=error.code, limit=7, wait_s=37)
        failure = fail_generation(outcome, language=Language.ENGLISH, reference="7F3K2Q")

        assert failure.status in _list_statuses(document)
        assert not {"{", "}"} & set(failure.detail)


def test_each_object_of_the_document_is_described() -> None:
    """Its words are for clients: nothing of how the code reads is left in them."""
    document = make_document(min_chars=10, max_chars=2000, version="1", server_url="/")
    described = [schema["description"] for schema in document["components"]["schemas"].values()]

    assert all(described)
    assert not [words for words in described if ":func:" in words or "``" in words]
