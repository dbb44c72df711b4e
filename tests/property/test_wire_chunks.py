"""Glued JSON in any pieces: the reader's result depends on the bytes alone, never on how they were cut."""

import json
from itertools import pairwise

from hypothesis import event, example, given
from hypothesis import strategies as st

from bot.codemie.glued import JsonSplitter
from bot.codemie.wire import AnswerReader, Reading
from bot.errors import CodemieError


def write_delta(kind: tuple[dict[str, object], dict[str, object]], words: str | None) -> dict[str, object]:
    """Write an object of a kind."""
    thought, more = kind
    return {"generated": None, "thought": {**thought, "message": words, "children": []}, **more}


# What can go wrong in a scanner: quotes, backslashes, brackets inside strings, and characters of many bytes.
TRICKY = st.text(alphabet=st.sampled_from('"\\{}[]/u\n\t a:,іЇ🎉\u2028\u00a0'), max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TRICKY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TRICKY, inner, max_size=4),
    max_leaves=12,
)
NESTED = VALUES.filter(lambda value: isinstance(value, dict | list | str))
BLANKS = st.sampled_from(["", "\n", " ", "\r\n\t "])
# Bytes that look like a stream but need not be one.
SOUP = st.lists(
    st.sampled_from(
        [b'{"last":true,"generated":"x"}',
         b'{"last":true,"generated":"', b'"}', b"}", b"{", b"[", b"]", b'"', b"\\", b"<html>", b"null", b" ", b"\n",
         b'{"thought":null}', b"\xf0\x9f", b"\x8e\x89", b"\xff", b"\x00", b'"generated":', b"1", b","]
    ),
    max_size=30,
).map(b"".join)  # fmt: skip
# What the objects of a stream have around what is said, as the server writes them: usually this, or nearly.
USUAL: tuple[dict[str, object], dict[str, object]] = (
    {"id": 1, "author_name": "Codemie Thoughts", "in_progress": True},
    {},
)
OTHERS: list[tuple[dict[str, object], dict[str, object]]] = [
    ({"in_progress": False}, {}),
    ({"id": 2}, {}),
    ({"id": 2, "in_progress": False}, {}),
    ({"id": None}, {}),
    ({"author_name": "Tool"}, {}),
    ({"metadata": {"message": "a"}}, {}),
    ({"error": True}, {"execution_error": "platform_error"}),
    ({}, {"generated_chunk": "a"}),
    ({}, {"last": True, "generated": "a"}),
]
KINDS = st.sampled_from(OTHERS).map(lambda kind: ({**USUAL[0], **kind[0]}, kind[1]))
WORDS = st.sampled_from(["a", 'b}{"', "і\\", "", None])
# Few kinds and many objects: most are like one before.
DELTAS = st.lists(KINDS, max_size=2).flatmap(
    lambda kinds: st.lists(st.builds(write_delta, st.sampled_from([USUAL, *kinds]), WORDS), min_size=3, max_size=12)
)


def cut(body: bytes, data: st.DataObject) -> list[bytes]:
    """Cut a body at places of Hypothesis' choosing; now and then into single bytes."""
    if data.draw(st.booleans(), label="byte by byte"):
        return [body[index : index + 1] for index in range(len(body))]
    places = data.draw(st.lists(st.integers(0, len(body)), max_size=20), label="places")
    return [body[start:end] for start, end in pairwise([0, *sorted(places), len(body)])]


@given(values=st.lists(NESTED, max_size=6), is_ascii=st.booleans(), data=st.data())
def test_glued_values_are_split(values: list[object], is_ascii: bool, data: st.DataObject) -> None:  # noqa: FBT001 - given
    """The splitter gives back each value, however the glued text and its UTF-8 are cut."""
    written = [json.dumps(value, ensure_ascii=is_ascii) for value in values]
    text = "".join(data.draw(BLANKS) + item for item in written) + data.draw(BLANKS)
    splitter = JsonSplitter(limit_bytes=1_000_000)
    found = [value for piece in cut(text.encode(), data) for value in splitter.feed(piece)]
    event(f"{min(len(values), 3)} values or more")

    assert [value.decode() for value in found] == written
    assert splitter.take_rest() == b""


@given(text=TRICKY, said=st.lists(TRICKY, max_size=5), data=st.data())
def test_answer_is_the_last_objects_text(text: str, said: list[str], data: st.DataObject) -> None:
    """Whatever was said live, the answer is the last object's text, unchanged."""
    thoughts = [
        {"thought": {"id": 1, "author_name": "Codemie Thoughts", "in_progress": True, "message": message}}
        for message in said
    ]
    closing = {"thought": {"id": 1, "author_name": "Codemie Thoughts", "in_progress": False, "message": ""}}
    stream = [*thoughts, closing, {"last": True, "generated": text, "thought": None}]
    body = "".join(json.dumps(item, ensure_ascii=False) for item in stream).encode()
    reader = AnswerReader()
    live = "".join(reader.feed(piece) for piece in cut(body, data))
    event("an answer of several bytes a character" if len(text.encode()) > len(text) else "an ASCII answer")

    assert reader.finish() == Reading(text=text, is_cut=False)
    assert live == "".join(said)


def summarise(pieces: list[bytes]) -> tuple[object, ...]:
    """Read a body in pieces and say what came of it."""
    reader = AnswerReader()
    said = "".join(reader.feed(piece) for piece in pieces)
    try:
        return said, reader.finish()
    except CodemieError as error:
        return said, type(error), error.reason, str(error)


@given(body=SOUP, data=st.data())
@example(body=b'{"last":true,"generated":"a\\\\"}}', data=None)
@example(body=b"nullnull{", data=None)
def test_any_bytes_are_read_alike_in_any_pieces(body: bytes, data: st.DataObject | None) -> None:
    """Garbage ends in an answer or a CodemieError, the same one for every way to cut it."""
    whole = summarise([body])
    pieces = cut(body, data) if data else [body[index : index + 1] for index in range(len(body))]
    event("an answer" if isinstance(whole[1], Reading) else str(whole[1:3]))

    assert summarise(pieces) == whole


@given(deltas=st.lists(DELTAS, max_size=12), text=TRICKY, is_ascii=st.booleans(), data=st.data())
def test_objects_that_are_alike_are_read_like_any_others(
    deltas: list[dict[str, object]],
    text: str,
    is_ascii: bool,  # noqa: FBT001 - given
    data: st.DataObject,
) -> None:
    """Known by what they have in common with one before, or not, they say and change the same."""
    stream = [*deltas, {"generated": text, "thought": None, "last": True}]
    written = [json.dumps(item, ensure_ascii=is_ascii, separators=(",", ":")).encode() for item in stream]
    # One byte by one none is whole in its piece, so that each is parsed.
    slowly = summarise([bytes([byte]) for item in written for byte in item])
    event("an answer" if isinstance(slowly[1], Reading) else str(slowly[1:3]))

    assert summarise([b"".join(written)]) == slowly
    assert summarise(cut(b"".join(written), data)) == slowly
