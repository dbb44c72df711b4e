"""A bot for several workspaces: five behind one Web API, with the same people and channels in each."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from cryptography.fernet import Fernet
from stage import Stage, open_stage_behind

from bot.demo.codemie import BuiltInCodemie
from bot.demo.workspace import SeveralWorkspaces, Workspace

SIGNING_SECRET = "planted-signing-secret"
PUBLIC_URL = "http://bot.example"
ORGANISATION = "E9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a browser is shown at the end of a way."""

    status: int
    text: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way to Slack and back, as far as it has been gone: where Slack leads to, and the browser's cookies."""

    back: str
    cookies: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The stage, and the workspaces that may install the app, but for the ``stranger``.

    The ``branches`` are of an organisation, which may install it for both at once.
    """

    stage: Stage
    door: SeveralWorkspaces
    first: Workspace
    second: Workspace
    stranger: Workspace
    branches: tuple[Workspace, Workspace]

    def look_at(self, workspace: Workspace) -> Stage:
        """Return the stage as somebody in this workspace sees it."""
        stage = self.stage
        workspace.events_url = f"{stage.url}/slack/events"
        return Stage(
            workspace=workspace,
            codemie=stage.codemie,
            env=stage.env,
            log_path=stage.log_path,
            process=stage.process,
            url=stage.url,
        )

    async def go_to_slack(self, workspace: Workspace) -> Way:
        """Begin to install the app, and agree as somebody who is signed in to a workspace, or not."""
        self.door.browser_at = workspace
        async with aiohttp.ClientSession() as browser:
            async with browser.get(f"{self.stage.url}/slack/install", allow_redirects=False) as answer:
                cookies = {name: morsel.value for name, morsel in answer.cookies.items()}
                url = answer.headers["Location"]
            async with browser.get(url, allow_redirects=False) as answer:
                return Way(back=answer.headers["Location"], cookies=cookies)

    async def come_back(self, way: Way) -> Page:
        """Follow Slack's redirect to the bot."""
        url = urlsplit(way.back)
        assert f"{url.scheme}://{url.netloc}" == PUBLIC_URL
        async with (
            aiohttp.ClientSession(cookies=way.cookies, cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser,
            browser.get(f"{self.stage.url}{url.path}?{url.query}", cookies=way.cookies) as answer,
        ):
            return Page(status=answer.status, text=await answer.text(), headers=answer.headers)

    async def install(self, workspace: Workspace) -> Page:
        """Install the app."""
        return await self.come_back(await self.go_to_slack(workspace))


@asynccontextmanager
async def open_company(folder: Path, *, own_token: str = "", **settings: str | None) -> AsyncIterator[Company]:
    """Open a bot, and workspaces that have yet to install it; with ``own_token`` it has that of the first of them."""
    async with AsyncExitStack() as stack:
        others = [
            await stack.enter_async_context(Workspace(bot_token="", signing_secret=SIGNING_SECRET, team=team))
            for team in ("T2", "T3", "T4", "T5")
        ]
        for branch in others[2:]:
            branch.installs.enterprise, branch.installs.is_org_wide = ORGANISATION, True
            branch.installs.reached = ("T4", "T5")
        door = await stack.enter_async_context(SeveralWorkspaces(*others))

        def place(workspace: Workspace, _: BuiltInCodemie) -> Mapping[str, str]:
            workspace.bot_token = own_token
            door.workspaces = (workspace, *others)
            return {"SLACK_API_URL": door.api_url}

        defaults: dict[str, str | None] = {
            "SLACK_BOT_TOKEN": own_token or None,
            "SLACK_APP_TOKEN": None,
            "SLACK_CLIENT_ID": "1.2",
            "SLACK_CLIENT_SECRET": "demo-client-secret",
            "INSTALL_TEAMS": f"T1, T2, {ORGANISATION}",
            "TOKEN_ENCRYPTION_KEY": Fernet.generate_key().decode(),
            "PUBLIC_URL": PUBLIC_URL,
        }
        stage = await stack.enter_async_context(open_stage_behind(folder, place, settings=defaults | settings))
        second, stranger, *branches = others
        company = Company(
            stage=stage,
            door=door,
            first=stage.workspace,
            second=second,
            stranger=stranger,
            branches=(branches[0], branches[1]),
        )
        for workspace in door.workspaces:
            workspace.events_url = f"{stage.url}/slack/events"
        yield company
