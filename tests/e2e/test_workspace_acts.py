"""What a page for the built-in workspace does and shows: people's acts, and the traffic between Slack and the bot."""

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from workspace_apps import Json, listening, make_client

from bot.demo.workspace import Change, ChangeKind, Workspace

SIZES = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("small", "large")]
PLACES = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("here", "there")]


def make_row(block_id: str, options: list[Json]) -> Json:
    """Make a row with a menu and a button, called the same in every row."""
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}, "value": block_id}
    menu = {"type": "static_select", "action_id": "menu", "options": options}
    return {"type": "actions", "block_id": block_id, "elements": [menu, button]}


ROWS = [make_row("size", SIZES), make_row("place", PLACES)]
NOTE: Json = {
    "type": "input",
    "block_id": "note",
    "label": {"type": "plain_text", "text": "Note"},
    "element": {"type": "plain_text_input", "action_id": "note"},
}
MODAL: Json = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Rows"},
    "submit": {"type": "plain_text", "text": "Go"},
    "blocks": [*ROWS, NOTE],
}


async def test_block_ids_tell_elements_of_one_name_apart(workspace: Workspace, client: AsyncWebClient) -> None:
    """Two rows with the same action ids are used one by one, with what is filled in beside them."""
    posted = await client.chat_postMessage(channel="C1", text="x", blocks=[*ROWS, NOTE])
    message = ("C1", posted["ts"])

    async with listening(workspace) as bot:
        await workspace.click("U1", message, "go", block_id="place", answers={"size": "large", "note": "n"})
        await workspace.click("U1", message, "menu", "there", block_id="place")

    pressed, chosen = bot.payloads
    assert [(action["block_id"], action["value"]) for action in pressed["actions"]] == [("place", "place")]
    assert pressed["state"]["values"]["size"]["menu"]["selected_option"] == SIZES[1]
    assert pressed["state"]["values"]["note"]["note"]["value"] == "n"
    assert pressed["state"]["values"]["place"]["menu"]["selected_option"] is None
    assert chosen["actions"][0]["selected_option"] == PLACES[1]
    assert chosen["state"]["values"]["size"]["menu"]["selected_option"] is None
    assert chosen["state"]["values"]["place"]["menu"]["selected_option"] == PLACES[1]
    with pytest.raises(LookupError):
        await workspace.click("U1", message, "go", block_id="elsewhere")


async def test_block_ids_tell_elements_of_a_view_apart(workspace: Workspace, client: AsyncWebClient) -> None:
    """The same holds in a modal, whose stack is listed from the bottom."""
    await workspace.send_command(user="U1", channel="C1", text="", trigger_id="1.1.1")
    await client.views_open(trigger_id="1.1.1", view=MODAL)
    await workspace.send_command(user="U1", channel="C1", text="", trigger_id="2.2.2")
    await client.views_push(trigger_id="2.2.2", view={**MODAL, "callback_id": "upper"})
    stack = workspace.find_view_stack("U1")

    async with listening(workspace) as bot:
        await workspace.click_in_view("U1", stack[1], "menu", "there", {"note": "n"}, block_id="place")
    await workspace.close_view("U1", stack[1])

    assert [view.body.get("callback_id") for view in stack] == [None, "upper"]
    assert workspace.find_view_stack("U1") == stack[:1]
    assert workspace.find_view_stack("U2") == []
    (payload,) = bot.payloads
    values = payload["view"]["state"]["values"]
    assert values["place"]["menu"]["selected_option"] == PLACES[1]
    assert values["size"]["menu"]["selected_option"] is None
    assert values["note"]["note"]["value"] == "n"


async def test_ephemerals_are_found_as_they_are_by_now(workspace: Workspace, client: AsyncWebClient) -> None:
    """Only who sees one finds it, and a click on it sees what replaced it."""
    posted = await client.chat_postEphemeral(channel="C1", user="U1", text="psst", blocks=[ROWS[0]])
    whisper = workspace.find_ephemeral("U1", "C1", posted["message_ts"])
    assert whisper is not None

    async with listening(workspace) as bot:
        await workspace.click("U1", whisper, "go")
        hook = AsyncWebhookClient(bot.payloads[0]["response_url"])
        await hook.send(text="replaced", blocks=[ROWS[1]], replace_original=True)
        await workspace.click("U1", whisper, "go")

    assert workspace.find_ephemeral("U2", "C1", whisper.ts) is None
    assert [payload["actions"][0]["value"] for payload in bot.payloads] == ["size", "place"]


async def test_people_name_their_messages(workspace: Workspace) -> None:
    """A client's own name of a message comes with it; else one is made."""
    named = await workspace.say(user="U1", channel="D1", text="x", client_msg_id="mine")
    unnamed = await workspace.say(user="U1", channel="D1", text="x")

    assert named.message.client_msg_id == "mine"
    assert unnamed.message.client_msg_id


