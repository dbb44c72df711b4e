"""Who may ask, as a table: lists, guests, people of other organisations, and what is not known of them."""

import pytest

from bot.core.admission import Rules, Standing, Visitor, find_refusal

_MEMBER = Standing(team="T1")
_GUEST = Standing(team="T1", is_guest=True)
_OUTSIDER = Standing(team="T9")


def _visit(*teams: str, user: str = "U1", org: str | None = None) -> Visitor:
    return Visitor(home="T1", org=org, user=user, teams=frozenset(teams))


def _judge(rules: Rules, visitor: Visitor, standing: Standing | None, channel: str | None = "C1") -> str:
    refusal = find_refusal(rules, visitor, channel=channel, standing=standing)
    return refusal.code if refusal else ""


@pytest.mark.parametrize(
    ("visitor", "standing", "code"),
    [
        (_visit(), _MEMBER, ""),
        (_visit("T1"), _MEMBER, ""),
        (_visit("T1"), _GUEST, "not_admitted_guest"),
        (_visit(), _OUTSIDER, "not_admitted_stranger"),
        (_visit("T9"), _OUTSIDER, "not_admitted_stranger"),
        # Slack says false of a stranger who shares a channel with the app, and their team all the same.
        (_visit(), Standing(team="T1", is_stranger=True), "not_admitted_stranger"),
        # What the payload says counts as well, where the directory does not contradict it.
        (_visit("T9"), Standing(team=""), "not_admitted_stranger"),
        (_visit("E9"), _MEMBER, "not_admitted_stranger"),
        # Another workspace of one's own organisation is not another organisation; a guest there stays one.
        (_visit("T2", org="E1"), Standing(team="T2", org="E1"), ""),
        (_visit("E1", org="E1"), Standing(team="T2", org="E1"), ""),
        (_visit(org="E1"), Standing(team="T2", org="E1", is_guest=True), "not_admitted_guest"),
        (_visit(org="E1"), Standing(team="T1", org="E2"), "not_admitted_stranger"),
        (_visit(org="E1"), Standing(team="T9"), "not_admitted_stranger"),
        # Without users:read there is the payload alone.
        (_visit(), None, ""),
        (_visit("T1"), None, ""),
        (_visit("E1", org="E1"), None, ""),
        (_visit("T9"), None, "not_admitted_stranger"),
    ],
)
def test_guests_and_strangers_are_refused_by_default(visitor: Visitor, standing: Standing | None, code: str) -> None:
    """By what Slack's directory says of them, and by what the payload does."""
    assert _judge(Rules(), visitor, standing) == code


def test_guests_and_strangers_are_let_in_where_the_settings_say_so() -> None:
    """Each by a setting of their own; the lists hold for them too."""
    guests, strangers = Rules(has_guests=True), Rules(has_strangers=True)
    listed = Rules(has_strangers=True, teams=frozenset({"T1", "T9"}), users=frozenset({"U9"}))

    assert _judge(guests, _visit(), _GUEST) == ""
    assert _judge(guests, _visit("T9"), _OUTSIDER) == "not_admitted_stranger"
    assert _judge(strangers, _visit("T9"), _OUTSIDER) == ""
    assert _judge(strangers, _visit(), _GUEST) == "not_admitted_guest"
    assert _judge(listed, _visit("T9", user="U9"), _OUTSIDER) == ""
    assert _judge(listed, _visit("T9"), _OUTSIDER) == "not_admitted"
    assert _judge(listed, _visit("T8", user="U9"), Standing(team="T8")) == "not_admitted"


@pytest.mark.parametrize(
    ("rules", "channel", "code"),
    [
        (Rules(teams=frozenset({"T1"})), "C1", ""),
        (Rules(teams=frozenset({"E1"})), "C1", ""),
        (Rules(teams=frozenset({"T2"})), "C1", "not_admitted"),
        (Rules(users=frozenset({"U1"})), "C1", ""),
        (Rules(users=frozenset({"U2"})), "C1", "not_admitted"),
        (Rules(channels=frozenset({"C1"})), "C1", ""),
        (Rules(channels=frozenset({"C1"})), "C2", "not_admitted_channel"),
        (Rules(channels=frozenset({"C1"})), "D7", ""),
        (Rules(channels=frozenset({"C1"})), None, ""),
        (Rules(channels=frozenset({"C1"}), users=frozenset({"U2"})), "D7", "not_admitted"),
    ],
)
def test_a_list_lets_in_whom_it_names(rules: Rules, channel: str | None, code: str) -> None:
    """A direct message is open to whoever is, and so is a form that does not say yet where its result goes."""
    assert _judge(rules, _visit(org="E1"), Standing(team="T1", org="E1"), channel) == code
    assert _judge(rules, _visit(org="E1"), None, channel) == code


def test_the_directory_is_asked_only_where_it_matters() -> None:
    """Where guests and strangers may both ask, it does not."""
    rules = [Rules(), Rules(has_guests=True), Rules(has_strangers=True), Rules(has_guests=True, has_strangers=True)]

    assert [rule.needs_standing for rule in rules] == [True, True, True, False]
