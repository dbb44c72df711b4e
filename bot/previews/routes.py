"""The routes of previews: a frame of ours, the page inside of it, the file, and signing in.

The page's address holds a ticket in place of the link's token, for a page that runs scripts can read its own address.
The ticket lasts some minutes and stands for whoever was given the frame, so that the page needs no cookie: whether a
browser sends one into a sandbox is its own affair.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from aiohttp import web

from bot.audit import note_act
from bot.core.ids import make_reference
from bot.core.models import Result
from bot.core.page_serve import find_anchors, serve_scripted, serve_stepped
from bot.errors import BotError, SignInFailed
from bot.previews.answers import Answers
from bot.previews.cookies import Cookies
from bot.previews.frame import Frame, Step, Version
from bot.previews.policy import Scripts
from bot.previews.seals import Seal, hash_token, make_token
from bot.previews.sign_in import Person, SlackSignIn
from bot.previews.store import Previews

SIGNED_IN_PATH: Final = "/p/signed-in"
_LINK_PATH: Final = "/p/{token:[A-Za-z0-9_-]{43}}"
_FILE_NAME: Final = "prototype.html"
_TICKET_S: Final = 300.0
_UNKNOWN: Final = "unknown"
_CODE_CHARS: Final = 1_000
_log: Final = structlog.get_logger("previews")

Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRoutes:
    """Serves previews; with ``sign_in`` to people of the result's workspace, without it to whoever has the link."""

    previews: Previews
    answers: Answers
    cookies: Cookies
    scripts: Scripts = "none"
    sign_in: SlackSignIn | None = None
    clock: Callable[[], float] = time.time

    def add_to(self, app: web.Application) -> None:
        """Add the routes; whatever else is under ``/p/`` is not found in the same way."""
        routes: dict[str, Handler] = {
            _LINK_PATH: self.show_frame,
            f"{_LINK_PATH}/{_FILE_NAME}": self.download,
            "/p/page/{ticket}": self.show_page,
            SIGNED_IN_PATH: self.end_sign_in,
            "/p/{rest:.*}": self.show_nothing,
        }
        for path, handler in routes.items():
            app.router.add_get(path, partial(self._answer, handler))

    async def show_frame(self, request: web.Request) -> web.Response:
        """Show the frame, which loads the page; ``?again`` signs in as somebody else."""
        token = request.match_info["token"]
        person = self._read_person(request)
        if self.sign_in is not None and (person is None or "again" in request.query):
            return self._begin_sign_in(self.sign_in, token)
        result = await self._find(token, person)
        _note_look("open_preview", person, result)
        if result is None:
            return self.answers.say_not_found()
        titles = [step.title for step in result.flow.steps]
        anchors = await asyncio.to_thread(find_anchors, self._choose_page(result), titles=titles)
        frame = Frame(
            name=result.flow.name,
            language=result.language,
            version=result.version,
            versions=await self._list_versions(result),
            steps=[Step(title=title, anchor=anchor) for title, anchor in zip(titles, anchors, strict=True)],
            page_url=f"page/{self._tickets.close({'preview': hash_token(token)})}",
            download_url=f"{token}/{_FILE_NAME}",
            scripts=self.scripts,
        )
        return self.answers.show_frame(frame)

    async def show_page(self, request: web.Request) -> web.Response:
        """Show the page, to a frame of ours only."""
        claims = self._tickets.open(request.match_info["ticket"])
        result = await self.previews.find_by_hash(claims["preview"] if claims else "")
        if result is None:
            return self.answers.say_not_found()
        if not self._is_for_frame(request):
            return self._lead_to_frame(result)
        return self.answers.show_page(await self._prepare(result), scripts=self.scripts)

    async def download(self, request: web.Request) -> web.Response:
        """Hand out the page as the file that was delivered."""
        token = request.match_info["token"]
        person = self._read_person(request)
        if self.sign_in is not None and person is None:
            return self._begin_sign_in(self.sign_in, token)
        result = await self._find(token, person)
        _note_look("download", person, result)
        if result is None:
            return self.answers.say_not_found()
        return self.answers.hand_out(result.html, name=_FILE_NAME)

    async def end_sign_in(self, request: web.Request) -> web.Response:
        """Take back whom Slack has signed in, and lead on to the preview."""
        if self.sign_in is None:
            return self.answers.say_not_found()
        state = request.query.get("state", "")
        token = self.sign_in.read_target(state)
        try:
            person = await self.sign_in.finish(
                code=request.query.get("code", "")[:_CODE_CHARS], state=state, secret=self.cookies.read_secret(request)
            )
        except SignInFailed as error:
            _log.info("sign_in_failed", reason=error.reason)
            note_act("sign_in", actor=_UNKNOWN, object=None, decision=error.code)
            return self.answers.say_not_signed_in(token)
        _log.info("signed_in", team=person.team, user=person.user)
        note_act("sign_in", actor=person.user, object=person.team, decision="done")
        response = self.answers.redirect(f"{self.cookies.prefix}/p/{token}")
        self.cookies.set_session(response, self.sign_in.open_session(person))
        return response

    async def show_nothing(self, _: web.Request) -> web.Response:
        """Answer whatever else is asked for."""
        return self.answers.say_not_found()

    async def _answer(self, handler: Handler, request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except BotError as error:
            _log.warning("preview_failed", code=error.code)
            return self.answers.say_unavailable()

    async def _find(self, token: str, person: Person | None) -> Result | None:
        """Find what a link leads to, for somebody who may see it."""
        result = await self.previews.find(token)
        if result is None or self.sign_in is None:
            return result
        return result if person is not None and person.team == result.team else None

    async def _prepare(self, result: Result) -> str:
        """Clean and mark the page, in a thread: one of 100 kB takes 40 ms and more."""
        titles = [step.title for step in result.flow.steps]
        if self.scripts == "model":
            return await asyncio.to_thread(serve_scripted, self._choose_page(result), titles=titles)
        script = self.answers.assets.page_script
        return await asyncio.to_thread(
            serve_stepped, result.html, titles=titles, language=result.language, script=script
        )

    def _choose_page(self, result: Result) -> str:
        """Choose the page with its scripts where they are to run, and were kept."""
        return (self.scripts == "model" and result.scripted_html) or result.html

    async def _list_versions(self, result: Result) -> list[Version]:
        """List the versions of the thread whose links live."""
        if result.thread is None:
            return []
        versions = await self.previews.results.list_versions(result.thread)
        tokens = await self.previews.make_tokens([job_id for _, job_id in versions])
        return [Version(number=number, url=tokens[job_id]) for number, job_id in versions if job_id in tokens]

    @property
    def _tickets(self) -> Seal:
        return Seal(key=self.previews.key, purpose="page", lifetime_s=_TICKET_S, clock=self.clock)

    def _is_for_frame(self, request: web.Request) -> bool:
        """Tell whether a browser loads the page into a frame of ours.

        Over plain HTTP browsers do not say (https://w3c.github.io/webappsec-fetch-metadata/): then a page without
        scripts of its own, which does nothing anywhere, is let through.
        """
        dest, site = request.headers.get("Sec-Fetch-Dest"), request.headers.get("Sec-Fetch-Site")
        if dest is None and not self.cookies.is_secure and self.scripts == "none":
            return True
        return dest == "iframe" and site == "same-origin"

    def _lead_to_frame(self, result: Result) -> web.Response:
        """Lead from the bare page to its frame; not where a script of the page's might pass its address on."""
        if self.scripts == "model":
            return self.answers.say_not_found()
        return self.answers.redirect(f"{self.cookies.prefix}/p/{make_token(self.previews.key, result.job_id)}")

    def _read_person(self, request: web.Request) -> Person | None:
        return None if self.sign_in is None else self.sign_in.read_session(self.cookies.read_session(request))

    def _begin_sign_in(self, sign_in: SlackSignIn, token: str) -> web.Response:
        """Send somebody to Slack, whether or not there is a preview: that is for members to know."""
        start = sign_in.begin(token=token)
        response = self.answers.redirect(start.url)
        self.cookies.set_secret(response, start.secret)
        return response


def _note_look(action: str, person: Person | None, result: Result | None) -> None:
    """Say in the audit stream who looked at what; with the link alone nobody knows who it was."""
    note_act(
        action,
        actor=person.user if person else _UNKNOWN,
        **({"team": person.team} if person else {}),
        object=make_reference(result.job_id) if result else None,
        decision="shown" if result else "not_found",
    )


def make_routes(
    previews: Previews,
    *,
    scripts: Scripts = "none",
    sign_in: SlackSignIn | None = None,
    clock: Callable[[], float] = time.time,
) -> PreviewRoutes:
    """Make the routes of a server that people reach at the address that its links begin with."""
    return PreviewRoutes(
        previews=previews,
        answers=Answers(can_sign_in=sign_in is not None),
        cookies=Cookies(public_url=previews.public_url),
        scripts=scripts,
        sign_in=sign_in,
        clock=clock,
    )
