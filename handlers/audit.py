"""The audit stream of clicks: who clicked what on which request, where, and whether they may; ids only."""

from typing import Final

import structlog

from bot.core.admission import Visitor
from bot.core.ids import make_reference

_audit: Final = structlog.get_logger("audit")


def log_click(
    action: str, visitor: Visitor, *, job_id: str | None, is_found: bool, is_allowed: bool, **facts: bool
) -> None:
    """Write down one click."""
    _audit.info(
        "clicked",
        action=action,
        actor=visitor.user,
        team=visitor.home,
        object=make_reference(job_id) if job_id else None,
        found=is_found,
        allowed=is_allowed,
        **facts,
    )
