"""CodeMie down for everybody, over sockets: told at once, noticed when it is back; the hook before a call; erasing."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import httpx
import pytest
from pydantic import SecretStr
from silence import keeping_silent
from structlog.testing import capture_logs

from bot.codemie.auth import ClientCredentials, DevUser, TokenSource
from bot.codemie.breaker import Breaker
from bot.codemie.client import Answer, CodemieClient, Question, Retries, Timeouts, open_http
from bot.demo.codemie import BuiltInCodemie, Fault
from bot.errors import (
    BotError,
    CodemieAccessDenied,
    CodemieBadGateway,
    CodemieDown,
    CodemieError,
    CodemieLoginFailed,
    CodemieNotFound,
    CodemieRateLimited,
    CodemieTimeout,
    CodemieUnavailable,
    DailyLimitReached,
)

SHORT = Timeouts(connect_s=2, read_s=0.5, answer_s=5)
DOWN = Fault.unavailable()


@dataclass(kw_only=True)
class Stage:
    """A client behind a breaker whose clock is ``now_s``; ``delays`` are the client's pauses, which take no time."""

    codemie: BuiltInCodemie
    http: httpx.AsyncClient
    token: TokenSource
    breaker: Breaker
    now_s: float = 0.0
    delays: list[float] = field(default_factory=list)

    def open_client(
        self,
        *,
        sleep: Callable[[float], Awaitable[None]] | None = None,
        retries: Retries | None = None,
        most_calls: int = 20,
    ) -> CodemieClient:
        """Make a client; all of them share the breaker."""
        return CodemieClient(
            http=self.http,
            api_url=self.codemie.api_url,
            token=self.token,
            timeouts=SHORT,
            retries=retries or Retries(),
            most_calls=most_calls,
            breaker=self.breaker,
            sleep=sleep or self._skip,
            random=lambda: 0.0,
        )

    async def ask(self, question: Question | None = None) -> Answer | BotError:
        """Ask, and return the answer or the error."""
        try:
            return await self.open_client().ask(question or make_question())
        except BotError as error:
            return error

    async def fail(self, times: int = 3) -> list[Answer | BotError]:
        """Ask in vain, one question after the other, each with all of its tries."""
        self.codemie.faults.extend([DOWN] * 3 * times)
        return [await self.ask() for _ in range(times)]

    async def cancel(self) -> None:
        """Ask a question that is not answered, and cancel it once it has arrived."""
        asked = len(self.codemie.calls)
        self.codemie.faults.append(Fault.silence())
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.ask())
            await self.codemie.wait_for(lambda: len(self.codemie.calls) > asked)
            task.cancel()

    async def _skip(self, delay_s: float) -> None:
        self.delays.append(delay_s)


def make_question() -> Question:
    """Make a question whose attempts are asked in conversations 0, 1, 2."""
    return Question(assistant_id="flow", text="hello", conversation=make_conversation_id, request_id="req-1")


def make_conversation_id(attempt: int) -> uuid.UUID:
    """Make the id of an attempt's conversation."""
    return uuid.UUID(int=attempt, version=4)


@asynccontextmanager
async def open_stage(*, probe_timeout_s: float = 2) -> AsyncIterator[Stage]:
    """Open a CodeMie and a breaker whose time stands still."""
    async with BuiltInCodemie(answer=lambda _: "an answer") as codemie, open_http(timeouts=SHORT) as http:
        stage = Stage(
            codemie=codemie,
            http=http,
            token=TokenSource(
                http=http,
                api_url=codemie.api_url,
                credentials=ClientCredentials(
                    token_url=codemie.token_url,
                    client_id=codemie.accounts.client_id,
                    client_secret=SecretStr(codemie.accounts.client_secret),
                ),
            ),
            breaker=Breaker(clock=lambda: stage.now_s, probe_timeout_s=probe_timeout_s),
        )
        yield stage


