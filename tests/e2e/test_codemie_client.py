"""The CodeMie client against the built-in CodeMie, over sockets: answers, failures, retries, tokens, connections."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr

from bot.codemie.auth import ClientCredentials, Credentials, DevUser, LocalLogin, PasswordGrant, TokenSource
from bot.codemie.breaker import Breaker
from bot.codemie.client import Answer, CodemieClient, Opinion, Pool, Question, Retries, Timeouts, open_http
from bot.demo.codemie import BuiltInCodemie, Fault, Turn
from bot.demo.codemie.faults import Ending
from bot.errors import (
    BotError,
    CodemieAccessDenied,
    CodemieBadGateway,
    CodemieError,
    CodemieFailedAnswer,
    CodemieLoginFailed,
    CodemieNotFound,
    CodemieRateLimited,
    CodemieRejected,
    CodemieTimeout,
    CodemieUnavailable,
    EmptyAnswer,
    SettingsError,
)

ANSWER = 'Заявка "подана" }{ 🎉 ' * 20
# Silence is waited for no longer than this, and only where it is what a test is about: it may be a busy machine's, too.
SHORT = Timeouts(connect_s=30, read_s=0.2, answer_s=60)
PATIENT = Timeouts(connect_s=30, read_s=30, answer_s=60)
NOW = datetime(2026, 8, 3, 12, 0, 0, tzinfo=UTC)


@dataclass(kw_only=True)
class Stage:
    """The client and what is around it; ``delays`` are the pauses it made, ``now_s`` its token source's clock."""

    codemie: BuiltInCodemie
    http: httpx.AsyncClient
    client: CodemieClient
    delays: list[float] = field(default_factory=list)
    now_s: float = 0.0

    async def ask(self, text: str = "hello", *, name: str = "thread") -> Answer:
        """Ask; the conversation id follows from ``name`` and the attempt."""
        return await self.client.ask(make_question(text, name=name))


def make_question(text: str = "hello", *, name: str = "thread") -> Question:
    """Make a question."""
    return Question(
        assistant_id="flow",
        text=text,
        conversation=lambda attempt: make_conversation_id(name, attempt),
        request_id="req-1",
        system_prompt="Answer JSON.",
        model="gpt-4.1",
    )


def make_conversation_id(name: str, attempt: int) -> uuid.UUID:
    """Make the id of an attempt's conversation."""
    return uuid.UUID(bytes=uuid.uuid5(uuid.NAMESPACE_URL, f"{name}/{attempt}").bytes, version=4)


def use_client(codemie: BuiltInCodemie) -> Credentials:
    """Use the built-in service account."""
    secret = SecretStr(codemie.accounts.client_secret)
    return ClientCredentials(token_url=codemie.token_url, client_id=codemie.accounts.client_id, client_secret=secret)


def use_password(codemie: BuiltInCodemie) -> Credentials:
    """Use the built-in person at Keycloak."""
    password = SecretStr(codemie.accounts.password)
    return PasswordGrant(token_url=codemie.token_url, username=codemie.accounts.username, password=password)


def use_local_login(codemie: BuiltInCodemie) -> Credentials:
    """Use the built-in person at the API itself."""
    return LocalLogin(email=codemie.accounts.username, password=SecretStr(codemie.accounts.password))


def use_dev_user(_: BuiltInCodemie) -> Credentials:
    """Use the development header."""
    return DevUser(user_id="demo")


@asynccontextmanager
async def open_stage(
    *,
    credentials: Callable[[BuiltInCodemie], Credentials] = use_client,
    reload: Callable[[], Credentials] | None = None,
    timeouts: Timeouts = PATIENT,
    retries: Retries | None = None,
    breaker: Breaker | None = None,
    **server: object,
) -> AsyncIterator[Stage]:
    """Open a CodeMie and a client to it, whose pauses are recorded and take no time, and whose jitter is none."""
    async with (
        BuiltInCodemie(answer=lambda _: ANSWER, **server) as codemie,  # type: ignore[arg-type] # passed through
        open_http(pool=Pool(), timeouts=timeouts) as http,
    ):
        stage: Stage

        async def sleep(delay_s: float) -> None:
            stage.delays.append(delay_s)

        client = CodemieClient(
            http=http,
            api_url=codemie.api_url,
            token=TokenSource(
                http=http,
                api_url=codemie.api_url,
                credentials=credentials(codemie),
                reload=reload,
                clock=lambda: stage.now_s,
            ),
            timeouts=timeouts,
            retries=retries or Retries(),
            breaker=breaker,
            sleep=sleep,
            random=lambda: 0.0,
            now=lambda: NOW,
        )
        stage = Stage(codemie=codemie, http=http, client=client)
        yield stage


