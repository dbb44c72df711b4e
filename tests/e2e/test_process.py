"""The process: how it starts, what it logs, and what a crash leaves."""

import asyncio
import os
import signal
import sys
from functools import partial
from pathlib import Path

import pytest
from stage import Stage, StageOpener
from stage import open_stage as open_stage_in

from bot.demo.codemie import Fault

_PLANTED = "Реєстрація planted-prompt-words: ім'я, номер planted-plate, e-mail"


@pytest.fixture
def open_stage(tmp_path: Path) -> StageOpener:
    """Open a bot that an interpreter of its own is started for, as operators do."""
    return partial(open_stage_in, tmp_path)


async def _run(*arguments: str, env: dict[str, str], cwd: Path) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        env=env,
        cwd=cwd,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_bad_settings_stop_the_start(stage: Stage, tmp_path: Path) -> None:
    """One line each, exit code 2, no traceback, no value."""
    env = {name: value for name, value in stage.env.items() if not name.startswith(("SLACK_", "CODEMIE_"))}
    code, out, err = await _run("run", env={**env, "CODEMIE_API_URL": "planted", "PORT": "-1"}, cwd=tmp_path)

    lines = err.strip().splitlines()
    assert code == 2
    assert out == ""
    assert {line.split()[0] for line in lines} == {
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "CODEMIE_API_URL",
        "CODEMIE_CLIENT_ID",
        "CODEMIE_ASSISTANT_ID",
        "PORT",
    }
    assert "Traceback" not in err
    assert "planted" not in err


@pytest.mark.parametrize(("name", "value"), [("HOST", "192.0.2.1"), ("DATABASE_URL", None)])
async def test_what_stops_the_start_is_told_in_one_line(
    stage: Stage, tmp_path: Path, name: str, value: str | None
) -> None:
    """An address that is not this machine's, a database that is none: exit code 1."""
    broken = tmp_path / "no-database.sqlite"
    broken.write_text("This is no database. " * 100)
    env = {**stage.env, "DATA_DIR": str(tmp_path / "data"), name: value or f"sqlite:///{broken}"}
    code, _, err = await _run("run", env=env, cwd=tmp_path)

    told = [line for line in err.splitlines() if not line.startswith("{")]
    assert code == 1
    assert len(told) == 1
    assert told[0].startswith("can't start: ")


async def test_a_folder_that_can_not_be_used_is_a_bad_setting(stage: Stage, tmp_path: Path) -> None:
    """Found out later than the others, and told alike."""
    code, _, err = await _run("run", env={**stage.env, "DATA_DIR": "/dev/null/data"}, cwd=tmp_path)

    assert code == 2
    assert err.startswith("DATA_DIR can't be used: ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("unbuffered", ["", "1"])
async def test_a_reader_that_goes_away_is_no_failure(stage: Stage, tmp_path: Path, unbuffered: str) -> None:
    """As ``head`` does: the command ends without a word, as if by SIGPIPE, whether it writes at once or at its end."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "prompts", "ui"),
            env={**stage.env, "PYTHONUNBUFFERED": unbuffered},
            cwd=tmp_path,
            stdout=writer,
            stderr=asyncio.subprocess.PIPE,
        )
        _, err = await process.communicate()
    finally:
        os.close(writer)

    assert (process.returncode, err) == (128 + signal.SIGPIPE, b"")


async def test_nothing_private_is_logged(open_stage: StageOpener) -> None:
    """No secret, no word of a prompt and none of an answer, at the most talkative level, failures included."""
    async with open_stage() as stage:
        stage.codemie.faults.extend([Fault.trace(), Fault.say("planted-answer-words")])
        said = await stage.workspace.say(user="U1", channel="D1", text=_PLANTED)
        await stage.wait_for_files("D1", said.ts)
        stage.fault_for = lambda _turn, _number: Fault.execution_failure("platform_error")
        failed = await stage.workspace.say(user="U1", channel="D1", text=_PLANTED)
        await stage.wait_for_failure("D1", failed.ts)
        await stage.stop()

        log = stage.read_log()
        assert '"event": "job_done"' in log
        assert '"event": "job_failed"' in log
        assert "planted" not in log
        assert "e-mail" not in log
        assert not any(secret in log for secret in stage.secrets.values())


async def test_a_killed_process_finishes_its_jobs_after_the_restart(open_stage: StageOpener) -> None:
    """The stage that had finished is not asked again, and the same anchor goes on."""
    async with open_stage(CODEMIE_READ_TIMEOUT_S="30") as stage:
        stage.fault_for = lambda turn, number: Fault.silence() if "<flow>" in turn.text and number < 2 else None
        anchor = await stage.command("Registration for a parking permit: name, car plate, e-mail")
        await stage.wait_for_calls(2)
        await stage.kill()
        stage.fault_for = None
        await stage.start()
        messages = await stage.wait_for_files("C1", anchor.ts)

        flow_calls = [call for call in stage.codemie.calls if "<flow>" not in call.text]
        page_calls = [call for call in stage.codemie.calls if "<flow>" in call.text]
        assert len(messages) == 3
        assert messages[0].ts == anchor.ts
        assert len(flow_calls) == 1
        assert len(page_calls) == 2
        assert page_calls[0].conversation_id != page_calls[1].conversation_id


async def test_sigterm_ends_the_process_with_success(open_stage: StageOpener) -> None:
    """Idle or not, the exit code is 0."""
    async with open_stage() as stage:
        assert await stage.stop() == 0


async def test_sigterm_in_mid_job_loses_nothing(open_stage: StageOpener) -> None:
    """The process ends with 0 although CodeMie is silent, tells nobody of a failure, and the job ends after it."""
    async with open_stage(CODEMIE_READ_TIMEOUT_S="60", CODEMIE_ANSWER_TIMEOUT_S="90") as stage:
        stage.fault_for = lambda _turn, number: Fault.silence() if number == 0 else None
        said = await stage.workspace.say(user="U1", channel="D1", text=_PLANTED)
        await stage.wait_for_calls(1)
        assert await stage.stop() == 0
        await stage.start()
        messages = await stage.wait_for_files("D1", said.ts)

        assert len(messages) == 2
        assert len(stage.codemie.calls) == 3


async def test_two_processes_do_not_share_a_database(open_stage: StageOpener) -> None:
    """The second says so, in one line, and ends."""
    async with open_stage() as stage:
        code, _, err = await _run("run", env=dict(stage.env), cwd=stage.log_path.parent)

        assert code == 1
        assert "another bot uses this database" in err
        assert "Traceback" not in err


@pytest.mark.parametrize(
    "prompt",
    ["Registration for a parking permit: name, car plate, e-mail", "Запис до лікаря: ім'я, телефон, дата прийому"],
)
async def test_the_demo_prints_a_thread_and_writes_the_files(stage: Stage, tmp_path: Path, prompt: str) -> None:
    """What the README's first command promises, whatever the environment holds."""
    code, out, _ = await _run("demo", "--once", prompt, "--out", "delivered", env=dict(stage.env), cwd=tmp_path)

    assert code == 0
    assert prompt in out
    assert "1. " in out
    assert {path.name for path in (tmp_path / "delivered").iterdir()} == {
        "flow.json",
        "prototype.html",
        "prototype.png",
    }


async def test_the_demo_tells_a_refusal(stage: Stage, tmp_path: Path) -> None:
    """A prompt that can't be used ends with the help and with exit code 1."""
    code, out, _ = await _run("demo", "--once", "form", env=dict(stage.env), cwd=tmp_path)

    assert code == 1
    assert "/generate" in out
