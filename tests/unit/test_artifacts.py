"""What a model answers, read as a flow or a page: the shapes that come, and what is refused with which words."""

import html
import json

import pytest

from bot.core.artifacts import read_flow, read_page
from bot.core.models import Field, Flow, Step
from bot.core.texts import Language
from bot.errors import CutAnswer, EmptyAnswer, UnreadableFlow, UnreadablePage

FLOW = Flow(
    id="parking",
    name="Дозвіл на паркування",
    description="A permit",
    steps=(
        Step(
            id="data",
            type="form",
            title="Your data",
            fields=(Field(name="email", type="email", label="E-mail", placeholder="a@b.c"),),
        ),
        Step(id="done", type="confirmation", title="Done", message="Thank you"),
    ),
    metadata={"version": 2},
)
JSON = FLOW.model_dump_json(exclude_none=True)
PAGE = '<!DOCTYPE html>\n<html lang="en"><body><h1>Permit</h1><input aria-label="E-mail"></body></html>'


def read_step(step: object) -> Step:
    """Read a flow of this one step and return it."""
    return read_flow(json.dumps({"steps": [step]})).steps[0]


def read_fields(fields: object) -> tuple[Field, ...]:
    """Read a flow of one step with these fields and return them."""
    return read_step({"title": "A step", "fields": fields}).fields or ()


@pytest.mark.parametrize(
    "answer",
    [
        JSON,
        f"\ufeff\n  {JSON}\n\n",
        f"```json\n{JSON}\n```",
        f"~~~\n{JSON}\n~~~",
        f"```json\n{JSON}",
        f"Sure! {{here}} it is:\n```json\n{JSON}\n```\nAnything else?",
        f'```json\n{{"example": 1}}\n```\nand\n```json\n{JSON}\n```',
        f'{{"steps": [{{"title": "A draft"}}]}} Better: {JSON}',
        f'{{"flow": {JSON}}}',
        f'{{"status": "ok", "data": {{"result": {JSON}}}}}',
        f'{{"my_flow": {JSON}}}',
        f"[{JSON}]",
        f"[[{JSON}]]",
        f'{{"flows": [{JSON}]}}',
        f'{{"flow": [{JSON}]}}',
        f'{{"status": "ok", "user_flow": {JSON}}}',
        f'{{"status": "ok", "parking": {JSON}}}',
        f'[{{"flow": {JSON}}}]',
        f'[{{"status": "ok"}}, {JSON}]',
        f'[{{"name": "A draft", "steps": ["a"]}}, {JSON}, {{"name": "Another", "steps": ["a", "b"]}}]',
        f'{{"steps": [{JSON}]}}',
        JSON.replace('"steps"', '"screens"'),
        f"[{JSON}]".replace('"steps"', '"pages"'),
        JSON.replace('"steps":[', '"steps":[[').replace('}],"metadata"', '}]],"metadata"'),
        json.dumps(JSON),
        f"```json\n{json.dumps(JSON)}\n```",
        json.dumps({"flow": JSON}),
        JSON.replace("}]", "},]").replace('"Done",', '"Done", /* the end */ // really\n'),
        JSON.replace("true", "True"),
    ],
)
def test_flow_is_found_in_every_wrapping(answer: str) -> None:
    """Fences, prose, other JSON, wrappers, strings of JSON, comments and trailing commas don't hide a flow."""
    flow = read_flow(answer)

    assert flow == FLOW


def test_bare_list_is_a_flow() -> None:
    """A list of steps is a flow that takes its name from the first step."""
    flow = read_flow('[{"title": "Start"}, {"title": "End"}]')

    assert (flow.id, flow.name, len(flow.steps)) == ("start", "Start", 2)


def test_what_has_no_name_gets_one_in_the_language_of_the_request() -> None:
    """The bot's words, not the model's: a Ukrainian reads them in Ukrainian."""
    flow = read_flow('{"steps": [{"fields": [{"type": "email"}]}]}', language=Language.UKRAINIAN)
    (step,) = flow.steps

    assert (flow.name, step.title) == ("Крок 1", "Крок 1")
    assert [field.label for field in step.fields or ()] == ["Поле 1"]