def choose_timeouts(fault: Fault) -> Timeouts:
    """Wait for the silence of a fault that is one, and for everything else as long as it takes."""
    return SHORT if fault.ending is Ending.SILENT else PATIENT


async def ask_many(stage: Stage, count: int) -> list[Answer]:
    """Ask many questions at once."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(stage.ask(name=str(number))) for number in range(count)]
    return [task.result() for task in tasks]


async def ask_in_vain(stage: Stage) -> BotError:
    """Ask a question that fails, and return how."""
    with pytest.raises(BotError) as caught:
        await stage.ask()
    return caught.value


async def test_answer_arrives_unchanged() -> None:
    """The answer is the last object's text, byte for byte, with the conversation it stands in."""
    async with open_stage() as stage:
        answer = await stage.ask()

    assert answer == Answer(text=ANSWER, conversation_id=make_conversation_id("thread", 0), is_cut=False, calls=1)


async def test_request_carries_what_the_contract_says() -> None:
    """Assistant by id, text, prompt, model, conversation and request id arrive; the answer is streamed."""
    async with open_stage() as stage:
        await stage.ask("A form, please")
        call = stage.codemie.calls[0]

    assert (call.assistant_id, call.text, call.system_prompt) == ("flow", "A form, please", "Answer JSON.")
    assert call.conversation_id == str(make_conversation_id("thread", 0))
    assert call.headers["x-request-id"] == "req-1"
    assert call.model == "gpt-4.1"
    assert call.is_streamed


async def test_second_question_continues_the_conversation() -> None:
    """The server keeps the history under the conversation's id."""
    async with open_stage() as stage:
        await stage.ask("first")
        await stage.ask("second")
        history = stage.codemie.calls[1].turn.history

    assert history == (Turn(role="User", message="first"), Turn(role="Assistant", message=ANSWER))


PASSING = [
    (Fault.unavailable(), CodemieUnavailable),
    (Fault.trace(), CodemieUnavailable),
    (Fault.html(502), CodemieUnavailable),
    (Fault.html(503), CodemieUnavailable),
    (Fault.html(504), CodemieUnavailable),
    (Fault.rate_limited(), CodemieRateLimited),
    (Fault(status=408, body=b""), CodemieRateLimited),
    (Fault.drop(), CodemieUnavailable),
    (Fault.drop(kept_share=0), CodemieUnavailable),
    (Fault.without_last(), CodemieUnavailable),
    (Fault.silence(), CodemieTimeout),
    (Fault.silence(kept_share=0), CodemieTimeout),
    (Fault.raw(b""), CodemieUnavailable),
    (Fault.execution_failure("platform_error"), CodemieUnavailable),
    (Fault.execution_failure("agent_network_error"), CodemieUnavailable),
    (Fault.execution_failure("agent_timeout"), CodemieTimeout),
    (Fault.execution_failure("lite_llm_rate_limit_error"), CodemieRateLimited),
    (Fault.say("AI Agent run failed with error: RateLimitError: Error code: 429"), CodemieUnavailable),
]

FINAL = [
    (Fault.denied(), CodemieAccessDenied),
    (Fault.forbidden(), CodemieAccessDenied),
    (Fault.not_found(), CodemieNotFound),
    (Fault.wrong_path(), CodemieNotFound),
    (Fault.invalid(), CodemieRejected),
    (Fault.answer(400, "Bedrock assistants do not support changing models"), CodemieRejected),
    (Fault.html(413), CodemieRejected),
    (Fault.login_page(), CodemieBadGateway),
    (Fault.html(200), CodemieBadGateway),
    (Fault.raw(b'{"status":"ok"}', content_type="application/json"), CodemieBadGateway),
    (Fault.raw(b'{"error":{"message":"x","details":null}}'), CodemieFailedAnswer),
    (Fault.execution_failure("agent_token_limit"), CodemieFailedAnswer),
    (Fault.execution_failure("agent_budget_exceeded"), CodemieFailedAnswer),
    (Fault.execution_failure("lite_llm_budget_exceeded_error"), CodemieFailedAnswer),
    (Fault.stacktrace(), CodemieFailedAnswer),
    (Fault.unsuccessful(), CodemieFailedAnswer),
    (Fault.say("AI Agent run failed with error: maximum context length"), CodemieFailedAnswer),
    (Fault.say("PureChain generation failed with error: ValueError"), CodemieFailedAnswer),
    (Fault.empty(), EmptyAnswer),
    (Fault.say(" \n"), EmptyAnswer),
]


