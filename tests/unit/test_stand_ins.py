"""What stands in a picture for the controls that Blitz leaves out."""

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.core.texts import Language, speak
from bot.previews.frames import ControlWords
from bot.previews.stand_ins import put_stand_ins, replace_emoji


def choose_words(language: Language) -> ControlWords:
    """Return the words of browsers in that language."""
    texts = speak(language)
    return ControlWords(empty=texts.empty_controls, date=texts.date_shown)


def mend(body: str, *, language: Language = Language.ENGLISH) -> LexborHTMLParser:
    """Put stand-ins into a page and read what it has become, as Blitz would."""
    tree = LexborHTMLParser(f"<!doctype html><html><head></head><body>{body}</body></html>")
    put_stand_ins(tree, words=choose_words(language))
    return LexborHTMLParser(tree.html or "")


def find(tree: LexborHTMLParser, selector: str) -> LexborNode:
    """Return the one element that matches."""
    (node,) = tree.css(selector)
    return node


@pytest.mark.parametrize(
    ("control", "shown"),
    [
        ('<input placeholder="Anna">', "Anna"),
        ('<input value="Oleh" placeholder="Anna">', "Oleh"),
        ('<input type="email" placeholder="a@example.com">', "a@example.com"),
        ('<input type="number" value="4">', "4"),
        ('<input type="password" value="hunter2">', "•••••••"),
        ('<input type="password" placeholder="8 characters">', "8 characters"),
        ('<input type="date">', "mm/dd/yyyy"),
        ('<input type="date" value="2026-05-12">', "05/12/2026"),
        ('<input type="datetime-local" value="2026-05-12T09:30">', "05/12/2026, 09:30"),
        ('<input type="time" value="10:30">', "10:30"),
        ('<input type="month" value="2026-05">', "2026-05"),
        ('<input type="week">', "Week --, ----"),
        ('<input type="file" value="C:/secret">', "Choose file · no file chosen"),
        ('<input type="URL" placeholder="two\nlines">', "two lines"),
        ('<input type="strange" value="text">', "text"),
        ("<input>", ""),
    ],
)
def test_inputs_show_as_text_what_browsers_show_in_them(control: str, shown: str) -> None:
    """Blitz paints the value of text inputs alone, so every typed input becomes one."""
    node = find(mend(control), "input")

    assert node.attributes["type"] == "text"
    assert node.attributes["value"] == shown


def test_browsers_words_are_in_the_language_asked_for() -> None:
    """As in the browser of whoever asked: a Ukrainian has dates, files and buttons in Ukrainian."""
    tree = mend(
        '<input type="date"><input type="date" value="2026-05-12"><input type="file"><input type="submit">',
        language=Language.UKRAINIAN,
    )

    values = [node.attributes["value"] for node in tree.css("input")]
    assert values == ["дд.мм.рррр", "12.05.2026", "Вибрати файл · файл не вибрано", "Надіслати"]


def test_placeholders_are_told_from_values_by_their_colour() -> None:
    """Grey, or the colour of the class that the page gave its placeholders; values keep the page's colour."""
    tree = mend(
        '<input id="a" placeholder="x"><input id="b" placeholder="x" class="placeholder:text-slate-500">'
        '<input id="c" value="x"><textarea id="d" placeholder="x" class="placeholder-red-300"></textarea>'
    )

    assert "color: #7b8794" in (find(tree, "#a").attributes["style"] or "")
    assert "color: var(--color-slate-500, #7b8794)" in (find(tree, "#b").attributes["style"] or "")
    assert "color" not in (find(tree, "#c").attributes["style"] or "")
    assert "color: var(--color-red-300, #7b8794)" in (find(tree, "#d").attributes["style"] or "")


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ("<option>One<option>Two", "One"),
        ("<option>One<option selected>Two", "Two"),
        ('<option label="Short">Long', "Short"),
        ('<optgroup label="G"><option>One</optgroup>', "One"),
        ("", "\xa0"),
    ],
)
def test_select_shows_its_choice(options: str, shown: str) -> None:
    """The element stays, so that the page's rules fit it; inside is the text of one option, and a chevron behind."""
    node = find(mend(f"<select class='w-full'>{options}</select>"), "select")

    assert node.text() == shown
    assert node.css("option") == []
    assert node.attributes["class"] == "w-full"
    assert "background-image" in (node.attributes["style"] or "")


def test_list_shows_its_first_rows() -> None:
    """A list of several rows has no chevron; one of very many rows is bounded."""
    options = "".join(f"<option>Row {n}</option>" for n in range(30))
    several = find(mend(f"<select multiple>{options}</select>"), "select")
    many = find(mend(f'<select size="9999">{options}</select>'), "select")

    assert several.text().split("\n") == ["Row 0", "Row 1", "Row 2", "Row 3"]
    assert len(many.text().split("\n")) == 8
    assert "background-image" not in (several.attributes["style"] or "")


def test_a_select_with_an_arrow_of_its_own_gets_no_other() -> None:
    """Pages that take the browser's arrow away draw their own."""
    node = find(mend('<select class="appearance-none"><option>One</select>'), "select")

    assert "background-image" not in (node.attributes["style"] or "")


def test_text_areas_show_value_or_placeholder() -> None:
    """Blitz takes the text of an area from an attribute that browsers ignore; line ends stay."""
    tree = mend("<textarea>\none\ntwo</textarea><textarea placeholder='three'></textarea>")

    assert [node.attributes["value"] for node in tree.css("textarea")] == ["one\ntwo", "three"]


