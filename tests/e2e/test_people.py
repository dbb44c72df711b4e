"""People as their Slack has them, asked of a workspace over a socket: cached, bounded, and never in the way."""

import asyncio

import pytest
from workspace_apps import make_client

from bot.core.texts import Language
from bot.demo.workspace import Workspace
from bot.demo.workspace.world import User
from bot.errors import SlackError
from bot.slack.people import People, read_locale
from bot.slack.suggestions import Suggestions


def _count(workspace: Workspace) -> int:
    return sum(call.method == "users.info" for call in workspace.calls)


async def test_a_person_is_asked_about_once_in_ten_minutes(workspace: Workspace) -> None:
    """One whose language the bot does not speak too."""
    now = [0.0]
    people = People(client=make_client(workspace), monotonic=lambda: now[0])
    found = [await people.find_language(user) for user in ("U1", "U2", "U1", "U2")]
    within = _count(workspace)
    now[0] = 601.0
    later = await people.find_language("U1")

    assert found == [Language.UKRAINIAN, Language.ENGLISH] * 2
    assert later is Language.UKRAINIAN
    assert (within, _count(workspace)) == (2, 3)


async def test_what_fails_is_asked_again_later_unless_the_app_may_not_ask(workspace: Workspace) -> None:
    """Somebody unknown now may be known in a moment; a scope that is missing is asked for again after ten minutes."""
    now = [0.0]
    people = People(client=make_client(workspace), monotonic=lambda: now[0])
    workspace.faults.answer_error("users.info", "internal_error")
    passing = [await people.find_language("U1"), await people.find_language("U1")]
    now[0] = 2.0
    passing.append(await people.find_language("U1"))
    workspace.scopes.discard("users:read")
    missing = [await people.find_language(user) for user in ("U2", "U2", "U1")]
    workspace.scopes.add("users:read")
    now[0] = 603.0
    granted = await people.find_language("U2")

    assert passing == [None, None, Language.UKRAINIAN]
    assert missing == [None, None, Language.UKRAINIAN]
    assert granted is Language.ENGLISH
    assert _count(workspace) == 4


async def test_a_slow_answer_is_not_waited_for(workspace: Workspace) -> None:
    """Whoever clicked has three seconds in all; nor is it waited for a second time in the same payload."""
    workspace.faults.delay("users.info", 5.0)
    people = People(client=make_client(workspace), monotonic=lambda: 0.0)
    found = await people.find_language("U1")
    with pytest.raises(SlackError):
        await people.find_standing("U1")

    assert found is None


async def test_many_who_ask_at_once_wait_for_one_answer(workspace: Workspace) -> None:
    """One of them who leaves takes it from none of the others."""
    workspace.faults.delay("users.info", 0.1)
    people = People(client=make_client(workspace))
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(people.find_standing("U1")) for _ in range(5)]
        await asyncio.sleep(0)
        waiting.pop(0).cancel()
    found = [task.result() for task in waiting]

    assert [standing and standing.team for standing in found] == ["T1"] * 4
    assert _count(workspace) == 1


async def test_in_an_outage_people_are_who_they_were(workspace: Workspace) -> None:
    """A member, a guest and somebody unknown, long after they were asked about."""
    now = [0.0]
    people = People(client=make_client(workspace), monotonic=lambda: now[0])
    guest = User(id="UGUEST", name="guest", real_name="Guest", is_guest=True)
    workspace.state.set_user(guest)
    for user in ("U1", "UGUEST"):
        await people.find_standing(user)
    now[0] = 10_000.0
    workspace.faults.answer_error("users.info", "service_unavailable", times=9)
    known = [await people.find_standing(user) for user in ("U1", "UGUEST")]
    with pytest.raises(SlackError):
        await people.find_standing("U2")

    assert [standing and standing.is_guest for standing in known] == [False, True]


async def test_no_more_people_are_remembered_than_there_is_room_for(workspace: Workspace) -> None:
    """Whoever was asked about longest ago is forgotten first."""
    people = People(client=make_client(workspace), most_kept=2)
    for user in ("U1", "U2", "UBOT", "U2", "U1"):
        await people.find_language(user)

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
