"""What a listener could not handle: logged under a reference, told to people where Slack leaves a way."""

import secrets
from typing import Final

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse

from bot.core.ids import make_reference
from bot.core.texts import Language, explain_error, speak
from bot.errors import BotError, NotInstalled, UnexpectedError
from handlers.payloads import read_team

_log: Final = structlog.get_logger("listener")


class Errors:
    """The one error handler of all listeners."""

    def __init__(self, *, language: Language) -> None:
        self.language = language

    def register(self, app: AsyncApp) -> None:
        """Attach the handler."""
        app.error(self.handle)

    async def handle(self, error: Exception, body: dict[str, object]) -> BoltResponse:
        """Refuse an event, so that Slack delivers it again; tell the user of a command what happened.

        Nothing was kept, so nothing may look acknowledged. A command is not redelivered, and an answer of
        other than 200 would show Slack's own error, without the reference.
        """
        if isinstance(error, NotInstalled):
            return self._tell_not_installed(error, body)
        known = error if isinstance(error, BotError) else UnexpectedError()
        reference = make_reference(secrets.token_hex(8))
        _log.error("listener_failed", code=known.code, reference=reference, exc_info=error)
        if "command" not in body:
            return BoltResponse(status=503, body="")
        texts = speak(self.language)
        text = f"{explain_error(self.language, known.code)} {texts.reference.format(reference=reference)}"
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": text})

    def _tell_not_installed(self, error: NotInstalled, body: dict[str, object]) -> BoltResponse:
        """Acknowledge what comes from where nothing can be said; a command's answer takes no token."""
        _log.warning("not_installed", team=read_team(body), reason=error.reason)
        if "command" not in body:
            return BoltResponse(status=200, body="")
        text = explain_error(self.language, error.code)
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": text})
