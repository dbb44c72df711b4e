"""Stands before all that is under ``/api``: what goes wrong there is told in the one shape, and tells nothing more."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import structlog
from aiohttp import HttpVersion11, web
from aiohttp.typedefs import Handler, Middleware

from bot.api.access import Access
from bot.api.failures import ApiFailure, fail_http, fail_unexpectedly
from bot.core.ids import make_reference

PREFIX: Final = "/api"
_DETAILS: Final = {
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
    413: "The body is too big.",
}
_NOT_ALLOWED: Final = 405
_CONTINUE: Final = "100-continue"
_log: Final = structlog.get_logger("api")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shield:
    """Answers for handlers that fail; ``make_reference`` names what is unexpected, for the log."""

    access: Access
    make_reference: Callable[[], str] = lambda: make_reference(uuid4().hex)

    def make_middleware(self) -> Middleware:
        """Make the middleware of an app that has other paths too."""

        @web.middleware
        async def shield(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path == PREFIX or request.path.startswith(f"{PREFIX}/"):
                return await self.handle(request, handler)
            return await handler(request)

        return shield

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Handle a request; no stack trace and no words of an exception get out."""
        try:
            self.access.check_enabled()
            return await handler(request)
        except ApiFailure as failure:
            return failure.answer(request.path)
        except web.HTTPException as error:
            return _translate(request, error)
        except Exception as error:  # noqa: BLE001 - nothing else stands between this and the client
            reference = self.make_reference()
            _log.error("api_broke", reference=reference, exc_info=error)
            return fail_unexpectedly(reference).answer(request.path)

    async def expect(self, request: web.Request) -> web.StreamResponse | None:
        """Let a body come that waits to be asked for, from whoever may send one; aiohttp asks this before a handler."""
        if request.version < HttpVersion11:
            return None
        if request.headers.get("Expect", "").lower() != _CONTINUE:
            return fail_http(417, "Nothing but 100-continue can be expected.").answer(request.path)
        try:
            self.access.check(request)
        except ApiFailure as failure:
            return failure.answer(request.path)
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself is yet to begin
        return None


def _translate(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    """Say in our shape what aiohttp's router found; a question for the methods is answered."""
    allow = error.headers.get("Allow")
    headers = {"Allow": _list_methods(allow)} if allow else {}
    if request.method == "OPTIONS" and error.status == _NOT_ALLOWED:
        return web.Response(status=204, headers=headers)
    detail = _DETAILS.get(error.status, "The request can't be answered.")
    return fail_http(error.status, detail, headers=headers).answer(request.path)


def _list_methods(allow: str) -> str:
    """List the methods of an address, with the one that asks for them."""
    return ", ".join(sorted({*(method.strip() for method in allow.split(",")), "OPTIONS"}))
