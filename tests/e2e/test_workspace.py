"""The built-in workspace against the official SDK and Bolt: what they send it takes, what it sends they take."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncRespond
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from workspace_apps import (
    BUTTONS,
    MODAL,
    Json,
    bolt_over_http,
    bolt_over_socket,
    get_error,
    make_app,
    make_client,
    open_workspace,
    serving,
)

from bot.demo.workspace import BOT_USER, Change, ChangeKind, Message, User, Workspace


@pytest.fixture
async def impatient() -> AsyncIterator[Workspace]:
    """Run a workspace that gives a delivery up soon, for tests of what it does then."""
    async with open_workspace(ack_deadline_s=1.0) as running:
        yield running


async def test_posts_edits_and_deletes(workspace: Workspace, client: AsyncWebClient) -> None:
    """A message is posted, threaded, edited with its history kept, and deleted."""
    metadata = {"event_type": "job", "event_payload": {"job": "1"}}
    root = await client.chat_postMessage(channel="C1", text="one", blocks=BUTTONS, metadata=metadata)
    reply = await client.chat_postMessage(channel="C1", text="reply", thread_ts=root["ts"])
    await client.chat_update(channel="C1", ts=root["ts"], text="two")
    await client.chat_delete(channel="C1", ts=reply["ts"])

    (message,) = workspace.messages("C1")
    assert (message.text, message.user, message.metadata) == ("two", BOT_USER, metadata)
    assert [revision.text for revision in message.history] == ["one"]
    assert message.blocks == (), "blocks that are not sent beside a text go"
    assert reply["message"]["thread_ts"] == root["ts"]
    assert [call.method for call in workspace.calls] == [
        "chat.postMessage",
        "chat.postMessage",
        "chat.update",
        "chat.delete",
    ]
    assert all("token" not in call.args for call in workspace.calls)


@pytest.mark.parametrize(
    ("channel", "error"),
    [("C2", "not_in_channel"), ("G1", "channel_not_found"), ("CARCH", "is_archived"), ("D3", "channel_not_found")],
)
async def test_refuses_where_the_bot_may_not_post(client: AsyncWebClient, channel: str, error: str) -> None:
    """Each kind of closed door has its own word."""
    assert await get_error(client.chat_postMessage(channel=channel, text="x")) == error


async def test_posts_into_public_channels_with_the_scope(workspace: Workspace, client: AsyncWebClient) -> None:
    """``chat:write.public`` opens public channels, but not for files."""
    workspace.scopes.add("chat:write.public")

    await client.chat_postMessage(channel="C2", text="x")

    assert len(workspace.messages("C2")) == 1
    assert await get_error(client.files_upload_v2(channel="C2", content="x", filename="x.txt")) == "not_in_channel"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"markdown_text": "x", "text": "x"}, "markdown_text_conflict"),
        ({"text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"text": "x", "blocks": "no JSON"}, "invalid_blocks_format"),
        ({"text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"text": "x", "attachments": [{"fallback": "x"}] * 101}, "too_many_attachments"),
        ({"text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
    ],
)
async def test_refuses_what_slack_would(client: AsyncWebClient, arguments: Json, error: str) -> None:
    """A message that is over a limit is refused in Slack's words."""
    call = client.api_call("chat.postMessage", json={"channel": "C1", **arguments})

    assert await get_error(call) == error


async def test_refuses_edits(workspace: Workspace, client: AsyncWebClient) -> None:
    """What is not there, not the bot's, or too long can't be edited."""
    said = await workspace.say(user="U1", channel="C1", text="mine")
    posted = await client.chat_postMessage(channel="C1", text="x")

    assert await get_error(client.chat_update(channel="C1", ts="1.000001", text="x")) == "message_not_found"
    assert await get_error(client.chat_update(channel="C1", ts=said.ts, text="x")) == "cant_update_message"
    long_edit = client.chat_update(channel="C1", ts=posted["ts"], text="ї" * 2001)
    assert await get_error(long_edit) == "msg_too_long"


async def test_checks_tokens_and_scopes(workspace: Workspace, client: AsyncWebClient) -> None:
    """No token, a wrong one, the other kind, a missing scope, an unknown method."""
    anonymous = AsyncWebClient(base_url=workspace.api_url)
    stranger = AsyncWebClient(token="xoxb-wrong", base_url=workspace.api_url)
    workspace.scopes.discard("users:read")

    assert await get_error(anonymous.auth_test()) == "not_authed"
    assert await get_error(stranger.auth_test()) == "invalid_auth"
    assert await get_error(client.apps_connections_open(app_token=workspace.bot_token)) == "not_allowed_token_type"
    assert await get_error(client.users_info(user="U1")) == "missing_scope"
    assert await get_error(client.api_call("chat.teleport")) == "unknown_method"
    answer = await client.auth_test()
    assert answer["user_id"] == BOT_USER
    assert "chat:write" in answer.headers["x-oauth-scopes"]


async def test_tells_its_time_and_what_the_app_token_lacks() -> None:
    """The clock is in a header of every answer; a socket takes the one scope of app-level tokens."""
    async with Workspace(clock=lambda: 1_800_000_000.0) as workspace:
        client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
        answer = await client.auth_test()
        opened = await client.apps_connections_open(app_token=workspace.app_token)
        workspace.app_scopes.clear()
        error = await get_error(client.apps_connections_open(app_token=workspace.app_token))

    assert answer.headers["Date"] == "Fri, 15 Jan 2027 08:00:00 GMT"
    assert opened["url"].startswith("ws://")
    assert error == "missing_scope"


