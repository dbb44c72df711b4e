"""The playground as a whole: the worlds, the bot between them, the page; what ``codemie-bot demo`` opens."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from bot.demo.playground.acts import Acts
from bot.demo.playground.browsers import open_browser
from bot.demo.playground.operations import Codemie, Operations
from bot.demo.playground.ports import HOST, find_free_port, take_port
from bot.demo.playground.process import BotProcess
from bot.demo.playground.site import Site
from bot.demo.playground.stream import Stream
from bot.demo.playground.traffic import Traffic
from bot.demo.playground.troubles import Troubles
from bot.demo.workspace import Workspace
from bot.demo.worlds import Worlds, lead_to_codemie, lead_to_real_codemie, lead_to_workspace, open_worlds
from bot.errors import SettingsError

# A pace at which one can watch an answer come.
_CHARS_PER_S: Final = 3_000.0
_DELAY_S: Final = 0.6
# Slack's own: https://docs.slack.dev/apis/web-api/rate-limits
_POSTS_PER_S: Final = 1.0
_SHUTDOWN_TIMEOUT_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to open a playground: ``port`` None is 3000, or a free one; ``chars_per_s`` is the pace of answers."""

    port: int | None = None
    is_socket_mode: bool = False
    is_real_codemie: bool = False
    is_browser_wanted: bool = True
    chars_per_s: float = _CHARS_PER_S
    delay_s: float = _DELAY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Playground:
    """An open playground: where its page is, and what is behind it."""

    url: str
    worlds: Worlds
    process: BotProcess
    troubles: Troubles


async def run_playground(options: Options, stopped: asyncio.Event) -> int:
    """Open the playground and keep it until it is to be ``stopped``; 0, or 1 if the bot does not come up."""
    async with open_playground(options) as playground:
        print(f"The playground is at {playground.url} (Ctrl-C ends it)", flush=True)  # noqa: T201 - the command's words
        if options.is_browser_wanted:
            open_browser(playground.url)
        if not await _is_up_or_stopped(playground.process, stopped):
            return 1
        await stopped.wait()
    return 0


async def _is_up_or_stopped(process: BotProcess, stopped: asyncio.Event) -> bool:
    """Wait for the bot's first start; False if that failed, and nobody wanted an end."""
    async with asyncio.TaskGroup() as group:
        starting = group.create_task(process.wait_until_ready())
        stopping = group.create_task(stopped.wait())
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
        is_well = stopping.done() or starting.result()
        starting.cancel()
        stopping.cancel()
    return is_well


@asynccontextmanager
async def open_playground(options: Options) -> AsyncIterator[Playground]:
    """Open it on loopback, with the bot on its way up. All that it keeps is in a folder that goes with it.

    Raises ``OSError`` if the port is taken, :class:`~bot.errors.SettingsError` if CodeMie's settings are not in order.
    """
    codemies = _find_codemies(is_real_needed=options.is_real_codemie)
    async with AsyncExitStack() as stack:
        page_socket = stack.enter_context(take_port(options.port))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="codemie-bot-")))
        worlds = await stack.enter_async_context(open_worlds(chars_per_s=options.chars_per_s, delay_s=options.delay_s))
        operations, stream = await stack.enter_async_context(_open_bot(worlds, options, folder, codemies))
        site = Site(
            workspace=worlds.workspace,
            acts=Acts(workspace=worlds.workspace, operations=operations),
            stream=stream,
            wait_until_ready=operations.process.wait_until_ready,
        )
        runner = web.AppRunner(site.make_app(), access_log=None, shutdown_timeout=_SHUTDOWN_TIMEOUT_S)
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.SockSite(runner, page_socket).start()
        yield Playground(
            url=f"http://{HOST}:{page_socket.getsockname()[1]}",
            worlds=worlds,
            process=operations.process,
            troubles=operations.troubles,
        )


@asynccontextmanager
async def _open_bot(
    worlds: Worlds, options: Options, folder: Path, codemies: Mapping[Codemie, Mapping[str, str]]
) -> AsyncIterator[tuple[Operations, Stream]]:
    """Start the bot, with all that watches it; it is stopped at the end."""
    workspace, port = worlds.workspace, find_free_port()
    workspace.post_rate.per_s = _POSTS_PER_S
    workspace.events_url = None if options.is_socket_mode else f"http://{HOST}:{port}/slack/events"
    troubles = Troubles(workspace=workspace, codemie=worlds.codemie)
    worlds.codemie.fault_for = troubles.choose_codemie_fault
    traffic = Traffic(clock=time.time)
    traffic.watch(workspace, worlds.codemie)
    stream = Stream(workspace=workspace, traffic=traffic)
    process = BotProcess(folder=folder, announce=stream.look_again, note_log=traffic.note_log)
    codemies = {Codemie.DEMO: lead_to_codemie(worlds.codemie), **codemies}
    base = _describe_bot(workspace, port=port, folder=folder, is_socket_mode=options.is_socket_mode)
    operations = Operations(
        process=process,
        troubles=troubles,
        envs={kind: {**base, **env} for kind, env in codemies.items()},
        codemie=Codemie.REAL if options.is_real_codemie else Codemie.DEMO,
        is_socket_mode=options.is_socket_mode,
        announce=stream.look_again,
    )
    stream.show_operations = operations.show
    operations.start()
    try:
        yield operations, stream
    finally:
        await process.stop()


def _find_codemies(*, is_real_needed: bool) -> dict[Codemie, dict[str, str]]:
    """Find the settings of the real CodeMie; none where they are not in order, unless they are needed."""
    try:
        return {Codemie.REAL: lead_to_real_codemie()}
    except SettingsError:
        if is_real_needed:
            raise
        return {}


def _describe_bot(workspace: Workspace, *, port: int, folder: Path, is_socket_mode: bool) -> dict[str, str]:
    """Give the bot's settings but for CodeMie's; whoever has a preview's link may see it."""
    return {
        **lead_to_workspace(workspace, is_socket_mode=is_socket_mode),
        "DATA_DIR": str(folder / "data"),
        "PORT": str(port),
        "PUBLIC_URL": f"http://{HOST}:{port}",
        "PREVIEW_ACCESS": "link",
        "RATE_LIMIT": "30/minute",
        "LOG_FORMAT": "json",
    }
