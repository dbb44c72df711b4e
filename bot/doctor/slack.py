"""Slack: the tokens and their kinds, scopes against those of the manifest, the clock, the app's secrets."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import aiohttp
from pydantic import SecretStr

from bot.doctor.causes import TLS_CODES, Cause, find_cause, has_proxy
from bot.doctor.codes import Code
from bot.doctor.findings import LIMIT_S, Finding, limit, pass_over, report
from bot.errors import SlackError
from bot.loose_settings import Reading
from bot.settings import NETWORK_SETTINGS, Settings
from bot.slack.checkup import Checkup, TokenHolder
from bot.slack.failures import TOKEN_REFUSED, NotSlack
from bot.slack.scopes import OPTIONAL_SCOPES, REQUIRED_SCOPES

_NEEDED: Final = frozenset(name.upper() for name in NETWORK_SETTINGS | {"slack_bot_token", "slack_api_url"})
_DRIFT_S: Final = 60.0
# Kinds of tokens: https://docs.slack.dev/authentication/tokens; with rotation, xoxe. stands before.
_BOT_TOKEN: Final = re.compile(r"(xoxe\.)?xoxb-.+")
_APP_TOKEN: Final = re.compile(r"xapp-.+")
_KIND: Final = re.compile(r"(xoxe\.)?xox[a-z]-|xapp-|xoxe-")
_SIGNING_SECRET: Final = re.compile(r"[0-9a-f]{32}")
_CLIENT_ID: Final = re.compile(r"\d+\.\d+")
_REFUSALS: Final = TOKEN_REFUSED | {"user_removed_from_team", "team_access_not_granted", "org_login_required"}
_WRONG_KIND: Final = "not_allowed_token_type"
_WAYS: Final = {**TLS_CODES, Cause.TLS: Code.SLACK_TLS, Cause.PROXY: Code.SLACK_PROXY}
_DIRECTORY: Final = "users:read"
_NEITHER: Final = "one of SLACK_APP_TOKEN (Socket Mode) and SLACK_SIGNING_SECRET (HTTP mode) is needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackChecks:
    """The checks of Slack, each within ``limit_s``; ``now`` is this machine's clock."""

    reading: Reading
    session: aiohttp.ClientSession
    limit_s: float = LIMIT_S
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def settings(self) -> Settings:
        """The settings."""
        return self.reading.settings

    async def check(self) -> list[Finding]:
        """Make all of them."""
        bot, app_token = await asyncio.gather(self._check_bot(), self._check_app_token())
        return [*bot, app_token, *self._check_secrets()]

    async def _check_bot(self) -> list[Finding]:
        if self.settings.slack_bot_token is None and self.settings.welcome:
            return [pass_over("Slack bot token", "workspaces install the app, and bring tokens of their own")]
        if self.reading.find_problems(_NEEDED):
            return [pass_over("Slack bot token", "the settings of Slack have to be mended first")]
        holders: list[TokenHolder] = []
        token = await limit("Slack bot token", self._check_bot_token(holders), limit_s=self.limit_s)
        if not holders or token.code is not Code.OK:
            return [token, *(pass_over(name, "it takes a bot token that works") for name in ("scopes", "clock"))]
        scopes = holders[0].scopes
        guests = check_guests(scopes, has_guests=self.settings.allow_guests)
        return [token, *check_scopes(scopes), *guests, self._check_clock(holders[0].date)]

    async def _check_bot_token(self, holders: list[TokenHolder]) -> Finding:
        """Ask whose the token is, unless it is seen to be of another kind; keeps the holder."""
        name, secret = "Slack bot token", self.settings.slack_bot_token
        token = secret.get_secret_value() if secret else ""
        if not _BOT_TOKEN.fullmatch(token):
            return report(name, Code.SLACK_TOKEN_KIND, f"SLACK_BOT_TOKEN holds {_describe_kind(token)}")
        try:
            holder = await self._open(token).identify()
        except SlackError as error:
            if error.reason in _REFUSALS or error.reason == _WRONG_KIND:
                return report(name, Code.SLACK_TOKEN_REFUSED, f"Slack says {error.reason}")
            return self._explain(name, error)
        holders.append(holder)
        return report(name, Code.OK, f"bot {holder.user} in the workspace {holder.team}")

    def _check_clock(self, date: datetime | None) -> Finding:
        if date is None:
            return pass_over("clock", "Slack does not say what time it is")
        drift_s = (self.now() - date).total_seconds()
        detail = f"{abs(drift_s):.0f} s {'ahead of' if drift_s > 0 else 'behind'} Slack's, which tells whole seconds"
        return report("clock", Code.SLACK_CLOCK if abs(drift_s) > _DRIFT_S else Code.OK, detail)

    async def _check_app_token(self) -> Finding:
        name = "Slack app token"
        if self.settings.slack_app_token is None:
            return pass_over(name, "HTTP mode needs none" if self.settings.slack_signing_secret else _NEITHER)
        token = self.settings.slack_app_token.get_secret_value()
        if not _APP_TOKEN.fullmatch(token):
            return report(name, Code.SLACK_APP_TOKEN_KIND, f"SLACK_APP_TOKEN holds {_describe_kind(token)}")
        if self.reading.find_problems(_NEEDED - {"SLACK_BOT_TOKEN"}):
            return pass_over(name, "the settings of Slack have to be mended first")
        return await limit(name, self._ask_for_socket(name, token), limit_s=self.limit_s)

    async def _ask_for_socket(self, name: str, token: str) -> Finding:
        try:
            await self._open(token).ask_for_socket()
        except SlackError as error:
            return self._explain_app_token(name, error)
        return report(name, Code.OK, "Socket Mode gives an address")

    def _explain_app_token(self, name: str, error: SlackError) -> Finding:
        detail = f"Slack says {error.reason}"
        match error.reason:
            case "missing_scope":
                return report(name, Code.SLACK_APP_TOKEN_SCOPE, detail)
            case "not_allowed_token_type":
                return report(name, Code.SLACK_APP_TOKEN_KIND, detail)
            case "access_denied" | "forbidden_team" | "accesslimited" | "no_permission":
                return report(name, Code.SLACK_SOCKET_MODE, detail)
            case reason if reason in _REFUSALS:
                return report(name, Code.SLACK_APP_TOKEN_REFUSED, detail)
            case _:
                return self._explain(name, error)

    def _check_secrets(self) -> list[Finding]:
        settings = self.settings
        secret, client_secret = settings.slack_signing_secret, settings.slack_client_secret
        return [
            check_signing_secret(secret, client_secret=client_secret, is_socket_mode=settings.is_socket_mode),
            check_client(settings.slack_client_id, client_secret),
        ]

    def _explain(self, name: str, error: SlackError) -> Finding:
        """Explain why Slack was not heard."""
        reason = error.reason or ""
        if reason in {"http_200", "http_404", NotSlack.__name__} or reason.startswith("http_3"):
            return report(name, Code.SLACK_FOREIGN, f"what answers is not Slack's Web API ({reason})")
        is_proxied = has_proxy(str(self.settings.slack_api_url), self.settings)
        cause = find_cause(error, is_proxied=is_proxied)
        words = f"{self.settings.slack_api_url.host}: {cause}" if cause is not Cause.OTHER else f"Slack says {reason}"
        return report(name, _WAYS.get(cause, Code.SLACK_UNREACHABLE), words, setting="SLACK_API_URL")

    def _open(self, token: str) -> Checkup:
        return Checkup.open(token=token, api_url=str(self.settings.slack_api_url), session=self.session)