@pytest.mark.parametrize(("fault", "expected"), PASSING)
async def test_passing_failure_is_tried_again(fault: Fault, expected: type[CodemieError]) -> None:  # noqa: ARG001 - shared
    """One failure that can pass costs one pause and one more call, in a conversation of its own."""
    async with open_stage(timeouts=choose_timeouts(fault)) as stage:
        stage.codemie.faults.append(fault)
        answer = await stage.ask()

    assert answer == Answer(text=ANSWER, conversation_id=make_conversation_id("thread", 1), is_cut=False, calls=2)
    assert len(stage.codemie.calls) == 2
    assert stage.delays == [1.0]


@pytest.mark.parametrize(("fault", "expected"), PASSING)
async def test_lasting_failure_ends_after_three_tries(fault: Fault, expected: type[CodemieError]) -> None:
    """Three tries in all, pauses that double, a conversation for each, and the last failure with its count."""
    async with open_stage(timeouts=choose_timeouts(fault)) as stage:
        stage.codemie.faults.extend([fault] * 5)
        error = await ask_in_vain(stage)

    assert type(error) is expected
    assert error.calls == len(stage.codemie.calls) == 3
    assert stage.delays == [1.0, 2.0]
    assert len({call.conversation_id for call in stage.codemie.calls}) == 3


@pytest.mark.parametrize(("fault", "expected"), FINAL)
async def test_final_failure_is_not_tried_again(fault: Fault, expected: type[BotError]) -> None:
    """What would fail again fails at once."""
    async with open_stage() as stage:
        stage.codemie.faults.append(fault)
        error = await ask_in_vain(stage)

    assert type(error) is expected
    assert len(stage.codemie.calls) == 1
    assert stage.delays == []
    assert getattr(error, "calls", 1) == 1


@pytest.mark.parametrize("fault", [fault for fault, _ in [*PASSING, *FINAL]])
async def test_failure_quotes_nothing(fault: Fault) -> None:
    """Neither the question nor anything that the server said is in an error."""
    async with open_stage(timeouts=choose_timeouts(fault), retries=Retries(attempts=1)) as stage:
        stage.codemie.faults.append(fault)
        error = await ask_in_vain(stage)

    told = f"{error} {error.args} {vars(error)}"
    for word in ("hello", "Заявка", "demo", "nginx", "Stacktrace", "Access denied", "Bearer"):
        assert word not in told


async def test_endless_error_page_is_not_read_to_its_end() -> None:
    """The start of an error's body is enough; what it takes is bounded."""
    async with open_stage() as stage:
        stage.codemie.faults.append(Fault(status=404, body=b"x" * 5_000_000, content_type="text/html"))
        error = await ask_in_vain(stage)

    assert type(error) is CodemieNotFound
    assert error.reason == "path"


@pytest.mark.parametrize("api_url", ["ftp://127.0.0.1", "127.0.0.1:1"])
async def test_address_of_another_protocol_is_final(api_url: str) -> None:
    """No retry mends a setting."""
    async with open_http() as http:
        source = TokenSource(http=http, api_url=api_url, credentials=DevUser(user_id="demo"))
        client = CodemieClient(http=http, api_url=api_url, token=source)
        with pytest.raises(CodemieBadGateway) as caught:
            await client.ask(make_question())

    assert caught.value.calls == 1


async def test_unanswered_connect_is_no_silence() -> None:
    """A connection that does not come about is unavailability, in the time that connecting may take."""
    timeouts = Timeouts(connect_s=0.000_001)
    async with open_stage(credentials=use_dev_user, timeouts=timeouts, retries=Retries(attempts=1)) as stage:
        error = await ask_in_vain(stage)

    assert type(error) is CodemieUnavailable
    assert error.reason == "connect"


async def test_unreachable_codemie_is_tried_three_times() -> None:
    """A refused connection is worth another try; three of them are enough."""
    async with open_stage() as stage:
        await stage.ask()
        await stage.codemie.stop()
        error = await ask_in_vain(stage)

    assert type(error) is CodemieUnavailable
    assert error.calls == 3
    assert stage.delays == [1.0, 2.0]


async def test_pauses_grow_up_to_the_longest() -> None:
    """1, 2, 4, 8, 10, 10 seconds."""
    async with open_stage(retries=Retries(attempts=7)) as stage:
        stage.codemie.faults.extend([Fault.unavailable()] * 7)
        await ask_in_vain(stage)

    assert stage.delays == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


