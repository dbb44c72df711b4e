"""The language of people's Slack, asked of a workspace over a socket: cached, bounded, and never in the way."""

import pytest
from playground import make_client

from bot.core.texts import Language
from bot.demo.workspace import Workspace
from bot.slack.locales import Locales, read_locale
from bot.slack.suggestions import Suggestions


def _count(workspace: Workspace) -> int:
    return sum(call.method == "users.info" for call in workspace.calls)


async def test_a_locale_is_asked_for_once_an_hour(workspace: Workspace) -> None:
    """One that the bot does not speak is remembered too."""
    now = [0.0]
    locales = Locales(client=make_client(workspace), monotonic=lambda: now[0])
    found = [await locales.find(user) for user in ("U1", "U2", "U1", "U2")]
    within = _count(workspace)
    now[0] = 3_601.0
    later = await locales.find("U1")

    assert found == [Language.UKRAINIAN, Language.ENGLISH] * 2
    assert later is Language.UKRAINIAN
    assert (within, _count(workspace)) == (2, 3)


async def test_what_fails_is_asked_for_again_unless_it_is_not_to_be_had(workspace: Workspace) -> None:
    """Somebody unknown now may be known later; a scope that is missing stays missing."""
    locales = Locales(client=make_client(workspace))
    workspace.faults.answer_error("users.info", "internal_error")
    passing = [await locales.find("U1"), await locales.find("U1")]
    workspace.scopes.discard("users:read")
    missing = [await locales.find(user) for user in ("U2", "U2", "U1")]

    assert passing == [None, Language.UKRAINIAN]
    assert missing == [None, None, Language.UKRAINIAN]
    assert _count(workspace) == 3


async def test_a_slow_answer_is_not_waited_for(workspace: Workspace) -> None:
    """Whoever clicked has three seconds in all."""
    workspace.faults.delay("users.info", 5.0)
    found = await Locales(client=make_client(workspace)).find("U1")

    assert found is None


async def test_no_more_people_are_remembered_than_there_is_room_for(workspace: Workspace) -> None:
    """Whoever was asked about longest ago is forgotten first."""
    locales = Locales(client=make_client(workspace), most_kept=2)
    for user in ("U1", "U2", "UBOT", "U2", "U1"):
        await locales.find(user)

    assert [call.args["user"] for call in workspace.calls if call.method == "users.info"] == ["U1", "U2", "UBOT", "U1"]


async def test_prompts_are_offered_again_after_a_failure_and_where_a_dm_was_forgotten(workspace: Workspace) -> None:
    """A failure that passes is not held against the next opening of the tab."""
    suggestions = Suggestions(client=make_client(workspace), most_kept=1)
    workspace.faults.answer_error("assistant.threads.setSuggestedPrompts", "internal_error")
    for channel in ("D1", "D1", "D1", "D2", "D1"):
        await suggestions.offer(channel, ["Permit: name", "Feedback"])

    assert [call.args["channel_id"] for call in workspace.calls] == ["D1", "D1", "D2", "D1"]
    assert workspace.state.suggested_prompts["D2"] == [
        {"title": "Permit", "message": "Permit: name"},
        {"title": "Feedback", "message": "Feedback"},
    ]


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("uk-UA", Language.UKRAINIAN),
        ("uk", Language.UKRAINIAN),
        ("en-GB", Language.ENGLISH),
        ("en_US", Language.ENGLISH),
        ("pl-PL", None),
        ("", None),
        ("None", None),
        ("ukulele", None),
    ],
)
def test_locales_are_read_by_their_language(locale: str, language: Language | None) -> None:
    """Whatever the country."""
    assert read_locale(locale) is language
