"""The HTTP API of a running bot: what it makes, what it refuses, and what it tells nobody."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from calling import PROMPT, TOKEN, Answered, Caller, calling
from stage import Stage, open_stage

from bot.demo.codemie import Fault

SUSPICIOUS = "Form'; DROP TABLE users; --"


@pytest.fixture(scope="module")
async def api_stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Return a bot whose API is enabled, which tries CodeMie once."""
    async with open_stage(
        tmp_path_factory.mktemp("api"), API_TOKEN=TOKEN, CODEMIE_RETRY_ATTEMPTS="1", CODEMIE_READ_TIMEOUT_S="3"
    ) as opened:
        yield opened


@pytest.fixture
async def caller(api_stage: Stage) -> AsyncIterator[Caller]:
    """Return a client that has the token."""
    async with calling(api_stage) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _no_faults_again(api_stage: Stage) -> Iterator[None]:
    """Leave no fault behind."""
    yield
    api_stage.codemie.faults.clear()
    api_stage.codemie.pace.delay_s = 0


def _count_requests(stage: Stage) -> int:
    with closing(sqlite3.connect(Path(stage.env["DATA_DIR"]) / "bot.sqlite", timeout=10)) as database:
        (count,) = database.execute("SELECT count(*) FROM bot_requests").fetchone()
    return int(count)


def _list_jobs(stage: Stage) -> list[str]:
    with closing(sqlite3.connect(Path(stage.env["DATA_DIR"]) / "bot.sqlite", timeout=10)) as database:
        return [job_id for (job_id,) in database.execute("SELECT job_id FROM bot_requests")]


def _is_error(answered: Answered, kind: str, path: str = "/api/generate") -> bool:
    return (
        set(answered.body) == {"error", "detail", "path"}
        and answered.body["error"] == kind
        and answered.body["path"] == path
        and "Traceback" not in answered.body["detail"]
    )


async def _send_raw(stage: Stage, request: bytes) -> tuple[int, dict[str, Any]]:
    """Send bytes as they are; return the status and the body."""
    host, _, port = stage.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
        size = next(
            int(line.split(b":")[1]) for line in head.splitlines() if line.lower().startswith(b"content-length")
        )
        body = await reader.readexactly(size)
    writer.close()
    return int(head.split()[1]), json.loads(body)


async def test_a_request_is_answered_with_what_slack_would_get(api_stage: Stage, caller: Caller) -> None:
    """Flow and page of two CodeMie calls, of which Slack hears nothing, and which can be fetched again."""
    slack_calls, codemie_calls = len(api_stage.workspace.calls), len(api_stage.codemie.calls)
    made = await caller.generate(f"  {PROMPT}\n")
    fetched = await caller.call("GET", made.headers["Location"])

    assert made.status == 200
    assert made.body["status"] == "ready"
    assert made.body["prompt"] == PROMPT
    assert made.body["error"] is None
    assert made.body["flow"]["steps"]
    assert made.body["ui"].lower().startswith("<!doctype html>")
    assert made.headers["Location"] == f"/api/generate/{made.body['id']}"
    assert fetched.status == 200
    assert fetched.body == made.body
    assert len(api_stage.codemie.calls) == codemie_calls + 2
    assert len(api_stage.workspace.calls) == slack_calls


async def test_a_generation_takes_no_step_but_its_own(api_stage: Stage, caller: Caller) -> None:
    """Nothing is meant to be posted, and no picture is drawn."""
    made = await caller.generate()
    with closing(sqlite3.connect(Path(api_stage.env["DATA_DIR"]) / "bot.sqlite")) as database:
        query = "SELECT function_name FROM operation_outputs WHERE workflow_uuid = ? ORDER BY function_id"
        steps = [name for (name,) in database.execute(query, (f"call:{made.body['id']}",))]

    assert steps == ["ask_flow", "ask_ui", "compile_page", "keep_result"]


