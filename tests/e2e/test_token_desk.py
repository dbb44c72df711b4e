"""Tokens of those who have installed the app: renewed once whoever asks, locked, and nobody's after an uninstall."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from postgres import needs_postgres, open_postgres
from pydantic import SecretStr

from bot.credentials import Secret
from bot.database import Database
from bot.demo.workspace import Workspace
from bot.departures import Departures
from bot.errors import NotInstalled, SlackUnavailable
from bot.installations import Installations
from bot.postgres import make_postgres_engine
from bot.slack.connection import Bearer, copy_without_retries, make_client
from bot.slack.installation import Installation, Tokens, Welcome
from bot.slack.installed import InstalledWorkspaces
from bot.slack.oauth import SlackOAuth
from bot.slack.token_desk import AHEAD_S, DeskBearer, TokenDesk
from bot.slack.workspaces import Asked
from bot.slack.workspaces import Workspace as SlackWorkspace
from bot.store import make_sqlite_engine
from bot.tables import installations as table
from bot.vault import Vault

_LASTS_S = 43_200.0


class Clock:
    """A clock that tests turn; sleeping turns it too."""

    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        """Let time pass, and others work."""
        self.now_s += seconds
        await asyncio.sleep(0.01)


class Office:
    """Desks of several processes, with one database and one Slack."""

    def __init__(self, workspace: Workspace, database: Database, session: aiohttp.ClientSession, clock: Clock) -> None:
        self.workspace = workspace
        self.database = database
        self.clock = clock
        self.keys = [Fernet.generate_key()]
        self._session = session

    @property
    def oauth(self) -> SlackOAuth:
        """The app at Slack."""
        client = make_client(bearer=None, api_url=self.workspace.api_url, session=self._session)
        return SlackOAuth(
            client=copy_without_retries(client),
            client_id="1.2",
            client_secret=Secret.fixed("demo-client-secret"),
            redirect_url="http://bot.example/back",
            clock=self.clock,
        )

    @property
    def shelf(self) -> Installations:
        """Where installations are kept."""
        return Installations(database=self.database, vault=Vault(self.keys), clock=self.clock)

    def open_desk(self, *welcome: str) -> TokenDesk:
        """Open the desk of another process."""
        ids = frozenset(welcome or ("*",))
        return TokenDesk(
            shelf=self.shelf, renewer=self.oauth, welcome=Welcome(ids=ids), clock=self.clock, sleep=self.clock.sleep
        )

    def open_departures(self) -> Departures:
        """Open what tells who has gone."""
        desk = self.open_desk()

        def open_workspace(bearer: Bearer) -> SlackWorkspace:
            client = make_client(bearer=bearer, api_url=self.workspace.api_url, session=self._session)
            return SlackWorkspace.open(client=client, session=self._session)

        workspaces = InstalledWorkspaces(desk=desk, open_workspace=open_workspace)
        return Departures(workspaces=workspaces, installations=self.shelf, desk=desk)

    async def install(self) -> Installation:
        """Install the app."""
        self.workspace.installs.lasts_s = _LASTS_S
        url = f"http://127.0.0.1:{self.workspace.port}/oauth/v2/authorize?{self.oauth.write_url('s').partition('?')[2]}"
        async with self._session.get(url, allow_redirects=False) as answer:
            code = answer.headers["Location"].partition("code=")[2].partition("&")[0]
        installation = await self.oauth.exchange(code)
        await self.shelf.keep(installation)
        return installation

    async def read_rows(self) -> list[sa.Row[tuple[object, ...]]]:
        """Read what the database has."""
        return await self.database.run(lambda connection: list(connection.execute(sa.select(table)).all()))


@asynccontextmanager
async def open_office(engine: sa.Engine) -> AsyncIterator[Office]:
    """Open an office."""
    clock = Clock()
    async with AsyncExitStack() as stack:
        workspace = await stack.enter_async_context(Workspace(bot_token="", clock=clock))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        stack.callback(engine.dispose)
        database = Database(engine=engine)
        database.create_tables()
        yield Office(workspace, database, session, clock)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Open an office."""
    async with open_office(make_sqlite_engine(tmp_path / "bot.sqlite", synchronous="NORMAL")) as opened:
        yield opened


async def test_a_token_is_renewed_ahead_and_once_by_all(office: Office) -> None:
    """Two processes, ten callers each; who is not at it goes on with the token that there is."""
    installation = await office.install()
    desks = [office.open_desk(), office.open_desk()]
    early = await asyncio.gather(*(desk.read("T1") for desk in desks))
    office.clock.now_s += _LASTS_S - AHEAD_S + 1
    during = await asyncio.gather(*(desk.read("T1") for desk in desks for _ in range(10)))
    office.clock.now_s += 61
    after = {await desk.read("T1") for desk in desks}

    assert set(early) == {installation.tokens.bot}
    assert office.workspace.installs.refreshes == 1
    assert installation.tokens.bot in during
    assert len(after) == 1
    assert installation.tokens.bot not in after


