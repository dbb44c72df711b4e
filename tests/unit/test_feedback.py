"""What CodeMie tells of an opinion, by which it is taken back."""

import uuid

import pytest

from bot.codemie.feedback import read_taken_opinion, write_opinion, write_withdrawal
from bot.codemie.question import Opinion
from bot.core.models import Exchange, TakenOpinion
from bot.remains import count_answers, find_opinions

_CONVERSATION = uuid.UUID(int=4, version=4)
_OPINION = Opinion(assistant_id="a", conversation_id=_CONVERSATION, number=1, is_good=True, comment="fine")
_TAKEN = TakenOpinion(feedback_id="f", assistant_id="a", exchange=Exchange(conversation_id=_CONVERSATION, number=1))


def test_what_is_taken_back_is_named_as_it_was_given() -> None:
    """The answer's place is that in the flat list of questions and answers."""
    given, taken_back = write_opinion(_OPINION), write_withdrawal(_TAKEN)
    names = ("conversationId", "assistant_id", "messageIndex", "author")

    assert [given[name] for name in names] == [taken_back[name] for name in names]
    assert given["messageIndex"] == 3
    assert taken_back["feedbackId"] == "f"


def test_an_id_is_read() -> None:
    """From CodeMie's answer."""
    assert read_taken_opinion(b'{"id": "f"}', _OPINION) == _TAKEN


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"{}", b'{"id": null}', b'{"id": 7}', b"\xff"])
def test_an_answer_without_an_id_is_no_failure(body: bytes) -> None:
    """The opinion is given; it just can't be taken back."""
    assert read_taken_opinion(body, _OPINION) is None


def test_steps_of_another_version_have_no_opinions() -> None:
    """They kept nothing; what was kept is found beside them."""
    steps = {"rate_flow": None, "rate_ui": _TAKEN.model_dump(mode="json"), "other": {"id": 1}}

    assert find_opinions(steps) == (_TAKEN,)


def test_answers_are_counted_by_conversation() -> None:
    """Each step that asked keeps where its answer stands."""
    exchange = {"conversation_id": str(_CONVERSATION), "number": 0}
    steps = {"ask_flow": {"exchange": exchange}, "ask_again_flow": {"exchange": exchange}, "post_flow": "1.1"}

    assert count_answers(steps) == {_CONVERSATION: 2}
