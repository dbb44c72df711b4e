"""How outgoing connections are made: whom they trust, and by which proxy they go. One answer for every client."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import httpx
from multidict import CIMultiDict
from yarl import URL

from bot.proxies import Proxies, read_direct, read_proxy
from bot.settings import Settings

_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What each client is made with; the certificates take 1 MB and 70 ms to read, so that all share one context."""

    tls: ssl.SSLContext
    proxies: Proxies


def make_network(settings: Settings) -> Network:
    """Make the network that the settings describe, which have made sure that the file of certificates can be read."""
    return Network(tls=_make_tls(settings.ssl_cert_file), proxies=make_proxies(settings))


def make_proxies(settings: Settings) -> Proxies:
    """Make the choice of proxies that the settings describe."""
    https, http = settings.https_proxy, settings.http_proxy
    return Proxies(
        https=read_proxy(https.get_secret_value()) if https else None,
        http=read_proxy(http.get_secret_value()) if http else None,
        direct=read_direct(settings.no_proxy or ""),
    )


def make_direct_network() -> Network:
    """Make the network without proxies and certificates of one's own."""
    return Network(tls=_make_tls(None), proxies=Proxies())


def _make_tls(more: Path | None) -> ssl.SSLContext:
    """Trust certifi's authorities, the system's, and ``more``: Slack's is a public one, CodeMie's may be private."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    if more is not None:
        context.load_verify_locations(cafile=more)
    return context


def open_session(
    network: Network,
    *,
    timeout_s: float = _TIMEOUT_S,
    trace_configs: Sequence[aiohttp.TraceConfig] = (),
    connector: aiohttp.BaseConnector | None = None,
    has_cookies: bool = True,
    is_raw: bool = False,
) -> aiohttp.ClientSession:
    """Open a session of aiohttp's, for WebSockets too; whoever opens it closes it. A raw one undoes no compression.

    Proxies are chosen for each request, redirects included, whatever a library such as Slack's SDK has chosen.
    Nothing is taken from the environment, which would be a password for the host in ``~/.netrc`` as well.
    """

    async def choose_way(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        proxy = network.proxies.find(str(request.url))
        request.update_proxy(URL(proxy.url) if proxy else None, None, CIMultiDict(proxy.headers) if proxy else None)
        return await handler(request)

    return aiohttp.ClientSession(
        connector=connector or aiohttp.TCPConnector(ssl=network.tls),
        cookie_jar=None if has_cookies else aiohttp.DummyCookieJar(),
        auto_decompress=not is_raw,
        middlewares=() if network.proxies.are_none else (choose_way,),
        timeout=aiohttp.ClientTimeout(total=timeout_s),
        trace_configs=list(trace_configs),
        trust_env=False,
    )