@pytest.mark.parametrize(
    ("retry_after", "delay_s"),
    [("7", 7.0), ("0", 1.0), ("60", 60.0), ("Mon, 03 Aug 2026 12:00:20 GMT", 20.0), ("soon", 1.0)],
)
async def test_retry_after_is_obeyed(retry_after: str, delay_s: float) -> None:
    """The pause is as long as the server asks for, also beyond our own longest, and never shorter than ours."""
    async with open_stage() as stage:
        # aiohttp dates its answers with the real clock, and a Retry-After date counts from that date.
        fault = Fault.rate_limited(retry_after=retry_after)
        stage.codemie.faults.append(
            Fault(status=429, body=fault.body, headers={**fault.headers, "Date": "Mon, 03 Aug 2026 12:00:00 GMT"})
        )
        answer = await stage.ask()

    assert answer.calls == 2
    assert stage.delays == [delay_s]


async def test_too_long_a_retry_after_ends_the_tries() -> None:
    """Nobody waits minutes in a thread."""
    async with open_stage() as stage:
        stage.codemie.faults.append(Fault.rate_limited(retry_after="61"))
        error = await ask_in_vain(stage)

    assert type(error) is CodemieRateLimited
    assert error.retry_after_s == 61
    assert error.calls == 1
    assert stage.delays == []


async def test_jitter_lengthens_the_pauses() -> None:
    """Clients that failed together do not come back together."""
    async with open_stage() as stage:

        async def sleep(delay_s: float) -> None:
            stage.delays.append(delay_s)

        client = CodemieClient(
            http=stage.http,
            api_url=stage.codemie.api_url,
            token=TokenSource(http=stage.http, api_url=stage.codemie.api_url, credentials=use_client(stage.codemie)),
            sleep=sleep,
            random=lambda: 0.5,
        )
        stage.codemie.faults.extend([Fault.unavailable(), Fault.rate_limited(retry_after="20")])
        await client.ask(make_question())

    assert stage.delays == [1.5, 20.5]


async def test_cut_answer_is_told_apart() -> None:
    """An answer that hit the output limit is an answer, marked as cut."""
    async with open_stage() as stage:
        stage.codemie.faults.append(Fault.cut())
        answer = await stage.ask()

    assert answer.is_cut
    assert ANSWER.startswith(answer.text)
    assert answer.calls == 1


async def test_slow_answer_is_no_silence() -> None:
    """The read timeout is for silence: an answer may take longer than that."""
    timeouts = Timeouts(connect_s=2, read_s=1, answer_s=30)
    async with open_stage(timeouts=timeouts, chunk_delay_s=0.1, chunk_chars=30) as stage:
        answer = await stage.ask()

    assert answer.calls == 1


async def test_endless_answer_times_out() -> None:
    """One whole call has an end, however busy the stream."""
    timeouts = Timeouts(read_s=1, answer_s=0.3)
    async with open_stage(timeouts=timeouts, chunk_delay_s=0.05, chunk_chars=1, retries=Retries(attempts=1)) as stage:
        error = await ask_in_vain(stage)

    assert type(error) is CodemieTimeout
    assert error.reason == "answer"


async def test_stream_that_stays_open_does_not_hold_the_answer_back() -> None:
    """After the last object the end is awaited for a second at most."""
    async with open_stage(timeouts=Timeouts(read_s=30, answer_s=30)) as stage:
        stage.codemie.faults.append(Fault.linger())
        started = asyncio.get_running_loop().time()
        answer = await stage.ask()
        waited_s = asyncio.get_running_loop().time() - started

    assert answer.text == ANSWER
    assert answer.calls == 1
    assert 0.9 < waited_s < 3


async def test_connection_that_breaks_after_the_end_loses_nothing() -> None:
    """What matters has arrived with the last object."""
    async with open_stage() as stage:
        stage.codemie.faults.append(Fault.break_after_end())
        answer = await stage.ask()

    assert answer.text == ANSWER
    assert answer.calls == 1


async def test_cancelled_question_closes_its_connection() -> None:
    """Whoever cancels a job frees the connection; the server sees the client leave."""
    async with open_stage(timeouts=Timeouts()) as stage:
        stage.codemie.faults.append(Fault.silence())
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(stage.ask())
            await stage.codemie.wait_for(lambda: bool(stage.codemie.calls), timeout_s=10)
            asking.cancel()
        await stage.codemie.wait_for(lambda: stage.codemie.calls[0].is_disconnected, timeout_s=10)
        answer = await stage.ask(name="another")

    assert answer.calls == 1
    assert stage.delays == []


