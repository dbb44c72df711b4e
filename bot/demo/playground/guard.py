"""Who may speak with the page's server: its own page alone, in a browser of this machine.

A browser that was led here under another host's name (DNS rebinding), or by a page of another origin, is refused.
https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Origin
"""

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

_NAMES: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_SAFE: Final = frozenset({"GET", "HEAD"})
_JSON: Final = "application/json"
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@web.middleware
async def guard(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse what does not come from the page."""
    if not _is_own_host(request) or not _is_own_origin(request):
        raise web.HTTPForbidden
    if request.method not in _SAFE and request.content_type != _JSON:
        raise web.HTTPUnsupportedMediaType
    return await handler(request)


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Add what keeps the page to itself."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)


def _is_own_host(request: web.Request) -> bool:
    """Tell whether the host is named as this machine; a port that is forwarded here may be any."""
    try:
        return urlsplit(f"//{request.host}").hostname in _NAMES
    except ValueError:
        return False


def _is_own_origin(request: web.Request) -> bool:
    origin = request.headers.get("Origin")
    return origin in (None, f"http://{request.host}")
