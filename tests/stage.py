"""The bot as a process of its own, between a built-in workspace and a built-in CodeMie."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from warming import Fork, Nursery

from bot.demo.codemie import BuiltInCodemie, ChatTurn, Fault
from bot.demo.engine import answer_turn
from bot.demo.workspace import Message, Workspace
from bot.demo.worlds import drop_settings

_START_TIMEOUT_S = 90
_STOP_TIMEOUT_S = 20
_RUN = ("-m", "bot", "run")
PICTURE_NAME = "prototype.png"
# The bots of all tests come by Socket Mode that do not choose: see CONTRIBUTING.md.
_IS_SOCKET_MODE = bool(os.environ.get("STAGE_SOCKET_MODE"))  # noqa: TID251 - of the tests, not of the bot
over_http_alone = pytest.mark.skipif(_IS_SOCKET_MODE, reason="it is about requests over HTTP")
_SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-planted-bot-token",
    "SLACK_SIGNING_SECRET": "planted-signing-secret",
    "CODEMIE_CLIENT_SECRET": "planted-client-secret",
}


FaultMaker = Callable[[ChatTurn, int], Fault | None]


@dataclass(slots=True, kw_only=True)
class Stage:
    """A running bot with the two worlds it talks to.

    ``env`` is what it was started with; ``fault_for`` chooses how CodeMie fails, by the turn and the number of
    the call since CodeMie was started; ``arguments`` are Python's. Where there is a ``nursery`` the process is a fork
    from there.
    """

    workspace: Workspace
    codemie: BuiltInCodemie
    env: Mapping[str, str]
    log_path: Path
    process: Process | Fork | None = None
    url: str = ""
    secrets: Mapping[str, str] = field(default_factory=lambda: dict(_SECRETS))
    fault_for: FaultMaker | None = None
    arguments: Sequence[str] = _RUN
    nursery: Nursery | None = None

    async def start(self) -> None:
        """Start the process and wait until it takes requests."""
        offset = self.log_path.stat().st_size if self.log_path.exists() else 0
        self.process = await self._start_process()
        async with asyncio.timeout(_START_TIMEOUT_S):
            while not (port := self._read_port(offset)):
                if self.process.returncode is not None:
                    raise RuntimeError(self.read_log())
                await asyncio.sleep(0.02)
        self.url = f"http://127.0.0.1:{port}"
        if "SLACK_APP_TOKEN" not in self.env:
            self.workspace.events_url = f"{self.url}/slack/events"

    async def _start_process(self) -> Process | Fork:
        with self.log_path.open("ab") as log:
            if self.nursery is not None:
                return await self.nursery.fork(self.arguments, env=self.env, log_path=self.log_path)
            return await asyncio.create_subprocess_exec(
                sys.executable, *self.arguments, env=dict(self.env), stderr=log, cwd=self.log_path.parent
            )

    async def stop(self) -> int:
        """End the process as an operator would, and return its exit code."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(_STOP_TIMEOUT_S):
            return await self.process.wait()

    async def restart(self, **settings: str) -> None:
        """End the process as an operator would, and start it anew with other settings."""
        await self.stop()
        self.env = {**self.env, **settings}
        await self.start()

    async def kill(self) -> None:
        """End the process as a crash would."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    def read_log(self) -> str:
        """Return all the process has logged."""
        return self.log_path.read_text()

    async def wait_for_log(self, event: str, *, timeout_s: float = 30) -> None:
        """Wait until the process has logged an event."""
        async with asyncio.timeout(timeout_s):
            while f'"event": "{event}"' not in self.read_log():  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0.05)

    def _read_port(self, offset: int) -> int | None:
        for line in self.log_path.read_bytes()[offset:].decode().splitlines():
            if '"event": "started"' in line:
                return int(json.loads(line)["port"])
        return None

    async def get_status(self, path: str) -> int:
        """GET a path of the bot."""
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
            return answer.status

    def list_thread(self, channel: str, ts: str) -> list[Message]:
        """List the bot's messages in a thread, the anchor among them."""
        return [message for message in self.workspace.messages(channel, ts) if message.bot_id]

    async def command(self, text: str, *, channel: str = "C1", user: str = "U1") -> Message:
        """Send ``/generate`` and return its anchor."""
        before = {message.ts for message in self.workspace.messages(channel)}
        await self.workspace.send_command(user=user, channel=channel, text=text)

        def find_anchors() -> list[Message]:
            new = [message for message in self.workspace.messages(channel) if message.ts not in before]
            return [message for message in new if message.bot_id and not message.is_reply]

        return (await self.workspace.wait_for(find_anchors, 10))[0]

    def find_painter(self) -> int:
        """Return the id of the process that paints for the bot, which is there once it has painted."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(next(pid for pid in children if "darkroom" in Path(f"/proc/{pid}/cmdline").read_text()))

    @contextmanager
    def holding_painter(self) -> Iterator[int]:
        """Keep that process still; yields its id."""
        pid = self.find_painter()
        os.kill(pid, signal.SIGSTOP)
        try:
            yield pid
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    async def wait_for_files(self, channel: str, ts: str, *, timeout_s: float = 20) -> list[Message]:
        """Wait for the result in a thread; return the bot's messages there."""

        def find() -> list[Message]:
            thread = self.list_thread(channel, ts)
            is_done = any(message.files for message in thread) and any("✅" in str(m.blocks) for m in thread)
            return thread if is_done else []

        return await self.workspace.wait_for(find, timeout_s)

    async def wait_for_controls(self, channel: str, ts: str, action: str, *, timeout_s: float = 30) -> Message:
        """Wait for the message in a thread that has a control; it gets them once the result is shared."""

        def find() -> list[Message]:
            return [message for message in self.list_thread(channel, ts) if action in str(message.blocks)]

        return (await self.workspace.wait_for(find, timeout_s))[0]

    async def wait_for_failure(self, channel: str, ts: str) -> list[Message]:
        """Wait for a failure in a thread; return the bot's messages there."""

        def find() -> list[Message]:
            thread = self.list_thread(channel, ts)
            is_told = any("Reference:" in str(m.blocks) or "Номер звернення" in str(m.blocks) for m in thread)
            return thread if is_told and any("⚠️" in str(message.blocks) for message in thread) else []

        return await self.workspace.wait_for(find, 20)

    async def wait_for_calls(self, n: int) -> None:
        """Wait until CodeMie was asked ``n`` times."""
        async with asyncio.timeout(20):
            while len(self.codemie.calls) < n:  # noqa: ASYNC110 - CodeMie tells nobody
                await asyncio.sleep(0.02)

    def read_file(self, message: Message, name: str) -> str:
        """Return the text of a file that a message shares."""
        files = [self.workspace.files[file_id] for file_id in message.files]
        return next((file.content or b"").decode() for file in files if file.name == name)


