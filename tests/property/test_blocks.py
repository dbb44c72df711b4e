"""Whatever a flow holds, what the bot posts of it is within Slack's limits and is text."""

from collections.abc import Iterator

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from bot.core.alt_text import write_alt_text
from bot.core.block_kit import Message
from bot.core.blocks import build_anchor, build_failure, build_page, write_files_comment
from bot.core.changes import compare_flows
from bot.core.controls import build_result_rows
from bot.core.flow_blocks import Extras, Picture, build_flow, build_progress
from bot.core.limits import find_violations
from bot.core.models import Field, Flow, Step
from bot.core.pages import PageReport
from bot.core.texts import Language
from bot.errors import BotError

_HOSTILE = ("<!channel>", "<@U2>", "<http://evil.example|click>", "*b* _i_ `c`", "&lt;!here&gt;", "@here", "🇺🇦👩‍👩‍👧")
_LENGTHS = (1, 40, 75, 149, 150, 151, 600, 601, 2_999, 3_000, 3_001, 4_000, 20_000)


def _texts() -> st.SearchStrategy[str]:
    """Texts on both sides of each limit, with what Slack would read as markup at any place in them."""
    words = st.sampled_from((*_HOSTILE, "Номер авто", "E-mail ", "ї", "x"))
    return st.builds(
        lambda word, length, tail: (word * (length // len(word) + 1))[: max(1, length - len(tail))].strip() + tail,
        words,
        st.sampled_from(_LENGTHS),
        st.sampled_from(("!", "<!channel>", "&amp;")),
    )


_FIELDS = st.builds(
    Field, name=st.just("f"), type=st.sampled_from(("text", "email", "x" * 300)), label=_texts(), required=st.booleans()
)
_STEPS = st.builds(
    Step,
    id=st.just("s"),
    type=st.sampled_from(("form", "info", "a-kind-nobody-knows")),
    title=_texts(),
    message=st.none() | _texts(),
    fields=st.none() | st.lists(_FIELDS, max_size=4).map(tuple),
)


@st.composite
def _flows(draw: st.DrawFn) -> Flow:
    steps = draw(st.lists(_STEPS, min_size=1, max_size=4))
    many_fields = draw(st.sampled_from((1, 1, 10, 40)))
    grown = [step.model_copy(update={"fields": (step.fields or ()) * many_fields}) for step in steps]
    return Flow(
        id="f",
        name=draw(_texts()),
        description=draw(st.none() | _texts()),
        steps=tuple(grown * draw(st.sampled_from((1, 1, 5, 20)))),
    )


def _find_all_violations(message: Message) -> list[str]:
    return find_violations(text=message.text, blocks=message.blocks, is_update=True)


def _read_markup(value: object) -> Iterator[str]:
    """Yield every text of a block that Slack would read as markup."""
    if isinstance(value, dict):
        if value.get("type") in {"mrkdwn", "markdown"}:
            yield str(value.get("text"))
        for child in value.values():
            yield from _read_markup(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _read_markup(child)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    flow=_flows(),
    other=_flows(),
    language=st.sampled_from(Language),
    status=st.sampled_from(("", "⏳ …")),
    is_plain=st.booleans(),
)
def test_a_flow_message_holds_within_limits(
    flow: Flow,
    other: Flow,
    language: Language,
    status: str,
    is_plain: bool,  # noqa: FBT001 - Hypothesis passes by name
) -> None:
    """Cut at whole steps, below every limit, and saying how many steps are left out."""
    changes = compare_flows(flow, other)
    rows = build_result_rows("job", language=language, preview_url="https://bot.example.org/p/token", is_plain=is_plain)
    extras = Extras(
        status=status,
        unused_files=["a.pdf"] * 20,
        read=3,
        version=2,
        changes=changes,
        picture=Picture(file_id="F0123456789", alt_text=write_alt_text(flow, language)),
        rows=rows,
    )
    message = build_flow(flow, language=language, extras=extras)

    shown = str(message.blocks)
    is_cut = "flow.json" in shown
    event(f"cut: {is_cut}, steps: {len(flow.steps)}")
    assert _find_all_violations(message) == []
    assert list(_read_markup(message.blocks)) == []
    assert is_cut or f"{len(flow.steps)}. " in shown


@settings(max_examples=100, deadline=None)
@given(text=_texts(), language=st.sampled_from(Language))
def test_people_and_models_reach_nobody_as_markup(text: str, language: Language) -> None:
    """In the top-level text every angle bracket of theirs is escaped."""
    anchor = build_anchor(language=language, user_name=text, prompt=text, status="…")
    progress = build_progress(language=language, status="…", extras=Extras(unused_files=[text]))

    for message in (anchor, progress):
        event(f"{len(message.text.encode()) >= 3_400}")
        assert _find_all_violations(message) == []
        assert list(_read_markup(message.blocks)) == []
        assert "<" not in message.text


@settings(max_examples=100, deadline=None)
@given(name=_texts(), names=st.lists(_texts(), max_size=30))
def test_the_files_comment_shows_names_as_code(name: str, names: list[str]) -> None:
    """A name can neither end its code span nor begin a mention; the only mention is the requester's."""
    flow = Flow(id="f", name=name, steps=(Step(id="s", type="info", title="t"),))
    report = PageReport(
        fields_total=len(names), fields_found=0, missing_fields=tuple(names), missing_titles=(), has_lang=True
    )

    comment = write_files_comment(flow, report, language=Language.ENGLISH, user="U1", is_styled=True)

    assert comment.count("<") == 1
    assert comment.startswith("<@U1> ")
    assert comment.count("`") % 2 == 0
    assert len(comment) <= 4_000
    outside = comment.split("`")[::2]
    assert not any("evil.example" in part for part in outside)


@settings(max_examples=100, deadline=None)
@given(
    name=_texts(),
    names=st.lists(_texts(), max_size=30),
    html=st.integers(8_400, 8_600).map(lambda size: f"<!DOCTYPE html>{'<p>ї & `x`</p>' * 700}"[:size]),
    language=st.sampled_from(Language),
)
def test_a_page_is_shown_as_text_where_it_fits(name: str, names: list[str], html: str, language: Language) -> None:
    """Whole or not at all, as text that reaches nobody."""
    flow = Flow(id="f", name=name, steps=(Step(id="s", type="info", title="t"),))
    report = PageReport(
        fields_total=len(names),
        fields_found=0,
        missing_fields=tuple(names),
        missing_titles=tuple(names),
        has_lang=True,
    )

    message = build_page(flow, html, report, language=language, is_styled=False)

    is_shown = "rich_text_preformatted" in str(message.blocks)
    event(f"shown: {is_shown}")
    assert _find_all_violations(message) == []
    assert list(_read_markup(message.blocks)) == []
    assert "<" not in message.text
    assert is_shown is (len(html) <= 8_500)


def test_every_failure_holds_within_limits() -> None:
    """Each error of the tree makes a message in both languages, with a button where trying again can help."""
    for kind in BotError.walk():
        for language in Language:
            message = build_failure(kind(), language=language, reference="7F3K2A", user="U1", job_id="j" * 200)
            has_button = any(block["type"] == "actions" for block in message.blocks)

            assert _find_all_violations(message) == []
            assert "7F3K2A" in message.text
            assert has_button is kind.is_worth_retrying
