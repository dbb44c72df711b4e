"""Whether a run may still act: when its job's owner is asked for, and when the last answer is enough."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pytest

from bot.fencing import confirm_run
from bot.runs import Runs


@dataclass(slots=True, kw_only=True)
class _Register:
    """Who has the one job there is; ``answer_s`` is how long an answer takes, by the clock that stands here too."""

    owner: str | None = "ours"
    now_s: float = 0.0
    answer_s: float = 0.0
    asked: int = 0

    def get_token(self) -> str:
        """Return the token of the run that is tested."""
        return "ours"

    async def find(self, job_ids: Collection[str]) -> Mapping[str, str | None]:
        """Say who has it."""
        self.asked += 1
        self.now_s += self.answer_s
        self.answer_s = 0.0
        return dict.fromkeys(job_ids, self.owner)

    def read_clock(self) -> float:
        """Return the seconds."""
        return self.now_s


@pytest.fixture
def register() -> _Register:
    """Begin with a job of ours."""
    return _Register()


async def test_what_follows_at_once_is_not_asked_for_again(register: _Register) -> None:
    """One answer is enough for a second."""
    with Runs(owners=register, monotonic=register.read_clock).entering("job"):
        await confirm_run()
        register.now_s += 0.9
        await confirm_run()
        asked = register.asked
        register.now_s += 0.1
        await confirm_run()

    assert asked == 1
    assert register.asked == 2


async def test_a_job_that_was_taken_over_ends(register: _Register) -> None:
    """Also where the process stood still after an answer that was good."""
    with Runs(owners=register, monotonic=register.read_clock).entering("job"):
        await confirm_run()
        register.owner = "theirs"
        register.now_s += 20
        with pytest.raises(asyncio.CancelledError):
            await confirm_run()

    assert register.asked == 2


async def test_an_answer_that_took_too_long_is_asked_for_again(register: _Register) -> None:
    """It may be true no more."""
    register.answer_s = 6
    with Runs(owners=register, monotonic=register.read_clock).entering("job"):
        await confirm_run()

    assert register.asked == 2