async def test_expired_token_is_renewed_once() -> None:
    """A 401 costs a login and a second call in the same conversation, but no pause and no try."""
    async with open_stage() as stage:
        await stage.ask(name="before")
        stage.codemie.accounts.revoke_tokens()
        answer = await stage.ask()

    assert answer.calls == 2
    assert answer.conversation_id == make_conversation_id("thread", 0)
    assert stage.codemie.accounts.logins == ["client_credentials"] * 2
    assert stage.delays == []


async def test_fresh_token_that_is_refused_ends_it() -> None:
    """Two refusals in a row are final."""
    async with open_stage() as stage:
        stage.codemie.faults.extend([Fault.expired_token()] * 3)
        error = await ask_in_vain(stage)

    assert type(error) is CodemieLoginFailed
    assert error.calls == len(stage.codemie.calls) == 2
    assert len(stage.codemie.accounts.logins) == 2


async def test_refusal_does_not_use_up_the_tries() -> None:
    """After a 401 there are still three tries."""
    async with open_stage() as stage:
        stage.codemie.faults.extend([Fault.expired_token(), Fault.unavailable(), Fault.unavailable()])
        answer = await stage.ask()

    assert answer.calls == 4
    assert stage.delays == [1.0, 2.0]


async def test_token_is_renewed_once_a_question() -> None:
    """A server that refuses now and then does not make the client log in again and again."""
    async with open_stage() as stage:
        stage.codemie.faults.extend([Fault.expired_token(), Fault.unavailable(), Fault.expired_token()])
        error = await ask_in_vain(stage)

    assert type(error) is CodemieLoginFailed
    assert len(stage.codemie.accounts.logins) == 2


async def test_many_questions_share_one_login() -> None:
    """Twenty questions at once make one request for a token."""
    async with open_stage() as stage:
        await ask_many(stage, 20)

    assert stage.codemie.accounts.logins == ["client_credentials"]


async def test_many_refused_questions_share_one_renewal() -> None:
    """Twenty questions whose token has expired make one more."""
    async with open_stage() as stage:
        await stage.ask(name="before")
        stage.codemie.accounts.revoke_tokens()
        answers = await ask_many(stage, 20)

    assert stage.codemie.accounts.logins == ["client_credentials"] * 2
    assert {answer.calls for answer in answers} <= {1, 2}


async def test_many_questions_share_one_failed_login() -> None:
    """When the identity provider refuses, it is asked once, not twenty times in a row."""
    async with open_stage() as stage:
        stage.codemie.accounts.client_secret = "rotated"
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask_in_vain(stage)) for _ in range(20)]

    assert {type(task.result()) for task in tasks} == {CodemieLoginFailed}
    assert stage.codemie.accounts.logins == ["client_credentials"]
    assert stage.codemie.calls == []


async def test_many_questions_share_one_outage_of_the_login() -> None:
    """Those who waited for a login that failed do not queue up to try it one after the other."""
    async with open_stage(retries=Retries(attempts=1), breaker=Breaker(failures=21)) as stage:
        stage.codemie.login_faults.extend([Fault.html(503)] * 20)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask_in_vain(stage)) for _ in range(20)]
        refused = len(stage.codemie.accounts.logins)
        stage.codemie.login_faults.clear()
        answer = await stage.ask()

    assert {type(task.result()) for task in tasks} == {CodemieUnavailable}
    assert refused == 1
    assert answer.calls == 1


async def test_token_is_renewed_ahead_of_its_expiry() -> None:
    """A token of 300 s serves for 270 s; nobody meets a 401."""
    async with open_stage(token_lifetime_s=300) as stage:
        await stage.ask()
        stage.now_s = 269
        await stage.ask()
        before = len(stage.codemie.accounts.logins)
        stage.now_s = 271
        answer = await stage.ask()

    assert before == 1
    assert len(stage.codemie.accounts.logins) == 2
    assert answer.calls == 1


async def test_short_lived_token_is_not_fetched_for_every_call() -> None:
    """A lifetime below the margin still serves more than one call."""
    async with open_stage(token_lifetime_s=10) as stage:
        for stage.now_s in (0, 1, 2, 3, 4):
            await stage.ask()

    assert len(stage.codemie.accounts.logins) == 1


async def test_valid_token_outlives_an_outage_of_the_login() -> None:
    """Within the margin a token that can't be renewed is used on, without asking for every question."""
    async with open_stage(token_lifetime_s=300) as stage:
        await stage.ask()
        stage.codemie.login_faults.extend([Fault.html(503)] * 5)
        for stage.now_s in (280, 285, 290):
            await stage.ask()

    assert stage.delays == []
    assert len(stage.codemie.accounts.logins) == 2


