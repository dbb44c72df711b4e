"""Every call of a job to Slack and to CodeMie is cut off, or meets the death of the process on its way."""

from collections.abc import Iterator

import pytest
from faults.calls import Turnstile, is_chat
from faults.crowd import SURFACES, Request, send, spread_out
from faults.theatre import Theatre, TheatreOpener
from faults.verdict import find_errors, wait_until_done

from bot.core.ids import Role
from bot.core.models import Surface
from bot.demo.codemie import Fault
from bot.demo.gate import Moment
from bot.demo.workspace import Drop

pytestmark = pytest.mark.timeout(300)
# The nastier moment of the longest way is always met, the others in the full run.
_STOPPED = [
    pytest.param(
        surface,
        moment,
        marks=[] if (surface, moment) == (Surface.COMMAND, Moment.DONE) else [pytest.mark.faults_full],
    )
    for surface in SURFACES
    for moment in Moment
]


async def _learn_calls(theatre: Theatre, surface: Surface) -> list[tuple[str, str]]:
    """Have a healthy job done, and learn which calls it made: their methods and their names."""
    await theatre.do_well(surface)  # who asks and where is looked up then
    turnstile = Turnstile(theatre.stage)
    request = await theatre.do_well(surface, prepare=turnstile.passed.clear)
    turnstile.leave()
    names = {name for _, name in turnstile.passed}
    assert theatre.witness.find_problems(request) == []
    assert len(names) == len(turnstile.passed) > sum(is_chat(method) for method, _ in turnstile.passed) == 2
    return turnstile.passed


def _count_calls(theatre: Theatre, request: Request) -> int:
    return sum(theatre.count_calls(request, role) for role in Role)


@pytest.mark.parametrize(("surface", "moment"), _STOPPED)
async def test_a_kill_with_a_call_of_every_kind_on_its_way(
    open_theatre: TheatreOpener, surface: Surface, moment: Moment
) -> None:
    """One kill while each call of the workflow is held, before its work or before its answer."""
    async with open_theatre() as theatre:
        calls = await _learn_calls(theatre, surface)
        turnstile = Turnstile(theatre.stage)
        turnstile.hold((name, moment) for _, name in calls)
        places = spread_out(theatre.stage.workspace, [surface] * len(calls))
        requests = [await send(theatre.stage, surface, place) for place in places]
        await turnstile.wait_for_held(len(calls))
        await theatre.stage.kill()
        turnstile.open()
        await theatre.restart()
        await wait_until_done(theatre.stage, requests)
        found = {item.number: theatre.witness.find_problems(item) for item in requests}
        counts = sorted(_count_calls(theatre, item) for item in requests)

        assert {number: problems for number, problems in found.items() if problems} == {}
        assert counts == [2] * (len(calls) - 2) + [3] * 2
        assert find_errors(theatre.stage) == []


def _list_cuts(calls: list[tuple[str, str]]) -> Iterator[tuple[str, int, Drop]]:
    """List each call, as the n-th of its method, to be cut before its work and before its answer."""
    methods = [method for method, _ in calls]
    for index, method in enumerate(methods):
        for drop in Drop:
            yield method, methods[:index].count(method), drop


def _cut(theatre: Theatre, method: str, n: int, drop: Drop) -> None:
    """Cut the n-th call of a method, from now."""
    seen = -1

    def is_nth(_: object) -> bool:
        nonlocal seen
        seen += 1
        return seen == n

    if is_chat(method):
        fault = Fault.drop(kept_share=0.0 if drop is Drop.REQUEST else 1.0)
        theatre.stage.fault_for = lambda turn, _number: fault if is_nth(turn) else None
    elif drop is Drop.REQUEST:
        theatre.stage.workspace.faults.drop_request(method, when=is_nth)
    else:
        theatre.stage.workspace.faults.drop_answer(method, when=is_nth)


async def _have_done(theatre: Theatre, surface: Surface, method: str, n: int, drop: Drop) -> Request:
    """Have a job done of which one call is cut."""
    _cut(theatre, method, n, drop)
    request = await send(theatre.stage, surface)
    await wait_until_done(theatre.stage, [request], settle_s=0)
    theatre.stage.fault_for = None
    theatre.stage.workspace.faults.clear()
    return request


def _find_problems(theatre: Theatre, request: Request, method: str) -> list[str]:
    """Judge a job of which one call was cut: it may have cost that call once more."""
    problems = theatre.witness.find_problems(request)
    count = _count_calls(theatre, request)
    return problems if count == 2 + is_chat(method) else [*problems, f"CodeMie asked {count} times"]


@pytest.mark.parametrize(
    "surface",
    [
        Surface.COMMAND,
        pytest.param(Surface.DIRECT, marks=pytest.mark.faults_full),
        pytest.param(Surface.MENTION, marks=pytest.mark.faults_full),
    ],
)
async def test_each_call_is_cut(open_theatre: TheatreOpener, surface: Surface) -> None:
    """One call of each job loses its connection, before its work or before its answer."""
    async with open_theatre() as theatre:
        calls = await _learn_calls(theatre, surface)
        requests = {cut: await _have_done(theatre, surface, *cut) for cut in _list_cuts(calls)}
        await wait_until_done(theatre.stage, requests.values())
        found = {cut: _find_problems(theatre, request, cut[0]) for cut, request in requests.items()}

        assert {cut: problems for cut, problems in found.items() if problems} == {}
