"""What is left of a job elsewhere, found by the results of its steps and by what it came to."""

from typing import Any
from uuid import UUID

from bot.core.models import GenerateRequest, Job, Outcome, Posted, Progress, ReplyAddress, Surface, Thread
from bot.core.texts import Language
from bot.remains import Remains, Share, Told, Unconfirmed, find_notice_remains, find_remains

_CONVERSATION = UUID(int=1)


def _make_job(*, thread_ts: str | None = None, earlier: Thread | None = None) -> Job:
    address = ReplyAddress(
        team="T1", channel="C1", user="U1", user_name="olena", surface=Surface.COMMAND, thread_ts=thread_ts
    )
    return Job(
        request=GenerateRequest(prompt="Registration for a parking permit"),
        address=address,
        language=Language.ENGLISH,
        earlier=Progress(thread=earlier),
    )


def _find(job: Job, outcome: Outcome | None, **steps: Any) -> Remains:  # noqa: ANN401 - results of steps
    return find_remains(job, outcome, steps, job_id="a", posted=Posted(), conversations=(_CONVERSATION,))


def _tell(channel: str, *ts: str, language: Language | None = Language.ENGLISH) -> list[Told]:
    return [Told(channel=channel, ts=each, language=language) for each in ts]


def test_a_job_that_died_is_known_by_its_steps() -> None:
    """It has no outcome, and its files hang under the anchor that it posted."""
    remains = _find(
        _make_job(),
        None,
        post_status="1.1",
        post_flow="1.2",
        upload_files={"files": ["F1", "F2"], "has_picture": False},
        intend_files=1,
    )

    assert list(remains.messages) == _tell("C1", "1.1", "1.2")
    assert remains.shares == (Share(channel="C1", thread_ts="1.1", files=("F1", "F2")),)
    assert remains.files == ("F1", "F2")
    assert remains.conversations == (_CONVERSATION,)


def test_a_job_that_moved_is_known_in_both_places() -> None:
    """Parts that went to the DM have names of their own; the files are where it talked last."""
    thread = Thread(channel="D1", thread_ts="2.1", status_ts="2.1")
    remains = _find(
        _make_job(),
        Outcome(progress=Progress(thread=thread, flow_ts="2.2")),
        post_status="1.1",
        open_dm="D1",
        post_status_dm="2.1",
        post_flow_dm="2.2",
        upload_files={"files": ["F1"]},
        add_picture="F9",
        intend_files_dm=1,
    )

    assert list(remains.messages) == [*_tell("C1", "1.1"), *_tell("D1", "2.1", "2.2")]
    assert remains.shares == (Share(channel="D1", thread_ts="2.1", files=("F1", "F9")),)


def test_what_the_attempt_before_had_posted_is_found() -> None:
    """A second attempt goes on in its thread, in the DM it had moved to, and takes its failure's place."""
    earlier = Thread(channel="D1", thread_ts="2.1", status_ts="2.1")
    remains = _find(_make_job(earlier=earlier), None, post_flow_dm="2.5", post_failure_dm="2.6")

    assert set(remains.messages) == {*_tell("D1", "2.1", "2.5"), *_tell("D1", "2.6", language=None)}
    assert remains.shares == ()


def test_files_that_were_never_meant_to_be_shared_are_no_share() -> None:
    """They are deleted all the same."""
    remains = _find(_make_job(thread_ts="1.0"), None, post_status="1.1", upload_files={"files": ["F1"]})

    assert remains.shares == ()
    assert remains.files == ("F1",)


def _doubt(part: str, thread_ts: str | None, *, channel: str = "C1") -> Unconfirmed:
    return Unconfirmed(channel=channel, thread_ts=thread_ts, job_id="a", part=part)


def test_what_was_meant_to_be_posted_is_looked_for_where_it_was_meant_for() -> None:
    """In the channel, under the anchor, or in the thread that was asked in; what has a ts is no question."""
    begun = _find(_make_job(), None, intend_status=1)
    anchored = _find(_make_job(), None, intend_status=1, post_status="1.1", intend_flow=1)
    asked_in = _find(_make_job(thread_ts="1.0"), Outcome(), intend_status=1, post_status="1.1", intend_failure=2)

    assert begun.unconfirmed == (_doubt("status", None),)
    assert anchored.unconfirmed == (_doubt("flow", "1.1"),)
    assert asked_in.unconfirmed == (_doubt("failure", "1.0"),)
    assert not begun.model_copy(update={"conversations": ()}).is_empty


def test_what_was_meant_for_the_dm_is_looked_for_there() -> None:
    """The channel's part was refused; an attempt goes on in the thread of the one before."""
    moved = _find(_make_job(), None, post_status="1.1", open_dm="D1", intend_status_dm=1)
    there = _find(_make_job(), None, open_dm="D1", intend_status_dm=1, post_status_dm="2.1", intend_flow_dm=1)
    earlier = Thread(channel="D1", thread_ts="2.1", status_ts="2.1")
    again = _find(_make_job(earlier=earlier), None, intend_flow_dm=1)

    assert moved.unconfirmed == (_doubt("status_dm", None, channel="D1"),)
    assert there.unconfirmed == again.unconfirmed == (_doubt("flow_dm", "2.1", channel="D1"),)


def test_a_notice_is_taken_back() -> None:
    """It was all that a request came to; one that was never posted leaves nothing."""
    address = _make_job().address

    assert list(find_notice_remains(address, {"post_notice": "1.1"}).messages) == _tell("C1", "1.1", language=None)
    assert find_notice_remains(address, {}).is_empty


def test_nothing_is_left_twice() -> None:
    """What two jobs share is erased once; jobs that are crossed off count no more."""
    one = Remains(jobs=("a",), files=("F1",))
    both = one.add(Remains(jobs=("a", "b"), files=("F2", "F1")))
    done = both.cross_off("a").cross_off("b").model_copy(update={"files": ()})

    assert both.jobs == ("a", "b")
    assert both.files == ("F1", "F2")
    assert done.is_empty
    assert done.erased == ("a", "b")
