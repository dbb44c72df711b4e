"""The pool of connections to CodeMie and its identity provider."""

import ssl
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

import httpx

from bot.network import Network, make_direct_network
from bot.transport import PooledTransport


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds: to connect, of silence inside a stream, of one whole call."""

    connect_s: float = 5
    read_s: float = 90
    answer_s: float = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Connections in all, whether they are kept for the next request, and for how long they may idle.

    Any ``max_keepalive`` above 0 keeps them all: aiohttp has no bound of its own for idle ones.
    """

    max_connections: int = 20
    max_keepalive: int = 10
    keepalive_expiry_s: float = 30


DEFAULT_TIMEOUTS: Final = Timeouts()
_POOL: Final = Pool()


class _PlainClient(httpx.AsyncClient):
    """Sends a request as it is, and follows nothing: no cookies, redirects, logins or hooks.

    httpx looks for each of them at every response, makes objects of urllib's for the cookies, and writes a line of log.
    """

    def __init__(self, transport: PooledTransport, *, headers: dict[str, str], timeout: httpx.Timeout) -> None:
        super().__init__(transport=transport, headers=headers, timeout=timeout, trust_env=False)
        self._pooled = transport

    async def send(self, request: httpx.Request, *, stream: bool = False, **_: object) -> httpx.Response:
        """Send a request; the body is read unless it is to be streamed."""
        response = await self._pooled.handle_async_request(request)
        if not stream:
            async with aclosing(response):
                await response.aread()
        return response


def open_http(
    *, pool: Pool = _POOL, timeouts: Timeouts = DEFAULT_TIMEOUTS, network: Network | None = None
) -> httpx.AsyncClient:
    """Open the pool of connections; whoever opens it closes it.

    Keeps no cookies, follows no redirects, asks for no compression (a stream is read as it comes), and takes
    nothing from the environment.
    """
    limits = httpx.Limits(
        max_connections=pool.max_connections,
        max_keepalive_connections=pool.max_keepalive,
        keepalive_expiry=pool.keepalive_expiry_s,
    )
    return _PlainClient(
        PooledTransport(network or make_direct_network(), limits=limits),
        headers={"User-Agent": "codemie-slack-bot", "Accept-Encoding": "identity"},
        timeout=make_timeout(timeouts),
    )


def name_failure(error: BaseException, *, otherwise: str) -> str:
    """Name what kept a connection from being made, where it is for an operator to mend."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return "certificate_not_trusted"
    return "proxy_refused" if isinstance(error, httpx.ProxyError) else otherwise


def make_timeout(timeouts: Timeouts) -> httpx.Timeout:
    """Make httpx's timeouts; waiting for a free connection may take as long as an answer."""
    return httpx.Timeout(timeouts.read_s, connect=timeouts.connect_s, pool=timeouts.answer_s)
