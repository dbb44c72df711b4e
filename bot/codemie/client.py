"""Moves bytes to CodeMie and back: one pooled client, retries of what can pass, an answer or a CodemieError."""

import asyncio
import random as randomness
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Protocol
from urllib.parse import quote

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from bot.codemie.auth import Access, TokenSource
from bot.codemie.breaker import Breaker
from bot.codemie.feedback import read_taken_opinion, write_opinion, write_withdrawal
from bot.codemie.pool import DEFAULT_TIMEOUTS, Pool, Timeouts, make_timeout, open_http
from bot.codemie.question import Answer, Opinion, Question, Retries
from bot.codemie.transport import read_start, translate
from bot.codemie.wire import AnswerReader, Reading, decipher_error, write_chat
from bot.core.models import TakenOpinion
from bot.errors import (
    BotError,
    CodemieError,
    CodemieLoginFailed,
    CodemieNotFound,
    EmptyAnswer,
)

__all__ = ["Answer", "CodemieClient", "Opinion", "Pool", "Question", "Retries", "Timeouts", "can_pass", "open_http"]

_OK: Final = 200
_LONGEST_RETRY_AFTER_S: Final = 60.0
# The stream ends right after its last object; a server that keeps it open must not hold the answer back.
_END_GRACE_S: Final = 1.0
_ERASURE_S: Final = 10.0
_BROKEN: Final = 500

_RETRIES: Final = Retries()
_POOL_SIZE: Final = Pool().max_connections


def can_pass(error: BaseException) -> bool:
    """Tell whether the same call may go better: the one place where ``retryable`` decides."""
    return (
        isinstance(error, CodemieError) and error.retryable and (error.retry_after_s or 0.0) <= _LONGEST_RETRY_AFTER_S
    )


class CallNotes(Protocol):
    """Where calls are counted; never fails."""

    def note_call(self, role: str, outcome: str, seconds: float) -> None:
        """Note one request for an answer; ``outcome`` is ``ok`` or the code of an error."""
        ...

    def note_retry(self) -> None:
        """Note a pause before another try."""
        ...


class _NoNotes:
    def note_call(self, role: str, outcome: str, seconds: float) -> None:
        pass

    def note_retry(self) -> None:
        pass


@dataclass(slots=True, kw_only=True)
class _Run:
    """How far one question has come; ``calls`` counts the requests for a chat."""

    question: Question
    is_trial: bool = False
    attempts: int = 0
    calls: int = 0
    is_renewed: bool = False