async def test_whoever_prefers_not_to_wait_asks_again(api_stage: Stage, caller: Caller) -> None:
    """202 at once, with where and when to ask; the model is passed on."""
    api_stage.codemie.pace.delay_s = 0.5
    body = {"prompt": PROMPT, "model": "gpt-4.1"}
    begun = await caller.call("POST", "/api/generate", json=body, headers={"Prefer": "respond-async"})
    looked = await caller.call("GET", begun.headers["Location"])
    done = await caller.poll(begun.headers["Location"])

    assert begun.status == 202
    assert begun.headers["Preference-Applied"] == "respond-async"
    assert begun.body["status"] == looked.body["status"] == "processing"
    assert begun.body["id"] in begun.headers["Location"]
    assert begun.headers["Retry-After"] == looked.headers["Retry-After"] == "2"
    assert done.body["status"] == "ready"
    assert api_stage.codemie.calls[-1].model == "gpt-4.1"


async def test_waiting_has_the_limit_that_was_asked_for(api_stage: Stage, caller: Caller) -> None:
    """Done within it is 200, else it is 202 and goes on."""
    api_stage.codemie.pace.delay_s = 0.8
    short = await caller.generate(headers={"Prefer": "wait=1"})
    done = await caller.poll(short.headers["Location"])
    api_stage.codemie.pace.delay_s = 0
    long = await caller.generate(headers={"Prefer": "handling=lenient, wait=20"})

    assert short.status == 202
    assert short.headers["Preference-Applied"] == "wait=1"
    assert done.body["status"] == "ready"
    assert long.status == 200


async def test_the_same_key_finds_the_same_generation(api_stage: Stage, caller: Caller) -> None:
    """However often and at once it is asked for, quoted or not; another request with that key is refused."""
    calls = len(api_stage.codemie.calls)
    bare, quoted = {"Idempotency-Key": "key-1"}, {"Idempotency-Key": '"key-1"'}
    first, second = await asyncio.gather(caller.generate(headers=bare), caller.generate(headers=quoted))
    third = await caller.generate(headers={**bare, "Prefer": "respond-async"})
    other = await caller.generate(f"{PROMPT}, phone", headers=bare)
    malformed = await caller.generate(headers={"Idempotency-Key": "a key"})

    assert (first.status, second.status, third.status) == (200, 200, 200)
    assert first.body == second.body == third.body
    assert len(api_stage.codemie.calls) == calls + 2
    assert other.status == malformed.status == 422
    assert _is_error(other, "http_error")
    assert _is_error(malformed, "validation_error")


async def _leave(stage: Stage, caller: Caller, headers: dict[str, str]) -> None:
    """Ask, and go away once CodeMie is asked."""
    calls = len(stage.codemie.calls)
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(caller.generate(headers=headers))
        await stage.wait_for_calls(calls + 1)
        asking.cancel()


async def test_whoever_leaves_has_it_cancelled_unless_they_can_come_back(api_stage: Stage, caller: Caller) -> None:
    """Nobody can fetch what was asked for without a key, so that CodeMie is not asked any further."""
    api_stage.codemie.pace.delay_s = 1.5
    calls = len(api_stage.codemie.calls)
    await _leave(api_stage, caller, {})
    await api_stage.wait_for_log("job_cancelled")
    await _leave(api_stage, caller, {"Idempotency-Key": "key-2"})
    api_stage.codemie.pace.delay_s = 0
    back = await caller.generate(headers={"Idempotency-Key": "key-2"})

    assert back.status == 200
    assert len(api_stage.codemie.calls) == calls + 3


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Bearer {TOKEN} {TOKEN}"},
        {"Authorization": "Bearer ключ"},
    ],
)
async def test_who_has_no_token_starts_nothing(api_stage: Stage, headers: dict[str, str]) -> None:
    """401 with the scheme, wherever it is asked; the ledger and CodeMie know of nothing."""
    before = _count_requests(api_stage), len(api_stage.codemie.calls), api_stage.codemie.health_checks
    answers = []
    async with aiohttp.ClientSession() as session:
        stranger = Caller(session=session, stage=api_stage)
        for method, path in (("POST", "/api/generate"), ("GET", "/api/generate/1"), ("GET", "/api/status")):
            body = {"json": {"prompt": PROMPT}} if method == "POST" else {}
            answers.append((path, await stranger.call(method, path, headers=headers, **body)))

    assert [answered.status for _, answered in answers] == [401] * 3
    assert all(answered.headers["WWW-Authenticate"].startswith("Bearer ") for _, answered in answers)
    assert all(_is_error(answered, "http_error", path) for path, answered in answers)
    assert (_count_requests(api_stage), len(api_stage.codemie.calls), api_stage.codemie.health_checks) == before


