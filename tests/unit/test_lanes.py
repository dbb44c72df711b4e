"""The queues in front of Slack: in order, as long as Slack asks, and forgotten when nobody is in them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.errors import SlackUnavailable
from bot.slack.lanes import Lanes


class _Clock:
    """A monotonic clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def read(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        await asyncio.sleep(0)


def _make_lanes() -> tuple[Lanes, _Clock]:
    clock = _Clock()
    return Lanes(monotonic=clock.read, sleep=clock.sleep), clock


def _make_call(
    clock: _Clock, done: list[tuple[str, float]], name: str, *waits_s: float
) -> Callable[[], Awaitable[None]]:
    """Make a call that is asked to wait for each of ``waits_s`` before it is carried out."""
    left = list(waits_s)

    async def call() -> None:
        await asyncio.sleep(0)
        if left:
            raise SlackUnavailable(reason="ratelimited", retry_after_s=left.pop(0))
        done.append((name, clock.now_s))

    return call


async def test_whoever_came_first_goes_first() -> None:
    """The one at the front waits and goes on; those behind it neither overtake it nor try in between."""
    lanes, clock = _make_lanes()
    done: list[tuple[str, float]] = []
    calls = [
        _make_call(clock, done, "first", 5, 2),
        _make_call(clock, done, "second"),
        _make_call(clock, done, "third"),
    ]
    await asyncio.gather(*(lanes.call_in_turn("channel:C1", call) for call in calls))

    assert done == [("first", 7.0), ("second", 7.0), ("third", 7.0)]


async def test_lanes_do_not_hold_each_other() -> None:
    """What one channel is asked to wait for does not concern another."""
    lanes, clock = _make_lanes()
    done: list[tuple[str, float]] = []
    held = lanes.call_in_turn("channel:C1", _make_call(clock, done, "held", 60))
    free = lanes.call_in_turn("channel:C2", _make_call(clock, done, "free"))
    await asyncio.gather(free, held)

    assert done == [("free", 0.0), ("held", 60.0)]


async def test_the_calls_of_a_method_run_side_by_side() -> None:
    """A slow one holds nobody up until Slack asks to wait; then all of them wait."""
    lanes, clock = _make_lanes()
    done: list[tuple[str, float]] = []
    answered = asyncio.Event()

    async def call_slowly() -> None:
        await answered.wait()
        done.append(("slow", clock.now_s))

    async with asyncio.TaskGroup() as group:
        group.create_task(lanes.call("chat.update", call_slowly))
        await lanes.call("chat.update", _make_call(clock, done, "quick"))
        await lanes.call("chat.update", _make_call(clock, done, "held", 3))
        answered.set()

    assert done == [("quick", 0.0), ("held", 3.0), ("slow", 3.0)]


@pytest.mark.parametrize("in_turn", [True, False])
async def test_patience_ends_before_a_wait_that_is_too_long(in_turn: bool) -> None:  # noqa: FBT001 - as it is given
    """Nothing is waited for in vain: the call fails at once, with nothing done."""
    lanes, clock = _make_lanes()
    call = lanes.call_in_turn if in_turn else lanes.call
    with pytest.raises(SlackUnavailable) as caught:
        await call("x", _make_call(clock, [], "late", 4), patience_s=3)

    assert caught.value.reason == "ratelimited"
    assert clock.now_s == 0


async def test_many_short_waits_are_not_counted() -> None:
    """Only the time in all is bounded."""
    lanes, clock = _make_lanes()
    done: list[tuple[str, float]] = []
    await lanes.call_in_turn("x", _make_call(clock, done, "patient", *[1.0] * 50))

    assert done == [("patient", 50.0)]


async def test_a_turn_that_does_not_come_is_given_up() -> None:
    """Whoever waits behind a call that hangs is told so when their patience ends."""
    lanes, _ = _make_lanes()
    answered = asyncio.Event()

    async def hang() -> None:
        await answered.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(lanes.call_in_turn("x", hang))
        await asyncio.sleep(0)
        with pytest.raises(SlackUnavailable):
            await lanes.call_in_turn("x", hang, patience_s=0.01)
        answered.set()

    assert len(lanes) == 0


async def test_idle_lanes_are_forgotten() -> None:
    """A lane lives as long as somebody is in it or Slack holds it closed."""
    lanes, clock = _make_lanes()
    for number in range(100):
        await lanes.call_in_turn(f"channel:C{number}", _make_call(clock, [], "post"))
    with pytest.raises(SlackUnavailable):
        await lanes.call_in_turn("channel:held", _make_call(clock, [], "post", 10), patience_s=1)
    held = len(lanes)
    await clock.sleep(10)
    await lanes.call_in_turn("channel:other", _make_call(clock, [], "post"))

    assert held == 1
    assert len(lanes) == 0
