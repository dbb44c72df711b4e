"""The API keeps to its own document, as schemathesis finds by itself (https://schemathesis.readthedocs.io).

A few cases are always run, the same each time. ``API_EXAMPLES=500 uv run pytest tests/contract/test_api_schema.py``
runs as many fresh ones of each operation as it says, and sequences of calls.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest
from calling import TOKEN
from stage import StageOpener

_FEW = ("--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--generation-deterministic")


def _choose_size() -> tuple[str, ...]:
    examples = os.environ.get("API_EXAMPLES")  # noqa: TID251 - the test's own
    return ("--max-examples", examples) if examples else _FEW


@pytest.mark.timeout(0 if "API_EXAMPLES" in os.environ else 120)  # noqa: TID251 - as above
async def test_nothing_contradicts_the_document(open_stage: StageOpener, tmp_path: Path) -> None:
    """Fitting requests are taken, others refused, whatever is answered is as described, and 401 comes first."""
    async with open_stage(API_TOKEN=TOKEN) as stage:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
            *("run", f"{stage.url}/api/openapi.json", "--header", f"Authorization: Bearer {TOKEN}", "--no-color"),
            *_choose_size(),
            cwd=tmp_path,
            env={**stage.env, "COVERAGE_PROCESS_CONFIG": ""},
            stdout=PIPE,
            stderr=STDOUT,
        )
        out, _ = await process.communicate()

        assert process.returncode == 0, out.decode()
        assert "No issues found" in out.decode()
        assert "api_broke" not in stage.read_log()
