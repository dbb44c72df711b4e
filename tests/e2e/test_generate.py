"""The main job: a prompt in Slack becomes a flow and a page in its thread."""

import json
import re
from collections.abc import Sequence

import pytest
from stage import Stage, StageOpener

from bot.core.limits import find_violations
from bot.core.models import Flow
from bot.core.pages import check_page
from bot.demo.codemie import Fault
from bot.demo.workspace import Message

ENGLISH = "Registration for a parking permit: name, car plate, e-mail"
UKRAINIAN = "Реєстрація на паркувальний дозвіл: ім'я, номер авто, e-mail"


def _check_result(stage: Stage, messages: Sequence[Message], *, label: str) -> None:
    """Check what every generation has to end with; ``label`` is that of a field the prompt names."""
    *_, flow_message, files_message = messages
    flow = Flow.model_validate_json(stage.read_file(files_message, "flow.json"))
    page = stage.read_file(files_message, "prototype.html")
    shown = json.dumps(flow_message.blocks, ensure_ascii=False)

    assert len(messages) <= 3
    assert all(message.text.strip() for message in messages)
    assert flow.name in shown
    for step in flow.steps:
        assert step.title in shown
        assert all(field.label in shown for field in step.fields or ())
    assert label.casefold() in shown.casefold()
    assert check_page(page, flow).is_faithful
    assert "<style" in page
    assert re.search(r"\.\w[^{}]*\{[^{}]*padding", page), "the page's classes are compiled into it"
    assert not re.search(r"<script|<link|@import|url\(\s*['\"]?https?:", page)
    assert page.index("Content-Security-Policy") < page.index("<style")
    for message in messages:
        assert find_violations(text=message.text, blocks=message.blocks, is_update=message.edited is not None) == []


async def test_command_ends_with_flow_and_files_under_an_anchor(stage: Stage) -> None:
    """Three messages: the anchor that says who asked for what, the flow, the files."""
    anchor = await stage.command(ENGLISH)
    messages = await stage.wait_for_files("C1", anchor.ts)

    _check_result(stage, messages, label="Car plate")
    assert len(messages) == 3
    assert messages[0].ts == anchor.ts
    assert ENGLISH in str(messages[0].blocks)
    assert all(message.thread_ts == anchor.ts for message in messages[1:])
    assert messages[2].text.startswith("<@U1> ")
    assert "✅" in str(messages[0].blocks)


async def test_the_immediate_reply_to_a_command_is_empty(stage: Stage) -> None:
    """The anchor is the answer; an ephemeral one would only repeat it."""
    delivery = await stage.workspace.send_command(user="U2", channel="C1", text=ENGLISH)

    assert delivery.status == 200
    assert delivery.body == ""


async def test_mention_ends_in_the_thread_of_the_message(stage: Stage) -> None:
    """Two messages under the user's own: the progress that became the flow, and the files."""
    said = await stage.workspace.say(user="U1", channel="C1", text=UKRAINIAN, mention=True)
    messages = await stage.wait_for_files("C1", said.ts)

    _check_result(stage, messages, label="Номер авто")
    assert len(messages) == 2
    assert {message.thread_ts for message in messages} == {said.ts}
    assert messages[0].edited is not None
    assert "Продумую" in str(messages[0].history[0].blocks)


async def test_mention_inside_a_thread_stays_there(stage: Stage) -> None:
    """The result does not open a thread of its own."""
    root = await stage.workspace.say(user="U2", channel="C1", text="Who handles permits?")
    await stage.workspace.say(user="U1", channel="C1", text=ENGLISH, mention=True, thread_ts=root.ts)
    messages = await stage.wait_for_files("C1", root.ts)

    assert {message.thread_ts for message in messages} == {root.ts}


async def test_direct_message_ends_in_its_own_thread(stage: Stage) -> None:
    """As for a mention, without mentioning anybody: in a DM everything notifies."""
    said = await stage.workspace.say(user="U2", channel="D2", text=ENGLISH)
    messages = await stage.wait_for_files("D2", said.ts)

    _check_result(stage, messages, label="E-mail")
    assert len(messages) == 2
    assert not any("<@" in message.text for message in messages)


async def test_flow_is_posted_before_the_page_is_asked_for(open_stage: StageOpener) -> None:
    """The flow is there as soon as it is known, even if the page never comes."""
    async with open_stage() as stage:
        stage.fault_for = lambda turn, _: Fault.denied() if "<flow>" in turn.text else None
        anchor = await stage.command(ENGLISH)
        messages = await stage.wait_for_failure("C1", anchor.ts)

        assert len(messages) == 3
        assert "1. " in str(messages[1].blocks)
        assert "Reference" in str(messages[2].blocks)


async def test_one_carrier_serves_both_stages(stage: Stage) -> None:
    """Two system prompts, two version-4 conversation ids, streaming."""
    before = len(stage.codemie.calls)
    anchor = await stage.command(UKRAINIAN, channel="C1")
    await stage.wait_for_files("C1", anchor.ts)

    first, second = stage.codemie.calls[before:]
    assert first.assistant_id == second.assistant_id == "carrier"
    assert first.system_prompt != second.system_prompt
    assert first.system_prompt
    assert second.system_prompt
    assert first.conversation_id != second.conversation_id
    assert {str(call.conversation_id)[14] for call in (first, second)} == {"4"}


