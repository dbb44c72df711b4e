"""The built-in CodeMie as one object: a small CodeMie on loopback, for the demo and the end-to-end tests."""

import asyncio
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from types import TracebackType
from typing import Any, Final, Self
from weakref import WeakSet

from aiohttp import web

from bot.demo.codemie.accounts import Accounts, Refused, answer_fault, answer_json
from bot.demo.codemie.archive import Archive
from bot.demo.codemie.assistants import Assistants
from bot.demo.codemie.chat import AnswerMaker, Chat, FaultMaker, Observer
from bot.demo.codemie.faults import Fault
from bot.demo.codemie.records import ChatCall, ClosedStream, Conversation
from bot.demo.codemie.runs import Pace
from bot.demo.gate import Gate

_HOST: Final = "127.0.0.1"
_PREFIX: Final = "/code-assistant-api"
_AUTH_PREFIX: Final = "/auth"
_MAX_BODY_BYTES: Final = 64 * 1024 * 1024

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BuiltInCodemie:
    """A CodeMie whose assistants answer with what ``answer`` makes of a turn.

    ``assistants`` are the ids that exist, None for any; the attribute of that name has what is stored of them.
    ``faults`` go to chats, one each, ``login_faults`` to logins, ``health_faults`` to checks of its health, which
    ``health_checks`` counts, ``erasure_faults`` to erasures of conversations; ``fault_for`` is asked first, with the
    turn and the number of the call, from 0. ``delay_s`` comes before the first chunk and ``chunk_delay_s`` after each,
    or as long as ``chars_per_s`` makes it; a chunk has
    ``chunk_chars`` characters. Calls are noted by ``clock``; ``port`` is where it listens, 0 for a free one.
    """

    def __init__(
        self,
        *,
        answer: AnswerMaker,
        fault_for: FaultMaker | None = None,
        assistants: Collection[str] | None = None,
        delay_s: float = 0.0,
        chunk_delay_s: float = 0.0,
        chunk_chars: int = 40,
        chars_per_s: float | None = None,
        client_id: str = "codemie-bot",
        client_secret: str = "demo-client-secret",  # noqa: S107 - of this server alone
        username: str = "bot@example.com",
        password: str = "demo-password",  # noqa: S107 - as above
        token_lifetime_s: float = 28_500,
        clock: Callable[[], float] = time.time,
        port: int = 0,
    ) -> None:
        self.accounts = Accounts(
            client_id=client_id,
            client_secret=client_secret,
            username=username,
            password=password,
            lifetime_s=token_lifetime_s,
        )
        self.pace = Pace(delay_s=delay_s, chunk_delay_s=chunk_delay_s, chunk_chars=chunk_chars, chars_per_s=chars_per_s)
        self.connections = 0
        self.health_checks = 0
        self.health_faults: deque[Fault] = deque()
        self.assistants = Assistants(accounts=self.accounts, known=assistants)
        self._archive = Archive(self.accounts)
        self._chat = Chat(
            answer=answer,
            fault_for=fault_for,
            assistants=self.assistants,
            pace=self.pace,
            accounts=self.accounts,
            archive=self._archive,
            clock=clock,
        )
        self._seen: WeakSet[asyncio.Transport] = WeakSet()
        self._runner: web.AppRunner | None = None
        self._port = port

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen on its port of loopback: the given one, or a free one, which it keeps if it is started again."""
        self._chat.closing.clear()
        self._runner = web.AppRunner(self._make_app(), access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, _HOST, self._port).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close every connection; what was recorded stays."""
        self._chat.closing.set()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    @property
    def port(self) -> int:
        """The port of loopback that it listens on."""
        return self._port

    @property
    def api_url(self) -> str:
        """What to set as ``CODEMIE_API_URL``."""
        return f"http://{_HOST}:{self._port}{_PREFIX}"

    @property
    def auth_url(self) -> str:
        """What to set as ``CODEMIE_AUTH_URL``; every realm is served."""
        return f"http://{_HOST}:{self._port}{_AUTH_PREFIX}"

    @property
    def token_url(self) -> str:
        """The token endpoint of the realm ``codemie``."""
        return f"{self.auth_url}/realms/codemie/protocol/openid-connect/token"

    @property
    def calls(self) -> list[ChatCall]:
        """Every chat that was asked for, in order."""
        return self._chat.calls

    @property
    def gate(self) -> Gate:
        """What every streamed chat passes, on its way in and before its last object; named ``chat``."""
        return self._chat.gate

    @gate.setter
    def gate(self, gate: Gate) -> None:
        self._chat.gate = gate

    @property
    def fault_for(self) -> FaultMaker | None:
        """What is asked first for what goes wrong with a chat, by its turn and number."""
        return self._chat.fault_for

    @fault_for.setter
    def fault_for(self, fault_for: FaultMaker | None) -> None:
        self._chat.fault_for = fault_for

    @property
    def closed_streams(self) -> list[ClosedStream]:
        """The streams that their client left in mid-answer, in order; :meth:`wait_for` is told of each."""
        return self._chat.closed_streams

    @property
    def faults(self) -> deque[Fault]:
        """What will go wrong with the next chats."""
        return self._chat.faults

    @property
    def login_faults(self) -> deque[Fault]:
        """What will go wrong with the next logins."""
        return self.accounts.faults

    @property
    def erasure_faults(self) -> deque[Fault]:
        """What will go wrong with the next erasures of conversations."""
        return self._archive.faults

    @property
    def conversations(self) -> dict[str, Conversation]:
        """The stored conversations by id; one that is popped is forgotten."""
        return self._archive.conversations

    @property
    def keeps_late(self) -> bool:
        """Whether a turn whose client has left is kept only by :meth:`keep_late`.

        The real server reads the model to its end before it keeps the turn.
        """
        return self._chat.keeps_late

    @keeps_late.setter
    def keeps_late(self, keeps_late: bool) -> None:
        self._chat.keeps_late = keeps_late

    def keep_late(self) -> None:
        """Keep the turns whose clients have left."""
        self._chat.keep_late()

    @property
    def feedback(self) -> list[dict[str, Any]]:
        """The bodies of the feedback that is kept."""
        return list(self._archive.feedback.values())

    @property
    def most_in_flight(self) -> int:
        """The most chats that were answered at a time."""
        return self._chat.most_in_flight

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Call ``observer`` when a chat comes and when it is over, until the returned function is called."""
        return self._chat.subscribe(observer)

    async def wait_for(self, predicate: Callable[[], bool], timeout_s: float = 20.0) -> None:
        """Wait until ``predicate`` is true; it is asked after every change of a chat. Raises ``TimeoutError``."""
        async with asyncio.timeout(timeout_s):
            while not predicate():
                await self._chat.wait_for_change()

    def _make_app(self) -> web.Application:
        app = web.Application(client_max_size=_MAX_BODY_BYTES, middlewares=[self._answer_refusals])
        app.router.add_post(
            f"{_AUTH_PREFIX}/realms/{{realm}}/protocol/openid-connect/token", self.accounts.handle_token
        )
        app.router.add_post(f"{_PREFIX}/v1/local-auth/login", self.accounts.handle_local_login)
        app.router.add_post(f"{_PREFIX}/v1/assistants/{{id}}/model", self._chat.handle)
        self.assistants.add_routes(app.router, _PREFIX)
        app.router.add_get(f"{_PREFIX}/v1/healthcheck", self._show_health)
        app.router.add_get(f"{_PREFIX}/v1/conversations/{{id}}", self._archive.handle_show)
        app.router.add_delete(f"{_PREFIX}/v1/conversations/{{id}}", self._archive.handle_delete)
        app.router.add_post(f"{_PREFIX}/v1/feedback", self._archive.handle_feedback)
        app.router.add_delete(f"{_PREFIX}/v1/feedback", self._archive.handle_withdrawal)
        return app

    @web.middleware
    async def _answer_refusals(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Count the connection, and answer as the real server where there is no such path."""
        if request.transport is not None and request.transport not in self._seen:
            self._seen.add(request.transport)
            self.connections += 1
        try:
            return await handler(request)
        except Refused as refused:
            return refused.response
        except web.HTTPNotFound:
            return answer_json({"detail": "Not Found"}, status=404)
        except web.HTTPMethodNotAllowed:
            return answer_json({"detail": "Method Not Allowed"}, status=405)

    async def _show_health(self, _: web.Request) -> web.Response:
        self.health_checks += 1
        if self.health_faults:
            return answer_fault(self.health_faults.popleft())
        return answer_json({"status": "healthy", "memory_usage_mb": 0.0, "cpu_percent": 0.0, "worker_pid": os.getpid()})
