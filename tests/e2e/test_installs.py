"""Installing through OAuth: from nothing to a result, and all that is refused on the way."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from company import Company, open_company

from bot.demo.workspace import Workspace

PROMPT = "Registration for a parking permit: name, car plate, e-mail"


@pytest.fixture(scope="module")
async def company(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    """Open a bot that has no token, and workspaces that have yet to install it."""
    async with open_company(tmp_path_factory.mktemp("bot")) as opened:
        yield opened


async def _generate(company: Company, workspace: Workspace) -> int:
    """Ask for a prototype, and return how many messages share its files."""
    stage = company.look_at(workspace)
    anchor = await stage.command(PROMPT)
    return sum(bool(message.files) for message in await stage.wait_for_files("C1", anchor.ts))


def _read_folder(company: Company) -> bytes:
    """Read all that the bot has on the disk."""
    folder = Path(company.stage.env["DATA_DIR"])
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_a_workspace_that_has_not_installed_it_is_told(company: Company) -> None:
    """A command has an answer that takes no token; events are acknowledged and dropped, with a line in the log."""
    stranger = company.stranger
    command = await stranger.send_command(user="U1", channel="C1", text=PROMPT)
    said = await stranger.say(user="U1", channel="D1", text=PROMPT)

    assert command.status == 200
    assert "not installed" in stranger.ephemerals[-1].text
    assert [delivery.status for delivery in said.deliveries] == [200]
    assert '"event": "not_installed"' in company.stage.read_log()
    assert '"event": "listener_failed"' not in company.stage.read_log()


async def test_installing_from_nothing_leads_to_results(company: Company) -> None:
    """No token but the one that the workspace gives; who it is was asked once, at the install."""
    page = await company.install(company.first)
    known = len(company.first.calls)
    files = await _generate(company, company.first)
    methods = [call.method for call in company.first.calls[known:]]

    assert page.status == 200
    assert "The bot is installed" in page.text
    assert "Бота встановлено" in page.text
    assert files == 1
    assert "chat.postMessage" in methods
    assert "auth.test" not in methods


async def test_a_refresh_token_serves_once_and_in_time(company: Company) -> None:
    """Ahead of the end of a token that rotates, and once more when Slack says that it is over."""
    second = company.second
    second.installs.lasts_s = 3_600
    page = await company.install(second)
    second.installs.lasts_s = 43_200
    before = second.installs.refreshes
    ahead = await _generate(company, second), second.installs.refreshes - before
    second.installs.expire()
    late = await _generate(company, second), second.installs.refreshes - before

    assert page.status == 200
    assert ahead == (1, 1)
    assert late == (1, 2)


async def test_tokens_are_locked(company: Company) -> None:
    """Neither the database nor the log has a token in clear, nor the state of an install or a code."""
    company.second.installs.lasts_s = 43_200
    await company.install(company.second)
    way = await company.go_to_slack(company.first)
    await company.come_back(way)
    tokens = [*company.first.installs.tokens, *company.second.installs.tokens]
    kept = _read_folder(company)
    everything = kept + company.stage.read_log().encode()

    assert len(tokens) > 1
    assert not [token for token in tokens if token.encode() in everything]
    assert b"bot_installations" in kept
    assert way.cookies["install_state"].encode() not in everything


async def test_who_is_not_welcome_is_refused_and_keeps_no_token(company: Company) -> None:
    """The token that Slack has given is taken back at once."""
    page = await company.install(company.stranger)
    called = [call.method for call in company.stranger.calls]

    assert page.status == 403
    assert "Nothing was installed" in page.text.replace("\n", " ")
    assert company.stranger.installs.tokens == []
    assert "auth.revoke" in called


async def test_a_state_serves_once_in_one_browser(company: Company) -> None:
    """One that comes again, in another browser, or was never ours installs nothing."""
    way = await company.go_to_slack(company.first)
    other = await company.go_to_slack(company.first)
    granted = len(company.first.installs.tokens)
    refused = [
        await company.come_back(replace(way, cookies={})),
        await company.come_back(replace(way, cookies=other.cookies)),
        await company.come_back(replace(way, back=way.back.replace("state=", "state=x"))),
    ]
    first = await company.come_back(way)
    again = await company.come_back(way)

    assert [page.status for page in refused] == [403, 403, 403]
    assert first.status == 200
    assert again.status == 403
    assert len(company.first.installs.tokens) == granted + 1


async def test_who_does_not_agree_is_led_back(company: Company) -> None:
    """A friendly page, in both languages, that a browser keeps nowhere and that nothing runs in."""
    company.first.installs.declines = True
    page = await company.install(company.first)
    company.first.installs.declines = False

    assert page.status == 200
    assert "/slack/install" in page.text
    assert "Нічого не встановлено" in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


async def test_a_code_that_slack_refuses_is_a_page(company: Company) -> None:
    """Slack's word is for the log."""
    way = await company.go_to_slack(company.first)
    page = await company.come_back(replace(way, back=way.back.replace("code=", "code=%3Cb%3E")))

    assert page.status == 502
    assert "invalid_code" not in page.text
    assert "<b>" not in page.text
    assert '"reason": "invalid_code"' in company.stage.read_log()


async def test_an_organisation_installs_it_for_all_its_workspaces(company: Company) -> None:
    """The token is the organisation's; each of its workspaces is served by it, though none is on the list by itself."""
    branch = company.branches[0]
    page = await company.install(branch)
    files = await _generate(company, branch)

    assert page.status == 200
    assert files == 1


async def test_the_token_of_the_settings_serves_its_own_workspace_beside_others(tmp_path: Path) -> None:
    """There is nothing to install there, and nothing that an install could take away from it."""
    async with open_company(tmp_path, own_token="xoxb-planted-own", INSTALL_TEAMS="T2") as company:
        own = await _generate(company, company.first)
        page = await company.install(company.first)
        await company.install(company.second)
        other = await _generate(company, company.second)
        again = await _generate(company, company.first)
        called = [call.method for call in company.first.calls]

        assert (own, other, again) == (1, 1, 1)
        assert page.status == 200
        assert "auth.revoke" not in called
        assert '"decision": "left_to_setting"' in company.stage.read_log()
