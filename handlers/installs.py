"""``GET /slack/install`` and ``/slack/oauth_redirect``: a workspace installs the app, and its tokens are kept.

https://docs.slack.dev/authentication/installing-with-oauth
"""

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from bot.errors import BotError, SlackError
from bot.previews.answers import Answers
from bot.previews.frame import Notice
from bot.previews.seals import Seal
from bot.slack.installation import Installation, Tokens, Welcome

INSTALL_PATH: Final = "/slack/install"
INSTALLED_PATH: Final = "/slack/oauth_redirect"
STATE_S: Final = 600.0
_COOKIE: Final = "install_state"
_LONGEST_CHARS: Final = 1_000
_log: Final = structlog.get_logger("slack")
_audit: Final = structlog.get_logger("audit")

Handler = Callable[[web.Request], Awaitable[web.Response]]


class OAuth(Protocol):
    """The app at Slack's OAuth; what asks Slack raises :class:`~bot.errors.SlackError`."""

    def write_url(self, state: str) -> str:
        """Write where to send the browser of whoever installs the app."""
        ...

    async def exchange(self, code: str) -> Installation:
        """Exchange the code that somebody has come back with."""
        ...

    async def identify(self, tokens: Tokens) -> tuple[str, str]:
        """Ask for the id of the bot and the address of the workspace."""
        ...

    async def revoke(self, tokens: Tokens) -> None:
        """Take a bot token back."""
        ...


class Keeper(Protocol):
    """Where installations are kept."""

    async def keep(self, installation: Installation) -> None:
        """Keep an installation; raises StoreError."""
        ...


class OwnWorkspace(Protocol):
    """The workspace that needs no install; what would be taken back of it may be its one token."""

    async def find_out(self, team: str | None) -> bool:
        """Tell whether a workspace is this one; raises SlackError where nobody has told yet."""
        ...


class States(Protocol):
    """Which states have served."""

    async def spend(self, state: str) -> bool:
        """Note that a state serves now; false where it has before. Raises StoreError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallRoutes:
    """Leads to Slack and back; ``own`` is the workspace of the token in the settings, which keeps that token.

    The state is sealed, so that any process takes it; it serves once, for ten minutes, in the browser that was sent.
    """

    oauth: OAuth
    welcome: Welcome
    keeper: Keeper
    states: States
    seal: Seal
    answers: Answers
    own: OwnWorkspace | None
    public_url: str

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        for path, handler in ((INSTALL_PATH, self.begin), (INSTALLED_PATH, self.finish)):
            app.router.add_get(path, partial(self._answer, handler))

    async def begin(self, _: web.Request) -> web.Response:
        """Send somebody to Slack, where they choose a workspace and agree."""
        secret = secrets.token_urlsafe(32)
        response = self.answers.redirect(self.oauth.write_url(self.seal.close({"browser": _hash(secret)})))
        self._set_cookie(response, secret, max_age_s=int(STATE_S))
        return response

    async def finish(self, request: web.Request) -> web.Response:
        """Take back whom Slack has sent, and keep what they have installed."""
        if not await self._is_ours(request):
            _log.warning("install_failed", reason="state")
            return self.answers.say(Notice.INSTALL_FAILED, status=403, url=self._start)
        if "code" not in request.query:
            _log.info("install_declined")
            return self.answers.say(Notice.INSTALL_DECLINED, status=200, url=self._start)
        try:
            notice, status = await self._install(request.query["code"][:_LONGEST_CHARS])
        except SlackError as error:
            _log.warning("install_failed", reason=error.reason)
            return self.answers.say(Notice.INSTALL_FAILED, status=502, url=self._start)
        response = self.answers.say(notice, status=status, url=None)
        self._set_cookie(response, "", max_age_s=0)
        return response

    async def _install(self, code: str) -> tuple[Notice, int]:
        """Keep an installation, unless it is not welcome; raises SlackError."""
        installation = await self.oauth.exchange(code)
        if self.own is not None and await self.own.find_out(installation.team):
            _log_install(installation, decision="left_to_setting")
            return Notice.INSTALLED, 200
        if not self.welcome.includes(installation):
            _log_install(installation, decision="refused")
            await self._revoke(installation)
            return Notice.INSTALL_REFUSED, 403
        bot, site_url = await self.oauth.identify(installation.tokens)
        await self.keeper.keep(replace(installation, bot=bot, site_url=site_url))
        _log_install(installation, decision="allowed")
        return Notice.INSTALLED, 200

    async def _revoke(self, installation: Installation) -> None:
        try:
            await self.oauth.revoke(installation.tokens)
        except SlackError as error:
            _log.warning("token_not_revoked", installation=installation.id, reason=error.reason)

    async def _is_ours(self, request: web.Request) -> bool:
        """Tell whether a state is ours, of this browser, and has not served; from now on it has."""
        state = request.query.get("state", "")
        claims, secret = self.seal.open(state), request.cookies.get(self._cookie_name, "")
        if claims is None or not hmac.compare_digest(claims["browser"], _hash(secret)):
            return False
        return await self.states.spend(state)

    async def _answer(self, handler: Handler, request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except BotError as error:
            _log.error("install_failed", reason=error.code, exc_info=error)
            return self.answers.say(Notice.INSTALL_FAILED, status=503, url=self._start)

    def _set_cookie(self, response: web.Response, value: str, *, max_age_s: int) -> None:
        """Have the browser keep the secret; over TLS no other host of the domain can set it."""
        response.set_cookie(
            self._cookie_name,
            value,
            path="/",
            max_age=max_age_s,
            secure=self._is_secure,
            httponly=True,
            samesite="Lax",
        )

    @property
    def _start(self) -> str:
        """Where to begin again, under the path that a proxy may have the server at."""
        return f"{urlsplit(self.public_url).path.rstrip('/')}{INSTALL_PATH}"

    @property
    def _is_secure(self) -> bool:
        return self.public_url.startswith("https:")

    @property
    def _cookie_name(self) -> str:
        return f"__Host-{_COOKIE}" if self._is_secure else _COOKIE


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _log_install(installation: Installation, *, decision: str) -> None:
    """Say in the audit stream who has installed the app where."""
    _audit.info(
        "installed", actor=installation.installed_by, action="install", object=installation.id, decision=decision
    )
