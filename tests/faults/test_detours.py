"""SIGKILL off the straight way: a job that fails, one that moves to the DM, and a lookup that is in bad luck."""

import asyncio
from dataclasses import replace

import pytest
from faults.crowd import SURFACES, Place, Request, get_part, list_messages, send
from faults.theatre import Theatre, TheatreOpener
from faults.trap import Phase, Point
from faults.verdict import can_be_tried_again, find_doubles, find_errors, wait_until, wait_until_done

from bot.core.models import Surface
from bot.demo.codemie import Fault

pytestmark = pytest.mark.timeout(300)


def _list_parts(theatre: Theatre, request: Request) -> list[str | None]:
    return [get_part(message) for message in list_messages(theatre.stage.workspace, request)]


async def _stop_at_every_point(theatre: Theatre, surface: Surface, place: Place) -> list[Request]:
    """Learn the points of one job, hold one job at each, kill them all and start again."""
    first = await send(theatre.stage, surface, place)
    await wait_until(theatre.stage, lambda: _has_stopped(theatre, first), timeout_s=30)
    points = theatre.trap.list_points(first.job_id)
    theatre.trap.set_holds(points)
    requests = await asyncio.gather(*(send(theatre.stage, surface, place) for _ in points))
    await theatre.trap.wait_for_held(len(points))
    await theatre.restart()
    return requests


def _has_stopped(theatre: Theatre, request: Request) -> bool:
    """Tell whether a job has kept the last step it can have."""
    points = theatre.trap.list_points(request.job_id)
    return bool({Point("show_done", Phase.KEPT), Point("show_stopped", Phase.KEPT)} & set(points))


@pytest.mark.faults_full
@pytest.mark.parametrize("surface", SURFACES)
async def test_a_failure_is_told_once(open_theatre: TheatreOpener, surface: Surface) -> None:
    """A kill at any point of a job that CodeMie fails leaves one status and one message that says so."""
    async with open_theatre(CODEMIE_RETRY_ATTEMPTS="1") as theatre:
        theatre.stage.fault_for = lambda _turn, _number: Fault.unavailable()
        channel = "D1" if surface is Surface.DIRECT else "C1"
        requests = await _stop_at_every_point(theatre, surface, Place(user="U1", channel=channel))
        await wait_until_done(theatre.stage, requests)

        assert [_list_parts(theatre, request) for request in requests] == [["status", "failure"]] * len(requests)
        assert all(can_be_tried_again(list_messages(theatre.stage.workspace, request)) for request in requests)
        assert find_errors(theatre.stage) == []


@pytest.mark.faults_full
async def test_a_job_moves_once(open_theatre: TheatreOpener) -> None:
    """A kill at any point of a job that goes on by DM leaves one thread there; the whisper may come twice, for once."""
    async with open_theatre() as theatre:
        asked = await _stop_at_every_point(theatre, Surface.COMMAND, Place(user="U1", channel="C2"))
        requests = [replace(request, channel="D1") for request in asked]
        await wait_until_done(theatre.stage, requests)
        found = {request.number: theatre.witness.find_problems(request) for request in requests}

        assert {number: problems for number, problems in found.items() if problems} == {}
        assert theatre.stage.workspace.messages("C2") == []
        assert len(theatre.stage.workspace.response_url_posts) <= 1 + len(requests) + 1
        assert find_errors(theatre.stage) == []


@pytest.mark.faults_full
async def test_a_lookup_that_fails_once_ends_no_job(open_theatre: TheatreOpener) -> None:
    """After a kill the thread is looked through; Slack's 503 to that is no reason to give up."""
    async with open_theatre() as theatre:
        theatre.trap.set_holds([Point("post_flow", Phase.DONE)])
        request = await send(theatre.stage, Surface.COMMAND)
        await theatre.trap.wait_for_held(1)
        theatre.stage.workspace.faults.answer_status("conversations.replies", 503)
        await theatre.restart()
        await wait_until_done(theatre.stage, [request])

        assert theatre.witness.find_problems(request) == []


@pytest.mark.faults_full
async def test_a_flow_is_not_posted_beside_itself(open_theatre: TheatreOpener) -> None:
    """Two lost answers to the edit that shows the flow in a DM leave one flow."""
    async with open_theatre() as theatre:
        theatre.stage.workspace.faults.drop_answer("chat.update", times=2)
        request = await send(theatre.stage, Surface.DIRECT)
        await wait_until_done(theatre.stage, [request])

        assert find_doubles(theatre.stage.workspace, list_messages(theatre.stage.workspace, request)) == []
        assert theatre.witness.find_problems(request) == []


async def test_a_late_picture_comes_once(open_theatre: TheatreOpener) -> None:
    """A kill at any point of putting a picture into the flow's message leaves it there, once."""
    points = [Point(step, phase) for step in ("add_picture", "show_picture") for phase in Phase]
    async with open_theatre() as theatre:
        await theatre.do_well(Surface.COMMAND)
        theatre.trap.set_holds(points)
        with theatre.stage.holding_painter():
            requests = [await send(theatre.stage, Surface.COMMAND) for _ in points]
            await wait_until_done(theatre.stage, requests)
        await theatre.trap.wait_for_held(len(points))
        await theatre.restart()
        await wait_until(theatre.stage, lambda: all(_count_pictures(theatre, item) for item in requests), timeout_s=60)
        found = {item.number: theatre.witness.find_problems(item) for item in requests}

        assert [_count_pictures(theatre, item) for item in requests] == [1] * len(points)
        assert {number: problems for number, problems in found.items() if problems} == {}
        assert find_errors(theatre.stage) == []


def _count_pictures(theatre: Theatre, request: Request) -> int:
    """Count the pictures in a thread's messages."""
    messages = list_messages(theatre.stage.workspace, request)
    return sum(block["type"] == "image" for message in messages for block in message.blocks)
