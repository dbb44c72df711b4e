"""``GET /live``: what a person sees as server-sent events, from the whole of it on.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from bot.demo.playground.feed import Feed
from bot.demo.playground.outlook import Outlook
from bot.demo.playground.traffic import Traffic
from bot.demo.workspace import Workspace

_HEARTBEAT_S: Final = 15.0


@dataclass(slots=True, kw_only=True)
class Stream:
    """Serves ``/live``; ``show_operations`` shows the state of the playground itself."""

    workspace: Workspace
    traffic: Traffic
    show_operations: Callable[[], Mapping[str, object]] = dict
    _feeds: list[Feed] = field(default_factory=list)
    _is_closing: bool = False

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Tell a page everything, and then what changes, until it leaves."""
        user = self.workspace.state.users.get(request.query.get("user", ""))
        if user is None or user.is_bot:
            raise web.HTTPNotFound
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        with suppress(ConnectionError):
            async with aclosing(self._tell(user.id)) as told:
                async for event, value in told:
                    await response.write(_encode(event, value))
        return response

    def look_again(self) -> None:
        """Have every page told what changed in the playground itself."""
        for feed in self._feeds:
            feed.look_again()

    async def close(self, _: web.Application | None = None) -> None:
        """Let every page go."""
        self._is_closing = True
        self.look_again()

    async def _tell(self, user: str) -> AsyncGenerator[tuple[str, Any], None]:
        """Yield the events of one page; without any for a while, an empty change shows that the server is there."""
        feed = Feed(outlook=Outlook(workspace=self.workspace, me=user), show_operations=self.show_operations)
        with ExitStack() as stack:
            stack.callback(self.workspace.subscribe(feed.note))
            stack.callback(self.traffic.subscribe(feed.note_traffic))
            self._feeds.append(feed)
            stack.callback(self._feeds.remove, feed)
            yield "snapshot", {**feed.tell_everything(), "traffic": list(self.traffic.entries)}
            while not self._is_closing:
                async for event in self._wait(feed):
                    yield event

    async def _wait(self, feed: Feed) -> AsyncIterator[tuple[str, Any]]:
        try:
            async with asyncio.timeout(_HEARTBEAT_S):
                part, entries = await feed.wait_for_changes()
        except TimeoutError:
            feed.look_again()
            yield "change", {}
            return
        if part:
            yield "change", part
        if entries:
            yield "traffic", entries


def _encode(event: str, value: Any) -> bytes:  # noqa: ANN401 - JSON
    return f"event: {event}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode()
