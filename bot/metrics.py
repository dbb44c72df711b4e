"""What is counted and measured in one process, for Prometheus, on a registry of its own that the wiring makes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, assert_never

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from bot.errors import JobCancelled
from bot.measures import BUILD, NOTED, PREFIX, READ, STAGES, Kind, Metric

OK: Final = "ok"
OTHER: Final = "other"
READY: Final = "ready"
CANCELLED: Final = "cancelled"
FAILED: Final = "failed"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Words by which Slack closes a socket or says why, and ours: https://docs.slack.dev/apis/events-api/using-socket-mode
_FAULTS: Final = frozenset(
    {"start", "closed", "silent", "quiet", "warning", "refresh_requested", "link_disabled", "too_many_websockets"}
)


class Metrics:
    """Counts for one process; ``read`` gives the gauges at every scrape, by name, ``None`` for what there is not.

    Every method takes microseconds and never fails.
    """

    def __init__(self, *, versions: Mapping[str, str]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each, which nobody asks for
        self.read: Callable[[], Mapping[str, float | None]] = dict
        self.registry = CollectorRegistry(auto_describe=False)
        self._noted: dict[str, Any] = {metric.name: _register(metric, self.registry) for metric in NOTED}
        _register(BUILD, self.registry).labels(**versions).set(1)
        self.registry.register(_Readings(self))
        ProcessCollector(registry=self.registry)

    def write(self, accept: str) -> tuple[bytes, str]:
        """Write everything in the format that a scraper accepts; return it with its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self.registry), content_type

    def note_job(self, surface: str, error: str | None, seconds: float) -> None:
        """Note the end of a job, by the code of the error that ended it."""
        outcome = READY if error is None else CANCELLED if error == JobCancelled.code else FAILED
        self._noted["jobs"].labels(surface, error if error and outcome == FAILED else outcome).inc()
        self._noted["job_seconds"].labels(outcome).observe(seconds)

    def note_step(self, step: str, seconds: float) -> None:
        """Note a step that went well, if it is one that a stage is known by; in a DM it has another name."""
        if stage := STAGES.get(step.removesuffix("_dm")):
            self._noted["stage_seconds"].labels(stage).observe(seconds)

    def note_refusal(self, code: str) -> None:
        """Note a request that was not taken."""
        self._noted["refusals"].labels(code).inc()

    def note_reask(self, role: str, code: str) -> None:
        """Note that an answer is asked for once more."""
        self._noted["reasks"].labels(role, code).inc()

    def note_call(self, role: str, outcome: str, seconds: float) -> None:
        """Note one request for an answer; ``outcome`` is ``ok`` or the code of an error."""
        self._noted["codemie_calls"].labels(role or OTHER, outcome).inc()
        self._noted["codemie_call_seconds"].labels(role or OTHER).observe(seconds)

    def note_retry(self) -> None:
        """Note a pause before another try."""
        self._noted["codemie_retries"].inc()

    def note_login(self, outcome: str) -> None:
        """Note a login; ``outcome`` is ``ok`` or the code of an error."""
        self._noted["codemie_logins"].labels(outcome).inc()

    def note_slack_call(self, method: str, outcome: str) -> None:
        """Note one request to the Web API, by a method of the code's and ``ok`` or a word that is known."""
        self._noted["slack_calls"].labels(method, outcome).inc()

    def note_wait(self, lane: str, seconds: float) -> None:
        """Note that Slack asks to wait; a lane of one channel is counted with those of all."""
        name = lane.partition(":")[0]
        self._noted["slack_rate_limits"].labels(name).inc()
        self._noted["slack_rate_limit_wait_seconds"].labels(name).inc(seconds)

    def note_ack(self, kind: str, seconds: float, *, is_acked: bool) -> None:
        """Note that a payload was acknowledged, or was not."""
        self._noted["ack_seconds"].labels(kind, OK if is_acked else "refused").observe(seconds)

    def note_socket(self, fault: str) -> None:
        """Note that a socket was opened, and what was wrong with the one before."""
        self._noted["sockets_opened"].labels(fault if fault in _FAULTS else OTHER).inc()

    def note_picture(self, engine: str, outcome: str, seconds: float | None) -> None:
        """Note what became of a picture; it took ``seconds`` if it was drawn."""
        self._noted["pictures"].labels(engine, outcome).inc()
        if seconds is not None:
            self._noted["picture_seconds"].labels(engine).observe(seconds)

    def note_opinion(self, *, is_good: bool, has_comment: bool) -> None:
        """Note somebody's opinion of a result."""
        self._noted["opinions"].labels("good" if is_good else "bad", "given" if has_comment else "none").inc()

    def note_http(self, route: str, method: str, status: int, seconds: float) -> None:
        """Note a request to the bot's own server, by the template of its route."""
        self._noted["http_requests"].labels(route, method if method in _METHODS else OTHER, str(status)).inc()
        self._noted["http_request_seconds"].labels(route).observe(seconds)


class _Readings(Collector):
    """The gauges, read when somebody scrapes."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name the gauges, without reading them."""
        return (GaugeMetricFamily(metric.full_name, metric.says) for metric in READ)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read the gauges; one that has no value now is left out."""
        values = self._metrics.read()
        for metric in READ:
            if (value := values.get(metric.name)) is not None:
                yield GaugeMetricFamily(metric.full_name, metric.says, value=value)


def _register(metric: Metric, registry: CollectorRegistry) -> Any:  # noqa: ANN401 - one of three classes without a base
    name = f"{PREFIX}{metric.name}"
    match metric.kind:
        case Kind.COUNTER:
            return Counter(name, metric.says, metric.labels, registry=registry)
        case Kind.GAUGE:
            return Gauge(name, metric.says, metric.labels, registry=registry)
        case Kind.HISTOGRAM:
            return Histogram(name, metric.says, metric.labels, registry=registry, buckets=metric.bounds_s)
        case _:
            assert_never(metric.kind)
