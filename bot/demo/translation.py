"""Says a flow of the demo engine in the other language: what its vocabulary knows, and its own sentences."""

import re
from typing import Any

from bot.demo.field_rules import concept_of
from bot.demo.vocabulary import Concept, Language, Pair, find_concepts, plain
from bot.demo.wording import (
    CHECK,
    DETAILS,
    DETAILS_MESSAGE,
    MORE_DETAILS,
    SIGN_IN,
    SIGNED_IN,
    START,
    TOPIC_TITLES,
    UNTITLED,
    WELCOME,
)

_WISH = re.compile(
    r"\b(?:in|into|to)\s+(?P<en>ukrainian|english)\b(?!\s+(?:hryvn|passport|phone|address|tax))|"
    r"(?<!\w)(?P<uk>українською|англійською)(?!\w)"
)
_OWN: tuple[Pair, ...] = (
    *TOPIC_TITLES.values(),
    MORE_DETAILS,
    START,
    CHECK,
    SIGN_IN,
    SIGNED_IN,
    WELCOME,
    DETAILS,
    DETAILS_MESSAGE,
    UNTITLED,
)


def read_target(wish: str) -> Language | None:
    """Read the language that a wish asks for."""
    found = _WISH.search(plain(wish))
    if found is None:
        return None
    return Language.EN if (found["en"] or found["uk"]).startswith(("english", "англ")) else Language.UK


def translate(flow: dict[str, Any], source: Language, target: Language) -> None:
    """Translate titles and fields in place; words that are not the engine's stay as they are."""
    flow["name"] = _translate(str(flow.get("name", "")), source, target)
    for step in flow["steps"]:
        for key in ("title", "message"):
            if key in step:
                step[key] = _translate(str(step[key]), source, target)
        for entry in step.get("fields") or []:
            concept = concept_of(str(entry.get("name")))
            if concept is not None:
                _translate_field(entry, concept, source, target)


def _translate(words: str, source: Language, target: Language) -> str:
    base, _, number = words.partition(" (")
    known = {source.pick(pair): target.pick(pair) for pair in _OWN}
    said = known.get(base)
    return words if said is None else f"{said} ({number}" if number else said


def _translate_field(entry: dict[str, Any], concept: Concept, source: Language, target: Language) -> None:
    if _says(str(entry.get("label")), concept, source):
        entry["label"] = target.pick(concept.label)
    if entry.get("placeholder") == concept.example(source) and concept.example(target):
        entry["placeholder"] = concept.example(target)
    metadata = entry.get("metadata")
    if isinstance(metadata, dict) and metadata.get("options") == list(concept.choices(source)):
        entry["metadata"] = {**metadata, "options": list(concept.choices(target))}


def _says(label: str, concept: Concept, source: Language) -> bool:
    """Tell whether a label says what the concept's own does, in whatever words."""
    matches = find_concepts(label)
    is_whole = len(matches) == 1 and matches[0].end - matches[0].start >= len(label) - 1
    return label == source.pick(concept.label) or (is_whole and matches[0].concept is concept)
