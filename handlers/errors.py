"""What a listener could not handle: logged under a reference, told to people where Slack leaves a way."""

import secrets
from typing import Final

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse

from bot.core.ids import make_reference
from bot.core.texts import Language, explain_error, speak
from bot.errors import BotError, UnexpectedError

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
        known = error if isinstance(error, BotError) else UnexpectedError()
        reference = make_reference(secrets.token_hex(8))
        _log.error("listener_failed", code=known.code, reference=reference, exc_info=error)
        if "command" not in body:
            return BoltResponse(status=503, body="")
        texts = speak(self.language)
        text = f"{explain_error(self.language, known.code)} {texts.reference.format(reference=reference)}"
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": text})
