"""What people click, choose and fill in, in the built-in workspace: it reaches the bot as Slack would send it."""

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from workspace_apps import (
    Json,
    bolt_over_http,
    bolt_over_socket,
    get_error,
    listening,
    make_app,
    make_client,
    open_workspace,
)

from bot.demo.workspace import View, Workspace

PNG = b"\x89PNG\r\n\x1a\n"


def plain(text: str) -> Json:
    """Make a plain text object."""
    return {"type": "plain_text", "text": text}


def ask(block_id: str, element: Json, **more: object) -> Json:
    """Make an input block, whose element is called as the block."""
    label = plain(block_id.title())
    return {"type": "input", "block_id": block_id, "label": label, "element": {"action_id": block_id, **element}} | more


def make_modal(*blocks: Json, **more: object) -> Json:
    """Make a modal."""
    return {"type": "modal", "title": plain("New"), "submit": plain("Go"), "blocks": list(blocks), **more}


PROMPT = ask("prompt", {"type": "plain_text_input", "multiline": True, "min_length": 3, "max_length": 9})
OPTIONS = [{"text": plain(name), "value": name} for name in ("dm", "channel")]
WHERE = {"type": "radio_buttons", "action_id": "where", "options": OPTIONS, "initial_option": OPTIONS[0]}
MENUS: Json = {
    "type": "actions",
    "block_id": "menus",
    "elements": [
        {"type": "overflow", "action_id": "more", "options": OPTIONS},
        {"type": "static_select", "action_id": "model", "options": OPTIONS},
        {"type": "button", "action_id": "open", "text": plain("Open"), "url": "https://example.com/p/1"},
        {
            "type": "button",
            "action_id": "cancel",
            "text": plain("Cancel"),
            "value": "j1",
            "confirm": {
                "title": plain("Sure?"),
                "text": plain("It stops."),
                "confirm": plain("Stop"),
                "deny": plain("No"),
            },
        },
        WHERE,
    ],
}
THUMBS: Json = {
    "type": "context_actions",
    "block_id": "thumbs",
    "elements": [
        {
            "type": "feedback_buttons",
            "action_id": "rate",
            "positive_button": {"text": plain("Good"), "value": "up"},
            "negative_button": {"text": plain("Bad"), "value": "down"},
        },
        {"type": "icon_button", "action_id": "delete", "icon": "trash", "text": plain("Delete"), "value": "j1"},
    ],
}


async def open_modal(workspace: Workspace, client: AsyncWebClient, body: Json, *, channel: str = "C1") -> View:
    """Open a modal for somebody who looks at a channel."""
    delivery = await workspace.send_command(user="U1", channel=channel, text="")
    opened = await client.views_open(trigger_id=delivery.payload["trigger_id"], view=body)
    return workspace.views[opened["view"]["id"]]


async def test_every_element_of_a_message_reports_its_kind(workspace: Workspace, client: AsyncWebClient) -> None:
    """A menu's choice stands in the action and in the state; buttons leave none."""
    await client.chat_postMessage(channel="C1", text="x", blocks=[MENUS, THUMBS])
    (message,) = workspace.messages("C1")

    async with listening(workspace) as bot:
        await workspace.click("U1", message, "more", "channel")
        await workspace.click("U1", message, "where", "channel")
        await workspace.click("U2", message, "open")
        await workspace.click("U2", message, "cancel")
        await workspace.click("U1", message, "rate", "down")
        await workspace.click("U1", message, "delete")

    more, where, url, cancel, rate, delete = (payload["actions"][0] for payload in bot.payloads)
    assert more["selected_option"] == where["selected_option"] == OPTIONS[1]
    assert bot.payloads[0]["state"]["values"]["menus"]["where"]["selected_option"] == OPTIONS[0]
    assert bot.payloads[1]["state"]["values"]["menus"]["where"]["selected_option"] == OPTIONS[1]
    assert bot.payloads[1]["state"]["values"]["menus"]["model"] == {"type": "static_select", "selected_option": None}
    assert (url["type"], "value" in url) == ("button", False)
    assert cancel["confirm"]["title"] == plain("Sure?")
    assert (rate["type"], rate["text"], rate["value"]) == ("feedback_buttons", plain("Bad"), "down")
    assert (delete["type"], delete["value"], delete["block_id"]) == ("icon_button", "j1", "thumbs")
    assert {payload["user"]["id"] for payload in bot.payloads[2:4]} == {"U2"}


