"""The table of everything that is counted and measured; docs/metrics.md has the same one.

Labels take few values: words of the code, error codes, Slack's methods, and words of Slack's that are known here. Ids,
prompts and addresses never.

https://prometheus.io/docs/practices/naming/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

PREFIX: Final = "codemie_bot_"
_LONG_S: Final = (0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 90, 120, 180, 300)
_SHORT_S: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5)
# The steps that stages are known by; an answer that is asked for once more is another one of its stage.
STAGES: Final[Mapping[str, str]] = {
    "post_status": "open",
    "ask_flow": "flow",
    "ask_again_flow": "flow",
    "post_flow": "post_flow",
    "ask_ui": "page",
    "ask_again_ui": "page",
    "compile_page": "compile",
    "upload_files": "upload",
    "post_files": "share",
    "add_picture": "late_picture",
}


class Kind(StrEnum):
    """The kinds of metrics that are used."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric: its name without the prefix, what it says, its labels, and for a histogram its bounds in seconds."""

    name: str
    kind: Kind
    says: str
    labels: tuple[str, ...] = ()
    bounds_s: tuple[float, ...] = ()

    @property
    def full_name(self) -> str:
        """The name as it is queried, but for the endings of a histogram."""
        return f"{PREFIX}{self.name}" + ("_total" if self.kind is Kind.COUNTER else "")


def _count(name: str, says: str, *labels: str) -> Metric:
    return Metric(name=name, kind=Kind.COUNTER, says=says, labels=labels)


def _time(name: str, says: str, *labels: str, bounds_s: tuple[float, ...]) -> Metric:
    return Metric(name=name, kind=Kind.HISTOGRAM, says=says, labels=labels, bounds_s=bounds_s)


def _gauge(name: str, says: str, *labels: str) -> Metric:
    return Metric(name=name, kind=Kind.GAUGE, says=says, labels=labels)


NOTED: Final = (
    _count("jobs", "Jobs that have ended, by where they were asked for and what they came to", "surface", "outcome"),
    _time("job_seconds", "From a request to the end of its job, waiting included", "outcome", bounds_s=_LONG_S),
    _time("stage_seconds", "One stage of a job that went well", "stage", bounds_s=_LONG_S),
    _count(
        "refusals", "Requests that were not taken: over a limit, not from somebody who may, or the store fails", "code"
    ),
    _count("reasks", "Answers of CodeMie's that were asked for once more, by what was wrong", "role", "code"),
    _count("codemie_calls", "Requests for an answer of CodeMie's", "role", "outcome"),
    _time("codemie_call_seconds", "One request for an answer, to its last byte", "role", bounds_s=_LONG_S),
    _count("codemie_retries", "Pauses before the same question was asked again"),
    _count("codemie_logins", "Logins at CodeMie or its identity provider", "outcome"),
    _count("slack_calls", "Requests to Slack's Web API, each try counted", "method", "outcome"),
    _count("slack_rate_limits", "How often Slack asked to wait", "lane"),
    _count("slack_rate_limit_wait_seconds", "For how long it asked to", "lane"),
    _time("ack_seconds", "From a payload of Slack's to its acknowledgement", "kind", "outcome", bounds_s=_SHORT_S),
    _count("sockets_opened", "Sockets that were opened, by what was wrong with the one before", "fault"),
    _count("pictures", "Pictures of prototypes", "engine", "outcome"),
    _time("picture_seconds", "One picture, without waiting for its turn", "engine", bounds_s=_LONG_S),
    _count("opinions", "Opinions of results", "opinion", "reason"),
    _count("http_requests", "Requests to the bot's own server, previews among them", "route", "method", "status"),
    _time("http_request_seconds", "One request to the bot's own server", "route", bounds_s=_SHORT_S),
)
READ: Final = (
    _gauge("ready", "1 while jobs are taken, as GET /ready says"),
    _gauge("jobs_running", "Jobs that have their turn"),
    _gauge("jobs_waiting", "Jobs that wait for their turn"),
    _gauge("codemie_up", "0 while CodeMie has failed everybody and nothing has shown that it is back"),
    _gauge("codemie_calls_running", "Questions under way, of CODEMIE_MAX_CONNECTIONS at most"),
    _gauge("slack_up", "1 if Slack's Web API answered when it was asked last"),
    _gauge("sockets_open", "Sockets that are open and answer, in Socket Mode"),
    _gauge("socket_pong_age_seconds", "Since the last pong of the socket that was heard last"),
    _gauge("socket_event_age_seconds", "Since the last request that came by a socket"),
    _gauge("socket_age_seconds", "Since the oldest open socket was opened"),
    _gauge("store_writable", "1 if the database took a write when it was tried last"),
    _gauge("workspaces_paused", "Workspaces in which an admin has paused the bot"),
    _gauge("database_bytes", "The files of SQLite, its log included"),
    _gauge("disk_free_bytes", "What is left of the disk under DATA_DIR"),
)
BUILD: Final = _gauge("build_info", "Always 1: the versions that run", "version", "job_version", "instructions_version")
