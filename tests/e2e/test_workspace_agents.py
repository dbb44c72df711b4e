"""Signs of work, sessions with their Stop button, files and people, in the built-in workspace."""

import json

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient
from workspace_apps import get_error, listening, make_client, open_workspace

from bot.demo.workspace import Status, User, Workspace
from bot.demo.workspace.records import Json

NOW = 1_700_000_000.0


async def test_a_status_ends_by_word_by_post_and_by_time() -> None:
    """An empty status, a post in its own thread and two minutes each end it; a post elsewhere does not."""
    now = [NOW]
    async with open_workspace(clock=lambda: now[0]) as workspace:
        client = make_client(workspace)
        first, second = [(await workspace.say(user="U1", channel="C1", text="x")).ts for _ in range(2)]
        for ts in (first, second):
            await client.assistant_threads_setStatus(
                channel_id="C1", thread_ts=ts, status="is drawing…", loading_messages=["Steps", "Fields"]
            )
        shown = workspace.status("C1", first)
        await client.chat_postMessage(channel="C1", text="x", thread_ts=first)
        others = dict(workspace.statuses)
        await client.assistant_threads_setStatus(channel_id="C1", thread_ts=second, status="")
        ended = workspace.status("C1", second)
        await client.assistant_threads_setStatus(channel_id="C1", thread_ts=second, status="is drawing…")
        now[0] += 120
        over = workspace.status("C1", second)

    assert shown == Status(text="is drawing…", loading_messages=("Steps", "Fields"), since=NOW)
    assert others == {("C1", second): "is drawing…"}
    assert (ended, over) == (None, None)


async def test_refuses_signs_that_slack_would(workspace: Workspace, client: AsyncWebClient) -> None:
    """Eleven loading messages, a fifth prompt, a title over its limit, an unknown state or thread."""
    ts = (await workspace.say(user="U1", channel="D1", text="x")).ts
    status = client.assistant_threads_setStatus
    session = client.agents_sessions_setStatus
    prompts = [{"title": "Permit", "message": "A parking permit"}]

    eleven = status(channel_id="D1", thread_ts=ts, status="x", loading_messages=["x"] * 11)
    assert await get_error(eleven) == "invalid_arguments"
    assert await get_error(status(channel_id="D1", thread_ts="1.000001", status="x")) == "invalid_thread_ts"
    assert await get_error(status(channel_id="C2", thread_ts=ts, status="x")) == "not_in_channel"
    five = client.assistant_threads_setSuggestedPrompts(channel_id="D1", thread_ts=ts, prompts=prompts * 5)
    assert await get_error(five) == "invalid_arguments"
    long_title = session(channel_id="D1", thread_ts=ts, status="active", title="x" * 201)
    assert await get_error(long_title) == "invalid_arguments"
    assert await get_error(session(channel_id="D1", thread_ts=ts, status="busy")) == "invalid_arguments"
    assert workspace.statuses == workspace.sessions == {}


async def test_a_processing_session_can_be_stopped(workspace: Workspace, client: AsyncWebClient) -> None:
    """Only then is there a button; the title is the one of the beginning, and the status stays for the bot to move."""
    ts = (await workspace.say(user="U1", channel="C1", text="x")).ts
    session = client.agents_sessions_setStatus
    async with listening(workspace) as bot:
        with pytest.raises(LookupError):
            await workspace.stop_session("U1", "C1", ts)
        await session(channel_id="C1", thread_ts=ts, status="processing", title="Parking permit")
        await workspace.stop_session("U2", "C1", ts)
        after_click = workspace.sessions["C1", ts]
        await session(channel_id="C1", thread_ts=ts, status="active", title="Another")
        with pytest.raises(LookupError):
            await workspace.stop_session("U1", "C1", ts)

    [event] = bot.payloads
    assert (event["type"], event["channel"], event["thread_ts"], event["user"], event["streaming_message_ts"]) == (
        "agent_session_stopped",
        "C1",
        ts,
        "U2",
        [],
    )
    assert after_click == "processing"
    assert workspace.session_titles == {("C1", ts): "Parking permit"}


