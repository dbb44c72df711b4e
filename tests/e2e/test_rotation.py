"""Secrets that are changed while the bot runs: the next job uses them, and those in between lose nothing."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr
from slack_bolt.async_app import AsyncApp
from slack_oidc import SlackOidc
from stage import Stage, open_stage, over_http_alone
from workspace_apps import open_workspace

from bot.codemie.auth import ClientCredentials, Credentials, TokenSource
from bot.codemie.client import open_http
from bot.credentials import Secret
from bot.database import Database
from bot.demo.codemie import BuiltInCodemie
from bot.errors import SignInFailed
from bot.keys import KeyName, find_key
from bot.previews.sign_in import SlackSignIn
from bot.slack.connection import make_client
from bot.slack.sockets import Sockets
from bot.store import make_sqlite_engine

PROMPT = "Registration for a parking permit: name, car plate, e-mail"
_FILES = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "CODEMIE_CLIENT_SECRET")


class Rotating:
    """A bot whose secrets are in a folder, and who hands them out."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage = stage
        self.folder = folder

    def write(self, name: str, value: str) -> None:
        """Put a secret into its file, as an operator would."""
        (self.folder / name).write_text(f"{value}\n")

    def count(self, event: str) -> int:
        """Count how often something was logged."""
        return self.stage.read_log().count(f'"event": "{event}"')

    async def wait_for(self, event: str, *, more_than: int) -> None:
        """Wait until something was logged once more."""
        async with asyncio.timeout(20):
            while self.count(event) <= more_than:  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rotating]:
    """Open a bot that the tests of this module share; each leaves it with secrets that are taken."""
    folder = tmp_path_factory.mktemp("secrets")
    async with open_stage(
        tmp_path_factory.mktemp("bot"),
        SLACK_BOT_TOKEN=None,
        SLACK_SIGNING_SECRET=None,
        CODEMIE_CLIENT_SECRET=None,
        SECRETS_DIR=str(_fill(folder)),
        PUBLIC_URL="http://127.0.0.1:1",
        PREVIEW_ACCESS="link",
    ) as stage:
        yield Rotating(stage, folder)


@pytest.fixture(autouse=True)
def _nothing_secret_is_logged(bot: Rotating) -> Iterator[None]:
    """Whatever is refused, no secret is in the log."""
    yield

    assert "planted" not in bot.stage.read_log()


def _fill(folder: Path) -> Path:
    planted = ("xoxb-planted-bot-token", "planted-signing-secret", "planted-client-secret")
    for name, value in zip(_FILES, planted, strict=True):
        (folder / name).write_text(f"{value}\n")
    return folder


async def _generate(stage: Stage) -> int:
    anchor = await stage.command(PROMPT)
    return len(await stage.wait_for_files("C1", anchor.ts))


async def test_a_new_bot_token_is_used_by_the_next_job(bot: Rotating) -> None:
    """Slack takes the new one alone, from the moment that it is in the file."""
    bot.stage.workspace.bot_token = "xoxb-planted-second"
    bot.write("SLACK_BOT_TOKEN", "xoxb-planted-second")

    assert await _generate(bot.stage) == 3


async def test_a_job_in_between_waits_for_the_new_bot_token(bot: Rotating) -> None:
    """Slack refuses the token, and the file has an old one, then a mistyped one: the job is kept, and done later."""
    before = bot.count("token_refused")
    bot.stage.workspace.bot_token = "xoxb-planted-third"
    sending = await bot.stage.workspace.send_command(user="U1", channel="C1", text=PROMPT)
    await bot.wait_for("token_refused", more_than=before)
    bot.write("SLACK_BOT_TOKEN", "xoxb-planted-mistyped")
    later = await bot.stage.workspace.send_command(user="U1", channel="C1", text="help")
    earlier = {message.ts for message in bot.stage.workspace.messages("C1")}
    bot.write("SLACK_BOT_TOKEN", "xoxb-planted-third")
    anchors = await bot.stage.workspace.wait_for(
        lambda: [found for found in bot.stage.workspace.messages("C1") if found.ts not in earlier], 20
    )

    assert sending.is_acked
    assert later.is_acked
    assert len(await bot.stage.wait_for_files("C1", anchors[0].ts)) == 3


@over_http_alone
async def test_a_new_signing_secret_counts_at_once(bot: Rotating) -> None:
    """A request that is signed with it passes, and one that is signed with the old one no longer does."""
    workspace = bot.stage.workspace
    old = workspace.signing_secret
    workspace.signing_secret = "planted-signing-second"
    early = await workspace.send_command(user="U1", channel="C1", text="help")
    bot.write("SLACK_SIGNING_SECRET", "planted-signing-second")
    late = await workspace.send_command(user="U1", channel="C1", text="help")
    workspace.signing_secret = old
    outdated = await workspace.send_command(user="U1", channel="C1", text="help")
    workspace.signing_secret = "planted-signing-second"

    assert (early.status, late.status, outdated.status) == (401, 200, 401)


async def test_a_new_codemie_secret_is_used_although_the_old_token_still_works(bot: Rotating) -> None:
    """SIGHUP has the file read, and access is asked for anew."""
    await _generate(bot.stage)
    accounts = bot.stage.codemie.accounts
    logins = len(accounts.logins)
    accounts.client_secret = "planted-codemie-second"
    before = bot.count("credentials_taken")
    bot.write("CODEMIE_CLIENT_SECRET", "planted-codemie-second")
    _send_hangup(bot.stage)
    await bot.wait_for("credentials_taken", more_than=before)
    done = await _generate(bot.stage)

    assert done == 3
    assert len(accounts.logins) == logins + 1


