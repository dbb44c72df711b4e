"""Admins: they pause and resume the bot and see everybody's requests in the App Home; nobody else does."""

import json
from typing import Any

import aiohttp
from stage import Stage, StageOpener
from visitors import ask_until, invite, show

from bot.core.controls import PAUSE_ACTION, RESUME_ACTION
from bot.core.ids import make_reference
from bot.demo.workspace import Delivery, Message, View

PROMPT = "Registration for a planted-permit: name, car plate, e-mail"
PAUSED = "I'm paused here"


async def _open_home(stage: Stage, user: str) -> View:
    await stage.workspace.open_home(user)
    return stage.workspace.published_homes[user]


async def _read_home(stage: Stage, user: str) -> str:
    return show((await _open_home(stage, user)).body)


async def _use(stage: Stage, user: str, action: str) -> Delivery:
    """Click a button of the admin's home as somebody."""
    return await stage.workspace.click_in_view(user, stage.workspace.published_homes["U1"], action)


async def _read(stage: Stage, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(stage.url + path) as answer:
        return answer.status, await answer.text()


def _list_audit(stage: Stage) -> list[dict[str, Any]]:
    """List who has paused and resumed."""
    lines = [json.loads(line) for line in stage.read_log().splitlines()]
    return [line for line in lines if line["logger"] == "audit" and line["action"] in {PAUSE_ACTION, RESUME_ACTION}]


def _get_reference(message: Message) -> str:
    assert message.metadata is not None
    return make_reference(message.metadata["event_payload"]["job"])


async def test_an_admin_pauses_the_bot_through_a_restart(open_stage: StageOpener) -> None:
    """What runs goes on; new requests are refused everywhere until it is resumed, and /ready tells and stays 200."""
    async with open_stage(ADMIN_USERS="T1:U1") as stage:
        stage.codemie.pace.delay_s = 0.3
        running = await stage.command(PROMPT, user="U2")
        await _open_home(stage, "U1")
        await _use(stage, "U1", PAUSE_ACTION)
        shown = show(stage.workspace.published_homes["U1"].body)
        refused = await stage.workspace.send_command(user="U2", channel="C1", text=PROMPT)
        said = await stage.workspace.say(user="U2", channel="D2", text=PROMPT)
        await stage.workspace.wait_for(lambda: [m for m in stage.list_thread("D2", said.ts) if PAUSED in m.text], 10)
        await stage.wait_for_files("C1", running.ts)
        calls = len(stage.codemie.calls)
        ready, (_, metrics) = await _read(stage, "/ready"), await _read(stage, "/metrics")
        await stage.stop()
        await stage.start()
        still = await stage.workspace.send_command(user="U1", channel="C1", text=PROMPT)
        forged = await _use(stage, "U2", RESUME_ACTION)
        again = await stage.workspace.send_command(user="U2", channel="C1", text=PROMPT)
        await _use(stage, "U1", RESUME_ACTION)
        anchor = await stage.command(PROMPT, user="U2")
        await stage.wait_for_files("C1", anchor.ts)

        assert RESUME_ACTION in shown
        assert PAUSE_ACTION not in shown
        assert all(PAUSED in delivery.body for delivery in (refused, still, again))
        assert calls == 2
        assert ready[0] == 200
        assert json.loads(ready[1])["paused"] is True
        assert "codemie_bot_workspaces_paused 1.0" in metrics
        assert forged.status == 200
        acts = [(line["action"], line["actor"], line["object"], line["decision"]) for line in _list_audit(stage)]
        assert acts == [
            ("pause", "U1", "T1", "done"),
            ("resume", "U2", "T1", "refused"),
            ("resume", "U1", "T1", "done"),
        ]


async def test_an_admin_sees_everybodys_requests_and_what_was_spent(open_stage: StageOpener) -> None:
    """By reference, person, channel, state and seconds, without what was asked; others see none of it."""
    async with open_stage(ADMIN_USERS="UADMIN, T9:U2", DAILY_LIMIT_TEAM="40", DAILY_LIMIT_USER="9") as stage:
        admin = invite(stage, "UADMIN")
        anchor = await stage.command(PROMPT, user="U2")
        await stage.wait_for_files("C1", anchor.ts)
        direct = await stage.workspace.say(user="U2", channel="D2", text=PROMPT)
        await stage.wait_for_files("D2", direct.ts)
        home = await ask_until(lambda: _read_home(stage, admin), "✅ ready · ")
        other = await _read_home(stage, "U2")
        listed = home[home.index("Everybody's last requests") :]

        assert "CodeMie calls today: 4 of 40 for the workspace · at most 9 for a person" in home
        assert _get_reference(anchor) in listed
        assert listed.count('"user_id": "U2"') == 2
        assert '"channel_id": "C1"' in listed
        assert "direct message" in listed
        assert "planted" not in listed
        assert "planted" in other
        assert "For administrators" not in other
        assert PAUSE_ACTION not in other


async def test_without_admins_nobody_has_their_rights(stage: Stage) -> None:
    """The buttons are shown to nobody, and a forged click does nothing."""
    home = await _open_home(stage, "U1")
    payload = {
        "type": "block_actions",
        "team": {"id": "T1"},
        "user": {"id": "U1", "team_id": "T1"},
        "view": {"id": home.id},
        "container": {"type": "view", "view_id": home.id},
        "actions": [{"type": "button", "action_id": PAUSE_ACTION, "block_id": "b", "value": PAUSE_ACTION}],
    }
    delivery = await stage.workspace.deliver_interaction(payload)
    anchor = await stage.command(PROMPT, user="U1")

    assert PAUSE_ACTION not in show(home.body)
    assert delivery.status == 200
    assert anchor.ts
    assert (_list_audit(stage)[-1]["action"], _list_audit(stage)[-1]["decision"]) == ("pause", "refused")
