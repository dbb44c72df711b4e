"""Every error the bot knows, in one tree.

A class has a ``code``, which names its text in :mod:`bot.core.texts` and is kept with a failed job. It says
whether the bot itself makes the same CodeMie call again (``retryable``) and whether people are offered to try
again (``is_worth_retrying``). Exceptions of libraries are translated into
these once, where the library is called, with ``from``. The message of an exception is for the log and for
developers, never for people: they are shown the text that belongs to ``code``.

BotError
├── SettingsError              the start is refused
├── StoreError                 the database is locked, full, read-only or broken
├── PromptError                what a person typed can't be used
│   ├── EmptyPrompt
│   ├── PromptTooShort
│   ├── PromptTooLong
│   └── SuspiciousPrompt       SQL or script injection
├── CodemieError               CodeMie did not answer with an answer
│   ├── CodemieUnavailable     connect error, 5xx, dropped or cut stream (retryable)
│   ├── CodemieTimeout         silence, or one answer took too long (retryable)
│   ├── CodemieRateLimited     408, 429 and the stream's rate limit (retryable)
│   ├── CodemieDown            it has failed everybody for a while, so it was not asked at all
│   ├── CodemieLoginFailed     no token, or the token is refused twice
│   ├── CodemieAccessDenied    401 "Access denied", 403
│   ├── CodemieNotFound        404
│   ├── CodemieRejected        400, 422, other 4xx
│   ├── CodemieBadGateway      a login page, a redirect, HTML: something that is not CodeMie
│   └── CodemieFailedAnswer    the run failed for good: token limit, budget, a trace
├── ArtifactError              CodeMie's answer can't be read as what was asked for
│   ├── UnreadableFlow
│   ├── UnreadablePage
│   ├── CutAnswer              ended by the model's output limit
│   └── EmptyAnswer
├── LimitError                 somebody asked for more than they may
│   ├── TooManyRequests        the rate limit of one user
│   ├── DailyLimitReached      the day's budget of CodeMie calls, of a user or of a workspace
│   ├── BotPaused              an admin has paused the bot in this workspace
│   └── NotAdmitted            whoever asks is not among those who may
│       ├── ChannelNotAdmitted   results may not go there
│       ├── GuestNotAdmitted     a guest of the workspace
│       ├── StrangerNotAdmitted  somebody of another organisation, by Slack Connect
│       └── AdmissionUnknown     Slack did not tell who it is
├── JobError                   the job itself is not gone on with
│   ├── JobCancelled           somebody who may has stopped it
│   ├── NothingToRefine        there is no result, or none any more, that it could build on
│   ├── JobOutdated            kept through a long stop: its requester is asked first
│   └── JobKeepsCrashing       the process died three times at the same step of it
├── SlackError                 Slack did not take a message or a file
│   ├── SlackUnavailable       not reached, or it asks to wait for longer than the bot waits
│   ├── SlackUncertain         it may have been posted, and nothing can be looked up
│   ├── NotInstalled           the workspace does not have the bot, or not any more
│   └── CannotPost             not in the channel, archived, restricted, the thread is gone
├── SignInFailed               Slack did not say who somebody is who opens a preview
└── UnexpectedError            anything else, with the reference that is in the log
"""

from collections.abc import Iterator
from typing import ClassVar, Self


class BotError(Exception):
    """The root of the tree: what ``except`` names at the top of a job."""

    code: ClassVar[str] = "unexpected"
    retryable: ClassVar[bool] = False
    is_worth_retrying: ClassVar[bool] = True

    def list_facts(self) -> dict[str, str | int | float]:
        """Return what is known of the cause besides its kind, fit for the log and for keeping."""
        facts = {name: getattr(self, name, None) for name in ("reason", "status", "calls", "limit", "wait_s")}
        return {name: value for name, value in facts.items() if value is not None}

    @classmethod
    def walk(cls) -> Iterator[type[Self]]:
        """Yield this class and every class below it."""
        yield cls
        for child in cls.__subclasses__():
            yield from child.walk()


class SettingsError(BotError):
    """Settings are missing or wrong; ``problems`` has one line a setting, without any value."""

    code: ClassVar[str] = "settings"

    def __init__(self, problems: tuple[str, ...] = ()) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class StoreError(BotError):
    """The job store can't take the job, so nothing is acknowledged."""

    code: ClassVar[str] = "store"


