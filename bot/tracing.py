"""Traces by OpenTelemetry, sent by OTLP over HTTP; imported only where there is somewhere to send them.

A job is one span in the trace of the request for it, from that to its end, however often the process is started
meanwhile: it takes the request's ``traceparent`` along, and the id of its span is made from its own. The steps are
below it, and the calls that each of them makes are below that.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import aiohttp
import httpx
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.aiohttp_client import create_trace_config
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.propagate import set_global_textmap
from opentelemetry.propagators.textmap import CarrierT, Setter, default_setter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from bot.network import Network
from bot.span_export import Places, SpanSender, find_url, open_exporter
from bot.traces import JobNote, StepNote, find_route

_NAME: Final = "codemie-slack-bot"
_CARRIED: Final = "traceparent"
_READY: Final = "ready"
# Asked every few seconds by whoever watches, and of no interest in a trace.
_UNTRACED: Final = frozenset({"/health", "/ready", "/metrics"})
_NS: Final = 1_000_000_000
_EVERY_MS: Final = 1_000.0
_SERVER_ERROR: Final = 500


class _Ids(RandomIdGenerator):
    """Gives out random ids, but for spans whose trace and own id are chosen."""

    def __init__(self) -> None:
        self._chosen: ContextVar[tuple[int, int] | None] = ContextVar("chosen_ids", default=None)

    @contextmanager
    def choosing(self, trace_id: int, span_id: int) -> Iterator[None]:
        """Give the span that is begun meanwhile these ids; the trace's counts if it has no parent."""
        token = self._chosen.set((trace_id, span_id))
        try:
            yield
        finally:
            self._chosen.reset(token)

    def generate_trace_id(self) -> int:
        """Return the chosen id, or a random one."""
        chosen = self._chosen.get()
        return chosen[0] if chosen else super().generate_trace_id()

    def generate_span_id(self) -> int:
        """Return the chosen id, or a random one."""
        chosen = self._chosen.get()
        return chosen[1] if chosen else super().generate_span_id()


