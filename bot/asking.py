"""Asking CodeMie until the answer can be read: once, and once more saying what was wrong.

Answers are read in threads: a hostile page of two megabytes keeps a parser busy for seconds, in which everybody
else's commands have to be acknowledged.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict

from bot.codemie.client import Answer, Question
from bot.core.ids import Role, make_conversation_id, make_reference
from bot.errors import ArtifactError, CodemieError, CutAnswer, DailyLimitReached
from bot.ports import StepRunner

T = TypeVar("T")
_log: Final = structlog.get_logger("job")


class Assistant(Protocol):
    """CodeMie, as it is needed here."""

    async def ask(self, question: Question) -> Answer:
        """Ask once, with retries of what can pass; raises CodemieError or EmptyAnswer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Whom to ask: an assistant, with the system prompt where a carrier serves several roles."""

    assistant_id: str
    system_prompt: str | None = None


class Asked(BaseModel):
    """An answer with the time it took, as it is kept with the job."""

    model_config = ConfigDict(frozen=True)

    text: str
    conversation_id: UUID
    is_cut: bool
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """What a readable answer lacks: how many things, and the words that tell the model."""

    count: int
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief(Generic[T]):
    """One thing to ask for: how to word it, how to word it again, and how to read and judge the answer."""

    role: Role
    text: str
    write_again: Callable[[str, bool], str]
    read: Callable[[Asked], T]
    judge: Callable[[T], Shortfall | None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """On whose behalf: the job, its steps, what its conversation ids are made from, and who counts its calls.

    ``note_call`` is awaited before each request with its conversation, and may raise a BotError that forbids it.
    """

    job_id: str
    team: str
    thread: str
    model: str | None
    step: StepRunner
    note_call: Callable[[UUID], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Asks the assistants of both roles."""

    assistant: Assistant
    addressees: dict[Role, Addressee]
    monotonic: Callable[[], float] = time.monotonic

    async def ask(self, caller: Caller, brief: Brief[T]) -> tuple[T, float]:
        """Return what was read out of the answer, and the seconds it took.

        An answer that can't be read, or that lacks something, is asked for once more. One that merely lacks
        something is kept for the case that the second is no better.
        """
        try:
            asked = await self._ask(caller, brief, "ask", brief.text)
        except ArtifactError as error:
            return await self._ask_again(caller, brief, error, before=None)
        try:
            result = await _read(caller, brief, asked)
        except ArtifactError as error:
            return await self._ask_again(caller, brief, error, before=asked)
        shortfall = await asyncio.to_thread(brief.judge, result)
        if shortfall is None:
            return result, asked.seconds
        return await self._ask_for_rest(caller, brief, shortfall, before=asked, result=result)

    async def _ask_again(
        self, caller: Caller, brief: Brief[T], error: ArtifactError, *, before: Asked | None
    ) -> tuple[T, float]:
        is_cut = isinstance(error, CutAnswer)
        goes_on = before.conversation_id if before and not is_cut else None
        _log.info("asked_again", role=brief.role, code=error.code)
        again = await self._ask(caller, brief, "ask_again", brief.write_again(str(error), is_cut), goes_on=goes_on)
        result = await _read(caller, brief, again)
        return result, again.seconds + (before.seconds if before else 0)

    async def _ask_for_rest(
        self, caller: Caller, brief: Brief[T], shortfall: Shortfall, *, before: Asked, result: T
    ) -> tuple[T, float]:
        text = brief.write_again(shortfall.description, False)  # noqa: FBT003 - the callable takes two values
        _log.info("asked_for_rest", role=brief.role, missing=shortfall.count)
        try:
            again = await self._ask(caller, brief, "ask_again", text, goes_on=before.conversation_id)
            second = await _read(caller, brief, again)
        except (ArtifactError, CodemieError, DailyLimitReached) as error:
            _log.info("kept_first", role=brief.role, code=error.code)
            return result, before.seconds
        rest = await asyncio.to_thread(brief.judge, second)
        is_better = rest is None or rest.count <= shortfall.count
        return second if is_better else result, before.seconds + again.seconds

    async def _ask(
        self, caller: Caller, brief: Brief[T], turn: str, text: str, *, goes_on: UUID | None = None
    ) -> Asked:
        return await caller.step(
            f"{turn}_{brief.role}", Asked, lambda: self._call(caller, brief.role, turn, text, goes_on)
        )

    async def _call(self, caller: Caller, role: Role, turn: str, text: str, goes_on: UUID | None) -> Asked:
        """Ask CodeMie; every attempt but one that goes on has a conversation of its own.

        After a cut or timed-out call the server may still store its turn, so its conversation is left behind.
        """
        runs = await caller.step.count_runs()

        def name_conversation(attempt: int) -> UUID:
            if goes_on and attempt == 0 and runs == 1:
                return goes_on
            return make_conversation_id(
                team=caller.team,
                thread=caller.thread,
                role=role,
                attempt=f"{caller.job_id}:{turn}:{runs}:{attempt}",
            )

        addressee = self.addressees[role]
        started = self.monotonic()
        answer = await self.assistant.ask(
            Question(
                assistant_id=addressee.assistant_id,
                system_prompt=addressee.system_prompt,
                text=text,
                conversation=name_conversation,
                request_id=f"{make_reference(caller.job_id)}-{role}-{turn}",
                model=caller.model,
                before_call=caller.note_call,
            )
        )
        seconds = self.monotonic() - started
        _log.info("answered", role=role, turn=turn, seconds=round(seconds, 2), calls=answer.calls)
        return Asked(text=answer.text, conversation_id=answer.conversation_id, is_cut=answer.is_cut, seconds=seconds)


async def _read(caller: Caller, brief: Brief[T], asked: Asked) -> T:
    """Read an answer in a thread, unless doing so has brought the process down before."""
    caller.step.guard()
    return await asyncio.to_thread(brief.read, asked)
