"""``codemie-bot doctor`` names what is wrong and what to do: a table of broken set-ups, over real sockets."""

import asyncio
import json
import os
import re
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NoReturn

import aiohttp
import pytest
import yaml
from broken_setups import (
    ACCOUNTS,
    CODEMIE,
    EPOCH_S,
    MACHINE,
    PLANTED,
    PUBLIC,
    SLACK,
    Breakage,
    World,
    open_world,
)
from previewing import open_site

from bot.database import Database
from bot.demo.codemie import Fault
from bot.doctor.address import check_host
from bot.doctor.codemie import CodemieChecks
from bot.doctor.codes import Code
from bot.doctor.examination import examine
from bot.doctor.findings import Finding, Status, choose_status, limit, limit_group
from bot.doctor.machine import check_data_dir, check_database, check_disk, check_env_file, check_settings
from bot.doctor.network import check_network
from bot.doctor.pictures import check_fonts, check_painter
from bot.doctor.public import check_public
from bot.doctor.report import choose_exit_code, write_lines
from bot.doctor.slack import SlackChecks, check_scopes
from bot.errors import StoreError, UnexpectedError
from bot.loose_settings import read_settings
from bot.network import make_network, open_session
from bot.settings import Settings
from bot.slack.scopes import OPTIONAL_SCOPES, REQUIRED_SCOPES
from bot.store import make_sqlite_engine, try_lock
from bot.wiring.codemie import make_codemie_http

_ROOT: Final = Path(__file__).parents[2]
_QUICK_S: Final = 1.0


def show(breakage: Breakage) -> str:
    """Name a case by its code."""
    return str(breakage.code)


def every(table: Sequence[Breakage]) -> pytest.MarkDecorator:
    """Run a test with every case of a table."""
    return pytest.mark.parametrize("breakage", table, ids=show)


pytestmark = pytest.mark.usefixtures("no_settings")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Open a world in which all is well."""
    async with open_world(tmp_path) as opened:
        yield opened


async def look_at_slack(world: World) -> list[Finding]:
    """Make the checks of Slack."""

    def tell_time() -> datetime:
        return datetime.fromtimestamp(EPOCH_S, UTC)

    reading = world.read()
    async with open_session(make_network(reading.settings)) as session:
        return await SlackChecks(reading=reading, session=session, limit_s=_QUICK_S, now=tell_time).check()


async def look_at_codemie(world: World, *, is_asking: bool = False) -> list[Finding]:
    """Make the checks of CodeMie."""
    reading = world.read()
    async with make_codemie_http(reading.settings, make_network(reading.settings)) as http:
        return await CodemieChecks(reading=reading, http=http, is_asking=is_asking, limit_s=_QUICK_S).check()


async def look_at_machine(world: World) -> list[Finding]:
    """Make the checks of the machine that need no pictures."""
    reading = world.read()
    return [
        *check_settings(reading),
        check_env_file(world.env_file),
        check_data_dir(reading.settings.data_dir),
        check_disk(reading.settings.data_dir),
        await check_database(reading.settings),
        check_host(reading.settings.host),
        *check_network(reading.settings),
    ]


async def look_at_public(world: World) -> list[Finding]:
    """Make the checks of the public address."""
    async with aiohttp.ClientSession() as session:
        return await check_public(world.read().settings, session=session)


def check(findings: list[Finding], breakage: Breakage) -> None:
    """Hold what was found against the table, and the report against what must not be in it."""
    wrong = [finding for finding in findings if finding.status in {Status.FAILED, Status.WARNING}]
    found = {finding.code: finding for finding in wrong}
    report = write_lines(findings, is_colored=False)

    assert breakage.code in found, report
    said = f"{found[breakage.code].detail}\n{found[breakage.code].advice}"
    assert [words for words in breakage.words if words not in said] == [], said
    assert found[breakage.code].advice
    assert PLANTED not in report
    assert "{" not in report.replace("{{", "").replace("{%", "")


@every(SLACK)
async def test_what_is_wrong_with_slack_is_named(world: World, breakage: Breakage) -> None:
    """Tokens, scopes, the clock, the app's secrets, the way there."""
    breakage.spoil(world)

    check(await look_at_slack(world), breakage)