async def test_a_slack_without_agents() -> None:
    """A workspace may know neither method, or the app may lack the scope."""
    names = {"assistant.threads.setStatus", "agents.sessions.setStatus"}
    async with open_workspace(unknown_methods=names, scopes={"im:history"}) as workspace:
        client = make_client(workspace)
        ts = (await workspace.say(user="U1", channel="D1", text="x")).ts
        status, session = client.assistant_threads_setStatus, client.agents_sessions_setStatus
        unknown = [
            await get_error(status(channel_id="D1", thread_ts=ts, status="x")),
            await get_error(session(channel_id="D1", thread_ts=ts, status="active")),
        ]
        workspace.unknown_methods.clear()
        missing = [
            await get_error(status(channel_id="D1", thread_ts=ts, status="x")),
            await get_error(session(channel_id="D1", thread_ts=ts, status="active")),
        ]

    assert unknown == ["unknown_method"] * 2
    assert missing == ["missing_scope"] * 2


async def test_deletions_are_told_where_history_may_be_read(workspace: Workspace) -> None:
    """In a DM always; in a channel if the bot subscribed, has the scope and is a member."""
    workspace.subscriptions.add("message.channels")
    said = {name: await workspace.say(user="U1", channel=name, text="x") for name in ("D1", "C1", "C2")}

    told = {
        name: await workspace.delete_message(user="U1", channel=name, ts=message.ts) for name, message in said.items()
    }
    again = await workspace.say(user="U1", channel="C1", text="x")
    workspace.scopes.discard("channels:history")
    silent = await workspace.delete_message(user="U1", channel="C1", ts=again.ts)

    assert [len(told[name]) for name in ("D1", "C1", "C2")] == [1, 1, 0]
    event = told["C1"][0].payload["event"]
    assert (event["subtype"], event["deleted_ts"], event["channel_type"]) == (
        "message_deleted",
        said["C1"].ts,
        "channel",
    )
    assert event["previous_message"]["text"] == "x"
    assert silent == ()


async def test_a_deleted_root_is_told_as_a_change(workspace: Workspace, client: AsyncWebClient) -> None:
    """Into a tombstone, while replies hang under it; with the last of them that goes too, which is a deletion."""
    root = await workspace.say(user="U1", channel="D1", text="x")
    reply = await client.chat_postMessage(channel="D1", text="y", thread_ts=root.ts)
    (told,) = await workspace.delete_message(user="U1", channel="D1", ts=root.ts)
    await client.chat_delete(channel="D1", ts=reply["ts"])
    *_, deleted = await workspace.wait_for(
        lambda: [e for e in _list_events(workspace) if e.get("deleted_ts") == root.ts], 5
    )
    changed = told.payload["event"]

    assert (changed["subtype"], changed["message"]["ts"]) == ("message_changed", root.ts)
    assert changed["message"]["subtype"] == deleted["previous_message"]["subtype"] == "tombstone"
    assert (changed["message"]["user"], changed["message"]["hidden"]) == ("USLACKBOT", True)
    assert changed["previous_message"]["text"] == "x"
    assert changed["ts"] not in (root.ts, reply["ts"])
    assert deleted["subtype"] == "message_deleted"
    assert await get_error(client.conversations_replies(channel="D1", ts=root.ts)) == "thread_not_found"


def _list_events(workspace: Workspace) -> list[Json]:
    return [delivery.payload["event"] for delivery in workspace.deliveries if "event" in delivery.payload]


async def test_both_tabs_are_told_of(workspace: Workspace, client: AsyncWebClient) -> None:
    """The event names the tab; only Home brings what it shows."""
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    await client.views_publish(user_id="U1", view=home)

    [shown] = await workspace.open_home("U1")
    [messages] = await workspace.open_home("U1", "messages")

    assert (shown.payload["event"]["tab"], shown.payload["event"]["channel"]) == ("home", "D1")
    assert shown.payload["event"]["view"]["blocks"][0]["type"] == "divider"
    assert messages.payload["event"]["tab"] == "messages"
    assert "view" not in messages.payload["event"]


