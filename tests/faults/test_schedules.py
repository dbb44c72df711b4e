"""Random schedules: requests, faults and kills in an order that a seed gives, and nothing lost or doubled by it.

A few of the requests are made in the thread of another, where one is served after the other. ``FAULT_SEEDS`` names
the seeds to run instead, as in ``FAULT_SEEDS=7,8,9``; of the tests marked ``faults_full`` one takes a fresh seed. The
seed is in the test's id.
"""

import asyncio
import random
import sqlite3
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from faults.crowd import (
    SURFACES,
    Place,
    Request,
    get_dm,
    invite_people,
    is_acked,
    is_for,
    list_messages,
    open_channels,
    send,
)
from faults.dice import choose_seeds, name_seed, take_dice
from faults.theatre import Theatre, TheatreOpener
from faults.verdict import can_be_tried_again, find_doubles, find_errors, has_ended, is_told, wait_until
from faults.weather import Climate, Weather

from bot.core.models import Surface

pytestmark = pytest.mark.timeout(300)
_CLIMATE = Climate(failing_share=0.06, limited_share=0.03, delay_s=0.3)
_MOST_KILLS = 3
_MOST_TRIES = 3
_THREADS = 2
_MOST_GUESTS = 2
_DELIVERIES = 4


@dataclass(slots=True, kw_only=True)
class Schedule:
    """One run: its dice, its weather, and what was asked; ``kills`` are the times of the kills."""

    theatre: Theatre
    dice: random.Random
    weather: Weather
    people: Sequence[str]
    channels: Sequence[str]
    requests: dict[float, Request] = field(default_factory=dict)
    kills: list[float] = field(default_factory=list)

    async def run(self) -> None:
        """Send while the process is killed now and then, then let everything come to its end in good weather."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self.dice.randint(6, 10)):
                group.create_task(self._ask(self.dice.uniform(0, 6), self.dice.choice(SURFACES)))
            for _ in range(_THREADS):
                group.create_task(self._ask_in_one_thread(self.dice.uniform(0, 3)))
            group.create_task(self._kill([self.dice.uniform(0.2, 2) for _ in range(self.dice.randint(2, 4))]))
        self.weather.clear()
        await wait_until(self.theatre.stage, self._is_over, timeout_s=90)

    def find_problems(self) -> dict[int, list[str]]:
        """Say what is wrong, by the number of the request."""
        found = {request.number: self._judge(asked_at, request) for asked_at, request in self.requests.items()}
        return {number: problems for number, problems in found.items() if problems}

    def find_disorder(self) -> list[str]:
        """Name the requests of shared threads that asked CodeMie or ended before one that was taken on earlier."""
        with closing(sqlite3.connect(self.theatre.database_path)) as connection:
            taken_on = dict(connection.execute("SELECT job_id, seq FROM bot_requests").fetchall())
        threads = defaultdict(list)
        for request in self.requests.values():
            if request.job_id in taken_on and request.is_shared and self._is_answered(request):
                threads[request.thread_ts or request.ts].append(request)
        return [
            f"{later.number} before {earlier.number}"
            for requests in threads.values()
            for earlier, later in pairwise(sorted(requests, key=lambda request: taken_on[request.job_id]))
            if not self._is_after(later, earlier)
        ]

    def _is_answered(self, request: Request) -> bool:
        return bool(list_messages(self.theatre.stage.workspace, request))

    def _is_after(self, later: Request, earlier: Request) -> bool:
        """Tell whether one request asked CodeMie after all calls of the other, and ended after it."""
        (first_calls, first_end), (last_calls, last_end) = self._trace(earlier), self._trace(later)
        is_asked_after = not first_calls or not last_calls or first_calls[-1] < last_calls[0]
        return is_asked_after and first_end < last_end

    def _trace(self, request: Request) -> tuple[list[int], str]:
        """List the numbers of a request's calls to CodeMie, and find the ts of its last message."""
        calls, messages = self.theatre.stage.codemie.calls, list_messages(self.theatre.stage.workspace, request)
        return [n for n, call in enumerate(calls) if is_for(request, call)], max(m.ts for m in messages)

    async def _ask(self, delay_s: float, surface: Surface) -> None:
        user, channel = self.dice.choice(self.people), self.dice.choice(self.channels)
        await asyncio.sleep(delay_s)
        await self._send(surface, Place(user=user, channel=get_dm(user) if surface is Surface.DIRECT else channel))

    async def _ask_in_one_thread(self, delay_s: float) -> None:
        """Mention the bot in a channel, and a few times more in the thread of that."""
        place = Place(user=self.dice.choice(self.people), channel=self.dice.choice(self.channels))
        guests = [
            (self.dice.uniform(0, 1), self.dice.choice(self.people)) for _ in range(self.dice.randint(1, _MOST_GUESTS))
        ]
        await asyncio.sleep(delay_s)
        host = await self._send(Surface.MENTION, place, is_shared=True)
        for pause_s, user in guests:
            await asyncio.sleep(pause_s)
            await self._send(Surface.MENTION, Place(user=user, channel=place.channel, thread_ts=host.ts))

    async def _send(self, surface: Surface, place: Place, *, is_shared: bool = False) -> Request:
        asked_at = time.monotonic()
        request = await send(self.theatre.stage, surface, place, is_shared=is_shared)
        self.requests[asked_at] = request
        return request

    async def _kill(self, delays_s: Sequence[float]) -> None:
        for delay_s in delays_s:
            await asyncio.sleep(delay_s)
            self.kills.append(time.monotonic())
            await self.theatre.restart()

    def _is_over(self) -> bool:
        return all(
            has_ended(self.theatre.stage.workspace, request) or self._is_given_up(request)
            for request in self.requests.values()
        )

    def _is_given_up(self, request: Request) -> bool:
        """Tell whether the bot was away whenever Slack tried, so that the person knows or Slack has given up."""
        if is_acked(self.theatre.stage, request) or self.theatre.trap.list_points(request.job_id):
            return False
        tries = [item for item in self.theatre.stage.workspace.deliveries if request.mark in str(item.payload)]
        return len(tries) >= (_DELIVERIES if request.ts else 1)

    def _judge(self, asked_at: float, request: Request) -> list[str]:
        messages = list_messages(self.theatre.stage.workspace, request)
        if not messages and self._is_given_up(request):
            return []
        if not is_told(messages):
            return self.theatre.witness.find_problems(request)
        doubles = find_doubles(self.theatre.stage.workspace, messages)
        may_fail = self._may_fail(asked_at, request, can_be_tried_again=can_be_tried_again(messages))
        return doubles if may_fail else [*doubles, "told as failed"]

    def _may_fail(self, asked_at: float, request: Request, *, can_be_tried_again: bool) -> bool:
        """Tell whether CodeMie failed as often as it is tried, or the process as often as a job is resumed."""
        if can_be_tried_again:
            return self.weather.count_codemie_faults(request.mark) >= _MOST_TRIES
        return len([kill for kill in self.kills if kill > asked_at]) >= _MOST_KILLS


@pytest.mark.parametrize("seed", choose_seeds([3, 4]), ids=name_seed)
async def test_a_random_schedule(open_theatre: TheatreOpener, seed: int | None) -> None:
    """Each request has a result or, where it may have failed, says so; none has two, and threads keep their order."""
    dice = take_dice(seed)
    async with open_theatre(CODEMIE_RETRY_INITIAL_DELAY_S="0.1") as theatre:
        people = invite_people(theatre.stage.workspace, 5)
        channels = open_channels(theatre.stage.workspace, 2, people)
        theatre.stage.codemie.pace.delay_s = dice.uniform(0, 0.8)
        weather = Weather(theatre.stage, dice, _CLIMATE)
        schedule = Schedule(theatre=theatre, dice=dice, weather=weather, people=people, channels=channels)
        await schedule.run()

        assert schedule.find_problems() == {}
        assert schedule.find_disorder() == []
        assert find_errors(theatre.stage) == []
        assert len(schedule.kills) >= 2
