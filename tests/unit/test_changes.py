"""What a new version changes, as people are told."""

from bot.core.changes import Change, ChangeKind, compare_flows
from bot.core.models import Field, Flow, Step


def _make_flow(*steps: Step) -> Flow:
    return Flow(id="f", name="F", steps=steps)


def _make_step(step_id: str, title: str, **labels: str) -> Step:
    fields = tuple(Field(name=name, type="text", label=label) for name, label in labels.items())
    return Step(id=step_id, type="form", title=title, fields=fields or None)


BEFORE = _make_flow(_make_step("you", "Your details", name="Name", plate="Car plate"), _make_step("end", "Done"))


def test_the_same_flow_has_not_changed() -> None:
    """Nor has one whose ids, case and blanks are others."""
    again = _make_flow(_make_step("a", "your  details", x="NAME", y="Car plate"), _make_step("b", "Done"))

    assert compare_flows(BEFORE, BEFORE) == compare_flows(BEFORE, again) == ()


def test_what_was_added_removed_and_renamed_is_listed() -> None:
    """Steps first; a field that has moved to another step is the same."""
    after = _make_flow(
        _make_step("you", "About you", name="Full name"),
        _make_step("car", "Your car", plate="Car plate", phone="Phone"),
    )

    assert compare_flows(BEFORE, after) == (
        Change(kind=ChangeKind.STEP_ADDED, name="Your car"),
        Change(kind=ChangeKind.STEP_REMOVED, name="Done"),
        Change(kind=ChangeKind.STEP_RENAMED, name="Your details", new_name="About you"),
        Change(kind=ChangeKind.FIELD_ADDED, name="Phone"),
        Change(kind=ChangeKind.FIELD_RENAMED, name="Name", new_name="Full name"),
    )


def test_a_renamed_step_with_a_new_id_is_told_by_its_fields() -> None:
    """Half of all fields in both make it the same step."""
    after = _make_flow(_make_step("x", "Who you are", name="Name", plate="Car plate"), _make_step("end", "Done"))

    assert compare_flows(BEFORE, after) == (
        Change(kind=ChangeKind.STEP_RENAMED, name="Your details", new_name="Who you are"),
    )