class CodemieClient:
    """Asks CodeMie's assistants, as long as ``breaker`` lets it; does not close ``http``."""

    def __init__(
        self,
        *,
        http: httpx.AsyncClient,
        api_url: str,
        token: TokenSource,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        retries: Retries = _RETRIES,
        most_calls: int = _POOL_SIZE,
        breaker: Breaker | None = None,
        notes: CallNotes | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = randomness.random,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._http = http
        self._api_url = api_url
        self._token = token
        self._timeouts = timeouts
        self._retries = retries
        self._turns = asyncio.Semaphore(most_calls)
        self._breaker = breaker or Breaker()
        self._notes = notes or _NoNotes()
        self.calls_running = 0
        self._sleep = sleep
        self._random = random
        self._now = now

    @property
    def is_down(self) -> bool:
        """Whether CodeMie has failed everybody, and nothing has shown yet that it is back."""
        return self._breaker.is_down

    async def ask(self, question: Question) -> Answer:
        """Ask, and again what can pass; raises CodemieError, which counts the calls, or EmptyAnswer.

        CodemieDown at once, or instead of another try, while CodeMie fails everybody.
        """
        run = _Run(question=question)
        try:
            async with self._breaker.admit(self._is_reachable) as admission:
                run.is_trial = admission.is_trial
                return await self._try(run)
        except CodemieError as error:
            error.calls = run.calls
            raise

    async def forget(self, conversation_id: uuid.UUID) -> None:
        """Erase a conversation, or find that there is none; raises CodemieError if it may still be there.

        It is tried once, but for a token that has expired, and tells nothing of whether CodeMie serves.
        """
        await self._token.use(partial(self._erase, conversation_id))

    async def knows(self, conversation_id: uuid.UUID) -> bool:
        """Tell whether a conversation can be gone on with; one that can't be seen right now can't."""
        url = f"{self._api_url}/v1/conversations/{conversation_id}"
        try:
            return await self._find_error("GET", url, await self._token.get()) is None
        except CodemieError:
            return False

    async def rate(self, opinion: Opinion) -> TakenOpinion | None:
        """Hand somebody's opinion of an answer to CodeMie, and again where that can pass; raises CodemieError.

        Returns by what it is taken back, unless CodeMie has not said.
        """
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._retries.attempts),
            wait=self._choose_delay,
            retry=retry_if_exception(can_pass),
            sleep=self._sleep,
            reraise=True,
        )
        answer: bytes = await retrying(self._post, f"{self._api_url}/v1/feedback", write_opinion(opinion))
        return read_taken_opinion(answer, opinion)

    async def take_back(self, opinion: TakenOpinion) -> None:
        """Delete an opinion, or find its conversation gone, as :meth:`forget` does; raises CodemieError."""
        await self._token.use(partial(self._withdraw, opinion))

    async def _post(self, url: str, body: Mapping[str, Any]) -> bytes:
        """Post something short, and once more with new access if the first is refused; return what is answered."""

        async def post(access: Access) -> bytes:
            error, start = await self._ask_shortly("POST", url, access, body=body)
            if error is not None:
                raise error
            return start

        return await self._token.use(post)

    async def _try(self, run: _Run) -> Answer:
        """Try as often as the retries allow; a trial is over when it fails once."""
        retrying = AsyncRetrying(
            stop=stop_after_attempt(1 if run.is_trial else self._retries.attempts),
            wait=self._choose_delay,
            retry=retry_if_exception(can_pass),
            sleep=self._pause,
            reraise=True,
        )
        return await retrying(self._attempt, run)

    async def _pause(self, delay_s: float) -> None:
        self._notes.note_retry()
        await self._breaker.pause(delay_s, sleep=self._sleep)

    def _choose_delay(self, state: RetryCallState) -> float:
        """Double the pause with every attempt, up to the longest; no shorter than the server asks for."""
        jitter_s = self._random() * self._retries.initial_delay_s
        backoff_s = self._retries.initial_delay_s * 2.0 ** (state.attempt_number - 1)
        delay_s = min(self._retries.max_delay_s, backoff_s + jitter_s)
        error = state.outcome.exception() if state.outcome else None
        asked_s = error.retry_after_s if isinstance(error, CodemieError) else None
        return delay_s if asked_s is None else max(delay_s, asked_s + jitter_s)

    async def _attempt(self, run: _Run) -> Answer:
        """Ask once, in a conversation of its own: what a failed attempt has stored stays behind."""
        conversation_id = run.question.conversation(run.attempts)
        run.attempts += 1
        reading = await self._call_with_access(run, conversation_id)
        if not reading.text.strip():
            raise EmptyAnswer("the answer has no text")
        return Answer(text=reading.text, conversation_id=conversation_id, is_cut=reading.is_cut, calls=run.calls)

    async def _call_with_access(self, run: _Run, conversation_id: uuid.UUID) -> Reading:
        """Call, and once more with new access if the first is refused; nothing is stored by a refused call."""
        access = await self._token.get()
        try:
            return await self._call(run, conversation_id, access)
        except CodemieLoginFailed:
            if run.is_renewed:
                raise
        run.is_renewed = True
        return await self._call(run, conversation_id, await self._token.renew(access))

    async def _call(self, run: _Run, conversation_id: uuid.UUID, access: Access) -> Reading:
        """Wait for a turn and make one request, unless CodeMie is down by then."""
        async with self._turns:
            if not run.is_trial:
                self._breaker.refuse_if_down()
            await run.question.before_call(conversation_id)
            run.calls += 1
            request = self._write_request(run.question, conversation_id, access)
            with self._noting(run.question.role):
                return await self._request(request, run.question.watch)

    @contextmanager
    def _noting(self, role: str) -> Iterator[None]:
        """Note how a request ends; one that is cancelled counts as nothing."""
        began_s, outcome = time.monotonic(), "ok"
        self.calls_running += 1
        try:
            yield
        except BotError as error:
            outcome = error.code
            raise
        except BaseException:
            outcome = ""
            raise
        finally:
            self.calls_running -= 1
            if outcome:
                self._notes.note_call(role, outcome, time.monotonic() - began_s)

    async def _request(self, request: httpx.Request, watch: Callable[[str | None], None]) -> Reading:
        """Read what is answered; the answer counts even if the connection then ends badly."""
        reader = AnswerReader()
        watch(None)
        try:
            async with asyncio.timeout(self._timeouts.answer_s) as deadline:
                await self._exchange(request, reader, deadline, watch)
        except (TimeoutError, httpx.HTTPError) as error:
            if not reader.is_complete:
                raise translate(error) from error
        return reader.finish()

    def _write_request(self, question: Question, conversation_id: uuid.UUID, access: Access) -> httpx.Request:
        """Write the request; by id and streamed is the one way that CodeMie serves many at a time."""
        body = write_chat(
            text=question.choose_text(conversation_id),
            conversation_id=conversation_id,
            system_prompt=question.system_prompt,
            model=question.model,
        )
        return self._http.build_request(
            "POST",
            f"{self._api_url}/v1/assistants/{quote(question.assistant_id, safe='')}/model",
            json=body,
            headers={**access.headers, "X-Request-ID": question.request_id},
            timeout=make_timeout(self._timeouts),
        )

    async def _exchange(
        self,
        request: httpx.Request,
        reader: AnswerReader,
        deadline: asyncio.Timeout,
        watch: Callable[[str | None], None],
    ) -> None:
        """Send, and read to the very end, so that the connection can be used again."""
        async with aclosing(await self._http.send(request, stream=True)) as response:
            if response.status_code != _OK:
                body = await read_start(response)
                raise decipher_error(response.status_code, response.headers, body, now=self._now())
            async for data in response.aiter_bytes():
                was_complete = reader.is_complete
                if said := reader.feed(data):
                    watch(said)
                if reader.is_complete and not was_complete:
                    deadline.reschedule(asyncio.get_running_loop().time() + _END_GRACE_S)

    async def _is_reachable(self) -> bool:
        """Ask for CodeMie's health, which needs no access; a gateway with nobody behind it answers 502 to 504."""
        try:
            response = await self._http.get(f"{self._api_url}/v1/healthcheck")
        except httpx.HTTPError:
            return False
        return response.status_code < _BROKEN

    async def _erase(self, conversation_id: uuid.UUID, access: Access) -> None:
        """Make the request; a server that breaks over it may do so because there is no such conversation.

        https://github.com/codemie-ai/codemie/blob/main/src/codemie/rest_api/routers/conversation.py
        """
        url = f"{self._api_url}/v1/conversations/{conversation_id}"
        await self._delete(url, access, conversation_id=conversation_id)

    async def _withdraw(self, opinion: TakenOpinion, access: Access) -> None:
        """Make the request."""
        url, conversation_id = f"{self._api_url}/v1/feedback", opinion.exchange.conversation_id
        await self._delete(url, access, body=write_withdrawal(opinion), conversation_id=conversation_id)

    async def _delete(
        self, url: str, access: Access, *, conversation_id: uuid.UUID, body: Mapping[str, Any] | None = None
    ) -> None:
        """Delete what is, or belongs to, a conversation, unless CodeMie breaks over its not being there."""
        error = await self._find_error("DELETE", url, access, body=body)
        if error is None or _is_missing(error):
            return
        conversation_url = f"{self._api_url}/v1/conversations/{conversation_id}"
        if error.status == _BROKEN and _is_missing(await self._find_error("GET", conversation_url, access)):
            return
        raise error

    async def _find_error(
        self, method: str, url: str, access: Access, *, body: Mapping[str, Any] | None = None
    ) -> CodemieError | None:
        """Make a short request; give the error in place of a 2xx, raise it if there is no response."""
        error, _ = await self._ask_shortly(method, url, access, body=body)
        return error

    async def _ask_shortly(
        self, method: str, url: str, access: Access, *, body: Mapping[str, Any] | None = None
    ) -> tuple[CodemieError | None, bytes]:
        """Make a short request; give the error in place of a 2xx, and how the answer begins."""
        request = self._http.build_request(method, url, headers=access.headers, json=body)
        try:
            async with asyncio.timeout(_ERASURE_S), aclosing(await self._http.send(request, stream=True)) as response:
                start = await read_start(response)
        except (TimeoutError, httpx.HTTPError) as error:
            raise translate(error) from error
        if response.is_success:
            return None, start
        return decipher_error(response.status_code, response.headers, start, now=self._now()), start


def _is_missing(error: CodemieError | None) -> bool:
    """Tell whether CodeMie itself says that there is no such thing; where the path is wrong it does not."""
    return isinstance(error, CodemieNotFound) and error.reason != "path"
