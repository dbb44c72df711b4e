"""The line: who begins next, and what those who wait are told."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from bot.courtesy import Courtesy
from bot.ledger import Position
from bot.line import Line, Turn


@dataclass(slots=True)
class _Starts:
    """Notes who begins; whoever is in ``behind`` may not yet."""

    begun: list[str] = field(default_factory=list)
    behind: set[str] = field(default_factory=set)

    async def begin(self, position: Position, *, thread: str | None) -> bool:
        """Note a start."""
        del thread
        if position.job_id in self.behind:
            return False
        self.begun.append(position.job_id)
        return True


def _name(job_id: str, *, team: str = "T1", tag: int = 0, seq: int = 0, crashes: int = 0) -> Position:
    return Position(job_id=job_id, team=team, tag=tag, seq=seq, crashes=crashes)


@dataclass(slots=True)
class _Crowd:
    """Jobs that stand in a line, each until it is told to leave."""

    line: Line
    leave: dict[str, asyncio.Event] = field(default_factory=dict)
    told: dict[str, list[int | None]] = field(default_factory=dict)

    async def stand(self, position: Position) -> None:
        """Stand in line, take the turn, and keep it until told to leave."""
        name = position.job_id
        self.leave[name], self.told[name] = asyncio.Event(), []
        async with self.line.join(position) as turn:
            await turn.take(thread="t", show=lambda number: self._note(name, number))
            await self.leave[name].wait()

    async def _note(self, name: str, number: int | None) -> None:
        self.told[name].append(number)


@asynccontextmanager
async def _standing(line: Line, positions: Iterable[Position]) -> AsyncIterator[_Crowd]:
    """Have jobs stand in line in this order; all leave at the end."""
    crowd = _Crowd(line)
    async with asyncio.TaskGroup() as group:
        for position in positions:
            group.create_task(crowd.stand(position))
        await _settle()
        try:
            yield crowd
        finally:
            for _ in range(3):
                for event in crowd.leave.values():
                    event.set()
                await _settle()


async def _settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_smallest_tag_is_next_whenever_it_came() -> None:
    """And of equal ones whoever asked first; so many run as may."""
    starts = _Starts()
    line = Line(starts=starts, most_running=1)
    positions = [_name("a", seq=1), _name("d", tag=2, seq=2), _name("c", tag=1, seq=4), _name("b", tag=1, seq=3)]
    async with _standing(line, positions) as crowd:
        first = list(starts.begun)
        for name in "ab":
            crowd.leave[name].set()
            await _settle()
        third = starts.begun[-1]

    assert first == ["a"]
    assert third == "c"
    assert starts.begun == ["a", "b", "c", "d"]


async def test_places_are_told_when_they_change() -> None:
    """The first five of the line, at intervals, and nobody twice the same."""
    starts = _Starts()
    line = Line(starts=starts, most_running=1, show_every_s=0.01)
    async with _standing(line, [_name(str(n), seq=n) for n in range(8)]) as crowd:
        for name in "012":
            crowd.leave[name].set()
            await asyncio.sleep(0.05)

    assert crowd.told["0"] == crowd.told["1"] == []
    assert crowd.told["2"] == [1]
    assert crowd.told["3"] == [2, 1]
    assert crowd.told["7"] == [5, 4]


async def test_a_place_counts_the_jobs_of_its_own_workspace() -> None:
    """How many another has waiting is not for this one to know, though all stand in one line."""
    starts = _Starts()
    line = Line(starts=starts, most_running=1, show_every_s=0.01)
    positions = [_name("runs"), *(_name(f"other{n}", team="T2", seq=n) for n in (1, 2, 3)), _name("mine", seq=4)]
    async with _standing(line, [*positions, _name("next", seq=5)]) as crowd:
        for name in ("runs", "other1", "other2", "other3", "mine"):
            crowd.leave[name].set()
            await asyncio.sleep(0.03)

    assert starts.begun == ["runs", "other1", "other2", "other3", "mine", "next"]
    assert crowd.told["mine"] == []
    assert crowd.told["next"] == [1]
    assert crowd.told["other3"] == [2, 1]


async def test_whoever_is_behind_in_a_thread_holds_nobody_up() -> None:
    """The job waits without a place among those that run, says so once, and begins when it may."""
    starts = _Starts(behind={"second"})
    line = Line(starts=starts, most_running=1)
    async with _standing(line, [_name("second", seq=1), _name("other", seq=2)]) as crowd:
        begun = list(starts.begun)
        starts.behind.clear()
        crowd.leave["other"].set()
        await _settle()

    assert begun == ["other"]
    assert starts.begun == ["other", "second"]
    assert crowd.told["second"] == [None]


async def test_suspects_run_one_at_a_time() -> None:
    """Beside others, so that the next crash tells which of them it was."""
    starts = _Starts()
    line = Line(starts=starts, most_running=10)
    async with _standing(line, [_name("s1", crashes=2), _name("s2", seq=1, crashes=2), _name("n", seq=2)]) as crowd:
        begun = set(starts.begun)
        crowd.leave["s1"].set()
        await _settle()

    assert begun == {"s1", "n"}
    assert starts.begun[-1] == "s2"


async def test_nobody_begins_in_a_line_that_is_closed() -> None:
    """So that those that run at a stop are known."""
    starts = _Starts()
    line = Line(starts=starts, most_running=1)
    async with AsyncExitStack() as stack, line.join(_name("a")):
        second = await stack.enter_async_context(line.join(_name("b", seq=1)))
        running = line.close()

    assert running == ["a"]
    assert not second.may_begin.is_set()


async def test_a_thread_that_opens_slowly_holds_up_no_other() -> None:
    """The few places for opening are given back after a second, once each."""
    line = Line(starts=_Starts(), most_running=1)
    async with AsyncExitStack() as stack:
        for number in range(8):
            turn = await stack.enter_async_context(line.join(_name(str(number), seq=number)))
            await stack.enter_async_context(turn.opening())
        is_full = line.openers.locked()
        async with turn.opening():
            pass
    places = 0
    while not line.openers.locked():
        await line.openers.acquire()
        places += 1

    assert is_full
    assert places == 8


async def test_after_a_restart_the_head_of_the_line_is_first() -> None:
    """Nobody begins until all have come back, in whatever order they do."""
    starts = _Starts()
    line = Line(starts=starts, most_running=1)
    line.hold_for(3)
    async with AsyncExitStack() as stack:
        turns: list[Turn] = [await stack.enter_async_context(line.join(_name(str(tag), tag=tag))) for tag in (2, 1)]
        held = [turn.may_begin.is_set() for turn in turns]
        turns.append(await stack.enter_async_context(line.join(_name("0"))))
        numbers = [turn.number for turn in turns]

    assert held == [False, False]
    assert numbers == [2, 1, None]
    assert all(turn.had_to_wait for turn in turns[:2])


async def test_steps_wait_for_requests_but_not_for_long() -> None:
    """For the last of those in hand, or for the longest time."""
    courtesy = Courtesy(longest_step_s=0.05)
    order: list[str] = []

    async def work() -> None:
        await courtesy.before_step()
        order.append("step")

    async with asyncio.TaskGroup() as group:
        with courtesy.request():
            group.create_task(work())
            await _settle()
            order.append("request")
        await _settle()
        with courtesy.request():
            group.create_task(work())
            await asyncio.sleep(0.2)
            order.append("long request")

    assert order == ["request", "step", "step", "long request"]
