"""Pages checked against their flow, and finished so that nothing in them runs, loads or navigates."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from bot.core.models import Field, Flow, Step
from bot.core.pages import PageReport, check_page, finish_page, finish_scripted, list_classes
from bot.core.texts import Language

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; media-src data:; "
    "form-action 'none'; base-uri 'none'"
)


def make_flow(*fields: Field, title: str = "Your data") -> Flow:
    """Make a flow of one step."""
    return Flow(id="f", name="F", steps=(Step(id="s", type="form", title=title, fields=fields),))


def check(body: str, *fields: Field, title: str = "Your data", root: str = '<html lang="en">') -> PageReport:
    """Check a page that has the title."""
    return check_page(f"{root}<body><h2>Your data</h2>{body}</body></html>", make_flow(*fields, title=title))


def finish_body(body: str, *, css: str = "") -> str:
    """Finish a page of this body and return what is left of the body's content."""
    page = finish_page(f"<!doctype html><html lang=en><body>{body}</body></html>", css=css, language=Language.ENGLISH)
    tree = LexborHTMLParser(page)
    assert tree.body is not None
    return tree.body.inner_html or ""


EMAIL = Field(name="email", type="email", label="E-mail")


@pytest.mark.parametrize(
    "control",
    [
        '<label for="e">E-mail</label><input id="e" type="email">',
        '<label>E-mail <input type="email"></label>',
        '<label>E-mail * : <span><input type="EMAIL"></span></label>',
        '<input type="email" aria-label="e-mail">',
        '<b id="l1">E-</b><i id="l2">mail</i><input type="email" aria-labelledby="l1 l2 gone">',
        '<label for="x">Where we write to</label><input id="x" name="email" type="email">',
        '<label for="email">Where we write to</label><input id="email" type="email">',
        '<label>Your e-mail address<input type="email"></label>',
        '<label>email&nbsp;*<input type="email" required></label>',
    ],
)
def test_labelled_control_is_found(control: str) -> None:
    """Every way of labelling counts; labels, names and ids are compared by their letters."""
    report = check(control, EMAIL)

    assert report == PageReport(fields_total=1, fields_found=1, missing_fields=(), missing_titles=(), has_lang=True)
    assert report.is_faithful
    assert report.describe_problems() == ""


@pytest.mark.parametrize(
    "control",
    [
        "",
        '<input id="email" name="email" type="email" placeholder="E-mail" title="E-mail">',
        '<label for="other">E-mail</label><input id="email" name="email" type="email">',
        '<label for="email"> </label><input id="email" type="email">',
        '<label for="email">E-mail</label><input id="email" type="text">',
        '<label for="email">E-mail</label><input id="email" type="hidden">',
        '<label for="email">E-mail</label><input id="email" type="submit">',
        '<fieldset><legend>E-mail</legend><input type="email"></fieldset>',
        '<template><label>E-mail<input type="email"></label></template>',
        "<!-- <label>E-mail<input type=email></label> -->",
        '<script>"<label>E-mail<input type=email></label>"</script>',
    ],
)
def test_control_that_does_not_count(control: str) -> None:
    """A placeholder is no label, a hidden input no control, and a text input does not check e-mails."""
    report = check(control, EMAIL)

    assert report.missing_fields == ("E-mail",)
    assert not report.is_faithful


@pytest.mark.parametrize(
    ("kind", "control", "is_fitting"),
    [
        ("text", "<textarea></textarea>", True),
        ("text", "<input>", True),
        ("text", '<input type="unheard-of">', True),
        ("text", "<select></select>", True),
        ("text", '<input type="date">', True),
        ("text", '<input type="checkbox">', False),
        ("string", "<input>", True),
        ("textarea", "<input>", True),
        ("tel", '<input type="tel">', True),
        ("phone", '<input inputmode="tel">', True),
        ("tel", "<input>", False),
        ("url", '<input inputmode="url">', True),
        ("number", '<input type="range">', True),
        ("number", '<input inputmode="numeric">', True),
        ("number", "<input>", False),
        ("date", '<input type="datetime-local">', True),
        ("date", "<input>", False),
        ("datetime", '<input type="datetime-local">', True),
        ("password", '<input type="password">', True),
        ("password", "<input>", False),
        ("file", '<input type="file">', True),
        ("file", "<input>", False),
        ("checkbox", '<input type="checkbox">', True),
        ("checkbox", "<input>", False),
        ("radio", "<select><option>A</select>", True),
        ("select", '<input type="radio">', True),
        ("dropdown", '<input list="l">', True),
        ("select", "<input>", False),
        ("signature", "<input>", True),
    ],
)
def test_type_of_control(kind: str, control: str, *, is_fitting: bool) -> None:
    """A control fits the type that the browser then helps with; an unknown type takes any control."""
    report = check(f"<label>Thing{control}</label>", Field(name="x", type=kind, label="Thing"))

    assert report.fields_found == is_fitting


