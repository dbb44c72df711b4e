"""What finishing mends so that more people can use a page."""

import pytest

from bot.core.pages import finish_page
from bot.core.texts import Language


def finish(body: str, *, head: str = "", lang: str = "en") -> str:
    """Finish a page in Ukrainian."""
    page = f"<!doctype html><html lang='{lang}'><head>{head}</head><body>{body}</body></html>"
    return finish_page(page, css="", language=Language.UKRAINIAN)


def read_body(page: str) -> str:
    """Return what stands in the body."""
    return page.partition("<body>")[2].partition("</body>")[0]


@pytest.mark.parametrize(
    ("lang", "kept"), [("en", "en"), ("en-GB", "en-GB"), (" ", "uk"), ("ua", "uk"), ("ua-UA", "uk"), ("english", "uk")]
)
def test_a_language_that_is_none_is_replaced(lang: str, kept: str) -> None:
    """Models write the country's ``ua``, or a word; a screen reader would read with the wrong voice."""
    assert f'<html lang="{kept}">' in finish("<p>x</p>", lang=lang)


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ("width=device-width, user-scalable=no", "width=device-width, initial-scale=1"),
        ("width=device-width, maximum-scale=1.0", "width=device-width, initial-scale=1"),
        ("width=400", "width=400"),
    ],
)
def test_people_may_zoom(content: str, kept: str) -> None:
    """A viewport that forbids it is replaced, any other is the page's own affair."""
    page = finish("<p>x</p>", head=f'<meta name="Viewport" content="{content}">')

    assert f'content="{kept}"' in page
    assert page.count("iewport") == 1


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("<label>A</label> <input>", '<label for="control-1">A</label> <input id="control-1">'),
        ('<label>A</label><select id="a"></select>', '<label for="a">A</label><select id="a"></select>'),
        (
            '<input type="radio"><label>A</label><input type="radio"><label>B</label>',
            (
                '<input type="radio" id="control-1"><label for="control-1">A</label>'
                '<input type="radio" id="control-2"><label for="control-2">B</label>'
            ),
        ),
        (
            '<p id="control-1">x</p><label>A</label><textarea></textarea>',
            '<p id="control-1">x</p><label for="control-1-">A</label><textarea id="control-1-"></textarea>',
        ),
    ],
)
def test_a_label_is_tied_to_the_control_beside_it(body: str, left: str) -> None:
    """To the one after it, or to the tick before it; an id is kept, a new one is nobody else's."""
    page = finish(body)

    assert read_body(page) == left
    assert finish_page(page, css="", language=Language.UKRAINIAN) == page


@pytest.mark.parametrize(
    "body",
    [
        '<label for="b">A</label><input id="a">',
        "<label>A <input></label><input>",
        "<label></label><input>",
        "<label>A</label> or <input>",
        "<label>A</label><p>x</p><input>",
        '<label>A</label><input type="submit">',
        '<label>A</label><input aria-label="B">',
        '<label>A</label><input id="b"><label for="b">B</label>',
        "<label>A</label><button>b</button>",
    ],
)
def test_labels_that_might_mean_another_control_are_left(body: str) -> None:
    """A wrong name is worse than none."""
    assert read_body(finish(body)) == body