class PromptError(BotError):
    """What a person typed can't be used as a prompt; ``limit_chars`` is the bound that was missed, if any."""

    code: ClassVar[str] = "prompt"
    is_worth_retrying: ClassVar[bool] = False

    def __init__(self, message: str = "", *, limit_chars: int | None = None) -> None:
        super().__init__(message)
        self.limit_chars = limit_chars


class EmptyPrompt(PromptError):
    """Nothing is left after blanks and control characters are removed."""

    code: ClassVar[str] = "prompt_empty"


class PromptTooShort(PromptError):
    """Shorter than ``limit_chars`` characters."""

    code: ClassVar[str] = "prompt_too_short"


class PromptTooLong(PromptError):
    """Longer than ``limit_chars`` characters."""

    code: ClassVar[str] = "prompt_too_long"


class SuspiciousPrompt(PromptError):
    """Looks like an attempt at SQL or script injection."""

    code: ClassVar[str] = "prompt_suspicious"


class CodemieError(BotError):
    """CodeMie did not answer; ``calls`` counts the requests made until this was clear."""

    code: ClassVar[str] = "codemie"

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        reason: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.calls = 0


class CodemieUnavailable(CodemieError):
    """A connect error, 500, 502, 503, 504, a dropped or cut stream, ``platform_error``."""

    code: ClassVar[str] = "codemie_unavailable"
    retryable: ClassVar[bool] = True


class CodemieTimeout(CodemieError):
    """Silence longer than the read timeout, or an answer longer than the answer timeout."""

    code: ClassVar[str] = "codemie_timeout"
    retryable: ClassVar[bool] = True


class CodemieRateLimited(CodemieError):
    """408, 429 or ``lite_llm_rate_limit_error``; ``retry_after_s`` as the server said, if it did."""

    code: ClassVar[str] = "codemie_rate_limited"
    retryable: ClassVar[bool] = True


class CodemieDown(CodemieError):
    """CodeMie has failed everybody for a while: said at once, instead of after another round of retries."""

    code: ClassVar[str] = "codemie_down"


class CodemieLoginFailed(CodemieError):
    """No token could be had, or a fresh token was refused too."""

    code: ClassVar[str] = "codemie_login_failed"


class CodemieAccessDenied(CodemieError):
    """The account may not use this assistant: 401 with "Access denied", or 403."""

    code: ClassVar[str] = "codemie_access_denied"
    is_worth_retrying: ClassVar[bool] = False


class CodemieNotFound(CodemieError):
    """No such assistant, or the base URL lacks its prefix: 404."""

    code: ClassVar[str] = "codemie_not_found"
    is_worth_retrying: ClassVar[bool] = False


class CodemieRejected(CodemieError):
    """CodeMie refused the request as such: 400, 413, 422."""

    code: ClassVar[str] = "codemie_rejected"
    is_worth_retrying: ClassVar[bool] = False


class CodemieBadGateway(CodemieError):
    """What answered is not CodeMie: a redirect, a login page, HTML, a body of another kind."""

    code: ClassVar[str] = "codemie_bad_gateway"
    is_worth_retrying: ClassVar[bool] = False


class CodemieFailedAnswer(CodemieError):
    """The run failed and would fail again: token limit, budget, a trace; ``reason`` is the server's kind."""

    code: ClassVar[str] = "codemie_failed_answer"


class ArtifactError(BotError):
    """CodeMie answered, but not with what was asked for; the message says what is wrong, for the re-ask."""

    code: ClassVar[str] = "artifact"


class UnreadableFlow(ArtifactError):
    """No flow could be read out of the answer."""

    code: ClassVar[str] = "artifact_flow"


class UnreadablePage(ArtifactError):
    """No HTML page could be read out of the answer."""

    code: ClassVar[str] = "artifact_page"


class CutAnswer(ArtifactError):
    """The answer ends in the middle: the model's output limit."""

    code: ClassVar[str] = "artifact_cut"


class EmptyAnswer(ArtifactError):
    """The answer has no text."""

    code: ClassVar[str] = "artifact_empty"


