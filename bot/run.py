"""One run of one job: what it was asked, what it has made, and where it talks."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from bot.cancellation import Cancellation
from bot.core.changes import Change, compare_flows
from bot.core.flow_blocks import Picture
from bot.core.ids import make_thread_key
from bot.core.models import Base, Job, Progress, Task, Thread
from bot.core.texts import Texts, speak
from bot.ports import Mark, Place, StepRunner, Turn
from bot.sketch import Sketch

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Run:
    """One run of one job, with what it has made so far, its turn, and who is told of each call it makes.

    ``has_begun`` says that a run before this one had its turn; ``is_root_gone`` that the message its thread hangs
    under was found to be deleted; ``signed_s`` when Slack's sign of work was shown, on the monotonic clock, where it is
    one that stays; ``is_kept`` that its result is kept but not delivered yet. ``picture`` is one that
    came too late for the files.
    """

    job_id: str
    job: Job
    step: StepRunner
    turn: Turn
    note_call: Callable[[UUID], Awaitable[None]]
    cancellation: Cancellation
    progress: Progress
    has_begun: bool = False
    is_root_gone: bool = False
    signed_s: float | None = None
    is_kept: bool = False
    picture: Picture | None = None
    sketch: Sketch | None = None
    _changes: tuple[Change, ...] | None = None

    async def post(self, part: str, kept_as: type[T], work: Callable[[Mark], Awaitable[T]]) -> T:
        """Run a step that posts, with its intent kept before.

        An intent of an earlier run means that the message may be there already.
        """
        intended_in = await self.step(f"intend_{part}", int, self.step.count_runs)

        async def send() -> T:
            runs, after_ts = await self.step.count_runs(), self.progress.flow_ts
            is_repeat, is_rerun = runs != intended_in, runs > 1
            mark = Mark(job_id=self.job_id, part=part, is_repeat=is_repeat, is_rerun=is_rerun, after_ts=after_ts)
            return await work(mark)

        return await self.step(f"post_{part}", kept_as, send)

    def note(self, **changes: Any) -> None:  # noqa: ANN401 - fields of Progress
        """Remember what the job has made."""
        self.progress = self.progress.model_copy(update=changes)

    @property
    def texts(self) -> Texts:
        """The bot's words in the job's language."""
        return speak(self.job.language)

    @property
    def thread(self) -> Thread:
        """The thread, once it is open."""
        assert self.progress.thread is not None  # noqa: S101 - every step but the first comes after it
        return self.progress.thread

    @property
    def thread_key(self) -> str | None:
        """The name of the thread that the job talks in, if it has one."""
        thread = self.progress.thread
        if thread is None:
            return None
        return make_thread_key(team=self.job.address.team, channel=thread.channel, thread_ts=thread.thread_ts)

    @property
    def place(self) -> Place:
        """Where to post: the job's thread, or where it was asked for if there is none yet."""
        where = self.progress.thread or self.job.address
        return Place(channel=where.channel, thread_ts=where.thread_ts)

    @property
    def base(self) -> Base | None:
        """The result that is changed, if it is a change that was asked for."""
        return self.progress.base if self.job.task is Task.REFINE else None

    @property
    def changes(self) -> tuple[Change, ...] | None:
        """What the flow changes of its base, if it is a change that was asked for and the flow is there."""
        if self._changes is None and self.base and self.progress.flow:
            self._changes = compare_flows(self.base.flow, self.progress.flow)
        return self._changes

    @property
    def has_anchor(self) -> bool:
        """Whether the status stands on an anchor of its own rather than on the message that becomes the flow."""
        return self.job.address.thread_ts is None

    @property
    def is_direct(self) -> bool:
        """Whether the job talks in a DM, where ids begin with D."""
        return self.place.channel.startswith("D")

    @property
    def mentioned_user(self) -> str | None:
        """Whom to mention so that they are notified; in a DM everything notifies."""
        return None if self.is_direct else self.job.address.user

    def name_part(self, part: str) -> str:
        """Name a part of the result by where it goes, so that it is another one after the job has moved."""
        return part if self.place.channel == self.job.address.channel else f"{part}_dm"
