"""Traces: one for a request, its job, the steps and the calls, across a crash; with nothing private in it."""

import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import httpx
import pytest
from aiohttp import web
from collector import Collector, collecting
from stage import Stage, StageOpener
from visitors import wait_for_dm

from bot.demo.codemie import Fault
from bot.network import make_direct_network
from bot.span_export import Places
from bot.tracing import open_tracing

_PROMPT = "Registration planted-prompt-words: name, planted-plate, e-mail"
_NOWHERE = "http://127.0.0.1:9"
_IMPORTED = """
import sys
import bot.app
print(sorted(name for name in sys.modules if name.partition(".")[0] in {"opentelemetry", "requests"}))
"""
_PLACES = Places(
    slack_api_url="https://slack.com/api/",
    codemie_url="https://codemie.example/code-assistant-api",
    auth_url="https://sso.example/auth",
)


async def _crash_before_page(stage: Stage, collector: Collector) -> None:
    """Ask for a prototype where the bot may not post, and kill the process once the flow is there and told of."""
    stage.workspace.remove_bot("C1")
    stage.fault_for = lambda turn, _: Fault.silence() if "<flow>" in turn.text else None
    await stage.workspace.send_command(user="U1", channel="C1", text=_PROMPT)
    await stage.wait_for_calls(2)
    await collector.wait_for(lambda spans: any(span.name == "ask_flow" for span in spans))
    await stage.kill()
    stage.fault_for = None


async def test_one_trace_tells_of_a_request_to_its_end(open_stage: StageOpener) -> None:
    """The job is below the request, the steps of both runs below the job, and the calls below their steps.

    No word of the prompt is in it, no answer, and none of the addresses and tokens that are secret.
    """
    async with (
        collecting() as collector,
        open_stage(
            PUBLIC_URL=_NOWHERE,
            PREVIEW_ACCESS="link",
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            CODEMIE_READ_TIMEOUT_S="30",
        ) as stage,
    ):
        await _crash_before_page(stage, collector)
        await stage.start()
        token = await _open_preview(stage)
        await collector.wait_for(lambda spans: any(span.name == "job" for span in spans))
        assert await stage.stop() == 0

    job = collector.find("job")
    (request,) = [span for span in collector.spans if span.id == job.parent]
    steps = collector.list_below(job)
    assert request.name == "POST /slack/events"
    assert job.facts == {
        "job.reference": _read_reference(stage),
        "job.surface": "command",
        "job.team": "T1",
        "job.outcome": "ready",
    }
    assert job.resource["service.name"] == "codemie-slack-bot"
    assert {span.trace for span in [request, *steps]} == {job.trace}
    assert _list_runs(collector, "ask_flow") == [(False, 1), (True, 2)]
    assert _list_runs(collector, "ask_ui") == [(False, 2)]
    assert _find_calls(collector, "ask_flow", run=1) == ["/v1/assistants/carrier/model"]
    assert _find_calls(collector, "ask_ui", run=2)[-1] == "/v1/assistants/carrier/model"
    assert collector.list("GET /p/{token}")
    sent = collector.content
    secrets = [*stage.secrets.values(), *(post.url for post in stage.workspace.response_url_posts), token]
    secrets += [post.url.rpartition("/")[2] for post in stage.workspace.response_url_posts]
    assert stage.workspace.response_url_posts
    assert b"planted" not in sent
    assert not [secret for secret in secrets if secret.encode() in sent]
    assert b"/upload" not in sent


def _list_runs(collector: Collector, name: str) -> list[tuple[bool, int]]:
    """List whether a step was kept, and in which run of the job."""
    return [(bool(span.facts["step.kept"]), int(span.facts["step.run"])) for span in collector.list(name)]


def _find_calls(collector: Collector, name: str, *, run: int) -> list[str]:
    """List the addresses that a step asked, as far as they are told; logins left out."""
    (step,) = [span for span in collector.list(name) if span.facts["step.run"] == run]
    urls = [str(span.facts["http.url"]) for span in collector.list_below(step)]
    return [url.partition("/code-assistant-api")[2] for url in urls if "/code-assistant-api" in url]


def _read_reference(stage: Stage) -> str:
    """Read the reference of the one job in the log."""
    return stage.read_log().partition('"job": "')[2].partition('"')[0]


