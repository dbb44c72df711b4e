"""What there still is of jobs that are being erased: ids only, so that they may outlive the words."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.core.models import Job, Outcome, Posted, Progress, ReplyAddress, Surface, TakenOpinion, Thread
from bot.core.texts import Language

# Parts of a job that show what was asked for or what came of it, by the names of the steps that post them.
_SPEAKING_PARTS: Final = ("status", "status_dm", "flow", "flow_dm")
_OTHER_PARTS: Final = ("failure", "failure_dm")
# Parts that begin a thread, or stand where the job was asked for; the others come under them.
_FIRST_PARTS: Final = frozenset({"status", "status_dm"})


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class Told(_Model):
    """A message of the bot's; it is deleted where no ``language`` says how to put a notice in its place."""

    channel: str
    ts: str
    language: Language | None


class Share(_Model):
    """A message that shares files, whose ts nobody knows: Slack answers before it is there."""

    channel: str
    thread_ts: str
    files: tuple[str, ...]


class Unconfirmed(_Model):
    """A message that was meant to be posted, and may have been: where, and by which job and part it is marked."""

    channel: str
    thread_ts: str | None
    job_id: str
    part: str


class HomeTab(_Model):
    """Somebody's App Home, which lists what they asked for as it was when they last opened it."""

    user: str
    language: Language


