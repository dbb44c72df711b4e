"""The commands of the guides, typed as they stand: each guide is one shell, from its top to its end.

They are typed in a copy of the project, with the settings of a bot that runs between a built-in workspace and a
built-in CodeMie. What a guide has its reader fill in is there too, as CONTRIBUTING.md says.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import sqlite3
import stat
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import yaml
from guides import ROOT, Block, list_blocks, list_guides, read_guide
from stage import Stage, StageOpener

_TOKEN: Final = "token-for-the-guides"
_TIMEOUT_S: Final = 90
_UNLIKE_A_READER: Final = {"LOG_LEVEL", "RATE_LIMIT", "SLACK_SIGNING_SECRET"}
_DEPLOYMENT: Final = "docs/deploy.md"
_AT_ONCE: Final = 3
_COPIED: Final = shutil.ignore_patterns(
    ".git", ".venv", "*_cache", "__pycache__", "*.png", ".env", "data", ".coverage*"
)
# Programs that a machine may lack; whatever else a guide takes for granted is there, or the guide is wrong.
_MAY_LACK: Final = (
    *("jq", "sqlite3", "promtool", "kubectl", "docker", "hadolint", "pg_dump", "systemd-analyze"),
    *("curl", "openssl"),
)
# A bot of the guide's own, beside the one that runs already: ended in good order as soon as it says that it runs.
_PREAMBLE: Final = r"""
set -euo pipefail
run_until_started() {
  DATA_DIR=data-of-its-own PORT=0 bash -c "$(cat "$1")" >"$1.log" 2>&1 & pid=$!  # -c: it becomes its only command
  for _ in $(seq 300); do
    if grep -qE '"event": "started"|The playground is at' "$1.log"; then kill -TERM "$pid"; wait "$pid"; return; fi
    kill -0 "$pid" || { cat "$1.log" >&2; return 1; }
    sleep 0.1
  done
  kill -KILL "$pid"; cat "$1.log" >&2; return 1
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """How the commands of a guide went: the exit code, and what was printed."""

    guide: str
    blocks: Sequence[Block]
    code: int
    output: str

    def describe(self) -> str:
        """Say where it ended, and what was said there."""
        return f"exit code {self.code} in {self.output.rpartition('::block ')[2][-3_000:]}"


@pytest.mark.timeout(240)
async def test_the_commands_of_the_guides_run(open_stage: StageOpener, tmp_path: Path) -> None:
    """Every command that is not said to need something else does what a reader wants of it: it succeeds."""
    async with open_stage(SLACK_APP_TOKEN="xapp-demo", API_TOKEN=_TOKEN, CODEMIE_PROJECT="demo") as stage:
        env = _make_env(stage, reference=await _make_result(stage))
        gate = asyncio.Semaphore(_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_type(gate, blocks, tmp_path / "copies" / blocks[0].guide, env=env, stage=stage))
                for blocks in map(_choose_blocks, list_guides())
                if blocks
            ]
    typed = [task.result() for task in tasks]
    print(*(f"run: {block.label}" for one in typed for block in one.blocks), sep="\n")  # noqa: T201 - `pytest -s`

    failed = "\n\n".join(one.describe() for one in typed if one.code != 0)
    assert not failed, failed
    assert "README.md" in {one.guide for one in typed}
    left_out = _list_left_out()
    if not any(label.startswith(_DEPLOYMENT) for label in left_out):
        _check_secrets(tmp_path / "copies" / _DEPLOYMENT)
        (back_up,) = (tmp_path / "copies" / "docs" / "codemie-bot-backups").iterdir()
        _check_back_up(back_up)
    if left_out:
        pytest.skip(f"all others run; these need programs that are not here: {', '.join(left_out)}")


def _check_secrets(folder: Path) -> None:
    """Check that there is a file for each secret that is mounted, in folders that are their owner's alone."""
    compose, cluster = folder / "secrets", folder / "cluster-secrets"
    mounted = yaml.safe_load((ROOT / "compose.yaml").read_text())["secrets"]
    example = yaml.safe_load((ROOT / "docs/deploy/kubernetes/secret.example.yaml").read_text())["stringData"]
    password, address = compose / "POSTGRES_PASSWORD", compose / "DATABASE_URL"

    assert {path.name for path in compose.iterdir()} == mounted.keys()
    assert {path.name for path in cluster.iterdir()} == example.keys()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (compose, cluster)] == [0o700, 0o700]
    assert {stat.S_IMODE(path.stat().st_mode) for path in compose.iterdir()} == {0o644}
    assert address.read_text() == f"postgresql://bot:{password.read_text()}@postgres/bot"


