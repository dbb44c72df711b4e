"""What people may ask for: so many requests within a time, so many CodeMie calls a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa

from bot.core.models import ReplyAddress
from bot.errors import BotPaused, DailyLimitReached, LimitError, TooManyRequests
from bot.tables import MS, State, calls, is_of, is_unfinished, pauses, requests

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

    connection: sa.Connection
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
        for limit, names in ((self.limits.calls_team, ("team",)), (self.limits.calls_user, ("team", "user"))):
            if limit is None:
                continue
            spent = self._count(*is_of(calls, address, names))
            if needed > 1:  # a new job leaves unfinished ones what they need
                spent += self._count_promised(address, names)
            if spent + needed > limit:
                raise DailyLimitReached("the budget is used up", limit=limit, wait_s=self._count_day_rest_s())

    def count_calls(self, team: str) -> int:
        """Count the calls that a workspace has made today."""
        return self._count(calls.c.team == team)

    def _check_pause(self, address: ReplyAddress) -> None:
        if self.connection.execute(sa.select(pauses.c.team).where(pauses.c.team == address.team)).scalar() is not None:
            raise BotPaused("paused by an admin")

    def _check_rate(self, address: ReplyAddress) -> None:
        """Look at the request that has to leave the window before another may enter."""
        query = (
            sa.select(requests.c.asked_at_ms)
            .where(requests.c.team == address.team, requests.c.user == address.user)
            .where(requests.c.state != State.REFUSED, requests.c.asked_at_ms > (self.now_s - self.limits.window_s) * MS)
            .order_by(requests.c.asked_at_ms.desc())
            .limit(1)
            .offset(self.limits.requests - 1)
        )
        asked_at_ms = self.connection.execute(query).scalar()
        if asked_at_ms is None:
            return
        wait_s = asked_at_ms / MS + self.limits.window_s - self.now_s
        if wait_s > 0:
            raise TooManyRequests("too many requests", limit=self.limits.requests, wait_s=wait_s)

    def _count(self, *whose: sa.ColumnElement[bool]) -> int:
        """Count the calls made today."""
        query = (
            sa.select(sa.func.count())
            .select_from(calls)
            .where(calls.c.called_at_ms >= self._get_day_start().timestamp() * MS)
            .where(*whose)
        )
        return self.connection.execute(query).scalar() or 0

    def _count_promised(self, address: ReplyAddress, names: Sequence[str]) -> int:
        """Count the calls that unfinished jobs have yet to make, if nothing goes wrong."""
        made = sa.select(sa.func.count()).select_from(calls).where(calls.c.job_id == requests.c.job_id)
        query = sa.select(made.scalar_subquery()).where(is_unfinished, *is_of(requests, address, names))
        return sum(max(0, CALLS_A_JOB - made_by_job) for made_by_job in self.connection.execute(query).scalars())

    def _get_day_start(self) -> datetime:
        return datetime.fromtimestamp(self.now_s, UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    def _count_day_rest_s(self) -> float:
        return (self._get_day_start() + timedelta(days=1)).timestamp() - self.now_s
