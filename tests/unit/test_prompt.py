"""The prompt: decoded from Slack's notation, cleaned, checked."""

import pytest

from bot.core.prompt import Intent, check_prompt, clean_text, decode_text, read_intent
from bot.errors import EmptyPrompt, PromptTooLong, PromptTooShort, SuspiciousPrompt


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("<@UBOT> a form for <@U2|max>", "  a form for @max"),
        ("<@U2> wants a form", "@U2 wants a form"),
        ("as on <https://example.com/a?b=1&amp;c=2|our site>", "as on our site"),
        ("as on <https://example.com/a?b=1&amp;c=2>", "as on https://example.com/a?b=1&c=2"),
        ("write to <mailto:a@example.com>", "write to a@example.com"),
        ("post in <#C1|general> and <#C2>", "post in #general and #C2"),
        ("tell <!here> and <!subteam^S1|@design>", "tell @here and @design"),
        ("a &lt;b&gt; tag &amp;amp; more", "a <b> tag &amp; more"),
        ("typed &lt;@UBOT&gt;", "typed <@UBOT>"),
        ("a <b>bold</b> title", "a <b>bold</b> title"),
    ],
)
def test_text_is_decoded_into_what_was_seen(sent: str, seen: str) -> None:
    """The bot's own mention goes, labels and addresses stay, entities come last."""
    assert decode_text(sent, bot_user_id="UBOT") == seen


def test_control_characters_and_blanks_are_cleaned() -> None:
    """NULs go, line ends and runs of blanks become one, letters stay."""
    assert clean_text("  Форма\x00\tз\r\n\r\n\r\n ім'ям   і 🙂 \x07") == "Форма з\n\nім'ям і 🙂"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", EmptyPrompt),
        (" \n\x00 ", EmptyPrompt),
        ("a form", PromptTooShort),
        ("x" * 2001, PromptTooLong),
        ("A form '; DROP TABLE users; --", SuspiciousPrompt),
    ],
)
def test_unusable_prompts_are_refused(text: str, error: type[Exception]) -> None:
    """Each kind of prompt that can't be used has an error of its own."""
    with pytest.raises(error):
        check_prompt(text, min_chars=10, max_chars=2000)


@pytest.mark.parametrize("chars", [10, 2000])
def test_bounds_are_inclusive(chars: int) -> None:
    """A prompt of exactly the least or the most characters passes."""
    assert check_prompt(f" {'ї' * chars} ", min_chars=10, max_chars=2000) == "ї" * chars


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("hi", Intent.GREETING),
        ("Привіт!", Intent.GREETING),
        ("Доброго дня 🙂", Intent.GREETING),
        ("help", Intent.HELP),
        ("Що ти вмієш?", Intent.HELP),
        ("hi, make a form for parking permits", Intent.PROMPT),
        ("", Intent.PROMPT),
    ],
)
def test_greetings_and_calls_for_help_are_told_from_prompts(text: str, intent: Intent) -> None:
    """Only a message that is nothing but a greeting is one."""
    assert read_intent(text) is intent
