"""What a person types into the built-in workspace, as Slack sends it on."""

import pytest

from bot.demo.workspace.typed import parse_typed, to_slack_text


@pytest.mark.parametrize("word", ["x", "a-", "a.", "a+", "--a"])
def test_a_long_word_is_read_once(word: str) -> None:
    """Everything else waits meanwhile; read anew from each letter it would outlast the test."""
    typed = word * (200_000 // len(word))

    assert to_slack_text(parse_typed(typed, {})) == typed


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("see my-site.com.ua.", "see <http://my-site.com.ua|my-site.com.ua>."),
        ("(a.b+c@d-e.org)", "(<mailto:a.b+c@d-e.org|a.b+c@d-e.org>)"),
        ("https://q.ua/a, then", "<https://q.ua/a>, then"),
        ("ask @max or @nobody", "ask <@U2> or @nobody"),
    ],
)
def test_what_leads_somewhere_is_in_angle_brackets(typed: str, sent: str) -> None:
    """Addresses and people, and not the stops behind them."""
    assert to_slack_text(parse_typed(typed, {"max": "U2"})) == sent