@pytest.mark.parametrize(
    "answer",
    ['[[{"title": "A"}, {"title": "B"}]]', '[[{"title": "A"}], [{"title": "B"}]]', '{"flow": [["A"], {"title": "B"}]}'],
)
def test_steps_in_inner_lists(answer: str) -> None:
    """Steps that stand in lists of their own are steps of one flow."""
    flow = read_flow(answer)

    assert [step.title for step in flow.steps] == ["A", "B"]


def test_steps_with_parts_are_no_flows() -> None:
    """A list in which some items are plain steps, or have fields, is a list of steps, with parts or not."""
    plain = read_flow('[{"name": "Start"}, {"name": "Pay", "steps": ["a", "b", "c"]}]')
    forms = read_flow('[{"title": "A", "fields": ["x"], "pages": [1]}, {"title": "B", "fields": ["y"], "pages": [2]}]')
    only = read_flow('{"steps": [{"title": "A", "steps": ["open the door", "go in"]}]}')

    assert [step.title for step in plain.steps] == ["Start", "Pay"]
    assert [step.title for step in forms.steps] == ["A", "B"]
    assert [step.title for step in only.steps] == ["A"]


def test_steps_in_wrappers_of_their_own() -> None:
    """``{"step": {…}}`` is the step inside."""
    step = read_step({"step": {"title": "A", "fields": ["x"]}})

    assert (step.title, step.metadata, len(step.fields or ())) == ("A", None, 1)


def test_name_around_a_bare_list_is_the_flows() -> None:
    """What stands around a list of steps in a wrapper names the flow."""
    flow = read_flow('{"name": "Parking", "description": "A permit", "flow": [{"title": "A"}]}')

    assert (flow.name, flow.description, flow.metadata) == ("Parking", "A permit", None)


def test_flow_survives_the_bit_that_is_broken() -> None:
    """A list of steps inside of broken JSON is read; a list of fields is not taken for one."""
    flow = read_flow('{"name": broken, "steps": [{"title": "A", "fields": [{"name": "x", "label": "X"}]}]}')

    assert [step.title for step in flow.steps] == ["A"]
    with pytest.raises(UnreadableFlow, match="invalid in line 1"):
        read_flow('{"steps": [{"title" "A", "fields": [{"name": "x", "label": "X"}]}]}')


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ('{"title": "T", "steps": ["a"]}', "T"),
        ('{"description": "About it", "steps": ["a"]}', "About it"),
        ('{"name": " ", "steps": [{"title": "First"}]}', "First"),
        ('{"name": 7, "steps": ["a"]}', "7"),
    ],
)
def test_missing_name_falls_back(answer: str, name: str) -> None:
    """A flow without a name is called by its title, its description or its first step."""
    flow = read_flow(answer)

    assert flow.name == name


def test_missing_parts_of_a_step_are_made() -> None:
    """Ids come from titles and are unique, titles from messages, types from whether there are fields."""
    steps = read_flow(
        '{"steps": [{"title": "Ваші дані", "fields": ["Name"]}, {"message": "Read this.\\nThen go on."}, {},'
        ' {"id": "a", "title": "x"}, {"id": "a", "title": "x"}, {"title": "!?"}]}'
    ).steps

    assert [step.id for step in steps] == ["ваші-дані", "read-this", "step-3", "a", "a-2", "step-6"]
    assert [step.title for step in steps][:3] == ["Ваші дані", "Read this.", "Step 3"]
    assert [step.type for step in steps][:3] == ["form", "info", "info"]


def test_other_names_are_recognised() -> None:
    """The keys that models use instead are read, whatever their case and separators."""
    step = read_step(
        {
            "Kind": "Wizard",
            "heading": 5,
            "description": True,
            "inputs": [{"fieldName": "a", "input-type": "tel", "isRequired": 0, "caption": "A"}],
        }
    )

    assert step == Step(
        id="5",
        type="Wizard",
        title="5",
        message="true",
        fields=(Field(name="a", type="tel", label="A", required=False),),
    )


def test_unknown_keys_become_metadata_of_their_level() -> None:
    """What a flow, step or field has no place for is kept beside the metadata it came with."""
    flow = read_flow(
        '{"version": 1, "metadata": {"tags": ["x"]}, "steps": [{"title": "A", "name": "a", "icon": null,'
        ' "fields": [{"label": "Colour", "options": ["red", {"value": 1}], "min": 2}]}]}'
    )

    assert flow.metadata == {"version": 1, "tags": ["x"]}
    assert flow.steps[0].metadata == {"name": "a", "icon": None}
    assert flow.steps[0].fields == (
        Field(
            name="colour",
            type="select",
            label="Colour",
            metadata={"options": ["red", {"value": 1}], "min": 2},
        ),
    )


