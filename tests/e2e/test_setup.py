"""``codemie-bot setup``: one carrier, however often and however many at once it is run; never changed unasked."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from bot.carrier import Deed, Setup, set_up
from bot.codemie.directory import CARRIER_SLUG
from bot.demo.codemie import BuiltInCodemie
from bot.demo.codemie.assistants import make_model
from bot.errors import CodemieAccessDenied, CodemieRejected, SettingsError
from bot.loose_settings import LooseSettings, Reading, read_settings
from bot.settings import Settings

_SLACK_IS_MISSING: Final = ("SLACK_BOT_TOKEN is missing", "CODEMIE_ASSISTANT_ID is missing")


@pytest.fixture
async def codemie() -> AsyncIterator[BuiltInCodemie]:
    """Open a CodeMie without any assistant."""
    async with BuiltInCodemie(answer=lambda _: "", assistants=()) as opened:
        yield opened


pytestmark = pytest.mark.usefixtures("no_settings")


def make_reading(codemie: BuiltInCodemie, **changed: Any) -> Reading:  # noqa: ANN401 - of any setting
    """Read settings as they are before there are Slack's and an assistant."""
    values = {"codemie_api_url": codemie.api_url, "codemie_user_id": "bot", "codemie_project": "demo", **changed}
    return Reading(settings=LooseSettings(**values), problems=_SLACK_IS_MISSING)


async def run(codemie: BuiltInCodemie, *, is_repair: bool = False, **changed: Any) -> Setup:  # noqa: ANN401 - as above
    """Run setup once."""
    return await set_up(make_reading(codemie, **changed), is_repair=is_repair)


async def test_run_twice_it_makes_one_assistant(codemie: BuiltInCodemie) -> None:
    """The second run finds what the first has made, bare and shared, and writes nothing."""
    first = await run(codemie)
    second = await run(codemie)

    (record,) = codemie.assistants.records.values()
    assert (first.deed, second.deed) == (Deed.MADE, Deed.FOUND)
    assert first.id == second.id == record["id"]
    assert (record["slug"], record["project"], record["llm_model_type"]) == (CARRIER_SLUG, "demo", "gpt-4.1")
    assert record["toolkits"] == record["context"] == record["mcp_servers"] == record["assistant_ids"] == []
    assert record["shared"] is True
    assert codemie.assistants.writes == record["version_count"] == 1


async def test_four_at_once_make_one_assistant(codemie: BuiltInCodemie) -> None:
    """Those who lose the race find the winner's."""
    runs = await asyncio.gather(*(run(codemie) for _ in range(4)))

    assert len(codemie.assistants.records) == 1
    assert len({setup.id for setup in runs}) == 1
    assert [setup.deed for setup in runs].count(Deed.MADE) == 1
    assert codemie.assistants.writes > 1


async def test_what_differs_is_told_and_not_changed(codemie: BuiltInCodemie) -> None:
    """Not even a version is added."""
    made = await run(codemie)
    record = codemie.assistants.records[made.id]
    record |= {"toolkits": [{"toolkit": "Git"}], "skill_ids": ["s"], "shared": False, "llm_model_type": "gone"}
    found = await run(codemie)

    assert found.deed is Deed.DIFFERENT
    assert found.differences == (
        "it has tools",
        "it has skills",
        "it is not shared with its project",
        "its model is gone, not gpt-4.1",
    )
    assert "--repair" in found.advice
    assert not found.is_in_order
    assert (codemie.assistants.writes, record["version_count"]) == (1, 1)


async def test_repair_changes_what_differs_once(codemie: BuiltInCodemie) -> None:
    """And keeps all else, the slug too; a second repair has nothing to do."""
    made = await run(codemie)
    record = codemie.assistants.records[made.id]
    record |= {"context": [{"name": "docs"}], "description": "Ours", "temperature": 0.2, "llm_model_type": "gone"}
    repaired = await run(codemie, is_repair=True)
    again = await run(codemie, is_repair=True)

    record = codemie.assistants.records[made.id]
    assert (repaired.deed, again.deed) == (Deed.REPAIRED, Deed.FOUND)
    assert (record["context"], record["llm_model_type"]) == ([], "gpt-4.1")
    assert (record["slug"], record["description"], record["temperature"]) == (CARRIER_SLUG, "Ours", 0.2)
    assert record["version_count"] == codemie.assistants.writes == 2


async def test_a_colleagues_assistant_is_not_repaired(codemie: BuiltInCodemie) -> None:
    """It can be used; who may change it is its owner."""
    codemie.assistants.add("theirs", owner="colleague", slug=CARRIER_SLUG, toolkits=[{"toolkit": "Git"}])
    setup = await run(codemie, is_repair=True)

    assert (setup.deed, setup.id) == (Deed.DIFFERENT, "theirs")
    assert "owner" in setup.advice
    assert codemie.assistants.writes == 0


async def test_a_hidden_assistant_is_told(codemie: BuiltInCodemie) -> None:
    """Its slug is taken, and it can't be used."""
    codemie.assistants.add("theirs", owner="colleague", slug=CARRIER_SLUG, shared=False)

    with pytest.raises(CodemieAccessDenied, match="may not see"):
        await run(codemie)
    assert codemie.assistants.writes == 0