@every((*CODEMIE, *ACCOUNTS))
async def test_what_is_wrong_with_codemie_is_named(world: World, breakage: Breakage) -> None:
    """The way there, each way to log in, the account, models and assistants."""
    breakage.spoil(world)

    check(await look_at_codemie(world), breakage)


@every(MACHINE)
async def test_what_is_wrong_here_is_named(world: World, breakage: Breakage) -> None:
    """The settings, files, the database."""
    breakage.spoil(world)

    check(await look_at_machine(world), breakage)


@every(PUBLIC)
async def test_what_is_wrong_with_the_public_address_is_named(world: World, breakage: Breakage) -> None:
    """It may be reachable for others, so that it is a warning."""
    breakage.spoil(world)
    findings = await look_at_public(world)

    check(findings, breakage)
    assert choose_exit_code(findings) == 0


def test_the_tables_hold_every_code_but_those_with_tests_of_their_own() -> None:
    """A code that nothing finds would be no code."""
    tables = {breakage.code for breakage in (*SLACK, *CODEMIE, *ACCOUNTS, *MACHINE, *PUBLIC)}

    assert len(tables) >= 40
    assert set(Code) - tables == {
        Code.OK,
        Code.SKIPPED,
        Code.BROKEN,
        Code.ENV_FILE_OPEN,
        Code.DISK_FULL,
        Code.DISK_LOW,
        Code.DATABASE_OLD,
        Code.DATABASE_POOLED,
        Code.STYLES_FAILED,
        Code.PICTURES_FAILED,
        Code.CHROMIUM_MISSING,
        Code.FONTS_MISSING,
        Code.SLACK_PROXY,
        Code.CODEMIE_PROXY,
        Code.LOGIN_PROXY,
        Code.ANSWER_FAILED,
    }


async def test_a_healthy_set_up_is_in_order(world: World) -> None:
    """Nothing is failed or to be looked at, whichever way the bot logs in; each group makes a check or more."""
    ways: list[dict[str, str | None]] = [
        {},
        {"CODEMIE_USERNAME": world.codemie.accounts.username, "CODEMIE_PASSWORD": world.codemie.accounts.password},
        {"CODEMIE_AUTH_URL": None, "CODEMIE_CLIENT_ID": None, "CODEMIE_CLIENT_SECRET": None},
        {"CODEMIE_USERNAME": None, "CODEMIE_PASSWORD": None, "CODEMIE_USER_ID": "dev"},
    ]
    logins = []
    for way in ways:
        world.set(**way)
        findings = [*await look_at_codemie(world), *await look_at_slack(world), *await look_at_machine(world)]
        logins += [finding.detail for finding in findings if finding.name == "CodeMie login"]
        assert [finding for finding in findings if finding.status in {Status.FAILED, Status.WARNING}] == []

    assert len(set(logins)) == 4
    assert world.codemie.calls == []


async def test_scopes_are_those_of_the_manifest(world: World) -> None:
    """An app made from it is in order; without any one of its scopes that scope is named, as needed or optional."""
    scopes = yaml.safe_load((_ROOT / "manifest.yml").read_text())["oauth_config"]["scopes"]
    granted = frozenset(scopes["bot"] + scopes["bot_optional"])
    world.workspace.scopes.clear()
    world.workspace.scopes.update(granted)
    found = [finding for finding in await look_at_slack(world) if finding.name == "scopes"]

    assert (list(REQUIRED_SCOPES), list(OPTIONAL_SCOPES)) == (scopes["bot"], scopes["bot_optional"])
    assert [finding.code for finding in found] == [Code.OK]
    for scope in granted:
        (finding,) = check_scopes(granted - {scope})
        is_needed = scope in scopes["bot"]
        assert finding.code is (Code.SLACK_SCOPES_MISSING if is_needed else Code.SLACK_SCOPES_OPTIONAL)
        assert scope in finding.advice


