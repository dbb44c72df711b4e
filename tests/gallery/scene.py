"""What a picture of the gallery shows, and the small world its messages live in."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

from bot.core.block_kit import Message
from bot.core.texts import Language

Json = dict[str, Any]

BOT: Final = "UBOT"
OLENA: Final = "U1"
MAX: Final = "U2"
BOT_NAME: Final = "CodeMie Prototyper"
PHONE: Final = 390
DESKTOP: Final = 900
# 24 November 2026, 10:00 in Kyiv: pictures show the same time whenever they are drawn.
_BEGIN_TS: Final = 1_795_507_200


class Kind(StrEnum):
    """Which part of a workspace a picture shows; ``SPLIT`` is a channel with a thread beside it, ``STACK`` below."""

    CHANNEL = "channel"
    DIRECT = "direct"
    THREAD = "thread"
    SPLIT = "split"
    STACK = "stack"
    MODAL = "modal"
    HOME = "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One picture: ``name`` is of its file, ``caption`` says in English what it shows, ``width`` is in CSS pixels.

    ``messages`` are as Slack's JSON has them: of a channel, or of a thread with its root first; ``channel`` are those
    beside or above a thread, in whose bar ``under`` stands. ``view`` is a modal or a Home. ``status`` is what the agent
    shows while it works: ``{user, text, canStop}``; ``prompts`` are suggested: ``{title, message}``.
    """

    name: str
    caption: str
    kind: Kind
    title: str
    under: str = ""
    messages: tuple[Json, ...] = ()
    channel: tuple[Json, ...] = ()
    view: Json | None = None
    status: Json | None = None
    prompts: tuple[Json, ...] = ()
    theme: str = "light"
    width: int = PHONE

    def to_json(self) -> Json:
        """Return it as the page takes it."""
        return asdict(self)

    def with_times(self) -> "Scene":
        """Let a minute pass between messages that have no time of their own."""
        return replace(self, messages=_stamp(self.messages), channel=_stamp(self.channel))


def make_world(language: Language) -> Json:
    """Make the people and channels of a workspace, as ``draw.js`` takes them; Olena looks at it."""
    olena = "Olena" if language is Language.ENGLISH else "Олена"
    return {
        "language": language,
        "me": OLENA,
        "users": {
            OLENA: {"name": "olena", "real_name": olena},
            MAX: {"name": "max", "real_name": "Max" if language is Language.ENGLISH else "Максим"},
            BOT: {"name": "prototyper", "real_name": BOT_NAME, "is_bot": True},
        },
        "channels": {
            "C1": {"name": "product"},
            "C2": {"name": "design"},
            "D1": {"name": BOT_NAME, "is_im": True},
        },
        "files": {},
    }


def bot_says(message: Message, **more: Any) -> Json:  # noqa: ANN401 - whatever Slack's JSON of a message has
    """Show a message of the bot's; ``more`` is what Slack adds: ``is_ephemeral``, ``reply_count``, ``reactions``."""
    return {"user": BOT, "text": message.text, "blocks": list(message.blocks), **more}


def bot_shares(comment: str, files: Iterable[Json]) -> Json:
    """Show files of the bot's with what it says to them."""
    return {"user": BOT, "text": comment, "files": list(files)}


def person_says(text: str, *, user: str = OLENA) -> Json:
    """Show a message of a person's, in mrkdwn."""
    return {"user": user, "text": text}


def describe_file(name: str, content: bytes, **more: Any) -> Json:  # noqa: ANN401 - as above
    """Describe a file as Slack does; ``more`` is what it adds: ``id``, ``mimetype``, ``alt_txt``."""
    return {"id": name, "name": name, "filetype": name.rpartition(".")[2], "size": len(content), **more}


def _stamp(messages: Iterable[Json]) -> tuple[Json, ...]:
    return tuple({"ts": f"{_BEGIN_TS + 60 * minute}.000100", **message} for minute, message in enumerate(messages))
