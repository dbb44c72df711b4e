"""Generations that are asked for, waited for and fetched; the jobs themselves are the same as Slack's."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID, uuid4

import structlog

from bot.api.failures import explain_outcome
from bot.audit import note_act
from bot.core.ids import API_TEAM, make_call_id, make_call_key, make_reference
from bot.core.models import (
    Asking,
    Delivery,
    GenerateRequest,
    GenerateResponse,
    GenerateStatus,
    Job,
    ReplyAddress,
    Result,
    Surface,
)
from bot.core.prompt import check_prompt
from bot.core.texts import Language, detect_language
from bot.courtesy import wait_at_most
from bot.errors import PromptTooLong, StoreError

TEAM: Final = API_TEAM
# How often it is looked whether a client that waits is still there.
_LOOK_EVERY_S: Final = 0.25
# A job of another process ends without a word here: the database is looked at every so many looks.
_LOOKS_APART: Final = 20
# The end of a job is told a moment before it is kept.
_SETTLE_S: Final = 0.02
_SETTLE_LOOKS: Final = 50
_log: Final = structlog.get_logger("api")


class JobStore(Protocol):
    """Where jobs are kept; its methods raise :class:`bot.errors.StoreError`."""

    async def submit(self, key: str, job: Job, *, delivery: Delivery) -> bool:
        """Keep a job and start it; a known key starts nothing. Raises LimitError for one too many."""
        ...

    async def cancel(self, job_id: str, *, by: str) -> bool:
        """Stop a job; false where it is too late for that."""
        ...


class Requests(Protocol):
    """What is known of jobs; raises :class:`bot.errors.StoreError`."""

    async def read(self, job_id: str) -> Asking | None:
        """Return how a job stands, without waiting for its end; ``None`` for one that is unknown or pruned."""
        ...


class Results(Protocol):
    """Where results are kept; raises :class:`bot.errors.StoreError`."""

    async def find(self, job_id: str) -> Result | None:
        """Find the result of a job."""
        ...


class Endings(Protocol):
    """Tells that jobs of this process have ended."""

    is_stopping: bool

    def watching(self, job_id: str) -> AbstractContextManager[asyncio.Event]:
        """Wait for a job; the event is set when it has ended, or the process stops."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Generations:
    """Asks for generations and finds them again; the bounds are in characters, ids are UUIDs as text."""

    jobs: JobStore
    requests: Requests
    results: Results
    endings: Endings
    min_chars: int
    max_chars: int
    language: Language
    make_id: Callable[[], UUID] = uuid4
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def choose_language(self, request: GenerateRequest) -> Language:
        """Choose the language of what the client's people are told."""
        return detect_language(request.prompt, default=self.language)

    def prepare(self, request: GenerateRequest, *, client: str) -> Job:
        """Make the job of a request; raises PromptError for a prompt that can't be used.

        The longest is meant as it was sent: only so can the document's schema say it.
        """
        if len(request.prompt) > self.max_chars:
            raise PromptTooLong(limit_chars=self.max_chars)
        prompt = check_prompt(request.prompt, min_chars=self.min_chars, max_chars=self.max_chars)
        return Job(
            request=GenerateRequest(prompt=prompt, model=request.model),
            address=ReplyAddress(team=TEAM, channel="", user=client, user_name=client, surface=Surface.API),
            language=self.choose_language(request),
        )

    async def submit(self, job: Job, *, key: str | None) -> str:
        """Keep a job and return the id of its generation; with a key the same one each time.

        Raises LimitError for one too many, and StoreError where it can't be kept.
        """
        if key is None:
            call_id, delivery = str(self.make_id()), Delivery.CALL
        else:
            call_id, delivery = make_call_id(client=job.address.user, key=key), Delivery.CLICK
        await self.jobs.submit(make_call_key(call_id=call_id), job, delivery=delivery)
        return call_id

    async def find(self, call_id: str) -> Asking | None:
        """Find a generation; ``None`` for an id that is unknown, erased, or of no generation of the API."""
        if not _is_call_id(call_id):
            return None
        asking = await self.requests.read(make_call_key(call_id=call_id))
        return asking if asking and asking.job.address.surface is Surface.API else None

    async def wait(self, call_id: str, *, longest_s: float, is_gone: Callable[[], bool]) -> Asking | None:
        """Wait for the end of a generation, or until nobody waits any more or the process stops; return how it stands.

        ``None`` where it was erased. Between looks nothing is held: no connection of the database, no place in line.
        """
        deadline_s = self.monotonic() + longest_s
        with self.endings.watching(make_call_key(call_id=call_id)) as news:
            asking = await self.find(call_id)
            while _is_running(asking) and not self.endings.is_stopping and not is_gone():
                if self.monotonic() >= deadline_s:
                    break
                is_told = await self._hear(news, deadline_s, is_gone)
                asking = await (self._settle(call_id, asking) if is_told else self._look(call_id, asking))
        return asking

    async def answer(self, call_id: str, asking: Asking) -> GenerateResponse | None:
        """Say how a generation stands; ``None`` where it was erased by now."""
        job, outcome = asking.job, asking.outcome
        said = {"id": call_id, "prompt": job.request.prompt}
        if outcome is None:
            return GenerateResponse(status=GenerateStatus.PROCESSING, **said)
        if outcome.error is not None:
            error = explain_outcome(outcome, language=job.language)
            return GenerateResponse(status=GenerateStatus.ERROR, error=error, **said)
        result = await self.results.find(asking.job_id)
        if result is None:
            return None
        return GenerateResponse(status=GenerateStatus.READY, flow=result.flow, ui=result.html, **said)

    async def abandon(self, call_id: str, *, client: str) -> None:
        """Stop a generation that nobody can fetch any more."""
        key = make_call_key(call_id=call_id)
        try:
            is_stopped = await self.jobs.cancel(key, by=client)
        except StoreError as error:
            _log.warning("not_abandoned", reason=str(error))
            return
        note_act("abandon", actor=client, object=make_reference(key), decision="done" if is_stopped else "too_late")

    async def _look(self, call_id: str, before: Asking | None) -> Asking | None:
        """Look how a generation stands; while the database is away it stands as before."""
        try:
            return await self.find(call_id)
        except StoreError as error:
            _log.warning("not_looked_at", reason=str(error))
            return before

    async def _hear(self, news: asyncio.Event, deadline_s: float, is_gone: Callable[[], bool]) -> bool:
        """Wait for news for some looks, and tell whether there is any; whoever leaves ends it."""
        for _ in range(_LOOKS_APART):
            left_s = max(0.0, deadline_s - self.monotonic())
            if await wait_at_most(min(_LOOK_EVERY_S, left_s), news.wait()):
                news.clear()
                return not self.endings.is_stopping
            if left_s <= _LOOK_EVERY_S or is_gone():
                break
        return False

    async def _settle(self, call_id: str, asking: Asking | None) -> Asking | None:
        """Look until the end that was told is kept, which takes some milliseconds."""
        for _ in range(_SETTLE_LOOKS):
            asking = await self._look(call_id, asking)
            if not _is_running(asking):
                break
            await self.sleep(_SETTLE_S)
        return asking


def _is_running(asking: Asking | None) -> bool:
    return asking is not None and asking.outcome is None


def _is_call_id(text: str) -> bool:
    """Tell whether a text has the one form that ids are given out in."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