@pytest.mark.parametrize(
    ("control", "share"),
    [
        ('<progress value="0.4"></progress>', "40.0%"),
        ('<progress value="3" max="4"></progress>', "75.0%"),
        ('<progress value="9"></progress>', "100.0%"),
        ('<meter min="10" max="20" value="15"></meter>', "50.0%"),
        ('<meter min="5" max="5" value="5"></meter>', "0.0%"),
        ('<progress value="1e9999"></progress>', "0.0%"),
        ('<input type="range">', "50.0%"),
        ('<input type="range" min="10" max="150" value="62">', "37.1%"),
        ('<input type="range" value="-5">', "0.0%"),
    ],
)
def test_bars_are_as_full_as_they_say(control: str, share: str) -> None:
    """Bars and ranges are drawn with boxes; values out of their range, or none, do no harm."""
    tree = mend(control)

    assert any(f"width: {share}" in (node.attributes["style"] or "") for node in tree.css("span[style]"))
    assert tree.css("input") == []


def test_choices_are_marked_in_the_accents_colour() -> None:
    """Blitz marks with the text's colour, browsers with the accent's; what is not chosen keeps its colour."""
    tree = mend(
        '<input type="checkbox" checked class="accent-emerald-700"><input type="radio" checked><input type="radio">'
    )

    styles = [node.attributes.get("style") for node in tree.css("input")]
    assert styles == ["color: var(--color-emerald-700, #2563eb)", "color: #2563eb", None]


def test_colour_is_shown_and_is_a_colour() -> None:
    """The value goes into a style, so nothing but a colour is let in."""
    tree = mend('<input id="a" type="color" value="#ff8800"><input id="b" type="color" value="red;position:fixed">')

    assert "background: #ff8800" in (find(tree, "#a").attributes["style"] or "")
    assert "background: #000000" in (find(tree, "#b").attributes["style"] or "")


def test_pictures_that_are_not_there_show_their_text() -> None:
    """A page carries its pictures or shows their alternative text, with the size that was meant for them."""
    tree = mend(
        '<img src="https://far.example/a.png" alt="A chest" width="80" class="h-4">'
        '<img src="data:image/gif;base64,R0" alt="b">'
    )

    (span,) = tree.css("span")
    assert span.text() == "A chest"
    assert "width: 80px" in (span.attributes["style"] or "")
    assert span.attributes["class"] == "h-4"
    assert len(tree.css("img")) == 1


@pytest.mark.parametrize(
    ("classes", "is_boxed"),
    [
        ("px-2 text-sm", True),
        ("bg-red-100", True),
        ("status-ok", True),
        ("rounded", True),
        ("text-sm", False),
        ("hover:bg-red-100", False),
    ],
)
def test_badges_become_boxes(classes: str, is_boxed: bool) -> None:  # noqa: FBT001 - a table of cases
    """Blitz paints padding and background of boxes alone; text in a line stays in it."""
    node = find(mend(f'<p>a <span class="{classes}">b</span></p>'), "span")

    assert ("data-boxed" in node.attributes) is is_boxed


def test_a_border_on_one_side_is_told_from_the_others() -> None:
    """Its side is made square, and the others get another colour, unless they have borders themselves."""
    tree = mend(
        '<div id="a" class="rounded-lg border-l-4"></div><div id="b" class="rounded-lg border border-t-4"></div>'
        '<div id="c" class="rounded-lg border"></div><div id="d" class="border-l-4"></div>'
    )
    left, top = (find(tree, name).attributes["style"] or "" for name in ("#a", "#b"))

    assert left.startswith("border-bottom-left-radius: 0; border-top-left-radius: 0; border-right-color: transparent; ")
    assert "border-left-color" not in left
    assert top == "border-top-left-radius: 0; border-top-right-radius: 0"
    assert "style" not in find(tree, "#c").attributes
    assert "style" not in find(tree, "#d").attributes


def test_caption_stands_above_its_table() -> None:
    """Blitz leaves captions out."""
    tree = mend("<table><caption class='c'>Second floor</caption><tr><td>1</table>")

    assert tree.css("caption") == []
    assert find(tree, "div.c + table").text().strip() == "1"


def test_columns_may_be_narrower_than_blitz_holds_controls_to_be() -> None:
    """What is around a text control may shrink, but for what the page gave a width of its own."""
    tree = mend('<div id="a"><div id="b" class="min-w-40"><div id="c"><input></div></div></div>')

    assert find(tree, "#a").attributes["style"] == "min-width: 0"
    assert "style" not in find(tree, "#b").attributes
    assert find(tree, "#c").attributes["style"] == "min-width: 0"


def test_styles_of_the_page_stand_above_ours() -> None:
    """Ours come first and in a layer, the weakest place that there is."""
    tree = LexborHTMLParser("<html><head><style>select{color:red}</style></head><body></body></html>")
    put_stand_ins(tree, words=choose_words(Language.ENGLISH))
    first, second = tree.css("style")

    assert first.text().startswith("@layer stand-ins,")
    assert second.text() == "select{color:red}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("🚗 Cars", "● Cars"),
        ("👩‍🔬", "●"),
        ("✅ ok ✔️", "✓ ok ✓"),
        ("⭐⭐⭐", "★★★"),
        ("1️⃣", "1"),
        ("→ ₴ «ї» ✓", "→ ₴ «ї» ✓"),
    ],
)
def test_emoji_become_plain_signs(text: str, shown: str) -> None:
    """One sign for each emoji, however many code points it has; other signs stay."""
    assert replace_emoji(text) == shown


@pytest.mark.parametrize(
    "body", ["", "<select><select><input>", "<table><caption>", "<input type=range min=x max=y>", "<p" * 50]
)
def test_no_page_makes_it_fail(body: str) -> None:
    """Broken mark-up is read as a browser reads it."""
    assert mend(body).body is not None
