"""Installs through OAuth as the settings describe them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import time

from bot.credentials import LiveSettings
from bot.database import Database
from bot.departures import Departures
from bot.installations import Installations
from bot.keys import KeyName, find_key
from bot.previews.answers import Answers
from bot.previews.seals import Seal
from bot.settings import Settings
from bot.slack.connection import copy_without_retries
from bot.slack.installation import Welcome
from bot.slack.installed import InstalledWorkspaces, Own
from bot.slack.oauth import AUTHORIZE_URL, SlackOAuth
from bot.slack.token_desk import TokenDesk
from bot.slack.workspaces import Workspaces
from bot.states import SpentStates
from bot.vault import Vault
from bot.wiring.keeping import Keeping
from bot.wiring.slack import SlackAccess
from handlers.installs import INSTALLED_PATH, STATE_S, InstallRoutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Installs:
    """Who has installed the app, how others do, and what talks to them."""

    oauth: SlackOAuth
    installations: Installations
    desk: TokenDesk
    own: Own | None
    workspaces: InstalledWorkspaces


@asynccontextmanager
async def open_installs(slack: SlackAccess, *, database: Database, own: Own | None) -> AsyncIterator[Installs | None]:
    """Open it where ``INSTALL_TEAMS`` welcomes anybody; it closes once no token is being renewed."""
    settings = slack.live.get()
    if not settings.welcome or settings.token_encryption_key is None:
        yield None
        return
    oauth = _make_oauth(slack)
    vault = Vault.from_setting(settings.token_encryption_key)
    installations = Installations(database=database, vault=vault)
    desk = TokenDesk(shelf=installations, renewer=oauth, welcome=Welcome(ids=settings.welcome))
    workspaces = InstalledWorkspaces(desk=desk, open_workspace=slack.open_workspace, own=own)
    try:
        yield Installs(oauth=oauth, installations=installations, desk=desk, own=own, workspaces=workspaces)
    finally:
        await desk.settle()


def make_departures(workspaces: Workspaces, installs: Installs | None) -> Departures:
    """Make what tells who has uninstalled the app."""
    if installs is None:
        return Departures(workspaces=workspaces)
    return Departures(workspaces=workspaces, installations=installs.installations, desk=installs.desk)


async def make_install_routes(live: LiveSettings, installs: Installs, *, kept: Keeping) -> InstallRoutes:
    """Make the routes by which workspaces install the app."""
    settings, own = live.get(), installs.own
    key = await find_key(kept.database, KeyName.INSTALLS)
    return InstallRoutes(
        oauth=installs.oauth,
        welcome=Welcome(ids=settings.welcome),
        keeper=installs.installations,
        states=SpentStates(database=kept.database, lifetime_s=STATE_S),
        seal=Seal(key=key, purpose="install", lifetime_s=STATE_S, clock=time),
        answers=Answers(can_sign_in=False),
        own=own,
        public_url=str(settings.public_url),
    )


def _make_oauth(slack: SlackAccess) -> SlackOAuth:
    settings = slack.live.get()
    return SlackOAuth(
        client=copy_without_retries(slack.open_client(None)),
        client_id=settings.slack_client_id or "",
        client_secret=slack.live.make_secret("slack_client_secret"),
        redirect_url=f"{str(settings.public_url).rstrip('/')}{INSTALLED_PATH}",
        authorize_url=_find_authorize_url(settings),
    )


def _find_authorize_url(settings: Settings) -> str:
    """Find where people agree: Slack's own page, or the one beside another Web API."""
    api_url = str(settings.slack_api_url)
    is_slack = settings.slack_api_url.host == "slack.com"
    return AUTHORIZE_URL if is_slack else f"{api_url.removesuffix('api/')}oauth/v2/authorize"
