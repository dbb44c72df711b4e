"""What people do with a result: they have it changed, and say what they think of it."""

import json
from dataclasses import replace

import pytest
from stage import Stage
from visitors import get_modal, has_modal, invite, list_whispers, send_again, show, wait_for_feedback

from bot.core.controls import BAD, FEEDBACK_ACTION, GOOD, GOOD_ACTION, REFINE_ACTION
from bot.demo.workspace import Message

ENGLISH = "Registration for a parking permit: name, car plate, e-mail"


@pytest.fixture
async def result(stage: Stage) -> Message:
    """Have a prototype made in C1, and return the message with its controls."""
    anchor = await stage.command(ENGLISH, user="U2")

    def find() -> list[Message]:
        return [message for message in stage.list_thread("C1", anchor.ts) if REFINE_ACTION in show(message.blocks)]

    return (await stage.workspace.wait_for(find, 20))[-1]


def _get_job_id(message: Message) -> str:
    elements = [element for block in message.blocks for element in block.get("elements") or ()]
    return str(next(element["value"] for element in elements if element.get("action_id") == REFINE_ACTION))


async def _click_from(stage: Stage, message: Message, action_id: str, value: str, **who: str) -> None:
    """Click as somebody whom Slack would not show the message."""
    click = {"action_id": action_id, "block_id": "b", "type": "button", "value": value}
    ids = {"team": "T1", "user": "U1", "channel": message.channel, **who}
    payload = {
        "type": "block_actions",
        **{name: {"id": value} for name, value in ids.items()},
        "trigger_id": "t.1",
        "actions": [click],
    }
    delivery = await send_again(stage, payload)
    assert delivery.status == 200


async def test_a_change_comes_to_the_thread_as_the_next_version(stage: Stage, result: Message) -> None:
    """Anybody of the channel may ask for it; CodeMie is asked for that change, once, in the conversation before."""
    thread_ts = str(result.thread_ts)
    user = invite(stage, "UCHANGE")
    calls = len(stage.codemie.calls)
    await stage.workspace.click(user, result, REFINE_ACTION)
    modal = get_modal(stage, user)
    submitted = await stage.workspace.submit_view(user, modal, {"prompt": "add a field for phone"})
    await send_again(stage, submitted.payload)
    shares = await stage.workspace.wait_for(
        lambda: [
            item for item in stage.list_thread("C1", thread_ts) if item.files and item.text.startswith(f"<@{user}>")
        ],
        20,
    )
    asked = stage.codemie.calls[calls:]

    assert modal.body["title"]["text"] == "Change the prototype"
    assert not has_modal(stage, user)
    assert len(shares) == 1
    assert "Version 2" in shares[0].text
    assert "<change>" in asked[0].text
    assert "add a field for phone" in asked[0].text
    assert sum("<change>" in call.text and "JSON" in call.text for call in asked) == 1


async def test_a_change_has_to_be_one(stage: Stage, result: Message) -> None:
    """Blanks and code are refused in the modal, in the language of the result or of what was typed."""
    calls = len(stage.codemie.calls)
    user = invite(stage, "UBLANK")
    await stage.workspace.click(user, result, REFINE_ACTION)
    errors = []
    for text in (" ", "'; DROP TABLE users; --", "<script>alert(1)</script> зроби це"):
        await stage.workspace.submit_view(user, get_modal(stage, user), {"prompt": text})
        errors.append(get_modal(stage, user).errors["prompt"])

    assert errors[0].startswith("Tell me what")
    assert errors[1].startswith("This looks like database or script code")
    assert errors[2].startswith(("Це схоже на код", "This looks like"))
    assert len(stage.codemie.calls) == calls