async def test_a_job_in_between_fails_in_words_and_can_be_tried_again(bot: Rotating) -> None:
    """CodeMie refuses the old secret and every token; the file is late."""
    accounts = bot.stage.codemie.accounts
    accounts.client_secret = "planted-codemie-third"
    accounts.revoke_tokens()
    anchor = await bot.stage.command(PROMPT)
    messages = await bot.stage.wait_for_failure("C1", anchor.ts)
    bot.write("CODEMIE_CLIENT_SECRET", "planted-codemie-third")
    done = await _generate(bot.stage)

    assert "retry" in str([message.blocks for message in messages])
    assert done == 3


async def test_a_broken_file_leaves_what_was(bot: Rotating) -> None:
    """An empty one, as while it is written: the log names the setting, and jobs go on with the old value."""
    before = bot.count("settings_not_read")
    value = (bot.folder / "SLACK_BOT_TOKEN").read_text()
    (bot.folder / "SLACK_BOT_TOKEN").write_text("")
    _send_hangup(bot.stage)
    await bot.wait_for("settings_not_read", more_than=before)
    done = await _generate(bot.stage)
    (bot.folder / "SLACK_BOT_TOKEN").write_text(value)

    assert done == 3


async def test_links_to_previews_outlive_a_new_bot_token(bot: Rotating) -> None:
    """They are still there after a restart with another token."""
    anchor = await bot.stage.command(PROMPT)
    messages = await bot.stage.wait_for_files("C1", anchor.ts)
    found = re.search(r"/p/[A-Za-z0-9_-]{43}", str([message.blocks for message in messages]))
    bot.stage.workspace.bot_token = "xoxb-planted-fourth"
    bot.write("SLACK_BOT_TOKEN", "xoxb-planted-fourth")
    await bot.stage.stop()
    await bot.stage.start()

    assert found is not None
    assert await bot.stage.get_status(found[0]) == 200


def _send_hangup(stage: Stage) -> None:
    assert stage.process is not None
    os.kill(stage.process.pid, signal.SIGHUP)


def _swap(before: str, after: str) -> Secret:
    """Make a secret that has changed when it is looked at."""
    return Secret(read=lambda: SecretStr(before), look=lambda: SecretStr(after))


async def test_a_refused_app_token_is_looked_up_once_more() -> None:
    """New sockets are opened with the one that is in the file by then."""
    async with open_workspace(app_token="xapp-new") as workspace, aiohttp.ClientSession() as session:
        client = make_client(bearer=None, api_url=workspace.api_url, session=session)
        client.token = workspace.bot_token
        bolt = AsyncApp(client=client, request_verification_enabled=False)
        sockets = Sockets(bolt=bolt, session=session, app_token=_swap("xapp-old", "xapp-new"))
        async with sockets.open():
            opened = sockets.measure().open_count

    assert opened == 1


@pytest.mark.parametrize(("found", "reason"), [("planted-oidc-secret", "invalid_code"), ("xyz", "bad_client_secret")])
async def test_a_refused_client_secret_is_looked_up_once_more(found: str, reason: str) -> None:
    """People who sign in meanwhile notice nothing, where the file has the new one."""
    async with SlackOidc(clock=lambda: 0.0) as slack, aiohttp.ClientSession() as session:
        sign_in = SlackSignIn(
            http=session,
            client_id=slack.client_id,
            client_secret=_swap("old", found),
            redirect_url="http://127.0.0.1/",
            key=b"k" * 32,
            api_url=f"{slack.url}/api/",
            clock=lambda: 0.0,
        )
        start = sign_in.begin(token="t")
        state = re.search(r"state=([^&]+)", start.url)
        assert state is not None
        with pytest.raises(SignInFailed) as caught:
            await sign_in.finish(code="none", state=state[1], secret=start.secret)

    assert caught.value.reason == reason


async def test_access_of_before_serves_while_new_credentials_are_refused() -> None:
    """Somebody has mistyped the new secret: what was granted lasts until it expires."""
    async with BuiltInCodemie(answer=lambda _: "") as codemie, open_http() as http:
        right = ClientCredentials(
            token_url=codemie.token_url, client_id="codemie-bot", client_secret=SecretStr("demo-client-secret")
        )
        wrong = ClientCredentials(token_url=codemie.token_url, client_id="codemie-bot", client_secret=SecretStr("x"))
        current: list[Credentials] = [right]
        source = TokenSource(
            http=http, api_url=codemie.api_url, credentials=right, read=lambda: current[0], reload=lambda: current[0]
        )
        first = await source.get()
        current[0] = wrong
        meanwhile = [await source.get(), await source.get()]
        current[0] = right
        last = await source.get()

    assert meanwhile == [first, first]
    assert last is first
    assert codemie.accounts.logins == ["client_credentials"] * 2


async def test_a_database_has_one_key(tmp_path: Path) -> None:
    """Whoever comes first makes it; all others find it. That of another name is another."""
    database = Database(engine=make_sqlite_engine(tmp_path / "bot.sqlite", synchronous="NORMAL"))
    database.create_tables()
    keys = [await find_key(database, KeyName.PREVIEWS, make=make) for make in (lambda: b"1" * 32, lambda: b"2" * 32)]
    other = await find_key(database, KeyName.CLIENTS)
    database.engine.dispose()

    assert keys == [b"1" * 32] * 2
    assert other not in keys
    assert len(other) == 32