async def test_tells_users_and_channels(workspace: Workspace, client: AsyncWebClient) -> None:
    """The locale is told on request; a DM is found by its person, or opened."""
    workspace.state.users["U9"] = User(id="U9", name="ann", real_name="Ann", is_guest=True)

    olena = await client.users_info(user="U1", include_locale=True)
    ann = await client.users_info(user="U9")
    known = await client.conversations_open(users="U1")
    opened = await client.conversations_open(users="U9")
    posted = await client.chat_postMessage(channel="U1", text="x")

    assert olena["user"]["locale"] == "uk-UA"
    assert ann["user"]["is_restricted"] is True
    assert "locale" not in ann["user"]
    assert known["channel"]["id"] == posted["channel"] == "D1"
    assert opened["channel"]["id"].startswith("D")
    assert await get_error(client.conversations_info(channel="C1")) == "missing_scope"


async def test_reads_threads(workspace: Workspace, client: AsyncWebClient) -> None:
    """A thread is read page by page, with metadata only if it is asked for."""
    root = (await workspace.say(user="U1", channel="C1", text="root")).ts
    metadata = {"event_type": "job", "event_payload": {"part": "flow"}}
    for number in range(3):
        await client.chat_postMessage(channel="C1", text=str(number), thread_ts=root, metadata=metadata)

    first = await client.conversations_replies(channel="C1", ts=root, limit=2, include_all_metadata=True)
    cursor = first["response_metadata"]["next_cursor"]
    second = await client.conversations_replies(channel="C1", ts=root, limit=2, cursor=cursor)
    history = await client.conversations_history(channel="C1")

    assert [message["text"] for message in first["messages"]] == ["root", "0"]
    assert first["messages"][1]["metadata"] == metadata
    assert [message["text"] for message in second["messages"]] == ["1", "2"]
    assert "metadata" not in second["messages"][0]
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert [message["reply_count"] for message in history["messages"]] == [3]
    missing = client.conversations_replies(channel="C1", ts="1.000001")
    assert await get_error(missing) == "thread_not_found"


async def test_reply_to_a_deleted_root_lands_in_the_channel(workspace: Workspace, client: AsyncWebClient) -> None:
    """Slack posts such a reply without its thread, and says so only by leaving ``thread_ts`` out."""
    root = (await workspace.say(user="U1", channel="C1", text="root")).ts
    await workspace.delete_message(user="U1", channel="C1", ts=root)

    reply = await client.chat_postMessage(channel="C1", text="reply", thread_ts=root)

    assert "thread_ts" not in reply["message"]
    assert await get_error(client.chat_getPermalink(channel="C1", message_ts=root)) == "message_not_found"


async def test_a_deleted_root_with_replies_leaves_a_tombstone(workspace: Workspace, client: AsyncWebClient) -> None:
    """The thread stays, under a root that says it was deleted."""
    root = await client.chat_postMessage(channel="C1", text="root")
    await client.chat_postMessage(channel="C1", text="reply", thread_ts=root["ts"])
    await client.chat_delete(channel="C1", ts=root["ts"])

    thread = await client.conversations_replies(channel="C1", ts=root["ts"])

    assert [message.get("subtype") for message in thread["messages"]] == ["tombstone", None]
    assert [message.text for message in workspace.messages("C1")] == ["reply"]


async def test_takes_uploads(workspace: Workspace, client: AsyncWebClient) -> None:
    """Several files become one message, later than the answer, which has no ts."""
    root = (await client.chat_postMessage(channel="C1", text="root"))["ts"]
    uploads: list[Json] = [
        {"filename": "prototype.html", "content": "<html></html>", "snippet_type": "html"},
        {"filename": "flow.json", "content": b"{}", "title": "Flow"},
    ]

    answer = await client.files_upload_v2(file_uploads=uploads, channel="C1", thread_ts=root, initial_comment="Here")
    before = workspace.messages("C1", root)
    await workspace.wait_for(lambda: len(workspace.messages("C1", root)) == 2)

    assert len(before) == 1
    assert [file["title"] for file in answer["files"]] == ["prototype.html", "Flow"]
    assert all(not file["shares"] for file in answer["files"])
    shared = workspace.messages("C1", root)[1]
    assert (shared.text, shared.subtype, len(shared.files)) == ("Here", "file_share", 2)
    page = workspace.files[shared.files[0]]
    assert (page.name, page.content, page.channels, page.thread_ts) == (
        "prototype.html",
        b"<html></html>",
        ("C1",),
        root,
    )


async def test_takes_uploads_of_the_sync_client(workspace: Workspace) -> None:
    """The SDK's synchronous client uploads just as well."""
    client = WebClient(token=workspace.bot_token, base_url=workspace.api_url)

    await asyncio.to_thread(client.files_upload_v2, channel="D1", content=b"\x89PNG", filename="p.png")

    message = await workspace.wait_for(lambda: workspace.messages("D1"))
    assert workspace.files[message[0].files[0]].content == b"\x89PNG"


async def test_files_are_found_and_deleted(workspace: Workspace, client: AsyncWebClient) -> None:
    """``files.info`` needs its scope, and tells where a file was shared; a deleted file takes its message."""
    answer = await client.files_upload_v2(channel="C1", content="x", filename="x.txt")
    file_id = answer["file"]["id"]
    await workspace.wait_for(lambda: workspace.files[file_id].shares)
    assert await get_error(client.files_info(file=file_id)) == "missing_scope"
    workspace.scopes.add("files:read")

    described = await client.files_info(file=file_id)
    await client.files_delete(file=file_id)

    assert list(described["file"]["shares"]["public"]) == ["C1"]
    assert workspace.messages("C1") == []
    assert await get_error(client.files_info(file=file_id)) == "file_not_found"