class _ToCodemie(TraceContextTextMapPropagator):
    """Tells CodeMie, and nobody else, which trace a request belongs to."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def inject(
        self, carrier: CarrierT, context: Context | None = None, setter: Setter[CarrierT] = default_setter
    ) -> None:
        """Write the header, if the request of the current span goes to CodeMie."""
        attributes: Any = getattr(trace.get_current_span(context), "attributes", None)
        if self._places.is_codemie(find_url(attributes or {})):
            super().inject(carrier, context, setter)


class Tracing:
    """Makes spans; see :class:`bot.traces.Traces`."""

    def __init__(self, *, provider: TracerProvider, ids: _Ids) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("codemie-slack-bot")
        self._ids = ids
        self._format = TraceContextTextMapPropagator()

    def add_to(self, app: web.Application) -> None:
        """Make a span of each request to a server, but for those of whoever watches it.

        OpenTelemetry's own middleware needs its instrumentation to have replaced ``web.Application`` for everybody,
        and writes addresses into its spans, which for previews are secret.
        """
        app.middlewares.insert(0, self._make_middleware())

    def make_trace_configs(self) -> list[aiohttp.TraceConfig]:
        """Make what makes a span of each request of a session."""
        return [create_trace_config(tracer_provider=self._provider, request_hook=_name_slack_call)]

    def watch_http(self, http: httpx.AsyncClient) -> None:
        """Make a span of each request of a client, which ends when the response begins."""
        HTTPXClientInstrumentor.instrument_client(http, tracer_provider=self._provider)

    def carry(self) -> str | None:
        """Return the ``traceparent`` of the current span."""
        carried: dict[str, str] = {}
        self._format.inject(carried)
        return carried.get(_CARRIED)

    @contextmanager
    def request(self, kind: str) -> Iterator[None]:
        """Make a span of what comes by a socket."""
        with self._tracer.start_as_current_span(
            f"slack {kind}",
            context=Context(),
            kind=SpanKind.SERVER,
            attributes={"slack.kind": kind},
            record_exception=False,
        ):
            yield

    @contextmanager
    def job(self, job_id: str, carried: str | None, **facts: str) -> Iterator[JobNote]:
        """Put what is done below the span of a job, which is made once the job has ended."""
        parent = self._format.extract({_CARRIED: carried} if carried else {}, context=Context())
        known = trace.get_current_span(parent).get_span_context()
        digest = hashlib.sha256(job_id.encode()).digest()
        trace_id = known.trace_id if known.is_valid else int.from_bytes(digest[:16])
        span_id = int.from_bytes(digest[16:24])
        flags = known.trace_flags if known.is_valid else TraceFlags(TraceFlags.SAMPLED)
        note = JobNote()
        token = otel_context.attach(
            trace.set_span_in_context(
                NonRecordingSpan(SpanContext(trace_id, span_id, is_remote=False, trace_flags=flags)), Context()
            )
        )
        try:
            yield note
        finally:
            otel_context.detach(token)
            if note.outcome is not None:
                with self._ids.choosing(trace_id, span_id):
                    self._tell_job(note, parent, {f"job.{name}": fact for name, fact in facts.items()})

    def _tell_job(self, note: JobNote, parent: Context, facts: dict[str, str]) -> None:
        began_ns = None if note.asked_at_s is None else int(note.asked_at_s * _NS)
        attributes = {**facts, "job.outcome": note.outcome or ""}
        span = self._tracer.start_span("job", context=parent, attributes=attributes, start_time=began_ns)
        if note.outcome != _READY:
            span.set_status(Status(StatusCode.ERROR))
        span.end()

    @contextmanager
    def step(self, name: str, *, run: int) -> Iterator[StepNote]:
        """Make a span of a step; one that was kept from before takes no time."""
        note = StepNote()
        with self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as span:
            try:
                yield note
            finally:
                span.set_attributes({"step.kept": note.is_kept, "step.run": run})
                if note.error is not None:
                    span.set_attribute("step.error", note.error)
                    span.set_status(Status(StatusCode.ERROR))

    def _make_middleware(self) -> Middleware:
        @web.middleware
        async def tell(request: web.Request, handler: Handler) -> web.StreamResponse:
            route = find_route(request)
            if route in _UNTRACED:
                return await handler(request)
            method = request.method if request.method in hdrs.METH_ALL else "HTTP"
            with self._tracer.start_as_current_span(
                f"{method} {route}",
                context=Context(),
                kind=SpanKind.SERVER,
                attributes={"http.request.method": method, "http.route": route},
                record_exception=False,
                set_status_on_exception=False,
            ) as span:
                status = _SERVER_ERROR
                try:
                    response = await handler(request)
                    status = response.status
                except web.HTTPException as answer:
                    status = answer.status
                    raise
                finally:
                    span.set_attribute("http.response.status_code", status)
                    span.set_status(Status(StatusCode.ERROR if status >= _SERVER_ERROR else StatusCode.UNSET))
                return response

        return tell


@contextmanager
def open_tracing(
    endpoint: str,
    *,
    places: Places,
    version: str,
    instance: str,
    network: Network,
) -> Iterator[Tracing]:
    """Make traces and send them to a collector; what is left is sent at the end, within a few seconds."""
    resource = Resource.create({"service.name": _NAME, "service.version": version, "service.instance.id": instance})
    ids = _Ids()
    provider = TracerProvider(resource=resource, id_generator=ids, shutdown_on_exit=False)
    sender = SpanSender(open_exporter(endpoint, network), places)
    provider.add_span_processor(BatchSpanProcessor(sender, schedule_delay_millis=_EVERY_MS))
    set_global_textmap(_ToCodemie(places))
    try:
        yield Tracing(provider=provider, ids=ids)
    finally:
        sender.is_closing = True
        provider.shutdown()


def _name_slack_call(span: trace.Span, params: aiohttp.TraceRequestStartParams) -> None:
    """Name a call to Slack by its method, which is the last of the path; other paths may be secret."""
    method = params.url.path.rpartition("/")[2]
    if params.url.path == f"/api/{method}" and "." in method:
        span.update_name(f"slack {method}")
