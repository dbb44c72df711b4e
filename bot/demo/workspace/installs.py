"""Installing the app through OAuth: the page where somebody agrees, and the methods about tokens.

https://docs.slack.dev/authentication/installing-with-oauth , https://docs.slack.dev/authentication/using-token-rotation
"""

import secrets
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from yarl import URL

from bot.demo.workspace.args import ApiError, Args, Method
from bot.demo.workspace.records import Json
from bot.demo.workspace.sign_in import SignIn
from bot.demo.workspace.state import State
from bot.demo.workspace.world import APP_ID, BOT_USER, TEAM_DOMAIN

_CODE_LIFETIME_S: Final = 600.0


@dataclass(slots=True, kw_only=True)
class _Code:
    redirect_uri: str
    scopes: str
    expires_at: float


@dataclass(slots=True, kw_only=True)
class _Token:
    expires_at: float | None
    is_revoked: bool = False


@dataclass(slots=True, kw_only=True)
class Installs:
    """Gives out bot tokens; those of an app whose tokens rotate last ``lasts_s``, and are renewed by a refresh token.

    ``installer`` is who uses the browser; somebody who ``declines`` sends an error back. A workspace of an organisation
    names its ``enterprise``, and one whose organisation has the app as a whole gives out its tokens, which reach the
    workspaces in ``reached``.
    """

    state: State
    sign_in: SignIn
    scopes: AbstractSet[str]
    lasts_s: float | None = None
    installer: str = "U1"
    declines: bool = False
    enterprise: str | None = None
    is_org_wide: bool = False
    reached: Collection[str] = ()
    refreshes: int = 0
    _codes: dict[str, _Code] = field(default_factory=dict)
    _tokens: dict[str, _Token] = field(default_factory=dict)
    _refresh_tokens: set[str] = field(default_factory=set)

    def get_methods(self) -> Mapping[str, Method]:
        """List the methods by name; those that are open have an authentication of their own."""
        return {
            "oauth.v2.access": Method(handle=self.access, is_open=True),
            "auth.revoke": Method(handle=self.revoke, is_open=True),
            "auth.teams.list": Method(handle=self.list_teams),
        }

    @property
    def tokens(self) -> list[str]:
        """The bot tokens that were given out and not revoked, oldest first."""
        return [token for token, known in self._tokens.items() if not known.is_revoked]

    def knows(self, text: str) -> bool:
        """Tell whether a code or a token is of this workspace."""
        return text in self._codes or text in self._tokens or text in self._refresh_tokens

    def check(self, token: str) -> None:
        """Refuse a bot token that was not given out, or is over. Raises :class:`ApiError`."""
        known = self._tokens.get(token)
        if known is None:
            raise ApiError("invalid_auth")
        if known.is_revoked:
            raise ApiError("token_revoked")
        if known.expires_at is not None and self.state.clock() >= known.expires_at:
            raise ApiError("token_expired")

    def expire(self) -> None:
        """Let every token that rotates end now."""
        for known in self._tokens.values():
            known.expires_at = None if known.expires_at is None else self.state.clock()

    def revoke_all(self) -> None:
        """Revoke everything that was given out."""
        for known in self._tokens.values():
            known.is_revoked = True
        self._refresh_tokens.clear()

    async def authorize(self, request: web.Request) -> web.Response:
        """Send whoever installs the app back to it."""
        query = request.query
        redirect_uri = query.get("redirect_uri", "")
        if query.get("client_id") != self.sign_in.client_id or not redirect_uri or not query.get("scope"):
            return web.Response(status=400, text="Oh no! Something went wrong")
        back = {"state": query["state"]} if "state" in query else {}
        if self.declines:
            return _send_back(redirect_uri, {"error": "access_denied", **back})
        code = secrets.token_hex(8)
        self._codes[code] = _Code(
            redirect_uri=redirect_uri,
            scopes=query["scope"],
            expires_at=self.state.clock() + _CODE_LIFETIME_S,
        )
        return _send_back(redirect_uri, {"code": code, **back})

    def access(self, args: Args) -> Json:
        """Give out a token for a code or for a refresh token: https://docs.slack.dev/reference/methods/oauth.v2.access."""
        self.sign_in.check_app(args)
        if args.text("grant_type") == "refresh_token":
            return self._refresh(args.text("refresh_token"))
        code = self._codes.pop(args.text("code"), None)
        if code is None or self.state.clock() > code.expires_at:
            raise ApiError("invalid_code")
        if args.text("redirect_uri") != code.redirect_uri:
            raise ApiError("bad_redirect_uri")
        return self._give(code.scopes)

    def revoke(self, args: Args) -> Json:
        """Revoke the token of the call: https://docs.slack.dev/reference/methods/auth.revoke."""
        self.check(args.text("token"))
        self._tokens[args.text("token")].is_revoked = True
        return {"revoked": True}

    def list_teams(self, args: Args) -> Json:
        """List where an organisation's token works, one at a time: so few there are in a test."""
        teams = sorted(self.reached)
        at = teams.index(args.text("cursor")) if args.text("cursor") else 0
        page = [{"id": team, "name": TEAM_DOMAIN} for team in teams[at : at + 1]]
        return {"teams": page, "response_metadata": {"next_cursor": "".join(teams[at + 1 : at + 2])}}

    def _refresh(self, refresh_token: str) -> Json:
        """Take a refresh token, once."""
        if refresh_token not in self._refresh_tokens:
            raise ApiError("invalid_refresh_token")
        self._refresh_tokens.remove(refresh_token)
        self.refreshes += 1
        return self._give(",".join(sorted(self.scopes)))

    def _give(self, scopes: str) -> Json:
        token, rotation = f"xoxb-{secrets.token_hex(12)}", {}
        if self.lasts_s is not None:
            token, refresh = f"xoxe.{token}", f"xoxe-1-{secrets.token_hex(12)}"
            self._refresh_tokens.add(refresh)
            rotation = {"refresh_token": refresh, "expires_in": int(self.lasts_s)}
        expires_at = None if self.lasts_s is None else self.state.clock() + self.lasts_s
        self._tokens[token] = _Token(expires_at=expires_at)
        return {
            "access_token": token,
            "token_type": "bot",
            "scope": scopes,
            "bot_user_id": BOT_USER,
            "app_id": APP_ID,
            "team": None if self.is_org_wide else {"id": self.state.team, "name": TEAM_DOMAIN},
            "enterprise": {"id": self.enterprise, "name": "Org"} if self.enterprise else None,
            "is_enterprise_install": self.is_org_wide,
            "authed_user": {"id": self.installer},
            **rotation,
        }


def _send_back(redirect_uri: str, query: Mapping[str, str]) -> web.Response:
    return web.Response(status=302, headers={"Location": str(URL(redirect_uri).update_query(query))})
