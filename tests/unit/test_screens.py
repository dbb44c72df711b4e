"""How a page is cut into the screens of its flow."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from bot.core.page_finish import POLICY
from bot.previews.screens import SCREENS_LIMIT, Screens, cut_screens

FINISHED = '<!DOCTYPE html><html lang="en"><head><style>p{{}}</style></head><body>{}</body></html>'


def cut(body: str, *titles: str) -> Screens:
    """Cut a page with that body."""
    return cut_screens(FINISHED.format(body), titles=titles)


def read(screens: Screens) -> list[tuple[int, str]]:
    """Return the number of each screen and the words that its body shows."""
    bodies = [LexborHTMLParser(screen.html).body for screen in screens.screens]
    texts = [" ".join(body.text(separator=" ").split()) if body is not None else "" for body in bodies]
    return [(screen.number, text) for screen, text in zip(screens.screens, texts, strict=True)]


@pytest.mark.parametrize(
    "body",
    [
        "<section><h2>One</h2><p>a</p></section><section><h2>Two</h2><p>b</p></section>",
        "<main><div><div><h3>One</h3></div><p>a</p></div><div><div><h3>Two</h3></div><p>b</p></div></main>",
        "<h2>One</h2><p>a</p><h2>Two</h2><p>b</p>",
        "<main><header><h2>One</h2></header><p>a</p><header><h2>Two</h2></header><p>b</p></main>",
        "<form><fieldset><legend>One</legend><p>a</p></fieldset><fieldset><legend>Two</legend><p>b</p></fieldset></form>",
        "<article><h2> o<b>ne</b>. </h2><p>a</p></article><article><h2>TWO!</h2><p>b</p></article>",
        '<div><p role="heading">One</p><p>a</p></div><div><p role="heading">Two</p><p>b</p></div>',
    ],
)
def test_steps_are_found_by_their_headings(body: str) -> None:
    """Whatever elements a model uses, each step's words are on its own screen and on no other."""
    screens = read(cut(body, "One", "Two"))

    assert [number for number, _ in screens] == [1, 2]
    assert [text.split()[-1] for _, text in screens] == ["a", "b"]
    assert "a" not in screens[1][1].split()


def test_headings_may_say_more_than_the_title() -> None:
    """A number before the title is common; a sentence that happens to hold it is no heading of the step."""
    body = "<div><h2>Anything about one thing and another, and a third</h2></div>" + "".join(
        f"<section><h2>Step {n}: {title}</h2>{n}</section>" for n, title in enumerate(("One", "Two"), start=1)
    )

    assert read(cut(body, "One", "Two"))[1] == (2, "Step 2: Two 2")


def test_page_title_that_equals_a_step_is_not_taken_for_it() -> None:
    """The step's own heading is preferred to the page's, which stays above the first screen alone."""
    steps = "<section><h2>Orders</h2>a</section><section><h2>Order</h2>b</section>"
    body = f"<h1>Orders</h1><nav>n</nav>{steps}<footer>f</footer>"

    assert read(cut(body, "Orders", "Order")) == [(1, "Orders n Orders a"), (2, "Order b")]


def test_steps_of_the_same_title_are_told_apart_by_their_order() -> None:
    """Two steps called alike are two screens."""
    body = "<section><h2>Details</h2>a</section><section><h2>Details</h2>b</section>"

    assert [text[-1] for _, text in read(cut(body, "Details", "Details"))] == ["a", "b"]


@pytest.mark.parametrize(
    ("body", "titles"),
    [
        ("<section><h2>One</h2></section>", ("One",)),
        ("<p>One</p><p>Two</p>", ("One", "Two")),
        ("<section><h2>One</h2></section>", ("One", "Two", "Three")),
        ("", ("One", "Two")),
        ("<section><h2></h2></section>" * 2, ("!", "?")),
    ],
)
def test_page_without_most_of_its_steps_stays_whole(body: str, titles: tuple[str, ...]) -> None:
    """A single step, or too few that are found, make no strip."""
    cut_page = cut(body, *titles)

    assert cut_page.screens == ()
    assert POLICY in cut_page.whole


def test_a_missing_step_leaves_the_numbers_of_the_others() -> None:
    """A strip with a gap says by its numbers which step is missing."""
    body = "<section><h2>One</h2></section><section><h2>Three</h2></section>"

    assert [screen.number for screen in cut(body, "One", "Two", "Three").screens] == [1, 3]


def test_more_steps_than_fit_are_counted() -> None:
    """The first eight are shown."""
    titles = [f"Title {n}" for n in range(11)]
    cut_page = cut("".join(f"<section><h2>{title}</h2></section>" for title in titles), *titles)

    assert len(cut_page.screens) == SCREENS_LIMIT == 8
    assert cut_page.more == 3


def test_hidden_steps_are_shown() -> None:
    """Steps that wait for a script are opened, by mark-up at once and by styles when it is forced."""
    body = (
        '<div class="hidden p-4" hidden aria-hidden="true">'
        '<section style="color: red; display:none"><h2>One</h2>a</section>'
        "</div><details><summary>Two</summary>b</details>"
    )
    first, second = cut(body, "One", "Two").screens

    assert '<div class="p-4" data' in first.html
    assert 'style="color: red; "' in first.html
    assert '<details open=""' in second.html
    assert "display: block !important" not in first.html
    assert "display: block !important" in first.force()


def test_what_loads_is_taken_out_and_the_policy_comes_first() -> None:
    """Whoever renders a screen gets nothing that reaches out, even from a page that nobody finished."""
    head = '<base href="//far"><link href="//far"><meta http-equiv="refresh" content="0">'
    page = f"<html><head>{head}</head><body><script>1</script>"
    whole = LexborHTMLParser(cut_screens(page, titles=["One"]).whole)

    assert whole.css("link, base, script") == []
    (meta,) = whole.css("meta")
    assert meta.attributes["content"] == POLICY


def test_marks_of_the_page_itself_do_no_harm() -> None:
    """A page that carries our mark already is cut like any other."""
    body = '<p data-picture-step="0">x</p><section><h2>One</h2>a</section><section><h2>Two</h2>b</section>'

    assert read(cut(body, "One", "Two"))[1] == (2, "Two b")


def test_tree_is_mended_before_it_is_cut() -> None:
    """The stand-ins are put in once, and every screen has them."""

    def mend(tree: LexborHTMLParser) -> None:
        for node in tree.css("i"):
            node.insert_before("mended ")

    cut_page = cut_screens("<h2>One</h2><i>a</i><h2>Two</h2><i>b</i>", titles=["One", "Two"], mend=mend)
    assert [text for _, text in read(cut_page)] == ["One mended a", "Two mended b"]
