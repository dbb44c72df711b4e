"""What is known of requests: found by their ids, by the thread they were made in, by who made them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dbos import DBOS, WorkflowHandleAsync, WorkflowStatus
from dbos import error as dbos_error
from pydantic import ValidationError

from bot.core.ids import make_reference, make_upgrade_key, split_thread_key
from bot.core.models import Asking, Glance, Job, Outcome, Progress, ReplyAddress, State, TeamGlance, ThreadState
from bot.database import limited_wait
from bot.engine import GENERATE, TELL, list_statuses
from bot.errors import BotError, JobCancelled, StoreError, UnexpectedError
from bot.ledger import Asked, Ledger
from bot.results import Results
from bot.workflows import ENDED

_END_WAIT_S: Final = 0.8
_FIND_WAIT_S: Final = 1.0
_END_POLL_S: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookups:
    """Finds requests; every method raises :class:`~bot.errors.StoreError` where the database keeps it waiting.

    ``ended`` has the outcomes of jobs that have nothing left to do but a late picture.
    """

    ledger: Ledger
    results: Results
    ended: Mapping[str, Outcome]

    async def find(self, job_id: str) -> tuple[Job, Outcome | None] | None:
        """Return a job and what it came to, or ``None`` for a job that is unknown or pruned.

        The message with the button stands in the thread some milliseconds before the job's end is kept: a click in
        between waits for that. A job that runs for longer has no outcome yet.
        """
        async with limited_wait(_FIND_WAIT_S):
            job = await self.find_job(job_id)
            return None if job is None else (job, await self._find_outcome(job_id))

    async def find_pending(self, key: str) -> Job | None:
        """Return the job that a message of the bot asks about."""
        async with limited_wait(_FIND_WAIT_S):
            status = await DBOS.get_workflow_status_async(key)
        if status is None or status.name != TELL or status.input is None:
            return None
        pending = status.input["args"][-1].get("pending")
        return Job.model_validate(pending) if pending else None

    async def find_job(self, job_id: str) -> Job | None:
        """Return a job, however far it is; ``None`` for one that is unknown or pruned."""
        async with limited_wait(_FIND_WAIT_S):
            status = await DBOS.get_workflow_status_async(job_id)
        if status is None or status.name != GENERATE or status.input is None:
            return None
        return Job.model_validate(status.input["args"][-1])

    async def read(self, job_id: str) -> Asking | None:
        """Return how a job stands, without waiting for its end; ``None`` for one that is unknown or pruned.

        One that another version of the bot had left unfinished goes on under another id.
        """
        upgraded_id = make_upgrade_key(job_id=job_id)
        try:
            async with limited_wait(_FIND_WAIT_S):
                found = await list_statuses([job_id, upgraded_id])
        except dbos_error.DBOSException as error:  # the engine stops before the server does
            raise StoreError(type(error).__name__) from error
        if upgraded_id in found:
            return await self.read(upgraded_id)
        status = found.get(job_id)
        if status is None or status.name != GENERATE or status.input is None:
            return None
        try:
            return Asking(
                job_id=job_id, job=Job.model_validate(status.input["args"][-1]), outcome=_read_outcome(status)
            )
        except ValidationError:  # kept by another version
            return None

    async def _find_outcome(self, job_id: str) -> Outcome | None:
        if job_id in self.ended:
            return self.ended[job_id]
        handle: WorkflowHandleAsync[dict[str, Any]] = await DBOS.retrieve_workflow_async(job_id)
        try:
            async with asyncio.timeout(_END_WAIT_S):
                return Outcome.model_validate(await handle.get_result(polling_interval_sec=_END_POLL_S))
        except (TimeoutError, dbos_error.DBOSException, BotError, ValidationError):
            return None

    async def find_running(self, address: ReplyAddress) -> str | None:
        """Find the job that runs in a thread, or is next there."""
        thread = address.thread_key
        async with limited_wait(_FIND_WAIT_S):
            return await self.ledger.find_running(thread) if thread else None

    async def find_thread_state(self, address: ReplyAddress) -> ThreadState:
        """Tell what is known of the thread that somebody writes in; what runs there may come to something."""
        thread = address.thread_key
        if thread is None:
            return ThreadState.UNKNOWN
        async with limited_wait(_FIND_WAIT_S):
            if await self.results.has_any(thread) or await self.ledger.find_running(thread):
                return ThreadState.HAS_RESULT
            return ThreadState.ASKED if await self.ledger.is_known(thread) else ThreadState.UNKNOWN

    async def count_regenerations(self, job_id: str) -> int:
        """Count how often the result of a job was made anew, but for one that is being made."""
        async with limited_wait(_FIND_WAIT_S):
            return await self.ledger.count_regenerations(job_id)

    async def list_recent(self, *, team: str, user: str, most: int) -> list[Glance]:
        """List what somebody asked for last, newest first, as far as it is still kept."""
        async with limited_wait(_FIND_WAIT_S):
            asked = await self.ledger.list_recent(team, user, most=most)
            statuses = await list_statuses([item.job_id for item in asked])
        return [glance for item in asked if (glance := _glance(item, statuses.get(item.job_id)))]

    async def list_team(self, team: str, *, most: int) -> list[TeamGlance]:
        """List what everybody of a workspace asked for last, newest first, as far as it is still kept."""
        async with limited_wait(_FIND_WAIT_S):
            asked = await self.ledger.list_recent(team, None, most=most)
            statuses = await list_statuses([item.job_id for item in asked])
        return [glance for item in asked if (glance := _glance_from_afar(item, statuses.get(item.job_id)))]

    async def count_calls(self, team: str) -> int:
        """Count the CodeMie calls that a workspace has made today."""
        async with limited_wait(_FIND_WAIT_S):
            return await self.ledger.count_calls(team)


def _glance_from_afar(asked: Asked, status: WorkflowStatus | None) -> TeamGlance | None:
    """Look at a request as an admin may."""
    glance = _glance(asked, status)
    if glance is None or status is None:
        return None
    outcome = Outcome.model_validate(status.output) if isinstance(status.output, dict) else None
    took_ms = (status.updated_at or 0) - (status.created_at or 0)
    return TeamGlance(
        reference=make_reference(asked.job_id),
        user=asked.user,
        channel=glance.channel,
        state=glance.state,
        error=outcome.error if outcome else None,
        asked_at=glance.asked_at,
        seconds=None if asked.is_unfinished else took_ms / 1_000,
    )


def _glance(asked: Asked, status: WorkflowStatus | None) -> Glance | None:
    """Look at a request as its requester would; ``None`` where nothing of it is kept any more."""
    if status is None or status.input is None or status.name != GENERATE:
        return None
    try:
        job = Job.model_validate(status.input["args"][-1])
        outcome = Outcome.model_validate(status.output) if isinstance(status.output, dict) else None
    except ValidationError:  # kept by another version
        return None
    progress = outcome.progress if outcome else job.earlier
    channel, thread_ts = _find_place(asked, job, progress)
    return Glance(
        job_id=asked.job_id,
        state=_choose_state(asked, outcome),
        prompt=job.request.prompt,
        name=progress.flow.name if progress.flow else None,
        channel=channel,
        thread_ts=thread_ts,
        asked_at=asked.asked_at,
    )


def _read_outcome(status: WorkflowStatus) -> Outcome | None:
    """Read what a job came to; one that has ended without an outcome has failed as nobody foresaw."""
    if isinstance(status.output, dict):
        return Outcome.model_validate(status.output)
    return Outcome(error=UnexpectedError.code) if status.status in ENDED else None


def _find_place(asked: Asked, job: Job, progress: Progress) -> tuple[str, str | None]:
    """Find where a job talks; while it runs the ledger knows it first."""
    if progress.thread is None and asked.thread is not None:
        channel, thread_ts = split_thread_key(asked.thread)
        return channel, thread_ts
    where = progress.thread or job.address
    return where.channel, where.thread_ts


def _choose_state(asked: Asked, outcome: Outcome | None) -> State:
    if outcome is None:
        return State.RUNNING if asked.is_unfinished else State.FAILED
    if outcome.error is None:
        return State.READY
    return State.CANCELLED if outcome.error == JobCancelled.code else State.FAILED
