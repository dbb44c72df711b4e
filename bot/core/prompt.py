"""What a person typed, decoded from Slack's notation and checked.

Slack's notation: https://docs.slack.dev/messaging/formatting-message-text/
"""

import re
import unicodedata
from enum import StrEnum

from bot.core.injection import find_injection
from bot.errors import EmptyPrompt, PromptTooLong, PromptTooShort, SuspiciousPrompt

_ENTITY_LINK = re.compile(r"<([@#!]|[a-z][a-z0-9+.-]*:)([^<>|]*)(?:\|([^<>]*))?>", re.IGNORECASE)
# The categories Cc, but for the end of a line, and Cs.
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_BLANKS = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r" ?\n(?: ?\n)+ ?")
_WORDS = re.compile(r"[^\w']+")
_GREETINGS = frozenset(
    {
        "hi", "hello", "hey", "hi there", "hello there", "good morning", "good afternoon", "good evening",
        "привіт", "вітаю", "добрий день", "доброго дня", "добрий ранок", "добрий вечір", "доброго ранку",
        "доброго вечора", "хай", "агов",
    }
)  # fmt: skip
_CALLS_FOR_HELP = frozenset(
    {
        "help", "help me", "please help", "what can you do", "how does it work", "how does this work",
        "допомога", "допоможи", "допоможіть", "довідка", "що ти вмієш", "що ти можеш", "як це працює",
    }
)  # fmt: skip
_CALLS_FOR_STATUS = frozenset(
    {
        "status", "my status", "list", "my requests", "my prototypes", "my jobs", "what is running",
        "статус", "стан", "мої", "мої запити", "мої прототипи", "список", "що виконується",
    }
)  # fmt: skip


class Intent(StrEnum):
    """What a message is after."""

    PROMPT = "prompt"
    GREETING = "greeting"
    HELP = "help"
    STATUS = "status"


def decode_text(text: str, *, bot_user_id: str | None = None) -> str:
    """Turn Slack's notation into what the person saw.

    The bot's own mention goes, other mentions and links become their label or address, entities come last,
    so that a typed ``&lt;@U1&gt;`` stays what it is: text.
    """

    def replace(match: re.Match[str]) -> str:
        sigil, target, label = match.groups()
        if sigil == "@" and target == bot_user_id:
            return " "
        if sigil in "@#!":
            name = label or target.removeprefix("subteam^").split("^")[0]
            return f"{'#' if sigil == '#' else '@'}{name.lstrip('@#')}"
        return label or f"{sigil}{target}".removeprefix("mailto:").removeprefix("tel:")

    decoded = _ENTITY_LINK.sub(replace, text)
    return decoded.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def clean_text(text: str) -> str:
    """Drop control characters, NULs and lone surrogates; make line ends and runs of blanks one; trim."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    return _EMPTY_LINES.sub("\n\n", _BLANKS.sub(" ", _CONTROLS.sub("", text))).strip()


def check_prompt(text: str, *, min_chars: int, max_chars: int) -> str:
    """Return the prompt, cleaned; raise the :class:`~bot.errors.PromptError` that says why it can't be used."""
    prompt = clean_text(text)
    if not prompt:
        raise EmptyPrompt
    if len(prompt) < min_chars:
        raise PromptTooShort(limit_chars=min_chars)
    if len(prompt) > max_chars:
        raise PromptTooLong(limit_chars=max_chars)
    if injection := find_injection(prompt):
        raise SuspiciousPrompt(f"looks like {injection} injection")
    return prompt


def read_intent(text: str) -> Intent:
    """Tell a greeting, a call for help and a question after one's requests from a prompt."""
    words = _WORDS.sub(" ", clean_text(text).casefold().replace("’", "'")).strip()
    if words in _GREETINGS:
        return Intent.GREETING
    if words in _CALLS_FOR_STATUS:
        return Intent.STATUS
    return Intent.HELP if words in _CALLS_FOR_HELP else Intent.PROMPT