def test_metadata_that_is_no_object_is_kept() -> None:
    """Metadata of another kind is kept under its own name."""
    step = read_step({"title": "A", "metadata": [1]})

    assert step.metadata == {"metadata": [1]}


@pytest.mark.parametrize(
    ("value", "required"),
    [
        (True, True),
        (False, False),
        ("true", True),
        ("False", False),
        ("yes", True),
        ("no", False),
        (" Optional ", False),
        ("ні", False),
        (0, False),
        (1, True),
        (None, True),
        ([], True),
    ],
)
def test_required_is_read_generously(value: object, *, required: bool) -> None:
    """Words and numbers for yes and no are understood; what says nothing means required."""
    fields = read_fields([{"label": "A", "required": value}])

    assert fields[0].required is required


def test_optional_is_the_opposite_of_required() -> None:
    """``optional`` alone decides; without either a field is required."""
    fields = read_fields([{"label": "A", "optional": True}, {"label": "B"}])

    assert [field.required for field in fields] == [False, True]


def test_fields_of_other_shapes() -> None:
    """Objects by name, names as labels and bare strings become fields."""
    by_name = read_fields({"email": "email", "car_plate": {"type": "text"}, "phone": "Your phone"})
    strings = read_fields(["Car plate", "firstName", "E-mail"])

    assert [(field.name, field.type, field.label) for field in by_name] == [
        ("email", "email", "Email"),
        ("car_plate", "text", "Car plate"),
        ("phone", "text", "Your phone"),
    ]
    assert [(field.name, field.label) for field in strings] == [
        ("car_plate", "Car plate"),
        ("firstname", "First name"),
        ("e_mail", "E-mail"),
    ]


def test_names_and_labels_of_fields_are_made() -> None:
    """Labels come from names or placeholders, names from labels, and double names are told apart."""
    fields = read_fields([{"name": "car_plate"}, {"placeholder": "AA 1234"}, {"label": "X"}, {"label": "X"}, {}])

    assert [field.label for field in fields] == ["Car plate", "AA 1234", "X", "X", "Field 5"]
    assert [field.name for field in fields] == ["car_plate", "aa_1234", "x", "x_2", "field_5"]


def test_steps_by_name_and_of_text() -> None:
    """An object of steps gives them ids, and text alone is a title."""
    flow = read_flow('{"screens": {"one": {"title": "A"}, "two": "B"}}')

    assert [(step.id, step.title) for step in flow.steps] == [("one", "A"), ("two", "B")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"en": "Hello", "uk": "Вітаю"}, "Hello"),
        (["a", 2, True], "a, 2, true"),
        (5.0, "5"),
        (1.5, "1.5"),
        ("a\r\nb\x00\x07\ud800c\x9f", "a\nbc"),
        ("a" * 30_000, "a" * 20_000),
        ("\u200b\u2060", None),
        ([{"deep": 1}], None),
    ],
)
def test_values_become_text(value: object, text: str | None) -> None:
    """Text is made of what can be text, without what Slack and UTF-8 refuse, up to a bound."""
    step = read_step({"title": "A", "message": value})

    assert step.message == text


def test_metadata_is_safe_to_keep() -> None:
    """Metadata holds no infinity and no character that UTF-8 or a database refuses."""
    step = read_flow(
        '{"steps": [{"title": "A", "x": NaN, "y": -Infinity, "z": 1e999, "n": '
        + "9" * 5000
        + ', "s\\u0000": "\\ud800"}]}'
    ).steps[0]

    assert step.metadata == {"x": None, "y": None, "z": None, "n": "9" * 5000, "s": ""}