async def test_login_that_is_down_is_tried_like_a_call() -> None:
    """A login that fails in a way that passes costs a pause, not the question."""
    async with open_stage() as stage:
        stage.codemie.login_faults.extend([Fault.html(503), Fault.html(502)])
        answer = await stage.ask()

    assert answer.calls == 1
    assert stage.delays == [1.0, 2.0]


async def test_unreachable_login_ends_after_three_tries() -> None:
    """Nothing listens: three tries, no call of the chat."""
    async with open_stage() as stage:
        await stage.codemie.stop()
        error = await ask_in_vain(stage)

    assert type(error) is CodemieUnavailable
    assert error.calls == 0
    assert stage.delays == [1.0, 2.0]


async def test_page_in_place_of_a_token_is_final() -> None:
    """A login page that answers 200 is a matter of settings."""
    async with open_stage() as stage:
        stage.codemie.login_faults.append(Fault.html(200))
        error = await ask_in_vain(stage)

    assert type(error) is CodemieBadGateway


async def test_refused_login_is_not_repeated_at_once() -> None:
    """Within half a minute the refusal is remembered: logins are counted, accounts are locked."""
    async with open_stage() as stage:
        stage.codemie.accounts.client_secret = "rotated"
        first = await ask_in_vain(stage)
        stage.now_s = 29
        second = await ask_in_vain(stage)
        early = len(stage.codemie.accounts.logins)
        stage.now_s = 31
        await ask_in_vain(stage)

    assert type(first) is type(second) is CodemieLoginFailed
    assert first.reason == second.reason == "invalid_client"
    assert early == 1
    assert len(stage.codemie.accounts.logins) == 2


async def test_rotated_secret_is_found_without_a_restart() -> None:
    """When the login is refused the credentials are read again, and used if they have changed."""
    stored = SecretStr("rotated")
    async with open_stage(
        reload=lambda: ClientCredentials(token_url=token_url, client_id="codemie-bot", client_secret=stored)
    ) as stage:
        token_url = stage.codemie.token_url
        stage.codemie.accounts.client_secret = "rotated"
        answer = await stage.ask()

    assert answer.text == ANSWER
    assert len(stage.codemie.accounts.logins) == 2


async def test_settings_that_break_meanwhile_change_nothing() -> None:
    """A half-written file of settings does not hide why the login failed."""

    def reload() -> Credentials:
        raise SettingsError(("CODEMIE_CLIENT_ID is missing",))

    async with open_stage(reload=reload) as stage:
        stage.codemie.accounts.client_secret = "rotated"
        error = await ask_in_vain(stage)

    assert type(error) is CodemieLoginFailed


@pytest.mark.parametrize(
    ("credentials", "logins", "user"),
    [
        (use_client, ["client_credentials"], "codemie-bot"),
        (use_password, ["password"], "bot@example.com"),
        (use_local_login, ["local"], "bot@example.com"),
        (use_dev_user, [], "demo"),
    ],
)
async def test_every_kind_of_login_works(
    credentials: Callable[[BuiltInCodemie], Credentials], logins: list[str], user: str
) -> None:
    """Two questions take one login, of whichever kind."""
    async with open_stage(credentials=credentials) as stage:
        await stage.ask(name="first")
        await stage.ask(name="second")

    assert stage.codemie.accounts.logins == logins
    assert {call.user for call in stage.codemie.calls} == {user}


@pytest.mark.parametrize("credentials", [use_password, use_local_login])
async def test_wrong_password_is_final(credentials: Callable[[BuiltInCodemie], Credentials]) -> None:
    """No chat is asked for without a login."""
    async with open_stage(credentials=credentials) as stage:
        stage.codemie.accounts.password = "changed"
        error = await ask_in_vain(stage)

    assert type(error) is CodemieLoginFailed
    assert error.calls == 0
    assert stage.delays == []


async def test_limited_local_login_is_not_hammered() -> None:
    """The local login allows five tries in a quarter of an hour, and does not say when to come back."""
    async with open_stage(credentials=use_local_login) as stage:
        stage.codemie.login_faults.extend([Fault.rate_limited()] * 5)
        error = await ask_in_vain(stage)

    assert type(error) is CodemieRateLimited
    assert stage.codemie.accounts.logins == ["local"]


async def test_cookie_of_the_local_login_is_not_sent_back() -> None:
    """CodeMie refuses a token beside its cookie as ambiguous, so no cookie is kept."""
    async with open_stage(credentials=use_local_login) as stage:
        answer = await stage.ask()

    assert answer.calls == 1
    assert not stage.http.cookies


