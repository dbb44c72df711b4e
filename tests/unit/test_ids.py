"""Keys and ids."""

from bot.core.ids import (
    Role,
    find_origin,
    is_attempt,
    make_choice_key,
    make_conversation_id,
    make_message_key,
    make_reference,
    make_regenerate_key,
    make_retry_key,
    make_upgrade_key,
)


def _make(role: Role, attempt: str) -> str:
    return str(make_conversation_id(team="T1", thread="C1:1700.1", role=role, attempt=attempt))


def test_conversation_ids_are_version_4_and_repeatable() -> None:
    """CodeMie's feedback takes version-4 ids only; the same attempt has the same id."""
    first = make_conversation_id(team="T1", thread="C1:1700.1", role=Role.FLOW, attempt="0")

    assert first.version == 4
    assert str(first) == _make(Role.FLOW, "0")


def test_roles_and_attempts_never_share_a_conversation() -> None:
    """Sharing one would mix their turns."""
    ids = {_make(role, attempt) for role in Role for attempt in ("0", "1", "2")}

    assert len(ids) == 6


def test_a_message_has_one_key_whatever_event_brings_it() -> None:
    """The key names the message, not the event."""
    assert make_message_key(team="T1", channel="C1", ts="1.2") == "message:T1:C1:1.2"


def test_references_can_be_read_out() -> None:
    """Six characters, none of them easily misread."""
    reference = make_reference("message:T1:C1:1.2")

    assert len(reference) == 6
    assert not set(reference) & set("ILOU")
    assert reference == make_reference("message:T1:C1:1.2")


def test_a_choice_is_an_attempt_at_its_message() -> None:
    """The bot has asked what is meant by the message; the answer's job is found from it, and it from that."""
    message = make_message_key(team="T1", channel="D1", ts="1.2")
    attempt = make_retry_key(job_id=make_choice_key(key=message))

    assert find_origin(attempt) == message
    assert is_attempt(attempt, origin=message, or_version=False)
    assert not is_attempt(make_choice_key(key=f"{message}3"), origin=message, or_version=True)


def test_a_result_may_be_made_anew_again_and_again() -> None:
    """Each time has a key; all of them are versions of the same result, and none is an attempt at it."""
    keys = [make_regenerate_key(job_id="message:T1:C1:1.1", number=number) for number in range(3)]

    assert keys == [f"{word}:message:T1:C1:1.1" for word in ("regenerate", "regenerate.1", "regenerate.2")]
    for key in keys:
        assert find_origin(make_retry_key(job_id=key)) == key
        assert is_attempt(make_retry_key(job_id=key), origin="message:T1:C1:1.1", or_version=True)
        assert not is_attempt(key, origin="message:T1:C1:1.1", or_version=False)
    assert not is_attempt("regenerated.1:a", origin="a", or_version=True)


def test_attempts_are_told_from_versions() -> None:
    """Tried again or done anew is the same request; made once more in another way is so where that is wanted."""
    regenerated = make_regenerate_key(job_id="message:T1:C1:1.1", number=0)
    attempt = make_retry_key(job_id=make_upgrade_key(job_id=regenerated))

    assert find_origin(attempt) == regenerated
    assert is_attempt(attempt, origin=regenerated, or_version=False)
    assert not is_attempt(attempt, origin="message:T1:C1:1.1", or_version=False)
    assert is_attempt(attempt, origin="message:T1:C1:1.1", or_version=True)
    assert not is_attempt("verdict:good:only:U1:a", origin="a", or_version=True)
    assert not is_attempt("retry:aa", origin="a", or_version=True)
