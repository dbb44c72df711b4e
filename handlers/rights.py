"""Who may act on a job: its requester, and those in its channel who may ask themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.admission import Visitor
from bot.core.blocks import explain
from bot.core.models import Job
from bot.core.texts import Language
from bot.errors import LimitError
from handlers.admission import Admission


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """Whether somebody may act on a job; ``refusal`` says why not, where there is something to say."""

    is_allowed: bool
    refusal: LimitError | None = None

    def explain(self, *, language: Language) -> str:
        """Return what there is to say of it, if there is something."""
        return explain(self.refusal, language=language) if self.refusal else ""


async def rule(admission: Admission, visitor: Visitor, body: Mapping[str, Any], job: Job, *, asks: bool) -> Ruling:
    """Decide whether whoever has clicked may act on a job; ``asks`` as in :func:`find_act_refusal`."""
    if not may_act(visitor, body, job):
        return Ruling(is_allowed=False)
    refusal = await find_act_refusal(admission, visitor, job, asks=asks)
    return Ruling(is_allowed=refusal is None, refusal=refusal)


async def find_act_refusal(admission: Admission, visitor: Visitor, job: Job, *, asks: bool) -> LimitError | None:
    """Return why somebody is not admitted to a job.

    ``asks``: they ask for a result; what is only stopped, deleted and judged may be so by its requester anyhow.
    Somebody of another workspace may have the requester's id, and is asked as everybody else.
    """
    if visitor.user == job.address.user and not asks and not visitor.is_from_elsewhere:
        return None
    return await admission.find_refusal(visitor, channel=job.address.channel)


def may_act(visitor: Visitor, body: Mapping[str, Any], job: Job) -> bool:
    """Tell whether whoever clicked may act on a job: its requester, or somebody in its own channel."""
    address = job.address
    if visitor.home != address.team:
        return False
    channel = body.get("channel")
    is_there = isinstance(channel, Mapping) and channel.get("id") == address.channel
    return visitor.user == address.user or is_there
