"""What Slack says of the app's tokens: whose they are, what they may, what time it is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Self

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.credentials import Secret
from bot.slack.connection import SettingBearer, copy_without_retries, make_client
from bot.slack.failures import translated


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenHolder:
    """Whose a token is; ``scopes`` are None where Slack does not tell, ``date`` is Slack's clock, to the second."""

    user: str
    team: str
    scopes: frozenset[str] | None
    date: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """Asks Slack about one token, once; raises :class:`~bot.errors.SlackError`."""

    client: AsyncWebClient
    token: Secret

    @classmethod
    def open(cls, *, token: str, api_url: str, session: aiohttp.ClientSession) -> Self:
        """Make it for a token; does not close the session."""
        secret = Secret.fixed(token)
        client = make_client(bearer=SettingBearer(secret=secret), api_url=api_url, session=session)
        return cls(client=copy_without_retries(client), token=secret)

    async def identify(self) -> TokenHolder:
        """Ask whose the token is: https://docs.slack.dev/reference/methods/auth.test."""
        with translated():
            answer = await self.client.auth_test()
        return TokenHolder(
            user=str(answer.get("user") or ""),
            team=str(answer.get("team") or ""),
            scopes=_read_scopes(answer.headers),
            date=_read_date(answer.headers),
        )

    async def ask_for_socket(self) -> None:
        """Ask for the address of a socket, which is not opened: a part of the events would come by it.

        https://docs.slack.dev/reference/methods/apps.connections.open
        """
        with translated():
            await self.client.apps_connections_open(app_token=self.token.read().get_secret_value())


def _read_scopes(headers: Mapping[str, str]) -> frozenset[str] | None:
    listed = headers.get("x-oauth-scopes")
    return None if listed is None else frozenset(scope.strip() for scope in listed.split(",") if scope.strip())


def _read_date(headers: Mapping[str, str]) -> datetime | None:
    try:
        date = parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else None