def test_group_of_radios_is_one_control() -> None:
    """Radios of one name are labelled by the legend or by the group's own label, not by their options."""
    options = '<label><input type="radio" name="size">Small</label><label><input type="radio" name="size">Big</label>'
    size = Field(name="size", type="radio", label="Size")

    assert check(f"<fieldset><legend>Size *</legend>{options}</fieldset>", size).is_faithful
    assert check(f'<div role="radiogroup" aria-label="Size">{options}</div>', size).is_faithful
    assert not check(f"<p>Size</p>{options}", size).is_faithful


def test_groups_of_one_name_in_two_fieldsets() -> None:
    """The same name in two fieldsets makes two groups."""
    options = '<input type="checkbox" name="day[]"><input type="checkbox" name="day[]">'
    fieldset = "<fieldset><legend>{}</legend>{}</fieldset>"
    page = fieldset.format("Mornings", options) + fieldset.format("Evenings", options)
    fields = (
        Field(name="a", type="checkboxes", label="Mornings"),
        Field(name="b", type="checkboxes", label="Evenings"),
    )

    assert check(page, *fields).is_faithful


def test_fields_and_controls_are_paired_one_to_one() -> None:
    """One control can't serve two fields of the same label."""
    name = Field(name="name", type="text", label="Name")
    control = '<label>Name<input name="n{}"></label>'

    assert check(control.format(1), name, name).missing_fields == ("Name",)
    assert check(control.format(1) + control.format(2), name, name).is_faithful


def test_exact_label_goes_before_a_similar_one() -> None:
    """A field does not take the control that another one fits better."""
    fields = (Field(name="a", type="text", label="Name"), Field(name="b", type="text", label="Name of the child"))
    report = check("<label>Name of the child<input></label><label>Your name<input></label>", *fields)

    assert report.is_faithful


def test_option_texts_are_no_label() -> None:
    """A label around a select is read without the options."""
    report = check(
        "<label>City <select><option>Kyiv<option>Lviv</select></label>", Field(name="c", type="select", label="City")
    )

    assert report.is_faithful


def test_hidden_field_needs_no_control() -> None:
    """A field that nobody sees is not counted."""
    report = check("", Field(name="token", type="hidden", label="Token"))

    assert (report.fields_total, report.is_faithful) == (0, True)


@pytest.mark.parametrize(
    ("title", "is_shown"),
    [
        ("Your data", True),
        ("YOUR  DATA", True),
        ("Пароль & м’я", True),
        ("Check it", True),
        ("Step one", True),
        ("ok", False),
        ("Only in the head", False),
        ("Only in a script", False),
        ("Only a value", False),
    ],
)
def test_titles_are_looked_for_in_visible_text(title: str, *, is_shown: bool) -> None:
    """Case, blanks, entities and kinds of apostrophe don't matter; head, scripts and values don't show."""
    page = """<html lang=en><head><title>Only in the head</title></head><body><h2>Your
      data</h2><p>Пароль &amp; м'я</p><b>C</b>heck <i>it</i><br><span>Step</span><br><span>one</span> look
      <script>"Only in a script"</script><input value="Only a value"></body>"""
    report = check_page(page, make_flow(title=title))

    assert report.missing_titles == (() if is_shown else (title,))


@pytest.mark.parametrize("root", ["<html>", "<html lang>", '<html lang=" ">'])
def test_missing_language_is_reported(root: str) -> None:
    """Without a language a screen reader can't pronounce the page."""
    report = check("", root=root)

    assert not report.has_lang
    assert report.describe_problems() == "<html> has no lang attribute"


def test_problems_are_described_briefly() -> None:
    """The description names what is missing, up to a bound."""
    fields = [Field(name=f"n{number}", type="text", label=f"Field {number} {'x' * 900}") for number in range(40)]
    report = check("", *fields, title="Somewhere else", root="<html>")
    description = report.describe_problems()

    assert report.count_missing() == 42
    assert '"Field 0 xxx' in description
    assert "and 28 more" in description
    assert '"Somewhere else"' in description
    assert len(description) < 1_500


def test_classes_are_listed_once() -> None:
    """Every class of every element is listed, the document's own elements too."""
    classes = list_classes('<html class="h"><body class="p-2\n p-4"><svg class="p-2 w-[3rem]"></svg></body></html>')

    assert classes == {"h", "p-2", "p-4", "w-[3rem]"}


def test_finished_page_has_what_a_document_needs() -> None:
    """Policy first, then charset, viewport, title and styles; the language is set."""
    page = finish_page("<h1>My <b>permit</b></h1>", css=".a{color:red}", language=Language.UKRAINIAN)

    assert page == (
        '<!DOCTYPE html>\n<html lang="uk"><head>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>My permit</title>'
        '<style data-compiled="">.a{color:red}</style></head><body><h1>My <b>permit</b></h1></body></html>'
    )