async def test_slack_that_tells_no_scopes_or_time_is_no_failure() -> None:
    """It is said that they were not checked."""
    assert [finding.status for finding in check_scopes(None)] == [Status.SKIPPED]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SLACK_API_URL", Code.SLACK_PROXY),
        ("CODEMIE_API_URL", Code.CODEMIE_PROXY),
        ("CODEMIE_AUTH_URL", Code.LOGIN_PROXY),
    ],
)
async def test_a_proxy_in_the_way_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, code: Code
) -> None:
    """Where what is not reached is the proxy, and not the host behind it."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PLANTED}@127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    world.set(**{name: "https://host.invalid/code-assistant-api"})
    reading = world.read()
    network = make_network(reading.settings)
    async with open_session(network) as session, make_codemie_http(reading.settings, network) as http:
        slack = await SlackChecks(reading=reading, session=session).check()
        codemie = await CodemieChecks(reading=reading, http=http).check()

    found = next(finding for finding in (*slack, *codemie) if finding.code is code)
    assert "the proxy refuses or can't be reached" in found.detail
    assert "HTTPS_PROXY" in found.advice
    assert PLANTED not in write_lines([*slack, *codemie], is_colored=False)


async def test_each_assistant_of_a_pair_is_looked_at(world: World) -> None:
    """One of them is not there for this account; the other is in order."""
    world.codemie.assistants.add("flow")
    world.codemie.assistants.add("page", project="foreign")
    world.set(CODEMIE_ASSISTANT_ID=None, CODEMIE_FLOW_ASSISTANT_ID="flow", CODEMIE_UI_ASSISTANT_ID="page")
    found = {finding.name: finding for finding in await look_at_codemie(world)}

    assert found["flow assistant"].code is Code.OK
    assert found["UI assistant"].code is Code.ASSISTANT_DENIED
    assert "CODEMIE_UI_ASSISTANT_ID is page" in found["UI assistant"].detail


async def test_asking_puts_one_question_to_each_assistant(world: World) -> None:
    """A failing run is named by its kind; no conversation stays behind."""
    healthy = await look_at_codemie(world, is_asking=True)
    asked = len(world.codemie.calls)
    world.codemie.faults.append(Fault.execution_failure("agent_budget_exceeded"))
    failing = await look_at_codemie(world, is_asking=True)

    assert (asked, len(world.codemie.calls)) == (1, 2)
    assert healthy[-1].code is Code.OK
    assert (failing[-1].code, failing[-1].detail) == (Code.ANSWER_FAILED, "agent_budget_exceeded")
    assert world.codemie.calls[0].system_prompt
    assert world.codemie.conversations == {}


async def test_what_depends_on_a_failure_is_not_checked(world: World) -> None:
    """So that one fault makes one line, and nothing is asked of CodeMie with no login."""
    world.set(CODEMIE_CLIENT_SECRET=PLANTED)
    refused = await look_at_codemie(world)
    world.set(CODEMIE_API_URL="planted")
    unset = await look_at_codemie(world)

    assert [finding.status for finding in refused] == [Status.OK, Status.FAILED, *[Status.SKIPPED] * 3]
    assert {finding.status for finding in unset} == {Status.SKIPPED}
    assert len(unset) == len(refused)


async def test_one_way_in_is_enough_and_neither_is_not(world: World) -> None:
    """What the other way would need is passed over; with neither, both lines name the two settings."""
    names = ("Slack app token", "Slack signing secret")
    details = []
    for missing in (["SLACK_APP_TOKEN"], ["SLACK_SIGNING_SECRET"], ["SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"]):
        values = dict(world.values)
        world.set(**dict.fromkeys(missing))
        found = {finding.name: finding for finding in await look_at_slack(world)}
        details.append([found[name].detail for name in names if found[name].status is Status.SKIPPED])
        world.set(**values)

    assert details[:2] == [["HTTP mode needs none"], ["Socket Mode needs none"]]
    assert len(details[2]) == 2
    assert all("SLACK_APP_TOKEN" in detail and "SLACK_SIGNING_SECRET" in detail for detail in details[2])


def test_an_env_file_that_others_can_read_is_named(tmp_path: Path) -> None:
    """It holds secrets; one that is not there is no trouble."""
    env_file = tmp_path / ".env"
    missing = check_env_file(env_file)
    env_file.touch(mode=0o600)
    private = check_env_file(env_file)
    env_file.chmod(0o644)
    open_to_all = check_env_file(env_file)

    assert [missing.status, private.status] == [Status.SKIPPED, Status.OK]
    assert (open_to_all.code, open_to_all.status) == (Code.ENV_FILE_OPEN, Status.WARNING)
    assert "chmod 600" in open_to_all.advice


@pytest.mark.parametrize(
    ("free_bytes", "code"), [(10_000_000, Code.DISK_FULL), (100_000_000, Code.DISK_LOW), (10**9, Code.OK)]
)
def test_a_full_disk_is_named(tmp_path: Path, free_bytes: int, code: Code) -> None:
    """Before the bot has to refuse requests."""
    assert check_disk(tmp_path / "not" / "yet", measure=lambda _: free_bytes).code is code


async def test_a_database_is_told_by_what_it_holds(world: World) -> None:
    """None yet; this version's, which a bot runs on; one of a version with fewer columns; nothing of it is changed."""
    path = world.folder / "data" / "bot.sqlite"
    settings = world.read().settings
    none = await check_database(settings)
    path.parent.mkdir()
    engine = make_sqlite_engine(path, synchronous="NORMAL")
    Database(engine=engine).create_tables()
    engine.dispose()
    with try_lock(path) as is_ours:
        running = await check_database(settings)
        is_ours_still = is_ours
    stopped = await check_database(settings)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE bot_requests DROP COLUMN crashes")
    old = await check_database(settings)

    assert is_ours_still
    assert [finding.code for finding in (none, running, stopped, old)] == [*[Code.OK] * 3, Code.DATABASE_OLD]
    assert "made at the first start" in none.detail
    assert "a bot runs on it" in running.detail
    assert "a bot runs on it" not in stopped.detail
    assert "bot_requests.crashes" in old.detail


