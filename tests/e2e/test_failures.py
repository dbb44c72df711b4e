"""What goes wrong at CodeMie: transient failures end in a result, lasting ones in one friendly message."""

import json
import re
from collections.abc import Callable

import pytest
from stage import Stage

from bot.core.controls import RETRY_ACTION
from bot.demo.codemie import ChatTurn, Fault
from bot.demo.workspace import Message

PROMPT = "Booking a doctor's appointment: specialist, date, phone"
_PAGE_WITHOUT_LABELS = (
    "<!doctype html><html><body><main><h1>Some page</h1><p>Nothing to fill in here.</p></main></body></html>"
)
_INTERNALS = re.compile(
    r"traceback|stacktrace|exception|error:|http|status|<html|nginx|assistant not found|jwt|platform_error|"
    r"execution|elastic|\b(?:401|403|404|422|429|500|502|503)\b",
    re.IGNORECASE,
)


def _once(fault: Fault, *, role: str = "flow") -> Callable[[ChatTurn, int], Fault | None]:
    return _times(1, fault, role=role)


def _times(n: int, fault: Fault, *, role: str = "flow") -> Callable[[ChatTurn, int], Fault | None]:
    """Fail the first ``n`` calls of a role."""
    seen = 0

    def choose(turn: ChatTurn, _: int) -> Fault | None:
        nonlocal seen
        if ("<flow>" in turn.text) is not (role == "page"):
            return None
        seen += 1
        return fault if seen <= n else None

    return choose


def _always(fault: Fault) -> Callable[[ChatTurn, int], Fault | None]:
    return lambda _turn, _number: fault


async def _generate(stage: Stage) -> tuple[Message, int]:
    before = len(stage.codemie.calls)
    anchor = await stage.command(PROMPT)
    return anchor, before


@pytest.fixture(autouse=True)
def _healthy_again(stage: Stage) -> object:
    """Leave no failure behind."""
    yield
    stage.fault_for = None


@pytest.mark.parametrize("role", ["flow", "page"])
@pytest.mark.parametrize(
    ("times", "fault"),
    [
        pytest.param(2, Fault.unavailable(), id="503 twice"),
        pytest.param(1, Fault.rate_limited(retry_after="1"), id="429 with Retry-After"),
        pytest.param(1, Fault.silence(), id="silence"),
        pytest.param(1, Fault.without_last(), id="stream cut"),
        pytest.param(1, Fault.drop(), id="connection dropped"),
        pytest.param(1, Fault.drop(kept_share=0), id="connection dropped at once"),
        pytest.param(1, Fault.expired_token(), id="token expired"),
        pytest.param(1, Fault.cut(), id="cut off by the output limit"),
        pytest.param(2, Fault.execution_failure("agent_network_error"), id="agent_network_error twice"),
        pytest.param(2, Fault.html(502), id="502 of a gateway twice"),
        pytest.param(2, Fault.trace(), id="500 twice"),
        pytest.param(1, Fault.say("Sorry, could you tell me more?"), id="prose"),
        pytest.param(1, Fault.empty(), id="empty"),
        pytest.param(1, Fault.linger(), id="connection kept open"),
    ],
)
async def test_what_can_pass_ends_in_a_result(stage: Stage, times: int, fault: Fault, role: str) -> None:
    """Retried or asked again, in a conversation of its own where one may have been stored."""
    stage.fault_for = _times(times, fault, role=role)
    anchor, before = await _generate(stage)
    messages = await stage.wait_for_files("C1", anchor.ts)

    calls = [call for call in stage.codemie.calls[before:] if ("<flow>" in call.text) is (role == "page")]
    assert len(messages) == 3
    assert len(calls) <= times + 1
    assert {call.turn.conversation_id[14] for call in calls} == {"4"}


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        pytest.param(Fault.denied(), 1, id="denied"),
        pytest.param(Fault.login_page(), 1, id="redirect to a login page"),
        pytest.param(Fault.forbidden(), 1, id="403"),
        pytest.param(Fault.not_found(), 1, id="404"),
        pytest.param(Fault.wrong_path(), 1, id="404 of a wrong path"),
        pytest.param(Fault.invalid(), 1, id="422"),
        pytest.param(Fault.html(200), 1, id="HTML that answers 200"),
        pytest.param(Fault.html(413), 1, id="HTML that answers 413"),
        pytest.param(Fault.html(503), 3, id="HTML that answers 503"),
        pytest.param(Fault.trace(), 3, id="500 with a trace"),
        pytest.param(Fault.stacktrace(), 1, id="a trace that answers 200"),
        pytest.param(Fault.unsuccessful(), 1, id="success false"),
        pytest.param(Fault.execution_failure("agent_token_limit"), 1, id="token limit"),
        pytest.param(Fault.execution_failure("platform_error"), 3, id="a failure that answers 200"),
        pytest.param(Fault.empty(), 2, id="empty"),
        pytest.param(Fault.say("I am a helpful assistant. What would you like?"), 2, id="prose"),
        pytest.param(Fault.cut(), 2, id="always cut off"),
    ],
)
async def test_what_lasts_ends_in_one_friendly_message(stage: Stage, fault: Fault, calls: int) -> None:
    """In the thread, with a reference, without internals; tried again only where that can help."""
    stage.fault_for = _always(fault)
    anchor, before = await _generate(stage)
    messages = await stage.wait_for_failure("C1", anchor.ts)

    shown = messages[1].text + json.dumps(messages[1].blocks, ensure_ascii=False)
    assert len(messages) == 2
    assert len(stage.codemie.calls) - before == calls
    assert "Reference: " in messages[1].text
    assert not _INTERNALS.search(shown), shown


