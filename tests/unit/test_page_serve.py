"""The page inside of a preview's frame: cleaned once more, its steps found and marked."""

import re

import pytest

from bot.core.page_serve import find_anchors, serve_scripted, serve_stepped
from bot.core.texts import Language

_SCRIPT = "if (1 < 2 && 3 > 2) console.log('</p>')"
_FIELDSETS = """<form><fieldset><legend>Your details</legend><input></fieldset>
<fieldset><legend>Your car</legend><input></fieldset></form>"""
_SUMMARY = """<section><h2>Your details</h2><a>x</a></section><div><section><h2>Your car</h2><a>x</a></section>
<section><h2>Check &amp; send</h2><h3>Your details</h3><a>x</a></section></div>"""
_TITLES = ("Your details", "Your car", "Check & send")


def _write(body: str) -> str:
    return f'<!DOCTYPE html><html lang="en"><head><title>x</title></head><body>{body}</body></html>'


def _serve(body: str, titles: tuple[str, ...] = _TITLES) -> str:
    return serve_stepped(_write(body), titles=titles, language=Language.ENGLISH, script=_SCRIPT)


def _list_parts(page: str) -> list[tuple[str, str]]:
    """List the tags of the marked parts with their steps, in the order of the page."""
    return re.findall(r'<(\w+)[^>]* data-bot-step="(\d)"', page)


def test_each_section_is_a_step() -> None:
    """The parts keep the ids that links of the page lead to; where there is none, one is made."""
    body = (
        '<main><section id="one"><h2>Your details</h2><input></section><section><h2>Your car</h2><input></section>'
        "<section><h2>Check &amp; send</h2><p>x</p></section></main><footer>End</footer>"
    )
    page = _serve(body)
    anchors = find_anchors(_write(body), titles=(*_TITLES, "Nowhere"))

    assert anchors == ("one", "bot-step-2", "bot-step-3", None)
    assert re.findall(r' id="([^"]+)"', page) == ["one", "bot-step-2", "bot-step-3"]
    assert _list_parts(page) == [("section", "1"), ("section", "2"), ("section", "3")]


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (
            "<h2>Your details</h2><p>a</p><h2>Your car</h2><form></form><p>b</p><h2>Check &amp; send</h2><hr>",
            [("h2", "1"), ("p", "1"), ("h2", "2"), ("form", "2"), ("p", "2"), ("h2", "3"), ("hr", "3")],
        ),
        (
            "<div><h3>Step 1: YOUR DETAILS</h3></div><form></form><div><h3>2. Your  car</h3></div><form></form>",
            [("div", "1"), ("form", "1"), ("div", "2"), ("form", "2")],
        ),
        (_FIELDSETS, [("fieldset", "1"), ("fieldset", "2")]),
        (
            _SUMMARY,
            [("section", "1"), ("section", "2"), ("section", "3")],
        ),
        ("<nav><h2>Your details</h2></nav><p>Your car</p>", []),
    ],
)
def test_parts_are_found_in_pages_of_many_makes(body: str, parts: list[tuple[str, str]]) -> None:
    """Flat ones, headings in boxes of their own, fieldsets, steps that are named again further on."""
    assert _list_parts(_serve(body)) == parts


def test_a_page_named_like_its_step_keeps_its_head() -> None:
    """The h1 is a step's heading only where no other is."""
    page = _serve(
        "<header><h1>Your details</h1></header><section><h2>Your details</h2><input></section>"
        "<section><h2>Your car</h2><input></section>"
    )

    assert _list_parts(page) == [("section", "1"), ("section", "2")]


def test_headings_of_one_text_are_different_ones() -> None:
    """Two steps of one title get a heading each."""
    page = _serve(
        "<div><h2>Your car</h2><input></div><div><h2>Your car</h2><input></div>", titles=("Your car", "Your car")
    )

    assert _list_parts(page) == [("div", "1"), ("div", "2")]


def test_what_a_page_hid_for_its_script_is_shown() -> None:
    """By attribute, class or style, on the part and around it; what else the style said stays."""
    page = _serve(
        '<div hidden><section class="card hidden" aria-hidden="true"><h2>Your details</h2><a>x</a></section>'
        '<section style="color:red; display: none;" inert><h2>Your car</h2><a>x</a></section></div>'
    )

    assert " hidden" not in page
    assert "aria-hidden" not in page
    assert "inert" not in page
    assert 'class="card"' in page
    assert 'style="color:red; "' in page


def test_pages_kept_by_older_versions_are_cleaned_again() -> None:
    """Whatever was kept is served as if it were delivered today; the styles that delivery put in stay."""
    page = serve_stepped(
        '<!DOCTYPE html><html lang="en"><head><meta http-equiv="refresh" content="0;url=https://evil.example">'
        '<base href="https://evil.example"><link rel="preconnect" href="https://evil.example">'
        "<style data-compiled>.p-4{padding:1rem}</style></head><body><script>evil()</script>"
        '<div data-bot-step="2" data-bot-off onclick="evil()"><h2>Your details</h2>'
        '<a href="https://evil.example" target="_top">x</a><form action="https://evil.example"></form></div>'
        "</body></html>",
        titles=_TITLES,
        language=Language.ENGLISH,
        script=_SCRIPT,
    )

    assert "evil" not in page
    assert "http-equiv" not in page
    assert ".p-4{padding:1rem}" in page
    assert _list_parts(page) == [("div", "1")]
    assert re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL) == [_SCRIPT]
    assert not re.search(r"<div[^>]*data-bot-off", page)


def test_a_scripted_page_loses_what_acts_before_its_scripts() -> None:
    """Its scripts stay; refreshes, bases, links of the head and our own policy, which forbids scripts, do not."""
    page = serve_scripted(
        '<!DOCTYPE html><html><head><meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
        '<meta http-equiv="refresh" content="0"><base href="/x"><link rel="dns-prefetch" href="//evil.example">'
        '<meta name="viewport" content="width=device-width"></head><body><section hidden><h2>Your car</h2></section>'
        "<script>let a = '<b>' && 1</script></body></html>",
        titles=_TITLES,
    )

    assert 'id="bot-step-2"' in page
    assert "<script>let a = '<b>' && 1</script>" in page
    assert 'name="viewport"' in page
    assert "hidden" in page, "the page's own script shows its steps"
    assert not re.search("http-equiv|<base|<link", page)