class LimitError(BotError):
    """Somebody asked for more than they may: ``limit`` is how much that is, ``wait_s`` when there is room again.

    ``is_repeat`` says that the same request was refused before, so that its answer need not be given again.
    """

    code: ClassVar[str] = "limit"
    is_worth_retrying: ClassVar[bool] = False

    def __init__(self, message: str = "", *, limit: int = 0, wait_s: float = 0) -> None:
        super().__init__(message)
        self.limit = limit
        self.wait_s = wait_s
        self.is_repeat = False


class TooManyRequests(LimitError):
    """More requests of one user than ``RATE_LIMIT`` allows."""

    code: ClassVar[str] = "limit_rate"


class DailyLimitReached(LimitError):
    """The day's budget of CodeMie calls is used up; the day begins at midnight UTC."""

    code: ClassVar[str] = "limit_daily"


class BotPaused(LimitError):
    """An admin has paused the bot in this workspace: what runs ends, nothing new is taken."""

    code: ClassVar[str] = "paused"


class NotAdmitted(LimitError):
    """Whoever asks is not among ``ALLOWED_TEAMS`` or ``ALLOWED_USERS``."""

    code: ClassVar[str] = "not_admitted"


class ChannelNotAdmitted(NotAdmitted):
    """Results may not go to this channel: ``ALLOWED_CHANNELS``."""

    code: ClassVar[str] = "not_admitted_channel"


class GuestNotAdmitted(NotAdmitted):
    """A guest of the workspace, without ``ALLOW_GUESTS``."""

    code: ClassVar[str] = "not_admitted_guest"


class StrangerNotAdmitted(NotAdmitted):
    """Somebody of another organisation, who has come by Slack Connect, without ``ALLOW_EXTERNAL``."""

    code: ClassVar[str] = "not_admitted_stranger"


class AdmissionUnknown(NotAdmitted):
    """Slack did not tell who asks, and never has: it may be a guest."""

    code: ClassVar[str] = "admission_unknown"


class JobError(BotError):
    """The job is not gone on with, whatever CodeMie and Slack would say."""

    code: ClassVar[str] = "job"


class JobCancelled(JobError):
    """Whoever asked for it, or somebody in its channel, has stopped it."""

    code: ClassVar[str] = "job_cancelled"


class NothingToRefine(JobError):
    """The thread has no result to build on: it failed, or its data was erased when its time was over."""

    code: ClassVar[str] = "nothing_to_refine"
    is_worth_retrying: ClassVar[bool] = False


class JobOutdated(JobError):
    """The bot was stopped for so long that the requester is asked whether the job shall still run."""

    code: ClassVar[str] = "job_outdated"


class JobKeepsCrashing(JobError):
    """The process died three times in the same step of this job."""

    code: ClassVar[str] = "job_crashed"
    is_worth_retrying: ClassVar[bool] = False


class SlackError(BotError):
    """Slack refused a call; ``reason`` is Slack's error word."""

    code: ClassVar[str] = "slack"

    def __init__(self, message: str = "", *, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason


class SlackUnavailable(SlackError):
    """Slack could not be reached, or asked to wait for longer than the bot waits.

    ``retry_after_s`` is how long it asks to wait, where it does; the call was not carried out then.
    """

    code: ClassVar[str] = "slack_unavailable"

    def __init__(self, message: str = "", *, reason: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message, reason=reason)
        self.retry_after_s = retry_after_s


class SlackUncertain(SlackError):
    """The answer to a post or edit was lost and can't be looked up, so it is not posted again."""

    code: ClassVar[str] = "slack_uncertain"


class NotInstalled(SlackError):
    """The bot is not installed in the workspace, or its tokens were taken away."""

    code: ClassVar[str] = "slack_not_installed"
    is_worth_retrying: ClassVar[bool] = False


class CannotPost(SlackError):
    """The bot may not post there: not in the channel, archived, restricted, or the thread's root is gone."""

    code: ClassVar[str] = "slack_cannot_post"


class SignInFailed(BotError):
    """Nobody is signed in to previews; ``reason`` is Slack's error word, or ours for what did not fit."""

    code: ClassVar[str] = "sign_in"

    def __init__(self, message: str = "", *, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason


class UnexpectedError(BotError):
    """Anything that is not in the tree; its details are in the log under the job's reference."""

    code: ClassVar[str] = "unexpected"


def revive_error(code: str) -> BotError:
    """Make an error of the tree from the ``code`` that was kept of it."""
    return next((error() for error in BotError.walk() if error.code == code), UnexpectedError())
