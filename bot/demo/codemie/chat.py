"""The chat endpoint: from a request to a stream of glued objects, and what goes wrong on the way."""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from aiohttp import web

from bot.demo.codemie import bodies
from bot.demo.codemie.accounts import Accounts, Refused, answer_fault, answer_json, read_body
from bot.demo.codemie.archive import Archive
from bot.demo.codemie.assistants import Assistants
from bot.demo.codemie.faults import Ending, Fault
from bot.demo.codemie.records import ChatCall, ChatTurn, ClosedStream, Turn
from bot.demo.gate import Gate, Moment, stand_open

AnswerMaker = Callable[[ChatTurn], str]
FaultMaker = Callable[[ChatTurn, int], Fault | None]

_SECRET_HEADERS: Final = frozenset({"authorization", "cookie"})
_NDJSON_TYPE: Final = "application/x-ndjson"
_FAILURE_TEXT: Final = "AI Agent run failed with error: InternalServerError: Error code: 500 - demo"
_CHAIN_FAILURE_TEXT: Final = "PureChain generation failed with error: RuntimeError: demo"
_NO_FAULT: Final = Fault()
_CHAT: Final = "chat"


@dataclass(slots=True, kw_only=True)
class Pace:
    """Seconds before the first chunk and between chunks, and characters of a chunk; may be changed at any time.

    With ``chars_per_s`` the seconds between chunks follow from it.
    """

    delay_s: float
    chunk_delay_s: float
    chunk_chars: int
    chars_per_s: float | None = None

    def get_chunk_delay_s(self, chars_per_s: float | None = None) -> float:
        """Return the seconds to wait after a chunk, at a pace of one answer's own if that is given."""
        pace = chars_per_s or self.chars_per_s
        return self.chunk_chars / pace if pace else self.chunk_delay_s


@dataclass(slots=True, kw_only=True)
class _Run:
    """One run: its call, what goes wrong with it, the part of the answer that is told, and how much was by now."""

    call: ChatCall
    fault: Fault
    told: str
    is_saved: bool
    started_at_s: float
    thought_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    told_chars: int = 0

    @property
    def generated(self) -> str:
        """What the last object holds: a failure's text is glued to what was told before it."""
        if self.fault.execution_error is not None:
            return self.told + _FAILURE_TEXT
        return self.told + (_CHAIN_FAILURE_TEXT if self.fault.ending is Ending.STACKTRACE else "")


