"""Modals, the home and the list of requests: within Slack's limits, in both languages, whatever people wrote."""

from datetime import UTC, datetime

import pytest

from bot.core.glances import Listed, build_status
from bot.core.limits import find_view_violations, find_violations
from bot.core.models import Glance, State, TeamGlance
from bot.core.overview import Budgets, Overview
from bot.core.texts import Language
from bot.core.views import build_generate_modal, build_home, build_reason_modal, build_refine_modal

_NASTY = "<!channel> *b* `c` &amp; <https://x.example|y>\n\n" + "довге слово " * 40


def _listed(state: State, *, name: str | None = None, number: int = 1) -> Listed:
    glance = Glance(
        job_id=f"message:T1:C1:{number}",
        state=state,
        prompt=_NASTY,
        name=name,
        channel="C1",
        thread_ts=f"{number}.1",
        asked_at=datetime(2026, 11, 24, 12, 30, tzinfo=UTC),
    )
    return Listed(
        glance=glance,
        thread_url="https://demo.slack.com/archives/C1/p11",
        preview_url="https://bot.example/p/token" if state is State.READY else None,
    )


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("max_chars", [10, 2_000, 50_000])
def test_modals_are_within_slacks_limits(language: Language, max_chars: int) -> None:
    """Also where prompts may be longer than one of Slack's inputs takes."""
    modals = [
        build_generate_modal(language=language, min_chars=1, max_chars=max_chars),
        build_refine_modal("j" * 300, language=language, max_chars=max_chars),
        build_reason_modal("j" * 300, language=language),
    ]

    assert [find_view_violations(modal) for modal in modals] == [[], [], []]
    assert all(block["block_id"] == block["element"]["action_id"] for modal in modals for block in modal["blocks"])


@pytest.mark.parametrize("language", Language)
def test_the_home_and_the_list_are_within_slacks_limits(language: Language) -> None:
    """Ten requests of every state, with names and prompts that are long and full of markup."""
    items = [_listed(state, name=name) for state in State for name in (None, _NASTY)] + [_listed(State.READY)] * 2
    home = build_home(language=language, min_chars=10, max_chars=2_000, items=items, trouble="")
    status = build_status(items, language=language)

    assert len(items) == 10
    assert find_view_violations(home) == []
    assert find_violations(text=status.text, blocks=status.blocks) == []
    assert "<!channel>" not in status.text
    assert "mrkdwn" not in str([home, status.blocks])


def test_a_list_begins_with_what_runs() -> None:
    """The rest keeps its order, the newest first."""
    states = [State.READY, State.FAILED, State.RUNNING, State.CANCELLED]
    status = build_status([_listed(state, name=state) for state in states], language=Language.ENGLISH)

    assert [line.rpartition(": ")[2] for line in status.text.splitlines()[1:]] == [
        "running",
        "ready",
        "failed",
        "cancelled",
    ]


def test_a_request_offers_what_can_be_done_about_it() -> None:
    """Nothing while it runs; a preview only where there is one."""
    offers = {}
    for state in State:
        home = build_home(language=Language.ENGLISH, min_chars=10, max_chars=2_000, items=[_listed(state)], trouble="")
        rows = [block["elements"] for block in home["blocks"] if block["type"] == "actions"][1:]
        offers[state] = [element["action_id"] for row in rows for element in row]

    assert offers == {
        State.RUNNING: [],
        State.READY: ["open_preview", "regenerate"],
        State.FAILED: ["retry"],
        State.CANCELLED: ["retry"],
    }


def test_an_empty_list_is_said_in_words_and_trouble_too() -> None:
    """A store that can't be read is no empty list."""
    empty, broken = (
        str(build_home(language=Language.UKRAINIAN, min_chars=10, max_chars=2_000, items=(), trouble=trouble))
        for trouble in ("", "Зараз не можу")
    )

    assert "Ви ще нічого не просили." in empty
    assert "Ви ще нічого не просили." not in broken
    assert "Зараз не можу" in broken


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("paused_by", [None, "U1"])
def test_the_home_of_an_admin_is_within_slacks_limits(language: Language, paused_by: str | None) -> None:
    """With the ten requests of their own and twenty of everybody's, paused or not."""
    seen = [
        TeamGlance(
            reference="7F3K2X",
            user="U2",
            channel=channel,
            state=state,
            error="codemie_failed_answer" if state is State.FAILED else None,
            asked_at=datetime(2026, 11, 24, 12, 30, tzinfo=UTC),
            seconds=None if state is State.RUNNING else 73.4,
        )
        for state in State
        for channel in ("C1", "D1")
    ]
    for requests in ((), [*seen, *seen, *seen[:4]]):
        overview = Overview(paused_by=paused_by, calls=12, budgets=Budgets(team=40, user=9), requests=requests)
        home = build_home(
            language=language,
            min_chars=10,
            max_chars=2_000,
            items=[_listed(State.READY, name=_NASTY)] * 10,
            trouble="",
            overview=overview,
        )

        assert find_view_violations(home) == []
        assert "mrkdwn" not in str(home)
