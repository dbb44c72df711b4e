"""Keys and ids."""

from bot.core.ids import Role, make_conversation_id, make_message_key, make_reference


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
