"""The clients of Slack's Web API: one for the listeners, one for the poster."""

from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import aiohttp
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.credentials import Secret
from bot.ports import ignore
from bot.slack.calls import NoteCall, Sender
from bot.slack.failures import NotSlack, is_token_refused

_WAITS: Final = 5


class Bearer(Protocol):
    """The bot token of one workspace, as it stands; both methods raise :class:`~bot.errors.BotError` for none."""

    async def read(self) -> SecretStr:
        """Return the token for the next call."""
        ...

    async def renew(self, refused: SecretStr) -> SecretStr:
        """Return the token to try after one that Slack has refused; the same if there is no other."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingBearer:
    """The token that stands in the settings."""

    secret: Secret

    async def read(self) -> SecretStr:
        """Return the token of the last second."""
        return self.secret.read()

    async def renew(self, refused: SecretStr) -> SecretStr:  # noqa: ARG002 - the files alone tell
        """Look at the files now."""
        return self.secret.look()


class SlackClient(AsyncWebClient):
    """Calls with the bot token of this moment; one that Slack refuses is looked up anew, and the call made once more.

    The session chooses proxies and certificates: the SDK's own choice does not know of NO_PROXY.
    """

    def __init__(self, *, bearer: Bearer | None, api_url: str, sender: Sender) -> None:
        super().__init__(base_url=api_url.rstrip("/") + "/", session=sender.session, retry_handlers=[])
        self.proxy = None
        self.bearer = bearer
        self.sender = sender

    async def api_call(self, api_method: str, **options: Any) -> AsyncSlackResponse:  # noqa: ANN401 - as the SDK's
        """Call a method; one that is given a token of its own, as an app's, is called with that."""
        if self.bearer is None or "token" in (options.get("params") or ()):
            return await super().api_call(api_method, **options)
        secret = await self.bearer.read()
        try:
            return await self._call_with(secret, api_method, options)
        except SlackApiError as error:
            if not is_token_refused(error) or (other := await self.bearer.renew(secret)) == secret:
                raise
        return await self._call_with(other, api_method, options)

    async def _call_with(self, secret: SecretStr, method: str, options: dict[str, Any]) -> AsyncSlackResponse:
        self.token = secret.get_secret_value()  # the SDK writes it into the request before it waits for anything
        try:
            return await super().api_call(method, **options)
        except (AttributeError, RecursionError) as error:  # the SDK takes any JSON for an object
            raise NotSlack from error

    async def _request(self, *, http_verb: str, api_url: str, req_args: dict[str, Any]) -> dict[str, Any]:
        return await self.sender.send(http_verb, api_url, req_args)


def make_client(
    *, bearer: Bearer | None, api_url: str, session: aiohttp.ClientSession, note_call: NoteCall = ignore
) -> SlackClient:
    """Make a client; without a bearer it has no token but those that single calls are given.

    It retries where Slack asks to wait and nowhere else: the SDK's default sends a post again whose answer was lost.
    ``note_call`` is told of each request, those of clients that are made from this one too.
    """
    return SlackClient(bearer=bearer, api_url=api_url, sender=Sender(session=session, note=note_call, waits=_WAITS))


def copy_without_retries(client: SlackClient) -> SlackClient:
    """Make a client that retries nothing: the poster waits by itself, in :mod:`bot.slack.lanes`."""
    return SlackClient(bearer=client.bearer, api_url=client.base_url, sender=replace(client.sender, waits=0))
