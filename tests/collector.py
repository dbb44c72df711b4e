"""A collector of traces on loopback: what comes by OTLP over HTTP, as a tree of spans."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

_WAIT_S = 20
_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span; ``seconds`` is how long it took, ``facts`` are its attributes."""

    name: str
    id: str
    parent: str
    trace: str
    seconds: float
    facts: dict[str, str | int | bool]
    resource: dict[str, str | int | bool]


@dataclass(slots=True)
class Collector:
    """What was sent: the spans, and every byte of it, to be searched; ``status`` is how it answers."""

    status: int = 200
    url: str = ""
    spans: list[Span] = field(default_factory=list)
    content: bytes = b""
    requests: int = 0

    async def receive(self, request: web.Request) -> web.Response:
        """Take one batch."""
        self.requests += 1
        if self.status != web.HTTPOk.status_code:
            return web.Response(status=self.status)
        body = await request.read()
        self.content += body
        self.spans += _read(ExportTraceServiceRequest.FromString(body))
        return web.Response()

    async def wait_for(self, has_come: Callable[[Sequence[Span]], bool]) -> None:
        """Wait until the spans are there that are waited for."""
        async with asyncio.timeout(_WAIT_S):
            while not has_come(self.spans):  # noqa: ASYNC110 - a process tells nobody
                await asyncio.sleep(0.05)

    def find(self, name: str) -> Span:
        """Return the one span of a name."""
        (span,) = self.list(name)
        return span

    def list(self, name: str) -> Sequence[Span]:
        """Return the spans of a name."""
        return [span for span in self.spans if span.name == name]

    def list_below(self, parent: Span) -> Sequence[Span]:
        """Return the spans right below one."""
        return [span for span in self.spans if span.parent == parent.id and span.trace == parent.trace]


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """Collect on a free port."""
    collector = Collector()
    app = web.Application(client_max_size=_MAX_BYTES)
    app.router.add_post("/v1/traces", collector.receive)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield collector
    finally:
        await runner.cleanup()


def _read(request: ExportTraceServiceRequest) -> list[Span]:
    return [
        Span(
            name=span.name,
            id=span.span_id.hex(),
            parent=span.parent_span_id.hex(),
            trace=span.trace_id.hex(),
            seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
            facts=_read_facts(span.attributes),
            resource=_read_facts(group.resource.attributes),
        )
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def _read_facts(attributes: Sequence[KeyValue]) -> dict[str, str | int | bool]:
    return {item.key: _read_value(item.value) for item in attributes}


def _read_value(value: AnyValue) -> str | int | bool:
    kind = value.WhichOneof("value")
    assert kind in {"string_value", "int_value", "bool_value"}
    read: str | int | bool = getattr(value, kind)
    return read
