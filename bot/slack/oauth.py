"""Installing through OAuth, and renewing what comes of it.

https://docs.slack.dev/authentication/installing-with-oauth
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from bot.credentials import CLIENT_SECRET_REFUSED, Secret
from bot.errors import SlackError, SlackUnavailable
from bot.slack.failures import translated
from bot.slack.installation import Installation, Tokens
from bot.slack.scopes import OPTIONAL_SCOPES, REQUIRED_SCOPES

AUTHORIZE_URL: Final = "https://slack.com/oauth/v2/authorize"
# https://docs.slack.dev/reference/methods/oauth.v2.access#errors
_APP_REFUSED: Final = CLIENT_SECRET_REFUSED | {"bad_client_id", "invalid_client_id"}
_NOT_A_BOT: Final = "no_bot_token"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackOAuth:
    """The app at Slack's OAuth; ``client`` has no token of its own and retries nothing.

    ``redirect_url`` is one that the app lists. Every method that asks Slack raises :class:`~bot.errors.SlackError`.
    """

    client: AsyncWebClient
    client_id: str
    client_secret: Secret
    redirect_url: str
    authorize_url: str = AUTHORIZE_URL
    clock: Callable[[], float] = time.time

    def write_url(self, state: str) -> str:
        """Write where to send the browser of whoever installs the app."""
        query = {
            "client_id": self.client_id,
            "scope": ",".join((*REQUIRED_SCOPES, *OPTIONAL_SCOPES)),  # the app says which may be declined
            "redirect_uri": self.redirect_url,
            "state": state,
        }
        return f"{self.authorize_url}?{urlencode(query)}"

    async def exchange(self, code: str) -> Installation:
        """Exchange the code that somebody has come back with, which Slack takes once."""
        answer = await self._ask(code=code, redirect_uri=self.redirect_url)
        tokens = self._read_tokens(answer)
        return Installation(
            team=_read_id(answer, "team"),
            enterprise=_read_id(answer, "enterprise"),
            app=str(answer.get("app_id") or ""),
            bot_user=str(answer.get("bot_user_id") or ""),
            bot="",
            site_url="",
            scopes=str(answer.get("scope") or ""),
            installed_by=_read_id(answer, "authed_user") or "",
            tokens=tokens,
        )

    async def identify(self, tokens: Tokens) -> tuple[str, str]:
        """Ask for the id of the bot, which is not its user's, and for the address of the workspace."""
        with translated():
            answer = await self.client.auth_test(token=tokens.bot.get_secret_value())
        return str(answer.get("bot_id") or ""), str(answer.get("url") or "")

    async def refresh(self, refresh: SecretStr) -> Tokens:
        """Exchange a refresh token, which serves once, for a bot token and the next refresh token."""
        return self._read_tokens(await self._ask(grant_type="refresh_token", refresh_token=refresh.get_secret_value()))

    async def revoke(self, tokens: Tokens) -> None:
        """Take a bot token back, and with it the installation that it stands for."""
        with translated():
            await self.client.auth_revoke(token=tokens.bot.get_secret_value())

    async def _ask(self, **form: str) -> Mapping[str, Any]:
        """Ask; where Slack refuses the client secret, once more with another, for nothing has been exchanged."""
        return await self.client_secret.ask_with(
            lambda secret: self._access(secret, form),
            is_refused=lambda error: isinstance(error, SlackError) and error.reason in CLIENT_SECRET_REFUSED,
        )

    async def _access(self, secret: SecretStr, form: Mapping[str, str]) -> Mapping[str, Any]:
        """Ask once; the SDK's own method sends id and secret by a class that aiohttp will not have for long.

        Settings that Slack refuses are to be mended, and say nothing of a workspace.
        """
        app = {"client_id": self.client_id, "client_secret": secret.get_secret_value()}
        try:
            with translated():
                answer = await self.client.api_call("oauth.v2.access", data={**app, **form})
        except SlackError as error:
            if error.reason in _APP_REFUSED:
                raise SlackUnavailable(reason=error.reason) from error
            raise
        return answer.data if isinstance(answer.data, dict) else {}

    def _read_tokens(self, answer: Mapping[str, Any]) -> Tokens:
        token, refresh, lasts_s = (answer.get(name) for name in ("access_token", "refresh_token", "expires_in"))
        if not isinstance(token, str) or answer.get("token_type") != "bot":
            raise SlackError(reason=_NOT_A_BOT)
        return Tokens(
            bot=SecretStr(token),
            refresh=SecretStr(refresh) if isinstance(refresh, str) else None,
            expires_at_s=self.clock() + lasts_s if isinstance(lasts_s, int | float) else None,
        )


def _read_id(answer: Mapping[str, Any], name: str) -> str | None:
    found = answer.get(name)
    value = found.get("id") if isinstance(found, dict) else None
    return str(value) if value else None
