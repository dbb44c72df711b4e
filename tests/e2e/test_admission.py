"""Who may ask: a stranger of a shared channel and a guest may nowhere, by default; the lists say who else may."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from stage import Stage, StageOpener
from visitors import get_modal, show, wait_for_feedback

from bot.core.controls import (
    BAD,
    CANCEL_ACTION,
    DELETE_ACTION,
    GOOD,
    NEW_ACTION,
    REFINE_ACTION,
    REGENERATE_ACTION,
    RETRY_ACTION,
)
from bot.core.controls import FEEDBACK_ACTION as THUMBS
from bot.demo.codemie import Fault
from bot.demo.workspace import Message
from bot.demo.workspace.world import BOT_USER, Channel, ChannelKind, User

PROMPT: Final = "Registration for a parking permit: name, car plate, e-mail"
# A word that no other test of the stage says.
MARK: Final = "unadmitted"
PLANTED: Final = f"Registration for an {MARK} permit: name, car plate, e-mail"
SHARED: Final = "CSHARED"
STRANGER: Final = "USTRANGER"
GUEST: Final = "UGUEST"
WORDS: Final = {STRANGER: "people of my own workspace only", GUEST: "Guests can't ask me"}


@pytest.fixture(scope="module")
async def place(stage: Stage) -> AsyncIterator[Stage]:
    """Open a channel that is shared with another organisation, with a guest in it as well."""
    state = stage.workspace.state
    state.set_user(User(id=STRANGER, name="ann", real_name="Ann", team_id="T9"))
    state.set_user(User(id=GUEST, name="bob", real_name="Bob", is_guest=True))
    members = frozenset({"U1", "U2", STRANGER, GUEST, BOT_USER})
    state.set_channel(
        Channel(id=SHARED, name="shared", kind=ChannelKind.PUBLIC, members=members, is_shared=True),
    )
    yield stage
    stage.fault_for = None


@pytest.fixture(scope="module")
async def result(place: Stage) -> Message:
    """Have a member make a result there; return the message with its controls."""
    anchor = await place.command(PROMPT, channel=SHARED)
    return await place.wait_for_controls(SHARED, anchor.ts, REFINE_ACTION)


@pytest.fixture(scope="module")
async def failure(place: Stage) -> Message:
    """Have a request of a member's fail there."""
    place.fault_for = lambda _turn, _number: Fault.unavailable()
    anchor = await place.command(PROMPT, channel=SHARED)
    told = (await place.wait_for_failure(SHARED, anchor.ts))[-1]
    place.fault_for = None
    return told


def list_shown(stage: Stage, user: str) -> list[str]:
    """List what somebody has been shown: whispers, the bot's messages where they are, modals, their Home."""
    state = stage.workspace.state
    channels = [channel.id for channel in state.channels.values() if user in channel.members]
    messages = [message for channel in channels for message in stage.workspace.messages(channel)]
    return [
        *(item.text for item in stage.workspace.ephemerals if item.user == user),
        *(show(message.blocks) for message in messages if message.bot_id),
        *(show(view.body) + show(view.errors) for view in stage.workspace.views.values() if view.user == user),
    ]


async def find_told(stage: Stage, user: str, words: str, act: Callable[[], Awaitable[object]]) -> str:
    """Do something, and return what it is answered with ``words``."""
    before = len(list_told(stage, user, words))
    await act()
    told = await stage.workspace.wait_for(lambda: list_told(stage, user, words)[before:], 10)
    return told[0]


def list_told(stage: Stage, user: str, words: str) -> list[str]:
    """List where somebody was told something."""
    return [shown for shown in list_shown(stage, user) if words in shown]


def read_database(stage: Stage) -> bytes:
    """Read the files of the database, its log included."""
    return b"".join(path.read_bytes() for path in Path(stage.env["DATA_DIR"]).glob("bot.sqlite*"))


def _get_job_id(message: Message) -> str:
    assert message.metadata is not None
    return str(message.metadata["event_payload"]["job"])


async def _submit_form(stage: Stage, user: str) -> None:
    """Submit a form that was open before its user's standing changed."""
    await stage.workspace.use_shortcut("U1", "generate_prototype")
    view = get_modal(stage, "U1")
    stage.workspace.state.set_view(replace(view, user=user))
    await stage.workspace.submit_view(user, stage.workspace.views[view.id], {"prompt": PLANTED})


async def _write_directly(stage: Stage, user: str, text: str) -> None:
    await stage.workspace.say(user=user, channel=stage.workspace.state.open_dm(user).id, text=text)


