"""What an admin sees in the App Home: whether the bot is paused, what was spent today, everybody's last requests.

It names people, channels and references, and never what was asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.core.block_kit import Block, Inline, bullets, plain, rich, section, words
from bot.core.controls import build_pause, build_resume
from bot.core.models import TeamGlance
from bot.core.texts import Language, Texts, speak, write_seconds

_DIRECT: Final = "D"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """CodeMie calls a day, for a workspace and for each person; ``None`` for any number."""

    team: int | None = None
    user: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How a workspace stands: ``paused_by`` is who has paused the bot, ``calls`` were made since midnight UTC."""

    paused_by: str | None
    calls: int
    budgets: Budgets
    requests: Sequence[TeamGlance]


def build_overview(overview: Overview, *, language: Language) -> list[Block]:
    """Build what follows in the home of an admin."""
    texts = speak(language)
    who: list[Inline] = [words(" "), _name(overview.paused_by)] if overview.paused_by else []
    listed = [section(*_describe(item, language)) for item in overview.requests]
    return [
        {"type": "divider"},
        {"type": "header", "text": plain(texts.admin_title)},
        rich(section(words(texts.paused if overview.paused_by else texts.taking), *who)),
        rich(section(words(" · ".join(_list_spending(overview, texts))))),
        build_resume(language=language) if overview.paused_by else build_pause(language=language),
        {"type": "header", "text": plain(texts.everybodys_title)},
        rich(bullets(listed) if listed else section(words(texts.everybodys_none))),
    ]


def _list_spending(overview: Overview, texts: Texts) -> list[str]:
    team, user = overview.budgets.team, overview.budgets.user
    spent = texts.calls_today.format(n=overview.calls)
    return [
        f"{spent} {texts.budget_team.format(limit=team)}" if team else spent,
        *([texts.budget_user.format(limit=user)] if user else []),
    ]


def _describe(item: TeamGlance, language: Language) -> list[Inline]:
    """Describe a request: its reference, how it stands, whose it is, where, and how long it took."""
    texts = speak(language)
    where = words(texts.direct_message) if item.channel.startswith(_DIRECT) else _name_channel(item.channel)
    took = [] if item.seconds is None else [words(f" · {texts.took.format(n=write_seconds(language, item.seconds))}")]
    return [
        words(item.reference, code=True),
        words(f" · {texts.states[item.state]} · "),
        _name(item.user),
        words(" · "),
        where,
        *took,
        *([words(" · "), words(item.error, code=True)] if item.error else []),
    ]


def _name(user: str) -> Inline:
    return {"type": "user", "user_id": user}


def _name_channel(channel: str) -> Inline:
    return {"type": "channel", "channel_id": channel}
