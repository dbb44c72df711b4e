"""The wiring: knows every module, opens everything in order and closes it in reverse."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import aiohttp
import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp

from bot.courtesy import Courtesy
from bot.credentials import LiveSettings, find_stamps
from bot.jobs import launch_jobs, stop_jobs
from bot.lookups import Lookups
from bot.metrics import Metrics
from bot.network import make_network
from bot.previews.compile import TailwindCompiler
from bot.previews.warm_tailwind import WarmTailwinds
from bot.serving import listening
from bot.settings import Settings
from bot.slack.signatures import Signatures
from bot.slack.sockets import Sockets
from bot.traces import Traces
from bot.wiring.api import make_api_routes
from bot.wiring.installs import make_install_routes
from bot.wiring.jobs import make_adopter, make_eraser, make_housekeeper, make_jobs
from bot.wiring.keeping import open_keeping
from bot.wiring.listeners import make_bolt_app
from bot.wiring.outside import open_outside
from bot.wiring.previews import make_painter, make_preview_routes, make_previews
from bot.wiring.watching import Gauges, make_metrics, open_gauges, open_traces
from handlers.scrapes import Scrapes
from handlers.server import Server

_log: Final = structlog.get_logger("app")
_SHUTDOWN_TIMEOUT_S: Final = 3.0
_EXIT_SIGNAL: Final = 128
_LONGEST_STOP_S: Final = 12.0
_HANGUP_S: Final = 0.2


class Routes(Protocol):
    """Paths of the HTTP server that belong together."""

    def add_to(self, app: web.Application) -> None:
        """Add them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningBot:
    """A bot that takes requests; ``port`` is the one its HTTP server listens on."""

    port: int


@asynccontextmanager
async def open_bot(settings: Settings, *, live: LiveSettings | None = None) -> AsyncIterator[RunningBot]:
    """Open the store, the clients, the listeners and the server, in this order; unfinished jobs resume.

    ``live`` gives the secrets of the moment, where they may change.
    """
    live = live or LiveSettings(settings)
    async with AsyncExitStack() as stack:
        kept = await stack.enter_async_context(open_keeping(settings))
        network, metrics, courtesy = make_network(settings), make_metrics(), Courtesy()
        traces = stack.enter_context(open_traces(settings, network))
        outside = await stack.enter_async_context(
            open_outside(live, kept=kept, network=network, metrics=metrics, traces=traces)
        )
        previews = await make_previews(settings, kept)
        painter = await stack.enter_async_context(make_painter(settings, note_picture=metrics.note_picture))
        tailwinds = await stack.enter_async_context(WarmTailwinds())
        jobs = make_jobs(
            settings,
            kept=kept,
            outside=outside,
            previews=previews,
            painter=painter,
            styles=TailwindCompiler(warm=tailwinds),
            courtesy=courtesy,
            metrics=metrics,
            traces=traces,
        )
        eraser = make_eraser(settings, kept=kept, outside=outside, jobs=jobs)
        lookups = Lookups(ledger=kept.ledger, results=kept.results, ended=jobs.ended)
        bolt = make_bolt_app(
            settings,
            outside=outside,
            jobs=jobs,
            lookups=lookups,
            courtesy=courtesy,
            erasures=eraser,
            pauses=kept.pauses,
            links=previews,
        )
        sockets = make_sockets(live, bolt=bolt, session=outside.session, notes=metrics, traces=traces)
        gauges = stack.enter_context(open_gauges(settings, kept=kept, jobs=jobs, outside=outside, sockets=sockets))
        metrics.read = gauges.read
        api = await make_api_routes(live, kept=kept, jobs=jobs, lookups=lookups, assistants=outside.assistants)
        routes: list[Routes] = [traces, Scrapes(registry=metrics, refresh=gauges.refresh), api]
        if outside.installs is not None:
            routes.append(await make_install_routes(live, outside.installs, kept=kept))
        routes += [make_preview_routes(live, previews, session=outside.session)] if previews else []
        # Closed in reverse: nothing is accepted, sockets close, jobs stop, and the server says so until the end.
        port = await stack.enter_async_context(_serving(live, bolt, gauges, metrics, routes))
        adopter = make_adopter(kept=kept, jobs=jobs)
        if adopter is not None:
            stack.push_async_callback(adopter.hand_back)
        stack.push_async_callback(stop_jobs, jobs)
        await launch_jobs(jobs)
        if sockets is not None:
            await stack.enter_async_context(sockets.open())
        keeper = make_housekeeper(settings, kept=kept, outside=outside, jobs=jobs, eraser=eraser, previews=previews)
        await stack.enter_async_context(keeper.running())
        if adopter is not None:
            await stack.enter_async_context(adopter.running())
        stack.callback(jobs.refuse)
        yield RunningBot(port=port)