async def test_cookie_beside_a_token_would_be_refused() -> None:
    """The built-in CodeMie minds what the client avoids."""
    async with BuiltInCodemie(answer=lambda _: ANSWER) as codemie, httpx.AsyncClient() as http:
        login = {"email": codemie.accounts.username, "password": codemie.accounts.password}
        token = (await http.post(f"{codemie.api_url}/v1/local-auth/login", json=login)).json()["access_token"]
        response = await http.get(f"{codemie.api_url}/v1/user", headers={"Authorization": f"Bearer {token}"})

    assert response.status_code == 401
    assert response.json()["error"]["message"] == "Ambiguous authentication"


async def test_refused_development_user_is_final() -> None:
    """There is no token to renew, so nothing is asked twice."""
    async with open_stage(credentials=use_dev_user) as stage:
        stage.codemie.faults.extend([Fault.expired_token()] * 2)
        error = await ask_in_vain(stage)

    assert type(error) is CodemieLoginFailed
    assert len(stage.codemie.calls) == 1


async def test_questions_in_a_row_share_one_connection() -> None:
    """Twenty questions and the login before them open one connection."""
    async with open_stage() as stage:
        for number in range(20):
            await stage.ask(name=str(number))

    assert len(stage.codemie.calls) == 20
    assert stage.codemie.connections == 1


@pytest.mark.parametrize("fault", [Fault.unavailable(), Fault.html(502), Fault.execution_failure("platform_error")])
async def test_failed_calls_keep_their_connection(fault: Fault) -> None:
    """An error that is read to its end costs no connection."""
    async with open_stage() as stage:
        stage.codemie.faults.append(fault)
        await stage.ask()

    assert stage.codemie.connections == 1


async def test_questions_at_once_stay_within_the_pool() -> None:
    """Forty questions at once are answered over twenty connections at most, none of them failing."""
    async with open_stage(delay_s=0.05, timeouts=Timeouts(read_s=5)) as stage:
        answers = await ask_many(stage, 40)

    assert [answer.calls for answer in answers] == [1] * 40
    assert stage.codemie.most_in_flight <= 20
    assert stage.codemie.connections <= 20


async def test_assistant_id_can_not_change_the_path() -> None:
    """Whatever the setting holds is one segment of the address."""
    async with open_stage() as stage:
        question = Question(assistant_id="../id/x?y#z", text="hi", conversation=lambda _: uuid.uuid4(), request_id="r")
        await stage.client.ask(question)

    assert stage.codemie.calls[0].assistant_id == "../id/x?y#z"


async def test_unknown_assistant_is_not_found() -> None:
    """The reason says that it is the assistant that is missing."""
    async with open_stage(assistants=["other"]) as stage:
        error = await ask_in_vain(stage)

    assert type(error) is CodemieNotFound
    assert error.reason == "assistant"


async def test_somebody_elses_conversation_is_denied() -> None:
    """A conversation belongs to the account that began it."""
    async with open_stage() as stage, open_http() as http:
        await stage.ask()
        source = TokenSource(http=http, api_url=stage.codemie.api_url, credentials=DevUser(user_id="other"))
        client = CodemieClient(http=http, api_url=stage.codemie.api_url, token=source)
        with pytest.raises(CodemieAccessDenied) as caught:
            await client.ask(make_question())

    assert caught.value.status == 403


async def test_feedback_points_at_an_answer() -> None:
    """The built-in CodeMie takes feedback on a stored answer and breaks, as the real one, on one it does not know."""
    async with open_stage() as stage:
        answer = await stage.ask()
        feedback = {
            "conversationId": str(answer.conversation_id),
            "assistant_id": "flow",
            "request": "hello",
            "response": answer.text,
            "messageIndex": 1,
            "author": "user",
            "mark": "wrong",
        }
        url, headers = f"{stage.codemie.api_url}/v1/feedback", {"user-id": "demo"}
        kept = await stage.http.post(url, json=feedback, headers=headers)
        beyond = await stage.http.post(url, json=feedback | {"messageIndex": 2}, headers=headers)
        unknown = await stage.http.post(url, json=feedback | {"conversationId": str(uuid.uuid4())}, headers=headers)
        missing = await stage.http.post(url, json={}, headers=headers)

    assert [response.status_code for response in (kept, beyond, unknown, missing)] == [200, 500, 500, 422]
    assert stage.codemie.feedback[0] == feedback