async def _open_preview(stage: Stage) -> str:
    """Follow the link to the preview; return its token."""
    root = (await wait_for_dm(stage, "U1"))[0]
    shown = str((await stage.wait_for_controls(root.channel, root.ts, f"{_NOWHERE}/p/")).blocks)
    token = shown.partition(f"{_NOWHERE}/p/")[2][:43]
    assert await stage.get_status(f"/p/{token}") == 200
    return token


async def test_a_collector_that_is_away_holds_nothing_up(open_stage: StageOpener) -> None:
    """Jobs are done, the log says once that nothing is sent and once that it is again, and the process stops."""
    async with collecting() as collector, open_stage(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as stage:
        collector.status = 503
        anchor = await stage.command(_PROMPT)
        await stage.wait_for_files("C1", anchor.ts)
        await stage.wait_for_log("traces_not_sent")
        again = await stage.command(_PROMPT)
        await stage.wait_for_files("C1", again.ts)
        collector.status = 200
        await stage.get_status("/nothing")
        await stage.wait_for_log("traces_sent_again")
        collector.status = 503
        began_s = time.monotonic()
        code = await stage.stop()
        seconds = time.monotonic() - began_s

        log = stage.read_log()
        assert code == 0
        assert seconds < 12
        assert log.count("traces_sent_again") == 1
        assert 1 <= log.count("traces_not_sent") <= 2
        assert "opentelemetry" not in log
        assert "urllib3" not in log


def test_without_a_collector_nothing_is_imported() -> None:
    """What makes traces takes time and memory, which a bot without them does not spend."""
    run = subprocess.run([sys.executable, "-c", _IMPORTED], capture_output=True, text=True, check=True)  # noqa: S603

    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("url", "left"),
    [
        ("https://slack.com/api/chat.postMessage", "https://slack.com/api/chat.postMessage"),
        ("https://slack.com/api/users.info?user=U1", "https://slack.com/api/users.info"),
        ("https://slack.com/api/planted", "https://slack.com/…"),
        ("https://hooks.slack.com/commands/T1/2/planted", "https://hooks.slack.com/…"),
        ("https://files.slack.com/upload/v1/planted", "https://files.slack.com/…"),
        ("wss://wss-primary.slack.com/link/?ticket=planted", "wss://wss-primary.slack.com/…"),
        ("https://name:planted@host.example:8443/x", "https://host.example:8443/…"),
        (
            "https://codemie.example/code-assistant-api/v1/x?q=planted",
            "https://codemie.example/code-assistant-api/v1/x",
        ),
        ("https://sso.example/auth/realms/r/token#planted", "https://sso.example/auth/realms/r/token"),
        ("not a url: planted", "://None/…"),
    ],
)
def test_of_an_address_no_secret_is_left(url: str, left: str) -> None:
    """Paths of Slack's methods and of CodeMie are told, and of others the host alone."""
    assert _PLACES.clean(url) == left


async def _echo(request: web.Request) -> web.Response:
    return web.json_response({"traceparent": request.headers.get("traceparent")})


@asynccontextmanager
async def _serving(handler: web.RequestHandler | object, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)  # type: ignore[arg-type]  # a handler, which aiohttp has no name for
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def test_only_codemie_is_told_the_trace() -> None:
    """Slack and its upload hosts get no header that is meant for a tracing system of one's own."""
    async with collecting() as collector, _serving(_echo) as port:
        host = f"http://127.0.0.1:{port}"
        places = Places(slack_api_url=f"{host}/api/", codemie_url=f"{host}/code-assistant-api", auth_url=f"{host}/auth")
        network = make_direct_network()
        with open_tracing(collector.url, places=places, version="0", instance="test", network=network) as tracing:
            told: dict[str, bool] = {}
            async with (
                aiohttp.ClientSession(trace_configs=tracing.make_trace_configs()) as session,
                httpx.AsyncClient() as http,
            ):
                tracing.watch_http(http)
                for path in ("/api/chat.postMessage", "/upload/x"):
                    async with session.get(host + path) as answer:
                        told[path] = bool((await answer.json())["traceparent"])
                for path in ("/code-assistant-api/v1/x", "/auth/realms/x"):
                    told[path] = bool((await http.get(host + path)).json()["traceparent"])
            await collector.wait_for(lambda spans: len(spans) == len(told))

        assert {path for path, is_told in told.items() if is_told} == {"/code-assistant-api/v1/x"}
