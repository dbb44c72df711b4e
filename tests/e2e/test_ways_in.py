"""The ways to ask besides a prompt in a command, a mention or a DM: the modal and the shortcuts."""

import json

import pytest
from stage import Stage, StageOpener
from visitors import ask_until, get_modal, has_modal, invite, list_whispers, send_again, show, wait_for_dm

from bot.core.controls import NEW_ACTION
from bot.core.models import Flow

ENGLISH = "Registration for a parking permit: name, car plate, e-mail"
UKRAINIAN = "Реєстрація на паркувальний дозвіл: ім'я, номер авто, e-mail"


async def _list_requests(stage: Stage, user: str, text: str) -> str:
    delivery = await stage.workspace.send_command(user=user, channel="C1", text=text)
    return show(json.loads(delivery.body))


async def test_a_command_alone_opens_a_form_whose_result_only_its_user_sees(stage: Stage) -> None:
    """The modal is in the language of their locale, and what they ask for goes to their DM unless they choose."""
    user = invite(stage, "UFORM", locale="uk-UA")
    delivery = await stage.workspace.send_command(user=user, channel="C1", text="  ")
    modal = get_modal(stage, user)
    before = len(stage.workspace.messages("C1"))
    submitted = await stage.workspace.submit_view(user, modal, {"prompt": UKRAINIAN})
    messages = await wait_for_dm(stage, user)

    assert (delivery.status, delivery.body) == (200, "")
    assert modal.body["title"]["text"] == "Новий прототип"
    assert "Лише мені" in show(modal.body)
    assert submitted.status == 200
    assert not has_modal(stage, user)
    assert Flow.model_validate_json(stage.read_file(messages[-1], "flow.json")).steps
    assert UKRAINIAN in show(messages[0].blocks)
    assert len(stage.workspace.messages("C1")) == before


async def test_a_form_may_send_its_result_to_the_channel_it_was_opened_in(stage: Stage) -> None:
    """The channel is preset; the anchor there says who asked."""
    user = invite(stage, "UHERE")
    await stage.workspace.send_command(user=user, channel="C1", text="")
    before = {message.ts for message in stage.workspace.messages("C1")}
    await stage.workspace.submit_view(user, get_modal(stage, user), {"prompt": ENGLISH, "place": "in_channel"})
    (anchor, *_) = await stage.workspace.wait_for(
        lambda: [message for message in stage.workspace.messages("C1") if message.ts not in before], 10
    )
    messages = await stage.wait_for_files("C1", anchor.ts)

    assert "uhere asked for a prototype" in anchor.text
    assert messages[-1].text.startswith(f"<@{user}> ")
    assert stage.workspace.state.find_dm(user) is None


async def test_a_form_for_a_channel_the_bot_is_not_in_ends_in_the_dm(stage: Stage) -> None:
    """Whoever asked is told so in that channel, since the menu brought a response_url along."""
    user = invite(stage, "UAWAY")
    await stage.workspace.send_command(user=user, channel="C1", text="")
    answers = {"prompt": ENGLISH, "place": "in_channel", "channel": "G1"}
    await stage.workspace.submit_view(user, get_modal(stage, user), answers)
    messages = await wait_for_dm(stage, user)

    assert messages[-1].files
    assert any("/invite" in text for text in list_whispers(stage, user))
    assert not any(message.bot_id for message in stage.workspace.messages("G1"))


async def test_a_prompt_that_is_too_short_stays_in_the_form(stage: Stage) -> None:
    """The error stands at the input, in the language of what was typed; the next try is taken."""
    user = invite(stage, "USHORT")
    calls = len(stage.codemie.calls)
    await stage.workspace.send_command(user=user, channel="C1", text="")
    await stage.workspace.submit_view(user, get_modal(stage, user), {"prompt": "дозвіл"})
    refused = get_modal(stage, user)
    started = len(stage.codemie.calls) - calls
    await stage.workspace.submit_view(user, refused, {"prompt": UKRAINIAN})
    await wait_for_dm(stage, user)

    assert refused.errors == {"prompt": "Це занадто коротко: опишіть застосунок щонайменше 10 символами."}
    assert started == 0
    assert not has_modal(stage, user)


