"""The chat endpoint: from a request to a stream of glued objects, and what goes wrong on the way."""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from bot.demo.codemie import bodies
from bot.demo.codemie.accounts import Accounts, Refused, answer_fault, answer_json, read_body
from bot.demo.codemie.archive import Archive
from bot.demo.codemie.assistants import Assistants
from bot.demo.codemie.faults import Ending, Fault
from bot.demo.codemie.records import ChatCall, ChatTurn, ClosedStream
from bot.demo.codemie.runs import Pace, Run, drop, note_response, write_item
from bot.demo.codemie.turns import check_body, read_turn
from bot.demo.gate import Gate, Moment, stand_open
from bot.demo.observers import Observers

AnswerMaker = Callable[[ChatTurn], str]
FaultMaker = Callable[[ChatTurn, int], Fault | None]
Observer = Callable[[ChatCall], None]

_SECRET_HEADERS: Final = frozenset({"authorization", "cookie"})
_NDJSON_TYPE: Final = "application/x-ndjson"
_NO_FAULT: Final = Fault()
_CHAT: Final = "chat"


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
        clock: Callable[[], float],
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
        self.fault_for = fault_for
        self._assistants = assistants
        self._pace = pace
        self._accounts = accounts
        self._archive = archive
        self._clock = clock
        self._observers: Observers[ChatCall] = Observers()
        self.keeps_late = False
        self._late: list[tuple[Run, str]] = []

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Call ``observer`` when a chat comes and when it is over, until the returned function is called."""
        return self._observers.add(observer)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer ``POST /v1/assistants/{id}/model``."""
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            body = await read_body(request)
            return await self._watch(request, body, self._record(request, body))
        finally:
            self.in_flight -= 1

    async def _watch(self, request: web.Request, body: Mapping[str, Any], call: ChatCall) -> web.StreamResponse:
        """Answer a call, and note on it how that went."""
        try:
            response = await self._handle(request, body, call)
            note_response(call, response)
        except Refused as refused:
            note_response(call, refused.response)
            raise
        except web.HTTPException as error:
            call.status = error.status
            raise
        except asyncio.CancelledError:
            call.is_closed_early = True
            raise
        finally:
            call.is_closed_early |= call.is_disconnected
            call.took_s = asyncio.get_running_loop().time() - call.at_s
            self._observers.tell(call)
            self._announce()
        return response

    async def _handle(self, request: web.Request, body: Mapping[str, Any], call: ChatCall) -> web.StreamResponse:
        call.user = self._accounts.authenticate(request)
        await self._pass_gate(call, Moment.ARRIVED)
        fault = self._choose_fault(call)
        if fault.body is not None:
            return answer_fault(fault)
        check_body(body)
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

    def _note_leaving(self, run: Run) -> None:
        """Keep the turn of a client that left: a stream's with an empty answer, any other's as if nothing was."""
        call = run.call
        call.is_disconnected = True
        if not call.is_answered:
            self._keep_in_time(run, "" if call.is_streamed else run.generated)
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
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = ChatCall(
            turn=read_turn(request.match_info["id"], body),
            at=self._clock(),
            at_s=asyncio.get_running_loop().time(),
            headers={name: value for name, value in headers.items() if name not in _SECRET_HEADERS},
            user="",
            model=body.get("llm_model"),
            is_streamed=body.get("stream") is True,
            request_bytes=request.content_length or 0,
        )
        self.calls.append(call)
        self._observers.tell(call)
        self._announce()
        return call

    def _choose_fault(self, call: ChatCall) -> Fault:
        made = self.fault_for(call.turn, len(self.calls) - 1) if self.fault_for else None
        return made or (self.faults.popleft() if self.faults else _NO_FAULT)

    def _start_run(self, call: ChatCall, fault: Fault, *, is_saved: bool) -> Run:
        text = self._answer(call.turn) if fault.text is None else fault.text
        return Run(
            call=call,
            fault=fault,
            told=text[: round(len(text) * fault.kept_share)],
            is_saved=is_saved,
            started_at_s=asyncio.get_running_loop().time(),
        )

    async def _tell(self, request: web.Request, run: Run) -> web.StreamResponse:
        await asyncio.sleep(self._pace.delay_s)
        if not run.call.is_streamed or run.fault.is_unsuccessful:
            return self._tell_whole(run)
        if run.fault.ending is Ending.DROPPED and not run.told:
            return drop(request, run, web.Response())
        response = web.StreamResponse(headers={"Content-Type": _NDJSON_TYPE})
        await response.prepare(request)
        run.call.status = response.status
        for piece in bodies.split_text(run.told, chars=self._pace.chunk_chars):
            await write_item(response, run, bodies.make_delta(thought_id=run.thought_id, text=piece))
            run.told_chars += len(piece)
            await asyncio.sleep(self._pace.get_chunk_delay_s(run.fault.chars_per_s))
        match run.fault.ending:
            case Ending.DROPPED:
                return drop(request, run, response)
            case Ending.WITHOUT_LAST:
                return response
            case Ending.SILENT:
                await self.closing.wait()
                return response
            case _:
                await self._end(response, run)
                return drop(request, run, response) if run.fault.ending is Ending.BROKEN else response

    async def _end(self, response: web.StreamResponse, run: Run) -> None:
        """Close the thought, unless it is cut, and give the whole answer."""
        if run.fault.ending is Ending.STACKTRACE:
            await write_item(response, run, bodies.make_stacktrace(thought_id=run.thought_id))
        elif run.told and run.fault.ending is not Ending.UNCLOSED and run.fault.execution_error is None:
            await write_item(response, run, bodies.make_closing(thought_id=run.thought_id))
        self._finish(run)
        await self._pass_gate(run.call, Moment.DONE)
        last = bodies.make_last(
            text=run.generated, elapsed_s=self._measure(run), execution_error=run.fault.execution_error
        )
        await write_item(response, run, last)
        if run.fault.ending is Ending.LINGERING:
            await self.closing.wait()

    def _tell_whole(self, run: Run) -> web.Response:
        self._finish(run)
        whole = bodies.make_whole(
            text=run.generated,
            elapsed_s=self._measure(run),
            thought_id=run.thought_id,
            in_progress=run.fault.ending is Ending.UNCLOSED,
            success=not run.fault.is_unsuccessful,
        )
        return answer_json(whole)

    def _finish(self, run: Run) -> None:
        run.call.is_answered = True
        self._keep(run, run.generated)
        self._announce()

    def keep_late(self) -> None:
        """Keep what clients have left, as when the model has come to its end."""
        for run, answered in self._late:
            self._keep(run, answered)
        self._late.clear()

    def _keep_in_time(self, run: Run, answered: str) -> None:
        self._late.append((run, answered))
        if not self.keeps_late:
            self.keep_late()

    def _keep(self, run: Run, answered: str) -> None:
        call = run.call
        if run.is_saved:
            self._archive.keep_turn(call.conversation_id, call.user, asked=call.text, answered=answered)

    def _measure(self, run: Run) -> float:
        return asyncio.get_running_loop().time() - run.started_at_s
