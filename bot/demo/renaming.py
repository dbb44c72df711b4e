"""Another name for a field, a step or the whole flow."""

import re
from collections.abc import Callable
from typing import Any

from bot.demo.step_edits import STEP_WORD, Step
from bot.demo.vocabulary import plain

_TO = re.compile(r"\s(?:to|into|as|на)\s", re.IGNORECASE)
_QUOTED = re.compile("(?<!\\w)[\"«“„'](.{2,80}?)[\"»”'](?!\\w)")
_APP = re.compile(
    r"(?:the |this )?(?:app|form|flow|page|it|title|name|prototype|форму|застосунок|сторінку|його|її|назву|прототип)?",
)
_LEAD = re.compile(
    r"^(?:the )?(?:app|form|flow|page|it|title|name|форму|застосунок|сторінку|його|її)?\s*(?:to|as|into|на|в|у|як)?\s+",
    re.IGNORECASE,
)
_QUOTES = " \"'«»“”„."


def rename(
    flow: dict[str, Any],
    steps: list[Step],
    words: str,
    *,
    find_field: Callable[[str], dict[str, Any] | None],
    find_step: Callable[[str], int | None],
) -> None:
    """Rename what ``words`` name ("phone to mobile", "step 2 to Contacts"); nothing if that is not there."""
    old, new = _split(words)
    name = _read_name(new)
    if not name:
        return
    place = find_step(old) if STEP_WORD.search(plain(old)) else _find_title(steps, old)
    entry = None if STEP_WORD.search(plain(old)) else find_field(old)
    if entry is not None:
        entry["label"] = name
    elif place is not None:
        steps[place]["title"] = name
    elif _is_whole(flow, old):
        flow["name"] = name


def _split(words: str) -> tuple[str, str]:
    """Split into the old and the new name; without an old one the name is the flow's."""
    old, new = ([*_TO.split(f" {words}", maxsplit=1), ""])[:2]
    return (old.strip(), new) if new else ("", _LEAD.sub("", f" {words}"))


def _read_name(words: str) -> str:
    quoted = _QUOTED.search(words)
    name = (quoted.group(1) if quoted else words).strip(_QUOTES)
    return name[:1].upper() + name[1:]


def _find_title(steps: list[Step], old: str) -> int | None:
    wanted = plain(old).strip(_QUOTES)
    return next((place for place, step in enumerate(steps) if plain(str(step.get("title"))) == wanted), None)


def _is_whole(flow: dict[str, Any], old: str) -> bool:
    wanted = plain(old).strip(_QUOTES)
    return _APP.fullmatch(wanted) is not None or wanted == plain(str(flow.get("name")))
