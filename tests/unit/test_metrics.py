"""Metrics: documented, bounded, and the only ones that alerts and the dashboard ask for."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.errors import BotError
from bot.measures import BUILD, NOTED, READ, Kind, Metric
from bot.metrics import Metrics

_ROOT = Path(__file__).parents[2]
_DEPLOY = _ROOT / "docs/deploy"
_VERSIONS = {"version": "1", "job_version": "2", "instructions_version": "3"}
_ROW = re.compile(r"^\| `(codemie_bot_\w+)` \| (\w+) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
_METRIC = re.compile(r"\b((?:codemie_bot|process)_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
_GROUPING = re.compile(r"\bby \(([^)]*)\)")
# What Prometheus and a histogram add to the labels of the bot's own.
_ADDED = frozenset({"job", "instance", "le"})
_ALL: tuple[Metric, ...] = (*NOTED, *READ, BUILD)


def _make_metrics() -> Metrics:
    return Metrics(versions=_VERSIONS)


def _list_series(metrics: Metrics) -> set[str]:
    lines = metrics.write("")[0].decode().splitlines()
    return {line.rpartition(" ")[0] for line in lines if not line.startswith("#")}


def _find_labels() -> dict[str, frozenset[str]]:
    """Find the labels of everything that can be asked for, by its name."""
    labels: dict[str, frozenset[str]] = {}
    for metric in _ALL:
        endings = ("_bucket", "_count", "_sum") if metric.kind is Kind.HISTOGRAM else ("",)
        labels |= {metric.full_name + ending: frozenset(metric.labels) | _ADDED for ending in endings}
    process = (name for name in _list_series(_make_metrics()) if name.startswith("process_"))
    return labels | dict.fromkeys(process, _ADDED)


def _list_alerts() -> list[dict[str, Any]]:
    rules = yaml.safe_load((_DEPLOY / "alerts.yml").read_text())
    return [rule for group in rules["groups"] for rule in group["rules"]]


def _list_panels() -> list[dict[str, Any]]:
    dashboard = json.loads((_DEPLOY / "grafana-dashboard.json").read_text())
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def _list_expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in _list_alerts())
    yield from (target["expr"] for panel in _list_panels() for target in panel["targets"])


def test_the_docs_name_every_metric() -> None:
    """With its type, its labels and what it says, in this order."""
    rows = _ROW.findall((_ROOT / "docs/metrics.md").read_text())
    documented = [
        (name, kind, tuple(re.findall(r"`(\w+)`(?=[:;,]|$)", labels)), says) for name, kind, labels, says in rows
    ]

    assert documented == [(metric.full_name, metric.kind, metric.labels, metric.says) for metric in _ALL]


def test_what_is_asked_for_is_there() -> None:
    """Every metric and every label in alerts and dashboard is one that the bot has."""
    labels = _find_labels()
    unknown = []
    for expression in _list_expressions():
        asked = _METRIC.findall(expression)
        known = frozenset[str]().union(*(labels.get(name, frozenset()) for name, _ in asked))
        unknown += [name for name, _ in asked if name not in labels]
        unknown += [f"{name}: {key}" for name, by in asked for key in _MATCHER.findall(by) if key not in labels[name]]
        unknown += [key for group in _GROUPING.findall(expression) for key in group.split(", ") if key not in known]

    assert unknown == []


def test_every_metric_is_shown_or_watched() -> None:
    """One that nobody ever looks at need not be counted; requests to the server are shown by their number."""
    asked = {name for expression in _list_expressions() for name, _ in _METRIC.findall(expression)}
    looked_at = {re.sub("_(bucket|count|sum)$", "", name) for name in asked}

    assert {metric.full_name for metric in _ALL} - looked_at == {"codemie_bot_http_request_seconds"}


def test_every_alert_says_what_to_do() -> None:
    """A summary, a runbook and how urgent it is; names are unique, and each is tested both ways."""
    alerts = _list_alerts()
    names = [rule["alert"] for rule in alerts]
    tests = [test["name"] for test in yaml.safe_load((_DEPLOY / "alerts_test.yml").read_text())["tests"]]

    assert len(set(names)) == len(names) >= 15
    assert all(rule["labels"]["severity"] in {"critical", "warning"} for rule in alerts)
    assert all(len(rule["annotations"]["runbook"]) > 60 and rule["annotations"]["summary"] for rule in alerts)
    assert tests == [f"{name} {what}" for name in names for what in ("fires", "is silent")]


def test_the_dashboard_can_be_imported() -> None:
    """Every panel takes the chosen data source, has a description, and stands in nobody's place."""
    dashboard = json.loads((_DEPLOY / "grafana-dashboard.json").read_text())
    panels = dashboard["panels"]
    rows = [panel["title"] for panel in panels if panel["type"] == "row"]
    squares = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in panels
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]

    # https://github.com/grafana/grafana/tree/main/apps/dashboard/pkg/migration/schemaversion
    assert dashboard["schemaVersion"] == 42
    assert [variable["name"] for variable in dashboard["templating"]["list"]] == ["datasource", "job", "instance"]
    assert rows == ["Now", "Traffic", "How long it takes", "CodeMie", "Slack", "Pictures, database, process"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(set(squares)) == len(squares)
    assert max(x for x, _ in squares) == 23
    for panel in _list_panels():
        assert panel["description"], panel["title"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}


def _run_promtool(*arguments: str, folder: Path) -> str:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not on the PATH: apt-get install prometheus")
    run = subprocess.run([promtool, *arguments], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    return "" if run.returncode == 0 else run.stdout + run.stderr


def test_each_alert_fires_and_stays_silent() -> None:
    """By Prometheus' own tool, on series of the bad time and of one that only looks like it."""
    assert _run_promtool("check", "rules", "alerts.yml", folder=_DEPLOY) == ""
    assert _run_promtool("test", "rules", "alerts_test.yml", folder=_DEPLOY) == ""


def test_every_expression_of_the_dashboard_parses(tmp_path: Path) -> None:
    """By Prometheus' own tool, with values in place of Grafana's variables."""
    expressions = [
        target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*").replace("$job", "bot")
        for panel in _list_panels()
        for target in panel["targets"]
    ]
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(expressions)]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))

    assert _run_promtool("check", "rules", "rules.yml", "--lint=none", folder=tmp_path) == ""