async def test_a_form_needs_a_channel_where_one_is_wanted(stage: Stage) -> None:
    """A shortcut used outside of any channel presets none."""
    user = invite(stage, "UNOWHERE")
    await stage.workspace.use_shortcut(user, "generate_prototype")
    await stage.workspace.submit_view(user, get_modal(stage, user), {"prompt": ENGLISH, "place": "in_channel"})

    assert get_modal(stage, user).errors == {"channel": "Please choose the channel."}


async def test_a_form_that_is_submitted_twice_makes_one_job(stage: Stage) -> None:
    """As when the first answer was lost, and Slack has its user try again."""
    user = invite(stage, "UTWICE")
    await stage.workspace.send_command(user=user, channel="C1", text="")
    first = await stage.workspace.submit_view(user, get_modal(stage, user), {"prompt": ENGLISH})
    second = await send_again(stage, first.payload)
    await wait_for_dm(stage, user)
    listed = await ask_until(lambda: _list_requests(stage, user, "status"), "✅ ready")

    assert (first.status, second.status) == (200, 200)
    assert json.loads(listed)["text"].count("✅ ready") == 1


async def test_a_form_says_when_its_dm_can_not_be_opened(stage: Stage) -> None:
    """Nothing is kept then."""
    user = invite(stage, "UNODM")
    await stage.workspace.send_command(user=user, channel="C1", text="")
    stage.workspace.faults.answer_error("conversations.open", "user_disabled")
    await stage.workspace.submit_view(user, get_modal(stage, user), {"prompt": ENGLISH})

    assert "/invite" in get_modal(stage, user).errors["prompt"]


async def test_a_form_that_slack_does_not_open_is_replaced_by_help(stage: Stage) -> None:
    """As where the trigger has expired, or Slack does not answer in time."""
    user = invite(stage, "UHELP", locale="uk-UA")
    stage.workspace.faults.answer_error("views.open", "expired_trigger_id")
    refused = await stage.workspace.send_command(user=user, channel="C1", text="")
    stage.workspace.faults.delay("views.open", 2.5)
    late = await stage.workspace.send_command(user=user, channel="C1", text="")

    for delivery in (refused, late):
        assert delivery.status == 200
        assert "Наприклад" in json.loads(delivery.body)["text"]
        assert json.loads(delivery.body)["response_type"] == "ephemeral"


async def test_a_form_of_one_who_asks_too_often_says_so(open_stage: StageOpener) -> None:
    """The refusal is not remembered, for the same modal may be submitted later."""
    async with open_stage(RATE_LIMIT="1/minute") as stage:
        await stage.workspace.send_command(user="U2", channel="C1", text=ENGLISH)
        await stage.workspace.use_shortcut("U2", "generate_prototype")
        await stage.workspace.submit_view("U2", get_modal(stage, "U2"), {"prompt": ENGLISH})

        assert "limit: 1" in get_modal(stage, "U2").errors["prompt"]


async def test_the_button_of_the_home_opens_the_form(stage: Stage) -> None:
    """In the language of its reader's last prompt, which tells more than a locale."""
    user = invite(stage, "UBUTTON", locale="en-US")
    await stage.workspace.send_command(user=user, channel="C1", text=UKRAINIAN)
    await stage.workspace.open_home(user)
    await stage.workspace.click_in_view(user, stage.workspace.published_homes[user], NEW_ACTION)

    assert get_modal(stage, user).body["title"]["text"] == "Новий прототип"


async def test_a_message_becomes_a_prompt_by_its_shortcut(stage: Stage) -> None:
    """The result threads under the message; using it twice makes one job, and another person gets one of their own."""
    said = await stage.workspace.say(user="U2", channel="C1", text=ENGLISH)
    users = [invite(stage, "UONE"), invite(stage, "UOTHER")]
    for user in (users[0], users[0], users[1]):
        await stage.workspace.use_message_shortcut(user, said.message, "prototype_from_message")

    def find_done() -> bool:
        return sum(bool(message.files) for message in stage.list_thread("C1", said.ts)) == len(users)

    await stage.workspace.wait_for(find_done, 20)
    shares = [message.text for message in stage.list_thread("C1", said.ts) if message.files]

    assert sorted(text.partition(">")[0] for text in shares) == ["<@UONE", "<@UOTHER"]


