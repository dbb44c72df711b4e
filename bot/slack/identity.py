"""Who the bot is in its workspace: asked once for each token."""

import asyncio
from typing import Final

import structlog
from pydantic import SecretStr
from slack_bolt.authorization import AuthorizeResult

from bot.errors import SettingsError, SlackError, SlackUnavailable
from bot.slack.connection import Bearer, SlackClient
from bot.slack.failures import NOT_TRUSTED, TOKEN_REFUSED, translated

_NOT_TRUSTED: Final = (
    "SSL_CERT_FILE lacks the authority of Slack's certificate, which no other vouches for: "
    "a proxy that looks into connections has one of its own"
)
# Slack waits three seconds for an acknowledgement.
_LONGEST_S: Final = 1.0
_log: Final = structlog.get_logger("slack")


class Identity:
    """Answers Bolt's question for whom a request is handled.

    Bolt's own way asks Slack within the first request, and acknowledges that request where Slack then fails:
    the event would be lost. Here a failure is raised, so that nothing is acknowledged.
    """

    def __init__(self, *, client: SlackClient, bearer: Bearer) -> None:
        self._client = client
        self._bearer = bearer
        self._lock = asyncio.Lock()
        self._result: AuthorizeResult | None = None
        self._token: SecretStr | None = None

    @property
    def team(self) -> str | None:
        """The workspace of the token, where it is known."""
        return self._result.team_id if self._result else None

    async def learn(self) -> None:
        """Ask Slack at start; a refused token is a setting to mend, an outage of Slack's passes."""
        try:
            await self.authorize()
        except SlackError as error:
            if error.reason in TOKEN_REFUSED or _is_refusal(error):
                raise SettingsError((f"SLACK_BOT_TOKEN is refused by Slack: {error.reason}",)) from error
            if error.reason == NOT_TRUSTED:
                raise SettingsError((_NOT_TRUSTED,)) from error
            _log.warning("identity_unknown", reason=error.reason)

    async def authorize(self) -> AuthorizeResult:
        """Return who the bot is; raises :class:`~bot.errors.SlackError` while nobody has ever told.

        With another token Slack is asked again, once. If it does not answer in time, or refuses the token, the bot is
        who it was: what comes is kept, and waits for a token that is taken.
        """
        async with self._lock:
            token = await self._bearer.read()
            if self._result is None:
                self._result = await self._ask(token)
            elif token != self._token:
                self._result = await self._ask_again(self._result, token)
            self._token = token
            return self._result

    async def _ask(self, token: SecretStr) -> AuthorizeResult:
        with translated():
            answer = await self._client.auth_test()
        return AuthorizeResult.from_auth_test_response(auth_test_response=answer, bot_token=token.get_secret_value())

    async def _ask_again(self, known: AuthorizeResult, token: SecretStr) -> AuthorizeResult:
        try:
            with translated():
                async with asyncio.timeout(_LONGEST_S):
                    result = await self._ask(token)
        except SlackError as error:
            _log.warning("identity_unknown", reason=error.reason)
            return known
        if (known.team_id, known.bot_user_id) != (result.team_id, result.bot_user_id):
            _log.warning("identity_changed", team=result.team_id, user=result.bot_user_id)
        return result


def _is_refusal(error: SlackError) -> bool:
    """Tell whether it is Slack that refuses, by a word of its own; what has none comes from something on the way."""
    return not isinstance(error, SlackUnavailable) and not (error.reason or "http_").startswith("http_")