def check_scopes(granted: frozenset[str] | None) -> list[Finding]:
    """Compare what the token may with what the manifest asks for."""
    if granted is None:
        return [pass_over("scopes", "Slack does not tell them")]
    findings = []
    if missing := sorted(REQUIRED_SCOPES.keys() - granted):
        losses = _list_losses(missing, REQUIRED_SCOPES)
        findings.append(report("scopes", Code.SLACK_SCOPES_MISSING, f"no {losses}", scopes=", ".join(missing)))
    if declined := sorted(OPTIONAL_SCOPES.keys() - granted):
        losses = _list_losses(declined, OPTIONAL_SCOPES)
        words = {"scopes": ", ".join(declined), "losses": losses}
        findings.append(report("scopes", Code.SLACK_SCOPES_OPTIONAL, f"{len(declined)} not granted", **words))
    if extra := sorted(granted - REQUIRED_SCOPES.keys() - OPTIONAL_SCOPES.keys()):
        words = {"scopes": ", ".join(extra)}
        findings.append(report("scopes", Code.SLACK_SCOPES_EXTRA, f"{len(extra)} more than the manifest has", **words))
    return findings or [report("scopes", Code.OK, f"all {len(granted)} of the manifest")]


def check_guests(granted: frozenset[str] | None, *, has_guests: bool) -> list[Finding]:
    """Tell where guests are to be refused and nobody says who is one."""
    if has_guests or granted is None or _DIRECTORY in granted:
        return []
    return [report("guests", Code.SLACK_GUESTS_UNKNOWN, f"ALLOW_GUESTS is no, and {_DIRECTORY} is not granted")]


def check_signing_secret(secret: SecretStr | None, *, client_secret: SecretStr | None, is_socket_mode: bool) -> Finding:
    """Tell whether it looks like a signing secret; only a signed request shows that it is the right one."""
    name = "Slack signing secret"
    if secret is None:
        return pass_over(name, "Socket Mode needs none" if is_socket_mode else _NEITHER)
    if client_secret is not None and secret.get_secret_value() == client_secret.get_secret_value():
        return report(name, Code.SLACK_SIGNING_SECRET_SAME, "it is the client secret")
    if not _SIGNING_SECRET.fullmatch(secret.get_secret_value()):
        return report(name, Code.SLACK_SIGNING_SECRET_ODD, "it does not look like one")
    return report(name, Code.OK, "it looks like one")


def check_client(client_id: str | None, client_secret: SecretStr | None) -> Finding:
    """Tell whether the id and the secret for signing in look like an app's."""
    name = "Slack client id"
    if client_id is None or client_secret is None:
        return pass_over(name, "nobody signs in with Slack")
    secret = client_secret.get_secret_value()
    if client_id == secret:
        return report(name, Code.SLACK_CLIENT_SAME, "the id is the secret")
    if not _CLIENT_ID.fullmatch(client_id) or not _SIGNING_SECRET.fullmatch(secret):
        return report(name, Code.SLACK_CLIENT_ODD, "the id or the secret does not look like one")
    return report(name, Code.OK, "id and secret look like an app's")


def _describe_kind(token: str) -> str:
    """Say what kind of token it is, by its beginning alone."""
    kind = _KIND.match(token)
    return f"a token that begins with {kind[0]}" if kind else "something that is no token of Slack's"


def _list_losses(scopes: list[str], uses: Mapping[str, str]) -> str:
    return "; ".join(uses[scope] for scope in scopes)