async def test_the_model_that_is_asked_for_is_taken(codemie: BuiltInCodemie) -> None:
    """A later run without one leaves it; a run with another tells the difference."""
    made = await run(codemie, codemie_model="claude-4-sonnet")
    kept = await run(codemie)
    other = await run(codemie, codemie_model="gpt-4.1")

    assert made.model == kept.model == "claude-4-sonnet"
    assert kept.deed is Deed.FOUND
    assert other.differences == ("its model is claude-4-sonnet, not gpt-4.1",)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"codemie_project": None}, "CODEMIE_PROJECT is missing: one of the account's projects (demo)"),
        ({"codemie_project": "foreign"}, "CODEMIE_PROJECT is not one of the account's projects (demo): foreign"),
        (
            {"codemie_model": "gpt-9"},
            "CODEMIE_MODEL is not a model that CodeMie offers (gpt-4.1, claude-4-sonnet): gpt-9",
        ),
        ({"codemie_model": "off"}, "CODEMIE_MODEL is not a model that CodeMie offers (gpt-4.1, claude-4-sonnet): off"),
    ],
)
async def test_what_the_server_does_not_have_is_a_bad_setting(
    codemie: BuiltInCodemie, changed: dict[str, Any], words: str
) -> None:
    """The server itself would take any model without a word."""
    codemie.assistants.models.append(make_model("off", is_enabled=False))

    with pytest.raises(SettingsError) as caught:
        await run(codemie, **changed)
    assert caught.value.problems == (words,)
    assert codemie.assistants.writes == 0


async def test_a_server_without_a_default_model_needs_one(codemie: BuiltInCodemie) -> None:
    """It is told which there are."""
    codemie.assistants.models[:] = [make_model("gpt-5")]

    with pytest.raises(SettingsError, match=r"CODEMIE_MODEL is missing: .* gpt-5"):
        await run(codemie)


async def test_an_answer_without_an_id_is_a_failure(codemie: BuiltInCodemie) -> None:
    """Though its status is 200."""
    codemie.assistants.lacks_integrations = True

    with pytest.raises(CodemieRejected, match="integrations"):
        await run(codemie)


async def test_only_what_is_needed_has_to_be_in_order(codemie: BuiltInCodemie, tmp_path: Path) -> None:
    """Slack's settings may be missing, a port no number; credentials may not be missing."""
    env_file = tmp_path / ".env"
    lines = [f"CODEMIE_API_URL={codemie.api_url}", "CODEMIE_PROJECT=demo", "PORT=planted"]
    env_file.write_text("\n".join([*lines, "CODEMIE_USER_ID=bot"]))
    setup = await set_up(read_settings(env_file=env_file), is_repair=False)
    env_file.write_text("\n".join(lines))

    with pytest.raises(SettingsError) as caught:
        await set_up(read_settings(env_file=env_file), is_repair=False)
    assert setup.deed is Deed.MADE
    assert [problem.split()[0] for problem in caught.value.problems] == ["CODEMIE_CLIENT_ID"]


async def run_process(*arguments: str, env: dict[str, str], cwd: Path) -> tuple[int | None, str, str]:
    """Run the command line with these settings and no others."""
    names = {name.upper() for name in Settings.model_fields}
    clean = {name: value for name, value in os.environ.items() if name not in names}  # noqa: TID251 - a child's
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        env=clean | env,
        cwd=cwd,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_the_command_prints_what_to_put_into_env(codemie: BuiltInCodemie, tmp_path: Path) -> None:
    """Exit code 0, 1 where something is left to do, 2 for settings; the last line can be copied."""
    env = {"CODEMIE_API_URL": codemie.api_url, "CODEMIE_USER_ID": "bot", "CODEMIE_PROJECT": "demo"}
    made = await run_process("setup", env=env, cwd=tmp_path)
    (record,) = codemie.assistants.records.values()
    record["toolkits"] = [{"toolkit": "Git"}]
    different = await run_process("setup", "--json", env=env, cwd=tmp_path)
    bad = await run_process("setup", env=env | {"CODEMIE_MODEL": "gpt-9"}, cwd=tmp_path)

    assert (made[0], made[2]) == (0, "")
    assert made[1].splitlines()[-1] == f"CODEMIE_ASSISTANT_ID={record['id']}"
    assert different[0] == 1
    assert json.loads(different[1]) == {
        "deed": "different",
        "id": record["id"],
        "project": "demo",
        "model": "gpt-4.1",
        "slug": CARRIER_SLUG,
        "differences": ["it has tools"],
        "advice": "run setup --repair, or change it in CodeMie",
    }
    assert (bad[0], bad[1]) == (2, "")
    assert bad[2].startswith("CODEMIE_MODEL is not a model")


async def test_a_server_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    """With where to find out more, and exit code 1."""
    env = {"CODEMIE_API_URL": "http://127.0.0.1:9", "CODEMIE_USER_ID": "bot", "CODEMIE_PROJECT": "demo"}
    code, out, err = await run_process("setup", env=env, cwd=tmp_path)

    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert "codemie-bot doctor" in err