def write_dm(text: str, *, ts: str = "7.1", user: str = "U1", channel: str = "D1") -> dict[str, str]:
    """Write the event of a direct message, to be delivered by hand."""
    return {"type": "message", "channel": channel, "channel_type": "im", "user": user, "ts": ts, "text": text}


StageOpener = Callable[..., AbstractAsyncContextManager[Stage]]


@asynccontextmanager
async def open_stage(
    folder: Path, *, arguments: Sequence[str] = _RUN, nursery: Nursery | None = None, **settings: str | None
) -> AsyncIterator[Stage]:
    """Open both worlds and start a bot between them; ``settings`` overrule the test's defaults, ``None`` unsets."""
    opening = open_stage_behind(folder, lambda *_: {}, arguments=arguments, nursery=nursery, settings=settings)
    async with opening as stage:
        yield stage


@asynccontextmanager
async def open_stage_behind(
    folder: Path,
    place: Callable[[Workspace, BuiltInCodemie], Mapping[str, str]],
    *,
    arguments: Sequence[str] = _RUN,
    nursery: Nursery | None = None,
    settings: Mapping[str, str | None],
) -> AsyncIterator[Stage]:
    """Open a stage where ``place`` puts something before the worlds, and returns the settings that lead there."""
    stages: list[Stage] = []

    def choose_fault(turn: ChatTurn, number: int) -> Fault | None:
        return stages[0].fault_for(turn, number) if stages and stages[0].fault_for else None

    async with (
        Workspace(
            bot_token=_SECRETS["SLACK_BOT_TOKEN"],
            signing_secret=_SECRETS["SLACK_SIGNING_SECRET"],
        ) as workspace,
        BuiltInCodemie(
            answer=answer_turn,
            fault_for=choose_fault,
            client_id="bot",
            client_secret=_SECRETS["CODEMIE_CLIENT_SECRET"],
        ) as codemie,
    ):
        values: dict[str, str | None] = {
            **_SECRETS,
            "SLACK_API_URL": workspace.api_url,
            "CODEMIE_API_URL": codemie.api_url,
            "CODEMIE_AUTH_URL": codemie.auth_url,
            "CODEMIE_CLIENT_ID": "bot",
            "CODEMIE_ASSISTANT_ID": "carrier",
            "CODEMIE_READ_TIMEOUT_S": "1",
            "CODEMIE_ANSWER_TIMEOUT_S": "10",
            "CODEMIE_RETRY_INITIAL_DELAY_S": "0.05",
            "CODEMIE_RETRY_MAX_DELAY_S": "0.2",
            "DATA_DIR": str(folder / "data"),
            "PORT": "0",
            "RATE_LIMIT": "100000/minute",
            "LOG_LEVEL": "DEBUG",
            **({"SLACK_APP_TOKEN": workspace.app_token} if _IS_SOCKET_MODE else {}),
            **place(workspace, codemie),
            **settings,
        }
        clean = drop_settings(os.environ)  # noqa: TID251 - a child's
        env = clean | {name: value for name, value in values.items() if value is not None}
        stage = Stage(
            workspace=workspace,
            codemie=codemie,
            env=env,
            log_path=folder / "bot.log",
            arguments=arguments,
            nursery=nursery,
        )
        stages.append(stage)
        await stage.start()
        try:
            yield stage
        finally:
            if stage.process is not None and stage.process.returncode is None:
                await stage.stop()
