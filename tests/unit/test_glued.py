"""Values of more quotes and escapes than one match goes past are split like any other."""

import json
from typing import Final

import pytest

from bot.codemie.glued import JsonSplitter, read_whole

_VALUES: Final = [
    {"page": 'x\\"{}[]' * 3_000, "many": ['q"'] * 500},
    "s" * 10,
    {"escapes": "\\" * 5_001, "steps": [[]] * 300, "words": {str(number): '"' * number for number in range(200)}},
]


@pytest.mark.parametrize("size", [1, 7, 1_000, 65_536, 10**9])
def test_long_values_are_split_in_pieces_of_any_size(size: int) -> None:
    """Cut anywhere, the same values come out, and nothing is left."""
    body = "".join(map(json.dumps, _VALUES)).encode()
    splitter = JsonSplitter(limit_bytes=len(body))
    values = [value for start in range(0, len(body), size) for value in splitter.feed(body[start : start + size])]

    assert [json.loads(value) for value in values] == _VALUES
    assert splitter.take_rest() == b""


def test_whole_objects_are_read_and_the_rest_is_left() -> None:
    """What is cut, in an object or in a character, is given back as it came; so is what is no object."""
    whole, cut = '{"a":"д"}{"b":[{}]}'.encode(), '{"c":"д'.encode()[:-1]

    assert read_whole(whole + cut) == ([{"a": "д"}, {"b": [{}]}], cut)
    assert read_whole(whole + b" {}") == ([{"a": "д"}, {"b": [{}]}], b" {}")
    assert read_whole(b"{'no': 1}{}") == ([], b"{'no': 1}{}")
    assert read_whole(b'{"a":' * 100_000) == ([], b'{"a":' * 100_000)
