"""What traces are told of requests, jobs and steps; :mod:`bot.tracing` listens where an exporter is configured."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

import aiohttp
import httpx
from aiohttp import web

_UNMATCHED: Final = "unmatched"


@dataclass(slots=True)
class JobNote:
    """What is known of a run of a job at its end: when it was asked for, in seconds since the epoch, and its outcome.

    One without an outcome has not ended: it goes on at the next start, in the same trace.
    """

    asked_at_s: float | None = None
    outcome: str | None = None


@dataclass(slots=True)
class StepNote:
    """What is known of a step at its end: whether it was kept from before, and the code of the error it came to."""

    is_kept: bool = True
    error: str | None = None


class Traces(Protocol):
    """Where it is told what belongs together; nothing here ever fails or waits."""

    def add_to(self, app: web.Application) -> None:
        """Tell of each request to a server."""
        ...

    def make_trace_configs(self) -> list[aiohttp.TraceConfig]:
        """Make what tells of each request of a session."""
        ...

    def watch_http(self, http: httpx.AsyncClient) -> None:
        """Tell of each request of a client."""
        ...

    def carry(self) -> str | None:
        """Return what a job takes along of the request that asks for it, so that it is in the same trace."""
        ...

    def request(self, kind: str) -> AbstractContextManager[None]:
        """Tell of a request that comes by a socket."""
        ...

    def job(self, job_id: str, carried: str | None, **facts: str) -> AbstractContextManager[JobNote]:
        """Tell of a run of a job; ``facts`` are ids and words of the code."""
        ...

    def step(self, name: str, *, run: int) -> AbstractContextManager[StepNote]:
        """Tell of a step of the job's ``run``-th run."""
        ...


class NoTraces:
    """Tells nobody."""

    def add_to(self, app: web.Application) -> None:
        """Tell nobody."""

    def make_trace_configs(self) -> list[aiohttp.TraceConfig]:
        """Make nothing."""
        return []

    def watch_http(self, http: httpx.AsyncClient) -> None:
        """Tell nobody."""

    def carry(self) -> str | None:
        """Carry nothing."""
        return None

    @contextmanager
    def request(self, kind: str) -> Iterator[None]:  # noqa: ARG002 - as in Traces
        """Tell nobody."""
        yield

    @contextmanager
    def job(self, job_id: str, carried: str | None, **facts: str) -> Iterator[JobNote]:  # noqa: ARG002 - as above
        """Tell nobody."""
        yield JobNote()

    @contextmanager
    def step(self, name: str, *, run: int) -> Iterator[StepNote]:  # noqa: ARG002 - as above
        """Tell nobody."""
        yield StepNote()


def find_route(request: web.Request) -> str:
    """Name the template of the route that a request was matched to; what stands in its place may be a secret."""
    resource = request.match_info.route.resource
    return _UNMATCHED if resource is None else resource.canonical