def test_series_do_not_grow_with_what_comes_from_outside() -> None:
    """However many channels, words, methods and addresses there are, few series are made of them."""
    metrics = _make_metrics()
    before = len(_list_series(metrics))
    for number in range(200):
        metrics.note_wait(f"channel:C{number}", 1)
        metrics.note_socket(f"planted-{number}")
        metrics.note_http("unmatched", f"METHOD{number}", 405, 0.1)
        metrics.note_step(f"show_{number}", 0.1)

    after = _list_series(metrics)
    assert len(after) - before < 25
    assert not [name for name in after if "planted" in name or "METHOD" in name or "C1" in name]


def test_a_gauge_without_a_value_is_left_out() -> None:
    """In HTTP mode there are no sockets to tell of; what there is is read at each scrape."""
    metrics, running = _make_metrics(), [1.0]
    metrics.read = lambda: {"jobs_running": running[0], "sockets_open": None}
    first = metrics.write("")[0].decode()
    running[0] = 2.0
    second, content_type = metrics.write("application/openmetrics-text; version=1.0.0")

    assert "codemie_bot_jobs_running 1.0" in first
    assert "codemie_bot_sockets_open " not in first
    assert "codemie_bot_jobs_running 2.0" in second.decode()
    assert second.endswith(b"# EOF\n")
    assert content_type.startswith("application/openmetrics-text")


@pytest.mark.parametrize(
    ("error", "outcome", "kind"),
    [(None, "ready", "ready"), ("job_cancelled", "cancelled", "cancelled"), ("codemie_down", "codemie_down", "failed")],
)
def test_a_job_is_counted_by_what_it_came_to(error: str | None, outcome: str, kind: str) -> None:
    """An error's code, where it is one; the time it took by three kinds of endings only."""
    metrics = _make_metrics()
    metrics.note_job("command", error, 12.5)
    series = _list_series(metrics)

    assert f'codemie_bot_jobs_total{{outcome="{outcome}",surface="command"}}' in series
    assert f'codemie_bot_job_seconds_sum{{outcome="{kind}"}}' in series


def test_the_codes_that_alerts_leave_out_are_there() -> None:
    """A code that is renamed would make an alert of what people do themselves."""
    (expression,) = [rule["expr"] for rule in _list_alerts() if rule["alert"] == "CodemieBotJobsFail"]
    found = re.search(r'outcome!~"([^"]+)"', expression)
    codes = {error.code for error in BotError.walk()} | {"ready", "cancelled"}

    assert found is not None
    assert set(found[1].split("|")) <= codes