def _check_back_up(path: Path) -> None:
    """Check that the copy that was made while the bot worked is sound, its owner's alone, and has the requests."""
    with closing(sqlite3.connect(path)) as database:
        state = database.execute("PRAGMA integrity_check").fetchone()
        requests = database.execute("SELECT count(*) FROM bot_requests").fetchone()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert state == ("ok",)
    assert requests[0] > 0


async def test_the_security_guide_names_each_table(stage: Stage) -> None:
    """What it says of where people's data is kept is said of every table; the folder is its owner's alone."""
    path = Path(stage.env["DATA_DIR"]) / "bot.sqlite"
    with closing(sqlite3.connect(path)) as database:
        names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    section = read_guide("docs/security.md").partition("## What is kept")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", section, re.MULTILINE)

    assert {name for row in rows for name in re.findall(r"\w+", row)} == names - {"sqlite_sequence"}
    assert stat.S_IMODE(os.stat(path.parent).st_mode) == 0o700  # noqa: PTH116 - a look at one folder


async def _make_result(stage: Stage) -> str:
    """Have one request end well; returns its reference."""
    anchor = await stage.command("Registration for a parking permit: name, car plate, e-mail")
    await stage.wait_for_files(anchor.channel, anchor.ts)
    await stage.wait_for_log("job_done")
    lines = (json.loads(line) for line in stage.read_log().splitlines() if line.startswith("{"))
    return next(str(line["job"]) for line in lines if line["event"] == "job_done")


def _make_env(stage: Stage, *, reference: str) -> dict[str, str]:
    """Make the environment of a reader who has set up this bot, installed the project, and read a reference out."""
    env = {name: value for name, value in stage.env.items() if name not in _UNLIKE_A_READER}
    return env | {
        "BOT_URL": stage.url,
        "REFERENCE": reference,
        "UV_NO_SYNC": "1",
        "UV_OFFLINE": "1",
        "UV_PROJECT_ENVIRONMENT": sys.prefix,
        "COVERAGE_PROCESS_CONFIG": "",  # other tests measure what the commands do
    }


async def _type(
    gate: asyncio.Semaphore, blocks: Sequence[Block], folder: Path, *, env: Mapping[str, str], stage: Stage
) -> Typed:
    """Type the commands of one guide into a shell of its own, in a copy of its own."""
    async with gate:
        await asyncio.to_thread(shutil.copytree, ROOT, folder, ignore=_COPIED)
        (folder / "bot.log").symlink_to(stage.log_path)
        (folder / "data").symlink_to(stage.env["DATA_DIR"])
        code, output = await _run(_write_script(blocks, folder), folder, env)
    return Typed(guide=blocks[0].guide, blocks=blocks, code=code, output=output)


async def _run(script: str, folder: Path, env: Mapping[str, str]) -> tuple[int, str]:
    """Run a script; returns its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", script),
        cwd=folder,
        env=dict(env),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    alarm = asyncio.get_running_loop().call_later(_TIMEOUT_S, os.killpg, process.pid, signal.SIGKILL)
    output, _ = await process.communicate()
    alarm.cancel()
    assert process.returncode is not None
    return process.returncode, output.decode(errors="replace")


def _write_script(blocks: Sequence[Block], folder: Path) -> str:
    """Write what is typed, each block announced; one that does not end is started, and stopped when it runs."""
    parts = [_PREAMBLE]
    for number, block in enumerate(blocks):
        parts.append(f"echo '::block {block.label}'\n")
        if block.is_endless:
            path = folder / f"endless-{number}.sh"
            path.write_text(block.commands)
            parts.append(f"run_until_started {path}\n")
        else:
            parts.append(block.commands)
    return "".join(parts)


def _choose_blocks(guide: str) -> list[Block]:
    """Choose what is typed of a guide."""
    blocks = [block for block in list_blocks(guide) if block.has_commands and block.reason is None]
    return [block for block in blocks if not _list_lacking(block)]


def _list_left_out() -> list[str]:
    """Name what could have been typed on another machine, with the programs that are not on this one."""
    blocks = [block for guide in list_guides() for block in list_blocks(guide)]
    lacking = [(block, _list_lacking(block)) for block in blocks if block.has_commands and block.reason is None]
    return [f"{block.label} ({', '.join(names)})" for block, names in lacking if names]


def _list_lacking(block: Block) -> list[str]:
    words = set(block.commands.replace("(", " ").split())
    return [name for name in _MAY_LACK if name in words and shutil.which(name) is None]
