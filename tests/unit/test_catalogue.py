"""The catalogues of the bot's words: how they are read, and whether they fit the code and each other."""

import ast
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Final

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from bot.core.catalogue import CatalogueError, Plural, read_catalogue
from bot.core.texts import Language, Texts, speak

ROOT: Final = Path(__file__).parents[2]
HEADER: Final = 'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'
PLURALS: Final = [field.name for field in fields(Texts) if field.type is Plural]
# The categories one, few and many for whole numbers: https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html
UKRAINIAN_FORMS: Final = {0: 2, 1: 0, 2: 1, 4: 1, 5: 2, 11: 2, 12: 2, 14: 2, 21: 0, 22: 1, 25: 2, 101: 0, 111: 2}


def _find_catalogue(language: Language) -> Path:
    return ROOT / "bot" / "core" / "locales" / f"{language}.po"


def _read_messages(language: Language) -> dict[str, Message]:
    """Read what a translator sees, by id, without the header."""
    with _find_catalogue(language).open("rb") as file:
        messages = [message for message in read_po(file, abort_invalid=True) if message.id]
    return {message.id if isinstance(message.id, str) else message.id[0]: message for message in messages}


def _list_forms(message: Message) -> list[str]:
    assert message.string

    return [message.string] if isinstance(message.string, str) else list(message.string)


def _find_placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def _read(text: str, types: Mapping[str, object]) -> dict[str, object]:
    return read_catalogue((HEADER + text).encode().splitlines(keepends=True), types)


def _is_table(node: ast.expr) -> bool:
    """Tell whether an expression is a table of texts, as the code calls it: texts, run.texts, speak(language)."""
    match node:
        case ast.Name(id="texts") | ast.Attribute(attr="texts") | ast.Call(func=ast.Name(id="speak")):
            return True
    return False


def _find_read_fields() -> Iterator[str]:
    for folder in ("bot", "handlers"):
        for path in (ROOT / folder).rglob("*.py"):
            nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            yield from (node.attr for node in nodes if isinstance(node, ast.Attribute) and _is_table(node.value))


def test_each_type_of_field_is_read_from_its_ids() -> None:
    """A name alone is a text or a plural; what follows a dot is a place in a tuple or a key."""
    values = _read(
        'msgid "one"\nmsgstr "Один"\n\nmsgid "row.1"\nmsgstr "a"\n\nmsgid "row.2"\nmsgstr "b"\n\n'
        'msgid "map.x.y"\nmsgstr "c"\n\n'
        'msgid "many"\nmsgid_plural "many"\nmsgstr[0] "{n} step of {total}"\nmsgstr[1] "{n} steps of {total}"\n',
        {"one": str, "row": tuple[str, ...], "map": Mapping[str, str], "many": Plural},
    )
    many = values.pop("many")

    assert values == {"one": "Один", "row": ("a", "b"), "map": {"x.y": "c"}}
    assert isinstance(many, Plural)
    assert [many(n, total=9) for n in (0, 1, 2)] == ["0 steps of 9", "1 step of 9", "2 steps of 9"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        pytest.param(str, "", id="missing"),
        pytest.param(str, 'msgid "it"\nmsgstr ""\n', id="empty"),
        pytest.param(str, '#, fuzzy\nmsgid "it"\nmsgstr "a"\n', id="fuzzy"),
        pytest.param(str, 'msgid "it"\nmsgstr "a"\nmsgid "more"\nmsgstr "b"\n', id="surplus"),
        pytest.param(str, 'msgid "it"\nmsgstr "a"\nmsgid "it.key"\nmsgstr "b"\n', id="surplus member"),
        pytest.param(str, 'msgid "it.key"\nmsgstr "a"\n', id="a member for a text"),
        pytest.param(str, 'msgid "it"\nmsgid_plural "it"\nmsgstr[0] "a"\nmsgstr[1] "b"\n', id="a plural for a text"),
        pytest.param(Plural, 'msgid "it"\nmsgstr "a"\n', id="a text for a plural"),
        pytest.param(Plural, 'msgid "it"\nmsgid_plural "it"\nmsgstr[0] "a"\n', id="a form missing"),
        pytest.param(
            Plural, 'msgid "it"\nmsgid_plural "it"\nmsgstr[0] "a"\nmsgstr[1] "b"\nmsgstr[2] "c"\n', id="a form too many"
        ),
        pytest.param(tuple[str, ...], 'msgid "it.1"\nmsgstr "a"\nmsgid "it.3"\nmsgstr "b"\n', id="a gap"),
        pytest.param(tuple[str, ...], 'msgid "it"\nmsgstr "a"\n', id="a text for a tuple"),
        pytest.param(Mapping[str, str], "", id="no members"),
        pytest.param(Mapping[str, str], 'msgid "it"\nmsgstr "a"\n', id="a text for a mapping"),
        pytest.param(str, 'msgid "it"\nmsgstrr "a"\n', id="not a catalogue"),
    ],
)
def test_a_catalogue_that_does_not_fit_is_refused(kind: object, text: str) -> None:
    """A defect shows when the catalogue is read, not when somebody gets a message without its words."""
    with pytest.raises(CatalogueError):
        _read(text, {"it": kind})


@pytest.mark.parametrize("language", Language)
def test_no_id_stands_twice(language: Language) -> None:
    """The reader keeps the first of two, so that a change to the second would do nothing."""
    ids = re.findall(r'^msgid "(.+)"$', _find_catalogue(language).read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(ids) == sorted(_read_messages(language))


def test_the_catalogues_have_the_same_texts_in_the_same_order() -> None:
    """Mappings have the same keys and tuples the same length in both, and changes are easy to compare."""
    english, ukrainian = _read_messages(Language.ENGLISH), _read_messages(Language.UKRAINIAN)

    assert list(english) == list(ukrainian)


@pytest.mark.parametrize("language", Language)
def test_translators_are_told_of_every_placeholder(language: Language) -> None:
    """Each form of a text fills in the same values, in both languages, and a comment says what each of them is.

    Only the first of two forms, which is for the number one alone, may say the number in words.
    """
    english = _read_messages(Language.ENGLISH)
    for msgid, message in _read_messages(language).items():
        told = set(re.findall(r"\{(\w+)\}[:,]", " ".join(message.auto_comments)))

        assert message.auto_comments == english[msgid].auto_comments, msgid
        one, *others = (_find_placeholders(form) for form in _list_forms(message))
        assert [one, *others] == [told] * (1 + len(others)) or (one | {"n"}, *others) == (told, told), msgid


def test_every_text_is_read_somewhere() -> None:
    """Nobody translates what nobody is told. A table of texts is called ``texts`` or comes right from ``speak``."""
    unused = {field.name for field in fields(Texts)} - set(_find_read_fields())

    assert unused == set()


@pytest.mark.parametrize("name", PLURALS)
@pytest.mark.parametrize(("n", "form"), UKRAINIAN_FORMS.items())
def test_ukrainian_plurals(name: str, n: int, form: int) -> None:
    """One, few and many follow the rule of Unicode CLDR, in every plural text."""
    forms = [text.format(n=n) for text in _list_forms(_read_messages(Language.UKRAINIAN)[name])]

    assert len(set(forms)) == len(forms)
    assert getattr(speak(Language.UKRAINIAN), name)(n) == forms[form]