async def test_refuses_markdown_with_files(client: AsyncWebClient) -> None:
    """A markdown block beside files is an ``internal_error``, as in Slack."""
    url = await client.files_getUploadURLExternal(filename="x.txt", length=1)
    async with aiohttp.ClientSession() as session, session.post(url["upload_url"], data=b"x") as response:
        assert response.status == 200

    call = client.files_completeUploadExternal(
        files=[{"id": url["file_id"]}],
        channel_id="C1",
        blocks=json.dumps([{"type": "markdown", "text": "*x*"}]),
    )
    assert await get_error(call) == "internal_error"


async def test_reacts(workspace: Workspace, client: AsyncWebClient) -> None:
    """A reaction is kept once, and taken back."""
    ts = (await workspace.say(user="U1", channel="C1", text="thanks")).ts

    await client.reactions_add(channel="C1", timestamp=ts, name="thumbsup")

    assert [(reaction.name, reaction.ts) for reaction in workspace.reactions] == [("thumbsup", ts)]
    again = client.reactions_add(channel="C1", timestamp=ts, name="thumbsup")
    assert await get_error(again) == "already_reacted"
    nowhere = client.reactions_add(channel="C1", timestamp="1.000001", name="thumbsup")
    assert await get_error(nowhere) == "message_not_found"
    await client.reactions_remove(channel="C1", timestamp=ts, name="thumbsup")
    assert workspace.reactions == []


async def test_shows_ephemerals_to_members(workspace: Workspace, client: AsyncWebClient) -> None:
    """One member sees it; nobody else can be shown one."""
    await client.chat_postEphemeral(channel="C1", user="U1", text="psst")

    assert [(item.user, item.text) for item in workspace.ephemerals] == [("U1", "psst")]
    stranger = client.chat_postEphemeral(channel="C1", user="U99", text="psst")
    assert await get_error(stranger) == "user_not_in_channel"


async def test_shows_status_until_the_bot_posts(workspace: Workspace, client: AsyncWebClient) -> None:
    """A status stands in its thread until the next message of the bot."""
    root = (await workspace.say(user="U1", channel="D1", text="hi")).ts
    await client.assistant_threads_setStatus(channel_id="D1", thread_ts=root, status="is thinking…")
    await client.agents_sessions_setStatus(channel_id="D1", thread_ts=root, status="processing")
    prompts = [{"title": "Permit", "message": "A parking permit"}]
    await client.assistant_threads_setSuggestedPrompts(channel_id="D1", thread_ts=root, prompts=prompts)
    shown = dict(workspace.statuses)

    await client.chat_postMessage(channel="D1", thread_ts=root, text="done")

    assert shown == {("D1", root): "is thinking…"}
    assert workspace.statuses == {}
    assert workspace.sessions == {("D1", root): "processing"}
    assert workspace.suggested_prompts == {"D1": prompts}


async def test_limits_the_rate_of_posts(workspace: Workspace, client: AsyncWebClient) -> None:
    """After the burst comes 429 with Retry-After, which the SDK's handler obeys."""
    workspace.post_rate.per_s = 1.0
    workspace.post_rate.burst = 2
    for number in range(2):
        await client.chat_postMessage(channel="C1", text=str(number))

    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C1", text="too many")
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=2))
    await client.chat_postMessage(channel="C1", text="later")

    assert caught.value.response.status_code == 429
    assert caught.value.response["error"] == "ratelimited"
    assert caught.value.response.headers["Retry-After"] == "1"
    assert [message.text for message in workspace.messages("C1")] == ["0", "1", "later"]


async def test_fails_as_scripted(workspace: Workspace, client: AsyncWebClient) -> None:
    """Errors, statuses, delays and rate limits come as often as they were ordered, for the calls they were."""
    workspace.faults.answer_error("chat.postMessage", "fatal_error", times=2)
    workspace.faults.rate_limit("chat.update", retry_after_s=7)
    workspace.faults.answer_status("auth.test", 503)
    workspace.faults.answer_error("users.info", "user_not_found", when=lambda args: args["user"] == "U1")

    errors = [await get_error(client.chat_postMessage(channel="C1", text="x")) for _ in range(2)]
    posted = await client.chat_postMessage(channel="C1", text="x")
    with pytest.raises(SlackApiError) as limited:
        await client.chat_update(channel="C1", ts=posted["ts"], text="y")
    with pytest.raises(SlackApiError) as broken:
        await client.auth_test()

    assert errors == ["fatal_error", "fatal_error"]
    assert limited.value.response.headers["Retry-After"] == "7"
    assert broken.value.response.status_code == 503
    assert (await client.users_info(user="U2"))["ok"] is True
    assert await get_error(client.users_info(user="U1")) == "user_not_found"
    assert len(workspace.messages("C1")) == 1


async def test_cuts_connections(workspace: Workspace, client: AsyncWebClient) -> None:
    """A connection is cut before the work is done, or after it."""
    workspace.faults.drop_request("chat.postMessage")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.chat_postMessage(channel="C1", text="never done")
    workspace.faults.drop_answer("chat.postMessage")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.chat_postMessage(channel="C1", text="done unheard")

    assert [message.text for message in workspace.messages("C1")] == ["done unheard"]
    assert [call.is_answered for call in workspace.calls] == [False, False]
    assert [bool(call.answer) for call in workspace.calls] == [False, True]


