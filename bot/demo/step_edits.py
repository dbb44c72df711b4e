"""What can be wished of whole steps: which one is meant, a new one with its fields, another title."""

import re
from typing import Any

from bot.demo.field_rules import read_list
from bot.demo.flow_rules import write_forms
from bot.demo.vocabulary import Language, Topic, find_concepts, plain
from bot.demo.wording import MORE_DETAILS

Step = dict[str, Any]

STEP_WORD = re.compile(r"\b(?:step|screen|page)\b|\bкрок\w*|\bекран\w*|\bсторінк\w*")
INFO_WORD = re.compile(r"info|intro|first|welcome|start|інформ|вступ|перш|почат")
CHECK_WORD = re.compile(r"confirm|review|last|check|підтвер|перевір|останн")
_NUMBER = re.compile(r"(?:step|screen|page|крок\w*|екран\w*|сторінк\w*)\s*(?:№|#|number|номер)?\s*(\d)\b")
_ORDINALS = (
    (0, r"first|1st|перш"),
    (1, r"second|2nd|друг"),
    (2, r"third|3rd|трет"),
    (3, r"fourth|4th|четверт"),
    (-1, r"last|final|останн"),
)
_ORDINAL = tuple((place, re.compile(rf"(?<!\w)(?:{words})\w* (?:\w+ )?(?:step|screen|page|крок|екран|сторінк)"))
                 for place, words in _ORDINALS)  # fmt: skip
_NEW_STEP = re.compile(
    r"^(?:(?:an?|one|more|new|another|separate|ще|один|новий|окремий|нову|окрему|одну)\s+)*(?P<kind>[\w'’-]+ )??"
    r"(?:step|screen|page|крок|екран|сторінку)\b(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_REST = re.compile(
    r"^\s*(?:called|named|titled|під назвою|з назвою)?\s*(?P<title>.*?)\s*"
    r"(?:(?:\bwith|\bfor|\basking for|\bthat asks for|\bіз|\bз|\bзі|\bде|\bдля)\s+|:\s*|\s[-–—]\s)(?P<items>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_QUOTES = " \"'«»“”„.,"
_MIN_TITLE_CHARS = 4


def find_step(steps: list[Step], words: str, topics_of: dict[int, set[Topic]]) -> int | None:
    """Find the step that ``words`` mean: by number, by place, by title, by kind or by subject."""
    lowered = plain(words)
    if number := _NUMBER.search(lowered):
        place = int(number.group(1)) - 1
        return place if 0 <= place < len(steps) else None
    for place, ordinal in _ORDINAL:
        if ordinal.search(lowered) and -1 <= place < len(steps):
            return place % len(steps)
    titles = [plain(str(step.get("title", ""))) for step in steps]
    named = [place for place, title in enumerate(titles) if len(title) >= _MIN_TITLE_CHARS and title in lowered]
    return named[0] if named else _find_kind(steps, lowered, topics_of)


def _find_kind(steps: list[Step], lowered: str, topics_of: dict[int, set[Topic]]) -> int | None:
    about = {match.concept.topic for match in find_concepts(lowered)} & {Topic.PAYMENT, Topic.DOCUMENTS}
    for place, step in enumerate(steps):
        kind = step.get("type")
        is_info = kind == "info" and INFO_WORD.search(lowered)
        is_check = kind == "confirmation" and CHECK_WORD.search(lowered)
        if is_info or is_check or topics_of.get(place, set()) & about:
            return place
    return None


def add_form_step(steps: list[Step], words: str, language: Language) -> list[Step] | None:
    """Add the form that ``words`` describe ("a step Contacts with phone and address"); None if they describe none.

    Fields that are asked for elsewhere move into it.
    """
    found = _NEW_STEP.match(words.strip())
    if found is None:
        return None
    title, items = _split_rest(found["kind"] or "", found["rest"])
    drafts = read_list(items, language) if items else []
    if not drafts:
        return None
    names = {draft.name for draft in drafts}
    moved = {str(entry.get("name")): entry for step in steps for entry in _fields_of(step)}
    kept = [_without(step, names) for step in steps]
    kept = [step for step, old in zip(kept, steps, strict=True) if _fields_of(step) or not _fields_of(old)]
    [form] = write_forms([drafts], language)
    form["fields"] = [moved.get(entry["name"], entry) for entry in form["fields"]]
    is_taken = form["title"] in {step.get("title") for step in kept}
    usual = language.pick(MORE_DETAILS) if is_taken else form["title"]
    return insert_step(kept, {**form, "title": title or usual})


def insert_step(steps: list[Step], form: Step) -> list[Step]:
    """Insert a form before the last look, under an id of its own."""
    ids = {step.get("id") for step in steps}
    form["id"] = next(f"form-{number}" for number in range(1, len(steps) + 2) if f"form-{number}" not in ids)
    is_closed = bool(steps) and steps[-1].get("type") == "confirmation"
    place = len(steps) - is_closed
    return [*steps[:place], form, *steps[place:]]


def _split_rest(kind: str, rest: str) -> tuple[str, str]:
    """Split what follows "step" into a title and the words of its fields; a title alone may name them, too."""
    found = _REST.match(rest)
    title = (found["title"] if found else rest).strip(_QUOTES)
    items = found["items"] if found else next((words for words in (title, kind) if find_concepts(words)), "")
    return title[:1].upper() + title[1:], items.strip(_QUOTES)


def _without(step: Step, names: set[str]) -> Step:
    fields = _fields_of(step)
    return {**step, "fields": [entry for entry in fields if entry.get("name") not in names]} if fields else step


def _fields_of(step: Step) -> list[dict[str, Any]]:
    fields = step.get("fields")
    return [entry for entry in fields if isinstance(entry, dict)] if isinstance(fields, list) else []
