"""The audit stream of clicks: who clicked what on which request, and whether they may; ids only."""

from typing import Final

import structlog

from bot.core.ids import make_reference

_audit: Final = structlog.get_logger("audit")


def log_click(action: str, *, actor: str, job_id: str, is_found: bool, is_allowed: bool, **facts: bool) -> None:
    """Write down one click."""
    reference = make_reference(job_id) if job_id else None
    _audit.info("clicked", action=action, actor=actor, object=reference, found=is_found, allowed=is_allowed, **facts)