async def test_an_edit_with_blocks_is_not_marked(workspace: Workspace, client: AsyncWebClient) -> None:
    """An app's edit shows as one if it is text alone, and a person's does; a channel may be named."""
    said = await workspace.say(user="U1", channel="C1", text="x")
    posted = await client.chat_postMessage(channel="#general", text="x")
    place = {"channel": posted["channel"], "ts": posted["ts"]}
    await client.chat_update(**place, text="y", blocks=[NOTE])
    silent = workspace.messages("C1")[1].is_marked_edited
    await client.chat_update(**place, text="z")
    await workspace.edit_message(user="U1", channel="C1", ts=said.ts, text="y")

    assert silent is False
    assert [message.is_marked_edited for message in workspace.messages("C1")] == [True, True]
    assert posted["channel"] == "C1"


async def test_people_react_and_change_their_language(workspace: Workspace, client: AsyncWebClient) -> None:
    """Reactions are told where the bot subscribed, may know of them and is a member; a language is found on asking."""
    seen: list[Change] = []
    workspace.subscribe(seen.append)
    posted = await client.chat_postMessage(channel="C1", text="x")
    elsewhere = await workspace.say(user="U2", channel="C2", text="x")
    silent = await workspace.react("U1", "C1", posted["ts"], "eyes")
    workspace.subscriptions.update({"reaction_added", "reaction_removed"})
    workspace.scopes.add("reactions:read")

    async with listening(workspace) as bot:
        await workspace.react("U1", "C1", posted["ts"], ":tada:")
        again = await workspace.react("U1", "C1", posted["ts"], "tada")
        await workspace.react("U1", "C2", elsewhere.ts, "tada")
        await workspace.unreact("U1", "C1", posted["ts"], "tada")
    workspace.set_locale("U2", "uk-UA")
    described = await client.users_info(user="U2", include_locale=True)

    assert (silent, again) == ((), ())
    assert [(event["type"], event["reaction"], event["item_user"]) for event in bot.payloads] == [
        ("reaction_added", "tada", "UBOT"),
        ("reaction_removed", "tada", "UBOT"),
    ]
    assert bot.payloads[0]["item"] == {"type": "message", "channel": "C1", "ts": posted["ts"]}
    assert [reaction.name for reaction in workspace.reactions if reaction.channel == "C1"] == ["eyes"]
    assert described["user"]["locale"] == "uk-UA"
    assert [change.user for change in seen if change.kind is ChangeKind.USER] == ["U2"]
    with pytest.raises(LookupError):
        await workspace.react("U1", "C1", "1.000001", "tada")


async def test_traffic_tells_when_how_long_and_how_much(workspace: Workspace, client: AsyncWebClient) -> None:
    """Calls, deliveries, uploads and response_url posts have their time, status and size; a fault's delay counts."""
    workspace.faults.delay("chat.postMessage", 0.05)
    workspace.faults.drop_answer("chat.postMessage", when=lambda args: args.get("text") == "cut")
    workspace.faults.answer_status("upload", 500)
    workspace.faults.delay("upload", 0.05)
    began = workspace.state.clock()
    answer = await client.chat_postMessage(channel="C1", text="x")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel="C1", text="cut")
    with pytest.raises(Exception, match="Failed to upload a file"):
        await client.files_upload_v2(channel="C1", content="x", filename="x.txt")
    await client.files_upload_v2(channel="C1", content="text", filename="x.txt")
    async with listening(workspace) as bot:
        await workspace.send_command(user="U1", channel="C1", text="x")
    await AsyncWebhookClient(bot.payloads[0]["response_url"]).send(text="x")
    ended = workspace.state.clock()

    posted, cut = [call for call in workspace.calls if call.method == "chat.postMessage"]
    assert posted.took_s >= 0.05
    assert posted.size_bytes == int(answer.headers["Content-Length"])
    assert (cut.size_bytes, cut.is_answered) == (0, False)
    (delivery,) = workspace.deliveries
    (sent,) = workspace.response_url_posts
    assert began <= posted.at <= cut.at <= delivery.at <= sent.at <= ended
    assert delivery.ack_s > 0
    assert sent.status == 200
    assert [(post.status, post.size_bytes) for post in workspace.upload_posts] == [(500, 0), (200, 4)]
    assert workspace.upload_posts[1].took_s >= 0.05


async def test_listens_on_a_given_port() -> None:
    """A port that was free is taken on demand."""
    async with Workspace() as first:
        port = first.port

    async with Workspace(port=port) as second:
        answer = await make_client(second).api_test()

    assert second.port == port
    assert answer["ok"] is True