@asynccontextmanager
async def open_down_stage(*, probe_timeout_s: float = 2) -> AsyncIterator[Stage]:
    """Open a stage whose CodeMie has failed three questions and would answer from now on."""
    async with open_stage(probe_timeout_s=probe_timeout_s) as stage:
        await stage.fail()
        stage.codemie.calls.clear()
        yield stage


async def refuse(_: uuid.UUID) -> None:
    """Refuse a call, as a budget does."""
    raise DailyLimitReached(limit=5)


async def test_three_failed_questions_open_it() -> None:
    """From then on nobody waits: no request is made and the error says so."""
    async with open_stage() as stage:
        failures = await stage.fail()
        asked = len(stage.codemie.calls)
        error = await stage.ask()

    assert [type(failure) for failure in failures] == [CodemieUnavailable] * 3
    assert type(error) is CodemieDown
    assert error.calls == 0
    assert len(stage.codemie.calls) == asked == 9
    assert stage.breaker.is_down
    assert stage.codemie.health_checks == 0


async def test_two_failed_questions_do_not_open_it() -> None:
    """The third is asked, and answered."""
    async with open_stage() as stage:
        await stage.fail(2)
        answer = await stage.ask()

    assert isinstance(answer, Answer)
    assert not stage.breaker.is_down


async def test_silence_counts_as_a_failure() -> None:
    """A server that takes questions and never answers is down too."""
    async with open_stage() as stage:
        client = stage.open_client(retries=Retries(attempts=1))
        for _ in range(3):
            stage.codemie.faults.append(Fault.silence())
            with pytest.raises(CodemieTimeout):
                await client.ask(make_question())

    assert stage.breaker.is_down


async def test_unreachable_login_counts_as_a_failure() -> None:
    """Without a login nobody is answered either."""
    async with open_stage() as stage:
        await stage.codemie.stop()
        failures = [await stage.ask() for _ in range(4)]

    assert [type(failure) for failure in failures] == [*[CodemieUnavailable] * 3, CodemieDown]


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([], id="an answer"),
        pytest.param([Fault.not_found()], id="404"),
        pytest.param([Fault.denied()], id="denied"),
        pytest.param([Fault.invalid()], id="422"),
        pytest.param([Fault.empty()], id="empty"),
        pytest.param([Fault.stacktrace()], id="failed run"),
        pytest.param([Fault.rate_limited(retry_after="61")], id="429"),
        pytest.param([Fault.expired_token()] * 2, id="login refused"),
        pytest.param([Fault.login_page()], id="redirect"),
    ],
)
async def test_any_other_ending_sets_the_count_to_0(faults: list[Fault]) -> None:
    """Whatever else CodeMie says, it is there: two failures before it and two after it are no outage."""
    async with open_stage() as stage:
        await stage.fail(2)
        stage.codemie.faults.extend(faults)
        await stage.ask()
        await stage.fail(2)
        is_down_early = stage.breaker.is_down
        await stage.fail(1)

    assert not is_down_early
    assert stage.breaker.is_down


async def test_what_says_nothing_of_codemie_counts_as_nothing() -> None:
    """A question that is cancelled, or refused before its call, neither adds to the count nor ends it."""
    async with open_stage() as stage:
        await stage.fail(2)
        await stage.ask(replace(make_question(), before_call=refuse))
        await stage.cancel()
        is_down_early = stage.breaker.is_down
        await stage.fail(1)

    assert not is_down_early
    assert stage.breaker.is_down


async def test_stale_failures_do_not_open_it() -> None:
    """Questions that were begun before another one was answered prove nothing when they fail."""
    async with open_stage() as stage, asyncio.TaskGroup() as group:
        client = stage.open_client(retries=Retries(attempts=1))
        stage.codemie.faults.extend([Fault.silence()] * 3)
        stale = [group.create_task(_find_error(client)) for _ in range(3)]
        await stage.codemie.wait_for(lambda: len(stage.codemie.calls) == 3)
        answer = await stage.ask()
        errors = [await task for task in stale]

    assert isinstance(answer, Answer)
    assert [type(error) for error in errors] == [CodemieTimeout] * 3
    assert not stage.breaker.is_down