async def test_conversation_can_be_erased_by_its_owner() -> None:
    """Erasing is for the owner, and leaves nothing; as the real one, the built-in CodeMie breaks where nothing is."""
    async with open_stage(credentials=use_dev_user) as stage:
        answer = await stage.ask()
        url = f"{stage.codemie.api_url}/v1/conversations/{answer.conversation_id}"
        foreign = await stage.http.delete(url, headers={"user-id": "other"})
        own = await stage.http.delete(url, headers={"user-id": "demo"})
        again = await stage.http.delete(url, headers={"user-id": "demo"})
        shown = await stage.http.get(url, headers={"user-id": "demo"})

    assert [response.status_code for response in (foreign, own, again, shown)] == [401, 200, 500, 404]
    assert stage.codemie.conversations == {}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v1/healthcheck", 200), ("/v1/user", 401), ("/v1/assistants/id/flow", 401), ("/assistants/id/flow", 404)],
)
async def test_built_in_codemie_guards_its_paths(path: str, status: int) -> None:
    """Health needs no login; the rest does; a wrong prefix is not found."""
    async with BuiltInCodemie(answer=lambda _: ANSWER) as codemie, httpx.AsyncClient() as http:
        response = await http.get(f"{codemie.api_url}{path}")

    assert response.status_code == status


async def test_built_in_codemie_shows_user_and_assistant() -> None:
    """A doctor finds out who it is and whether the assistant is bare."""
    async with BuiltInCodemie(answer=lambda _: ANSWER) as codemie, httpx.AsyncClient() as http:
        headers = {"user-id": "demo"}
        user = (await http.get(f"{codemie.api_url}/v1/user", headers=headers)).json()
        assistant = (await http.get(f"{codemie.api_url}/v1/assistants/id/flow", headers=headers)).json()

    assert user["user_id"] == "demo"
    assert assistant["id"] == "flow"
    assert assistant["toolkits"] == assistant["context"] == assistant["mcp_servers"] == []


async def test_client_that_leaves_is_stored_with_an_empty_answer() -> None:
    """As on the real server, the turn of a client that left stays, without its answer."""
    async with open_stage(timeouts=SHORT) as stage:
        stage.codemie.faults.append(Fault.silence())
        await stage.ask()
        left = stage.codemie.conversations[str(make_conversation_id("thread", 0))]

    assert left.turns == [Turn(role="User", message="hello"), Turn(role="Assistant", message="")]


@pytest.mark.parametrize(
    "body",
    [
        {"text": 5},
        {"text": "hi", "conversation_id": None},
        {"text": "hi", "system_prompt": None},
        {"text": "hi", "history": [{"role": "user", "message": "hi"}]},
    ],
)
async def test_built_in_codemie_refuses_what_the_real_one_refuses(body: dict[str, object]) -> None:
    """Nulls and roles in lower case are refused with 422."""
    async with BuiltInCodemie(answer=lambda _: ANSWER) as codemie, httpx.AsyncClient() as http:
        url = f"{codemie.api_url}/v1/assistants/flow/model"
        response = await http.post(url, json=body, headers={"user-id": "demo"})

    assert response.status_code == 422


async def test_history_of_the_client_serves_a_new_conversation() -> None:
    """As on the real server, a conversation that is not known takes the history that comes along."""
    said = {"role": "User", "message": "before"}
    async with BuiltInCodemie(answer=lambda _: ANSWER) as codemie, httpx.AsyncClient() as http:
        url = f"{codemie.api_url}/v1/assistants/flow/model"
        body = {"text": "hi", "conversation_id": "c", "history": [said], "save_history": False}
        await http.post(url, json=body, headers={"user-id": "demo"})

    assert codemie.calls[0].turn.history == (Turn(role="User", message="before"),)
    assert codemie.conversations == {}


async def test_faults_can_be_chosen_by_turn() -> None:
    """A function sees the turn and the number of the call, and says what goes wrong with it."""
    async with open_stage(
        fault_for=lambda turn, number: Fault.unavailable() if turn.text == "hello" and number == 0 else None
    ) as stage:
        answer = await stage.ask()

    assert answer.calls == 2


def _make_opinion(answer: Answer, *, number: int = 0) -> Opinion:
    return Opinion(
        assistant_id="a", conversation_id=answer.conversation_id, number=number, is_good=False, comment="no title"
    )


async def test_an_opinion_can_be_taken_back() -> None:
    """By what CodeMie has said of it; again, and once its conversation is gone, there is nothing to be done."""
    async with open_stage() as stage:
        answer = await stage.ask()
        taken = await stage.client.rate(_make_opinion(answer))
        known = [body["comments"] for body in stage.codemie.feedback]
        assert taken is not None
        await stage.client.take_back(taken)
        left = list(stage.codemie.feedback)
        with pytest.raises(CodemieError):
            await stage.client.take_back(taken)
        await stage.client.forget(answer.conversation_id)
        await stage.client.take_back(taken)

    assert known == ["no title"]
    assert left == []