async def test_letters_that_are_drawn_alike_are_boxes() -> None:
    """Two letters of Cyrillic differ wherever a font has them."""

    async def paint_boxes(_: str) -> bytes:
        return b"the same"

    async def paint_letters(html: str) -> bytes:
        return html.encode()

    assert (await check_fonts(paint_boxes)).code is Code.FONTS_MISSING
    assert (await check_fonts(paint_letters)).code is Code.OK


async def test_a_painter_that_fails_is_named() -> None:
    """In its own words, which say nothing of a page."""

    async def fail(_: str) -> bytes:
        raise UnexpectedError("No picture: the painter ended (EOFError)")

    found = [await check_painter(fail, "blitz"), await check_fonts(fail)]

    assert [finding.code for finding in found] == [Code.PICTURES_FAILED] * 2
    assert "the painter ended" in found[0].detail


@pytest.mark.parametrize("kind", [StoreError, AttributeError, RecursionError, UnicodeError])
async def test_an_error_that_a_check_does_not_know_is_a_finding(kind: type[Exception]) -> None:
    """One broken check does not hide the others, nor does what stands between them; only its kind is told."""

    async def break_down() -> NoReturn:
        raise kind(PLANTED)

    found = [await limit("check", break_down()), *await limit_group("checks", break_down())]

    assert [(finding.code, finding.status, finding.detail) for finding in found] == [
        (Code.BROKEN, Status.FAILED, kind.__name__)
    ] * 2


async def test_a_folder_in_the_place_of_the_env_file_is_named(world: World) -> None:
    """What the environment has is read all the same; nobody is told to take rights from the folder."""
    world.env_file.mkdir()
    reading = read_settings(env_file=world.env_file)
    found = [*check_settings(reading), check_env_file(world.env_file)]

    assert found[0].code is Code.ENV_FILE_UNREAD
    assert "it is a folder" in found[0].detail
    assert found[-1].status is Status.SKIPPED
    assert choose_exit_code(found[:1]) == 2


