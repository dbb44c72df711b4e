"""The page's server on loopback: its files, what happens as events, acts in a person's name.

docs/playground.md has the wire.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

from aiohttp import web
from pydantic import ValidationError

import bot.demo
from bot.demo.playground.acts import Acts
from bot.demo.playground.guard import add_headers, guard
from bot.demo.playground.requests import Crash, SwitchCodemie, SwitchTrouble, read_act
from bot.demo.playground.stream import Stream
from bot.demo.workspace import Workspace

_FOLDER: Final = Path(bot.demo.__file__).with_name("page")
_FIRST_USER: Final = "U1"
_UNKNOWN: Final = "union_tag_invalid"
# These need no bot.
_OWN: Final = (SwitchTrouble, SwitchCodemie, Crash)


@dataclass(slots=True, kw_only=True)
class Site:
    """Serves the page; ``wait_until_ready`` says whether the bot takes requests, once that is known.

    The first browser that comes is Olena's, and says which language she uses Slack in.
    """

    workspace: Workspace
    acts: Acts
    stream: Stream
    wait_until_ready: Callable[[], Awaitable[bool]]
    _has_greeted: bool = False

    def make_app(self) -> web.Application:
        """Make the application."""
        app = web.Application(middlewares=[guard])
        app.on_response_prepare.append(add_headers)
        app.on_shutdown.append(self.stream.close)
        app.router.add_get("/", self.show_page)
        app.router.add_get("/live", self.stream.serve)
        app.router.add_post("/act", self.take_act)
        app.router.add_get("/files/{file_id}", self.send_file)
        app.router.add_static("/page", _FOLDER)
        return app

    async def show_page(self, request: web.Request) -> web.FileResponse:
        """Show the page."""
        if not self._has_greeted:
            self._has_greeted = True
            self.workspace.set_locale(_FIRST_USER, _read_locale(request.headers.get("Accept-Language", "")))
        return web.FileResponse(_FOLDER / "app" / "index.html")

    async def take_act(self, request: web.Request) -> web.Response:
        """Do something in a person's name; it is answered once it is done."""
        try:
            act = read_act(json.loads(await request.read()))
        except ValidationError as error:
            is_unknown = any(problem["type"] == _UNKNOWN for problem in error.errors(include_input=False))
            return _refuse(HTTPStatus.BAD_REQUEST, "unknown_act" if is_unknown else "bad_request")
        except (ValueError, RecursionError):  # the latter of JSON that is nested deeper than it can be read
            return _refuse(HTTPStatus.BAD_REQUEST, "bad_request")
        if not isinstance(act, _OWN) and not await self.wait_until_ready():
            return _refuse(HTTPStatus.SERVICE_UNAVAILABLE, "not_ready")
        try:
            await self.acts.carry_out(act)
        except LookupError:
            return _refuse(HTTPStatus.NOT_FOUND, "gone")
        except ValueError:
            return _refuse(HTTPStatus.CONFLICT, "invalid")
        return web.json_response({})

    async def send_file(self, request: web.Request) -> web.Response:
        """Send the content of a file, to be shown as a picture or kept, and never to be run."""
        file = self.workspace.files.get(request.match_info["file_id"])
        if file is None or file.content is None:
            raise web.HTTPNotFound
        response = web.Response(body=file.content, content_type=file.mimetype)
        response.headers["Content-Disposition"] = "attachment"
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return response


def _read_locale(accepted: str) -> str:
    """Choose one of the two languages by the one that a browser names first."""
    return "uk-UA" if accepted.strip().lower().startswith("uk") else "en-US"


def _refuse(status: HTTPStatus, word: str) -> web.Response:
    return web.json_response({"error": word}, status=status)