async def test_the_token_is_looked_at_before_the_body(api_stage: Stage) -> None:
    """401 is there while the body is not; two tokens are none; the scheme may be written in any case."""
    head = b"POST /api/generate HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n"
    status, body = await _send_raw(api_stage, head + b"\r\n")
    twice = f"Authorization: Bearer {TOKEN}\r\n".encode() * 2
    doubled, _ = await _send_raw(api_stage, b"GET /api/status HTTP/1.1\r\nHost: h\r\n" + twice + b"\r\n")
    shouted = f"Authorization: BEARER {TOKEN}\r\n\r\n".encode()
    known, _ = await _send_raw(api_stage, b"GET /api/status HTTP/1.1\r\nHost: h\r\n" + shouted)

    assert status == 401
    assert body["error"] == "http_error"
    assert doubled == 401
    assert known == 200


async def test_a_body_that_waits_to_be_asked_for(api_stage: Stage, caller: Caller) -> None:
    """It is, unless the token is wrong; other expectations are not met."""
    body = json.dumps({"prompt": PROMPT}).encode()
    head = (
        f"POST /api/generate HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    )
    known = f"{head}Authorization: Bearer {TOKEN}\r\n"
    wrong, _ = await _send_raw(api_stage, f"{head}Authorization: Bearer x\r\nExpect: 100-continue\r\n\r\n".encode())
    status = await caller.call("GET", "/api/status", headers={"Expect": "planted"})
    odd, said = await _send_raw(api_stage, f"{known}Expect: planted\r\n\r\n".encode())
    host, _, port = api_stage.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"{known}Expect: 100-continue\r\n\r\n".encode())
    asked_for = await reader.readuntil(b"\r\n\r\n")
    writer.write(body)
    answered = await reader.readuntil(b"\r\n\r\n")
    writer.close()

    assert wrong == 401
    assert odd == 417
    assert status.status == 417
    assert status.body["error"] == "http_error"
    assert said["error"] == "http_error"
    assert "planted" not in said["detail"]
    assert asked_for == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answered.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"prompt": "short"}, 422, "prompt_error"),
        ({"prompt": "x" * 2001}, 422, "prompt_error"),
        ({"prompt": " \n\u0000 \t" * 5}, 422, "prompt_error"),
        ({"prompt": SUSPICIOUS}, 403, "prompt_error"),
        ({"prompt": 7}, 422, "validation_error"),
        ({}, 422, "validation_error"),
        ({"prompt": PROMPT, "model": "planted model"}, 422, "validation_error"),
        ({"prompt": PROMPT, "planted": 1}, 422, "validation_error"),
        ([PROMPT], 422, "validation_error"),
    ],
)
async def test_what_does_not_fit_is_refused(caller: Caller, body: object, status: int, kind: str) -> None:
    """With the field that is wrong, and never with what was sent."""
    answered = await caller.call("POST", "/api/generate", json=body)

    assert answered.status == status
    assert _is_error(answered, kind)
    assert "planted" not in answered.body["detail"]