async def test_clears_faults(workspace: Workspace, client: AsyncWebClient) -> None:
    """A lasting fault ends when it is cleared."""
    workspace.faults.answer_error("auth.test", "fatal_error", times=None)
    assert await get_error(client.auth_test()) == "fatal_error"
    assert await get_error(client.auth_test()) == "fatal_error"

    workspace.faults.clear("auth.test")

    assert (await client.auth_test())["ok"] is True


async def test_waits_for_changes(workspace: Workspace, client: AsyncWebClient) -> None:
    """Waiting ends with the change, or says what happened instead; observers see each change."""
    seen: list[Change] = []
    unsubscribe = workspace.subscribe(seen.append)

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(workspace.wait_for(lambda: workspace.messages("C1")))
        group.create_task(client.chat_postMessage(channel="C1", text="x"))
    unsubscribe()
    await client.chat_postMessage(channel="C1", text="unseen")

    assert [message.text for message in waiting.result()] == ["x"]
    assert [change.kind for change in seen] == [ChangeKind.POSTED, ChangeKind.CALL]
    with pytest.raises(TimeoutError, match=r"2 x chat\.postMessage"):
        await workspace.wait_for(lambda: False, timeout_s=0.01)


async def test_sends_what_people_type_as_slack_does(workspace: Workspace) -> None:
    """Entities are escaped, links and mentions stand in angle brackets, files are listed."""
    said = await workspace.say(
        user="U1",
        channel="C1",
        text="a < b & see https://x.y/?a=1&b=2, ask @max or help@kyiv.ua at diia.gov.ua",
        mention=True,
        files=[("plan.txt", b"1, 2")],
    )

    assert said.message.text == (
        "<@UBOT> a &lt; b &amp; see <https://x.y/?a=1&amp;b=2>, ask <@U2> or "
        "<mailto:help@kyiv.ua|help@kyiv.ua> at <http://diia.gov.ua|diia.gov.ua>"
    )
    assert said.message.subtype == "file_share"
    assert workspace.files[said.message.files[0]].content == b"1, 2"
    elements = said.message.blocks[0]["elements"][0]["elements"]
    assert elements[1] == {"type": "text", "text": " a < b & see "}


async def test_signs_http_deliveries(workspace: Workspace) -> None:
    """Each request carries Slack's signature, commands as a form and events as JSON in their envelope."""
    received: list[tuple[str, bytes, dict[str, str]]] = []

    async def handle(request: web.Request) -> web.Response:
        received.append((request.content_type, await request.read(), dict(request.headers)))
        return web.Response(text="Working on it" if b"command" in received[-1][1] else "")

    async with serving(handle) as url:
        workspace.events_url = url
        command = await workspace.send_command(user="U1", channel="C1", text="a & b")
        said = await workspace.say(user="U1", channel="C1", text="go", mention=True)

    verifier = SignatureVerifier(workspace.signing_secret)
    assert all(verifier.is_valid_request(body, headers) for _, body, headers in received)
    assert [kind for kind, _, _ in received] == ["application/x-www-form-urlencoded", "application/json"]
    assert command.is_acked
    assert 0 < command.ack_s < 0.5
    assert [item.text for item in workspace.ephemerals] == ["Working on it"]
    envelope = json.loads(received[1][1])
    assert said.deliveries[0].payload == envelope
    assert (envelope["type"], envelope["event"]["type"]) == ("event_callback", "app_mention")
    assert envelope["event"]["text"] == "<@UBOT> go"
    assert envelope["authorizations"][0]["user_id"] == BOT_USER


async def test_speaks_with_bolt_over_http(workspace: Workspace, client: AsyncWebClient) -> None:
    """A Bolt app acks a command, answers by response_url, hears a mention and a click."""
    app = make_app(workspace, client)
    heard: list[str] = []

    @app.command("/generate")
    async def on_command(ack: AsyncAck, respond: AsyncRespond, body: Json) -> None:
        await ack()
        heard.append(f"command {body['text']}")
        await respond(text="by response_url")

    @app.event("app_mention")
    async def on_mention(event: Json) -> None:
        heard.append(f"mention {event['text']}")

    @app.action("stop")
    async def on_stop(ack: AsyncAck, action: Json, respond: AsyncRespond) -> None:
        await ack()
        heard.append(f"click {action['value']}")
        await respond(text="stopped", replace_original=True)

    posted = await client.chat_postMessage(channel="C1", text="x", blocks=BUTTONS)
    async with bolt_over_http(workspace, app):
        command = await workspace.send_command(user="U1", channel="C1", text="a form & more")
        await workspace.wait_for(lambda: workspace.response_url_posts)
        said = await workspace.say(user="U2", channel="C1", text="go", mention=True)
        await workspace.wait_for(lambda: "mention <@UBOT> go" in heard)
        click = await workspace.click("U2", ("C1", posted["ts"]), "stop")
        await workspace.wait_for(lambda: len(workspace.response_url_posts) == 2)

    assert command.is_acked
    assert click.is_acked
    assert all(delivery.is_acked for delivery in said.deliveries)
    assert heard == ["command a form & more", "mention <@UBOT> go", "click j1"]
    assert [item.text for item in workspace.ephemerals] == ["by response_url"]
    assert workspace.messages("C1")[0].text == "stopped"


async def test_refuses_forged_requests_with_bolt(workspace: Workspace, client: AsyncWebClient) -> None:
    """What is not signed, or signed long ago, Bolt turns away."""
    body = b'{"type":"event_callback"}'
    headers = {"Content-Type": "application/json"}

    async with bolt_over_http(workspace, make_app(workspace, client)):
        unsigned = await workspace.deliver_raw(body, headers)
        old = await workspace.deliver_raw(body, {**headers, **workspace.sign(body, timestamp=1)})

    assert (unsigned.status, old.status) == (401, 401)


