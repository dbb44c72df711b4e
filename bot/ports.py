"""What the pipeline needs of the world around it, as Protocols; the wiring chooses who serves them."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from bot.core.block_kit import Message
from bot.core.models import Flow
from bot.core.texts import Language

T = TypeVar("T")


def ignore(*_: object, **__: object) -> None:
    """Note nothing: what counts stands here where nobody reads the counts."""


# Reasons of a SlackError that decide where a job goes on: Slack's own word, and ours for a deleted root.
MESSAGE_NOT_FOUND: Final = "message_not_found"
THREAD_GONE: Final = "thread_gone"
# What people write comes as messages of these subtypes; edits, joins and bots' messages come as others.
ORDINARY_SUBTYPES: Final = frozenset({None, "file_share", "thread_broadcast"})


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to share: its name as people see it, its bytes, and for a picture what it shows."""

    name: str
    content: bytes
    alt_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody wrote in a thread, in Slack's notation."""

    user: str
    text: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something is posted; ``thread_ts`` is ``None`` for a message that begins a thread."""

    channel: str
    thread_ts: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a posted message is recognised by: the job and the part of its result, ids only.

    ``is_repeat`` says that a run before this one may have posted it already; ``is_rerun`` that there was one, which
    may have got further than is known, as where a back-up was restored. ``after_ts`` is a message that it comes after.
    """

    job_id: str
    part: str
    is_repeat: bool
    is_rerun: bool = False
    after_ts: str | None = None


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

    async def edit_root(self, message: Message, *, place: Place) -> bool | None:
        """Edit the root of a thread, which is the bot's, at once or not at all; tell whether it is there, if known."""
        ...

    async def delete(self, *, channel: str, ts: str) -> None:
        """Remove a message of the bot."""
        ...

    async def check_thread(self, place: Place) -> None:
        """Raise :class:`bot.errors.CannotPost` where the thread's root is known to be gone."""
        ...

    async def upload(self, file: File, *, is_optional: bool = False) -> str:
        """Upload a file that nobody sees yet and return its id; Slack is not waited for with one that is optional."""
        ...

    async def share(self, file_ids: Sequence[str], *, comment: str, place: Place, mark: Mark) -> None:
        """Share uploaded files once, as one message in a thread; ``comment`` is mrkdwn."""
        ...

    async def complete(self, file_id: str) -> None:
        """Finish the upload of a file that a message is to show; Slack is not waited for."""
        ...

    async def show_work(self, place: Place, *, text: str, user: str) -> bool:
        """Show Slack's own sign that the bot is at work, where there is one; never fails.

        Tell whether it is there, and stays whatever is posted.
        """
        ...

    async def clear_work(self, place: Place) -> None:
        """Take that sign away; never fails."""
        ...

    async def read_thread(self, place: Place, *, most: int) -> list[Said]:
        """Return what people said last in a thread, oldest first; raises SlackUncertain where it may not be read."""
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


class Painter(Protocol):
    """Draws pictures of pages."""

    @property
    def is_crowded(self) -> bool:
        """Whether a picture that is asked for now has to wait for several others."""
        ...

    async def paint(self, html: str, *, flow: Flow, language: Language) -> bytes:
        """Return a PNG of the flow's screens; ``language`` is that of the bot's words in it. Raises BotError."""
        ...


class Links(Protocol):
    """The live previews."""

    async def make_url(self, job_id: str) -> str | None:
        """Return where the result of a job can be seen, ``None`` where nowhere; raises StoreError."""
        ...


class StepRunner(Protocol):
    """Runs each named step of a job once, however often the job itself is run."""

    async def __call__(
        self, name: str, kept_as: type[T], work: Callable[[], Awaitable[T]], *, may_be_stopped: bool = False
    ) -> T:
        """Return the step's result, kept or fresh; a BotError of the step is kept and raised alike.

        One that may be stopped ends at once when the job is cancelled; others are not begun any more.
        """
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
