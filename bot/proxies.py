"""By which proxy an address is reached, if by any: what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say. No I/O.

httpx, aiohttp and Slack's SDK each read these by rules of their own: aiohttp finds no proxy for a WebSocket, the SDK
does not look at NO_PROXY. Here is the one rule that all clients of the bot go by; it is that of curl and of Go.
https://curl.se/docs/manpage.html#--noproxy
"""

import base64
import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

_PORTS: Final = {"http": 80, "https": 443}
# A WebSocket goes the way of the scheme that it begins with.
_SCHEMES: Final = {"http": "http", "ws": "http", "https": "https", "wss": "https"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy; ``url`` is without its name and password, which are in ``headers``, for the proxy alone."""

    url: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """The proxies for addresses of either scheme, and the hosts that are reached without: see :func:`is_direct`."""

    https: Proxy | None = None
    http: Proxy | None = None
    direct: tuple[str, ...] = ()

    @property
    def are_none(self) -> bool:
        """Whether every address is reached without a proxy."""
        return self.https is None and self.http is None

    def find(self, url: str) -> Proxy | None:
        """Find the proxy for an address."""
        parts = urlsplit(url)
        scheme = _SCHEMES.get(parts.scheme)
        proxy = {"https": self.https, "http": self.http}.get(scheme or "")
        if (
            proxy is None
            or scheme is None
            or is_direct(self.direct, parts.hostname or "", parts.port or _PORTS[scheme])
        ):
            return None
        return proxy


def read_proxy(text: str) -> Proxy:
    """Read ``http://[NAME:PASSWORD@]HOST:PORT``; raises ValueError, which does not quote it.

    A proxy that is itself spoken to over TLS, or SOCKS, is none that all clients could use.
    """
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port or _PORTS["http"]
    except ValueError:
        host, port = None, 0
    if not host or parts.scheme != "http" or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("it is http://HOST:PORT, with NAME:PASSWORD@ before the host where the proxy wants them")
    at = f"[{host}]" if ":" in host else host
    headers = {}
    if parts.username is not None:
        words = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Proxy-Authorization"] = f"Basic {base64.b64encode(words.encode()).decode()}"
    return Proxy(url=f"http://{at}:{port}", headers=headers)


def read_direct(text: str) -> tuple[str, ...]:
    """Read NO_PROXY: names, addresses and networks, divided by commas or blanks."""
    return tuple(word.casefold() for word in re.split(r"[,\s]+", text) if word)


def is_direct(direct: tuple[str, ...], host: str, port: int) -> bool:
    """Tell whether a host is reached without a proxy.

    A name stands for itself and all below it, with or without a dot before it; ``*`` for everything; a network such
    as ``10.0.0.0/8`` for its addresses. A port behind a name, as in ``host:8443``, has to be the same.
    """
    name = host.casefold().rstrip(".")
    return any(word == "*" or _covers(word, name, port) for word in direct)


def _covers(word: str, name: str, port: int) -> bool:
    if (address := _read_address(name)) is not None:
        try:
            return address in ipaddress.ip_network(word.strip("[]"), strict=False)
        except ValueError:  # it is a name, or has a port
            return word in (f"{name}:{port}", f"[{name}]:{port}")
    suffix, _, wanted = word.partition(":")
    suffix = suffix.removeprefix("*").strip(".")
    is_port = not wanted or wanted == str(port)
    return is_port and bool(suffix) and (name == suffix or name.endswith(f".{suffix}"))


def _read_address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