def test_what_the_page_has_is_kept() -> None:
    """Language, title, viewport and styles of the page stay; its own policy and charset give way."""
    page = finish_page(
        '<html lang="pl"><head><meta charset="cp1251"><meta http-equiv="Content-Security-Policy" content="x">'
        '<meta name="VIEWPORT" content="width=1"><title>T</title><style>p{color:red}</style></head>'
        "<body><p>x</p></body></html>",
        css="",
        language=Language.UKRAINIAN,
    )

    assert page == (
        '<!DOCTYPE html>\n<html lang="pl"><head>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><meta charset="utf-8">'
        '<meta name="VIEWPORT" content="width=1"><title>T</title><style>p{color:red}</style></head>'
        "<body><p>x</p></body></html>"
    )


def test_compiled_styles_stand_before_the_pages_own() -> None:
    """The page's own rules go on winning over compiled ones."""
    page = finish_page("<style>p{color:red}</style><p>x</p>", css="p{color:blue}", language=Language.ENGLISH)

    assert page.index("color:blue") < page.index("color:red")


def test_finishing_twice_changes_nothing() -> None:
    """A finished page is a fixed point."""
    once = finish_page(
        "<title></title><style>a{b:c}</style><pre>\n\nx</pre><textarea>\n\n&lt;y</textarea>"
        '<xmp><b></xmp><a href="x">l</a>',
        css=".a{}",
        language=Language.ENGLISH,
    )

    assert finish_page(once, css=".a{}", language=Language.ENGLISH) == once


def test_a_scripted_page_keeps_what_it_runs() -> None:
    """It gets the same language, title and styles, and no policy: the preview that runs it brings its own."""
    page = finish_scripted(
        "<h1>Permit</h1><p onclick=go()>x</p><script>go = () => 1 < 2</script>",
        css="p{color:blue}",
        language=Language.UKRAINIAN,
    )

    assert "<script>go = () => 1 < 2</script>" in page
    assert '<p onclick="go()">' in page
    assert '<html lang="uk">' in page
    assert "<title>Permit</title>" in page
    assert '<style data-compiled="">p{color:blue}</style>' in page
    assert "http-equiv" not in page


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("<script>x</script>a<noscript>b</noscript>", "a"),
        ('<p onclick="x" ONLOAD=y id="p">a</p>', '<p id="p">a</p>'),
        ('<a href="javascript:x">a</a>', '<a href="#">a</a>'),
        ('<a href=" #s ">a</a><a href="#">b</a><a>c</a>', '<a href=" #s ">a</a><a href="#">b</a><a>c</a>'),
        ('<a href="data:text/html,x" target="_top" ping="u" download>a</a>', '<a href="#">a</a>'),
        ('<map><area href="http://x"></map>', '<map><area href="#"></map>'),
        (
            '<form action="http://x" target="y"><button formaction="z">a</button></form>',
            "<form><button>a</button></form>",
        ),
        ('<img src="http://x" srcset="http://y 2x" alt="a">', '<img alt="a">'),
        ('<img src="data:image/png;base64,AA">', '<img src="data:image/png;base64,AA">'),
        ('<img src="data:text/html,x">', "<img>"),
        ('<video src="//x" poster="//y"><source src="z"><track src="q"></video>', "<video><source><track></video>"),
        ('<input type="image" src="http://x">', '<input type="image">'),
        ('<iframe src="x" srcdoc="y">z</iframe><object data="x">a<b>c</b></object><embed src="x">', ""),
        ('<link rel="stylesheet" href="x"><base href="http://x"><meta http-equiv="refresh" content="0;url=x">', ""),
        ('<template><script>x</script></template><!-- a --><portal src="x"></portal>', ""),
        ('<table background="http://x"></table>', "<table></table>"),
        ('<p style="color:red;background:url(http://x)">a</p>', '<p style="color:red;background:none">a</p>'),
        (
            '<svg><use href="http://x#a"></use><use xlink:href="#a"></use></svg>',
            '<svg><use></use><use xlink:href="#a"></use></svg>',
        ),
        (
            '<svg><a xlink:href="javascript:x"><text>a</text></a></svg>',
            '<svg><a xlink:href="#"><text>a</text></a></svg>',
        ),
        ('<svg><animate attributeName="href" to="javascript:x"></animate><set></set></svg>', "<svg></svg>"),
        (
            '<svg><image href="http://x"></image><image href="data:image/png,x"></image></svg>',
            '<svg><image></image><image href="data:image/png,x"></image></svg>',
        ),
        (
            '<svg><rect fill="url(http://x#a)"></rect><rect fill="url(#a)"></rect></svg>',
            '<svg><rect fill="none"></rect><rect fill="url(#a)"></rect></svg>',
        ),
        ('<math href="http://x"><mi href="javascript:x">a</mi></math>', "<math><mi>a</mi></math>"),
        ("<xmp><b>a</b></xmp>", "<pre>&lt;b&gt;a&lt;/b&gt;</pre>"),
        ('<style>@import "http://x";p{color:red}</style>', "<style>p{color:red}</style>"),
        (
            '<p title="javascript:x" placeholder="http://x">http://x</p>',
            '<p title="javascript:x" placeholder="http://x">http://x</p>',
        ),
    ],
)
def test_what_runs_loads_or_navigates_is_removed(body: str, left: str) -> None:
    """Scripts, handlers, addresses and frames go; text, fragments and data stay."""
    finished = finish_body(body)

    assert finished == left


