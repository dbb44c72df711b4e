"""How the bot and its painter talk."""

import io

import pytest
from PIL import Image

from bot.previews.frames import (
    LENGTH,
    PICTURE,
    ControlWords,
    Request,
    is_sane_png,
    read_request,
    write_answer,
    write_request,
)

WORDS = ControlWords(empty={"date": "дд.мм.рррр"}, date="{day}.{month}.{year}")


def make_png(width: int = 3, height: int = 2) -> bytes:
    """Write a small picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def test_requests_are_read_as_they_were_written() -> None:
    """One after the other, up to the end of the stream; lone surrogates, which no page can hold, are replaced."""
    request = Request(html="<p>Ґанок 🚗</p>", titles=["Крок", "\ud800"], more=["", "ще 1"], words=WORDS)
    stream = io.BytesIO(write_request(request) * 2)

    assert read_request(stream) == Request(html=request.html, titles=["Крок", "?"], more=request.more, words=WORDS)
    assert read_request(stream) is not None
    assert read_request(stream) is None


@pytest.mark.parametrize("cut", [1, 3, 4, 5, 40])
def test_a_request_that_is_cut_is_the_end(cut: int) -> None:
    """A bot that is killed while it writes leaves half a request."""
    content = write_request(Request(html="<p>", titles=["One"], more=[""], words=WORDS))

    assert read_request(io.BytesIO(content[:cut])) is None


def test_answers_carry_their_length_and_kind() -> None:
    """The length counts the kind."""
    assert write_answer(PICTURE, b"abc") == LENGTH.pack(4) + b"Pabc"


def test_a_picture_is_sane() -> None:
    """A PNG within the bound is let through."""
    assert is_sane_png(make_png(), side_px=3)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        make_png(4, 2),
        make_png(2, 4),
        make_png()[:-1],
        make_png() + b"x",
        b"x" + make_png()[1:],
        make_png().replace(b"IHDR", b"IDAT"),
        make_png().replace(b"\x00\x00\x00\x03\x00\x00\x00\x02", bytes(8)),
        b"<html>" + make_png(),
    ],
)
def test_anything_else_is_none(content: bytes) -> None:
    """What is too large, cut, prolonged, of no size or no PNG is refused."""
    assert not is_sane_png(content, side_px=3)
