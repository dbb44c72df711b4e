"""The built-in workspace taken for Slack by Slack's own clients, as they are: every method it has, sync and async."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from slack_sdk import WebClient
from slack_sdk.oauth import AuthorizeUrlGenerator, OpenIDConnectAuthorizeUrlGenerator
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook import WebhookClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from workspace_apps import Json, get_error, listening, make_client, open_workspace
from yarl import URL

from bot.demo.workspace import BOT_ID, BOT_USER, TEAM_ID, Workspace

Answer = dict[str, Any]
BACK = "https://bot.example.com/signed-in"
MODAL: Json = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "New"},
    "blocks": [{"type": "divider"}],
}
MORE_SCOPES = {"channels:join", "channels:read", "groups:read", "im:read", "files:read", "team:read"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sdk:
    """One of the clients; ``call`` names a method of its class."""

    workspace: Workspace
    call: Callable[..., Awaitable[Any]]
    send: Callable[..., Awaitable[Any]]

    async def take_trigger(self) -> str:
        """Have a person do something that lets the bot open a modal."""
        command = await self.workspace.send_command(user="U1", channel="C1", text="")
        return str(command.payload["trigger_id"])


def make_sync_sdk(workspace: Workspace) -> Sdk:
    """Make the synchronous clients, each call of which runs in a thread."""
    client = WebClient(token=workspace.bot_token, base_url=workspace.api_url)

    async def call(name: str, /, **arguments: object) -> object:
        return await asyncio.to_thread(getattr(client, name), **arguments)

    async def send(url: str, /, **arguments: Any) -> object:  # noqa: ANN401 - what the client takes
        return await asyncio.to_thread(WebhookClient(url).send, **arguments)

    return Sdk(workspace=workspace, call=call, send=send)


# The SDK's own methods need a class that aiohttp gives up.
_BY_FORM = {"openid_connect_token": "openid.connect.token", "oauth_v2_access": "oauth.v2.access"}


def make_async_sdk(workspace: Workspace) -> Sdk:
    """Make the asynchronous clients."""
    client = make_client(workspace)

    async def call(name: str, /, **arguments: object) -> object:
        if name in _BY_FORM:
            return await client.api_call(_BY_FORM[name], data=arguments)
        return await getattr(client, name)(**arguments)

    async def send(url: str, /, **arguments: Any) -> object:  # noqa: ANN401 - what the client takes
        return await AsyncWebhookClient(url).send(**arguments)

    return Sdk(workspace=workspace, call=call, send=send)


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    """Run a workspace whose app may do everything."""
    async with open_workspace(client_id="1.2", client_secret="s3cret") as running:
        running.scopes |= MORE_SCOPES
        running.sign_in.user = "U1"
        yield running


@pytest.fixture(params=[make_sync_sdk, make_async_sdk], ids=["sync", "async"])
def sdk(request: pytest.FixtureRequest, workspace: Workspace) -> Sdk:
    """Make the clients of one kind."""
    made: Sdk = request.param(workspace)
    return made


async def use_chat(sdk: Sdk) -> None:
    """Post, edit, react, show, share and delete."""
    posted = await sdk.call("chat_postMessage", channel="C1", text="x", blocks=[{"type": "divider"}])
    place = {"channel": "C1", "ts": posted["ts"]}
    spot = {"channel": "C1", "timestamp": posted["ts"], "name": "eyes"}
    await sdk.call("chat_update", **place, text="y")
    await sdk.call("chat_postEphemeral", channel="C1", user="U1", text="psst")
    await sdk.call("chat_getPermalink", channel="C1", message_ts=posted["ts"])
    await sdk.call("reactions_add", **spot)
    await sdk.call("reactions_remove", **spot)
    uploaded = await sdk.call("files_upload_v2", channel="C1", content="x", filename="x.txt", thread_ts=posted["ts"])
    await sdk.workspace.wait_for(lambda: len(sdk.workspace.messages("C1", posted["ts"])) > 1)
    await sdk.call("files_info", file=uploaded["file"]["id"])
    await sdk.call("files_list", channel="C1")
    await sdk.call("files_delete", file=uploaded["file"]["id"])
    await sdk.call("chat_delete", **place)


async def use_conversations(sdk: Sdk) -> None:
    """Join, open, list and read conversations; look up who there is."""
    said = await sdk.workspace.say(user="U1", channel="C1", text="hello")
    await sdk.call("conversations_join", channel="C2")
    await sdk.call("conversations_open", users="U1")
    for name in ("info", "members", "history"):
        await sdk.call(f"conversations_{name}", channel="C1")
    await sdk.call("conversations_replies", channel="C1", ts=said.ts)
    await sdk.call("conversations_list", types=["public_channel", "private_channel"])
    await sdk.call("users_conversations", user="U1")
    await sdk.call("users_list", limit=2)
    await sdk.call("users_info", user="U1", include_locale=True)
    await sdk.call("bots_info", bot=BOT_ID)
    await sdk.call("team_info")
    await sdk.call("auth_test")
    await sdk.call("api_test")


async def use_views(sdk: Sdk) -> None:
    """Open, change and stack modals, and publish a Home tab."""
    opened = await sdk.call("views_open", trigger_id=await sdk.take_trigger(), view=MODAL)
    view = opened["view"]
    await sdk.call("views_update", view_id=view["id"], hash=view["hash"], view=MODAL)
    await sdk.call("views_push", trigger_id=await sdk.take_trigger(), view=MODAL)
    await sdk.call("views_publish", user_id="U1", view={"type": "home", "blocks": [{"type": "divider"}]})


async def use_agents(sdk: Sdk) -> None:
    """Show what the bot does, and suggest what to ask."""
    said = await sdk.workspace.say(user="U1", channel="D1", text="hello")
    thread = {"channel_id": "D1", "thread_ts": said.ts}
    await sdk.call("assistant_threads_setStatus", **thread, status="is drawing", loading_messages=["one", "two"])
    await sdk.call("assistant_threads_setSuggestedPrompts", **thread, prompts=[{"title": "A", "message": "Draw A"}])
    await sdk.call("agents_sessions_setStatus", **thread, status="processing", title="A")
    await sdk.call("agents_sessions_rename", **thread, title="B")


async def use_identity(sdk: Sdk) -> None:
    """Sign a person in, and ask for a socket."""
    generator = OpenIDConnectAuthorizeUrlGenerator(
        client_id="1.2", redirect_uri=BACK, scopes=["openid"], authorization_url=sdk.workspace.authorize_url
    )
    url = URL(generator.generate(state="st"))
    async with aiohttp.ClientSession() as session, session.get(url, allow_redirects=False) as response:
        code = URL(response.headers["Location"]).query["code"]
    app = {"client_id": "1.2", "client_secret": "s3cret"}
    token = await sdk.call("openid_connect_token", **app, code=code, redirect_uri=BACK)
    await sdk.call("openid_connect_userInfo", token=token["access_token"])
    await sdk.call("apps_connections_open", app_token=sdk.workspace.app_token)


async def use_installs(sdk: Sdk) -> None:
    """Install the app, renew its token, and take that back."""
    sdk.workspace.installs.lasts_s = 43_200
    generator = AuthorizeUrlGenerator(
        client_id="1.2",
        redirect_uri=BACK,
        scopes=["chat:write"],
        authorization_url=sdk.workspace.api_url.replace("/api/", "/oauth/v2/authorize"),
    )
    url = URL(generator.generate(state="st"))
    async with aiohttp.ClientSession() as session, session.get(url, allow_redirects=False) as response:
        code = URL(response.headers["Location"]).query["code"]
    app = {"client_id": "1.2", "client_secret": "s3cret"}
    given = await sdk.call("oauth_v2_access", **app, code=code, redirect_uri=BACK)
    renewed = await sdk.call("oauth_v2_access", **app, grant_type="refresh_token", refresh_token=given["refresh_token"])
    await sdk.call("auth_teams_list")
    await sdk.call("auth_revoke", token=renewed["access_token"])


async def test_every_method_answers_slacks_clients(sdk: Sdk) -> None:
    """Each method that the workspace has is called by the SDK's own function for it, and answers ``ok``."""
    for use in (use_chat, use_conversations, use_views, use_agents, use_identity, use_installs):
        await use(sdk)

    calls = sdk.workspace.calls
    assert {call.method for call in calls} == sdk.workspace.methods
    assert [(call.method, call.answer) for call in calls if not (call.answer or {}).get("ok")] == []