async def test_a_token_that_stays_refused_is_told(stage: Stage) -> None:
    """One refresh, then the end: a second one could not help."""
    stage.fault_for = _always(Fault.expired_token())
    anchor, before = await _generate(stage)
    messages = await stage.wait_for_failure("C1", anchor.ts)

    assert len(stage.codemie.calls) - before == 2
    assert "sign in" in messages[1].text


async def test_try_again_goes_on_from_the_stage_that_failed(stage: Stage) -> None:
    """The flow is not asked for twice, and the failure is taken back; a double click makes one job."""
    stage.fault_for = _times(3, Fault.unavailable(), role="page")
    anchor, before = await _generate(stage)
    _, flow, failure = await stage.wait_for_failure("C1", anchor.ts)
    await stage.workspace.click("U1", failure, RETRY_ACTION)
    await stage.workspace.click("U1", failure, RETRY_ACTION)
    messages = await stage.wait_for_files("C1", anchor.ts)

    flow_calls = [call for call in stage.codemie.calls[before:] if "<flow>" not in call.text]
    assert len(flow_calls) == 1
    assert [message.ts for message in messages[:2]] == [anchor.ts, flow.ts]
    assert len(messages) == 3
    assert failure.ts not in {message.ts for message in messages}


async def test_try_again_after_a_mention_reuses_its_message(stage: Stage) -> None:
    """The progress message goes on and becomes the flow."""
    stage.fault_for = _times(3, Fault.unavailable())
    said = await stage.workspace.say(user="U1", channel="C1", text=PROMPT, mention=True)
    progress, failure = await stage.wait_for_failure("C1", said.ts)
    await stage.workspace.click("U2", failure, RETRY_ACTION)
    messages = await stage.wait_for_files("C1", said.ts)

    assert messages[0].ts == progress.ts
    assert len(messages) == 2


async def test_a_page_that_lacks_fields_is_asked_for_once_more(stage: Stage) -> None:
    """The second answer has them, and the result says so."""
    stage.fault_for = _once(Fault.say(_PAGE_WITHOUT_LABELS), role="page")
    anchor, before = await _generate(stage)
    messages = await stage.wait_for_files("C1", anchor.ts)

    again = stage.codemie.calls[before:][-1]
    assert len(stage.codemie.calls) - before == 3
    assert "labelled control" in again.text
    assert again.conversation_id == stage.codemie.calls[-2].conversation_id
    assert re.search(r"has all \d+ fields", messages[2].text)


async def test_what_is_still_missing_is_named(stage: Stage) -> None:
    """A page that never gets its fields is delivered all the same, saying what it lacks."""
    stage.fault_for = _times(9, Fault.say(_PAGE_WITHOUT_LABELS), role="page")
    anchor, before = await _generate(stage)
    messages = await stage.wait_for_files("C1", anchor.ts)

    assert len(stage.codemie.calls) - before == 3
    assert re.search(r"The page has 0 of \d+ fields\.\nMissing: `", messages[2].text)


async def test_hostile_answers_reach_nobody_as_markup(stage: Stage) -> None:
    """Mentions, links and markup of the model and of the prompt are shown as text."""
    bad = "<!channel> <@U2> <http://evil.example|click> *bold* `x` </style><script>alert(1)</script>"
    flow = {
        "id": "x",
        "name": bad,
        "description": bad,
        "steps": [
            {"id": "s", "type": bad, "title": bad, "message": bad, "fields": [{"name": "a", "type": bad, "label": bad}]}
        ],
    }
    head = f"<head><title>{bad}</title></head>"
    page = f"<!doctype html><html>{head}<body onload='x()'><h1>A page of words {bad}</h1></body></html>"
    stage.fault_for = lambda turn, _: Fault.say(page if "<flow>" in turn.text else json.dumps(flow))
    said = await stage.workspace.say(
        user="U1", channel="C1", text="A form for <!channel> and <@U2> to read", mention=True
    )
    messages = await stage.wait_for_files("C1", said.ts)
    html = stage.read_file(messages[-1], "prototype.html")

    for message in messages:
        assert "<!channel>" not in message.text
        assert "<@U2>" not in message.text
        assert "<http" not in message.text
        assert '"mrkdwn"' not in json.dumps(message.blocks)
    assert "<script" not in html
    assert "onload" not in html


@pytest.mark.timeout(300)
async def test_a_huge_flow_arrives_within_limits(stage: Stage) -> None:
    """60 steps of 30 fields with names of 4,000 characters: cut at whole steps, whole in flow.json."""
    fields = [{"name": f"f{n}", "type": "text", "label": f"Поле {n} " + "ї" * 40} for n in range(30)]
    flow = {"name": "Н" * 4_000, "steps": [{"title": f"Крок {n} " + "ї" * 4_000, "fields": fields} for n in range(60)]}
    fenced = f"Here you are:\n```json\n{json.dumps(flow, ensure_ascii=False)}\n```\nEnjoy!"
    stage.fault_for = lambda turn, _: None if "<flow>" in turn.text else Fault.say(fenced)
    anchor = await stage.command("Велика форма на шістдесят кроків")
    messages = await stage.wait_for_files("C1", anchor.ts, timeout_s=240)

    delivered = json.loads(stage.read_file(messages[2], "flow.json"))
    assert len(delivered["steps"]) == 60
    assert len(delivered["steps"][59]["fields"]) == 30
    assert "flow.json" in str(messages[1].blocks)
    assert not any(call.answer and call.answer.get("error") for call in stage.workspace.calls[-12:])
