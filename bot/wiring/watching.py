"""What watches the bot: its gauges, how those are that it depends on, and traces where they are wanted."""

import shutil
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.codemie.client import CodemieClient
from bot.core.instructions import INSTRUCTIONS_VERSION
from bot.errors import StoreError
from bot.jobs import Jobs
from bot.line import Line
from bot.metrics import Metrics
from bot.network import Network
from bot.pauses import Pauses
from bot.settings import Settings
from bot.slack.pulse import OK, UNKNOWN, Pulse
from bot.slack.sockets import Sockets
from bot.store import JOB_VERSION, find_sqlite
from bot.traces import NoTraces, Traces
from bot.versions import find_version
from bot.wiring.keeping import Keeping
from bot.wiring.outside import Outside

_STORE: Final = "store"
# Reasons for which nobody has looked at the store.
_UNTRIED: Final = frozenset({"starting", "stopping"})


def make_metrics() -> Metrics:
    """Make the counts of this process."""
    versions = {
        "version": find_version(),
        "job_version": JOB_VERSION,
        "instructions_version": INSTRUCTIONS_VERSION,
    }
    return Metrics(versions=versions)


@dataclass(slots=True, kw_only=True)
class Gauges:
    """Reads what is true at a scrape, on the loop of those that it asks; metrics are written in a thread."""

    find_reasons: Callable[[], Awaitable[list[str]]]
    pauses: Pauses
    pulse: Pulse
    line: Line
    codemie: CodemieClient
    sockets: Sockets | None
    data_dir: Path
    database: Path | None
    _seen: Mapping[str, float | None] = field(default_factory=dict)

    async def refresh(self) -> None:
        """Look at everything; the store is waited for for a second at most, and of Slack there is what is known."""
        reasons, slack = await self.find_reasons(), self.pulse.read()
        is_tried = _UNTRIED.isdisjoint(reasons)
        self._seen = {
            "ready": float(not reasons),
            "slack_up": None if slack == UNKNOWN else float(slack == OK),
            "store_writable": float(_STORE not in reasons) if is_tried else None,
            "workspaces_paused": await self._count_pauses(),
            **self._look(),
        }

    async def list_facts(self) -> Mapping[str, str | bool]:
        """Tell how Slack and CodeMie are, and whether an admin has paused the bot in a workspace."""
        codemie = "down" if self.codemie.is_down else "up"
        return {"slack": self.pulse.read(), "codemie": codemie, "paused": bool(await self._count_pauses())}

    async def _count_pauses(self) -> int | None:
        """Count the workspaces that are paused, if the database tells."""
        try:
            return await self.pauses.count()
        except StoreError:
            return None

    def read(self) -> Mapping[str, float | None]:
        """Return the gauges by name as they were looked at last; those of sockets in Socket Mode only."""
        return self._seen

    def _look(self) -> Mapping[str, float | None]:
        running, waiting = self.line.count()
        sockets = self.sockets.measure() if self.sockets else None
        return {
            "jobs_running": running,
            "jobs_waiting": waiting,
            "codemie_up": float(not self.codemie.is_down),
            "codemie_calls_running": self.codemie.calls_running,
            "sockets_open": sockets.open_count if sockets else None,
            "socket_pong_age_seconds": sockets.pong_age_s if sockets else None,
            "socket_event_age_seconds": sockets.event_age_s if sockets else None,
            "socket_age_seconds": sockets.age_s if sockets else None,
            "database_bytes": _measure_files(self.database),
            "disk_free_bytes": _measure_disk(self.data_dir),
        }


@contextmanager
def open_gauges(
    settings: Settings, *, kept: Keeping, jobs: Jobs, outside: Outside, sockets: Sockets | None
) -> Iterator[Gauges]:
    """Make the gauges of a bot with these settings; nobody asks Slack how it is after the end."""

    async def find_reasons() -> list[str]:
        reasons = await jobs.find_reasons()
        return reasons if sockets is None else [*reasons, *sockets.measure().reasons]

    try:
        yield Gauges(
            find_reasons=find_reasons,
            pauses=kept.pauses,
            pulse=outside.pulse,
            line=jobs.line,
            codemie=outside.codemie,
            sockets=sockets,
            data_dir=settings.data_dir,
            database=find_sqlite(database_url=settings.database, data_dir=settings.data_dir),
        )
    finally:
        outside.pulse.stop()


@contextmanager
def open_traces(settings: Settings, network: Network) -> Iterator[Traces]:
    """Make traces where there is somewhere to send them; what makes them is not even imported elsewhere."""
    endpoint = settings.otel_exporter_otlp_endpoint
    if endpoint is None:
        yield NoTraces()
        return
    from bot.span_export import Places  # noqa: PLC0415 - 0.6 s that most starts do without
    from bot.tracing import open_tracing  # noqa: PLC0415 - as above

    with open_tracing(
        str(endpoint),
        places=Places(
            slack_api_url=str(settings.slack_api_url).rstrip("/") + "/",
            codemie_url=str(settings.codemie_api_url),
            auth_url=str(settings.codemie_auth_url) if settings.codemie_auth_url else None,
        ),
        version=find_version(),
        instance=socket.gethostname(),
        network=network,
    ) as tracing:
        yield tracing


def _measure_files(database: Path | None) -> float | None:
    """Add up a database's files; its log comes and goes."""
    if database is None:
        return None
    paths = [database, database.with_name(f"{database.name}-wal")]
    return float(sum(path.stat().st_size for path in paths if path.exists()))


def _measure_disk(folder: Path) -> float | None:
    try:
        return float(shutil.disk_usage(folder).free)
    except OSError:
        return None
