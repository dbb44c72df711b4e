"""From what somebody typed to a job, or to the message that says why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.core.blocks import Message, build_help, build_notice
from bot.core.models import Delivery, GenerateRequest, Job, Outcome, ReplyAddress
from bot.core.prompt import Intent, check_prompt, read_intent
from bot.core.texts import Language, detect_language, explain_error, speak
from bot.errors import EmptyPrompt, PromptError, PromptTooShort


class JobStore(Protocol):
    """Where jobs are kept; its methods raise :class:`bot.errors.StoreError`."""

    async def submit(self, key: str, job: Job, *, delivery: Delivery) -> None:
        """Keep a job and start it; a known key starts nothing. Raises LimitError for one too many."""
        ...

    async def submit_notice(self, key: str, message: Message, address: ReplyAddress) -> None:
        """Keep a message that is to be posted once."""
        ...

    async def find(self, job_id: str) -> tuple[Job, Outcome | None] | None:
        """Return a job and, if it has ended, what it came to."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Judges what was typed; the bounds are in characters."""

    min_chars: int
    max_chars: int
    default_language: Language

    def judge(self, text: str, *, address: ReplyAddress, unused_files: Sequence[str] = ()) -> Job | Message:
        """Return a job for a prompt; for anything else the message that helps to write one."""
        language = detect_language(text, default=self.default_language)
        intent = read_intent(text)
        if intent is not Intent.PROMPT:
            return self.help(language, opening=speak(language).greeting if intent is Intent.GREETING else "")
        try:
            prompt = check_prompt(text, min_chars=self.min_chars, max_chars=self.max_chars)
        except EmptyPrompt:
            return self.help(language)
        except PromptError as error:
            explanation = explain_error(language, error.code, limit=error.limit_chars)
            if isinstance(error, PromptTooShort):
                return self.help(language, opening=explanation)
            return build_notice(explanation)
        return Job(
            request=GenerateRequest(prompt=prompt),
            address=address,
            language=language,
            unused_files=tuple(unused_files),
        )

    def help(self, language: Language, *, opening: str = "") -> Message:
        """Build the help message."""
        return build_help(language=language, min_chars=self.min_chars, max_chars=self.max_chars, opening=opening)