async def test_who_comes_after_its_end_waits_for_whoever_renews_it(office: Office) -> None:
    """All are given the new one, for which Slack was asked once."""
    installation = await office.install()
    desks = [office.open_desk(), office.open_desk()]
    office.clock.now_s += _LASTS_S + 1
    tokens = await asyncio.gather(*(desk.read("T1") for desk in desks for _ in range(5)))

    assert office.workspace.installs.refreshes == 1
    assert len(set(tokens)) == 1
    assert installation.tokens.bot not in tokens


@pytest.mark.postgres
@needs_postgres
async def test_postgresql_lets_one_process_renew_as_well() -> None:
    """Where two updates do meet."""
    async with open_postgres() as postgres, open_office(make_postgres_engine(postgres.url)) as office:
        await office.install()
        desks = [office.open_desk() for _ in range(4)]
        office.clock.now_s += _LASTS_S + 1
        tokens = await asyncio.gather(*(desk.read("T1") for desk in desks for _ in range(5)))

        assert office.workspace.installs.refreshes == 1
        assert len(set(tokens)) == 1


async def test_a_process_that_dies_with_a_claim_holds_up_nobody_for_long(office: Office) -> None:
    """Thirty seconds later another renews the token; until then the old one serves, while it lasts."""
    installation = await office.install()
    office.clock.now_s += _LASTS_S - AHEAD_S + 1
    claimed = await office.shelf.claim(installation, for_s=30)
    waiting = await office.open_desk().read("T1")
    office.clock.now_s += 31
    renewed = await office.open_desk().read("T1")

    assert claimed
    assert waiting == installation.tokens.bot
    assert renewed != installation.tokens.bot


async def test_a_refresh_token_that_was_spent_in_vain_leaves_the_token_until_its_end(office: Office) -> None:
    """As after a crash between Slack's answer and the database; then the workspace has to install the app anew."""
    installation = await office.install()
    assert installation.tokens.refresh is not None
    await office.oauth.refresh(installation.tokens.refresh)
    office.clock.now_s += _LASTS_S - AHEAD_S + 1
    before = await office.open_desk().read("T1")
    office.clock.now_s += AHEAD_S
    with pytest.raises(NotInstalled) as ended:
        await office.open_desk().read("T1")
    anew = await office.install()

    assert before == installation.tokens.bot
    assert ended.value.reason == "invalid_refresh_token"
    assert await office.open_desk().read("T1") == anew.tokens.bot


async def test_an_outage_of_slacks_is_no_end(office: Office) -> None:
    """What waits for Slack waits for this as well."""
    await office.install()
    office.clock.now_s += _LASTS_S + 1
    office.workspace.faults.answer_error("oauth.v2.access", "internal_error")
    with pytest.raises(SlackUnavailable):
        await office.open_desk().read("T1")
    office.clock.now_s += 31

    assert await office.open_desk().read("T1")


async def test_a_refused_token_is_looked_up_before_it_is_renewed(office: Office) -> None:
    """Another process may have renewed it, or the workspace has installed the app anew."""
    first = await office.install()
    desk = office.open_desk()
    await desk.read("T1")
    second = await office.install()
    found = await DeskBearer(desk=desk, team="T1").renew(first.tokens.bot)
    renewed = await DeskBearer(desk=desk, team="T1").renew(second.tokens.bot)

    assert found == second.tokens.bot
    assert office.workspace.installs.refreshes == 1
    assert renewed not in {first.tokens.bot, second.tokens.bot}


async def test_an_organisation_serves_all_its_workspaces(office: Office) -> None:
    """A request says which organisation it is from; a job, which has its workspace only, is served from then on."""
    office.workspace.installs.enterprise, office.workspace.installs.is_org_wide = "E1", True
    installation = await office.install()
    desk = office.open_desk("E1")
    with pytest.raises(NotInstalled):
        await desk.read("T7")
    found = await desk.find(Asked(team="T7", enterprise="E1"))
    with pytest.raises(NotInstalled):
        await desk.find(Asked(team="T8", enterprise="E2"))
    served = await office.shelf.list_served(found)
    token = await office.open_desk("E1").read("T7")
    await office.shelf.remove(found)

    assert installation.id == "E1"
    assert token == installation.tokens.bot
    assert served == ["T7"]
    with pytest.raises(NotInstalled):
        await office.open_desk("E1").read("T7")