async def test_a_prompt_is_refused_in_its_language(caller: Caller) -> None:
    """The detail is fit to be shown."""
    answered = await caller.generate("Форма")

    assert answered.status == 422
    assert "щонайменше 10 символами" in answered.body["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"prompt": "Registration for a car"', 422),
        (b'{"prompt": NaN}', 422),
        (b'{"prompt": "Registration for a car", "prompt": "Registration for a dog"}', 422),
        (b"[" * 30_000, 422),
        (b'{"prompt": 1' + b"0" * 10_000 + b"}", 422),
        ('{"prompt": "Registration for a car"}'.encode("utf-16"), 422),
        (b"", 422),
        (b'{"prompt": "' + b"x" * 70_000 + b'"}', 413),
        (b'\xef\xbb\xbf{"prompt": "Registration for a car"}', 202),
        (b'{"prompt": "Registration for a car \\ud800"}', 202),
    ],
)
async def test_odd_bodies_do_no_harm(caller: Caller, body: bytes, status: int) -> None:
    """They are refused, or read as what they say."""
    headers = {"Content-Type": "application/json", "Prefer": "respond-async"}
    answered = await caller.call("POST", "/api/generate", data=body, headers=headers)
    if answered.status == 202:  # the next test's faults are not for this one's job
        await caller.poll(answered.headers["Location"])

    assert answered.status == status


async def test_a_body_that_is_not_packed_as_it_says(caller: Caller) -> None:
    """It can't be read, which is nobody's fault here."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answered = await caller.call("POST", "/api/generate", data=b'{"prompt": "not gzip at all"}', headers=headers)

    assert answered.status == 400
    assert _is_error(answered, "http_error")


async def test_a_body_without_a_length_has_the_same_limit(caller: Caller) -> None:
    """Its end is not waited for."""

    async def drip() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1024

    headers = {"Content-Type": "application/json"}
    answered = await caller.call("POST", "/api/generate", data=drip(), headers=headers)

    assert answered.status == 413
    assert _is_error(answered, "http_error")


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"]
)
async def test_another_type_is_refused(caller: Caller, content_type: str | None) -> None:
    """415 says which is taken."""
    headers = {"Content-Type": content_type} if content_type else {}
    body = json.dumps({"prompt": PROMPT}).encode()
    answered = await caller.call(
        "POST", "/api/generate", data=body, headers=headers, skip_auto_headers=["Content-Type"]
    )

    assert answered.status == 415
    assert answered.headers["Accept-Post"] == "application/json"
    assert _is_error(answered, "http_error")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.unavailable(), 503),
        (Fault.denied(), 502),
        (Fault.silence(kept_share=0), 504),
        (Fault.login_page(), 502),
        (Fault.execution_failure("lite_llm_budget_exceeded"), 502),
    ],
)
async def test_a_failure_of_codemie_is_told_with_its_place(
    api_stage: Stage, caller: Caller, fault: Fault, status: int
) -> None:
    """The POST fails as a gateway does, and the generation can be asked for: it says the same."""
    api_stage.codemie.faults.append(fault)
    failed = await caller.generate()
    fetched = await caller.call("GET", failed.headers["Location"])

    assert failed.status == status
    assert _is_error(failed, "codemie_error")
    assert fetched.status == 200
    assert fetched.body["status"] == "error"
    assert fetched.body["error"] == failed.body["detail"]
    assert fetched.body["flow"] is fetched.body["ui"] is None


async def test_an_answer_that_is_no_flow_is_codemies_failure(api_stage: Stage, caller: Caller) -> None:
    """Asked twice, in Ukrainian: so is the detail."""
    api_stage.codemie.faults.extend([Fault.say("no flow"), Fault.say("no flow")])
    failed = await caller.generate("Реєстрація дозволу на паркування")

    assert failed.status == 502
    assert "CodeMie" in failed.body["detail"]
    assert "шляху користувача" in failed.body["detail"]


async def test_no_generation_of_slack_can_be_fetched(api_stage: Stage, caller: Caller) -> None:
    """By whatever part of its id; nor one that nobody has asked for."""
    anchor = await api_stage.command(PROMPT)
    await api_stage.wait_for_files("C1", anchor.ts)
    slack_ids = [job_id for job_id in _list_jobs(api_stage) if not job_id.startswith("call:")]
    ids = [part for job_id in slack_ids for part in (job_id, job_id.split(":")[-1])]
    ids += ["0b7c6a54-6b0e-4f5b-9a35-3d0d6f1f4a11", "0B7C6A54-6B0E-4F5B-9A35-3D0D6F1F4A11", "x", "%00", "..%2Fstatus"]
    statuses = [(await caller.call("GET", f"/api/generate/{call_id}")).status for call_id in ids]

    assert slack_ids
    assert set(statuses) == {404}


async def test_the_state_of_codemie_is_probed_once_for_many(api_stage: Stage, caller: Caller) -> None:
    """However many ask at once; it costs no question."""
    checks, calls = api_stage.codemie.health_checks, len(api_stage.codemie.calls)
    answers = await asyncio.gather(*(caller.call("GET", "/api/status") for _ in range(8)))

    assert {answered.status for answered in answers} == {200}
    assert answers[0].body == {
        "codemie_available": True,
        "agent_flow_id": "carrier",
        "agent_ui_id": "carrier",
        "api_url": api_stage.codemie.api_url,
        "error": None,
    }
    assert api_stage.codemie.health_checks <= checks + 1
    assert len(api_stage.codemie.calls) == calls


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/api", 404, None),
        ("GET", "/api/nothing", 404, None),
        ("POST", "/api/generate/", 404, None),
        ("GET", "/api/generate", 405, "OPTIONS, POST"),
        ("DELETE", "/api/status", 405, "GET, HEAD, OPTIONS"),
        ("OPTIONS", "/api/generate", 204, "OPTIONS, POST"),
        ("HEAD", "/api/docs", 200, None),
    ],
)
async def test_other_addresses_and_methods(
    caller: Caller, method: str, path: str, status: int, allow: str | None
) -> None:
    """They are answered in the API's own shape."""
    answered = await caller.call(method, path)

    assert answered.status == status
    assert answered.headers.get("Allow") == allow
    assert answered.body is None or _is_error(answered, "http_error", path)


