"""The built-in CodeMie over time: answers that take seconds, clients that leave, conversations and their feedback."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from bot.demo.codemie import BuiltInCodemie, ChatTurn, Fault

TEXT = "x" * 400
CONVERSATION = str(uuid.UUID(int=7, version=4))
ANSWER = {
    "conversationId": CONVERSATION,
    "assistant_id": "a",
    "request": "q",
    "response": "x",
    "messageIndex": 1,
    "author": "user",
    "mark": "wrong",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A server that answers with what it remembers, and a client."""

    codemie: BuiltInCodemie
    http: httpx.AsyncClient

    async def ask(self, **more: object) -> str:
        """Ask, and read the answer to its end."""
        body = {"text": "q", "conversation_id": CONVERSATION, "stream": True, **more}
        return (await self.http.post("/v1/assistants/a/model", json=body)).text

    async def leave_early(self, **more: object) -> None:
        """Ask, and leave once the server has begun."""
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(self.ask(**more))
            await self.codemie.wait_for(lambda: bool(self.codemie.calls))
            await asyncio.sleep(0.1)
            asking.cancel()


def answer(turn: ChatTurn) -> str:
    """Answer with what was said before, made long enough to be cut."""
    return "|".join(item.message for item in turn.history) or TEXT


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run a server and a client of it."""
    async with (
        BuiltInCodemie(answer=answer) as codemie,
        httpx.AsyncClient(base_url=codemie.api_url, headers={"user-id": "demo"}, timeout=5) as http,
    ):
        yield Stage(codemie=codemie, http=http)


async def test_an_answer_takes_its_time(stage: Stage) -> None:
    """Ten chunks at two thousand characters a second, as the server's pace or as one answer's own."""
    stage.codemie.pace.chars_per_s = 2_000
    loop = asyncio.get_running_loop()

    began = loop.time()
    await stage.ask()
    paced = loop.time() - began
    stage.codemie.pace.chars_per_s = None
    stage.codemie.faults.append(Fault.slow(chars_per_s=2_000))
    await stage.ask()
    slowed = loop.time() - began - paced

    assert min(paced, slowed) >= 0.19
    assert stage.codemie.closed_streams == []


async def test_a_client_that_leaves_is_noticed(stage: Stage) -> None:
    """The stream is noted while its client is hardly gone; the turn is kept with nothing as its answer."""
    stage.codemie.pace.chars_per_s = 100
    await stage.leave_early()

    await stage.codemie.wait_for(lambda: bool(stage.codemie.closed_streams), 2)

    [closed] = stage.codemie.closed_streams
    assert closed.call.conversation_id == CONVERSATION
    assert closed.told_chars < len(TEXT)
    assert closed.at_s >= closed.call.at_s
    turns = stage.codemie.conversations[CONVERSATION].turns
    assert [(turn.role, turn.message) for turn in turns] == [("User", "q"), ("Assistant", "")]


async def test_who_leaves_a_call_that_is_no_stream_is_not_noticed(stage: Stage) -> None:
    """The answer is made and kept, as if nobody had left."""
    stage.codemie.pace.delay_s = 1
    await stage.leave_early(stream=False)

    await stage.codemie.wait_for(lambda: stage.codemie.calls[0].is_disconnected, 2)

    assert stage.codemie.closed_streams == []
    assert stage.codemie.conversations[CONVERSATION].turns[1].message == TEXT


async def test_a_conversation_goes_on_until_it_is_forgotten(stage: Stage) -> None:
    """The server's history counts, whatever the client sends; a forgotten one begins anew."""
    await stage.ask(text="one")
    other = [{"role": "User", "message": "made up"}]
    second = await stage.ask(text="two", history=other)
    shown = (await stage.http.get(f"/v1/conversations/{CONVERSATION}")).json()
    stage.codemie.conversations.pop(CONVERSATION)
    gone = await stage.http.get(f"/v1/conversations/{CONVERSATION}")
    third = await stage.ask(text="three", history=other)

    assert f'"generated":"one|{TEXT}"' in second
    assert [(item["role"], item["historyIndex"]) for item in shown["history"]] == [
        ("User", 0),
        ("Assistant", 0),
        ("User", 1),
        ("Assistant", 1),
    ]
    assert (shown["id"], shown["user_id"]) == (CONVERSATION, "demo")
    assert gone.status_code == 404
    assert '"generated":"made up"' in third


@pytest.mark.parametrize(
    ("change", "status", "is_kept"),
    [
        ({}, 200, True),
        ({"messageIndex": 2}, 500, True),
        ({"messageIndex": -1}, 500, True),
        ({"conversationId": str(uuid.UUID(int=8, version=4))}, 500, True),
        ({"conversationId": str(uuid.UUID(int=7, version=5))}, 500, False),
        ({"conversationId": "slack:C1:1.2"}, 500, False),
        ({"mark": "bad"}, 422, False),
        ({"author": "robot"}, 422, False),
    ],
)
async def test_feedback_is_taken_as_the_real_server_does(
    stage: Stage, change: dict[str, object], status: int, *, is_kept: bool
) -> None:
    """A wrong place breaks after the row was kept; an id that is no version-4 UUID breaks before."""
    await stage.ask()

    response = await stage.http.post("/v1/feedback", json={**ANSWER, **change})

    assert response.status_code == status
    assert bool(stage.codemie.feedback) == is_kept


async def test_feedback_is_taken_back(stage: Stage) -> None:
    """By its id, in the body of a DELETE; every field is needed to give it."""
    await stage.ask()
    feedback_id = (await stage.http.post("/v1/feedback", json=ANSWER)).json()["id"]
    incomplete = {key: value for key, value in ANSWER.items() if key != "assistant_id"}

    refused = await stage.http.post("/v1/feedback", json=incomplete)
    taken = await stage.http.request("DELETE", "/v1/feedback", json={"feedbackId": feedback_id})

    assert (refused.status_code, taken.status_code) == (422, 200)
    assert stage.codemie.feedback == []