class Chat:
    """Answers chats in order of arrival; ``calls`` has every one of them, refused ones too."""

    def __init__(
        self,
        *,
        answer: AnswerMaker,
        fault_for: FaultMaker | None,
        assistants: Assistants,
        pace: Pace,
        accounts: Accounts,
        archive: Archive,
    ) -> None:
        self.calls: list[ChatCall] = []
        self.closed_streams: list[ClosedStream] = []
        self.faults: deque[Fault] = deque()
        self.closing = asyncio.Event()
        self.gate: Gate = stand_open
        self.in_flight = 0
        self.most_in_flight = 0
        self._changed = asyncio.Event()
        self._answer = answer
        self._fault_for = fault_for
        self._assistants = assistants
        self._pace = pace
        self._accounts = accounts
        self._archive = archive

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer ``POST /v1/assistants/{id}/model``."""
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self._handle(request)
        finally:
            self.in_flight -= 1

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await read_body(request)
        call = self._record(request, body)
        call.user = self._accounts.authenticate(request)
        await self._pass_gate(call, Moment.ARRIVED)
        fault = self._choose_fault(call)
        if fault.body is not None:
            return answer_fault(fault)
        _check_body(body)
        self._assistants.check(call.assistant_id, call.user)
        if body.get("background_task") and not call.is_streamed:
            return answer_json(bodies.make_background(task_id=str(uuid.uuid4())))
        history = self._archive.open_conversation(call.conversation_id, call.user)
        call.turn = call.turn if history is None else replace(call.turn, history=history)
        run = self._start_run(call, fault, is_saved=body.get("save_history") is not False)
        try:
            return await self._tell(request, run)
        except (asyncio.CancelledError, ConnectionError):
            self._note_leaving(run)
            raise

    def _note_leaving(self, run: _Run) -> None:
        """Keep the turn of a client that left: a stream's with an empty answer, any other's as if nothing was."""
        call = run.call
        call.is_disconnected = True
        if not call.is_answered:
            self._keep(run, "" if call.is_streamed else run.generated)
            if call.is_streamed:
                at_s = asyncio.get_running_loop().time()
                self.closed_streams.append(ClosedStream(call=call, at_s=at_s, told_chars=run.told_chars))
        self._announce()

    async def wait_for_change(self) -> None:
        """Wait until a chat comes, is answered or is left."""
        await self._changed.wait()

    async def _pass_gate(self, call: ChatCall, moment: Moment) -> None:
        await self.gate(_CHAT, {"text": call.text, "conversation_id": call.conversation_id}, moment)

    def _announce(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _record(self, request: web.Request, body: Mapping[str, Any]) -> ChatCall:
        turn = ChatTurn(
            assistant_id=request.match_info["id"],
            text=_read_text(body, "text"),
            system_prompt=_read_text(body, "system_prompt") or _read_text(body, "systemPrompt"),
            conversation_id=_read_text(body, "conversation_id") or _read_text(body, "conversationId"),
            history=_read_history(body.get("history")),
        )
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = ChatCall(
            turn=turn,
            at_s=asyncio.get_running_loop().time(),
            headers={name: value for name, value in headers.items() if name not in _SECRET_HEADERS},
            user="",
            model=body.get("llm_model"),
            is_streamed=body.get("stream") is True,
        )
        self.calls.append(call)
        self._announce()
        return call

    def _choose_fault(self, call: ChatCall) -> Fault:
        made = self._fault_for(call.turn, len(self.calls) - 1) if self._fault_for else None
        return made or (self.faults.popleft() if self.faults else _NO_FAULT)

    def _start_run(self, call: ChatCall, fault: Fault, *, is_saved: bool) -> _Run:
        text = self._answer(call.turn) if fault.text is None else fault.text
        return _Run(
            call=call,
            fault=fault,
            told=text[: round(len(text) * fault.kept_share)],
            is_saved=is_saved,
            started_at_s=asyncio.get_running_loop().time(),
        )

    async def _tell(self, request: web.Request, run: _Run) -> web.StreamResponse:
        await asyncio.sleep(self._pace.delay_s)
        if not run.call.is_streamed or run.fault.is_unsuccessful:
            return self._tell_whole(run)
        if run.fault.ending is Ending.DROPPED and not run.told:
            return _drop(request, web.Response())
        response = web.StreamResponse(headers={"Content-Type": _NDJSON_TYPE})
        await response.prepare(request)
        for piece in bodies.split_text(run.told, chars=self._pace.chunk_chars):
            await response.write(bodies.write(bodies.make_delta(thought_id=run.thought_id, text=piece)))
            run.told_chars += len(piece)
            await asyncio.sleep(self._pace.get_chunk_delay_s(run.fault.chars_per_s))
        match run.fault.ending:
            case Ending.DROPPED:
                return _drop(request, response)
            case Ending.WITHOUT_LAST:
                return response
            case Ending.SILENT:
                await self.closing.wait()
                return response
            case _:
                await self._end(response, run)
                return _drop(request, response) if run.fault.ending is Ending.BROKEN else response

    async def _end(self, response: web.StreamResponse, run: _Run) -> None:
        """Close the thought, unless it is cut, and give the whole answer."""
        if run.fault.ending is Ending.STACKTRACE:
            await response.write(bodies.write(bodies.make_stacktrace(thought_id=run.thought_id)))
        elif run.told and run.fault.ending is not Ending.UNCLOSED and run.fault.execution_error is None:
            await response.write(bodies.write(bodies.make_closing(thought_id=run.thought_id)))
        self._finish(run)
        await self._pass_gate(run.call, Moment.DONE)
        last = bodies.make_last(
            text=run.generated, elapsed_s=self._measure(run), execution_error=run.fault.execution_error
        )
        await response.write(bodies.write(last))
        if run.fault.ending is Ending.LINGERING:
            await self.closing.wait()

    def _tell_whole(self, run: _Run) -> web.Response:
        self._finish(run)
        whole = bodies.make_whole(
            text=run.generated,
            elapsed_s=self._measure(run),
            thought_id=run.thought_id,
            in_progress=run.fault.ending is Ending.UNCLOSED,
            success=not run.fault.is_unsuccessful,
        )
        return answer_json(whole)

    def _finish(self, run: _Run) -> None:
        run.call.is_answered = True
        self._keep(run, run.generated)
        self._announce()

    def _keep(self, run: _Run, answered: str) -> None:
        call = run.call
        if run.is_saved:
            self._archive.keep_turn(call.conversation_id, call.user, asked=call.text, answered=answered)

    def _measure(self, run: _Run) -> float:
        return asyncio.get_running_loop().time() - run.started_at_s


def _check_body(body: Mapping[str, Any]) -> None:
    """Refuse what the real server's validation refuses, of the fields that are known here."""
    for name in ("text", "conversation_id", "system_prompt"):
        is_missing = name not in body or (name == "text" and body[name] is None)
        if not is_missing and not isinstance(body[name], str):
            raise Refused(422, bodies.make_validation_error(name, "Input should be a valid string"))
    history = body.get("history", [])
    for item in history if isinstance(history, list) else []:
        if not isinstance(item, dict) or item.get("role") not in {"User", "Assistant"}:
            raise Refused(422, bodies.make_validation_error("history", "Input should be 'Assistant' or 'User'"))


def _read_text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _read_history(history: object) -> tuple[Turn, ...]:
    items = [item for item in history if isinstance(item, dict)] if isinstance(history, list) else []
    return tuple(Turn(role=_read_text(item, "role"), message=_read_text(item, "message")) for item in items)


def _drop(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Close the connection in the middle of what was promised."""
    if request.transport is not None:
        request.transport.close()
    return response
