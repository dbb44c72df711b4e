"""Sign in with Slack: the page that sends a person back with a code, and ``openid.connect.*``.

https://docs.slack.dev/authentication/sign-in-with-slack
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from yarl import URL

from bot.demo.workspace.args import ApiError, Args, Method
from bot.demo.workspace.records import Json
from bot.demo.workspace.stamps import stamp_team
from bot.demo.workspace.state import State
from bot.demo.workspace.world import TEAM_DOMAIN, User

ISSUER: Final = "https://slack.com"
_CODE_LIFETIME_S: Final = 600.0
_ID_TOKEN_LIFETIME_S: Final = 300


@dataclass(slots=True, kw_only=True)
class _Grant:
    """What a code stands for."""

    user: str
    redirect_uri: str
    nonce: str | None
    scopes: frozenset[str]
    expires_at: float
    is_used: bool = False


@dataclass(slots=True, kw_only=True)
class SignIn:
    """Signs people in to the app.

    ``user`` is who uses the browser: None is nobody, who is shown a page to sign in to Slack first. Somebody who
    ``denies`` sends an error back. An app may come back to any of ``redirect_uris``, anywhere if that is empty.
    """

    state: State
    client_id: str
    client_secret: str
    user: str | None = None
    denies: bool = False
    redirect_uris: frozenset[str] = frozenset()
    _grants: dict[str, _Grant] = field(default_factory=dict)
    _tokens: dict[str, _Grant] = field(default_factory=dict)

    def get_methods(self) -> Mapping[str, Method]:
        """List the methods by name; both have an authentication of their own."""
        return {
            "openid.connect.token": Method(handle=self.exchange, is_open=True),
            "openid.connect.userInfo": Method(handle=self.describe, is_open=True),
        }

    async def authorize(self, request: web.Request) -> web.Response:
        """Send the person of the browser back to the app."""
        query = request.query
        redirect_uri = query.get("redirect_uri", "")
        if problem := self._find_problem(query):
            return web.Response(status=400, text=f"Oh no! Something went wrong: {problem}")
        if self.user is None:
            return web.Response(text="Sign in to your workspace", content_type="text/html")
        back = {"state": query["state"]} if "state" in query else {}
        if self.denies:
            return _send_back(redirect_uri, {"error": "access_denied", **back})
        grant = _Grant(
            user=self.user,
            redirect_uri=redirect_uri,
            nonce=query.get("nonce"),
            scopes=frozenset(query["scope"].replace(",", " ").split()),
            expires_at=self.state.clock() + _CODE_LIFETIME_S,
        )
        code = self.state.make_id("code.")
        self._grants[code] = grant
        return _send_back(redirect_uri, {"code": code, **back})

    def exchange(self, args: Args) -> Json:
        """Exchange a code, once, for a token and the claims about its person.

        https://docs.slack.dev/reference/methods/openid.connect.token
        """
        self.check_app(args)
        if args.text("grant_type") not in ("", "authorization_code"):
            raise ApiError("invalid_grant_type")
        grant = self._grants.get(args.text("code"))
        if grant is None or self.state.clock() > grant.expires_at:
            raise ApiError("invalid_code")
        if grant.is_used:
            raise ApiError("code_already_used")
        if args.text("redirect_uri") != grant.redirect_uri:
            raise ApiError("bad_redirect_uri")
        grant.is_used = True
        token = self.state.make_id("xoxp-")
        self._tokens[token] = grant
        claims = self._make_claims(grant, token)
        return {"access_token": token, "token_type": "Bearer", "id_token": write_jwt(claims, self.client_secret)}

    def describe(self, args: Args) -> Json:
        """Tell who a token is of: https://docs.slack.dev/reference/methods/openid.connect.userInfo."""
        token = args.text("token")
        if not token:
            raise ApiError("not_authed")
        grant = self._tokens.get(token)
        if grant is None:
            raise ApiError("invalid_auth")
        user = self.state.users[grant.user]
        domain = {f"{ISSUER}/team_domain": TEAM_DOMAIN, f"{ISSUER}/team_name": TEAM_DOMAIN}
        return {**_describe(user, grant.scopes), **domain}

    def _find_problem(self, query: Mapping[str, str]) -> str | None:
        if query.get("client_id") != self.client_id:
            return "invalid_client_id"
        if query.get("response_type") != "code":
            return "invalid_response_type"
        if "openid" not in query.get("scope", "").replace(",", " ").split():
            return "invalid_scope"
        redirect_uri = query.get("redirect_uri", "")
        is_known = redirect_uri in self.redirect_uris if self.redirect_uris else bool(redirect_uri)
        return None if is_known else "bad_redirect_uri"

    def check_app(self, args: Args) -> None:
        """Refuse another app, or one without its secret. Raises :class:`ApiError`."""
        if args.text("client_id") != self.client_id:
            raise ApiError("invalid_client_id")
        if args.text("client_secret") != self.client_secret:
            raise ApiError("bad_client_secret")

    def _make_claims(self, grant: _Grant, token: str) -> Json:
        now = int(self.state.clock())
        digest = hashlib.sha256(token.encode()).digest()
        nonce = {} if grant.nonce is None else {"nonce": grant.nonce}
        claims: Json = {
            "iss": ISSUER,
            "aud": self.client_id,
            "exp": now + _ID_TOKEN_LIFETIME_S,
            "iat": now,
            "auth_time": now,
            "at_hash": _encode(digest[:16]),
            **nonce,
            **_describe(self.state.users[grant.user], grant.scopes),
        }
        stamped: Json = stamp_team(claims, self.state.team)
        return stamped


def write_jwt(claims: Json, secret: str) -> str:
    """Write a JWT signed with HS256; Slack's own are RS256, under keys that it publishes."""
    head = {"typ": "JWT", "alg": "HS256"}
    signed = ".".join(_encode(json.dumps(part).encode()) for part in (head, claims))
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_encode(digest)}"


def _describe(user: User, scopes: frozenset[str]) -> Json:
    claims: Json = {"sub": user.id, f"{ISSUER}/user_id": user.id, f"{ISSUER}/team_id": user.team_id}
    if "profile" in scopes:
        claims |= {"name": user.real_name, "locale": user.locale}
    if "email" in scopes:
        claims |= {"email": f"{user.name}@example.com", "email_verified": True}
    return claims


def _send_back(redirect_uri: str, query: Mapping[str, str]) -> web.Response:
    return web.Response(status=302, headers={"Location": str(URL(redirect_uri).update_query(query))})


def _encode(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