async def run(settings: Settings, *, reload: Callable[[], Settings] | None = None) -> None:
    """Run the bot until SIGTERM or SIGINT, which also end a start that hangs; a second one ends at once.

    ``reload`` reads the settings again, for secrets that have changed; SIGHUP has it do so at once.
    """
    main = asyncio.current_task()
    assert main is not None  # noqa: S101 - a coroutine runs in a task
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _stop, main, number)
    live = LiveSettings(
        settings, load=reload, find_stamps=partial(find_stamps, Path(".env"), folder=settings.secrets_dir)
    )
    _answer_hangups(live)
    with suppress(asyncio.CancelledError):
        async with open_bot(settings, live=live) as bot:
            _log.info("started", port=bot.port, mode="socket" if settings.is_socket_mode else "http")
            try:
                await asyncio.Event().wait()
            finally:
                _log.info("stopping")
    _log.info("stopped")


def _answer_hangups(live: LiveSettings) -> None:
    """Read the settings anew at SIGHUP, once for many that come together."""
    loop = asyncio.get_running_loop()
    due: list[asyncio.TimerHandle] = []

    def reread() -> None:
        due.clear()
        live.reread()

    def note() -> None:
        if not due:
            due.append(loop.call_later(_HANGUP_S, reread))

    loop.add_signal_handler(signal.SIGHUP, note)


def _stop(main: asyncio.Task[None], number: signal.Signals) -> None:
    """Stop in good order; at the second signal at once, which loses nothing either: what is unfinished is kept.

    A thread that waits for a locked database would hold the process up for as long as the lock lasts.
    """
    if main.cancelling():
        _log.warning("stopped_at_once")
        os._exit(_EXIT_SIGNAL + number)
    deadline = threading.Timer(_LONGEST_STOP_S, os._exit, (0,))
    deadline.daemon = True
    deadline.start()
    main.cancel()


def make_sockets(
    live: LiveSettings, *, bolt: AsyncApp, session: aiohttp.ClientSession, notes: Metrics, traces: Traces
) -> Sockets | None:
    """Make the sockets of Socket Mode, if that is how Slack is reached."""
    if not live.get().is_socket_mode:
        return None
    app_token = live.make_secret("slack_app_token")
    return Sockets(bolt=bolt, session=session, app_token=app_token, notes=notes, traces=traces)


@asynccontextmanager
async def _serving(
    live: LiveSettings, bolt: AsyncApp, gauges: Gauges, metrics: Metrics, routes: Sequence[Routes]
) -> AsyncIterator[int]:
    """Listen, with ``routes`` beside Slack's and those that tell the state of the process; yields the port."""
    settings, sockets = live.get(), gauges.sockets
    server = Server(
        find_reasons=gauges.find_reasons,
        list_facts=gauges.list_facts,
        notes=metrics,
        measure_sockets=sockets.measure if sockets else None,
        bolt=None if sockets else bolt,
        verifier=None if sockets else Signatures(secret=live.make_secret("slack_signing_secret")),
    )
    app = server.make_app()
    for more in routes:
        more.add_to(app)
    async with listening(app, host=settings.host, port=settings.port, shutdown_timeout_s=_SHUTDOWN_TIMEOUT_S) as port:
        yield port
