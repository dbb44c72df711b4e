"""SIGKILL while jobs wait in line, and SIGKILL again and again: nobody is given up for where others have crashed."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from itertools import cycle, islice
from typing import Final

import pytest
from faults.calls import Stop, Turnstile
from faults.crowd import SURFACES, Place, Request, get_dm, invite_people, list_messages, open_channels, send, spread_out
from faults.dice import choose_seeds, name_seed, take_dice
from faults.theatre import Theatre, TheatreOpener
from faults.trap import Phase, Point
from faults.verdict import find_errors, has_ended, wait_until_done

from bot.core.ids import Role
from bot.core.models import Surface
from bot.demo.gate import Moment

pytestmark = pytest.mark.timeout(300)
# The two that run are met by each kill at another stage, so that every run of theirs gets further.
_STOPS: Final[list[Stop]] = [
    ("chat:flow", Moment.ARRIVED),
    ("chat:page", Moment.DONE),
    ("files.completeUploadExternal", Moment.DONE),
]
_KILLS: Final = 3


def _count_crashes(theatre: Theatre, requests: Sequence[Request]) -> list[int]:
    """Read how many crashes the ledger has counted against each request."""
    with closing(sqlite3.connect(theatre.database_path)) as connection:
        counts = dict(connection.execute("SELECT job_id, crashes FROM bot_requests").fetchall())
    return [counts[request.job_id] for request in requests]


def _find_problems(theatre: Theatre, requests: Sequence[Request]) -> dict[int, list[str]]:
    found = {request.number: theatre.witness.find_problems(request) for request in requests}
    return {number: problems for number, problems in found.items() if problems}


def _count_calls(theatre: Theatre, requests: Sequence[Request]) -> list[tuple[int, int]]:
    """Count the calls to CodeMie of each request, for the flow and for the page."""
    return [(theatre.count_calls(item, Role.FLOW), theatre.count_calls(item, Role.PAGE)) for item in requests]


async def test_waiting_in_line_is_no_crash(open_theatre: TheatreOpener) -> None:
    """Three kills while two jobs run and six wait: the six have got no further each time, and are all delivered."""
    async with open_theatre(MAX_CONCURRENT_JOBS="2") as theatre:
        workspace = theatre.stage.workspace
        people = invite_people(workspace, 3)
        channels = open_channels(workspace, 8, people)
        surfaces = list(islice(cycle(SURFACES), 8))
        places = [
            Place(user=user, channel=get_dm(user) if surface is Surface.DIRECT else channel)
            for surface, user, channel in zip(surfaces, [*people[:2], *people, *people], channels, strict=True)
        ]
        turnstile = Turnstile(theatre.stage)
        turnstile.hold([_STOPS[0]] * 2)
        requests = await asyncio.gather(*map(partial(send, theatre.stage), surfaces[:2], places))
        await turnstile.wait_for_held(2)
        requests += await asyncio.gather(*map(partial(send, theatre.stage), surfaces[2:], places[2:]))
        await workspace.wait_for(lambda: all(list_messages(workspace, request) for request in requests), 30)
        for stop in [*_STOPS[1:], None]:
            await theatre.stage.kill()
            turnstile.open()
            turnstile = Turnstile(theatre.stage)
            turnstile.hold([stop] * 2 if stop else [])
            await theatre.restart()
            await turnstile.wait_for_held(2 if stop else 0)
        await wait_until_done(theatre.stage, requests)

        assert _find_problems(theatre, requests) == {}
        assert _count_calls(theatre, requests) == [(2, 2)] * 2 + [(1, 1)] * 6
        assert _count_crashes(theatre, requests) == [1] * 2 + [0] * 6
        assert find_errors(theatre.stage) == []


async def _wait_for_progress(theatre: Theatre, requests: Sequence[Request], before: Sequence[int]) -> None:
    """Wait until every job has kept a step more than before, or ended."""

    def has_moved(request: Request, count: int) -> bool:
        return _count_kept(theatre, request) > count or has_ended(theatre.stage.workspace, request)

    async with asyncio.timeout(60):
        while not all(map(has_moved, requests, before)):  # noqa: ASYNC110 - another process writes the trace
            await asyncio.sleep(0.05)


def _count_kept(theatre: Theatre, request: Request) -> int:
    return sum(point.phase is Phase.KEPT for point in theatre.trap.list_points(request.job_id))


def _count_final_calls(theatre: Theatre, requests: Sequence[Request]) -> dict[tuple[int, Role], int]:
    """Count the calls for each stage whose answer is kept, which is not to be asked for again."""
    return {
        (request.number, role): theatre.count_calls(request, role)
        for request in requests
        for role in Role
        if Point(f"ask_{role}", Phase.KEPT) in theatre.trap.list_points(request.job_id)
    }


@pytest.mark.parametrize("seed", choose_seeds([1]), ids=name_seed)
async def test_three_kills_in_a_row(open_theatre: TheatreOpener, seed: int | None) -> None:
    """Eight slow jobs of which every run gets further are killed three times at random moments, and all delivered."""
    dice = take_dice(seed)
    async with open_theatre() as theatre:
        theatre.stage.codemie.pace.delay_s = 1
        surfaces = list(islice(cycle(SURFACES), 8))
        places = spread_out(theatre.stage.workspace, surfaces)
        requests = await asyncio.gather(*map(partial(send, theatre.stage), surfaces, places))
        before, final = [0] * len(requests), list[dict[tuple[int, Role], int]]()
        for _ in range(_KILLS):
            await _wait_for_progress(theatre, requests, before)
            await asyncio.sleep(dice.uniform(0, 0.6))
            await theatre.stage.kill()
            before = [_count_kept(theatre, request) for request in requests]
            final.append(_count_final_calls(theatre, requests))
            await theatre.restart()
        await wait_until_done(theatre.stage, requests)
        calls = _count_final_calls(theatre, requests)

        assert _find_problems(theatre, requests) == {}
        assert [{key: calls[key] for key in counts} for counts in final] == final
        assert max(map(max, _count_calls(theatre, requests))) <= 1 + _KILLS
        assert find_errors(theatre.stage) == []
