"""Random schedules: requests, faults and kills in an order that a seed gives, and nothing lost or doubled by it.

``FAULT_SEEDS`` names the seeds to run instead, as in ``FAULT_SEEDS=7,8,9``; of the tests marked ``faults_full`` one
takes a fresh seed. The seed is in the test's id.
"""

import asyncio
import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from faults.crowd import SURFACES, Place, Request, get_dm, invite_people, is_acked, list_messages, open_channels, send
from faults.theatre import Theatre, TheatreOpener
from faults.verdict import find_doubles, find_errors, has_ended, is_told, wait_until
from faults.weather import Climate, Weather

from bot.core.models import Surface

pytestmark = pytest.mark.timeout(300)
_FIXED = [3, 4]
_CLIMATE = Climate(failing_share=0.06, limited_share=0.03, delay_s=0.3)
_MOST_KILLS = 3
_MOST_TRIES = 3
_DELIVERIES = 4


def _choose_seeds() -> list[object]:
    named = os.environ.get("FAULT_SEEDS", "")  # noqa: TID251 - the test's own
    if named:
        return [int(seed) for seed in named.split(",")]
    fresh = pytest.param(None, marks=pytest.mark.faults_full, id="fresh")
    return [*_FIXED, fresh]


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
            group.create_task(self._kill([self.dice.uniform(0.2, 2) for _ in range(self.dice.randint(2, 4))]))
        self.weather.clear()
        await wait_until(self.theatre.stage, self._is_over, timeout_s=90)

    def find_problems(self) -> dict[int, list[str]]:
        """Say what is wrong, by the number of the request."""
        found = {request.number: self._judge(asked_at, request) for asked_at, request in self.requests.items()}
        return {number: problems for number, problems in found.items() if problems}

    async def _ask(self, delay_s: float, surface: Surface) -> None:
        user, channel = self.dice.choice(self.people), self.dice.choice(self.channels)
        await asyncio.sleep(delay_s)
        asked_at = time.monotonic()
        place = Place(user=user, channel=get_dm(user) if surface is Surface.DIRECT else channel)
        self.requests[asked_at] = await send(self.theatre.stage, surface, place)

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
        return doubles if self._may_fail(asked_at, request) else [*doubles, "told as failed"]

    def _may_fail(self, asked_at: float, request: Request) -> bool:
        """Tell whether CodeMie failed as often as it is tried, or the process as often as a job is resumed."""
        kills = [kill for kill in self.kills if kill > asked_at]
        return self.weather.count_codemie_faults(request.mark) >= _MOST_TRIES or len(kills) >= _MOST_KILLS


@pytest.mark.parametrize("seed", _choose_seeds(), ids=lambda seed: f"seed-{seed}")
async def test_a_random_schedule(open_theatre: TheatreOpener, seed: int | None) -> None:
    """Each request has a result or, where it may have failed, says so; none has two."""
    seed = time.time_ns() % 1_000_000 if seed is None else seed
    print(f"FAULT_SEEDS={seed}")  # noqa: T201 - shown where the test fails
    dice = random.Random(seed)  # noqa: S311 - a schedule, no secret
    async with open_theatre(CODEMIE_RETRY_INITIAL_DELAY_S="0.1") as theatre:
        people = invite_people(theatre.stage.workspace, 5)
        channels = open_channels(theatre.stage.workspace, 2, people)
        theatre.stage.codemie.pace.delay_s = dice.uniform(0, 0.8)
        weather = Weather(theatre.stage, dice, _CLIMATE)
        schedule = Schedule(theatre=theatre, dice=dice, weather=weather, people=people, channels=channels)
        await schedule.run()

        assert schedule.find_problems() == {}
        assert find_errors(theatre.stage) == []
        assert len(schedule.kills) >= 2
