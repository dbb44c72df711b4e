"""Injection attempts are found, ordinary prompts are not, whatever they are written in."""

import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from bot.core.injection import Injection, find_injection

CORPUS = Path(__file__).parents[1] / "corpus"
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\"}


def read_corpus(name: str) -> list[str]:
    """Read the lines of a corpus file: no comments, escapes decoded."""
    lines = (CORPUS / name).read_text(encoding="utf-8").splitlines()
    texts = [line for line in lines if line and not line.startswith("#")]
    return [re.sub(r"\\([ntr0\\])", lambda match: ESCAPES[match[1]], text) for text in texts]


def read_attacks(name: str) -> list[tuple[Injection, str]]:
    """Read attacks, each with the kind that stands before it."""
    pairs = [line.split(" ", 1) for line in read_corpus(name)]
    return [(Injection(kind), text) for kind, text in pairs]


ORDINARY = read_corpus("ordinary.txt")
TRAPS = read_corpus("ordinary_traps.txt")
ATTACKS = read_attacks("attacks.txt")
EMBEDDED = read_attacks("attacks_embedded.txt")
COMPLETE_ATTACKS = [
    (Injection.SQL, "'; DROP TABLE users; --"),
    (Injection.SQL, "' OR '1'='1"),
    (Injection.SQL, "' UNION SELECT login, password FROM users--"),
    (Injection.SQL, "'; WAITFOR DELAY '0:0:5'--"),
    (Injection.SQL, "1' AND extractvalue(1,concat(0x7e,version()))--"),
    (Injection.SCRIPT, "<script>alert(1)</script>"),
    (Injection.SCRIPT, "<img src=x onerror=alert(1)>"),
    (Injection.SCRIPT, '<a href="javascript:alert(1)">x</a>'),
    (Injection.SCRIPT, "<iframe src=//evil.example></iframe>"),
    (Injection.SCRIPT, "{{constructor.constructor('alert(1)')()}}"),
]
# What patterns and scanners are slow on when they are written carelessly.
HOSTILE_FRAGMENTS = [
    "<", "<a ", "<script>", "<a b='", '<a b="x ', "<a onx=", "/*", "*/", "'", '"', "'a b ", "' or ", "or 1=1 ",
    "1 and ", "union select a,", "select a from ", "; drop table ", "insert into a (", "{{", "${a", "<%", "--\n",
    "#\n", "%27", "%2525", "&lt;", "\\x27", "((", "))", "0x", "char(1)", "java script : ", "=", " ", "\t\n", "a.", "\0",
]  # fmt: skip


@pytest.mark.parametrize("prompt", [*ORDINARY, *TRAPS, *read_corpus("ordinary_heldout.txt")])
def test_an_ordinary_prompt_passes(prompt: str) -> None:
    """Words of SQL, HTML and scripts in a request are no attempt."""
    assert find_injection(prompt) is None


@pytest.mark.parametrize(("kind", "text"), [*ATTACKS, *EMBEDDED, *read_attacks("attacks_heldout.txt")])
def test_an_attack_is_found(kind: Injection, text: str) -> None:
    """Every known attempt is found and named for what it is."""
    assert find_injection(text) is kind


def test_the_corpora_are_large_enough_to_mean_something() -> None:
    """Half of the ordinary prompts are Ukrainian, and no text stands in two sets."""
    ukrainian = [prompt for prompt in ORDINARY if re.search("[а-яіїєґ]", prompt.lower())]
    tuned = {*ORDINARY, *TRAPS, *(text for _, text in [*ATTACKS, *EMBEDDED])}
    held_out = {*read_corpus("ordinary_heldout.txt"), *(text for _, text in read_attacks("attacks_heldout.txt"))}

    assert len(ORDINARY) >= 170
    assert len(ukrainian) * 2 >= len(ORDINARY)
    assert len(ATTACKS) >= 70
    assert len(held_out) == 100
    assert not tuned & held_out


@pytest.mark.parametrize("encode", [quote, escape, lambda text: quote(quote(text)), lambda text: quote(escape(text))])
@pytest.mark.parametrize(("kind", "attack"), COMPLETE_ATTACKS)
def test_an_encoded_attack_is_found(kind: Injection, attack: str, encode: Callable[[str], str]) -> None:
    """Percent signs and entities, also in layers, hide nothing."""
    assert find_injection(encode(attack)) is kind


@given(st.sampled_from(ORDINARY), st.sampled_from(COMPLETE_ATTACKS), st.sampled_from(ORDINARY))
def test_an_attack_inside_a_sentence_is_found(before: str, attack: tuple[Injection, str], after: str) -> None:
    """What stands around an attack, in either language, does not hide it."""
    kind, text = attack

    assert find_injection(f"{before} {text} {after}") is kind


@given(st.text(max_size=300))
def test_any_text_has_an_answer(text: str) -> None:
    """No text is an error."""
    assert find_injection(text) in {None, Injection.SQL, Injection.SCRIPT}


@given(st.lists(st.sampled_from(HOSTILE_FRAGMENTS), min_size=1, max_size=4), st.sampled_from([2_000, 20_000]))
def test_a_hostile_text_has_an_answer(fragments: list[str], size_chars: int) -> None:
    """A text made of what is slow to read ends, ten times the longest prompt too; the test's timeout guards it."""
    unit = "".join(fragments)
    text = (unit * size_chars)[:size_chars]
    event(f"{size_chars} characters")

    assert find_injection(text) in {None, Injection.SQL, Injection.SCRIPT}


def test_a_name_with_an_apostrophe_is_no_quote() -> None:
    """An apostrophe between letters, straight or curled, breaks out of nothing."""
    assert find_injection("Ім'я or прізвище = 'так', об’єднання and в'їзд = 1") is None


def test_three_layers_of_encoding_are_undone() -> None:
    """No more: the work done for one text stays bounded, and nobody decodes a prompt even once."""
    layers = ["<script>alert(1)</script>"]
    for _ in range(4):
        layers.append(quote(layers[-1]))

    assert [find_injection(text) for text in layers] == [Injection.SCRIPT] * 4 + [None]