def test_absurd_sizes_are_kept_up_to_the_limits() -> None:
    """Twenty steps of thirty fields with names of 4,000 characters are kept; beyond the limits they are cut."""
    field = {"name": "n" * 4_000, "label": "L"}
    big = read_flow(json.dumps({"steps": [{"title": "T", "fields": [field] * 30}] * 20}))
    wide, narrow = {"title": "T", "fields": ["F"] * 101}, {"title": "T", "fields": ["F"]}
    huge = read_flow(json.dumps({"steps": [wide, *[narrow] * 200]}))

    assert [len(step.fields or ()) for step in big.steps] == [30] * 20
    assert len({field.name for field in big.steps[0].fields or ()}) == 30
    assert [len(step.fields or ()) for step in huge.steps] == [100, *[1] * 199]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("I can't do that.", "no JSON object"),
        ("null", "no JSON object"),
        ('{"name": "x"}', 'no list of "steps"'),
        ('{"steps": []}', "list of steps is empty"),
        ('{"steps": [null, " "]}', "list of steps is empty"),
        ('{"steps": 5}', 'no list of "steps"'),
        ('{"name": "x",\n"steps": [}', "invalid in line 2"),
        ("[" * 100_000, "nested more than"),
        ('{"a":' * 100 + "1" + "}" * 100, "nested more than"),
    ],
)
def test_what_is_no_flow_is_refused_in_words(answer: str, words: str) -> None:
    """The error says what was wrong, for the model to be told, without quoting the answer."""
    with pytest.raises(UnreadableFlow, match=words) as caught:
        read_flow(answer)

    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    "answer",
    [
        JSON[:-1],
        JSON[: len(JSON) // 2],
        "```json\n" + JSON[:40],
        '{"steps": [{"title": "A',
        '{"steps": [{"title": "A\\',
        '{"steps"',
        '{"steps": tru',
        '{"steps": [-',
        '{"steps": [ /* a comm',
    ],
)
def test_unfinished_json_is_a_cut_answer(answer: str) -> None:
    """JSON that ends in the middle was cut by the output limit, whether or not the stream said so."""
    with pytest.raises(CutAnswer):
        read_flow(answer)


def test_stream_that_was_cut() -> None:
    """A cut stream with a whole flow is a flow; with anything else it is a cut answer."""
    flow = read_flow(JSON + " And so", is_cut=True)

    assert flow == FLOW
    for answer in ("Here is", ""):
        with pytest.raises(CutAnswer):
            read_flow(answer, is_cut=True)


@pytest.mark.parametrize("answer", ["", " \n\t", "\ufeff", "\x00"])
def test_empty_answers(answer: str) -> None:
    """An answer without text is told apart from one that can't be read."""
    with pytest.raises(EmptyAnswer):
        read_flow(answer)
    with pytest.raises(EmptyAnswer):
        read_page(answer)


