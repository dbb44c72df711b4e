"""What holds for every regular expression of the bot."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]
# The end of a group, and a possessive quantifier: an escaped bracket is a character like any other.
_POSSESSIVE_GROUP: Final = re.compile(r"(?<!\\)(?:\\\\)*\)(?:[*+?]|\{[\d,]+\})\+")


def _find_texts() -> Iterator[tuple[str, str]]:
    for folder in ("bot", "handlers"):
        for path in (_ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
                    text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
                    yield path.name, text


def test_no_group_is_possessive() -> None:
    """Before 3.11.5 Python takes too much with these: https://github.com/python/cpython/issues/106052."""
    found = [(name, text) for name, text in _find_texts() if _POSSESSIVE_GROUP.search(text)]

    assert found == []
    assert all(_POSSESSIVE_GROUP.search(text) for text in (r"(?:a|b)*+", r"(a\)){0,20}+", "(?:a)++"))
    assert not any(_POSSESSIVE_GROUP.search(text) for text in (r"\)*+", "[^a]*+(?:b)*", "a{1,40}+"))
