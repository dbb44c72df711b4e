"""The audit stream: who did what to what, and what was decided; ids and words of the code, never content.

Clicks and erasures have lines of their own, which say more: :mod:`handlers.audit`, :mod:`bot.erasing`.
"""

from typing import Final

import structlog

OPERATOR: Final = "operator"
_audit: Final = structlog.get_logger("audit")


def note_act(action: str, *, actor: str, object: str | None, decision: str, **where: str) -> None:  # noqa: A002 - as the field is called
    """Write down one act; ``decision`` is what came of it, or the code of the error for which nothing did."""
    _audit.info("acted", action=action, actor=actor, object=object, decision=decision, **where)
