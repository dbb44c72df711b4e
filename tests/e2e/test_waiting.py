"""Who waits, for what, and what they are told: the line, the rate limit, the day's budget."""

import asyncio
import json
from collections.abc import Callable

from stage import Stage, StageOpener, write_dm

from bot.core.controls import RETRY_ACTION
from bot.demo.codemie import ChatTurn, Fault
from bot.demo.workspace import Message

PROMPT = "Registration for a parking permit: name, car plate, e-mail"


def _read_status(message: Message) -> str:
    """Read the line that says how far a job is."""
    return json.dumps(message.blocks, ensure_ascii=False)


async def test_whoever_waits_is_told_their_place(open_stage: StageOpener) -> None:
    """With one job at a time the others stand in line, fairly: nobody's second request is before anybody's first."""
    async with open_stage(MAX_CONCURRENT_JOBS="1") as stage:
        stage.codemie.pace.delay_s = 0.7
        one = await stage.command(PROMPT)
        await stage.wait_for_calls(1)
        two, three = await stage.command(PROMPT), await stage.command(PROMPT)
        other = await stage.command(PROMPT, user="U2")
        told = [_read_status(anchor) for anchor in (one, two, three, other)]
        for anchor in (one, two, three, other):
            await stage.wait_for_files("C1", anchor.ts)

        flows = [call.text for call in stage.codemie.calls if "<flow>" not in call.text]
        done = [max(float(m.ts) for m in stage.list_thread("C1", a.ts)) for a in (one, other, two, three)]
        assert "in line" not in told[0]
        assert "You are first in line" in told[1]
        assert "You are second in line" in told[2]
        assert "You are first in line" in told[3]
        assert len(flows) == 4
        assert done == sorted(done)


async def test_a_threads_jobs_run_one_after_the_other(stage: Stage) -> None:
    """The second request of a thread begins when the first is done, and says so while it waits."""
    before = len(stage.codemie.calls)
    stage.codemie.pace.delay_s = 0.5
    try:
        first = await stage.workspace.say(user="U1", channel="C1", text=PROMPT, mention=True)
        await stage.wait_for_calls(before + 1)
        await stage.workspace.say(user="U2", channel="C1", text=PROMPT, mention=True, thread_ts=first.ts)
        replies = await stage.workspace.wait_for(
            lambda: [m for m in stage.list_thread("C1", first.ts) if "before this one" in _read_status(m)], 10
        )
        assert len(stage.codemie.calls) == before + 1
        messages = await stage.workspace.wait_for(
            lambda: [m for m in stage.list_thread("C1", first.ts) if m.files][1:], 20
        )
    finally:
        stage.codemie.pace.delay_s = 0

    thread = stage.list_thread("C1", first.ts)
    assert len(replies) == 1
    assert len(messages) == 1
    assert len(thread) == 4
    assert len(stage.codemie.calls) == before + 4


async def test_the_rate_limit_is_each_users_own(open_stage: StageOpener) -> None:
    """Three run, the fourth and fifth are told how long to wait, and another user is served."""
    async with open_stage(RATE_LIMIT="3/minute") as stage:
        deliveries = [
            await stage.workspace.send_command(user="U1", channel="C1", text=f"{PROMPT} {n}") for n in range(5)
        ]
        said = await stage.workspace.say(user="U1", channel="D1", text=PROMPT)
        again = await stage.workspace.deliver_event(
            write_dm(PROMPT, ts=said.ts),
            retry_num=1,
        )
        other = await stage.command(PROMPT, user="U2")
        await stage.wait_for_files("C1", other.ts)
        refusal = await stage.workspace.wait_for(lambda: stage.list_thread("D1", said.ts))
        done = await stage.workspace.wait_for(lambda: [m for m in stage.workspace.messages("C1") if m.files][3:], 20)

        assert [delivery.status for delivery in deliveries] == [200] * 5
        assert [delivery.body for delivery in deliveries[:3]] == [""] * 3
        assert all("(limit: 3)" in delivery.body for delivery in deliveries[3:])
        assert "Please try again in" in refusal[0].text
        assert len(refusal) == 1
        assert again.status == 200
        assert len(done) == 1
        assert len(stage.codemie.calls) == 8


async def test_a_refused_command_is_answered_once(open_stage: StageOpener) -> None:
    """The same trigger twice is one request, refused or not."""
    async with open_stage(RATE_LIMIT="1/hour") as stage:
        await stage.command(PROMPT)
        refused = await asyncio.gather(
            *(
                stage.workspace.send_command(user="U1", channel="C1", text=PROMPT, trigger_id="1.2.same")
                for _ in range(2)
            )
        )

        assert sorted("try again" in delivery.body for delivery in refused) == [False, True]


