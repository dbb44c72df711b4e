"""The workspace as one object: a small Slack on loopback, for the demo and the end-to-end tests."""

import time
from collections import ChainMap
from collections.abc import Callable, Collection, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from bot.core.limits import ACK_DEADLINE_S
from bot.demo.workspace.access import Access
from bot.demo.workspace.agents import Agents
from bot.demo.workspace.arranging import Arranging
from bot.demo.workspace.background import Background
from bot.demo.workspace.backstage import Backstage
from bot.demo.workspace.chat import Chat
from bot.demo.workspace.clicking import Desks
from bot.demo.workspace.conversations import Conversations
from bot.demo.workspace.delivery import Courier
from bot.demo.workspace.directory import Directory
from bot.demo.workspace.events import Events
from bot.demo.workspace.faults import Faults
from bot.demo.workspace.files import Files
from bot.demo.workspace.installs import Installs
from bot.demo.workspace.looking import Looking
from bot.demo.workspace.people import People
from bot.demo.workspace.rates import MethodRate, PostRate
from bot.demo.workspace.records import Json
from bot.demo.workspace.response_urls import ResponseUrls
from bot.demo.workspace.sign_in import SignIn
from bot.demo.workspace.socket_mode import SocketHub
from bot.demo.workspace.stamps import stamp_payload
from bot.demo.workspace.state import State
from bot.demo.workspace.traffic import Delivery
from bot.demo.workspace.views import Triggers, Views
from bot.demo.workspace.web_api import WebApi
from bot.demo.workspace.world import BOT_USER, SCOPES, SUBSCRIPTIONS, TEAM_ID

_MAX_UPLOAD_BYTES = 64 * 1024 * 1024
_HOST = "127.0.0.1"


