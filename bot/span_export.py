"""Sending spans, after everything is taken out of them that may hold a secret, a prompt or an answer.

Instrumentations write addresses and words of exceptions into spans. Slack's response_url, its upload addresses and a
socket's ticket are secrets, as is the token in a preview's address. So only what is listed here is sent.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from bot.network import Network
from bot.otlp_session import open_otlp_session

# An exporter that is away holds up nothing but its own thread, and the end of the process for this long at most.
_TIMEOUT_S: Final = 2.0
# Old and new names of https://opentelemetry.io/docs/specs/semconv/http/http-spans/
_URL_KEYS: Final = ("http.url", "url.full")
_KEYS: Final = frozenset(
    {
        "http.method",
        "http.request.method",
        "http.status_code",
        "http.response.status_code",
        "http.route",
        "error.type",
        "job.reference",
        "job.outcome",
        "job.surface",
        "job.team",
        "step.kept",
        "step.run",
        "step.error",
        "slack.kind",
    }
)
_SLACK_METHOD: Final = re.compile(r"[a-z]+(\.[A-Za-z]+)+")
_log: Final = structlog.get_logger("traces")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The addresses whose paths may be told; of any other no more than scheme and host is."""

    slack_api_url: str
    codemie_url: str
    auth_url: str | None

    def clean(self, url: str) -> str:
        """Leave of an address what tells nothing secret: never a query, a name or a password."""
        parts = urlsplit(url)
        plain = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        bare = url.partition("?")[0].partition("#")[0]
        if bare.startswith(self.slack_api_url):
            method = bare.removeprefix(self.slack_api_url)
            return bare if _SLACK_METHOD.fullmatch(method) else f"{plain}/…"
        is_known = any(base and bare.startswith(base) for base in (self.codemie_url, self.auth_url))
        return bare if is_known else f"{plain}/…"

    def is_codemie(self, url: str) -> bool:
        """Tell whether an address is CodeMie's own."""
        return url.startswith(self.codemie_url)


@dataclass(slots=True)
class SpanSender(SpanExporter):
    """Cleans spans and sends them; says once that they can't be sent, and once that they can again."""

    exporter: SpanExporter
    places: Places
    is_closing: bool = False
    _is_failing: bool = field(default=False)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send what is left of spans; those that can't be sent are lost."""
        if self.is_closing and self._is_failing:
            return SpanExportResult.FAILURE
        result = self.exporter.export([self._clean(span) for span in spans])
        is_failing = result is not SpanExportResult.SUCCESS
        if is_failing and not self._is_failing:
            _log.warning("traces_not_sent", spans=len(spans))
        elif self._is_failing and not is_failing:
            _log.info("traces_sent_again")
        self._is_failing = is_failing
        return result

    def shutdown(self) -> None:
        """Send nothing more."""
        self.exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is held back here."""
        return self.exporter.force_flush(timeout_millis)

    def _clean(self, span: ReadableSpan) -> ReadableSpan:
        return ReadableSpan(
            name=span.name,
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=self._clean_attributes(span.attributes or {}),
            kind=span.kind,
            status=Status(span.status.status_code),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    def _clean_attributes(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in attributes.items() if key in _KEYS}
        return kept | {key: self.places.clean(str(attributes[key])) for key in _URL_KEYS if key in attributes}


def find_url(attributes: Mapping[str, Any]) -> str:
    """Find the address that an instrumentation has written into a span."""
    return next((str(attributes[key]) for key in _URL_KEYS if key in attributes), "")


def open_exporter(endpoint: str, network: Network) -> SpanExporter:
    """Make the exporter that sends to a collector's ``endpoint``, to which the path of traces is added."""
    # It logs every batch that fails, and urllib3 every try: SpanSender says it once.
    for name in ("opentelemetry", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    url = f"{endpoint.rstrip('/')}/v1/traces"
    return OTLPSpanExporter(endpoint=url, timeout=_TIMEOUT_S, session=open_otlp_session(network))
