"""Nothing secret anywhere: not in what objects show, not in children, not in a core, not in what is served."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from stage import Stage, open_stage

PROMPT = "Registration for a parking permit: name, car plate, e-mail"
_INSPECTED = Path(__file__).parents[1] / "inspected.py"
_SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-planted-bot-token",
    "SLACK_SIGNING_SECRET": "planted-signing-secret",
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "planted-oauth-secret",
    "CODEMIE_CLIENT_SECRET": "planted-client-secret",
    "API_TOKEN": "planted-api-token",
    "HTTPS_PROXY": "http://olena:planted@127.0.0.1:1",
}
_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(scope="module")
async def inspected(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Stage, Path]]:
    """Open a bot that looks at itself; its secrets are in files that end in a newline."""
    folder, secrets = tmp_path_factory.mktemp("bot"), tmp_path_factory.mktemp("secrets")
    for name, value in _SECRETS.items():
        (secrets / name).write_text(f"{value}\n")
    async with open_stage(
        folder,
        arguments=(str(_INSPECTED), str(folder / "findings")),
        SLACK_BOT_TOKEN=None,
        SLACK_SIGNING_SECRET=None,
        SECRETS_DIR=str(secrets),
        PUBLIC_URL="https://bot.example",
        PYTHONPATH=str(Path(__file__).parents[2]),
    ) as stage:
        yield stage, folder / "findings"


async def test_no_object_shows_a_secret(inspected: tuple[Stage, Path]) -> None:
    """All that the wired bot is made of, in mid-job, as a log or an error would show it."""
    stage, path = inspected
    anchor = await stage.command(PROMPT)
    await stage.wait_for_files("C1", anchor.ts)
    _send(stage, signal.SIGUSR1)
    async with asyncio.timeout(20):
        while not path.exists():  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.02)
    count, *kinds = path.read_text().splitlines()

    assert int(count) > 50
    assert kinds == []


async def test_nothing_that_is_served_or_logged_has_a_secret(inspected: tuple[Stage, Path]) -> None:
    """Not the state of the process, not its metrics, not its log at the most talkative level."""
    stage, _ = inspected
    async with aiohttp.ClientSession() as session:
        bodies = []
        for path in ("/health", "/ready", "/metrics", "/p/none", "/p/signed-in?code=x&state=y"):
            async with session.get(stage.url + path, allow_redirects=False) as answer:
                bodies.append(await answer.text())

    assert len(bodies) == 5
    assert "planted" not in "".join(bodies)
    assert "planted" not in stage.read_log()


@_LINUX
async def test_the_commands_forbid_dumps() -> None:
    """No core, and not dumpable, whoever's user it is; a child that runs another program is dumpable again."""
    code = (
        "import contextlib, ctypes, io, resource, subprocess, sys; from bot.__main__ import main\n"
        "with contextlib.redirect_stderr(io.StringIO()): main(['forget', 'nobody'])\n"
        "print(*resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)\n"
        "subprocess.run([sys.executable, '-c', 'import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))'])\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()

    assert out.split() == [b"0", b"0", b"0", b"1"]


@_LINUX
async def test_children_have_nothing_of_the_environment(inspected: tuple[Stage, Path]) -> None:
    """The painter and Tailwind are told where they are, and no secret, in neither environment nor arguments."""
    stage, _ = inspected
    assert stage.process is not None
    seen: dict[str, str] = {}
    watching = asyncio.create_task(_watch_children(stage.process.pid, seen))  # noqa: TID251 - ended below
    # Other words than in the other tests: styles that were compiled before are not compiled again.
    anchor = await stage.command("Форма скарги: ім'я, адреса, опис проблеми, фото, згода")
    await stage.wait_for_files("C1", anchor.ts)
    await _wait_for(seen, "bot.previews.darkroom", "tailwindcss")
    watching.cancel()

    words = " ".join(seen.values())
    assert "TMPDIR" in words
    assert not any(name in words for name in ("SLACK_", "CODEMIE_", "planted"))
    assert "planted" not in " ".join(seen)


def _send(stage: Stage, number: int) -> None:
    assert stage.process is not None
    os.kill(stage.process.pid, number)


async def _wait_for(seen: dict[str, str], *names: str) -> None:
    async with asyncio.timeout(20):
        while not all(any(name in command for command in seen) for name in names):  # noqa: ASYNC110 - /proc tells nobody
            await asyncio.sleep(0.01)


async def _watch_children(pid: int, seen: dict[str, str]) -> None:
    """Note the command line and the environment of every process below another, each time it is met."""
    while True:
        for child in _list_below(pid):
            try:
                command = (child / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environment = (child / "environ").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if _INSPECTED.name not in command:  # between fork and exec it is still the bot
                seen[command] = environment
        await asyncio.sleep(0.002)


def _list_below(pid: int) -> Iterator[Path]:
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            below = path.read_text().split()
        except OSError:
            continue
        for child in below:
            yield Path(f"/proc/{child}")
            yield from _list_below(int(child))
