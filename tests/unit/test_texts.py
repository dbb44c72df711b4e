"""The bot's words in both languages."""

import dataclasses
import string

import pytest

from bot.core.texts import Language, count_more, detect_language, explain_error, speak, write_place, write_wait
from bot.errors import BotError


def _list_fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("language", Language)
def test_every_error_of_the_tree_has_a_text(language: Language) -> None:
    """Whoever adds an error class owes people a text in both languages, and no text is left over."""
    assert set(speak(language).errors) == {error.code for error in BotError.walk()}


def test_codes_are_unique() -> None:
    """An error is revived by its code, so two classes share none; only the root stands for the unexpected."""
    codes = [error.code for error in BotError.walk() if error is not BotError]

    assert len(codes) == len(set(codes))


def test_both_languages_fill_in_the_same_values() -> None:
    """A template that names another value in one language would fail at run time."""
    english, ukrainian = speak(Language.ENGLISH), speak(Language.UKRAINIAN)
    for field in dataclasses.fields(english):
        one, other = getattr(english, field.name), getattr(ukrainian, field.name)
        if isinstance(one, str):
            assert _list_fields(one) == _list_fields(other), field.name
    for code in english.errors:
        assert _list_fields(english.errors[code]) == _list_fields(ukrainian.errors[code]), code


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
    ("n", "said"),
    [(1, "крок "), (2, "кроки "), (5, "кроків "), (11, "кроків "), (21, "крок "), (22, "кроки "), (112, "кроків ")],
)
def test_ukrainian_plurals(n: int, said: str) -> None:
    """One, few and many follow the rule of Unicode CLDR."""
    assert said in count_more(Language.UKRAINIAN, "steps", n)


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