class Workspace(People, Looking, Arranging, Backstage):
    """A workspace with its people, and what the bot did in it.

    ``scopes`` and ``subscriptions`` are the app's, ``app_scopes`` those of its app-level token, ``unknown_methods`` the
    names of methods that this Slack lacks, of all its ``methods`` once it has started;
    ``share_delay_s`` is how long an upload's message takes to appear, ``processing_s`` how long a completed picture is
    not fit for a block yet; ``base_url`` is where the bot reaches it, if that is not this very port. All of these may
    be changed at any time, and so may the secrets, as when they are rotated.
    ``retry_delays_s`` are the waits before each redelivery of an event; ``port`` is where it listens, 0 for a free one;
    ``team`` is its id. Somebody who has no ``bot_token`` to give installs the app through OAuth.
    """

    def __init__(
        self,
        *,
        signing_secret: str = "demo-signing-secret",  # noqa: S107 - of this workspace, not of Slack
        bot_token: str = "xoxb-demo",  # noqa: S107 - as above
        app_token: str = "xapp-demo",  # noqa: S107 - as above
        client_id: str = "1.2",
        client_secret: str = "demo-client-secret",  # noqa: S107 - as above
        clock: Callable[[], float] = time.time,
        ack_deadline_s: float = ACK_DEADLINE_S,
        retry_delays_s: Sequence[float] = (0.0, 0.6, 3.0),
        share_delay_s: float = 0.05,
        processing_s: float = 0.0,
        scopes: Collection[str] = SCOPES,
        unknown_methods: Collection[str] = (),
        port: int = 0,
        team: str = TEAM_ID,
    ) -> None:
        self.signing_secret = signing_secret
        self.bot_token = bot_token
        self.app_token = app_token
        self.scopes: set[str] = set(scopes)
        self.app_scopes: set[str] = {"connections:write"}
        self.unknown_methods: set[str] = set(unknown_methods)
        self.methods: frozenset[str] = frozenset()
        self.subscriptions: set[str] = set(SUBSCRIPTIONS)
        self.faults = Faults()
        self.post_rate = PostRate(clock)
        self.method_rate = MethodRate(clock)
        self.state = State(clock, team=team)
        self.sign_in = SignIn(state=self.state, client_id=client_id, client_secret=client_secret)
        self.installs = Installs(state=self.state, sign_in=self.sign_in, scopes=self.scopes)
        self.base_url: str | None = None
        self._port = port
        self.share_delay_s = share_delay_s
        self.processing_s = processing_s
        self._stack = AsyncExitStack()
        self._background = Background()
        self._sockets = SocketHub(self.state, self._get_base_url)
        courier = Courier(
            state=self.state,
            sockets=self._sockets,
            background=self._background,
            get_signing_secret=lambda: self.signing_secret,
            stamp=self._stamp,
            ack_deadline_s=ack_deadline_s,
            retry_delays_s=retry_delays_s,
        )
        super().__init__(self._make_desks(courier))
        self._expose()
        self.state.subscribe(self._events.echo)

    def _make_desks(self, courier: Courier) -> Desks:
        triggers = Triggers(make_id=self.state.make_id, clock=self.state.clock)
        return Desks(
            state=self.state,
            courier=courier,
            events=Events(
                state=self.state,
                courier=courier,
                background=self._background,
                subscriptions=self.subscriptions,
                scopes=self.scopes,
            ),
            response_urls=ResponseUrls(state=self.state, faults=self.faults, get_base_url=self._get_base_url),
            triggers=triggers,
            views=Views(state=self.state, triggers=triggers),
        )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen on its port of loopback, the given one or a free one."""
        self._courier.session = await self._stack.enter_async_context(aiohttp.ClientSession())
        await self._stack.enter_async_context(self._background)
        runner = web.AppRunner(self._make_app(), access_log=None, shutdown_timeout=1.0)
        self._stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.TCPSite(runner, _HOST, self._port).start()
        self._port = runner.addresses[0][1]
        self._stack.push_async_callback(self._sockets.close)

    async def stop(self) -> None:
        """Close every socket and end what is under way."""
        await self._stack.aclose()

    @property
    def port(self) -> int:
        """The port of loopback that it listens on."""
        return self._port

    @property
    def api_url(self) -> str:
        """What to give the SDK as ``base_url``."""
        return f"{self._get_base_url()}/api/"

    @property
    def authorize_url(self) -> str:
        """Where a browser signs in with Slack."""
        return f"{self._get_base_url()}/openid/connect/authorize"

    def _get_base_url(self) -> str:
        return self.base_url or f"http://{_HOST}:{self._port}"

    def knows(self, text: str) -> bool:
        """Tell whether a token or a code is of this workspace; the token that an app is made with is."""
        return text in (self.bot_token, self.app_token) or self.installs.knows(text)

    async def uninstall(self, *events: str) -> tuple[Delivery, ...]:
        """Take the app out of the workspace: no token is good any more, and the app hears of it."""
        self.bot_token = ""
        self.installs.revoke_all()
        told: dict[str, Json] = {
            "tokens_revoked": {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER]}},
            "app_uninstalled": {"type": "app_uninstalled"},
        }
        return await self._events.emit(*(told[name] for name in events or told))

    def _stamp(self, payload: Json) -> Json:
        installs = self.installs
        return stamp_payload(
            payload, team=self.state.team, enterprise=installs.enterprise, is_org_wide=installs.is_org_wide
        )

    def _make_app(self) -> web.Application:
        access = Access(self.state, self.scopes)
        base_url = self._get_base_url
        files = Files(
            state=self.state,
            access=access,
            faults=self.faults,
            get_base_url=base_url,
            get_processing_s=lambda: self.processing_s,
            share_later=lambda act: self._background.start_later(self.share_delay_s, act),
        )
        chat = Chat(state=self.state, access=access, rate=self.post_rate, get_base_url=base_url)
        talks = Conversations(state=self.state, access=access, get_base_url=base_url)
        agents = Agents(state=self.state, access=access)
        directory = Directory(state=self.state, access=access)
        groups = (chat, talks, directory, files, agents, self.sign_in, self.installs, self._views, self._sockets)
        methods = dict(ChainMap(*(dict(group.get_methods()) for group in groups)))
        self.methods = frozenset(methods)
        self.web_api = WebApi(
            state=self.state,
            access=access,
            methods=methods,
            faults=self.faults,
            rate=self.method_rate,
            scopes=self.scopes,
            app_scopes=self.app_scopes,
            unknown_methods=self.unknown_methods,
            get_tokens=lambda: (self.bot_token, self.app_token),
            check_issued=self.installs.check,
        )
        app = web.Application(client_max_size=_MAX_UPLOAD_BYTES)
        app.router.add_route("*", "/api/{method}", self.web_api.handle)
        app.router.add_post("/upload/v1/{file_id}", files.take_bytes)
        app.router.add_get("/files/{file_id}", files.serve)
        app.router.add_post("/response/{token}", self._response_urls.handle)
        app.router.add_get("/oauth/v2/authorize", self.installs.authorize)
        app.router.add_get("/openid/connect/authorize", self.sign_in.authorize)
        app.router.add_get("/link", self._sockets.handle)
        return app