async def test_a_click_can_be_answered_by_all_its_ways(workspace: Workspace, client: AsyncWebClient) -> None:
    """The trigger opens a modal, the response_url reaches whoever clicked, the container names the message."""
    root = (await workspace.say(user="U1", channel="C1", text="root")).ts
    posted = await client.chat_postMessage(channel="C1", text="x", blocks=[THUMBS], thread_ts=root)
    await client.chat_postEphemeral(channel="C1", user="U1", text="psst", blocks=[MENUS], thread_ts=root)

    click = (await workspace.click("U1", ("C1", posted["ts"]), "delete")).payload
    whisper = (await workspace.click("U1", workspace.ephemerals[0], "cancel")).payload
    await client.views_open(trigger_id=click["trigger_id"], view=make_modal(PROMPT))
    await AsyncWebhookClient(click["response_url"]).send(text="why?", replace_original=False)

    assert click["container"] == {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": "C1",
        "is_ephemeral": False,
        "thread_ts": root,
    }
    assert (click["message"]["thread_ts"], whisper["container"]["is_ephemeral"]) == (root, True)
    assert [view.user for view in workspace.views.values()] == ["U1"]
    assert [(item.user, item.text, item.thread_ts) for item in workspace.ephemerals[1:]] == [("U1", "why?", root)]


@pytest.mark.parametrize("by_socket", [False, True], ids=["http", "socket"])
async def test_interactions_reach_bolt(workspace: Workspace, client: AsyncWebClient, *, by_socket: bool) -> None:
    """Clicks, both kinds of shortcut, a refused and a taken submission and a closed modal, either way of delivery."""
    app = make_app(workspace, client)
    seen: list[str] = []
    answers: list[Json] = [{"response_action": "errors", "errors": {"prompt": "Too short"}}, {}]

    async def note(ack: AsyncAck, body: Json) -> None:
        seen.append(body["type"])
        await ack()

    app.action("cancel")(note)
    app.shortcut("new")(note)
    app.shortcut("from_message")(note)
    app.view_closed("ask")(note)

    @app.view("ask")
    async def on_submit(ack: AsyncAck) -> None:
        seen.append("view_submission")
        await ack(**answers.pop(0))

    await client.chat_postMessage(channel="C1", text="x", blocks=[MENUS])
    (message,) = workspace.messages("C1")
    modal = make_modal(PROMPT, callback_id="ask", notify_on_close=True)
    first = await open_modal(workspace, client, modal)
    second = await open_modal(workspace, client, modal)
    async with bolt_over_socket(workspace, app) if by_socket else bolt_over_http(workspace, app):
        await workspace.click("U1", message, "cancel")
        await workspace.use_shortcut("U1", "new")
        await workspace.use_message_shortcut("U1", message, "from_message")
        await workspace.submit_view("U1", first, {"prompt": "permit"})
        refused = workspace.views[first.id]
        await workspace.submit_view("U1", first, {"prompt": "permit"})
        await workspace.close_view("U1", second)

    kinds = ["block_actions", "shortcut", "message_action", "view_submission", "view_submission", "view_closed"]
    assert seen == kinds
    assert (refused.is_open, refused.errors) == (True, {"prompt": "Too short"})
    assert not any(view.is_open for view in workspace.views.values())