async def test_what_is_no_http_is_answered_in_the_same_shape(api_stage: Stage) -> None:
    """And neither the answer nor the log repeats it."""
    status, body = await _send_raw(api_stage, b"GET /api/status HTTP/1.1\r\nplanted broken header\r\n\r\n")

    assert status == 400
    assert body["error"] == "http_error"
    assert "planted" not in json.dumps(body)
    assert "planted" not in api_stage.read_log()


async def test_the_description_is_for_everybody(api_stage: Stage) -> None:
    """The document and its page need no token; the page may load nothing and be framed by nobody."""
    async with aiohttp.ClientSession() as session:
        stranger = Caller(session=session, stage=api_stage)
        document = await stranger.call("GET", "/api/openapi.json")
        page = await stranger.call("GET", "/api/docs")

    assert document.body["openapi"] == "3.1.0"
    assert set(document.body["paths"]) == {"/api/generate", "/api/generate/{id}", "/api/status"}
    assert page.status == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


async def test_slack_hears_nothing_of_the_api(api_stage: Stage, caller: Caller) -> None:
    """Not in the list of somebody's requests, and not in a message."""
    messages = len(api_stage.workspace.messages("C1"))
    await caller.generate(f"{PROMPT}, unheard")
    listed = await api_stage.workspace.send_command(user="U1", channel="C1", text="status")

    assert "unheard" not in listed.body
    assert len(api_stage.workspace.messages("C1")) == messages


async def test_the_log_has_neither_words_nor_secrets(api_stage: Stage, caller: Caller) -> None:
    """Nor the address of a client; each line of a job has its name."""
    await caller.generate()
    log = api_stage.read_log()

    assert '"user": "api-' in log
    assert "planted" not in log
    assert "127.0.0.1" not in log.replace(api_stage.url, "")
