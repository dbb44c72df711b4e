"""Sign in with Slack, in the built-in workspace: a browser goes there and back, the SDK changes the code for claims."""

import base64
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.oauth import OpenIDConnectAuthorizeUrlGenerator
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from workspace_apps import Json, get_error, make_client, open_workspace
from yarl import URL

from bot.demo.workspace import User, Workspace

BACK = "https://bot.example.com/signed-in?page=1"
NOW = 1_700_000_000.0


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    """Run a workspace where Olena uses the browser."""
    async with open_workspace(clock=lambda: NOW, client_id="1.2", client_secret="s3cret") as running:
        running.sign_in.user = "U1"
        yield running


@pytest.fixture
def client(workspace: Workspace) -> AsyncWebClient:
    """Make a client without a token: the app shows its id and secret instead."""
    return AsyncWebClient(base_url=workspace.api_url)


async def exchange(client: AsyncWebClient, **arguments: str) -> AsyncSlackResponse:
    """Exchange a code by a form; the SDK's own method needs a class that aiohttp gives up."""
    return await client.api_call("openid.connect.token", data=arguments)


async def visit(workspace: Workspace, *, nonce: str | None = None, **changed: str) -> tuple[int, URL]:
    """Visit the page as a browser; give the status and where it leads."""
    generator = OpenIDConnectAuthorizeUrlGenerator(
        client_id="1.2", redirect_uri=BACK, scopes=["openid", "profile"], authorization_url=workspace.authorize_url
    )
    url = URL(generator.generate(state="st", nonce=nonce)).update_query({"redirect_uri": BACK, **changed})
    async with aiohttp.ClientSession() as session, session.get(url, allow_redirects=False) as response:
        return response.status, URL(response.headers.get("Location", ""))


def read_claims(id_token: str) -> Json:
    """Read what a JWT says."""
    part = id_token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


async def test_a_person_is_signed_in(workspace: Workspace, client: AsyncWebClient) -> None:
    """The code comes back with the state, and stands for whoever used the browser."""
    status, back = await visit(workspace, nonce="n1")
    answer = await exchange(client, client_id="1.2", client_secret="s3cret", code=back.query["code"], redirect_uri=BACK)
    person = await AsyncWebClient(token=answer["access_token"], base_url=workspace.api_url).openid_connect_userInfo()

    assert (status, back.host, back.query["page"], back.query["state"]) == (302, "bot.example.com", "1", "st")
    claims = read_claims(answer["id_token"])
    assert (claims["iss"], claims["aud"], claims["nonce"]) == ("https://slack.com", "1.2", "n1")
    assert claims["exp"] == NOW + 300
    assert (claims["https://slack.com/user_id"], claims["https://slack.com/team_id"]) == ("U1", "T1")
    assert (person["sub"], person["https://slack.com/team_id"], person["name"]) == ("U1", "T1", "Olena")
    assert "email" not in claims


async def test_a_stranger_is_told_apart(workspace: Workspace, client: AsyncWebClient) -> None:
    """Somebody of another team is signed in as well: it is for the app to look at the team."""
    workspace.state.users["U9"] = User(id="U9", name="cy", real_name="Cy", team_id="T9")
    workspace.sign_in.user = "U9"
    _, back = await visit(workspace)

    answer = await exchange(client, client_id="1.2", client_secret="s3cret", code=back.query["code"], redirect_uri=BACK)

    claims = read_claims(answer["id_token"])
    assert claims["https://slack.com/team_id"] == "T9"
    assert "nonce" not in claims


async def test_codes_are_for_the_app_and_for_once(workspace: Workspace, client: AsyncWebClient) -> None:
    """A wrong app, secret, code or address is refused and uses nothing up; a second exchange is refused."""
    _, back = await visit(workspace)
    right = {"client_id": "1.2", "client_secret": "s3cret", "code": back.query["code"], "redirect_uri": BACK}
    wrong = {
        "invalid_client_id": {"client_id": "9.9"},
        "bad_client_secret": {"client_secret": "guess"},
        "invalid_code": {"code": "guess"},
        "bad_redirect_uri": {"redirect_uri": "https://evil.example.com"},
        "invalid_grant_type": {"grant_type": "password"},
    }

    errors = [await get_error(exchange(client, **{**right, **change})) for change in wrong.values()]
    await exchange(client, **right)

    assert errors == list(wrong)
    assert await get_error(exchange(client, **right)) == "code_already_used"
    assert await get_error(make_client(workspace).openid_connect_userInfo()) == "invalid_auth"
    assert await get_error(client.openid_connect_userInfo()) == "not_authed"


@pytest.mark.parametrize(("app", "error"), [("1.2:s3cret", None), ("1.2:guess", "bad_client_secret")])
async def test_an_app_may_show_its_secret_in_a_header(workspace: Workspace, app: str, error: str | None) -> None:
    """The SDK sends id and secret as HTTP's basic authentication."""
    _, back = await visit(workspace)
    headers = {"Authorization": f"Basic {base64.b64encode(app.encode()).decode()}"}
    form = {"code": back.query["code"], "redirect_uri": BACK}

    url = f"{workspace.api_url}openid.connect.token"
    async with aiohttp.ClientSession(headers=headers) as session, session.post(url, data=form) as response:
        answer = await response.json()

    assert answer.get("error") == error


async def test_people_may_not_sign_in(workspace: Workspace) -> None:
    """Nobody is shown a page, a denial comes back as an error, and a wrong app goes nowhere."""
    workspace.sign_in.denies = True
    _, denied = await visit(workspace)
    workspace.sign_in.user = None
    nobody, nowhere = await visit(workspace)
    workspace.sign_in.redirect_uris = frozenset({"https://bot.example.com/other"})

    assert dict(denied.query) == {"page": "1", "error": "access_denied", "state": "st"}
    assert (nobody, str(nowhere)) == (200, "")
    for change in ({"client_id": "9.9"}, {"scope": "profile"}, {"response_type": "token"}, {}):
        assert (await visit(workspace, **change))[0] == 400


async def test_codes_expire() -> None:
    """Ten minutes later a code is worth nothing."""
    now = [NOW]
    async with open_workspace(clock=lambda: now[0]) as workspace:
        workspace.sign_in.user = "U1"
        _, back = await visit(workspace)
        now[0] += 601
        client = AsyncWebClient(base_url=workspace.api_url)
        late = exchange(
            client,
            client_id="1.2",
            client_secret=workspace.sign_in.client_secret,
            code=back.query["code"],
            redirect_uri=BACK,
        )

        assert await get_error(late) == "invalid_code"