async def _click_at_home(stage: Stage, user: str) -> None:
    await stage.workspace.open_home(user)
    await stage.workspace.click_in_view(user, stage.workspace.published_homes[user], NEW_ACTION)


Act = Callable[[Stage, str, Message, Message], Awaitable[object]]
ACTS: Final[dict[str, Act]] = {
    "command": lambda s, u, *_: s.workspace.send_command(user=u, channel=SHARED, text=PLANTED),
    "command for the form": lambda s, u, *_: s.workspace.send_command(user=u, channel=SHARED, text=""),
    "mention": lambda s, u, *_: s.workspace.say(user=u, channel=SHARED, text=PLANTED, mention=True),
    "direct message": lambda s, u, *_: _write_directly(s, u, PLANTED),
    "change in a direct message": lambda s, u, *_: _write_directly(s, u, f"make the {MARK} button green"),
    "refinement in the thread": lambda s, u, r, _: s.workspace.say(
        user=u, channel=SHARED, text=f"make the {MARK} button green", mention=True, thread_ts=r.root_ts
    ),
    "form": lambda s, u, *_: _submit_form(s, u),
    "shortcut": lambda s, u, *_: s.workspace.use_shortcut(u, "generate_prototype"),
    "shortcut on a message": lambda s, u, *_: s.workspace.use_message_shortcut(
        u, s.workspace.messages(SHARED)[0], "prototype_from_message"
    ),
    "button of the Home": lambda s, u, *_: _click_at_home(s, u),
    "refine": lambda s, u, r, _: s.workspace.click(u, r, REFINE_ACTION),
    "regenerate": lambda s, u, r, _: s.workspace.click(u, r, REGENERATE_ACTION),
    "delete": lambda s, u, r, _: s.workspace.click(u, r, DELETE_ACTION),
    "rate": lambda s, u, r, _: s.workspace.click(u, r, THUMBS, f"{GOOD}:{_get_job_id(r)}"),
    "try again": lambda s, u, _, f: s.workspace.click(u, f, RETRY_ACTION),
}


@pytest.mark.parametrize("surface", ACTS)
@pytest.mark.parametrize("user", [STRANGER, GUEST])
async def test_a_stranger_and_a_guest_are_refused_by_default(
    place: Stage, result: Message, failure: Message, user: str, surface: str
) -> None:
    """Politely, where they asked; CodeMie is not asked, nothing is deleted, and nothing of what they wrote is kept."""
    calls, opinions = len(place.codemie.calls), len(place.codemie.feedback)
    told = await find_told(place, user, WORDS[user], lambda: ACTS[surface](place, user, result, failure))
    kept = read_database(place)

    assert told
    assert len(place.codemie.calls) == calls
    assert len(place.codemie.feedback) == opinions
    assert place.workspace.state.find_message(SHARED, result.ts) is not None
    assert MARK.encode() not in kept
    assert MARK not in place.read_log()


@pytest.mark.parametrize(("member", "user"), [("U1", STRANGER), ("U2", GUEST)])
async def test_a_form_that_asks_why_is_no_way_in(place: Stage, result: Message, member: str, user: str) -> None:
    """Opened before its user's standing changed: why they think so is not passed on."""
    opinions = len(place.codemie.feedback)
    await place.workspace.click(member, result, THUMBS, f"{BAD}:{_get_job_id(result)}")
    await wait_for_feedback(place, known=opinions, count=2)
    view = replace(get_modal(place, member), user=user)
    place.workspace.state.set_view(view)
    answered = await place.workspace.submit_view(user, view, {"prompt": PLANTED})
    lines = [line for line in map(json.loads, place.read_log().splitlines()) if line.get("action") == "explain"]

    assert answered.status == 200
    assert [(line["actor"], line["team"], line["allowed"]) for line in lines[-1:]] == [(user, "T1", False)]
    assert MARK.encode() not in read_database(place)


@pytest.mark.parametrize("user", [STRANGER, GUEST])
async def test_nobody_who_may_not_ask_stops_a_job_of_a_member(place: Stage, user: str) -> None:
    """Neither by the button nor by Slack's own Stop; its requester does."""
    place.fault_for = lambda _turn, _number: Fault.silence()
    anchor = await place.command(PROMPT, channel=SHARED)
    running = await place.wait_for_controls(SHARED, anchor.ts, CANCEL_ACTION)
    told = await find_told(place, user, WORDS[user], lambda: place.workspace.click(user, running, CANCEL_ACTION))
    stop = {"type": "agent_session_stopped", "channel": SHARED, "thread_ts": anchor.ts, "user": user, "event_ts": "1.1"}
    await place.workspace.deliver_event(stop)
    shown = place.workspace.state.find_message(SHARED, running.ts)
    await place.workspace.click("U1", running, CANCEL_ACTION)
    place.fault_for = None

    assert told
    assert shown is not None
    assert CANCEL_ACTION in show(shown.blocks)