@pytest.mark.parametrize("who", [{"team": "T9"}, {"channel": "C2"}, {"team": "T9", "user": "U2"}])
async def test_strangers_change_and_rate_nothing(stage: Stage, result: Message, who: dict[str, str]) -> None:
    """Neither somebody of another workspace nor somebody elsewhere gets a modal, is told anything, or is heard."""
    opinions, views = len(stage.codemie.feedback), len(stage.workspace.views)
    job_id = _get_job_id(result)
    await _click_from(stage, result, REFINE_ACTION, job_id, **who)
    await _click_from(stage, result, FEEDBACK_ACTION, f"{BAD}:{job_id}", **who)
    await stage.workspace.click("U2", result, FEEDBACK_ACTION, f"{GOOD}:{job_id}")
    given = await wait_for_feedback(stage, known=opinions, count=2)
    lines = [line for line in map(json.loads, stage.read_log().splitlines()) if line.get("action") == "rate"]

    assert len(stage.workspace.views) == views
    assert [line["allowed"] for line in lines[-2:]] == [False, True]
    assert len(given) == 2


async def test_a_change_of_what_is_not_kept_is_explained(stage: Stage, result: Message) -> None:
    """As after its data was erased: before the modal, and in a modal that was open meanwhile."""
    user = invite(stage, "UGONE", locale="uk-UA")
    click = await stage.workspace.click(user, result, REFINE_ACTION)
    modal = get_modal(stage, user)
    payload = {**click.payload, "actions": [{**click.payload["actions"][0], "value": "command:T1:none"}]}
    await send_again(stage, payload)
    stage.workspace.state.set_view(replace(modal, body={**modal.body, "private_metadata": "command:T1:none"}))
    await stage.workspace.submit_view(user, get_modal(stage, user), {"prompt": "make it green"})

    assert list_whispers(stage, user)[-1].startswith("Тут немає результату")
    assert get_modal(stage, user).errors["prompt"].startswith("There is no result here")


async def test_a_good_opinion_is_passed_on_and_thanked_for(stage: Stage, result: Message) -> None:
    """To CodeMie once for each of its two answers, however often it is clicked; plain buttons serve as well."""
    known = len(stage.codemie.feedback)
    user = invite(stage, "UGOOD")
    job_id = _get_job_id(result)
    await stage.workspace.click(user, result, FEEDBACK_ACTION, f"{GOOD}:{job_id}")
    await _click_from(stage, result, GOOD_ACTION, job_id, user=user)
    await _click_from(stage, result, GOOD_ACTION, job_id, user=invite(stage, "UOLD"))
    given = await wait_for_feedback(stage, known=known, count=4)

    assert list_whispers(stage, user) == ["Thank you! I pass your rating on to CodeMie."]
    assert len({item["conversationId"] for item in given}) == 2
    assert len(given) == 4


async def test_a_bad_opinion_is_passed_on_at_once_and_asked_about(stage: Stage, result: Message) -> None:
    """The reason follows when it is given; an empty one is none."""
    known = len(stage.codemie.feedback)
    user = invite(stage, "UBAD")
    await stage.workspace.click(user, result, FEEDBACK_ACTION, f"{BAD}:{_get_job_id(result)}")
    at_once = await wait_for_feedback(stage, known=known, count=2)
    modal = get_modal(stage, user)
    await stage.workspace.submit_view(user, modal, {"prompt": "The plate\x00 is missing"})
    with_reason = await wait_for_feedback(stage, known=known + 2, count=2)
    await stage.workspace.click(user, result, FEEDBACK_ACTION, f"{BAD}:{_get_job_id(result)}")
    await stage.workspace.submit_view(user, get_modal(stage, user), {})

    assert modal.body["title"]["text"] == "What is wrong?"
    assert not any("plate" in show(item) for item in at_once)
    assert all("The plate is missing" in show(item) for item in with_reason)
    assert not has_modal(stage, user)
    assert '"action": "rate"' in stage.read_log()
    assert "plate is missing" not in stage.read_log()


async def test_a_bad_opinion_is_thanked_for_where_no_modal_opens(stage: Stage, result: Message) -> None:
    """It was passed on all the same."""
    known = len(stage.codemie.feedback)
    user = invite(stage, "UMODAL")
    stage.workspace.faults.answer_error("views.open", "expired_trigger_id")
    await stage.workspace.click(user, result, FEEDBACK_ACTION, f"{BAD}:{_get_job_id(result)}")
    given = await wait_for_feedback(stage, known=known, count=2)

    assert len(given) == 2
    assert list_whispers(stage, user) == ["Thank you, that helps. I pass your rating on to CodeMie."]