async def _find_error(client: CodemieClient) -> CodemieError:
    with pytest.raises(CodemieError) as caught:
        await client.ask(make_question())
    return caught.value


async def test_questions_between_two_tries_stop_when_it_opens() -> None:
    """Whoever sleeps before another try is told at once, with the calls that were made."""
    is_asleep = asyncio.Event()

    async def sleep(_: float) -> None:
        is_asleep.set()
        await asyncio.Event().wait()

    async with open_stage() as stage, asyncio.TaskGroup() as group:
        stage.codemie.faults.append(DOWN)
        task = group.create_task(_find_error(stage.open_client(sleep=sleep)))
        await is_asleep.wait()
        await stage.fail()
        error = await asyncio.wait_for(task, 1)

    assert type(error) is CodemieDown
    assert error.calls == 1
    assert len(stage.codemie.calls) == 10


async def test_question_in_flight_is_neither_cut_nor_tried_again() -> None:
    """When it fails after the opening, that is the end of it."""
    async with open_stage() as stage, asyncio.TaskGroup() as group:
        stage.codemie.faults.append(Fault.silence())
        task = group.create_task(_find_error(stage.open_client()))
        await stage.codemie.wait_for(lambda: len(stage.codemie.calls) == 1)
        await stage.fail()
        is_cut = task.done()
        error = await task

    assert not is_cut
    assert type(error) is CodemieDown
    assert error.calls == 1


async def test_answer_to_a_question_in_flight_closes_it() -> None:
    """Whoever answers is there, whenever it was asked."""
    async with open_stage() as stage, asyncio.TaskGroup() as group:
        stage.codemie.pace.chunk_chars, stage.codemie.pace.chunk_delay_s = 1, 0.1
        task = group.create_task(stage.ask())
        await stage.codemie.wait_for(lambda: len(stage.codemie.calls) == 1)
        await stage.fail()
        was_down = stage.breaker.is_down
        answer = await task

    assert was_down
    assert isinstance(answer, Answer)
    assert not stage.breaker.is_down


async def test_questions_that_wait_for_their_turn_are_told() -> None:
    """A question that queued behind a silent one makes no call once it is known to be in vain."""
    async with open_stage() as stage, asyncio.TaskGroup() as group:
        narrow = stage.open_client(most_calls=1, retries=Retries(attempts=1))
        stage.codemie.faults.append(Fault.silence())
        tasks = [group.create_task(_find_error(narrow)) for _ in range(2)]
        await stage.codemie.wait_for(lambda: len(stage.codemie.calls) == 1)
        await stage.fail()
        errors = [await task for task in tasks]

    assert [type(error) for error in errors] == [CodemieTimeout, CodemieDown]
    assert [error.calls for error in errors] == [1, 0]
    assert len(stage.codemie.calls) == 10


async def test_nobody_probes_before_the_interval_is_over() -> None:
    """For five seconds every question is told at once."""
    async with open_down_stage() as stage:
        stage.now_s = 4.9
        error = await stage.ask()

    assert type(error) is CodemieDown
    assert stage.codemie.health_checks == 0
    assert stage.codemie.calls == []


async def test_it_recovers_by_itself() -> None:
    """The first question after the interval is asked and answered; from then on everybody is."""
    async with open_down_stage() as stage:
        stage.now_s = 5
        answers = [await stage.ask() for _ in range(3)]

    assert all(isinstance(answer, Answer) for answer in answers)
    assert not stage.breaker.is_down
    assert stage.codemie.health_checks == 1