async def test_the_budget_counts_calls_retries_and_all(open_stage: StageOpener) -> None:
    """A job that would go over it is told so; what unfinished jobs need is left to them."""
    async with open_stage(DAILY_LIMIT_USER="5", MAX_CONCURRENT_JOBS="1") as stage:
        stage.codemie.faults.extend([Fault.unavailable()])
        anchors = [await stage.command(PROMPT), await stage.command(PROMPT)]
        refused = await stage.workspace.send_command(user="U1", channel="C1", text=PROMPT)
        other = await stage.command(PROMPT, user="U2")
        for anchor in (*anchors, other):
            await stage.wait_for_files("C1", anchor.ts)

        assert "Too little is left of today's budget of 5 CodeMie calls" in refused.body
        assert "midnight UTC" in refused.body
        assert len(stage.codemie.calls) == 7


async def test_a_budget_is_never_exceeded_by_retries(open_stage: StageOpener) -> None:
    """The call that would be one too many is not made, and the thread says why."""
    async with open_stage(DAILY_LIMIT_TEAM="2") as stage:
        stage.codemie.faults.extend([Fault.unavailable()] * 2)
        anchor = await stage.command(PROMPT)
        messages = await stage.wait_for_failure("C1", anchor.ts)

        assert len(stage.codemie.calls) == 2
        assert "today's budget of 2 CodeMie calls" in messages[-1].text
        assert RETRY_ACTION not in _read_status(messages[-1])


async def test_a_budget_of_ten_ends_at_ten(open_stage: StageOpener) -> None:
    """Whatever a call was made for: a token signed anew, a retry, an answer that can't be read, a new request."""
    anew, again, reask = Fault.expired_token(), Fault.unavailable(), Fault.say("no flow")
    async with open_stage(DAILY_LIMIT_USER="10") as stage:
        stage.codemie.faults.extend([anew, again, reask])
        first = await stage.command(PROMPT)
        await stage.wait_for_files("C1", first.ts)
        spent = len(stage.codemie.calls)
        stage.codemie.faults.extend([anew, again, reask, again, again, again])
        second = await stage.command(PROMPT)
        failed = await stage.wait_for_failure("C1", second.ts)
        refused = await stage.workspace.send_command(user="U1", channel="C1", text=PROMPT)

        assert spent == 5
        assert "today's budget of 10 CodeMie calls" in failed[-1].text
        assert "at midnight UTC" in refused.body
        assert len(stage.codemie.calls) == 10


async def test_a_click_that_is_one_too_many_may_be_made_again(open_stage: StageOpener) -> None:
    """*Try again* counts as a request; its refusal is whispered, and the button stays good."""
    async with open_stage(RATE_LIMIT="1/second") as stage:
        stage.fault_for = _fail_times(3)
        anchor = await stage.command(PROMPT)
        failure = (await stage.wait_for_failure("C1", anchor.ts))[-1]
        await asyncio.sleep(1)
        await stage.command(PROMPT)
        await stage.workspace.click("U1", failure, RETRY_ACTION)
        told = await stage.workspace.wait_for(lambda: stage.workspace.response_url_posts)
        await asyncio.sleep(1)
        await stage.workspace.click("U1", failure, RETRY_ACTION)
        await stage.wait_for_files("C1", anchor.ts)

        assert "(limit: 1)" in str(told[0].body)


async def test_a_refusal_is_no_place_in_the_window(open_stage: StageOpener) -> None:
    """Whoever keeps asking is not kept out for longer by that."""
    async with open_stage(RATE_LIMIT="1/second") as stage:
        await stage.command(PROMPT)
        for _ in range(3):
            await stage.workspace.send_command(user="U1", channel="C1", text=PROMPT)
            await asyncio.sleep(0.2)
        await asyncio.sleep(0.6)
        late = await stage.workspace.send_command(user="U1", channel="C1", text=PROMPT)

        assert late.body == ""


def _fail_times(n: int) -> Callable[[ChatTurn, int], Fault | None]:
    return lambda _turn, number: Fault.unavailable() if number < n else None


async def test_one_event_is_one_job(stage: Stage) -> None:
    """However often it is delivered at the same moment: one result, two calls."""
    before = len(stage.codemie.calls)
    said = await stage.workspace.say(user="U2", channel="D2", text=PROMPT)
    event = write_dm(PROMPT, ts=said.ts, user="U2", channel="D2")
    await asyncio.gather(*(stage.workspace.deliver_event(event, retry_num=n) for n in range(1, 4)))
    messages = await stage.wait_for_files("D2", said.ts)

    assert len(messages) == 2
    assert len(stage.codemie.calls) == before + 2