class Remains(_Model):
    """Jobs that are not erased yet, those that are, and what Slack and CodeMie still have of these.

    In ``late`` are conversations that CodeMie may keep once more after they were erased.
    """

    jobs: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()
    shares: tuple[Share, ...] = ()
    messages: tuple[Told, ...] = ()
    unconfirmed: tuple[Unconfirmed, ...] = ()
    files: tuple[str, ...] = ()
    homes: tuple[HomeTab, ...] = ()
    opinions: tuple[TakenOpinion, ...] = ()
    conversations: tuple[UUID, ...] = ()
    late: tuple[UUID, ...] = ()

    def add(self, other: Self) -> Self:
        """Join two, each thing once."""
        names = type(self).model_fields
        return self.model_copy(
            update={name: tuple(dict.fromkeys((*getattr(self, name), *getattr(other, name)))) for name in names}
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to be erased now."""
        in_slack = (self.shares, self.messages, self.unconfirmed, self.files, self.homes)
        return not any((self.jobs, *in_slack, self.opinions, self.conversations))

    def leave_slack(self) -> Self:
        """Leave out what Slack has: nothing there can be reached any more."""
        return self.model_copy(update={"shares": (), "messages": (), "unconfirmed": (), "files": (), "homes": ()})

    def cross_off(self, job_id: str) -> Self:
        """Note that a job is erased."""
        jobs = tuple(other for other in self.jobs if other != job_id)
        return self.model_copy(update={"jobs": jobs, "erased": (*self.erased, job_id)})


def find_remains(
    job: Job,
    outcome: Outcome | None,
    steps: Mapping[str, Any],
    *,
    job_id: str,
    posted: Posted,
    conversations: tuple[UUID, ...],
) -> Remains:
    """Find what Slack and CodeMie have of a job, by the results of its steps and by what it came to.

    The steps know of what was posted before the job moved elsewhere, and of a job that has no outcome.
    """
    progress = outcome.progress if outcome else job.earlier
    files = tuple(dict.fromkeys((*posted.files, *_list_files(steps))))
    return Remains(
        shares=tuple(_list_shares(job, progress, steps, files=files)),
        messages=tuple(dict.fromkeys(_list_messages(job, progress, steps, posted=posted))),
        unconfirmed=tuple(_list_unconfirmed(job, steps, job_id=job_id)),
        files=files,
        conversations=conversations,
    )


def find_notice_remains(address: ReplyAddress, steps: Mapping[str, Any]) -> Remains:
    """Find what Slack has of a message that was all that a request came to."""
    ts = steps.get("post_notice")
    return Remains(messages=(Told(channel=address.channel, ts=ts, language=None),) if ts else ())


def find_home(job: Job) -> tuple[HomeTab, ...]:
    """Find the App Home that shows a job, if it was asked for in Slack."""
    address = job.address
    return () if address.surface is Surface.API else (HomeTab(user=address.user, language=job.language),)


def find_opinions(steps: Mapping[str, Any]) -> tuple[TakenOpinion, ...]:
    """Find what CodeMie has of an opinion, by the results of the steps that handed it over."""
    return tuple(_list_opinions(steps))


def count_answers(steps: Mapping[str, Any]) -> Mapping[UUID, int]:
    """Count the answers that the steps of a job were given, by conversation."""
    exchanges = (value.get("exchange") for value in steps.values() if isinstance(value, dict))
    return Counter(UUID(str(exchange["conversation_id"])) for exchange in exchanges if exchange)


def _list_opinions(steps: Mapping[str, Any]) -> Iterator[TakenOpinion]:
    for value in steps.values():
        with suppress(ValidationError):  # not every version of the bot was told an id
            yield TakenOpinion.model_validate(value)


def _list_files(steps: Mapping[str, Any]) -> Iterator[str]:
    yield from (steps.get("upload_files") or {}).get("files") or ()
    if late := steps.get("add_picture"):
        yield late


def _list_messages(job: Job, progress: Progress, steps: Mapping[str, Any], *, posted: Posted) -> Iterator[Told]:
    for part, language in (*((p, job.language) for p in _SPEAKING_PARTS), *((p, None) for p in _OTHER_PARTS)):
        channel = _find_dm(job, steps) if part.endswith("_dm") else job.address.channel
        if channel and (ts := steps.get(f"post_{part}")):
            yield Told(channel=channel, ts=ts, language=language)
    for reached in (job.earlier, progress):
        for ts in _list_shown(reached):
            yield Told(channel=_get_thread(reached).channel, ts=ts, language=job.language)
    if posted.channel:
        yield from (Told(channel=posted.channel, ts=ts, language=job.language) for ts in posted.messages)


def _list_shown(progress: Progress) -> Iterator[str]:
    """List the messages that show progress and flow where the job talks."""
    if progress.thread is not None:
        yield progress.thread.status_ts
        if progress.flow_ts:
            yield progress.flow_ts


def _get_thread(progress: Progress) -> Thread:
    assert progress.thread is not None  # noqa: S101 - what is shown is shown in a thread
    return progress.thread


def _list_shares(job: Job, progress: Progress, steps: Mapping[str, Any], *, files: tuple[str, ...]) -> Iterator[Share]:
    """Name where the files are shared, if they were meant to be."""
    if not files or not {"intend_files", "intend_files_dm"} & steps.keys():
        return
    if progress.thread is not None:
        yield Share(channel=progress.thread.channel, thread_ts=progress.thread.thread_ts, files=files)
    elif dm_ts := steps.get("post_status_dm"):
        yield Share(channel=steps["open_dm"], thread_ts=dm_ts, files=files)
    elif root := job.address.thread_ts or steps.get("post_status"):
        yield Share(channel=job.address.channel, thread_ts=root, files=files)


def _list_unconfirmed(job: Job, steps: Mapping[str, Any], *, job_id: str) -> Iterator[Unconfirmed]:
    """List what was meant to be posted and has no ts, since the process died or the job was stopped over it."""
    for part in (*_SPEAKING_PARTS, *_OTHER_PARTS):
        if f"intend_{part}" not in steps or steps.get(f"post_{part}"):
            continue
        channel = _find_dm(job, steps) if part.endswith("_dm") else job.address.channel
        if channel:
            thread_ts = _find_thread_ts(job, steps, part=part, channel=channel)
            yield Unconfirmed(channel=channel, thread_ts=thread_ts, job_id=job_id, part=part)


def _find_thread_ts(job: Job, steps: Mapping[str, Any], *, part: str, channel: str) -> str | None:
    """Find the thread that a part was meant for; none where it was to begin one."""
    is_moved = part.endswith("_dm")
    asked_in = None if is_moved else job.address.thread_ts
    if part in _FIRST_PARTS or asked_in:
        return asked_in
    if ts := steps.get("post_status_dm" if is_moved else "post_status"):
        return str(ts)
    before = job.earlier.thread
    return before.thread_ts if before and before.channel == channel else None


def _find_dm(job: Job, steps: Mapping[str, Any]) -> str | None:
    """Find the DM that a job, or the attempt before it, has moved to."""
    if channel := steps.get("open_dm"):
        return str(channel)
    return job.earlier.thread.channel if job.earlier.thread else None
