"""Values of more quotes and escapes than one match goes past are split like any other."""

import json
from typing import Final

import pytest

from bot.codemie.glued import JsonSplitter, decode_start, make_mould

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


def test_a_cut_character_is_given_back() -> None:
    """What comes before it is decoded; so is all where nothing is cut."""
    whole, cut = '{"a":"д"}', "д".encode()[:1]

    assert decode_start(whole.encode() + cut + b"x") == (whole, cut + b"x")
    assert decode_start(whole.encode()) == (whole, b"")


def test_a_mould_knows_what_is_written_like_it() -> None:
    """Another string in its place is read, escapes and all; with anything else different it is another object."""
    mould = make_mould('{"a":{"text":"д"},"b":1}', key="text", value="д")
    assert mould is not None
    alike = '{}{"a":{"text":"}\\"{\\u0434"},"b":1}{'

    assert mould.read(alike, 2) == ('}"{д', len(alike) - 1)
    assert mould.read('{"a":{"text":"д"},"b":2}', 0) is None
    assert mould.read('{"c":{"text":"д"},"b":1}', 0) is None
    assert mould.read('{"a":{"text":"д"},"b":', 0) is None
    with pytest.raises(ValueError, match="Unterminated string"):
        mould.read('{"a":{"text":"д', 0)


@pytest.mark.parametrize("written", ['{"text":"a","b":{"text":"a"}}', '{"text":"b"}', '{"text": "a"}', '{"no":"a"}'])
def test_no_mould_is_made_of_what_leaves_a_doubt(written: str) -> None:
    """Two such strings, another one, or none that is written as the server does."""
    assert make_mould(written, key="text", value="a") is None
