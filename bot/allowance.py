"""What people may ask for: so many requests within a time, so many CodeMie calls a day."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa

from bot.core.models import ReplyAddress
from bot.errors import BotPaused, DailyLimitReached, LimitError, TooManyRequests
from bot.tables import MS, State, Transaction, calls, is_unfinished, pauses, requests

_FIND_PAUSE: Final = sa.select(pauses.c.team).where(pauses.c.team == sa.bindparam("team_"))
_FIND_LEAVING: Final = (
    sa.select(requests.c.asked_at_ms)
    .where(requests.c.team == sa.bindparam("team_"), requests.c.user == sa.bindparam("user_"))
    .where(requests.c.state != State.REFUSED, requests.c.asked_at_ms > sa.bindparam("after_ms"))
    .order_by(requests.c.asked_at_ms.desc())
    .limit(1)
    .offset(sa.bindparam("others", type_=sa.Integer))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Questions:
    """How many calls somebody has made, and how many each of their unfinished jobs has."""

    made: sa.Executable
    made_by_unfinished: sa.Executable


def _ask_of(*names: str) -> _Questions:
    """Make them for the rows that share these columns with an address."""
    of_job = sa.select(sa.func.count()).select_from(calls).where(calls.c.job_id == requests.c.job_id).scalar_subquery()
    made = sa.select(sa.func.count()).select_from(calls).where(calls.c.called_at_ms >= sa.bindparam("since_ms"))
    return _Questions(
        made=made.where(*(calls.c[name] == sa.bindparam(f"{name}_") for name in names)),
        made_by_unfinished=sa.select(of_job).where(
            is_unfinished, *(requests.c[name] == sa.bindparam(f"{name}_") for name in names)
        ),
    )


_OF_TEAM: Final = _ask_of("team")
_OF_USER: Final = _ask_of("team", "user")
CALLS_A_JOB: Final = 2  # one for the flow and one for the page, if nothing has to be asked for again


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many requests a user may make within ``window_s`` seconds; CodeMie calls a day, ``None`` for any number."""

    requests: int
    window_s: float
    calls_user: int | None = None
    calls_team: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left of the limits at ``now_s``, seconds since the epoch, as the tables of a connection have it."""

    connection: Transaction
    limits: Limits
    now_s: float

    def find_refusal(self, address: ReplyAddress) -> LimitError | None:
        """Return why a request can't be taken, if it can't."""
        try:
            self._check_pause(address)
            self._check_rate(address)
            self.check_budget(address, needed=CALLS_A_JOB)
        except LimitError as error:
            return error
        return None

    def check_budget(self, address: ReplyAddress, *, needed: int) -> None:
        """Check that ``needed`` more calls are within the day's budgets of the user and of the workspace."""
        for limit, questions in ((self.limits.calls_team, _OF_TEAM), (self.limits.calls_user, _OF_USER)):
            if limit is None:
                continue
            spent = self._count(questions, address.team, address.user)
            if needed > 1:  # a new job leaves unfinished ones what they need
                spent += self._count_promised(questions, address)
            if spent + needed > limit:
                raise DailyLimitReached("the budget is used up", limit=limit, wait_s=self._count_day_rest_s())

    def count_calls(self, team: str) -> int:
        """Count the calls that a workspace has made today."""
        return self._count(_OF_TEAM, team)

    def _check_pause(self, address: ReplyAddress) -> None:
        if self.connection.execute(_FIND_PAUSE, {"team_": address.team}).scalar() is not None:
            raise BotPaused("paused by an admin")

    def _check_rate(self, address: ReplyAddress) -> None:
        """Look at the request that has to leave the window before another may enter."""
        values = {
            "team_": address.team,
            "user_": address.user,
            "after_ms": int((self.now_s - self.limits.window_s) * MS),
            "others": self.limits.requests - 1,
        }
        asked_at_ms = self.connection.execute(_FIND_LEAVING, values).scalar()
        if asked_at_ms is None:
            return
        wait_s = asked_at_ms / MS + self.limits.window_s - self.now_s
        if wait_s > 0:
            raise TooManyRequests("too many requests", limit=self.limits.requests, wait_s=wait_s)

    def _count(self, questions: "_Questions", team: str, user: str = "") -> int:
        """Count the calls made today."""
        values = {"team_": team, "user_": user, "since_ms": int(self._get_day_start().timestamp() * MS)}
        return int(self.connection.execute(questions.made, values).scalar() or 0)

    def _count_promised(self, questions: "_Questions", address: ReplyAddress) -> int:
        """Count the calls that unfinished jobs have yet to make, if nothing goes wrong."""
        rows = self.connection.execute(questions.made_by_unfinished, {"team_": address.team, "user_": address.user})
        return sum(max(0, CALLS_A_JOB - made_by_job) for (made_by_job,) in rows.all())

    def _get_day_start(self) -> datetime:
        return datetime.fromtimestamp(self.now_s, UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    def _count_day_rest_s(self) -> float:
        return (self._get_day_start() + timedelta(days=1)).timestamp() - self.now_s
