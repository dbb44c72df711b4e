"""What a job builds on: the result it changes, and what people said in its thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict

from bot.core.chatter import reads_like_change
from bot.core.limits import cut_text
from bot.core.models import Base, Discussion, Result, Task
from bot.core.prompt import decode_text
from bot.errors import NothingToRefine, SlackError
from bot.ports import Place, Poster, Said
from bot.run import Run

_MOST_MESSAGES: Final = 50
_MOST_CHARS: Final = 12_000
_log: Final = structlog.get_logger("job")


class Memory(Protocol):
    """Where results are kept; its methods wait for the database."""

    async def recall(self, job_id: str) -> Result | None:
        """Find the result of a job."""
        ...

    async def recall_last(self, thread: str) -> Result | None:
        """Find the newest result of a thread."""
        ...


class Calls(Protocol):
    """Where CodeMie's calls are noted; its methods raise :class:`bot.errors.StoreError`."""

    async def find_last_caller(self, conversation_id: UUID) -> str | None:
        """Name the job that made the last call in a conversation."""
        ...


class _Recalled(BaseModel):
    """What is kept of looking for a base."""

    model_config = ConfigDict(frozen=True)

    base: Base | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recaller:
    """Finds what a job builds on; a request of ``min_chars`` or more stands by itself where there is nothing."""

    memory: Memory
    calls: Calls
    find_poster: Callable[[str], Poster]
    min_chars: int

    async def recall(self, run: Run) -> None:
        """Put the base and the discussion into the job's progress; raises NothingToRefine.

        An attempt before this one may have spoken in the base's conversations: those are not gone on with.
        """
        if run.progress.base is not None:
            run.note(base=run.progress.base.model_copy(update={"exchanges": {}}))
        elif run.job.task is not Task.CREATE:
            recalled = await run.step("find_base", _Recalled, lambda: self._find_base(run))
            self._note_base(run, recalled.base)
        if run.job.reads_thread and run.progress.discussion is None:
            run.note(discussion=await run.step("read_thread", Discussion, lambda: self._read_thread(run)))

    def _note_base(self, run: Run, base: Base | None) -> None:
        if base is not None:
            run.note(base=base, version=base.version + 1)
        elif run.job.base is not None or not self._stands_alone(run.job.request.prompt):
            raise NothingToRefine

    def _stands_alone(self, prompt: str) -> bool:
        return len(prompt) >= self.min_chars and not reads_like_change(prompt)

    async def _find_base(self, run: Run) -> _Recalled:
        """Find the result that was meant, in its workspace only, where the job was asked for.

        A conversation in which something else was said since, as by a change that was cancelled, is not gone on with.
        """
        if run.job.base is not None:
            result = await self.memory.recall(run.job.base)
        else:
            thread = run.job.address.thread_key
            result = await self.memory.recall_last(thread) if thread else None
        if result is None or result.team != run.job.address.team:
            return _Recalled(base=None)
        exchanges = {
            role: exchange
            for role, exchange in result.exchanges.items()
            if await self.calls.find_last_caller(exchange.conversation_id) == result.job_id
        }
        return _Recalled(base=Base(job_id=result.job_id, version=result.version, flow=result.flow, exchanges=exchanges))

    async def _read_thread(self, run: Run) -> Discussion:
        """Read what people said; where the bot may not, the request goes on without, and says so."""
        try:
            address = run.job.address
            place = Place(channel=address.channel, thread_ts=address.thread_ts)
            said = await self.find_poster(address.team).read_thread(place, most=_MOST_MESSAGES)
        except SlackError as error:
            _log.info("thread_not_read", code=error.code, reason=error.reason)
            return Discussion(text="", count=None)
        return _quote([message for message in said if message.ts != run.job.address.ts])


def _quote(said: Sequence[Said]) -> Discussion:
    """Write down the newest messages that fit, oldest first; people are numbered, not named."""
    people = {user: number for number, user in enumerate(dict.fromkeys(message.user for message in said), start=1)}
    lines: list[str] = []
    room = _MOST_CHARS
    for message in reversed(said):
        line = f"Person {people[message.user]}: {' '.join(decode_text(message.text).split())}"
        if len(line) > room and lines:
            break
        lines.append(cut_text(line, room))
        room -= len(lines[-1]) + 1
    return Discussion(text="\n".join(reversed(lines)), count=len(lines))
