"""What somebody asked for last, with the addresses that belong to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from bot.core.glances import Listed
from bot.core.models import Glance, State
from bot.errors import StoreError
from bot.ports import Links
from bot.slack.windows import make_permalink
from handlers.intake import Requests

_MOST: Final = 10
_log: Final = structlog.get_logger("listener")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recents:
    """Lists requests; ``links`` is there where previews are."""

    requests: Requests
    links: Links | None = None

    async def list(self, *, team: str, user: str, site_url: str | None) -> Sequence[Listed]:
        """List the last ten, newest first; raises StoreError. ``site_url`` is the workspace's address."""
        glances = await self.requests.list_recent(team=team, user=user, most=_MOST)
        return [
            Listed(
                glance=glance,
                thread_url=make_permalink(site_url, channel=glance.channel, ts=glance.thread_ts),
                preview_url=await self._find_preview(glance),
            )
            for glance in glances
        ]

    async def _find_preview(self, glance: Glance) -> str | None:
        """Find the address of a preview; a request is listed without it rather than not at all."""
        if self.links is None or glance.state is not State.READY:
            return None
        try:
            return await self.links.make_url(glance.job_id)
        except StoreError as error:
            _log.warning("preview_not_linked", reason=str(error))
            return None
