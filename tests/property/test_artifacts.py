"""Properties of reading answers and finishing pages: flows come back, nothing else escapes, pages end inert."""

import json
import re
from typing import Any

from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.core.artifacts import read_flow, read_page
from bot.core.loose_json import find_json
from bot.core.models import Field, Flow, Step
from bot.core.pages import check_page, finish_page, list_classes
from bot.core.texts import Language
from bot.errors import ArtifactError

CHARACTERS = st.characters(exclude_categories=["Cc", "Cs"])


def is_visible(text: str) -> bool:
    """Tell whether a text shows anything."""
    return any(char.isprintable() and not char.isspace() for char in text)


TEXTS = st.one_of(
    st.text(CHARACTERS, min_size=1, max_size=40).map(str.strip).filter(is_visible),
    st.sampled_from(["{", '"}', "```", "// x", "/* x */", ",]", '{"steps": [1]}', "</html>", "\\", "\\u0041", "м’я"]),
    st.text("ab{\"' \\", min_size=1, max_size=4_100).map(str.strip).filter(is_visible),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
METADATA = st.none() | st.dictionaries(TEXTS, VALUES, max_size=3)
FIELDS = st.builds(
    Field,
    name=TEXTS,
    type=TEXTS,
    label=TEXTS,
    required=st.booleans(),
    placeholder=st.none() | TEXTS,
    metadata=METADATA,
)
STEPS = st.builds(
    Step,
    id=TEXTS,
    type=TEXTS,
    title=TEXTS,
    message=st.none() | TEXTS,
    fields=st.none() | st.lists(FIELDS, max_size=4, unique_by=lambda field: field.name).map(tuple),
    metadata=METADATA,
)
FLOWS = st.builds(
    Flow,
    id=TEXTS,
    name=TEXTS,
    description=st.none() | TEXTS,
    steps=st.lists(STEPS, min_size=1, max_size=4, unique_by=lambda step: step.id).map(tuple),
    metadata=METADATA,
)

PROSE = st.one_of(
    st.just(""),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{["), max_size=60),
    st.sampled_from(["Here {it} is:", 'A 5" screen {', "[1] See below.", "{}", '{"note": 1}', "As asked: [] {x"]),
)


@st.composite
def answers(draw: st.DrawFn, flow: Flow) -> str:
    """Wrap a flow as models do: spelt and fenced in many ways, in prose, in other JSON."""
    content = flow.model_dump(mode="json", exclude_none=draw(st.booleans()))
    wrapper = draw(st.sampled_from([None, "flow", "data", "result", "anything"]))
    text = json.dumps(
        content if wrapper is None else {wrapper: content},
        ensure_ascii=draw(st.booleans()),
        indent=draw(st.sampled_from([None, 2])),
    )
    if draw(st.booleans()):
        text = re.sub(r"(?<=[}\]])\}\Z", ", }", text)
    fence = draw(st.sampled_from(["", "```", "```json", "~~~"]))
    end = draw(st.sampled_from(["", "\n" + fence[:3]]))
    event(f"wrapper: {wrapper}, fence: {fence or 'none'}")
    return draw(PROSE) + (f"\n{fence}\n{text}{end}\n" if fence else f"\n{text}\n") + draw(PROSE)


@settings(max_examples=50)
@given(st.data(), FLOWS)
def test_flow_comes_back_from_any_wrapping(data: st.DataObject, flow: Flow) -> None:
    """Whatever a flow holds and however it is wrapped, it is read as it was."""
    answer = data.draw(answers(flow))

    assert read_flow(answer) == flow


@given(
    value=st.dictionaries(TEXTS, VALUES | st.sampled_from([float("nan"), float("-inf"), 10**4_100]), max_size=4)
    | st.lists(st.just({}) | VALUES, max_size=4),
    depth=st.sampled_from([0, 0, 1, 60, 61, 62, 63, 64, 65]),
    garbled=st.none()
    | st.tuples(st.integers(min_value=0), st.sampled_from(["", ",", '"', "}", "\\", "/* x */", "NaN"])),
    indent=st.none() | st.just(1),
)
def test_json_is_read_alike_by_both_readers(
    value: object, depth: int, garbled: tuple[int, str] | None, indent: int | None
) -> None:
    """The first value of a text is json's own to read, if it can; those after it never are."""
    text = "[" * depth + json.dumps([{}, value], indent=indent) + "]" * depth
    if garbled:
        at = garbled[0] % len(text)
        text = text[:at] + garbled[1] + text[at + 1 :]
    first, second = find_json(text), find_json("{} " + text)
    event("problem" if first.problem else "unfinished" if first.is_unfinished else "read")

    assert repr(second.values[1:]) == repr(first.values)
    assert (second.is_unfinished, second.problem) == (first.is_unfinished, first.problem)


JSON_PIECES = st.sampled_from(
    [
        *(
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            '"',
            "\\",
            "//",
            "/*",
            "*/",
            "\n",
            "null",
            "true",
            "1e999",
            "-",
            "NaN",
            "\ud800",
        ),
        *('"steps"', '"fields"', '"title"', '"name"', '{"steps":[', '{"title":"A"}', '"metadata":', "```json\n"),
    ]
)
TAGS = """\
<!doctype~html> <html> <html~lang=x> </html> <head> <body~onload=x> </body> <title> </title> <script> </script>
<style> </style> @import~'http://x'; a{b:url(http://x)} <!-- --> ]]> <svg> </svg> <math> <mtext> <mglyph>
<foreignObject> <desc> <annotation-xml> <![CDATA[ <use~href=http://x> <a~href=javascript:x> <a~xlink:href='http://x'>
</a> <img~src=http://x~onerror=y> <iframe~srcdoc='<p~onclick=x>'> <object~data=x> <noscript> </noscript> <template>
</template> <form~action=x> </form> <table> <tr> <td~background=x> </table> <select> <option> <label>
<input~name=email~type=email~formaction=x> <textarea> </textarea> <pre> <p~style='b:url(x)'> <b~id=1> </b> <xmp>
<plaintext> <frameset> <base~href=x> <link~href=x> &lt;img~onerror=x&gt; <meta~http-equiv=refresh~content='0;url=x'>
text ' " > < / & я"""
HTML_PIECES = st.sampled_from([*(tag.replace("~", " ") for tag in TAGS.split()), "\n", "\x00", "\ud800", "\r"])
NAMES = """\
svg math mtext mi mglyph malignmark annotation-xml style title desc foreignObject form table tr td select option p b a
div template textarea pre label fieldset legend input h1 img use image xmp noscript script iframe"""
ATTRIBUTES = st.sampled_from(
    [
        *("", "onclick=x", "href=http://x", "src=//x", "name=email", "type=email", "id=email", "for=email", "action=x"),
        *("style='b:url(http://x)'", "title='</style><img onerror=x>'", "xlink:href=javascript:x", "class='a b'"),
        *('title="--><img onerror=x>"', "encoding=text/html", "background=x", "src=data:image/png,x"),
    ]
)
TEXTS_IN_HTML = st.sampled_from(
    [
        "text",
        "<label>text<input type=email></label>",
        "&lt;img src onerror=x&gt;",
        "<!--",
        "-->",
        "&lt;/style&gt;",
        "@import 'x';",
        "b{c:url(http://x)}",
        "\n",
    ]
)


def write_element(name: str, attributes: list[str], children: list[str]) -> str:
    """Write an element with its end tag."""
    return f"<{name} {' '.join(attributes)}>{''.join(children)}</{name}>"


ELEMENTS = st.recursive(
    TEXTS_IN_HTML,
    lambda inner: st.builds(
        write_element, st.sampled_from(NAMES.split()), st.lists(ATTRIBUTES, max_size=3), st.lists(inner, max_size=4)
    ),
    max_leaves=12,
)
SOUPS = st.one_of(
    ELEMENTS,
    st.lists(ELEMENTS | HTML_PIECES, max_size=8).map("".join),
    st.text(max_size=200),
    st.lists(HTML_PIECES, max_size=25).map("".join),
    st.lists(JSON_PIECES, max_size=25).map("".join),
)
FLOW = Flow(
    id="f",
    name="F",
    steps=(Step(id="s", type="form", title="text", fields=(Field(name="email", type="email", label="text"),)),),
)


@settings(max_examples=100)
@given(SOUPS, st.booleans())
@example('{"steps":[{"title":"A","metadata":{"x":1e999,"y":"\ud800"}}]}', False)  # noqa: FBT003 - as drawn
@example('[[{"steps":[{"steps":[{"fields":[[{}]]}]}]}]]', False)  # noqa: FBT003 - as drawn
@example('{"steps":[{"title":', True)  # noqa: FBT003 - as drawn
@example('<html lang=\\"x\\"><input title=\\"\\ud800\\u0000\\"></html>', False)  # noqa: FBT003 - as drawn
@example('{"html":"<html><input title=\'\\ud800\'></html>"}', False)  # noqa: FBT003 - as drawn
@example("&lt;html&gt;&lt;input&gt;&amp;lt;&#xd800;&lt;/html&gt;", False)  # noqa: FBT003 - as drawn
def test_reading_raises_nothing_but_artifact_errors(answer: str, is_cut: bool) -> None:  # noqa: FBT001 - drawn
    """Any text is a flow, a page, or an error of the tree; what is read can be stored and sent."""
    outcomes = set()
    try:
        outcomes.add(read_flow(answer, is_cut=is_cut).model_dump_json().encode())
    except ArtifactError as error:
        event(f"flow: {type(error).__name__}")
    try:
        outcomes.add(read_page(answer, is_cut=is_cut).encode())
    except ArtifactError as error:
        event(f"page: {type(error).__name__}")

    assert all(outcomes)


def is_remote(name: str, value: str) -> bool:
    """Tell whether an attribute of this value reaches beyond the page."""
    if name in {"href", "xlink:href", "src", "poster"}:
        return not value.strip().startswith(("#", "data:image/"))
    return name.startswith("on") or name in {"action", "formaction", "srcdoc", "srcset", "ping", "target", "background"}


def list_offences(node: LexborNode) -> list[str]:
    """Return what an element has that could run, load or navigate."""
    offences = [f"{name}={value}" for name, value in node.attributes.items() if is_remote(name, value or "")]
    if node.tag in {"script", "iframe", "object", "embed", "base", "link", "frame", "noscript", "template"}:
        offences.append(node.tag)
    css_without_strings = re.sub(
        r"""("|')(?:(?!\1)[^\n])*(?:\1|\n|\Z)""", "", node.text() if node.tag == "style" else ""
    )
    if re.search(r"@import|url\(http", css_without_strings):
        offences.append(css_without_strings)
    return offences


@settings(max_examples=100)
@given(SOUPS)
@example("<svg><style>&lt;img onerror=x&gt;b{c:url(http://x)}</style><a xlink:href=javascript:x>text</a></svg>")
@example('<math><mtext><table><mglyph><style><!--</style><img title="--><img onerror=x>"></table></mtext></math>')
@example("<form><math><mtext></form><form><mglyph><style></math><img src=//x onerror=y>")
@example("<noscript><p title='</noscript><img onerror=x>'>text<style>@import 'http://x'")
@example("<svg><desc><template><svg><foreignObject><iframe srcdoc='<p onclick=x>'><plaintext><script>")
def test_finished_pages_are_inert(soup: str) -> None:
    """Whatever the page was, what a browser reads of the result has nothing that runs, loads or navigates."""
    finished = finish_page(soup, css="", language=Language.ENGLISH)
    tree = LexborHTMLParser(finished)
    first = tree.head.first_child if tree.head is not None else None
    event(f"svg or math: {'<svg' in finished or '<math' in finished}")
    event(f"style: {'<style' in finished}")

    assert [offence for node in tree.css("*") for offence in list_offences(node)] == []
    assert first is not None
    assert first.attributes.get("http-equiv") == "Content-Security-Policy"
    assert finished.encode()


@settings(max_examples=100)
@given(SOUPS)
@example("<table><tr><form><pre>\n\ntext<table><b><p><svg><title></b><table><td>text")
@example("<svg><style>--></style><xmp>\n</xmp></svg><math><annotation-xml encoding=text/html><style>]]>")
@example("<a><table><a><select><svg><a></select><p></table><textarea>\n\n&lt;/textarea>")
@example("<frameset><title></title><plaintext>\n<!--")
def test_finishing_is_idempotent(soup: str) -> None:
    """A finished page that is finished again stays the same."""
    once = finish_page(soup, css="p{color:red}", language=Language.ENGLISH)

    assert finish_page(once, css="p{color:red}", language=Language.ENGLISH) == once


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<&"), max_size=100))
def test_text_stays(text: str) -> None:
    """What a page says is what the finished page says."""
    finished = finish_page(f"<html><body><p>{text}</p></body></html>", css="", language=Language.ENGLISH)
    paragraph = LexborHTMLParser(finished).css_first("p")

    assert paragraph is not None
    assert paragraph.text() == text


@settings(max_examples=100)
@given(SOUPS)
@example("<h2>text</h2><label>text<input type=email class='a b'></label>")
@example("<label for=email>text</label><svg><input name=email id=email type=email class='a\n\tb'>")
def test_any_page_can_be_checked_and_listed(soup: str) -> None:
    """The check counts every field as found or missing, and class names hold no blank."""
    report = check_page(soup, FLOW)
    classes = list_classes(soup)
    event(f"found: {report.fields_found}")

    assert report.fields_found + len(report.missing_fields) == report.fields_total == 1
    assert not any(re.search(r"\s", name) for name in classes)