async def test_a_message_shortcut_brings_its_message(workspace: Workspace) -> None:
    """Its response_url answers whoever used it, also where the bot is no member."""
    said = await workspace.say(user="U2", channel="G1", text="A parking permit")

    used = (await workspace.use_message_shortcut("U1", said.message, "from_message")).payload
    await AsyncWebhookClient(used["response_url"]).send(text="on it")

    assert (used["message"]["text"], used["message_ts"], used["message"]["user"]) == ("A parking permit", said.ts, "U2")
    assert used["channel"] == {"id": "G1", "name": "privategroup"}
    assert [(item.channel, item.user) for item in workspace.ephemerals if item.text == "on it"] == [("G1", "U1")]


async def test_modals_are_filled_in_within_their_bounds(workspace: Workspace, client: AsyncWebClient) -> None:
    """Slack's client submits neither too little nor too much; what is cleared is reported as nothing."""
    why = ask("why", {"type": "plain_text_input", "initial_value": "because"}, optional=True)
    view = await open_modal(workspace, client, make_modal(PROMPT, why))

    for wrong in ("no", "far too long"):
        with pytest.raises(ValueError, match="too short or too long"):
            await workspace.submit_view("U1", view, {"prompt": wrong})
    kept = await workspace.submit_view("U1", view, {"prompt": "permit"})
    cleared = await workspace.submit_view("U1", view, {"prompt": "permit", "why": ""})

    values = [delivery.payload["view"]["state"]["values"]["why"]["why"]["value"] for delivery in (kept, cleared)]
    assert values == ["because", None]


async def test_a_modal_knows_where_it_was_opened(workspace: Workspace, client: AsyncWebClient) -> None:
    """The current conversation is preset, and a response_url leads to the chosen one."""
    select = {
        "type": "conversations_select",
        "default_to_current_conversation": True,
        "response_url_enabled": True,
    }
    modal = make_modal(ask("to", select))
    view = await open_modal(workspace, client, modal, channel="C2")

    preset = (await workspace.submit_view("U1", view, {})).payload
    chosen = (await workspace.submit_view("U1", view, {"to": "C1"})).payload
    [target] = preset["response_urls"]
    await AsyncWebhookClient(target["response_url"]).send(text="here", response_type="in_channel")

    assert (target["block_id"], target["action_id"], target["channel_id"]) == ("to", "to", "C2")
    assert preset["view"]["state"]["values"]["to"]["to"]["selected_conversation"] == "C2"
    assert [url["channel_id"] for url in chosen["response_urls"]] == ["C1"]
    assert [message.text for message in workspace.messages("C2")] == ["here"]


async def test_a_click_in_a_modal_brings_what_was_filled_in(workspace: Workspace, client: AsyncWebClient) -> None:
    """The state of a click has the inputs as they stand, the menu that was used among them."""
    view = await open_modal(workspace, client, make_modal(PROMPT, MENUS))

    click = await workspace.click_in_view("U1", view, "model", "dm", {"prompt": "perm"})

    values = click.payload["view"]["state"]["values"]
    assert values["prompt"]["prompt"]["value"] == "perm"
    assert values["menus"]["model"]["selected_option"] == OPTIONS[0]
    assert click.payload["container"] == {"type": "view", "view_id": view.id}
    with pytest.raises(LookupError):
        await workspace.click_in_view("U1", view, "model", "moon")


