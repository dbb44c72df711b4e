"""``GET /metrics``, and counting what the server is asked; the route is named by its template, never by the address."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.traces import find_route


class Registry(Protocol):
    """Where everything is counted."""

    def write(self, accept: str) -> tuple[bytes, str]:
        """Write everything in the format that a scraper accepts; return it with its content type."""
        ...

    def note_http(self, route: str, method: str, status: int, seconds: float) -> None:
        """Note a request to the bot's own server."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrapes:
    """The route; ``refresh`` is awaited before each scrape, and asks what can't be read at once."""

    registry: Registry
    refresh: Callable[[], Awaitable[None]]
    monotonic: Callable[[], float] = time.monotonic

    def add_to(self, app: web.Application) -> None:
        """Add the route, and count the requests to all routes."""
        app.router.add_get("/metrics", self.show)
        app.middlewares.insert(0, self._make_counter())  # outside of what turns errors into answers

    async def show(self, request: web.Request) -> web.Response:
        """Answer with everything that is counted, written in a thread."""
        await self.refresh()
        accept = request.headers.get("Accept", "")
        content, content_type = await asyncio.to_thread(self.registry.write, accept)
        return web.Response(body=content, headers={"Content-Type": content_type})

    def _make_counter(self) -> Middleware:
        @web.middleware
        async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
            began_s, status = self.monotonic(), 500
            try:
                response = await handler(request)
                status = response.status
            except web.HTTPException as answer:
                status = answer.status
                raise
            except asyncio.CancelledError:
                status = 499  # nginx's word for a client that has gone
                raise
            finally:
                self.registry.note_http(find_route(request), request.method, status, self.monotonic() - began_s)
            return response

        return count