async def test_speaks_with_bolt_by_socket_mode(workspace: Workspace, client: AsyncWebClient) -> None:
    """A Bolt app behind Socket Mode acks a command with a payload, and hears events."""
    app = make_app(workspace, client)
    heard: list[Json] = []

    @app.command("/generate")
    async def on_command(ack: AsyncAck, body: Json) -> None:
        await ack(text=f"Working on {body['text']}")

    @app.event("message")
    async def on_message(event: Json) -> None:
        heard.append(event)

    async with bolt_over_socket(workspace, app):
        command = await workspace.send_command(user="U1", channel="C2", text="a form")
        said = await workspace.say(user="U1", channel="D1", text="hello")
        await workspace.wait_for(lambda: heard)

    assert command.is_acked
    assert [(item.channel, item.text) for item in workspace.ephemerals] == [("C2", "Working on a form")]
    assert [delivery.is_acked for delivery in said.deliveries] == [True]
    assert (heard[0]["text"], heard[0]["channel_type"]) == ("hello", "im")


async def test_sockets_reconnect(workspace: Workspace, client: AsyncWebClient) -> None:
    """A refresh makes the SDK connect anew, and events go on."""
    heard: list[str] = []
    app = make_app(workspace, client)

    @app.event("message")
    async def on_message(event: Json) -> None:
        heard.append(event["text"])

    async with bolt_over_socket(workspace, app):
        await workspace.refresh_sockets()
        await workspace.wait_for(lambda: workspace.socket_count == 1)
        await workspace.say(user="U1", channel="D1", text="still there?")
        await workspace.wait_for(lambda: heard)

    assert heard == ["still there?"]
    assert [call.method for call in workspace.calls].count("apps.connections.open") >= 2


