"""What is asked, what comes back, and how often it is tried."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


async def _allow(_: uuid.UUID) -> None:
    """Let every call be made."""


def _ignore(_: str | None) -> None:
    """Watch nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to ask whom; ``conversation`` makes the conversation id of an attempt, counted from 0.

    A conversation other than ``continues`` knows nothing of what was said before, and is sent ``text_anew`` where that
    is given. ``watch`` is called with what the model says as it arrives, for showing only, and with ``None`` at the
    beginning of each attempt. ``role`` is what calls are counted by.
    ``before_call`` is awaited before each request, with the conversation id that it is made in. What it raises, such
    as DailyLimitReached, ends the question unchanged; a CodemieError would be taken for CodeMie's own.
    """

    assistant_id: str
    text: str
    conversation: Callable[[int], uuid.UUID]
    request_id: str
    role: str = ""
    system_prompt: str | None = None
    model: str | None = None
    before_call: Callable[[uuid.UUID], Awaitable[None]] = _allow
    text_anew: str | None = None
    continues: uuid.UUID | None = None
    watch: Callable[[str | None], None] = _ignore

    def choose_text(self, conversation_id: uuid.UUID) -> str:
        """Choose what to say in a conversation."""
        if self.text_anew is None or conversation_id == self.continues:
            return self.text
        return self.text_anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, the conversation that holds it, and how many requests it took."""

    text: str
    conversation_id: uuid.UUID
    is_cut: bool
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """Tries in all; the first pause, which doubles; the longest pause of ours (a ``Retry-After`` may be longer)."""

    attempts: int = 3
    initial_delay_s: float = 1
    max_delay_s: float = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What somebody thinks of an answer: the ``number``-th of its conversation, counted from 0."""

    assistant_id: str
    conversation_id: uuid.UUID
    number: int
    is_good: bool
    comment: str = ""