async def test_half_open_lets_one_through() -> None:
    """Of five that come together one is the trial; the others are told while it runs."""
    async with open_down_stage() as stage:
        stage.now_s = 5
        stage.codemie.pace.delay_s = 0.1
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(stage.ask()) for _ in range(5)]
        results = [task.result() for task in tasks]

    assert [type(result) for result in results] == [Answer, *[CodemieDown] * 4]
    assert len(stage.codemie.calls) == 1
    assert not stage.breaker.is_down


async def test_failed_trial_opens_it_again() -> None:
    """The trial is tried once; then it takes another interval."""
    async with open_down_stage() as stage:
        stage.now_s = 5
        stage.delays.clear()
        stage.codemie.faults.append(DOWN)
        trial = await stage.ask()
        stage.now_s = 9.9
        early = await stage.ask()
        stage.now_s = 10
        answer = await stage.ask()

    assert type(trial) is CodemieUnavailable
    assert trial.calls == 1
    assert stage.delays == []
    assert type(early) is CodemieDown
    assert isinstance(answer, Answer)
    assert stage.codemie.health_checks == 2


async def test_others_are_told_while_the_trial_meets_silence() -> None:
    """A trial that hangs holds up its own user alone."""
    async with open_down_stage() as stage, asyncio.TaskGroup() as group:
        stage.now_s = 5
        stage.codemie.faults.append(Fault.silence())
        task = group.create_task(stage.ask())
        await stage.codemie.wait_for(lambda: len(stage.codemie.calls) == 1)
        stage.now_s = 50
        other = await stage.ask()
        is_early = not task.done()
        trial = await task

    assert is_early
    assert type(other) is CodemieDown
    assert type(trial) is CodemieTimeout
    assert stage.breaker.is_down


@pytest.mark.parametrize("fault", [Fault.not_found(), Fault.empty(), Fault.expired_token()])
async def test_trial_that_meets_life_closes_it(fault: Fault) -> None:
    """A trial need not be answered to show that CodeMie serves; a token is renewed for it like for any other."""
    async with open_down_stage() as stage:
        stage.now_s = 5
        stage.codemie.faults.append(fault)
        await stage.ask()

    assert not stage.breaker.is_down


async def test_trial_that_says_nothing_leaves_it_to_the_next() -> None:
    """A trial that is cancelled, or refused before its call, neither closes it nor holds the next one up."""
    async with open_down_stage() as stage:
        stage.now_s = 5
        refused = await stage.ask(replace(make_question(), before_call=refuse))
        await stage.cancel()
        is_still_down = stage.breaker.is_down
        answer = await stage.ask()

    assert type(refused) is DailyLimitReached
    assert is_still_down
    assert isinstance(answer, Answer)


async def test_unreachable_codemie_stays_down() -> None:
    """A probe that reaches nobody ends in no trial, and the next one takes another interval."""
    async with open_down_stage() as stage:
        await stage.codemie.stop()
        stage.now_s = 5
        unreached = await stage.ask()
        await stage.codemie.start()
        stage.now_s = 9.9
        early = await stage.ask()
        stage.now_s = 10
        answer = await stage.ask()

    assert type(unreached) is type(early) is CodemieDown
    assert unreached.calls == 0
    assert isinstance(answer, Answer)


async def test_silent_probe_is_soon_given_up() -> None:
    """A server that accepts connections and says nothing holds its user up for the probe's time only."""
    async with open_down_stage(probe_timeout_s=0.1) as stage:
        await stage.codemie.stop()
        stage.now_s = 5
        async with keeping_silent(port=httpx.URL(stage.codemie.api_url).port or 0):
            started = asyncio.get_running_loop().time()
            error = await stage.ask()
            waited_s = asyncio.get_running_loop().time() - started

    assert type(error) is CodemieDown
    assert 0.05 < waited_s < 1