async def test_who_is_not_welcome_any_more_is_not_served(office: Office) -> None:
    """A workspace that was taken off INSTALL_TEAMS; one is welcome by its organisation's id too."""
    await office.install()
    with pytest.raises(NotInstalled) as refused:
        await office.open_desk("T2", "E2").read("T1")

    assert refused.value.reason == "not_welcome"
    assert await office.open_desk("T1").read("T1")


async def test_what_an_old_key_has_locked_is_locked_anew_when_it_is_read(office: Office) -> None:
    """After that the old key may go; without any that fits, the workspace counts as one that has not installed it."""
    installation = await office.install()
    old = office.keys[0]
    office.keys = [Fernet.generate_key(), old]
    both = await office.open_desk().read("T1")
    office.keys = office.keys[:1]
    new_alone = await office.open_desk().read("T1")
    office.keys = [old]
    with pytest.raises(NotInstalled):
        await office.open_desk().read("T1")

    assert both == new_alone == installation.tokens.bot


async def test_one_workspaces_tokens_do_not_open_in_anothers_row(office: Office) -> None:
    """Whoever can write into the database can't lend a workspace another's token."""
    first = await office.install()
    other = Installation(
        team="T2",
        enterprise=None,
        app="A1",
        bot_user="U",
        bot="B",
        site_url="",
        scopes="",
        installed_by="U1",
        tokens=Tokens(bot=SecretStr("xoxb-other")),
    )
    await office.shelf.keep(other)
    rows = {str(row.id): row for row in await office.read_rows()}
    swap = table.update().where(table.c.id == "T2").values(bot_token=rows["T1"].bot_token)
    await office.database.run(lambda connection: connection.execute(swap))

    assert first.tokens.bot.get_secret_value() not in str(rows)
    with pytest.raises(NotInstalled):
        await office.open_desk().read("T2")


async def test_a_caller_who_gives_up_loses_no_refresh_token(office: Office) -> None:
    """Calls have less time than Slack may take: what it then answers is kept all the same, and all wait for that."""
    installation = await office.install()
    office.clock.now_s += _LASTS_S + 1
    office.workspace.faults.delay("oauth.v2.access", 0.3)
    desk = office.open_desk()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await desk.read("T1")
    renewed, _ = await asyncio.gather(desk.read("T1"), desk.settle())

    assert office.workspace.installs.refreshes == 1
    assert renewed != installation.tokens.bot
    assert await office.open_desk().read("T1") == renewed


async def test_a_client_secret_that_slack_refuses_is_no_uninstall(office: Office) -> None:
    """What waits for Slack waits for the setting to be mended."""
    await office.install()
    office.clock.now_s += _LASTS_S + 1
    office.workspace.faults.answer_error("oauth.v2.access", "bad_client_secret")
    with pytest.raises(SlackUnavailable) as refused:
        await office.open_desk().read("T1")
    office.clock.now_s += 31

    assert refused.value.reason == "bad_client_secret"
    assert await office.open_desk().read("T1")


async def test_who_is_locked_out_has_not_gone(office: Office) -> None:
    """An event of before, which Slack sends late, erases nothing while a key is missing."""
    await office.install()
    office.keys = [Fernet.generate_key()]
    locked = office.open_departures()
    with pytest.raises(NotInstalled) as caught:
        await locked.is_served("T1")
    with pytest.raises(NotInstalled):
        await locked.list_gone("T1", None)

    assert caught.value.reason == "locked"
    assert await locked.list_gone("T2", None) == ["T2"]


async def test_an_organisation_has_gone_when_its_own_token_is_dead(office: Office) -> None:
    """An event that names no workspace says so late as well; then all go that were served."""
    office.workspace.installs.enterprise, office.workspace.installs.is_org_wide = "E1", True
    await office.install()
    await office.open_desk().find(Asked(team="T7", enterprise="E1"))
    late = await office.open_departures().list_gone("", "E1")
    office.workspace.installs.revoke_all()
    gone = await office.open_departures().list_gone("", "E1")

    assert late == []
    assert gone == ["T7"]


async def test_who_is_looked_up_while_it_goes_is_not_remembered(office: Office) -> None:
    """Events of an uninstall come together with what people still do; afterwards nobody is served."""
    installation = await office.install()
    desk = office.open_desk()

    async def forget() -> None:
        desk.forget("T1")

    await asyncio.gather(desk.find(Asked(team="T1")), forget())
    await office.shelf.remove(installation)

    with pytest.raises(NotInstalled):
        await desk.find(Asked(team="T1"))
