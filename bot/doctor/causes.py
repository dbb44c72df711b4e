"""Why a connection failed, read from the chain of typed errors that the bot's own error came from."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

import aiohttp
import httpx

from bot.doctor.codes import Code
from bot.network import make_proxies
from bot.settings import Settings


class Cause(StrEnum):
    """What was in the way; the values are words for a report."""

    EXPIRED = "its certificate has expired, or is not valid yet"
    MISNAMED = "its certificate is that of another name"
    TLS = "its certificate is not trusted"
    NOT_TLS = "it does not speak https there, or not as this machine does"
    PROXY = "the proxy refuses or can't be reached"
    NAME = "its name is not known"
    REFUSED = "nothing listens there"
    TIMEOUT = "no answer in time"
    OTHER = "the connection broke"


# Those that have the same codes whoever is asked; the certificate of an unknown authority is another story for each.
TLS_CODES: Final[Mapping[Cause, Code]] = {
    Cause.EXPIRED: Code.CERTIFICATE_EXPIRED,
    Cause.MISNAMED: Code.CERTIFICATE_MISNAMED,
    Cause.NOT_TLS: Code.NOT_TLS,
}
_PROXY: Final = (httpx.ProxyError, aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError)
_TIMEOUT: Final = (TimeoutError, httpx.TimeoutException)
# https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/#error-codes
_OUT_OF_DATE: Final = frozenset({9, 10})
_OTHER_NAME: Final = frozenset({62, 64})
_ON_THE_WAY: Final = frozenset({Cause.NAME, Cause.REFUSED, Cause.TIMEOUT})


def find_cause(error: BaseException, *, is_proxied: bool) -> Cause:
    """Find out what was in the way; where a proxy is, it is what was not reached."""
    kinds = {kind for link in _walk(error) if (kind := _read(link)) is not None}
    cause = next((kind for kind in Cause if kind in kinds), Cause.OTHER)
    return Cause.PROXY if cause in _ON_THE_WAY and is_proxied else cause


def has_proxy(url: str, settings: Settings) -> bool:
    """Tell whether a proxy is on the way to a URL."""
    return make_proxies(settings).find(url) is not None


def _read(error: BaseException) -> Cause | None:
    match error:
        case _ if isinstance(error, _PROXY):
            return Cause.PROXY
        case ssl.SSLError() if not isinstance(error, aiohttp.ClientSSLError):  # what it comes from says more
            return _read_tls(error)
        case socket.gaierror() | UnicodeError():  # the second for a name that no lookup takes
            return Cause.NAME
        case ConnectionRefusedError():
            return Cause.REFUSED
        case _ if isinstance(error, _TIMEOUT):
            return Cause.TIMEOUT
        case _:
            return None


def _read_tls(error: ssl.SSLError) -> Cause:
    if not isinstance(error, ssl.SSLCertVerificationError):
        return Cause.NOT_TLS
    if error.verify_code in _OUT_OF_DATE:
        return Cause.EXPIRED
    return Cause.MISNAMED if error.verify_code in _OTHER_NAME else Cause.TLS


def _walk(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those it came from, each once; attempts at several addresses are a group."""
    seen: list[BaseException] = [error]
    for link in seen:
        yield link
        group = link.exceptions if isinstance(link, BaseExceptionGroup) else ()
        behind = (link.__cause__, link.__context__, getattr(link, "os_error", None), *group)
        seen.extend(each for each in behind if isinstance(each, BaseException) and each not in seen)