async def test_a_response_url_takes_slacks_webhook_clients(sdk: Sdk) -> None:
    """A reply for one, a reply for all, a replaced and a deleted original."""
    posted = await sdk.call("chat_postMessage", channel="C1", text="x", blocks=[{"type": "divider"}])
    async with listening(sdk.workspace) as bot:
        await sdk.workspace.send_command(user="U1", channel="C1", text="x")
        await sdk.workspace.use_message_shortcut("U1", sdk.workspace.messages("C1")[0], "from_message")
    command, shortcut = (payload["response_url"] for payload in bot.payloads)

    whispered = await sdk.send(command, text="psst", blocks=[{"type": "divider"}])
    told = await sdk.send(command, text="for all", response_type="in_channel")
    replaced = await sdk.send(shortcut, text="replaced", replace_original=True)
    texts = [message.text for message in sdk.workspace.messages("C1")]
    deleted = await sdk.send(shortcut, delete_original=True)

    answers = (whispered, told, replaced, deleted)
    assert [(answer.status_code, answer.body) for answer in answers] == [(200, "ok")] * 4
    assert [item.text for item in sdk.workspace.ephemerals] == ["psst"]
    assert texts == ["replaced", "for all"]
    assert [message.ts for message in sdk.workspace.messages("C1")] != [posted["ts"]]


