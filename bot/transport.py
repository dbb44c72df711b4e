"""httpx's requests over connections of aiohttp's, whose parser is C and whose pool looks at no other connection.

httpcore's pool looks at each of its connections once for each of them whenever a request begins or ends: with 150
streams open that is half of what a job costs. See "Connections of aiohttp's" in docs/decisions.md.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

import aiohttp
import httpx
from yarl import URL

from bot.network import Network, open_session

# aiohttp writes what it knows better, and adds a type where there is none.
_WRITTEN_ANYWAY: Final = frozenset({b"host", b"content-length", b"connection", b"transfer-encoding"})
# The first that fits: some of aiohttp's are of several kinds.
_ERRORS: Final[Sequence[tuple[type[Exception] | tuple[type[Exception], ...], type[httpx.TransportError]]]] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (TimeoutError, httpx.ReadTimeout),
    (aiohttp.ClientHttpProxyError, httpx.ProxyError),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    ((aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError), httpx.UnsupportedProtocol),
    (
        (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError, aiohttp.ClientResponseError),
        httpx.RemoteProtocolError,
    ),
)
_PAUSE_S: Final = 0.1
_LARGE_BYTES: Final = 64 * 1024
_NOT_ADDED: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class PooledTransport(httpx.AsyncBaseTransport):
    """One pool for all requests of a client, each by its own proxy; it is opened with the first of them.

    What comes of a stream within ``pause_s`` is read at once; its end is not waited for.
    """

    def __init__(self, network: Network, *, limits: httpx.Limits, pause_s: float = _PAUSE_S) -> None:
        self._network = network
        self._limits = limits
        self._pause_s = pause_s
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; raises what httpx's own transport would."""
        if self._session is None:
            self._session = self._open_session()
        with _translating(request):
            response = await self._session.request(
                request.method,
                URL(str(request.url), encoded=True),
                data=await request.aread() or None,
                headers=_list_headers(request),
                timeout=_read_timeout(request),
                skip_auto_headers=_NOT_ADDED,
                allow_redirects=False,
            )
        body = _Body(response, request, pause_s=self._pause_s)
        return httpx.Response(response.status, headers=list(response.raw_headers), stream=body, request=request)

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    def _open_session(self) -> aiohttp.ClientSession:
        most, idle_s = self._limits.max_connections or 0, self._limits.keepalive_expiry
        tls = self._network.tls
        if self._limits.max_keepalive_connections:
            connector = aiohttp.TCPConnector(ssl=tls, limit=most, keepalive_timeout=idle_s)
        else:
            connector = aiohttp.TCPConnector(ssl=tls, limit=most, force_close=True)
        return open_session(self._network, connector=connector, has_cookies=False, is_raw=True)


class _Body(httpx.AsyncByteStream):
    """What is answered; a connection whose body was not read to its end is closed.

    A model's words come in hundreds of segments a second. Waking for each of them costs more than reading them, so that
    between two pieces more is let come in.
    """

    def __init__(self, response: aiohttp.ClientResponse, request: httpx.Request, *, pause_s: float) -> None:
        self._response = response
        self._request = request
        self._pause_s = pause_s

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content = self._response.content
        with _translating(self._request):
            silence_s = self._take_over_timeout()
            while data := _take_rest(content) or await _read(content, silence_s):
                yield data
                if len(data) < _LARGE_BYTES and not (content.is_eof() or content.exception()):
                    await _let_come(content, self._pause_s)

    async def aclose(self) -> None:
        self._response.close()

    def _take_over_timeout(self) -> float | None:
        """Return how long a read may be silent, and keep aiohttp from setting a timer anew with each segment."""
        connection = self._response.connection
        if connection is not None and connection.protocol is not None:
            connection.protocol.read_timeout = None
        return _read_timeout(self._request).sock_read


async def _read(content: aiohttp.StreamReader, silence_s: float | None) -> bytes:
    """Read what has come, or comes next; nothing is the end."""
    async with asyncio.timeout(silence_s):
        return await content.readany()


async def _let_come(content: aiohttp.StreamReader, pause_s: float) -> None:
    """Pause, but not beyond the end; one that is bad is told by the next read."""
    with suppress(TimeoutError, aiohttp.ClientError, OSError):
        async with asyncio.timeout(pause_s):
            await content.wait_eof()


def _take_rest(content: aiohttp.StreamReader) -> bytes:
    """Take what came before a bad end, of which the reader would tell first."""
    if content.exception() is None:
        return b""
    pieces = content._buffer  # noqa: SLF001 - nothing public gives it any more
    rest = b"".join(pieces)
    pieces.clear()
    return rest


def _list_headers(request: httpx.Request) -> list[tuple[str, str]]:
    return [
        (name.decode("ascii"), value.decode("latin-1"))
        for name, value in request.headers.raw
        if name.lower() not in _WRITTEN_ANYWAY
    ]


def _read_timeout(request: httpx.Request) -> aiohttp.ClientTimeout:
    """Read httpx's four timeouts; here that of writing is none of its own."""
    timeouts = request.extensions.get("timeout") or {}
    return aiohttp.ClientTimeout(
        total=None, connect=timeouts.get("pool"), sock_connect=timeouts.get("connect"), sock_read=timeouts.get("read")
    )


@contextmanager
def _translating(request: httpx.Request) -> Iterator[None]:
    """Raise httpx's errors for aiohttp's, with their names alone: their texts have addresses and headers."""
    try:
        yield
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise _choose_error(error)(type(error).__name__, request=request) from error


def _choose_error(error: Exception) -> type[httpx.TransportError]:
    return next((kind for kinds, kind in _ERRORS if isinstance(error, kinds)), httpx.ReadError)
