"""What the pipeline needs of the world around it, as Protocols; the wiring chooses who serves them."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from bot.core.blocks import Message

T = TypeVar("T")
# Reasons of a SlackError that decide where a job goes on: Slack's own word, and ours for a deleted root.
MESSAGE_NOT_FOUND: Final = "message_not_found"
THREAD_GONE: Final = "thread_gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to share: its name as people see it, and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something is posted; ``thread_ts`` is ``None`` for a message that begins a thread."""

    channel: str
    thread_ts: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a posted message is recognised by: the job and the part of its result, ids only.

    ``is_repeat`` says that a run before this one may have posted it already.
    """

    job_id: str
    part: str
    is_repeat: bool


class Poster(Protocol):
    """Slack. Every method raises :class:`bot.errors.SlackError`.

    Where Slack asks to wait it is waited for. What may have arrived is looked up before it is sent again, and
    :class:`bot.errors.SlackUncertain` is raised where it can't be.
    """

    async def post(self, message: Message, *, place: Place, mark: Mark) -> str:
        """Post a message once and return its ts."""
        ...

    async def replace(self, message: Message, *, place: Place, ts: str, mark: Mark) -> str:
        """Turn a message of the bot into another and return its ts, or post that once where it can't be turned."""
        ...

    async def update(self, message: Message, *, channel: str, ts: str, may_be_skipped: bool) -> None:
        """Edit a message of the bot; one that may be skipped is not waited with for long."""
        ...

    async def delete(self, *, channel: str, ts: str) -> None:
        """Remove a message of the bot."""
        ...

    async def check_thread(self, place: Place) -> None:
        """Raise :class:`bot.errors.CannotPost` where the thread's root is known to be gone."""
        ...

    async def upload(self, file: File) -> str:
        """Upload a file that nobody sees yet and return its id."""
        ...

    async def share(self, file_ids: Sequence[str], *, comment: str, place: Place, mark: Mark) -> None:
        """Share uploaded files once, as one message in a thread; ``comment`` is mrkdwn."""
        ...

    async def open_dm(self, *, user: str) -> str:
        """Return the id of the DM with a user."""
        ...

    async def respond(self, message: Message, *, response_url: str) -> None:
        """Answer a slash command so that only its user sees it; nothing of this can be looked up."""
        ...


class Styles(Protocol):
    """The compiler of a page's CSS classes."""

    async def compile(self, classes: frozenset[str]) -> str:
        """Return the CSS; raises :class:`bot.errors.BotError`."""
        ...


class StepRunner(Protocol):
    """Runs each named step of a job once, however often the job itself is run."""

    async def __call__(self, name: str, kept_as: type[T], work: Callable[[], Awaitable[T]]) -> T:
        """Return the step's result, kept or fresh; a BotError of the step is kept and raised alike."""
        ...

    async def count_runs(self) -> int:
        """Return how often the job was started, this time included."""
        ...

    def guard(self) -> None:
        """Raise a BotError where the job is not to go on; called before work that may bring the process down."""
        ...

    def absolve(self) -> None:
        """Let the rest of a job be done in any case: its result is delivered."""
        ...


class Turn(Protocol):
    """A job's turn among the others."""

    had_to_wait: bool

    @property
    def number(self) -> int | None:
        """The place in line, counted from 1; ``None`` for a job that may begin."""
        ...

    def opening(self) -> AbstractAsyncContextManager[None]:
        """Hold one of the few places for jobs that open their threads at the same time."""
        ...

    async def take(self, *, thread: str | None, show: Callable[[int | None], Awaitable[None]]) -> None:
        """Wait until the job may begin; ``show`` is called with the place, ``None`` for behind its thread."""
        ...
