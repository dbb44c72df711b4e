"""Previews on a real server, with a real database in a folder of the test's."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import aiohttp
from aiohttp import web
from slack_oidc import SlackOidc

from bot.core.models import Field, Flow, Result, Step
from bot.core.pages import finish_page, list_classes
from bot.core.texts import Language
from bot.credentials import Secret
from bot.database import Database
from bot.demo.engine import write_page
from bot.previews.compile import TailwindCompiler
from bot.previews.policy import Scripts
from bot.previews.routes import SIGNED_IN_PATH, make_routes
from bot.previews.sign_in import SlackSignIn
from bot.previews.store import Previews
from bot.results import Results
from bot.store import make_sqlite_engine

KEY = b"planted-preview-key-of-32-bytes!"
TEAM = "T1"
FLOW = Flow(
    id="permit",
    name="Parking permit",
    steps=(
        Step(
            id="you",
            type="form",
            title="Your details",
            fields=(
                Field(name="name", type="text", label="Name"),
                Field(name="email", type="email", label="E-mail", required=False),
            ),
        ),
        Step(id="car", type="form", title="Your car", fields=(Field(name="plate", type="text", label="Plate"),)),
        Step(id="check", type="confirmation", title="Check and send", message="Is everything right?"),
    ),
)
UKRAINIAN_FLOW = Flow(
    id="permit",
    name="Дозвіл на паркування",
    steps=(
        Step(id="you", type="form", title="Ваші дані", fields=(Field(name="name", type="text", label="Ім'я"),)),
        Step(id="car", type="form", title="Ваше авто", fields=(Field(name="plate", type="text", label="Номер авто"),)),
        Step(id="check", type="confirmation", title="Перевірка та надсилання", message="Усе правильно?"),
    ),
)


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        """Return the time, in seconds."""
        return self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A server of previews; ``url`` is its address, ``oidc`` the Slack that signs people in, if any does."""

    previews: Previews
    results: Results
    http: aiohttp.ClientSession
    url: str
    clock: Clock = field(default_factory=Clock)
    oidc: SlackOidc | None = None

    async def keep(
        self,
        job_id: str = "job-1",
        *,
        html: str = "",
        flow: Flow = FLOW,
        thread: str | None = "T1:C1:1",
        language: Language = Language.ENGLISH,
    ) -> str:
        """Keep a result and return the address of its preview."""
        result = Result(
            job_id=job_id,
            team=TEAM,
            user="U1",
            thread=thread,
            language=language,
            flow=flow,
            html=html
            or finish_page(write_page(flow.model_dump(mode="json", exclude_none=True), ""), css="", language=language),
        )
        await self.results.keep(result)
        url = await self.previews.make_url(job_id)
        assert url is not None
        return url

    async def get(self, url: str, **headers: str) -> "Answer":
        """Ask for an address, without going where it leads."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.get(url, headers=named, allow_redirects=False) as response:
            return Answer(
                status=response.status,
                headers={name: value for name, value in response.headers.items() if name != "Date"},
                text=await response.text(),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server answered; ``headers`` are all but the date."""

    status: int
    headers: dict[str, str]
    text: str


@asynccontextmanager
async def open_site(
    folder: Path,
    *,
    scripts: Scripts = "none",
    team: str | None = None,
    prefix: str = "",
    make_public: Callable[[str], str] = str,
    more_routes: Sequence[web.RouteDef] = (),
) -> AsyncIterator[Site]:
    """Open a server; people sign in where ``team`` is given, to which Slack says they belong.

    ``make_public`` turns the server's address into the one that links have.
    """
    engine = make_sqlite_engine(folder / "previews.sqlite", synchronous="NORMAL")
    database, clock = Database(engine=engine), Clock()
    await asyncio.to_thread(database.create_tables)
    app = web.Application()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    port = await _reserve_port()
    url = make_public(f"http://127.0.0.1:{port}") + prefix
    results = Results(database=database, clock=clock)
    previews = Previews(
        database=database, results=results, key=KEY, public_url=url, lifetime=timedelta(days=30), clock=clock
    )
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http, SlackOidc(clock=clock) as oidc:
        sign_in = SlackSignIn(
            http=http,
            client_id=oidc.client_id,
            client_secret=Secret.fixed(oidc.client_secret),
            redirect_url=f"{url}{SIGNED_IN_PATH}",
            key=KEY,
            authorize_url=oidc.authorize_url,
            api_url=f"{oidc.url}/api/",
            clock=clock,
        )
        oidc.team = team or oidc.team
        make_routes(previews, scripts=scripts, sign_in=sign_in if team else None, clock=clock).add_to(app)
        app.add_routes(more_routes)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield Site(
                previews=previews,
                results=results,
                http=http,
                url=f"http://127.0.0.1:{port}",
                clock=clock,
                oidc=oidc if team else None,
            )
        finally:
            await runner.cleanup()
            engine.dispose()


async def _reserve_port() -> int:
    """Find a port that is free now: the links have to name it before the server listens."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = int(server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()
    return port


async def make_styled_page(flow: Flow, prompt: str = "") -> str:
    """Make the page that the demo engine would deliver for a flow, with its styles."""
    page = write_page(flow.model_dump(mode="json", exclude_none=True), prompt)
    css = await TailwindCompiler().compile(list_classes(page))
    return finish_page(page, css=css, language=Language.ENGLISH)