async def test_the_lists_say_who_may_ask_where(open_stage: StageOpener) -> None:
    """By person and by channel, in a channel, a form and a question that was asked before; direct messages are open."""
    async with open_stage(ALLOWED_USERS="U2, UGUEST", ALLOWED_CHANNELS="C1", ALLOW_GUESTS="yes") as stage:
        workspace = stage.workspace
        workspace.state.set_user(User(id=GUEST, name="bob", real_name="Bob", is_guest=True))
        answers = [
            (await workspace.send_command(user=user, channel=channel, text=PROMPT)).body
            for user, channel in (("U1", "C1"), ("U2", "C2"))
        ]
        await workspace.use_shortcut("U2", "generate_prototype")
        form = get_modal(stage, "U2")
        await workspace.submit_view("U2", form, {"prompt": PROMPT, "place": "in_channel", "channel": "C2"})
        calls = len(stage.codemie.calls)
        anchor = await stage.command(PROMPT, user="U2")
        await stage.wait_for_files("C1", anchor.ts)
        said = await workspace.say(user="U2", channel="D2", text=PROMPT)
        await stage.wait_for_files("D2", said.ts)
        guest = await stage.command(PROMPT, user=GUEST)
        await stage.wait_for_files("C1", guest.ts)

        assert "may not ask me" in answers[0]
        assert "in this channel" in answers[1]
        assert "in this channel" in show(workspace.views[form.id].errors)
        assert calls == 0


async def test_an_outage_of_the_directory_keeps_out_only_whom_nobody_knows(open_stage: StageOpener) -> None:
    """Whom Slack has told of before is let in; others are asked to try again, in time for the acknowledgement."""
    async with open_stage() as stage:
        first = await stage.command(PROMPT, user="U1")
        stage.workspace.faults.delay("users.info", 5, times=None)
        second = await stage.command(PROMPT, user="U1")
        refused = await stage.workspace.send_command(user="U2", channel="C1", text=PROMPT)
        (again,) = (await stage.workspace.say(user="U2", channel="D2", text="make it green")).deliveries
        asked = [call for call in stage.workspace.calls if call.method == "users.info"]

        assert first.ts != second.ts
        assert "who you are" in refused.body
        assert refused.ack_s < 2
        assert (again.status, again.ack_s < 2) == (200, True)
        assert len(asked) == 1


async def test_without_the_scope_the_payload_tells_strangers(open_stage: StageOpener) -> None:
    """Guests can't be told from members then; a question that was asked before the rules is refused as well."""
    async with open_stage() as stage:
        workspace = stage.workspace
        workspace.scopes.discard("users:read")
        workspace.state.set_user(User(id=STRANGER, name="ann", real_name="Ann", team_id="T9"))
        workspace.state.set_user(User(id=GUEST, name="bob", real_name="Bob", is_guest=True))
        workspace.state.set_channel(replace(workspace.state.channels["C1"], is_shared=True))
        await workspace.say(user=STRANGER, channel="C1", text=PROMPT, mention=True)
        await workspace.wait_for(lambda: [m for m in workspace.messages("C1") if WORDS[STRANGER] in m.text], 10)
        calls = len(stage.codemie.calls)
        guest = await stage.command(PROMPT, user=GUEST)
        await stage.wait_for_files("C1", guest.ts)

        assert calls == 0
        assert sum(call.method == "users.info" for call in workspace.calls) == 1


async def test_a_stranger_who_is_let_in_has_one_job(open_stage: StageOpener) -> None:
    """Slack sends a mention in a shared channel as two events, each in the name of another workspace."""
    async with open_stage(ALLOW_EXTERNAL="yes", ALLOWED_TEAMS="T1,T9") as stage:
        workspace = stage.workspace
        workspace.subscriptions.add("message.channels")
        workspace.state.set_user(User(id=STRANGER, name="ann", real_name="Ann", team_id="T9"))
        said = await workspace.say(user=STRANGER, channel="C1", text=PROMPT, mention=True)
        messages = await stage.wait_for_files("C1", said.ts)

        assert len(said.deliveries) == 2
        assert len(messages) == 2
        assert len(stage.codemie.calls) == 2