@pytest.mark.parametrize(
    "pattern", ["{", "[", '{"', '{"a":', "[{", "{}", "{ ", "{/*", "{//", '{"a":1,', '"', "```\n", '{"a":[[{},x', '{"\\']
)
def test_hostile_flow_is_refused(pattern: str) -> None:
    """Half a megabyte that begins JSON over and over is refused; rereading it would outlast the test's time limit."""
    answer = pattern * (500_000 // len(pattern))
    with pytest.raises((UnreadableFlow, CutAnswer)):
        read_flow(answer)


@pytest.mark.parametrize(
    "answer",
    [
        PAGE,
        f"\ufeff\n{PAGE}\n",
        f"```html\n{PAGE}\n```",
        f"Here is the page: ```html\n{PAGE}\n```\nIt ends with </html>, as asked.",
        f"{PAGE}\n\n{PAGE.replace('Permit', 'Another')}",
        f"{PAGE[:60]} oh, again:\n{PAGE}",
        json.dumps({"html": PAGE}),
        json.dumps({"result": {"title": "x", "page": PAGE}}),
        json.dumps(PAGE),
        f"```json\n{json.dumps({'html': PAGE}, indent=2)}\n```",
        PAGE.replace("Permit", "Per\x00mit\ud800"),
    ],
)
def test_page_is_found_in_every_wrapping(answer: str) -> None:
    """Fences, prose, a second document, JSON and a false start don't hide the page."""
    page = read_page(answer)

    assert page == PAGE


LINES = PAGE.replace("><", ">\n<").replace("Permit", "м’я \U0001f697")
ESCAPED = json.dumps(LINES)[1:-1]


@pytest.mark.parametrize(
    "answer",
    [
        ESCAPED,
        f"```html\n{ESCAPED}\n```",
        f'Here is the "page": {ESCAPED} It is "done".',
        f'{{"note": "a "page"", "html": "{ESCAPED}"}}',
        ESCAPED.replace("</", "<\\/"),
        ESCAPED.replace("\\n", "\n"),
        json.dumps(ESCAPED)[1:-1],
        html.escape(LINES),
        f"Here:\n<pre><code>{html.escape(LINES, quote=False)}</code></pre>",
    ],
)
def test_escaped_page_is_unescaped(answer: str) -> None:
    """A page escaped as in JSON, even twice, or by entities is read as what it was before."""
    page = read_page(answer)

    assert page == LINES


@pytest.mark.parametrize(
    "page",
    [
        '<html lang="en"><script>a = "<b class=\\"x\\">"</script><body><input></body></html>',
        '<html lang="en"><body><pre>&lt;html lang=\\"en\\"&gt;&lt;/html&gt; C:\\new\\table</pre><input></body></html>',
        '<html><body><a title="a=\\"><input></a></body></html>',
        "<html><body><p>C:\\new\\table and \\u0041</p><input></body></html>",
    ],
)
def test_what_is_not_escaped_stays(page: str) -> None:
    """Backslashes and entities in a page that is none of the escaped ones are its own text."""
    found = read_page(page)

    assert found == page


@pytest.mark.parametrize("pattern", ["=", "<a", '<a =\\"', '\\"', "\\u", "&lt;html&gt;", "&lt;", "<html ", "<p a= "])
def test_hostile_page_is_refused(pattern: str) -> None:
    """Half a megabyte that seems escaped over and over is refused; rereading it would outlast the time limit."""
    answer = pattern * (500_000 // len(pattern))
    with pytest.raises((UnreadablePage, CutAnswer)):
        read_page(answer)


@pytest.mark.parametrize(
    "page",
    [
        "<HTML><BODY><INPUT></BODY></HTML >",
        '<html><script>w.write("<html></html>")</script><input></html>',
        "<html><body><p>one two three four five</p></body></html>",
    ],
)
def test_documents_that_are_taken_whole(page: str) -> None:
    """Any case will do, scripts that write documents end none, and five words are content."""
    found = read_page(page)

    assert found == page


@pytest.mark.parametrize(
    ("answer", "page"),
    [
        ("<div><input></div>", "<!DOCTYPE html>\n<html><body><div><input></div></body></html>"),
        (
            "Sure:\n```html\n<form><input></form>\n```",
            "<!DOCTYPE html>\n<html><body><form><input></form></body></html>",
        ),
        ("<body class='a'><input></body>", "<!DOCTYPE html>\n<html><body class='a'><input></body></html>"),
        (r"<input id=\"a\">", '<!DOCTYPE html>\n<html><body><input id="a"></body></html>'),
        ("<input>", "<!DOCTYPE html>\n<html><body><input></body></html>"),
    ],
)
def test_fragment_becomes_a_document(answer: str, page: str) -> None:
    """Mark-up without ``<html>`` is wrapped."""
    found = read_page(answer)

    assert found == page


@pytest.mark.parametrize(
    "answer", [PAGE[:-7], "```html\n<!doctype html><html><body>", "<div><p>half", '{"html": "<html><body>', "<form><in"]
)
def test_page_without_an_end_is_a_cut_answer(answer: str) -> None:
    """A page that ends in the middle was cut by the output limit."""
    with pytest.raises(CutAnswer):
        read_page(answer)


def test_prose_of_a_cut_stream_is_a_cut_answer() -> None:
    """Where the stream was cut before any mark-up, the cut is the reason."""
    with pytest.raises(CutAnswer):
        read_page("Let me think", is_cut=True)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("I can't do that.", "no HTML"),
        ("Use <b>bold</b> text.", "no HTML"),
        ('{"html": 5}', "no HTML"),
        ("<html><body>Sorry, no</body></html>", "next to nothing"),
        ("<html><head><title>a b c d e f g</title></head></html>", "next to nothing"),
        ('<html><div id="root"></div><script>draw("one two three four five six")</script></html>', "next to nothing"),
        (f"<html>{'<p>x</p>' * 40_000}</html>", "too large"),
    ],
)
def test_what_is_no_page_is_refused_in_words(answer: str, words: str) -> None:
    """The error says what was wrong, for the model to be told."""
    with pytest.raises(UnreadablePage, match=words):
        read_page(answer)