async def test_lists_show_what_the_bot_may_see(workspace: Workspace, client: AsyncWebClient) -> None:
    """Private channels and others' DMs are left out, archived channels on request; pages follow each other."""
    every = await client.conversations_list(types="public_channel,private_channel,im,mpim")
    living = await client.conversations_list(exclude_archived=True)
    joined = await client.users_conversations()
    workspace.invite_bot("G1")
    secret = await client.users_conversations(user="U1", types="private_channel")
    first = await client.users_list(limit=2)
    second = await client.users_list(limit=2, cursor=first["response_metadata"]["next_cursor"])

    assert [channel["id"] for channel in every["channels"]] == ["C1", "C2", "CARCH", "D1", "D2"]
    assert [channel["id"] for channel in living["channels"]] == ["C1", "C2"]
    assert [channel["id"] for channel in joined["channels"]] == ["C1", "CARCH"]
    assert [channel["name"] for channel in secret["channels"]] == ["secret"]
    assert [[user["id"] for user in page["members"]] for page in (first, second)] == [["U1", "U2"], [BOT_USER]]
    assert second["response_metadata"]["next_cursor"] == ""


async def test_files_are_listed_newest_first(workspace: Workspace, client: AsyncWebClient) -> None:
    """Only completed files, of one person or one channel if asked for."""
    await workspace.say(user="U1", channel="C1", text="x", files=[("old.txt", b"1")])
    await client.files_getUploadURLExternal(filename="announced.txt", length=1)
    await client.files_upload_v2(channel="D1", content="x", filename="new.txt")
    await workspace.wait_for(lambda: workspace.messages("D1"))

    both = await client.files_list(count=1)
    own = await client.files_list(user=BOT_USER)
    shared = await client.files_list(channel="C1")

    assert [file["name"] for file in both["files"]] == ["new.txt"]
    assert both["paging"] == {"count": 1, "total": 2, "page": 1, "pages": 2}
    assert [file["name"] for file in own["files"]] == ["new.txt"]
    assert [file["name"] for file in shared["files"]] == ["old.txt"]


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("conversations.list", {"types": "public_channel,secret"}, "invalid_types"),
        ("conversations.list", {"limit": 1000}, "invalid_limit"),
        ("conversations.list", {"cursor": "nonsense"}, "invalid_cursor"),
        ("users.conversations", {"user": "U99"}, "invalid_user_id"),
        ("bots.info", {"bot": "B99"}, "bot_not_found"),
        ("team.info", {"team": "T99"}, "team_not_found"),
    ],
)
async def test_lists_refuse_what_slack_would(client: AsyncWebClient, method: str, arguments: Json, error: str) -> None:
    """Each in Slack's word."""
    assert await get_error(client.api_call(method, params=arguments)) == error


async def test_lists_need_the_scope_of_each_kind(workspace: Workspace, client: AsyncWebClient) -> None:
    """Public channels are not listed with the scope for private ones, and the team needs one of its own."""
    workspace.scopes -= {"groups:read", "team:read"}

    public = await client.conversations_list()
    described = await client.bots_info(bot=BOT_ID)

    assert await get_error(client.conversations_list(types="private_channel")) == "missing_scope"
    assert await get_error(client.team_info()) == "missing_scope"
    assert public["ok"] is True
    assert (described["bot"]["user_id"], TEAM_ID) == (BOT_USER, "T1")
