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
from bot.core.models import Exchange
from bot.errors import ArtifactError, CodemieError, CutAnswer, DailyLimitReached
from bot.ports import StepRunner, ignore

T = TypeVar("T")
# From what was wrong, and whether the answer was cut off, to the words that ask again.
WriteAgain = Callable[[str, bool], str]
_log: Final = structlog.get_logger("job")


class Assistant(Protocol):
    """CodeMie, as it is needed here."""

    async def ask(self, question: Question) -> Answer:
        """Ask once, with retries of what can pass; raises CodemieError or EmptyAnswer."""
        ...

    async def knows(self, conversation_id: UUID) -> bool:
        """Tell whether a conversation is still there to be gone on with."""
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
    exchange: Exchange
    is_cut: bool
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Made(Generic[T]):
    """What was read out of an answer, the seconds it took, and where at CodeMie the answer stands."""

    value: T
    seconds: float
    exchange: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """What a readable answer lacks: how many things, and the words that tell the model."""

    count: int
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief(Generic[T]):
    """One thing to ask for: how to word it, how to word it again, and how to read and judge the answer.

    ``continues`` is the exchange to go on from; ``text_anew`` says all in a conversation that knows nothing of it.
    """

    role: Role
    text: str
    text_anew: str | None = None
    continues: Exchange | None = None
    write_again: WriteAgain
    read: Callable[[Asked], T]
    judge: Callable[[T], Shortfall | None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """On whose behalf: the job, its steps, what its conversation ids are made from, and who counts its calls.

    ``note_call`` is awaited before each request with its conversation, and may raise a BotError that forbids it.
    ``watch`` hears what arrives of an answer, ``None`` when one begins.
    """

    job_id: str
    team: str
    thread: str
    model: str | None
    step: StepRunner
    note_call: Callable[[UUID], Awaitable[None]]
    watch: Callable[[str | None], None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Asks the assistants of both roles; ``note_reask`` is told the role and what was wrong with the first answer."""

    assistant: Assistant
    addressees: dict[Role, Addressee]
    note_reask: Callable[[str, str], None] = ignore
    monotonic: Callable[[], float] = time.monotonic

    async def ask(self, caller: Caller, brief: Brief[T]) -> Made[T]:
        """Return what was read out of the answer.

        An answer that can't be read, or that lacks something, is asked for once more. One that merely lacks
        something is kept for the case that the second is no better.
        """
        try:
            asked = await self._ask(caller, brief, "ask", _Turn(brief.text, brief.text_anew, brief.continues))
        except ArtifactError as error:
            return await self._ask_again(caller, brief, error, before=None)
        try:
            result, shortfall = await _read(caller, brief, asked)
        except ArtifactError as error:
            return await self._ask_again(caller, brief, error, before=asked)
        if shortfall is None:
            return Made(value=result, seconds=asked.seconds, exchange=asked.exchange)
        return await self._ask_for_rest(caller, brief, shortfall, before=asked, result=result)

    async def _ask_again(
        self, caller: Caller, brief: Brief[T], error: ArtifactError, *, before: Asked | None
    ) -> Made[T]:
        is_cut = isinstance(error, CutAnswer)
        goes_on = before.exchange if before and not is_cut else None
        _log.info("asked_again", role=brief.role, code=error.code)
        self.note_reask(brief.role, error.code)
        again = await self._ask(
            caller, brief, "ask_again", _Turn(brief.write_again(str(error), is_cut), continues=goes_on)
        )
        result, _ = await _read(caller, brief, again)
        seconds = again.seconds + (before.seconds if before else 0)
        return Made(value=result, seconds=seconds, exchange=again.exchange)

    async def _ask_for_rest(
        self, caller: Caller, brief: Brief[T], shortfall: Shortfall, *, before: Asked, result: T
    ) -> Made[T]:
        text = brief.write_again(shortfall.description, False)  # noqa: FBT003 - the callable takes two values
        _log.info("asked_for_rest", role=brief.role, missing=shortfall.count)
        self.note_reask(brief.role, "incomplete")
        try:
            again = await self._ask(caller, brief, "ask_again", _Turn(text, continues=before.exchange))
            second, rest = await _read(caller, brief, again)
        except (ArtifactError, CodemieError, DailyLimitReached) as error:
            _log.info("kept_first", role=brief.role, code=error.code)
            return Made(value=result, seconds=before.seconds, exchange=before.exchange)
        seconds = before.seconds + again.seconds
        if rest is None or rest.count <= shortfall.count:
            return Made(value=second, seconds=seconds, exchange=again.exchange)
        return Made(value=result, seconds=seconds, exchange=before.exchange)

    async def _ask(self, caller: Caller, brief: Brief[T], name: str, turn: "_Turn") -> Asked:
        return await caller.step(
            f"{name}_{brief.role}",
            Asked,
            lambda: self._call(caller, brief.role, name, turn),
            may_be_stopped=True,
        )

    async def _call(self, caller: Caller, role: Role, name: str, turn: "_Turn") -> Asked:
        """Ask CodeMie; every attempt but one that goes on has a conversation of its own.

        After a cut or timed-out call the server may still store its turn, so its conversation is left behind.
        """
        runs = await caller.step.count_runs()
        goes_on = await self._find_conversation(turn) if runs == 1 else None

        def name_conversation(attempt: int) -> UUID:
            if goes_on and attempt == 0:
                return goes_on
            return make_conversation_id(
                team=caller.team,
                thread=caller.thread,
                role=role,
                attempt=f"{caller.job_id}:{name}:{runs}:{attempt}",
            )

        addressee = self.addressees[role]
        started = self.monotonic()
        answer = await self.assistant.ask(
            Question(
                assistant_id=addressee.assistant_id,
                system_prompt=addressee.system_prompt,
                text=turn.text,
                text_anew=turn.text_anew,
                continues=goes_on,
                conversation=name_conversation,
                request_id=f"{make_reference(caller.job_id)}-{role}-{name}",
                role=role,
                model=caller.model,
                before_call=caller.note_call,
                watch=caller.watch,
            )
        )
        seconds = self.monotonic() - started
        _log.info("answered", role=role, turn=name, seconds=round(seconds, 2), calls=answer.calls)
        return Asked(
            text=answer.text,
            exchange=turn.count(answer.conversation_id, goes_on),
            is_cut=answer.is_cut,
            seconds=seconds,
        )

    async def _find_conversation(self, turn: "_Turn") -> UUID | None:
        """Find the conversation to go on in; one of an earlier job may have been erased meanwhile."""
        if turn.continues is None:
            return None
        conversation_id = turn.continues.conversation_id
        if turn.text_anew is None or await self.assistant.knows(conversation_id):
            return conversation_id
        _log.info("conversation_gone")
        return None


@dataclass(frozen=True, slots=True)
class _Turn:
    """What to say, what to say where nothing is known yet, and the exchange to go on from."""

    text: str
    text_anew: str | None = None
    continues: Exchange | None = None

    def count(self, conversation_id: UUID, goes_on: UUID | None) -> Exchange:
        """Say how-manieth answer of its conversation this is."""
        is_next = self.continues is not None and conversation_id == goes_on
        number = self.continues.number + 1 if is_next and self.continues is not None else 0
        return Exchange(conversation_id=conversation_id, number=number)


async def _read(caller: Caller, brief: Brief[T], asked: Asked) -> tuple[T, Shortfall | None]:
    """Read and judge an answer in a thread, unless doing so has brought the process down before."""
    caller.step.guard()
    return await asyncio.to_thread(_read_and_judge, brief, asked)


def _read_and_judge(brief: Brief[T], asked: Asked) -> tuple[T, Shortfall | None]:
    value = brief.read(asked)
    return value, brief.judge(value)
