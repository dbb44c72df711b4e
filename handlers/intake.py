"""From what somebody typed to a job, or to the message that says why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.core.block_kit import Message
from bot.core.blocks import build_help, build_notice
from bot.core.models import Delivery, GenerateRequest, Glance, Job, Outcome, ReplyAddress, Task, ThreadState, Verdict
from bot.core.prompt import Intent, check_prompt, read_intent
from bot.core.texts import Language, detect_language, explain_error, speak
from bot.errors import EmptyPrompt, LimitError, PromptError, PromptTooShort


class JobStore(Protocol):
    """Where jobs are kept; its methods raise :class:`bot.errors.StoreError`."""

    async def submit(self, key: str, job: Job, *, delivery: Delivery, refusal: LimitError | None) -> bool:
        """Keep a job and start it; a known key starts nothing, which a click is told by False.

        Raises LimitError for one too many, and the ``refusal`` if there is one: see :mod:`handlers.admission`.
        """
        ...

    async def submit_notice(
        self, key: str, message: Message, address: ReplyAddress, *, pending: Job | None = None
    ) -> None:
        """Keep a message that is to be posted once, and the job that it asks about."""
        ...

    async def cancel(self, job_id: str, *, by: str) -> bool:
        """Stop a job; false where it is too late for that."""
        ...

    async def submit_verdict(self, verdict: Verdict) -> None:
        """Keep what somebody thinks of a result, and hand it to CodeMie; a known one is left as it is."""
        ...


class Requests(Protocol):
    """What is known of requests; its methods raise :class:`bot.errors.StoreError`."""

    async def find(self, job_id: str) -> tuple[Job, Outcome | None] | None:
        """Return a job and, if it has ended, what it came to."""
        ...

    async def find_job(self, job_id: str) -> Job | None:
        """Return a job, however far it is."""
        ...

    async def count_regenerations(self, job_id: str) -> int:
        """Count how often the result of a job was made anew, but for one that is being made."""
        ...

    async def find_pending(self, key: str) -> Job | None:
        """Return the job that a message of the bot asks about."""
        ...

    async def find_running(self, address: ReplyAddress) -> str | None:
        """Find the job that runs in a thread, or is next there."""
        ...

    async def list_recent(self, *, team: str, user: str, most: int) -> Sequence[Glance]:
        """List what somebody asked for last, newest first."""
        ...

    async def find_thread_state(self, address: ReplyAddress) -> ThreadState:
        """Tell what is known of the thread that somebody writes in."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Judges what was typed; the bounds are in characters."""

    min_chars: int
    max_chars: int
    default_language: Language

    def judge(
        self,
        text: str,
        *,
        address: ReplyAddress,
        unused_files: Sequence[str] = (),
        default: Language | None = None,
    ) -> Job | Message:
        """Return a job for a prompt; for anything else the message that helps to write one.

        ``default`` is the language of who wrote a text that does not tell its own.
        """
        language = detect_language(text, default=default or self.default_language)
        try:
            return self._read(text, Task.CREATE, language, address, unused_files)
        except EmptyPrompt:
            return self.help(language)
        except PromptTooShort as error:
            return self.help(language, opening=explain_error(language, error.code, limit=error.limit_chars))
        except PromptError as error:
            return build_notice(explain_error(language, error.code, limit=error.limit_chars))

    def judge_change(
        self,
        text: str,
        *,
        address: ReplyAddress,
        unused_files: Sequence[str] = (),
        default: Language | None = None,
    ) -> Job | Message:
        """Return a job that changes a result; a change may be shorter than a prompt."""
        language = detect_language(text, default=default or self.default_language)
        try:
            return self._read(text, Task.REFINE, language, address, unused_files)
        except PromptError as error:
            return build_notice(explain_error(language, error.code, limit=error.limit_chars))

    def _read(
        self, text: str, task: Task, language: Language, address: ReplyAddress, unused_files: Sequence[str]
    ) -> Job | Message:
        """Read a request; raises PromptError for one that can't be used."""
        intent = read_intent(text)
        if intent is not Intent.PROMPT:
            return self.help(language, opening=speak(language).greeting if intent is Intent.GREETING else "")
        least = self.min_chars if task is Task.CREATE else 1
        return Job(
            request=GenerateRequest(prompt=check_prompt(text, min_chars=least, max_chars=self.max_chars)),
            address=address,
            language=language,
            task=task,
            unused_files=tuple(unused_files),
        )

    def help(self, language: Language, *, opening: str = "") -> Message:
        """Build the help message."""
        return build_help(language=language, min_chars=self.min_chars, max_chars=self.max_chars, opening=opening)
