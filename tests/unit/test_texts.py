"""The bot's words in both languages."""

import pytest

from bot.core.texts import Language, detect_language, explain_error, speak, write_place, write_wait
from bot.errors import BotError


@pytest.mark.parametrize("language", Language)
def test_every_error_of_the_tree_has_a_text(language: Language) -> None:
    """Whoever adds an error class owes people a text in both languages, and no text is left over."""
    assert set(speak(language).errors) == {error.code for error in BotError.walk()}


@pytest.mark.parametrize("language", Language)
def test_every_error_can_be_explained(language: Language) -> None:
    """No text of an error asks for a value that an error does not have."""
    said = [explain_error(language, error.code, limit=7, wait_s=37) for error in BotError.walk()]

    assert not [text for text in said if not text or {"{", "}"} & set(text)]


def test_codes_are_unique() -> None:
    """An error is revived by its code, so two classes share none; only the root stands for the unexpected."""
    codes = [error.code for error in BotError.walk() if error is not BotError]

    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("Registration for a parking permit", Language.ENGLISH),
        ("Реєстрація на паркування", Language.UKRAINIAN),
        ("Форма входу", Language.UKRAINIAN),
        ("Login form for Дія", Language.ENGLISH),
        ("CRM для ОСББ з полями e-mail", Language.UKRAINIAN),
        ("ОСББ і CRM dashboard", Language.UKRAINIAN),
        ("12345 !", Language.ENGLISH),
        ("Форма быстрого заказа", Language.ENGLISH),
    ],
)
def test_the_prompt_decides_the_language(prompt: str, language: Language) -> None:
    """The script of most words decides, Ukrainian takes a tie, and the default what has no words."""
    assert detect_language(prompt, default=Language.ENGLISH) is language


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [
        (Language.UKRAINIAN, 1, "…і ще 1 крок у flow.json"),
        (Language.UKRAINIAN, 3, "…і ще 3 кроки у flow.json"),
        (Language.UKRAINIAN, 11, "…і ще 11 кроків у flow.json"),
        (Language.ENGLISH, 1, "…and 1 more step in flow.json"),
        (Language.ENGLISH, 11, "…and 11 more steps in flow.json"),
    ],
)
def test_a_number_is_said_with_the_fitting_form(language: Language, n: int, said: str) -> None:
    """A plural text is called with its number."""
    assert speak(language).steps_more(n) == said


def test_an_unknown_code_is_explained_as_unexpected() -> None:
    """A job kept by another version may hold a code this one does not know."""
    assert explain_error(Language.ENGLISH, "no_such_code") == explain_error(Language.ENGLISH, "unexpected")


@pytest.mark.parametrize(
    ("wait_s", "said"),
    [(0, "1 s"), (0.2, "1 s"), (37, "37 s"), (120, "120 s"), (121, "3 min"), (7_200, "120 min"), (7_201, "3 h")],
)
def test_a_wait_is_rounded_up(wait_s: float, said: str) -> None:
    """Whoever comes back when told so is not told to wait again."""
    assert write_wait(Language.ENGLISH, wait_s) == said


@pytest.mark.parametrize(("n", "said"), [(1, "first"), (3, "third"), (10, "tenth"), (11, "number 11")])
def test_a_place_in_line_is_said_in_words(n: int, said: str) -> None:
    """As far as words are short."""
    assert write_place(Language.ENGLISH, n) == said
