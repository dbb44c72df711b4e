"""Moves bytes to CodeMie and back: one pooled client, retries of what can pass, an answer or a CodemieError."""

import asyncio
import random as randomness
import uuid
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from bot.codemie.auth import Access, TokenSource
from bot.codemie.pool import DEFAULT_TIMEOUTS, Pool, Timeouts, make_timeout, open_http
from bot.codemie.wire import AnswerReader, Reading, decipher_error, write_chat
from bot.errors import (
    CodemieBadGateway,
    CodemieError,
    CodemieLoginFailed,
    CodemieTimeout,
    CodemieUnavailable,
    EmptyAnswer,
)

__all__ = ["Answer", "CodemieClient", "Pool", "Question", "Retries", "Timeouts", "can_pass", "open_http"]

_OK: Final = 200
_LONGEST_RETRY_AFTER_S: Final = 60.0
_MAX_ERROR_BODY_BYTES: Final = 256 * 1024
_ERROR_BODY_S: Final = 5.0
# The stream ends right after its last object; a server that keeps it open must not hold the answer back.
_END_GRACE_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to ask whom; ``conversation`` makes the conversation id of an attempt, counted from 0."""

    assistant_id: str
    text: str
    conversation: Callable[[int], uuid.UUID]
    request_id: str
    system_prompt: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, the conversation that holds it, and how many requests it took."""

    text: str
    conversation_id: uuid.UUID
    is_cut: bool
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """Tries in all; the first pause, which doubles; the longest pause of ours (a ``Retry-After`` may be longer)."""

    attempts: int = 3
    initial_delay_s: float = 1
    max_delay_s: float = 10


_RETRIES: Final = Retries()
_POOL_SIZE: Final = Pool().max_connections


def can_pass(error: BaseException) -> bool:
    """Tell whether the same call may go better: the one place where ``retryable`` decides."""
    return (
        isinstance(error, CodemieError) and error.retryable and (error.retry_after_s or 0.0) <= _LONGEST_RETRY_AFTER_S
    )


@dataclass(slots=True, kw_only=True)
class _Run:
    """How far one question has come; ``calls`` counts the requests for a chat."""

    question: Question
    attempts: int = 0
    calls: int = 0
    is_renewed: bool = False


class CodemieClient:
    """Asks CodeMie's assistants; does not close ``http``."""

    def __init__(
        self,
        *,
        http: httpx.AsyncClient,
        api_url: str,
        token: TokenSource,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        retries: Retries = _RETRIES,
        most_calls: int = _POOL_SIZE,
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
        self._sleep = sleep
        self._random = random
        self._now = now

    async def ask(self, question: Question) -> Answer:
        """Ask, and again what can pass; raises CodemieError, which counts the calls, or EmptyAnswer."""
        run = _Run(question=question)
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._retries.attempts),
            wait=self._choose_delay,
            retry=retry_if_exception(can_pass),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return await retrying(self._attempt, run)
        except CodemieError as error:
            error.calls = run.calls
            raise

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
        """Make one request and read its answer; the answer counts even if the connection then ends badly."""
        run.calls += 1
        request = self._write_request(run.question, conversation_id, access)
        reader = AnswerReader()
        try:
            # Waiting for a free connection is not part of the answer's time.
            async with self._turns, asyncio.timeout(self._timeouts.answer_s) as deadline:
                await self._exchange(request, reader, deadline)
        except (TimeoutError, httpx.HTTPError) as error:
            if not reader.is_complete:
                raise _translate(error) from error
        return reader.finish()

    def _write_request(self, question: Question, conversation_id: uuid.UUID, access: Access) -> httpx.Request:
        """Write the request; by id and streamed is the one way that CodeMie serves many at a time."""
        body = write_chat(
            text=question.text,
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

    async def _exchange(self, request: httpx.Request, reader: AnswerReader, deadline: asyncio.Timeout) -> None:
        """Send, and read to the very end, so that the connection can be used again."""
        async with aclosing(await self._http.send(request, stream=True)) as response:
            if response.status_code != _OK:
                body = await _read_start(response)
                raise decipher_error(response.status_code, response.headers, body, now=self._now())
            async for data in response.aiter_bytes():
                was_complete = reader.is_complete
                reader.feed(data)
                if reader.is_complete and not was_complete:
                    deadline.reschedule(asyncio.get_running_loop().time() + _END_GRACE_S)


async def _read_start(response: httpx.Response) -> bytes:
    """Read the body of an error, or what comes of it in good time."""
    body = bytearray()
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(_ERROR_BODY_S):
            async for data in response.aiter_bytes():
                body += data
                if len(body) > _MAX_ERROR_BODY_BYTES:
                    break
    return bytes(body)


def _translate(error: TimeoutError | httpx.HTTPError) -> CodemieError:
    """Say in our words what went wrong on the way; names of exceptions only, as their texts quote headers."""
    message = f"the connection to CodeMie failed: {type(error).__name__}"
    match error:
        case TimeoutError():
            return CodemieTimeout("the answer took too long", reason="answer")
        case httpx.ConnectTimeout():
            return CodemieUnavailable(message, reason="connect")
        case httpx.TimeoutException():
            return CodemieTimeout(message, reason="silence")
        case httpx.UnsupportedProtocol() | httpx.LocalProtocolError():
            return CodemieBadGateway(message, reason="protocol")
        case _:
            return CodemieUnavailable(message, reason="connection")
