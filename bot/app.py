"""The wiring: knows every module, opens everything in order and closes it in reverse."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import aiohttp
import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from bot.allowance import Limits
from bot.asking import Asker
from bot.courtesy import Courtesy
from bot.database import Database
from bot.editing import Editor
from bot.erasing import Eraser
from bot.erasures import Erasures
from bot.housekeeping import Housekeeper
from bot.jobs import Jobs, launch_jobs, stop_jobs
from bot.ledger import Ledger
from bot.line import Line
from bot.lookups import Lookups
from bot.opinions import Opinions
from bot.pipeline import Pipeline
from bot.previews.compile import TailwindCompiler
from bot.previews.routes import PreviewRoutes
from bot.recalling import Recaller
from bot.results import Results
from bot.settings import Settings
from bot.showing import Display
from bot.slack.connection import TIMEOUT_S, copy_without_retries, make_client
from bot.slack.identity import Identity
from bot.slack.lanes import Lanes
from bot.slack.poster import SlackPoster
from bot.slack.sockets import Sockets
from bot.slack.thinking import Thinking
from bot.store import open_store
from bot.telling import Teller
from bot.wiring.codemie import choose_addressees, make_codemie_client, make_codemie_http
from bot.wiring.listeners import make_bolt_app
from bot.wiring.previews import make_painter, make_preview_routes, make_previews
from bot.workflows import Workflows, open_client
from handlers.http_api import HttpApi

_log: Final = structlog.get_logger("app")
_SHUTDOWN_TIMEOUT_S: Final = 3.0
_EXIT_SIGNAL: Final = 128
_LONGEST_STOP_S: Final = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningBot:
    """A bot that takes requests; ``port`` is the one its HTTP server listens on."""

    port: int


@asynccontextmanager
async def open_bot(settings: Settings, *, reload: Callable[[], Settings] | None = None) -> AsyncIterator[RunningBot]:
    """Open the store, the clients, the listeners and the server, in this order; unfinished jobs resume.

    ``reload`` reads the settings again, for when CodeMie's identity provider refuses the credentials.
    """
    async with AsyncExitStack() as stack:
        database_url = settings.database_url.get_secret_value() if settings.database_url else None
        engine = stack.enter_context(
            open_store(database_url=database_url, data_dir=settings.data_dir, synchronous=settings.sqlite_synchronous)
        )
        session = await stack.enter_async_context(
            aiohttp.ClientSession(trust_env=True, timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))
        )
        client = make_client(
            token=settings.slack_bot_token.get_secret_value(), api_url=str(settings.slack_api_url), session=session
        )
        codemie_http = await stack.enter_async_context(make_codemie_http(settings))
        identity = Identity(client=client)
        await identity.learn()
        lanes = Lanes()
        posting = copy_without_retries(client)
        thinking = Thinking(client=posting, lanes=lanes)
        poster = SlackPoster(client=posting, session=session, lanes=lanes, thinking=thinking)
        codemie = make_codemie_client(settings, codemie_http, reload=reload)
        courtesy = Courtesy()
        database = Database(engine=engine)
        ledger = Ledger(database=database, limits=_choose_limits(settings))
        results = Results(database=database)
        previews = make_previews(settings, database=database, results=results)
        painter = await stack.enter_async_context(make_painter(settings))
        editor = Editor(poster=poster, links=previews)
        jobs = Jobs(
            pipeline=Pipeline(
                asker=Asker(assistant=codemie, addressees=choose_addressees(settings)),
                teller=Teller(poster=poster, editor=editor),
                editor=editor,
                display=Display(editor=editor),
                recaller=Recaller(memory=results, calls=ledger, poster=poster, min_chars=settings.prompt_min_chars),
                shelf=results,
                styles=TailwindCompiler(),
                painter=painter,
                keeps_scripts=settings.preview_scripts == "model",
            ),
            poster=poster,
            ledger=ledger,
            line=Line(starts=ledger, most_running=settings.max_concurrent_jobs),
            courtesy=courtesy,
            opinions=Opinions(
                ratings=codemie,
                results=results,
                assistants={role: addressee.assistant_id for role, addressee in choose_addressees(settings).items()},
            ),
        )
        eraser = Eraser(
            erasures=Erasures(database=database),
            results=results,
            workflows=Workflows(client=open_client(engine)),
            slack=poster,
            conversations=codemie,
            stop=jobs.cancel,
        )
        bolt = make_bolt_app(
            settings,
            client=client,
            identity=identity,
            jobs=jobs,
            lookups=Lookups(ledger=ledger, results=results, ended=jobs.ended),
            poster=poster,
            courtesy=courtesy,
            erasures=eraser,
            links=previews,
        )
        sockets = make_sockets(settings, bolt=bolt, session=session)
        # Closed in reverse: nothing is accepted, sockets close, jobs stop, and the server says so until the end.
        routes = make_preview_routes(settings, previews, session=session) if previews else None
        port = await stack.enter_async_context(_serving(settings, bolt, jobs, sockets, routes))
        stack.push_async_callback(stop_jobs, jobs)
        await launch_jobs(jobs)
        if sockets is not None:
            await stack.enter_async_context(sockets.open())
        keeper = Housekeeper(
            jobs=jobs,
            ledger=ledger,
            results=results,
            eraser=eraser,
            conversations=codemie,
            retention=timedelta(days=settings.retention_days),
            links=previews,
        )
        await stack.enter_async_context(keeper.running())
        stack.callback(jobs.refuse)
        yield RunningBot(port=port)


async def run(settings: Settings, *, reload: Callable[[], Settings] | None = None) -> None:
    """Run the bot until SIGTERM or SIGINT, which also end a start that hangs; a second one ends at once."""
    main = asyncio.current_task()
    assert main is not None  # noqa: S101 - a coroutine runs in a task
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _stop, main, number)
    with suppress(asyncio.CancelledError):
        async with open_bot(settings, reload=reload) as bot:
            _log.info("started", port=bot.port, mode="socket" if settings.is_socket_mode else "http")
            try:
                await asyncio.Event().wait()
            finally:
                _log.info("stopping")
    _log.info("stopped")


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


def make_sockets(settings: Settings, *, bolt: AsyncApp, session: aiohttp.ClientSession) -> Sockets | None:
    """Make the sockets of Socket Mode, if that is how Slack is reached."""
    token = settings.slack_app_token
    return Sockets(bolt=bolt, session=session, app_token=token.get_secret_value()) if token else None


@asynccontextmanager
async def _serving(
    settings: Settings, bolt: AsyncApp, jobs: Jobs, sockets: Sockets | None, routes: PreviewRoutes | None
) -> AsyncIterator[int]:
    """Listen; yields the port."""

    async def find_reasons() -> list[str]:
        reasons = await jobs.find_reasons()
        return reasons if sockets is None else [*reasons, *sockets.measure().reasons]

    secret = settings.slack_signing_secret
    verifier = SignatureVerifier(secret.get_secret_value()) if secret else None
    if sockets is not None:
        api = HttpApi(find_reasons=find_reasons, measure_sockets=sockets.measure)
    else:
        api = HttpApi(find_reasons=find_reasons, bolt=bolt, verifier=verifier)
    app = api.make_app()
    if routes is not None:
        routes.add_to(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_TIMEOUT_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _choose_limits(settings: Settings) -> Limits:
    requests, window_s = settings.rate
    return Limits(
        requests=requests,
        window_s=window_s,
        calls_user=settings.daily_limit_user,
        calls_team=settings.daily_limit_team,
    )
