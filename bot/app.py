"""The wiring: knows every module, opens everything in order and closes it in reverse."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import aiohttp
import httpx
import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.allowance import Limits
from bot.asking import Addressee, Asker
from bot.codemie.auth import ClientCredentials, Credentials, DevUser, LocalLogin, PasswordGrant, TokenSource
from bot.codemie.client import CodemieClient, Pool, Retries, Timeouts, open_http
from bot.core.ids import Role
from bot.core.instructions import FLOW_SYSTEM_PROMPT, PAGE_SYSTEM_PROMPT
from bot.courtesy import Courtesy
from bot.housekeeping import Housekeeper
from bot.jobs import Jobs, launch_jobs, stop_jobs
from bot.ledger import Ledger
from bot.line import Line
from bot.pipeline import Pipeline
from bot.previews.compile import TailwindCompiler
from bot.settings import Settings
from bot.slack.connection import TIMEOUT_S, copy_without_retries, make_client
from bot.slack.identity import Identity
from bot.slack.poster import SlackPoster
from bot.slack.sockets import Sockets
from bot.store import open_store
from bot.telling import Teller
from handlers.actions import Actions
from handlers.commands import Commands
from handlers.errors import Errors
from handlers.home import Home
from handlers.http_api import HttpApi
from handlers.intake import Intake
from handlers.messages import Messages

_log: Final = structlog.get_logger("app")
_SHUTDOWN_TIMEOUT_S: Final = 3.0
_EXIT_SIGNAL: Final = 128
_LONGEST_STOP_S: Final = 12.0
_DEFAULT_LOGIN_CLIENT: Final = "codemie-sdk"


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
        poster = SlackPoster(client=copy_without_retries(client), session=session)
        codemie = make_codemie_client(settings, codemie_http, reload=reload)
        courtesy = Courtesy()
        ledger = Ledger(engine=engine, limits=_choose_limits(settings))
        jobs = Jobs(
            pipeline=Pipeline(
                asker=Asker(assistant=codemie, addressees=choose_addressees(settings)),
                teller=Teller(poster=poster),
                styles=TailwindCompiler(),
            ),
            poster=poster,
            ledger=ledger,
            line=Line(starts=ledger, most_running=settings.max_concurrent_jobs),
            courtesy=courtesy,
        )
        bolt = make_bolt_app(settings, client=client, identity=identity, jobs=jobs, poster=poster, courtesy=courtesy)
        sockets = make_sockets(settings, bolt=bolt, session=session)
        # Closed in reverse: nothing is accepted, sockets close, jobs stop, and the server says so until the end.
        port = await stack.enter_async_context(_serving(settings, bolt, jobs, sockets))
        stack.push_async_callback(stop_jobs, jobs)
        await launch_jobs(jobs)
        if sockets is not None:
            await stack.enter_async_context(sockets.open())
        keeper = Housekeeper(
            jobs=jobs, ledger=ledger, conversations=codemie, retention=timedelta(days=settings.retention_days)
        )
        await stack.enter_async_context(keeper.running())
        stack.callback(jobs.refuse)
        yield RunningBot(port=port)


def make_codemie_http(settings: Settings) -> httpx.AsyncClient:
    """Make the pool of connections to CodeMie."""
    return open_http(
        pool=Pool(
            max_connections=settings.codemie_max_connections,
            max_keepalive=settings.codemie_max_keepalive_connections,
            keepalive_expiry_s=settings.codemie_keepalive_expiry_s,
        ),
        timeouts=_choose_timeouts(settings),
    )


def make_codemie_client(
    settings: Settings, http: httpx.AsyncClient, *, reload: Callable[[], Settings] | None = None
) -> CodemieClient:
    """Make the CodeMie client on a pool of connections."""
    api_url = str(settings.codemie_api_url).rstrip("/")
    token = TokenSource(
        http=http,
        api_url=api_url,
        credentials=choose_credentials(settings),
        reload=(lambda: choose_credentials(reload())) if reload else None,
    )
    return CodemieClient(
        http=http,
        api_url=api_url,
        token=token,
        most_calls=settings.codemie_max_connections,
        timeouts=_choose_timeouts(settings),
        retries=Retries(
            attempts=settings.codemie_retry_attempts,
            initial_delay_s=settings.codemie_retry_initial_delay_s,
            max_delay_s=settings.codemie_retry_max_delay_s,
        ),
    )


def choose_credentials(settings: Settings) -> Credentials:
    """Choose how to log in, by which settings are there; the settings have made sure that some are."""
    token_url = None
    if settings.codemie_auth_url:
        base = str(settings.codemie_auth_url).rstrip("/")
        token_url = f"{base}/realms/{settings.codemie_auth_realm}/protocol/openid-connect/token"
    if settings.codemie_username and settings.codemie_password:
        if token_url is None:
            return LocalLogin(email=settings.codemie_username, password=settings.codemie_password)
        return PasswordGrant(
            token_url=token_url,
            username=settings.codemie_username,
            password=settings.codemie_password,
            client_id=settings.codemie_client_id or _DEFAULT_LOGIN_CLIENT,
            client_secret=settings.codemie_client_secret,
        )
    if settings.codemie_client_id and settings.codemie_client_secret and token_url:
        return ClientCredentials(
            token_url=token_url,
            client_id=settings.codemie_client_id,
            client_secret=settings.codemie_client_secret,
        )
    return DevUser(user_id=settings.codemie_user_id or "")


def choose_addressees(settings: Settings) -> dict[Role, Addressee]:
    """Choose whom to ask: a carrier is told its role with every call, two assistants know theirs."""
    is_carrier = settings.codemie_assistant_id is not None
    return {
        Role.FLOW: Addressee(
            assistant_id=settings.flow_assistant_id, system_prompt=FLOW_SYSTEM_PROMPT if is_carrier else None
        ),
        Role.PAGE: Addressee(
            assistant_id=settings.page_assistant_id, system_prompt=PAGE_SYSTEM_PROMPT if is_carrier else None
        ),
    }


def make_bolt_app(
    settings: Settings,
    *,
    client: AsyncWebClient,
    identity: Identity,
    jobs: Jobs,
    poster: SlackPoster,
    courtesy: Courtesy,
) -> AsyncApp:
    """Make the Bolt app with its listeners.

    ``process_before_response`` has Bolt acknowledge an event after its listener, which keeps the job, and not
    before. Signatures are checked by the HTTP route, over the raw bytes, before Bolt sees a request.
    """

    async def authorize() -> AuthorizeResult:  # Bolt looks at the names of the arguments, and takes self for one
        return await identity.authorize()

    app = AsyncApp(
        client=client,
        authorize=authorize,
        logger=logging.getLogger("slack_bolt"),
        process_before_response=True,
        request_verification_enabled=False,
    )

    async def put_first(next: Callable[[], Awaitable[object]]) -> None:  # noqa: A002 - Bolt looks at the name
        with courtesy.request():
            await next()

    app.use(put_first)
    intake = Intake(
        min_chars=settings.prompt_min_chars,
        max_chars=settings.prompt_max_chars,
        default_language=settings.default_language,
    )
    for listeners in (
        Commands(intake=intake, jobs=jobs),
        Messages(intake=intake, jobs=jobs),
        Actions(jobs=jobs, whispers=poster, language=settings.default_language),
        Home(intake=intake),
        Errors(language=settings.default_language),
    ):
        listeners.register(app)
    return app


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
async def _serving(settings: Settings, bolt: AsyncApp, jobs: Jobs, sockets: Sockets | None) -> AsyncIterator[int]:
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
    runner = web.AppRunner(api.make_app(), access_log=None, shutdown_timeout=_SHUTDOWN_TIMEOUT_S)
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


def _choose_timeouts(settings: Settings) -> Timeouts:
    return Timeouts(
        connect_s=settings.codemie_connect_timeout_s,
        read_s=settings.codemie_read_timeout_s,
        answer_s=settings.codemie_answer_timeout_s,
    )
