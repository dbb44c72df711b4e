"""What is seen of an answer that is still being written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.models import Flow, Step
from bot.core.partial import count_titles, read_partial_flow
from bot.core.texts import Language

STEPS = [
    {"id": "a", "type": "form", "title": 'Your "details" {x}', "fields": [
        {"name": "n", "type": "text", "label": "Name"}, {"name": "p", "type": "text", "label": "Car ] plate"}]},
    {"id": "b", "type": "info", "title": "Готово", "message": "a \\ b"},
]  # fmt: skip
TEXT = json.dumps({"id": "f", "name": "Permit", "steps": STEPS}, ensure_ascii=False, indent=1)
FLOW = Flow(id="f", name="F", steps=tuple(Step(id=t, type="info", title=t) for t in ("Your details", "Check & send")))


def test_steps_and_fields_come_one_after_the_other() -> None:
    """With every character there are as many as before, or more; at the end there are all."""
    flows = [read_partial_flow(TEXT[:end], language=Language.ENGLISH) for end in range(len(TEXT) + 1)]
    counts = [sum(1 + len(step.fields or ()) for step in flow.steps) if flow else 0 for flow in flows]

    assert counts == sorted(counts)
    assert set(counts) == {0, 2, 3, 4}
    assert flows[-1] is not None
    assert flows[-1].name == "Permit"


@given(st.text(alphabet='{}[]":,\\ abfstepsé1', max_size=300))
def test_nothing_breaks_it(text: str) -> None:
    """Whatever a model says, a flow or none comes of it."""
    flow = read_partial_flow('{"steps": [' + text, language=Language.ENGLISH)

    assert flow is None or flow.steps


@pytest.mark.parametrize("text", ["", "no JSON", "[1, 2", '{"steps": [', '{"a": {"b": 1}', "x" * 10 + "{" * 300_000])
def test_nothing_yet_is_none(text: str) -> None:
    """Also for an answer that is too long to be looked at."""
    assert read_partial_flow(text, language=Language.ENGLISH) is None


def test_titles_count_as_headings_only() -> None:
    """A page lists its steps at its top before it has drawn them."""
    links = "<ul><li>Your details</li><li>Check &amp; send</li></ul>"

    assert count_titles(FLOW, links) == 0
    assert count_titles(FLOW, f"{links}<h2 class='x'> Your\n details </h2>") == 1
    assert count_titles(FLOW, "<h2>Your details</h2><h3>Check &amp; send</h3><h2>Other") == 2
