"""Erasing people's data: noted at once, then done everywhere, and what can't be done yet is tried again.

A wish is kept in the database before anybody is told that it is heard. What the bot itself has is deleted first; what
is left then is ids, by which Slack's and CodeMie's share is deleted as soon as they can be reached.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeVar

import structlog
from pydantic import BaseModel, ValidationError

from bot.cancellation import BY_DELETION
from bot.core.ids import VERDICT_PREFIX, find_origin, is_attempt, make_message_key, make_reference
from bot.core.models import Base, Job, Outcome, Posted, ReplyAddress, Verdict
from bot.courtesy import wait_at_most
from bot.database import limited_wait
from bot.elsewhere import Conversations, Elsewhere, HomeBuilder, Slack
from bot.erasures import Erasure, Erasures, Kind
from bot.errors import (
    StoreError,
)
from bot.remains import Remains, count_answers, find_home, find_notice_remains, find_opinions, find_remains
from bot.results import Results
from bot.store import shrink
from bot.workflows import Kept, Workflows

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
_TELL: Final = "tell"
_RATE: Final = "rate"
_NOTE_WAIT_S: Final = 2.0
# How soon it is looked whether a job that was told to stop has ended.
_STOP_WAIT_S: Final = 1.0
# After this long without a word, others take it that the process which was at it has died.
_WORK_S: Final = 10.0
# A token is revoked to be replaced, too, and an app uninstalled to be installed anew: so long that may take.
_GRACE_S: Final = 12 * 3_600.0
# CodeMie may read a model to its end for a client that has left, and keep the turn only then.
_LATE_S: Final = 900.0
_log: Final = structlog.get_logger("erasing")
_audit: Final = structlog.get_logger("audit")


class Stopper(Protocol):
    """Stops a job that has not ended; it may take a moment until it has."""

    async def __call__(self, job_id: str, *, by: str) -> object:
        """Have a job stop; raises StoreError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was erased in one go for a wish; ``is_done`` is false while something is left."""

    kind: Kind
    subject: str
    by: str
    jobs: int = 0
    messages: int = 0
    files: int = 0
    conversations: int = 0
    is_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Eraser:
    """Hears what is to be erased, and erases it; ``find_slack`` gives Slack as a workspace has it.

    ``build_home`` builds an App Home that shows nothing of anybody's requests.
    ``is_served`` tells whether a workspace still, or again, has the bot; raises SlackError where nobody can tell.
    """

    erasures: Erasures
    results: Results
    workflows: Workflows
    find_slack: Callable[[str], Slack]
    conversations: Conversations
    build_home: HomeBuilder
    stop: Stopper
    is_served: Callable[[str], Awaitable[bool]]
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def request(self, job_id: str, *, by: str) -> None:
        """Note that a request and its result are to be erased, with its attempts, but not other versions."""
        await self._note(Kind.JOB, job_id, by=by)

    async def request_user(self, team: str, user: str, *, by: str) -> None:
        """Note that everything is to be erased that somebody has asked for until now, or thought of results."""
        await self._note(Kind.USER, f"{team}:{user}", by=by)

    async def request_team(self, team: str, *, by: str) -> None:
        """Note that everything of a workspace is to be erased unless it has the bot again by tomorrow.

        What Slack has of it stays there: its messages and files could be deleted with the workspace's token only.
        """
        await self._note(Kind.TEAM, team, by=by, wait_s=_GRACE_S)

    async def request_message(self, team: str, channel: str, ts: str) -> bool:
        """Note that what came of a message is to be erased; false where nothing is kept of it.

        That is the job and its attempts, other versions of its result, and what its requester went on to build on
        them. What others have built on them is theirs.
        """
        job_id = make_message_key(team=team, channel=channel, ts=ts)
        async with limited_wait(_NOTE_WAIT_S):
            if not await self.erasures.list_relatives(job_id) and await self.workflows.find(job_id) is None:
                return False
        await self._note(Kind.MESSAGE, job_id, by=BY_DELETION)
        return True

    async def wait(self, at_most_s: float) -> None:
        """Wait until something is noted here; other processes note things too."""
        await wait_at_most(at_most_s, self._woken.wait())
        self._woken.clear()

    async def work(self) -> list[Tally]:
        """Erase what is noted and due; what fails is tried again later."""
        tallies = []
        for erasure in await self.erasures.list_due():
            try:
                tallies.append(await self._erase(erasure))
            except Exception as error:  # noqa: BLE001 - a wish that can't be fulfilled must not hold up another's
                reason = str(error) if isinstance(error, StoreError) else None
                _log.warning("erasure_failed", kind=erasure.kind, reason=reason, exc_info=error)
                await self.erasures.postpone(erasure, wait_s=self.erasures.choose_wait_s(erasure))
                tallies.append(Tally(kind=erasure.kind, subject=erasure.subject, by=erasure.by))
        return tallies

    async def _note(self, kind: Kind, subject: str, *, by: str, wait_s: float = 0) -> None:
        async with limited_wait(_NOTE_WAIT_S):
            erasure = await self.erasures.note(kind, subject, by=by, wait_s=wait_s)
        self._woken.set()
        _log_erasure("erasure_asked", erasure, decision="allowed")

    async def _erase(self, erasure: Erasure) -> Tally:
        """Erase what the bot has, with its traces on the disk, then what Slack and CodeMie have.

        Of a workspace that has the bot again nothing is begun, and what was begun is gone on with.
        """
        is_back = erasure.kind is Kind.TEAM and await self.is_served(erasure.subject)
        if is_back and not erasure.version:
            await self.erasures.finish(erasure)
            _log_erasure("erasure_taken_back", erasure, decision="left")
            return Tally(kind=erasure.kind, subject=erasure.subject, by=erasure.by, is_done=True)
        if erasure.kind is Kind.TEAM and not is_back:
            await self.erasures.forget_team(erasure.subject)
        before = len(erasure.remains.erased)
        erasure = await self._add_jobs(erasure, [] if is_back else await self._list_jobs(erasure))
        for job_id in erasure.remains.jobs:
            erasure = await self._erase_here(erasure, job_id)
        await asyncio.to_thread(shrink, self.erasures.database.engine)
        remains = erasure.remains
        left = await self._find_elsewhere(erasure.team).erase(remains)
        wait_s = _STOP_WAIT_S if left.jobs else self.erasures.choose_wait_s(erasure)
        erasure = await self.erasures.keep(erasure, left, wait_s=wait_s)
        if left.is_empty:
            await self._finish(erasure)
            _log_erasure("erased", erasure, decision="done", jobs=len(left.erased))
        return Tally(
            kind=erasure.kind,
            subject=erasure.subject,
            by=erasure.by,
            jobs=len(left.erased) - before,
            messages=len(remains.messages) - len(left.messages),
            files=len(remains.files) - len(left.files),
            conversations=len(remains.conversations) - len(left.conversations),
            is_done=left.is_empty,
        )

    def _find_elsewhere(self, team: str) -> Elsewhere:
        slack = self.find_slack(team)
        return Elsewhere(slack=slack, conversations=self.conversations, build_home=self.build_home)

    async def _finish(self, erasure: Erasure) -> None:
        """Delete the wish; what CodeMie may keep of it yet is looked for in a while."""
        if erasure.remains.late:
            await self.erasures.note_late(erasure, wait_s=_LATE_S)
        await self.erasures.finish(erasure)

    async def _add_jobs(self, erasure: Erasure, found: Sequence[str]) -> Erasure:
        """Add the jobs that have turned up since the last try."""
        erased = set(erasure.remains.erased)
        jobs = [job_id for job_id in found if job_id not in erased]
        return await self.erasures.keep(erasure, erasure.remains.add(Remains(jobs=tuple(jobs))), wait_s=_WORK_S)

    async def _list_jobs(self, erasure: Erasure) -> list[str]:
        """List the workflows whose data goes, verdicts on results among them."""
        match erasure.kind:
            case Kind.JOB:
                job_ids = await self._list_attempts(find_origin(erasure.subject), or_version=False)
            case Kind.MESSAGE:
                job_ids = await self._list_builders(await self._list_attempts(erasure.subject, or_version=True))
            case Kind.USER:
                team, _, user = erasure.subject.partition(":")
                job_ids = await self._list_of(team, user, until_ms=erasure.asked_at_ms)
            case Kind.TEAM:
                job_ids = await self._list_of(erasure.subject, None, until_ms=erasure.asked_at_ms)
            case Kind.LATE:
                return []
        verdicts = await self.workflows.list_ids(prefix=VERDICT_PREFIX)
        return [*job_ids, *(verdict for verdict in verdicts if verdict.endswith(tuple(f":{id_}" for id_ in job_ids)))]

    async def _list_attempts(self, origin: str, *, or_version: bool) -> list[str]:
        relatives = await self.erasures.list_relatives(origin)
        attempts = [job_id for job_id in relatives if is_attempt(job_id, origin=origin, or_version=or_version)]
        return list(dict.fromkeys((origin, *attempts)))

    async def _list_builders(self, job_ids: list[str]) -> list[str]:
        """Add what the same person has built on these, on what was built on them, and so on.

        Where the bot had asked first, the question goes too: it keeps what was asked about.
        """
        found = dict.fromkeys(job_ids)
        for job_id in job_ids:
            for later in await self.erasures.list_later(job_id):
                if later not in found and await self._find_base(later) in found:
                    found |= dict.fromkeys((later, find_origin(later)))
        return list(found)

    async def _find_base(self, job_id: str) -> str | None:
        """Find the job whose result a job builds on."""
        kept = await self.workflows.find(job_id)
        job = _read(Job, kept.payload) if kept else None
        if kept is None or job is None:
            return None
        base = job.earlier.base or _read(
            Base, (await self.workflows.read_steps(kept.id)).get("find_base", {}).get("base")
        )
        return base.job_id if base else job.base

    async def _list_of(self, team: str, user: str | None, *, until_ms: int) -> list[str]:
        """List what is of a person or, unless one is named, of a whole workspace."""
        asked = await self.erasures.list_of(team, user, until_ms=until_ms)
        told = [kept.id for kept in await self.workflows.list_of_kind(_TELL) if _is_to(kept, team, user)]
        rated = [kept.id for kept in await self.workflows.list_of_kind(_RATE) if _is_verdict_in(kept, team, user)]
        return [*asked, *told, *rated]

    async def _erase_here(self, erasure: Erasure, job_id: str) -> Erasure:
        """Erase a job that has ended from the database; one that has not is told to end, and is left for later.

        What Slack and CodeMie have of it is kept before, and it counts as erased only after.
        """
        kept = await self._end(job_id, by=erasure.by)
        if kept and not kept.is_ended:
            return erasure
        found = await self._look(job_id, kept)
        remains = erasure.remains.add(found.leave_slack() if erasure.kind is Kind.TEAM else found)
        erasure = await self.erasures.keep(erasure, remains, wait_s=_WORK_S)
        await self.erasures.erase(job_id, keeps_ledger=erasure.keeps_ledger)
        await self.workflows.delete([job_id])
        return replace(erasure, remains=remains.cross_off(job_id))

    async def _end(self, job_id: str, *, by: str) -> Kept | None:
        """Find a job; one that has not ended is told to, and may have by now."""
        kept = await self.workflows.find(job_id)
        if kept is None or kept.is_ended:
            return kept
        await self.stop(job_id, by=by)
        return await self.workflows.find(job_id)

    async def _look(self, job_id: str, kept: Kept | None) -> Remains:
        """Look what Slack and CodeMie have of a job; one that another version has kept may not be readable."""
        posted = await self.results.find_posted(job_id) or Posted()
        conversations = await self.erasures.list_conversations(job_id)
        steps = await self.workflows.read_steps(job_id) if kept else {}
        if kept and (job := _read(Job, kept.payload)):
            outcome = _read(Outcome, kept.output)
            found = find_remains(job, outcome, steps, job_id=job_id, posted=posted, conversations=conversations)
            late = await self.erasures.list_cut(job_id, answers=count_answers(steps), longest_s=_LATE_S)
            return found.add(Remains(homes=find_home(job), late=late))
        if kept and (address := _read(ReplyAddress, kept.payload.get("address"))):
            return find_notice_remains(address, steps)
        return Remains(files=posted.files, opinions=find_opinions(steps), conversations=conversations)


def _is_to(kept: Kept, team: str, user: str | None) -> bool:
    """Tell whom a message is for: anybody of a workspace, unless a user is named."""
    address = _read(ReplyAddress, kept.payload.get("address"))
    return address is not None and address.team == team and user in {None, address.user}


def _is_verdict_in(kept: Kept, team: str, user: str | None) -> bool:
    """Tell whose verdict it is, as above; its workspace is that of the job, whose id names it."""
    verdict = _read(Verdict, kept.payload)
    return verdict is not None and user in {None, verdict.user} and f":{team}:" in verdict.job_id


def _read(model: type[M], value: object) -> M | None:
    """Read a kept value; ``None`` where there is none, or one of another shape."""
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def _log_erasure(event: str, erasure: Erasure, *, decision: str, **counts: int) -> None:
    """Say in the audit stream who had what erased."""
    subject = make_reference(erasure.subject) if erasure.keeps_ledger else erasure.subject
    _audit.info(event, actor=erasure.by, action=f"erase_{erasure.kind}", object=subject, decision=decision, **counts)