async def test_answers_that_slack_would_call_trouble(workspace: Workspace, client: AsyncWebClient) -> None:
    """Errors for what is no input, an unknown action and a view over a limit are refused, and the modal stays."""
    view = await open_modal(workspace, client, make_modal(PROMPT, MENUS))
    answers: list[Json] = [
        {"response_action": "errors", "errors": {"menus": "No input"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "explode"},
        {"response_action": "update", "view": make_modal(PROMPT, title=plain("x" * 25))},
    ]

    async with listening(workspace) as bot:
        bot.answers.extend(answers)
        for _ in answers:
            with pytest.raises(Exception, match="invalid_arguments"):
                await workspace.submit_view("U1", view, {"prompt": "permit"})

    assert workspace.views[view.id].is_open
    assert workspace.views[view.id].errors == {}


async def test_closing_takes_the_stack_where_asked(workspace: Workspace, client: AsyncWebClient) -> None:
    """A pushed modal closes alone, or with all below it; a closed one can't be used."""
    async with listening(workspace) as bot:
        bottom = await open_modal(workspace, client, make_modal(PROMPT))
        push = {"response_action": "push", "view": make_modal(PROMPT, notify_on_close=True)}
        bot.answers.extend([push, {}, push])
        await workspace.submit_view("U1", bottom, {"prompt": "permit"})
        top = list(workspace.views.values())[-1]
        alone = await workspace.close_view("U1", top)
        still_open = workspace.views[bottom.id].is_open
        await workspace.submit_view("U1", bottom, {"prompt": "permit"})
        cleared = await workspace.close_view("U1", list(workspace.views.values())[-1], with_all=True)

    assert alone is not None
    assert cleared is not None
    assert (alone.payload["is_cleared"], cleared.payload["is_cleared"]) == (False, True)
    assert still_open
    assert not workspace.views[bottom.id].is_open
    with pytest.raises(LookupError):
        await workspace.submit_view("U1", bottom, {"prompt": "permit"})


async def upload(client: AsyncWebClient, name: str, content: bytes, *, is_completed: bool = True) -> str:
    """Upload a file that is shared nowhere."""
    url = await client.files_getUploadURLExternal(filename=name, length=len(content), alt_txt="Two screens")
    async with aiohttp.ClientSession() as session, session.post(url["upload_url"], data=content) as response:
        assert response.status == 200
    if is_completed:
        await client.files_completeUploadExternal(files=[{"id": url["file_id"], "title": name}])
    return str(url["file_id"])


def show(file_id: str) -> list[Json]:
    """Make blocks that show a file, as a picture of its own and beside a text."""
    picture = {"type": "image", "slack_file": {"id": file_id}, "alt_text": "Two screens"}
    return [picture, {"type": "section", "text": plain("x"), "accessory": picture}]


async def test_a_picture_is_shown_from_a_file_of_the_bot(workspace: Workspace, client: AsyncWebClient) -> None:
    """An unshared upload serves in messages and views; a file that is none, no image or somebody else's does not."""
    file_id = await upload(client, "page.png", PNG)
    page = await upload(client, "page.html", b"<p>")
    unfinished = await upload(client, "late.png", PNG, is_completed=False)
    said = await workspace.say(user="U1", channel="C1", text="mine", files=[("mine.png", PNG)])

    posted = await client.chat_postMessage(channel="C1", text="x", blocks=show(file_id))
    await client.views_publish(user_id="U1", view={"type": "home", "blocks": show(file_id)})

    assert posted["message"]["blocks"][0]["slack_file"] == {"id": file_id}
    assert (workspace.files[file_id].alt_text, workspace.files[file_id].shares) == ("Two screens", ())
    for wrong in (page, unfinished, said.message.files[0], "F00000000"):
        assert await get_error(client.chat_postMessage(channel="C1", text="x", blocks=show(wrong))) == "invalid_blocks"
        view = {"type": "home", "blocks": show(wrong)}
        assert await get_error(client.views_publish(user_id="U1", view=view)) == "invalid_arguments"


async def test_a_picture_may_need_a_moment() -> None:
    """Until Slack has looked at an upload its blocks are invalid, and Slack says which."""
    now = [1_700_000_000.0]
    async with open_workspace(clock=lambda: now[0], processing_s=2.0) as workspace:
        client = make_client(workspace)
        file_id = await upload(client, "page.png", PNG)
        early = await get_error(client.chat_postMessage(channel="C1", text="x", blocks=show(file_id)))
        now[0] += 2.0
        await client.chat_postMessage(channel="C1", text="x", blocks=show(file_id))
        problems = [call.answer["errors"] for call in workspace.calls if call.answer and "errors" in call.answer]

    assert early == "invalid_blocks"
    assert problems == [
        [
            "invalid slack file [json-pointer:/blocks/0/slack_file]",
            "invalid slack file [json-pointer:/blocks/1/accessory/slack_file]",
        ]
    ]
