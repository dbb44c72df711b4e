"""The audit stream: each act leaves one line with actor, action, object and decision, and with nobody's words."""

import json
import re
from typing import Any, Final

import aiohttp
from calling import TOKEN, calling
from stage import Stage, StageOpener
from visitors import get_modal, show

from bot.core.controls import (
    BAD,
    CANCEL_ACTION,
    DELETE_ACTION,
    FEEDBACK_ACTION,
    PAUSE_ACTION,
    REFINE_ACTION,
    REGENERATE_ACTION,
    RESUME_ACTION,
    RETRY_ACTION,
)
from bot.core.ids import make_reference
from bot.demo.codemie import Fault
from bot.demo.workspace import Message
from bot.demo.workspace.world import User

PROMPT: Final = "Registration for a planted-permit: name, car plate, e-mail"
GUEST: Final = "UGUEST"
_LINK: Final = re.compile(r"/p/[\w-]{43}")
_IDS: Final = re.compile(r"[A-Z0-9]{6}|T1|T1:U1|api-[0-9a-f]{16}|U1|UGUEST|UADMIN|unknown|operator")

Line = tuple[str, str, str, str]


def _list_audit(stage: Stage) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in stage.read_log().splitlines()]
    return [line for line in lines if line["logger"] == "audit"]


def _shorten(line: dict[str, Any]) -> Line:
    """Take what was done, by whom, on what, and what was decided."""
    decision = line.get("decision") or ("allowed" if line["allowed"] else "refused")
    return line["action"], line["actor"], str(line["object"]), decision


def _get_reference(message: Message) -> str:
    assert message.metadata is not None
    return make_reference(message.metadata["event_payload"]["job"])


async def _wait_for(stage: Stage, *expected: Line) -> list[Line]:
    """Wait for lines of which each has come once; return the whole stream."""

    def find() -> list[Line]:
        stream = [_shorten(line) for line in _list_audit(stage)]
        return stream if set(expected) <= set(stream) else []

    return await stage.workspace.wait_for(find, 45)


async def _get(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status


async def test_each_act_leaves_one_line(open_stage: StageOpener) -> None:
    """Whatever people, an admin, a client of the API and whoever has a link do; refusals say why."""
    async with open_stage(
        ADMIN_USERS="UADMIN", API_TOKEN=TOKEN, PUBLIC_URL="http://previews.example", PREVIEW_ACCESS="link"
    ) as stage:
        workspace, state = stage.workspace, stage.workspace.state
        state.set_user(User(id=GUEST, name="bob", real_name="Bob", is_guest=True))
        state.set_user(User(id="UADMIN", name="eve", real_name="Eve"))

        # Asked, refused, refined, made anew, judged.
        anchor = await stage.command(PROMPT)
        result = await stage.wait_for_controls("C1", anchor.ts, REFINE_ACTION)
        first = _get_reference(anchor)
        await workspace.send_command(user=GUEST, channel="C1", text=PROMPT)
        await workspace.send_command(user=GUEST, channel="C1", text="")
        await workspace.click(GUEST, result, REGENERATE_ACTION)
        await workspace.click("U1", result, REFINE_ACTION)
        await workspace.submit_view("U1", get_modal(stage, "U1"), {"prompt": "make the planted-plate optional"})
        assert result.metadata is not None
        opinion = f"{BAD}:{result.metadata['event_payload']['job']}"
        await workspace.click("U1", result, FEEDBACK_ACTION, opinion)
        await workspace.submit_view("U1", get_modal(stage, "U1"), {"prompt": "planted-words"})
        await workspace.click("U1", result, REGENERATE_ACTION)

        # Looked at, by a link and without one.
        link = _LINK.findall(show(result.blocks))[0]
        seen = [await _get(stage.url + path) for path in (link, f"{link}/prototype.html", f"/p/{'x' * 43}")]

        # Failed, tried again, stopped.
        stage.fault_for = lambda _turn, _number: Fault.unavailable()
        failed = await stage.command(PROMPT)
        failure = (await stage.wait_for_failure("C1", failed.ts))[-1]
        stage.fault_for = lambda _turn, _number: Fault.silence()
        await workspace.click("U1", failure, RETRY_ACTION)
        running = await stage.command(PROMPT)
        await workspace.click("U1", running, CANCEL_ACTION)
        stage.fault_for = None

        # Paused, by an admin and by somebody who is none.
        await workspace.open_home("UADMIN")
        for user, action in (("U1", PAUSE_ACTION), ("UADMIN", PAUSE_ACTION)):
            await workspace.click_in_view(user, workspace.published_homes["UADMIN"], action)
        await workspace.send_command(user="U1", channel="C1", text=PROMPT)
        await workspace.click_in_view("UADMIN", workspace.published_homes["UADMIN"], RESUME_ACTION)

        # By the API.
        async with calling(stage) as caller:
            answered = await caller.generate()
            await caller.call("GET", answered.headers["Location"])

        # Deleted, and written down until it is done.
        await workspace.click("U1", result, DELETE_ACTION)
        stream = await _wait_for(stage, ("erase_job", "U1", first, "done"), ("fetch", *_find_fetch(stage)))
        lines = _list_audit(stage)

    by_api = next(line for line in stream if line[0] == "fetch")
    client, call = by_api[1], by_api[2]
    expected: list[Line] = [
        ("create", "U1", first, "taken"),
        ("create", GUEST, "?", "not_admitted_guest"),
        ("open_form", GUEST, "T1", "not_admitted_guest"),
        ("regenerate", GUEST, first, "refused"),
        ("refine", "U1", first, "allowed"),
        ("refine", "U1", "?", "taken"),
        ("rate", "U1", first, "allowed"),
        ("explain", "U1", first, "allowed"),
        ("regenerate", "U1", first, "allowed"),
        ("regenerate", "U1", "?", "taken"),
        ("open_preview", "unknown", first, "shown"),
        ("download", "unknown", first, "shown"),
        ("open_preview", "unknown", "None", "not_found"),
        ("create", "U1", _get_reference(failed), "taken"),
        ("retry", "U1", _get_reference(failed), "allowed"),
        ("retry", "U1", "?", "taken"),
        ("create", "U1", _get_reference(running), "taken"),
        ("cancel", "U1", _get_reference(running), "allowed"),
        ("pause", "U1", "T1", "refused"),
        ("pause", "UADMIN", "T1", "done"),
        ("create", "U1", "?", "paused"),
        ("resume", "UADMIN", "T1", "done"),
        ("create", client, call, "taken"),
        ("fetch", client, call, "shown"),
        ("delete", "U1", first, "allowed"),
        ("erase_job", "U1", first, "allowed"),
        ("erase_job", "U1", first, "done"),
    ]
    known = {item[2] for item in expected}
    told = [(action, actor, of if of in known else "?", decision) for action, actor, of, decision in stream]
    assert sorted(told) == sorted(expected)
    assert seen == [200, 200, 404]
    assert answered.status == 200
    assert all(_IDS.fullmatch(str(line[name])) for line in lines for name in ("actor", "object") if line.get(name))
    assert "planted" not in str(lines)


def _find_fetch(stage: Stage) -> tuple[str, str, str]:
    """Find who has fetched what."""
    return next(_shorten(line)[1:] for line in _list_audit(stage) if line["action"] == "fetch")
