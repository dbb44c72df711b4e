"""What the built-in CodeMie tells of the calls it takes: begin, end, status, sizes, and who hung up."""

import httpx
import pytest

from bot.demo.codemie import BuiltInCodemie, Fault
from bot.demo.codemie.records import ChatCall


async def ask(codemie: BuiltInCodemie, **headers: str) -> httpx.Response:
    """Ask for a streamed answer."""
    body = {"text": "x", "conversation_id": "c", "stream": True}
    async with httpx.AsyncClient(trust_env=False) as client:
        url = f"{codemie.api_url}/v1/assistants/a/model"
        return await client.post(url, json=body, headers={"user-id": "u", **headers})


async def test_calls_tell_how_they_went() -> None:
    """A whole answer, a refusal and a cut stream differ in status, size and end; observers hear of both ends."""
    heard: list[tuple[int, bool]] = []
    now = 1_700_000_000.0

    def note(call: ChatCall) -> None:
        heard.append((codemie.calls.index(call), call.took_s is None))

    async with BuiltInCodemie(answer=lambda _: "an answer of some length", clock=lambda: now) as codemie:
        unsubscribe = codemie.subscribe(note)
        whole = await ask(codemie)
        codemie.faults.append(Fault.answer(500, "x"))
        refused = await ask(codemie)
        codemie.faults.append(Fault.drop())
        with pytest.raises(httpx.RemoteProtocolError):
            await ask(codemie)
        unsubscribe()
        await ask(codemie)

    first, second, third, _ = codemie.calls
    assert [call.at for call in codemie.calls] == [now] * 4
    assert (first.status, first.size_bytes, first.is_closed_early) == (200, len(whole.content), False)
    assert (second.status, second.size_bytes, second.is_closed_early) == (500, len(refused.content), False)
    assert (third.status, third.is_closed_early, third.is_disconnected) == (200, True, False)
    assert 0 < third.size_bytes < first.size_bytes
    assert all(call.took_s is not None and call.took_s > 0 and call.request_bytes > 0 for call in codemie.calls)
    assert heard == [(0, True), (0, False), (1, True), (1, False), (2, True), (2, False)]


async def test_listens_on_a_given_port() -> None:
    """A port that was free is taken on demand."""
    async with BuiltInCodemie(answer=lambda _: "x") as first:
        port = first.port

    async with BuiltInCodemie(answer=lambda _: "x", port=port) as second:
        answer = await ask(second)

    assert second.port == port
    assert answer.status_code == 200