async def test_redelivers_over_sockets(impatient: Workspace) -> None:
    """An event whose listener failed before the ack comes again, marked as a retry."""
    app = make_app(impatient, make_client(impatient))
    attempts: list[tuple[str, str]] = []

    @app.middleware
    async def keep(req: Any, next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002, ANN401 - Bolt's names
        attempts.append(
            (req.headers.get("x-slack-retry-num", [""])[0], req.headers.get("x-slack-retry-reason", [""])[0])
        )
        if len(attempts) == 1:
            raise OSError("the store is locked")
        await next()

    @app.event("message")
    async def on_message() -> None:
        """Take it."""

    async with bolt_over_socket(impatient, app):
        said = await impatient.say(user="U1", channel="D1", text="once")
        await impatient.wait_for(lambda: impatient.deliveries[-1].is_acked)

    assert [delivery.reason for delivery in said.deliveries] == ["timeout"]
    assert attempts == [("0", ""), ("1", "timeout")]


async def test_redelivers_over_http(workspace: Workspace) -> None:
    """Unacked events come three times more, with the number and the reason; the event id stays."""
    retries: list[tuple[str | None, str | None]] = []
    event_ids: set[str] = set()

    async def handle(request: web.Request) -> web.Response:
        headers = request.headers
        retries.append((headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason")))
        event_ids.add((await request.json())["event_id"])
        return web.Response(status=503)

    async with serving(handle) as url:
        workspace.events_url = url
        await workspace.say(user="U1", channel="D1", text="hello")
        await workspace.wait_for(lambda: len(workspace.deliveries) == 4)

    assert retries == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
    assert len(event_ids) == 1


async def test_no_retry_header_ends_redelivery(workspace: Workspace) -> None:
    """A bot that forbids retries gets none; a later event is delivered as usual."""

    async def handle(_: web.Request) -> web.Response:
        return web.Response(status=500, headers={"X-Slack-No-Retry": "1"})

    async with serving(handle) as url:
        workspace.events_url = url
        await workspace.say(user="U1", channel="D1", text="one")
        await asyncio.sleep(0.1)

    assert len(workspace.deliveries) == 1


async def test_reports_timeouts_and_dead_bots(impatient: Workspace) -> None:
    """A silent bot and an absent one are told apart; a command's person is told of both."""

    async def sleep(_: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    async with serving(sleep) as url:
        impatient.events_url = url
        slow = await impatient.send_command(user="U1", channel="C1", text="x")
    absent = await impatient.send_command(user="U1", channel="C1", text="x")

    assert (slow.status, slow.reason) == (0, "http_timeout")
    assert (absent.status, absent.reason) == (0, "connection_failed")
    assert [item.text for item in impatient.ephemerals] == [
        '/generate failed with the error "operation_timeout"',
        '/generate failed with the error "dispatch_failed"',
    ]


async def test_a_bot_hears_itself(workspace: Workspace, client: AsyncWebClient) -> None:
    """Its own posts, edits, deletions and files come back in DMs, and in channels it listens to."""
    seen: list[Json] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append((await request.json())["event"])
        return web.Response()

    async with serving(handle) as url:
        workspace.events_url = url
        await client.chat_postMessage(channel="C1", text="unheard: only message.im is subscribed")
        posted = await client.chat_postMessage(channel="D1", text="x")
        await workspace.wait_for(lambda: len(workspace.deliveries) == 1)
        await client.chat_update(channel="D1", ts=posted["ts"], text="y")
        await workspace.wait_for(lambda: len(workspace.deliveries) == 2)
        await client.chat_delete(channel="D1", ts=posted["ts"])
        await workspace.wait_for(lambda: len(workspace.deliveries) == 3)
        workspace.subscriptions.add("message.channels")
        await client.files_upload_v2(channel="C1", content="x", filename="x.txt")
        await workspace.wait_for(lambda: len(workspace.deliveries) == 4)

    assert [event.get("subtype") for event in seen] == [
        None,
        "message_changed",
        "message_deleted",
        "file_share",
    ]
    assert seen[0]["bot_id"] == "B1"
    assert (seen[1]["message"]["text"], seen[1]["previous_message"]["text"]) == ("y", "x")
    assert seen[3]["files"][0]["name"] == "x.txt"


async def test_a_mention_makes_two_events_where_history_is_heard(workspace: Workspace) -> None:
    """With ``message.channels`` one message arrives as app_mention and as message, under one ts."""
    workspace.subscriptions.add("message.channels")

    said = await workspace.say(user="U1", channel="C1", text="go", mention=True)
    unheard = await workspace.say(user="U1", channel="C2", text="go", mention=True)

    events = [delivery.payload["event"] for delivery in said.deliveries]
    assert [event["type"] for event in events] == ["app_mention", "message"]
    assert {event["ts"] for event in events} == {said.ts}
    assert unheard.deliveries == (), "the bot is not in that channel"


async def test_delivers_any_event_as_any_attempt(workspace: Workspace) -> None:
    """A test may repeat an event under its id, as a redelivery or as another message."""
    headers: list[str | None] = []

    async def handle(request: web.Request) -> web.Response:
        headers.append(request.headers.get("X-Slack-Retry-Num"))
        return web.Response()

    event = {"type": "tokens_revoked", "tokens": {"bot": ["UBOT"]}}
    async with serving(handle) as url:
        workspace.events_url = url
        first = await workspace.deliver_event(event, event_id="Ev1")
        again = await workspace.deliver_event(event, event_id="Ev1", retry_num=2)

    assert headers == [None, "2"]
    assert first.payload["event_id"] == again.payload["event_id"] == "Ev1"


async def test_modals_open_and_submit(workspace: Workspace, client: AsyncWebClient) -> None:
    """A trigger id opens one modal; errors keep it open, an empty ack closes it."""
    app = make_app(workspace, client)
    prompts: list[str] = []

    @app.shortcut("new")
    async def on_shortcut(ack: AsyncAck, body: Json) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)
        assert await get_error(client.views_open(trigger_id=body["trigger_id"], view=MODAL)) == "exchanged_trigger_id"

    @app.view("new")
    async def on_submit(ack: AsyncAck, view: Json) -> None:
        prompts.append(view["state"]["values"]["prompt"]["prompt"]["value"])
        if len(prompts) == 1:
            await ack(response_action="errors", errors={"prompt": "Too short"})
        else:
            await ack()

    async with bolt_over_http(workspace, app):
        await workspace.use_shortcut("U1", "new")
        await workspace.wait_for(lambda: workspace.views)
        (view,) = workspace.views.values()
        with pytest.raises(ValueError, match="required"):
            await workspace.submit_view("U1", view, {})
        await workspace.submit_view("U1", view, {"prompt": "x"})
        refused = workspace.views[view.id]
        await workspace.submit_view("U1", refused, {"prompt": "a parking permit"})

    assert (refused.is_open, refused.errors) == (True, {"prompt": "Too short"})
    assert workspace.views[view.id].is_open is False
    assert prompts == ["x", "a parking permit"]


async def test_trigger_ids_expire(client: AsyncWebClient) -> None:
    """After three seconds a trigger id opens nothing."""
    now = [1_700_000_000.0]
    async with Workspace(clock=lambda: now[0]) as workspace:
        client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
        await workspace.send_command(user="U1", channel="C1", text="", trigger_id="1.2.3")
        now[0] += 3.1

        expired = await get_error(client.views_open(trigger_id="1.2.3", view=MODAL))
        unknown = await get_error(client.views_open(trigger_id="4.5.6", view=MODAL))
        broken = await get_error(client.views_open(trigger_id="1.2.3", view={**MODAL, "title": None}))

    assert (expired, unknown, broken) == ("expired_trigger_id", "invalid_trigger_id", "invalid_arguments")


async def test_home_is_published_and_clicked(workspace: Workspace, client: AsyncWebClient) -> None:
    """Opening the tab is an event; what is published can be clicked on."""
    seen: list[Json] = []

    async def handle(request: web.Request) -> web.Response:
        form = await request.post()
        seen.append(json.loads(str(form["payload"])) if form else (await request.json())["event"])
        return web.Response()

    async with serving(handle) as url:
        workspace.events_url = url
        await workspace.open_home("U1")
        await client.views_publish(user_id="U1", view={"type": "home", "blocks": BUTTONS})
        await workspace.click_in_view("U1", workspace.published_homes["U1"], "stop")

    assert (seen[0]["type"], seen[0]["tab"]) == ("app_home_opened", "home")
    assert (seen[1]["type"], seen[1]["actions"][0]["value"]) == ("block_actions", "j1")


async def test_feedback_buttons_are_clicked_by_value(workspace: Workspace, client: AsyncWebClient) -> None:
    """Either of two buttons under one action_id is picked by its value."""
    buttons = {
        "type": "feedback_buttons",
        "action_id": "rate",
        "positive_button": {"text": {"type": "plain_text", "text": "Good"}, "value": "up"},
        "negative_button": {"text": {"type": "plain_text", "text": "Bad"}, "value": "down"},
    }
    blocks: list[Json] = [{"type": "context_actions", "elements": [buttons]}]
    await client.chat_postMessage(channel="C1", text="x", blocks=blocks)
    (message,) = workspace.messages("C1")

    delivery = await workspace.click("U1", message, "rate", "down")

    assert delivery.payload["actions"][0]["value"] == "down"
    with pytest.raises(LookupError):
        await workspace.click("U1", message, "rate", "sideways")
    with pytest.raises(LookupError):
        await workspace.click("U1", message, "share")


async def test_response_url_works_where_the_bot_is_not_and_ends() -> None:
    """Five answers in thirty minutes; then the URL is gone."""
    now = [1_700_000_000.0]
    async with Workspace(clock=lambda: now[0]) as workspace:
        command = await workspace.send_command(user="U1", channel="G1", text="x")
        hook = AsyncWebhookClient(command.payload["response_url"])
        statuses = [(await hook.send(text=str(number))).status_code for number in range(6)]
        later = await workspace.send_command(user="U1", channel="G1", text="x")
        now[0] += 1801
        expired = await AsyncWebhookClient(later.payload["response_url"]).send(text="late")

    assert statuses == [200] * 5 + [404]
    assert (expired.status_code, json.loads(expired.body)["error"]) == (404, "expired_url")
    texts = [item.text for item in workspace.ephemerals if item.source == "response_url"]
    assert texts == ["0", "1", "2", "3", "4"]
    assert len(workspace.response_url_posts) == 7


async def test_response_url_posts_to_the_channel(workspace: Workspace) -> None:
    """``in_channel`` makes a message of the bot; an empty answer is refused."""
    command = await workspace.send_command(user="U1", channel="C2", text="x")
    hook = AsyncWebhookClient(command.payload["response_url"])

    sent = await hook.send(text="for all", response_type="in_channel")
    empty = await hook.send(text="")

    assert (sent.status_code, sent.body) == (200, "ok")
    assert empty.status_code == 400
    assert [message.text for message in workspace.messages("C2")] == ["for all"]


async def test_ids_are_new_in_every_workspace() -> None:
    """A bot that remembers an earlier workspace sees no ts and no event id twice."""

    async def collect() -> tuple[Message, str]:
        async with Workspace() as workspace:
            said = await workspace.say(user="U1", channel="D1", text="x")
            return said.message, said.deliveries[0].payload["event_id"]

    first, second = await collect(), await collect()

    assert first[0].ts != second[0].ts
    assert first[1] != second[1]


async def collect_payloads(request: web.Request) -> Json:
    """Read what a request brought, in whichever of the three encodings."""
    if request.content_type == "application/json":
        return dict((await request.json())["event"])
    form = await request.post()
    return dict(json.loads(str(form["payload"])) if "payload" in form else form)


async def test_people_edit_delete_stop_and_use_shortcuts(workspace: Workspace) -> None:
    """The rarer acts of people arrive as Slack sends them."""
    seen: list[Json] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append(await collect_payloads(request))
        return web.Response()

    async with serving(handle) as url:
        workspace.events_url = url
        said = await workspace.say(user="U1", channel="D1", text="one")
        await workspace.edit_message(user="U1", channel="D1", ts=said.ts, text="two")
        workspace.sessions["D1", said.ts] = "processing"
        await workspace.stop_session("U1", "D1", said.ts)
        await workspace.use_message_shortcut("U1", workspace.messages("D1")[0], "from_message")
        await workspace.delete_message(user="U1", channel="D1", ts=said.ts)

    kinds = [event.get("subtype") or event["type"] for event in seen]
    assert kinds == ["message", "message_changed", "agent_session_stopped", "message_action", "message_deleted"]
    assert seen[1]["message"]["text"] == "two"
    assert (seen[2]["channel"], seen[2]["thread_ts"]) == ("D1", said.ts)
    assert seen[3]["message"]["text"] == "two"
    assert seen[4]["deleted_ts"] == said.ts
    with pytest.raises(LookupError):
        await workspace.edit_message(user="U2", channel="D1", ts=said.ts, text="not mine")


async def test_modals_stack_and_change(workspace: Workspace, client: AsyncWebClient) -> None:
    """A modal is updated under its hash, pushed upon up to three, and cleared as a whole."""
    trigger = "1.1.1"
    answers: list[Json] = [{"response_action": "push", "view": MODAL}, {"response_action": "clear"}]

    async def handle(request: web.Request) -> web.Response:
        body = await collect_payloads(request)
        return web.json_response(answers.pop(0)) if body["type"] == "view_submission" else web.Response()

    await workspace.send_command(user="U1", channel="C1", text="", trigger_id=trigger)
    opened = (await client.views_open(trigger_id=trigger, view=MODAL))["view"]
    updated = await client.views_update(view_id=opened["id"], hash=opened["hash"], view=MODAL)
    stale = await get_error(client.views_update(view_id=opened["id"], hash=opened["hash"], view=MODAL))
    missing = await get_error(client.views_update(view_id="V0", view=MODAL))
    async with serving(handle) as url:
        workspace.events_url = url
        await workspace.submit_view("U1", workspace.views[opened["id"]], {"prompt": "x"})
        shown = [view for view in workspace.views.values() if view.is_open]
        await workspace.send_command(user="U1", channel="C1", text="", trigger_id="2.2.2")
        await client.views_push(trigger_id="2.2.2", view=MODAL)
        await workspace.send_command(user="U1", channel="C1", text="", trigger_id="3.3.3")
        fourth = await get_error(client.views_push(trigger_id="3.3.3", view=MODAL))
        await workspace.submit_view("U1", shown[1], {"prompt": "y"})

    assert updated["view"]["hash"] != opened["hash"]
    assert (stale, missing, fourth) == ("hash_conflict", "not_found", "push_limit_reached")
    assert [view.previous_id for view in shown] == [None, opened["id"]]
    assert not any(view.is_open for view in workspace.views.values())


async def test_modals_report_choices(workspace: Workspace, client: AsyncWebClient) -> None:
    """Choices are reported as the options they are; what is not on offer can't be chosen."""
    options = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("me", "channel", "both")]
    label = {"type": "plain_text", "text": "Where"}
    radio = {"type": "radio_buttons", "action_id": "where", "options": options, "initial_option": options[0]}
    boxes = {"type": "checkboxes", "action_id": "also", "options": options}
    picker = {"type": "conversations_select", "action_id": "to"}
    blocks: list[Json] = [
        {"type": "input", "block_id": name, "label": label, "element": element, "optional": True}
        for name, element in (("b1", radio), ("b2", boxes), ("b3", picker))
    ]
    await workspace.send_command(user="U1", channel="C1", text="", trigger_id="1.1.1")
    await client.views_open(trigger_id="1.1.1", view={**MODAL, "blocks": blocks, "notify_on_close": True})
    (view,) = workspace.views.values()

    for wrong in ({"where": "moon"}, {"whither": "me"}):
        with pytest.raises(LookupError):
            await workspace.submit_view("U1", view, wrong)
    delivery = await workspace.submit_view("U1", view, {"also": ["me", "both"], "to": "C1"})
    closed = await workspace.close_view("U1", view)

    values = delivery.payload["view"]["state"]["values"]
    assert values["b1"]["where"]["selected_option"]["value"] == "me"
    assert [option["value"] for option in values["b2"]["also"]["selected_options"]] == ["me", "both"]
    assert values["b3"]["to"]["selected_conversation"] == "C1"
    assert closed is not None
    assert closed.payload["type"] == "view_closed"


async def test_response_url_replaces_and_deletes(workspace: Workspace, client: AsyncWebClient) -> None:
    """After a click the original can be replaced or deleted, an ephemeral one too."""
    posted = await client.chat_postMessage(channel="C1", text="x", blocks=BUTTONS)
    await client.chat_postEphemeral(channel="C1", user="U1", text="psst", blocks=BUTTONS)
    click = await workspace.click("U1", ("C1", posted["ts"]), "stop")
    whisper = await workspace.click("U1", workspace.ephemerals[0], "stop")
    message_hook = AsyncWebhookClient(click.payload["response_url"])
    whisper_hook = AsyncWebhookClient(whisper.payload["response_url"])

    await message_hook.send_dict({"delete_original": True})
    gone = await message_hook.send_dict({"delete_original": True})
    await whisper_hook.send(text="replaced", replace_original=True)
    replaced = [item.text for item in workspace.ephemerals]
    await whisper_hook.send_dict({"delete_original": True})

    assert workspace.messages("C1") == []
    assert gone.status_code == 400
    assert whisper.payload["container"]["is_ephemeral"] is True
    assert "message" not in whisper.payload
    assert replaced == ["replaced"]
    assert workspace.ephemerals == []


async def test_response_url_and_upload_fail_as_scripted(workspace: Workspace, client: AsyncWebClient) -> None:
    """The two endpoints beside the Web API have faults too."""
    command = await workspace.send_command(user="U1", channel="C1", text="x")
    hook = AsyncWebhookClient(command.payload["response_url"], retry_handlers=[])
    workspace.faults.answer_status("response_url", 500)
    workspace.faults.drop_request("response_url")
    workspace.faults.answer_status("upload", 500)

    refused = await hook.send(text="x")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await hook.send(text="x")
    with pytest.raises(Exception, match="Failed to upload a file"):
        await client.files_upload_v2(channel="C1", content="x", filename="x.txt")

    assert refused.status_code == 500
    assert [item.source for item in workspace.ephemerals] == ["slack"], "only the missing ack was shown"
    assert workspace.messages("C1") == []


async def test_joins_and_describes_channels(workspace: Workspace, client: AsyncWebClient) -> None:
    """With their scopes public channels can be joined and described; inviting opens private ones."""
    workspace.scopes.update({"channels:join", "channels:read", "groups:read"})

    await client.conversations_join(channel="C2")
    workspace.invite_bot("G1")
    await client.chat_postMessage(channel="G1", text="x")
    secret = await client.conversations_info(channel="G1")
    members = await client.conversations_members(channel="C2")
    workspace.remove_bot("C1")

    assert secret["channel"]["is_private"] is True
    assert members["members"] == ["U1", "U2", BOT_USER]
    assert await get_error(client.chat_postMessage(channel="C1", text="x")) == "not_in_channel"


async def test_commands_are_answered_in_the_ack(workspace: Workspace) -> None:
    """A JSON ack may speak to the whole channel; one that Slack would refuse shows as a failure."""
    answers: list[Json] = [{"response_type": "in_channel", "text": "for all"}, {"text": "x", "blocks": [{}]}]

    async def handle(_: web.Request) -> web.Response:
        return web.json_response(answers.pop(0))

    async with serving(handle) as url:
        workspace.events_url = url
        await workspace.send_command(user="U1", channel="C1", text="x")
        await workspace.send_command(user="U1", channel="C1", text="x")

    assert [message.text for message in workspace.messages("C1")] == ["for all"]
    assert [item.text for item in workspace.ephemerals] == ['/generate failed with the error "invalid_blocks"']


async def test_stops_with_work_under_way() -> None:
    """Stopping ends redeliveries that would wait for minutes, and closes the sockets."""
    workspace = Workspace(retry_delays_s=(60.0,))
    await workspace.start()
    await workspace.say(user="U1", channel="D1", text="nobody listens")

    async with asyncio.timeout(20):
        await workspace.stop()

    assert [delivery.reason for delivery in workspace.deliveries] == ["connection_failed"]