@pytest.mark.parametrize(
    ("css", "left"),
    [
        ("@import url(http://x) screen;a{b:c}", "a{b:c}"),
        ('@import "http://x;y";a{b:c}', "a{b:c}"),
        ("@\\69mport 'x';a{b:c}", "a{b:c}"),
        ('a{b:url( "http://x)" ) c}', "a{b:none c}"),
        ("a{b:u\\72 l(//x)}", "a{b:none}"),
        ("a{b:URL(x.png)}", "a{b:none}"),
        ('a{b:url( "data:image/png;base64,AA")}', 'a{b:url( "data:image/png;base64,AA")}'),
        ("a{b:url(#f)}", "a{b:url(#f)}"),
        ("a{b:url(http://x", "a{b:none"),
        ('a{b:-webkit-image-set("http://x" 1x)}', "a{b:none}"),
        ('a{content:"url(//x) @import y; /* z */"}', 'a{content:"url(//x) @import y; /* z */"}'),
        ('a{b:"\n@import "x";}', 'a{b:"\n}'),
        ("/*! see https://x */a{b:c}", " a{b:c}"),
        ("@media (width<=9px){a>b{c:'<'}}", "@media (width<=9px){a>b{c:'<'}}"),
        ("a{b:'</style><script>'}<!--", "a{b:'<\\/style><script>'}<\\!--"),
    ],
)
def test_css_reaches_for_nothing(css: str, left: str) -> None:
    """Imports, remote addresses and comments go, however they are spelt; strings stay, but can't end the element."""
    page = finish_page("<p>x</p>", css=css, language=Language.ENGLISH)

    assert f'<style data-compiled="">{left}</style>' in page


@pytest.mark.parametrize(
    "page",
    [
        '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=x&gt;">',
        '<svg></p><style><a id="</style><img src=1 onerror=x>">',
        "<svg><style>&lt;img src=1 onerror=x&gt;</style></svg>",
        '<noscript><p title="</noscript><img src=1 onerror=x>">',
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=x>",
        "<svg><foreignObject><style>&lt;/style>&lt;img src=1 onerror=x></style></foreignObject></svg>",
        "<plaintext><script>x</script>",
        "<frameset onload=x><frame src='javascript:x'></frameset>",
        '<p a"onclick=x>',
    ],
)
def test_known_mutations_end_harmless(page: str) -> None:
    """What a second parser could read differently is harmless when it does."""
    tree = LexborHTMLParser(finish_page(page, css="", language=Language.ENGLISH))
    names = {name for node in tree.css("*") for name in node.attributes}

    assert not tree.css("script, iframe, frame")
    assert not {name for name in names if name.startswith("on")}


def test_page_beyond_reason_is_shown_as_text() -> None:
    """Pages that would take minutes to parse are finished and checked as their text."""
    pages = [
        "<div>" * 100_000 + "the end",
        "".join(f"<b id={number}><p>" for number in range(10_000)) + "the end",
        "<div " + " ".join(f"a{number}" for number in range(100_000)) + ">the end",
    ]
    finished = [finish_page(page, css="", language=Language.ENGLISH) for page in pages]
    reports = [check_page(page, make_flow(EMAIL)) for page in pages]

    assert all("the end" in page for page in finished)
    assert [report.fields_found for report in reports] == [0, 0, 0]


@pytest.mark.parametrize(
    "piece", ["<", "<style>'\\", "<label>", "<svg><style>", "url(", "@import ", "\x00", "\ud800", "&", "<!--"]
)
def test_half_a_megabyte_of_anything(piece: str) -> None:
    """Size alone makes nothing fail."""
    page = piece * (500_000 // len(piece))
    finished = finish_page(page, css="", language=Language.ENGLISH)
    report = check_page(page, make_flow(EMAIL))

    assert finished.startswith("<!DOCTYPE html>")
    assert report.fields_total == 1