async def test_a_message_in_a_thread_is_answered_in_that_thread(stage: Stage) -> None:
    """And what Slack made of links and entities is read as it was typed."""
    root = await stage.workspace.say(user="U2", channel="C1", text="What shall we build?")
    said = await stage.workspace.say(
        user="U2", channel="C1", text="Permits & fees, as on example.com: name, e-mail", thread_ts=root.ts
    )
    user = invite(stage, "UTHREAD")
    await stage.workspace.use_message_shortcut(user, said.message, "prototype_from_message")
    await stage.wait_for_files("C1", root.ts)

    assert any("Permits & fees, as on example.com: name, e-mail" in call.text for call in stage.codemie.calls)


async def test_a_message_that_is_no_prompt_is_explained_to_whoever_chose_it(stage: Stage) -> None:
    """Nobody else sees it, and no job is made."""
    said = await stage.workspace.say(user="U2", channel="C1", text="дякую")
    calls = len(stage.codemie.calls)
    user = invite(stage, "UWRONG")
    delivery = await stage.workspace.use_message_shortcut(user, said.message, "prototype_from_message")

    assert delivery.status == 200
    assert list_whispers(stage, user) == ["Це занадто коротко: опишіть застосунок щонайменше 10 символами."]
    assert not stage.list_thread("C1", said.ts)
    assert len(stage.codemie.calls) == calls


async def test_a_message_where_the_bot_is_not_ends_in_the_dm(stage: Stage) -> None:
    """A message shortcut works in any conversation; the bot posts where it may."""
    said = await stage.workspace.say(user="U2", channel="G1", text=ENGLISH)
    user = invite(stage, "UPRIVATE")
    await stage.workspace.use_message_shortcut(user, said.message, "prototype_from_message")
    messages = await wait_for_dm(stage, user)

    assert messages[-1].files
    assert any("/invite" in text for text in list_whispers(stage, user))


@pytest.mark.parametrize("text", ["status", "Статус?", "мої"])
async def test_a_command_lists_what_its_user_asked_for(stage: Stage, text: str) -> None:
    """In words, ephemerally, with a link to each thread; a prompt that begins so is a prompt."""
    user = invite(stage, f"USTATUS{len(text)}")
    empty = await _list_requests(stage, user, text)
    anchor = await stage.command(f"{text} of parking permits, with name and e-mail", user=user)
    await stage.wait_for_files("C1", anchor.ts)
    answer = json.loads(await ask_until(lambda: _list_requests(stage, user, text), "✅"))

    assert "✅" not in empty
    assert answer["response_type"] == "ephemeral"
    assert "✅" in answer["text"]
    assert f"/archives/C1/p{anchor.ts.replace('.', '')}" in show(answer["blocks"])


async def test_the_ways_in_by_socket_mode(open_stage: StageOpener) -> None:
    """A shortcut, its modal with an error and without, and a message shortcut."""
    async with open_stage(SLACK_APP_TOKEN="xapp-demo", SLACK_SIGNING_SECRET=None) as stage:
        await stage.workspace.use_shortcut("U1", "generate_prototype", "C1")
        await stage.workspace.submit_view("U1", get_modal(stage, "U1"), {"prompt": "дозвіл"})
        refused = get_modal(stage, "U1")
        await stage.workspace.submit_view("U1", refused, {"prompt": UKRAINIAN})
        messages = await wait_for_dm(stage, "U1")
        said = await stage.workspace.say(user="U2", channel="C1", text=ENGLISH)
        await stage.workspace.use_message_shortcut("U1", said.message, "prototype_from_message")
        await stage.wait_for_files("C1", said.ts)

        assert refused.body["title"]["text"] == "Новий прототип"
        assert refused.errors["prompt"].startswith("Це занадто коротко")
        assert messages[-1].files