@pytest.mark.parametrize(
    ("fault", "is_reached"),
    [
        (Fault.wrong_path(), True),
        (Fault.expired_token(), True),
        (Fault.login_page(), True),
        (Fault.trace(), False),
        (Fault.html(502), False),
        (Fault.html(503), False),
    ],
)
async def test_probe_asks_only_whether_somebody_answers(fault: Fault, *, is_reached: bool) -> None:
    """Any status below 500 leads to a trial."""
    async with open_down_stage() as stage:
        stage.now_s = 5
        stage.codemie.health_faults.append(fault)
        result = await stage.ask()

    assert isinstance(result, Answer if is_reached else CodemieDown)
    assert len(stage.codemie.calls) == is_reached


async def test_going_down_and_coming_back_are_each_logged_once() -> None:
    """Whatever happens in between: questions that are told, probes and trials that fail."""
    async with open_stage() as stage:
        with capture_logs() as logs:
            await stage.fail()
            await stage.ask()
            stage.now_s = 5
            stage.codemie.faults.append(DOWN)
            await stage.ask()
            stage.now_s = 12.5
            await stage.ask()
            await stage.ask()

    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("codemie_down", "warning"),
        ("codemie_back", "info"),
    ]
    assert logs[0]["code"] == "codemie_unavailable"
    assert logs[1]["down_s"] == 12.5


async def test_it_goes_down_again() -> None:
    """After it was back, three failures open it anew."""
    async with open_down_stage() as stage:
        stage.now_s = 5
        await stage.ask()
        await stage.fail(2)
        is_down_early = stage.breaker.is_down
        await stage.fail(1)
        stage.now_s = 9.9
        error = await stage.ask()

    assert not is_down_early
    assert type(error) is CodemieDown
    assert stage.codemie.health_checks == 1


async def test_pauses_are_whole_again_when_it_is_back() -> None:
    """Once it is back a question sleeps before another try as it did before."""
    slept: list[float] = []

    async def sleep(delay_s: float) -> None:
        await asyncio.sleep(0.05)
        slept.append(delay_s)

    async with open_down_stage() as stage:
        stage.now_s = 5
        await stage.ask()
        stage.codemie.faults.append(DOWN)
        await stage.open_client(sleep=sleep).ask(make_question())

    assert slept == [1.0]


async def test_hook_sees_every_call_before_it_is_made() -> None:
    """Retries and the repeated call after a 401 too, each with its conversation id."""
    seen: list[tuple[uuid.UUID, int]] = []

    async with open_stage() as stage:

        async def note(conversation_id: uuid.UUID) -> None:
            seen.append((conversation_id, len(stage.codemie.calls)))

        stage.codemie.faults.extend([Fault.expired_token(), DOWN])
        answer = await stage.ask(replace(make_question(), before_call=note))

    assert isinstance(answer, Answer)
    assert answer.calls == 3
    assert seen == [(make_conversation_id(0), 0), (make_conversation_id(0), 1), (make_conversation_id(1), 2)]
    assert [call.conversation_id for call in stage.codemie.calls] == [
        str(conversation_id) for conversation_id, _ in seen
    ]


async def test_error_of_the_hook_passes_unchanged() -> None:
    """The very error arrives, without a call and without another try."""
    limit = DailyLimitReached(limit=5)

    async def refuse_with(_: uuid.UUID) -> None:
        raise limit

    async with open_stage() as stage:
        error = await stage.ask(replace(make_question(), before_call=refuse_with))

    assert error is limit
    assert stage.codemie.calls == []
    assert stage.delays == []


async def test_hook_can_end_the_tries() -> None:
    """A budget that is used up between two tries ends the question with its own error."""
    async with open_stage() as stage:

        async def allow_one(_: uuid.UUID) -> None:
            if stage.codemie.calls:
                raise DailyLimitReached(limit=1)

        stage.codemie.faults.append(DOWN)
        error = await stage.ask(replace(make_question(), before_call=allow_one))

    assert type(error) is DailyLimitReached
    assert len(stage.codemie.calls) == 1