async def test_two_assistants_keep_their_own_prompts(open_stage: StageOpener) -> None:
    """Each stage asks its assistant, without a system prompt of the bot's."""
    async with open_stage(
        CODEMIE_ASSISTANT_ID=None, CODEMIE_FLOW_ASSISTANT_ID="flow", CODEMIE_UI_ASSISTANT_ID="ui"
    ) as stage:
        said = await stage.workspace.say(user="U1", channel="D1", text=ENGLISH)
        await stage.wait_for_files("D1", said.ts)

        assert [call.assistant_id for call in stage.codemie.calls] == ["flow", "ui"]
        assert not any(call.system_prompt for call in stage.codemie.calls)


@pytest.mark.parametrize(("text", "expected"), [("help", "/generate"), ("hi", "Hello"), ("form", "10")])
async def test_what_is_no_prompt_is_answered_with_help(stage: Stage, text: str, expected: str) -> None:
    """The word help, a greeting and what is too short get help with examples, and start no job."""
    calls = len(stage.codemie.calls)
    delivery = await stage.workspace.send_command(user="U1", channel="C1", text=text)

    assert delivery.status == 200
    assert expected in delivery.body
    assert "ephemeral" in delivery.body
    assert len(stage.codemie.calls) == calls


async def test_a_greeting_in_a_dm_gets_one_answer(stage: Stage) -> None:
    """However often Slack delivers the message."""
    said = await stage.workspace.say(user="U1", channel="D1", text="Привіт!")
    event = said.deliveries[0].payload["event"]
    await stage.workspace.deliver_event(event, retry_num=1)
    await stage.workspace.wait_for(lambda: stage.list_thread("D1", said.ts))
    follow_up = await stage.workspace.say(user="U1", channel="D1", text="допоможи")
    await stage.workspace.wait_for(lambda: stage.list_thread("D1", follow_up.ts))

    messages = stage.list_thread("D1", said.ts)
    assert len(messages) == 1
    assert "Вітаю" in messages[0].text


async def test_refused_prompts_are_told_politely(stage: Stage) -> None:
    """An attack is refused by the immediate reply, without quoting it."""
    delivery = await stage.workspace.send_command(user="U1", channel="C1", text="Login form'; DROP TABLE users; --")

    assert "in words" in delivery.body
    assert "DROP" not in delivery.body


async def test_attachments_are_named_as_unused(stage: Stage) -> None:
    """Somebody who attaches a brief is told that it was not read."""
    said = await stage.workspace.say(user="U1", channel="D1", text=ENGLISH, files=(("brief.pdf", b"%PDF"),))
    messages = await stage.wait_for_files("D1", said.ts)

    assert "brief.pdf" in str(messages[0].blocks)


async def test_bots_edits_and_strangers_words_are_ignored(stage: Stage) -> None:
    """Neither other bots, nor edits, nor talk that does not mention the bot start anything."""
    calls = len(stage.codemie.calls)
    event = {"type": "message", "channel": "D1", "channel_type": "im", "user": "U1", "ts": "1.1", "text": ENGLISH}
    await stage.workspace.deliver_event({**event, "bot_id": "B9"})
    await stage.workspace.deliver_event({**event, "subtype": "message_changed"})
    await stage.workspace.deliver_event({**event, "channel": "C1", "channel_type": "channel", "ts": "1.2"})
    anchor = await stage.command(ENGLISH)
    await stage.wait_for_files("C1", anchor.ts)

    assert len(stage.codemie.calls) == calls + 2


async def test_the_home_tab_tells_what_the_bot_does(stage: Stage) -> None:
    """Opening it publishes the view."""
    await stage.workspace.deliver_event({"type": "app_home_opened", "user": "U2", "tab": "home", "channel": "D2"})
    home = await stage.workspace.wait_for(lambda: stage.workspace.published_homes.get("U2"))

    assert "/generate" in str(home)


async def test_the_same_listeners_serve_socket_mode(open_stage: StageOpener) -> None:
    """Commands, mentions and direct messages arrive over the socket and end alike."""
    async with open_stage(SLACK_APP_TOKEN="xapp-demo", SLACK_SIGNING_SECRET=None) as stage:
        await stage.workspace.wait_for(lambda: stage.workspace.socket_count)
        anchor = await stage.command(ENGLISH)
        mention = await stage.workspace.say(user="U1", channel="C1", text=UKRAINIAN, mention=True)
        direct = await stage.workspace.say(user="U2", channel="D2", text=ENGLISH)

        assert len(await stage.wait_for_files("C1", anchor.ts)) == 3
        assert len(await stage.wait_for_files("C1", mention.ts)) == 2
        assert len(await stage.wait_for_files("D2", direct.ts)) == 2
        assert await stage.get_status("/ready") == 200
