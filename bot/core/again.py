"""Jobs that are made of jobs: the same once more, or the same in another way."""

from datetime import datetime

from bot.core.models import Job, Outcome, Progress, ReplyAddress, Surface, Task


def address_thread(
    job: Job,
    outcome: Outcome,
    *,
    user: str,
    user_name: str,
    response_url: str | None,
    expires_at: datetime | None,
    surface: Surface = Surface.BUTTON,
) -> ReplyAddress:
    """Address the thread that a job talked in, for whoever asks for more there."""
    thread = outcome.progress.thread
    return ReplyAddress(
        team=job.address.team,
        channel=thread.channel if thread else job.address.channel,
        thread_ts=thread.thread_ts if thread else job.address.thread_ts,
        user=user,
        user_name=user_name,
        surface=surface,
        response_url=response_url,
        response_url_expires_at=expires_at,
    )


def regenerate(job_id: str, job: Job, outcome: Outcome, address: ReplyAddress) -> Job:
    """Make the job that does the same in another way: in new conversations, knowing what came of it before.

    A change is made anew on what it changed, a new prototype beside what it came to.
    """
    base = outcome.progress.base
    is_change = job.task is Task.REFINE and base is not None
    return job.model_copy(
        update={
            "address": address,
            "task": Task.REFINE if is_change else Task.REGENERATE,
            "base": base.job_id if is_change and base else job_id,
            "starts_anew": True,
            "earlier": Progress(discussion=outcome.progress.discussion),
        }
    )
