"""``codemie-bot job``: an operator is told a reference, and finds what became of the request."""

import asyncio
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from pathlib import Path

from stage import Stage

from bot.demo.codemie import Fault
from bot.demo.workspace import Message

PROMPT = "Registration for a planted-permit: name, car plate, e-mail"


async def _look_up(stage: Stage, reference: str, **settings: str) -> tuple[int, str]:
    """Run the command beside the bot; return its exit code and all it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "job", reference), env={**stage.env, **settings}, stdout=PIPE, stderr=PIPE
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, (out + err).decode()


def _read_reference(thread: Sequence[Message]) -> str:
    """Read the reference as the requester is told it."""
    found = re.search(r"Reference: (\w{6})", str([message.blocks for message in thread]))
    assert found is not None
    return found[1]


async def test_a_failed_request_is_found_by_its_reference(stage: Stage) -> None:
    """In any case, while the bot runs: who asked, what it came to, and the step that failed with its facts."""
    stage.fault_for = lambda turn, _: Fault.denied() if "planted-permit" in turn.text else None
    try:
        anchor = await stage.command(PROMPT)
        reference = _read_reference(await stage.wait_for_failure("C1", anchor.ts))
    finally:
        stage.fault_for = None
    code, said = await _look_up(stage, reference.lower())

    assert code == 0
    assert " by T1:U1\n" in said
    assert f"thread     T1:C1:{anchor.ts}\n" in said
    assert "outcome    codemie_access_denied: My account may not use the CodeMie assistant." in said
    assert "step       ask_flow: codemie_access_denied status=401 calls=1\n" in said
    assert "planted" not in said


async def test_what_is_not_there_is_said_not_to_be(stage: Stage, tmp_path: Path) -> None:
    """A reference that no request has, and a folder without a database, as where DATA_DIR is not the bot's."""
    unknown = await _look_up(stage, "UUUUUU")
    astray = await _look_up(stage, "UUUUUU", DATA_DIR=str(tmp_path))

    assert unknown == (1, "no request that is kept has the reference UUUUUU\n")
    assert astray[0] == 2
    assert "there is no database at" in astray[1]