async def test_only_the_bots_own_files_can_be_deleted(workspace: Workspace, client: AsyncWebClient) -> None:
    """A deleted file leaves its message and its bytes; somebody else's stays; without the scope nothing goes."""
    uploads = [{"filename": "a.txt", "content": "a"}, {"filename": "b.txt", "content": "b"}]
    files = (await client.files_upload_v2(file_uploads=uploads, channel="C1"))["files"]
    await workspace.wait_for(lambda: workspace.messages("C1"))
    said = await workspace.say(user="U1", channel="C1", text="mine", files=[("mine.txt", b"mine")])
    first, second = (file["id"] for file in files)
    before = workspace.read_file(first)

    await client.files_delete(file=first)

    assert before == b"a"
    assert workspace.messages("C1")[0].files == (second,)
    with pytest.raises(LookupError):
        workspace.read_file(first)
    assert await get_error(client.files_delete(file=first)) == "file_not_found"
    assert await get_error(client.files_delete(file=said.message.files[0])) == "cant_delete_file"
    workspace.scopes.discard("files:write")
    assert await get_error(client.files_delete(file=second)) == "missing_scope"


async def announce(client: AsyncWebClient, name: str, content: bytes) -> str:
    """Upload the bytes of a file, and complete nothing."""
    announced = await client.files_getUploadURLExternal(filename=name, length=len(content), alt_txt="The letter a")
    async with aiohttp.ClientSession() as session, session.post(announced["upload_url"], data=content) as response:
        assert response.status == 200
    return str(announced["file_id"])


async def test_files_are_shared_with_blocks(workspace: Workspace, client: AsyncWebClient) -> None:
    """Blocks stand in the message that shares a file, which keeps its alternative text."""
    file_id = await announce(client, "a.txt", b"a")
    blocks = json.dumps([{"type": "section", "text": {"type": "plain_text", "text": "Here"}}])

    answer = await client.files_completeUploadExternal(files=[{"id": file_id}], channel_id="C1", blocks=blocks)
    [message] = await workspace.wait_for(lambda: workspace.messages("C1"))

    assert answer["files"][0]["alt_txt"] == "The letter a"
    assert message.blocks[0]["text"]["text"] == "Here"


async def test_people_differ(workspace: Workspace, client: AsyncWebClient) -> None:
    """Guests of both kinds and strangers are told apart; a locale is told on request, with the time zone always."""
    people = workspace.state.users
    people["U7"] = User(id="U7", name="ann", real_name="Ann", is_guest=True, is_multi_channel=True, tz="Asia/Tokyo")
    people["U8"] = User(id="U8", name="bob", real_name="Bob", is_guest=True)
    people["U9"] = User(id="U9", name="cy", real_name="Cy", team_id="T9")

    many, single, stranger, own = [
        (await client.users_info(user=name, include_locale=True))["user"] for name in ("U7", "U8", "U9", "U1")
    ]

    assert (many["is_restricted"], many["is_ultra_restricted"], many["tz"]) == (True, False, "Asia/Tokyo")
    assert (single["is_restricted"], single["is_ultra_restricted"]) == (True, True)
    assert (stranger["is_stranger"], stranger["team_id"]) == (True, "T9")
    assert (own["locale"], own["is_restricted"], "is_stranger" in own) == ("uk-UA", False, False)


async def test_a_broadcast_stands_in_thread_and_channel(workspace: Workspace, client: AsyncWebClient) -> None:
    """A reply that was also sent to the channel is read in both places, and is an ordinary event of its subtype."""
    root = (await workspace.say(user="U1", channel="D1", text="root")).ts
    said = await workspace.say(user="U1", channel="D1", text="for all", thread_ts=root, is_broadcast=True)
    await workspace.say(user="U1", channel="D1", text="only here", thread_ts=root)

    channel = await client.conversations_history(channel="D1")
    thread = await client.conversations_replies(channel="D1", ts=root)

    assert [message["text"] for message in channel["messages"]] == ["for all", "root"]
    assert [message["text"] for message in thread["messages"]] == ["root", "for all", "only here"]
    assert said.deliveries[0].payload["event"]["subtype"] == "thread_broadcast"