async def test_hook_is_not_asked_while_it_is_down() -> None:
    """Nothing is taken from a budget for a call that is not made."""
    seen: list[uuid.UUID] = []

    async def note(conversation_id: uuid.UUID) -> None:
        seen.append(conversation_id)

    async with open_down_stage() as stage:
        await stage.ask(replace(make_question(), before_call=note))

    assert seen == []


async def test_conversation_is_forgotten() -> None:
    """It is gone; the others stay; once more is no error, nor is one that never was."""
    async with open_stage() as stage:
        client = stage.open_client()
        await client.ask(make_question())
        await client.ask(replace(make_question(), conversation=lambda _: make_conversation_id(7)))
        for conversation_id in (make_conversation_id(0), make_conversation_id(0), make_conversation_id(9)):
            await client.forget(conversation_id)

    assert list(stage.codemie.conversations) == [str(make_conversation_id(7))]


async def test_forgetting_renews_its_access_once() -> None:
    """An expired token costs a login."""
    async with open_stage() as stage:
        client = stage.open_client()
        await client.ask(make_question())
        stage.codemie.accounts.revoke_tokens()
        await client.forget(make_conversation_id(0))

    assert stage.codemie.conversations == {}
    assert len(stage.codemie.accounts.logins) == 2


async def test_somebody_elses_conversation_is_not_forgotten() -> None:
    """CodeMie says 401 "Access denied", which no other token would mend."""
    async with open_stage() as stage:
        await stage.ask()
        source = TokenSource(http=stage.http, api_url=stage.codemie.api_url, credentials=DevUser(user_id="other"))
        client = CodemieClient(http=stage.http, api_url=stage.codemie.api_url, token=source)
        with pytest.raises(CodemieAccessDenied) as caught:
            await client.forget(make_conversation_id(0))

    assert caught.value.status == 401
    assert len(stage.codemie.conversations) == 1


async def test_missing_conversation_by_any_answer_is_forgotten() -> None:
    """A CodeMie that says 404 to an erasure, rather than break, means the same."""
    async with open_stage() as stage:
        stage.codemie.erasure_faults.append(Fault.answer(404, "Conversation not found"))
        await stage.open_client().forget(make_conversation_id(0))

    assert not stage.codemie.erasure_faults


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ([Fault.forbidden()], CodemieAccessDenied),
        ([Fault.expired_token()] * 2, CodemieLoginFailed),
        ([Fault.wrong_path()], CodemieNotFound),
        ([Fault.login_page()], CodemieBadGateway),
        ([Fault.rate_limited()], CodemieRateLimited),
        ([Fault.trace()], CodemieUnavailable),
        ([Fault.html(503)], CodemieUnavailable),
    ],
)
async def test_what_may_still_be_there_is_told(faults: list[Fault], expected: type[CodemieError]) -> None:
    """Nothing is tried again, and what CodeMie does to erasures says nothing of whether it serves."""
    async with open_stage() as stage:
        client = stage.open_client()
        await client.ask(make_question())
        await stage.fail(2)
        stage.delays.clear()
        stage.codemie.erasure_faults.extend(faults)
        with pytest.raises(CodemieError) as caught:
            await client.forget(make_conversation_id(0))
        delays = list(stage.delays)
        is_down_early = stage.breaker.is_down
        await stage.fail(1)

    assert type(caught.value) is expected
    assert delays == []
    assert not stage.codemie.erasure_faults
    assert len(stage.codemie.conversations) == 1
    assert not is_down_early
    assert stage.breaker.is_down


async def test_unreachable_codemie_forgets_nothing() -> None:
    """Whoever asked for it tries again later."""
    async with open_stage() as stage:
        client = stage.open_client()
        await client.ask(make_question())
        await stage.codemie.stop()
        with pytest.raises(CodemieUnavailable) as caught:
            await client.forget(make_conversation_id(0))

    assert caught.value.reason == "connection"
    assert stage.delays == []
