"""What a version with other steps has left in Slack: the thread is gone on in, and what stands there goes away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.models import Job, Posted, Progress, Thread
from bot.elsewhere import Conversations, Elsewhere, HomeBuilder, Slack
from bot.remains import Told, find_remains
from bot.results import Results
from bot.workflows import Workflows


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackLeavings:
    """Reads the steps of another version as far as their names are those of this one."""

    workflows: Workflows
    results: Results
    find_slack: Callable[[str], Slack]
    conversations: Conversations
    build_home: HomeBuilder

    async def find_progress(self, job_id: str, job: Job) -> Progress:
        """Find what a job that begins anew goes on with: the place where it talks, and the attempt before it."""
        thread = _find_thread(job, await self.workflows.read_steps(job_id))
        return job.earlier.model_copy(update={"thread": thread or job.earlier.thread})

    async def take_back(self, job_id: str, job: Job) -> None:
        """Erase what an unfinished job has posted, and kept of a result, but for what ``job`` goes on with."""
        steps = await self.workflows.read_steps(job_id)
        posted = await self.results.find_posted(job_id) or Posted()
        found = find_remains(job, None, steps, job_id=job_id, posted=posted, conversations=())
        wanted = {job.earlier.flow_ts, job.earlier.thread.status_ts if job.earlier.thread else None}
        messages = tuple(
            Told(channel=told.channel, ts=told.ts, language=None) for told in found.messages if told.ts not in wanted
        )
        slack = self.find_slack(job.address.team)
        elsewhere = Elsewhere(slack=slack, conversations=self.conversations, build_home=self.build_home)
        await elsewhere.erase(found.model_copy(update={"messages": messages}))
        await self.results.forget([job_id])


def _find_thread(job: Job, steps: Mapping[str, Any]) -> Thread | None:
    """Find where a job had begun to talk; its progress message may have become the flow, or given way to it."""
    dm, in_dm = steps.get("open_dm"), steps.get("post_status_dm")
    if dm and in_dm:
        return Thread(channel=dm, thread_ts=in_dm, status_ts=in_dm)
    status_ts = steps.get("post_status")
    if not status_ts:
        return None
    address = job.address
    if address.thread_ts is None:
        return Thread(channel=address.channel, thread_ts=status_ts, status_ts=status_ts)
    return Thread(channel=address.channel, thread_ts=address.thread_ts, status_ts=steps.get("post_flow") or status_ts)
