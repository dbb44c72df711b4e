"""What people think of results, handed to CodeMie: one opinion of the flow's answer, one of the page's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

import structlog

from bot.codemie.client import Opinion
from bot.core.ids import Role
from bot.core.models import Exchange, Result, TakenOpinion, Verdict
from bot.errors import CodemieError
from bot.ports import StepRunner, ignore

_log: Final = structlog.get_logger("job")


class Ratings(Protocol):
    """CodeMie, as it is needed here."""

    async def rate(self, opinion: Opinion) -> TakenOpinion | None:
        """Take an opinion of an answer, and tell by what it is taken back, if that is known; raises CodemieError."""
        ...


class Finder(Protocol):
    """Where results are kept; waits for the database."""

    async def recall(self, job_id: str) -> Result | None:
        """Find the result of a job."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinions:
    """Hands verdicts to CodeMie; ``assistants`` has the assistant of each role."""

    ratings: Ratings
    results: Finder
    assistants: Mapping[Role, str]
    note_opinion: Callable[..., None] = ignore

    async def hand_over(self, verdict: Verdict, step: StepRunner) -> None:
        """Send an opinion of each answer that the result was made of; one that CodeMie does not take is logged."""
        result = await self.results.recall(verdict.job_id)
        if result is None:
            return
        for role, exchange in sorted(result.exchanges.items()):
            opinion = self._write(verdict, role, exchange)
            try:
                # Kept as it is: what one of another version has kept is read by nobody here.
                await step(f"rate_{role}", object, partial(self.ratings.rate, opinion))
            except CodemieError as error:
                _log.warning("verdict_not_taken", role=role, code=error.code, status=error.status)
        self.note_opinion(is_good=verdict.is_good, has_comment=bool(verdict.comment))
        _log.info("verdict_given", is_good=verdict.is_good, has_comment=bool(verdict.comment))

    def _write(self, verdict: Verdict, role: Role, exchange: Exchange) -> Opinion:
        return Opinion(
            assistant_id=self.assistants[role],
            conversation_id=exchange.conversation_id,
            number=exchange.number,
            is_good=verdict.is_good,
            comment=verdict.comment,
        )
