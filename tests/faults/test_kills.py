"""SIGKILL at every step: what was done is not done again, and what was not is done after the restart.

The points are those that a healthy job comes by, three a step. A kill ends all jobs of the process, so one kill can
meet as many jobs as there are points, each held at another: that is the test which is always run. The tests marked
``faults_full`` kill once for each point, in the very moment.
"""

import asyncio
from collections.abc import Sequence

import pytest
from faults.crowd import SURFACES, Request, send
from faults.theatre import MOST_SURFACES, Theatre, TheatreOpener
from faults.trap import Phase, Point
from faults.verdict import find_errors, wait_until_done

from bot.core.ids import Role
from bot.core.models import Surface

pytestmark = pytest.mark.timeout(300)


async def _learn_points(theatre: Theatre, surface: Surface) -> list[Point]:
    """Have a healthy job done, and learn which points it came by."""
    request = await theatre.do_well(surface)
    points = theatre.trap.list_points(request.job_id)
    assert theatre.witness.find_problems(request) == []
    assert len(points) == len(set(points)) > len(Phase)
    return points


def _find_problems(theatre: Theatre, request: Request, point: Point) -> list[str]:
    """Say what is wrong with a job that was stopped at a point: only an answer not yet kept is asked for again."""
    problems = theatre.witness.find_problems(request)
    for role in Role:
        count, is_lost = theatre.count_calls(request, role), point == Point(f"ask_{role}", Phase.DONE)
        if count != 1 + is_lost:
            problems.append(f"{role} asked {count} times")
    return problems


@pytest.mark.parametrize("surface", MOST_SURFACES)
async def test_a_kill_with_a_job_at_every_point(open_theatre: TheatreOpener, surface: Surface) -> None:
    """One kill while each point of the workflow holds a job: every one of them goes on from where it was."""
    async with open_theatre() as theatre:
        points = await _learn_points(theatre, surface)
        theatre.trap.set_holds(points)
        requests = [await send(theatre.stage, surface) for _ in points]
        held = await theatre.trap.wait_for_held(len(points))
        await theatre.restart()
        await wait_until_done(theatre.stage, requests)
        found = {str(held[item.job_id]): _find_problems(theatre, item, held[item.job_id]) for item in requests}

        assert set(held.values()) == set(points)
        assert {point: problems for point, problems in found.items() if problems} == {}
        assert find_errors(theatre.stage) == []


async def _kill_at(theatre: Theatre, surface: Surface, point: Point) -> list[str]:
    """Kill the process in the moment a job comes to a point, start it again and judge the job."""
    theatre.trap.set_kill(point)
    request = await send(theatre.stage, surface)
    assert theatre.stage.process is not None
    async with asyncio.timeout(60):
        await theatre.stage.process.wait()
    await theatre.restart()
    await wait_until_done(theatre.stage, [request])
    return _find_problems(theatre, request, point)


async def _kill_at_each(theatre: Theatre, surface: Surface, points: Sequence[Point]) -> dict[str, list[str]]:
    """Return what was wrong, by the point of the kill."""
    found = {str(point): await _kill_at(theatre, surface, point) for point in points}
    return {point: problems for point, problems in found.items() if problems}


@pytest.mark.faults_full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("surface", SURFACES)
async def test_a_kill_at_each_point(open_theatre: TheatreOpener, surface: Surface, phase: Phase) -> None:
    """One kill a point, at the moment itself."""
    async with open_theatre() as theatre:
        points = [point for point in await _learn_points(theatre, surface) if point.phase is phase]
        problems = await _kill_at_each(theatre, surface, points)

        assert problems == {}
        assert find_errors(theatre.stage) == []