@pytest.mark.parametrize("team", [None, "T1"])
async def test_the_bot_is_recognised_at_its_public_address(world: World, tmp_path: Path, team: str | None) -> None:
    """By what its previews answer, which is all that a proxy lets in; people may have to sign in to see them."""
    async with open_site(tmp_path, team=team) as site:
        world.set(PUBLIC_URL=site.url)
        findings = await look_at_public(world)

    assert [finding.code for finding in findings] == [Code.OK, Code.OK]


async def test_what_can_not_be_tried_stops_no_other_check(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With certificates that can't be read no connection is tried; an engine that is not there is named beside."""
    monkeypatch.setenv("PATH", "")
    world.set(PREVIEW_ENGINE="chromium", SSL_CERT_FILE="/nowhere")
    findings = await examine(world.read(), env_file=world.env_file)
    codes = {finding.code for finding in findings}

    assert {Code.CHROMIUM_MISSING, Code.CERTIFICATES_UNUSABLE} <= codes
    assert {finding.name for finding in findings if finding.status is Status.SKIPPED} >= {"Slack", "CodeMie"}


async def run_doctor(world: World, *arguments: str) -> tuple[int | None, str, str]:
    """Run the command in the world's folder, with its ``.env`` and no other settings."""
    world.read()
    names = {name.upper() for name in Settings.model_fields}
    env = {name: value for name, value in os.environ.items() if name.upper() not in names}  # noqa: TID251 - a child's
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "doctor", *arguments),
        env=env | {"PYTHONPATH": str(_ROOT)},
        cwd=world.folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_the_command_reports_in_lines_and_in_json(world: World) -> None:
    """Exit code 0 for a healthy set-up, 1 where a check fails, 2 where the settings do not load; no secret is told."""
    world.clock.is_going = True
    healthy = await run_doctor(world)
    world.set(SLACK_BOT_TOKEN=f"xapp-{PLANTED}", CODEMIE_CLIENT_SECRET=PLANTED)
    broken = await run_doctor(world, "--json")
    world.set(PORT=PLANTED)
    unloadable = await run_doctor(world, "--json")
    report: list[dict[str, Any]] = json.loads(broken[1])

    assert (healthy[0], healthy[2]) == (0, "")
    assert "✗" not in healthy[1]
    assert "!" not in re.sub(r"[^✓✗!–]", "", healthy[1])
    assert healthy[1].count("✓ ") >= 15
    assert "\x1b[" not in healthy[1]
    assert broken[0] == 1
    assert {entry["code"] for entry in report if entry["status"] == "failed"} == {
        Code.SLACK_TOKEN_KIND,
        Code.LOGIN_CLIENT,
    }
    assert all(entry.keys() == {"name", "status", "detail", "advice", "code"} for entry in report)
    assert all(entry["status"] == choose_status(Code(entry["code"])) for entry in report)
    guide = (_ROOT / "docs" / "doctor.md").read_text()
    assert [entry["name"] for entry in report if f"| `{entry['name']}` |" not in guide] == []
    assert unloadable[0] == 2
    assert len(json.loads(unloadable[1])) == len(report)
    assert not any(PLANTED in text for run in (healthy, broken, unloadable) for text in run[1:])


def test_colours_are_for_terminals() -> None:
    """A sign of each status, coloured if asked for."""
    findings = [
        Finding(name=status, status=status, detail="detail", code=Code.OK, advice="advice") for status in Status
    ]

    assert "\x1b[31m✗\x1b[0m failed: detail\n    → advice" in write_lines(findings, is_colored=True)
    assert "✗ failed: detail\n    → advice" in write_lines(findings, is_colored=False)
    assert write_lines(findings, is_colored=False).endswith("1 in order, 1 failed, 1 to look at, 1 not checked")
