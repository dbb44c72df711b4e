"""Turns Ukrainian words from the case a request uses to the nominative that labels and names need.

Rough on purpose: a handful of endings, no dictionary.
"""

import re

from bot.demo.vocabulary import plain

_ADJECTIVE_OBJECT = re.compile(r"(?:н|в|ськ|цьк)[ую]$", re.IGNORECASE)
_FIRST_OF_TWO = re.compile(r"(?:н|в|ськ|цьк|ш|ж)(?:ою|у|им)$")
_KEPT = frozenset({"прийом", "альбом", "диплом", "об'єм"})

_ASKING = frozenset({"чому", "навіщо", "кому", "куди", "звідки", "скільки", "якою", "яку", "чим"})

_STEMS = {
    "вибором": "вибір",
    "кольором": "колір",
    "іменем": "ім'я",
    "ім'ям": "ім'я",
    "номером": "номер",
    "часом": "час",
}
_ENDINGS = (
    ("ією", "ія"),
    ("єю", "я"),
    ("ею", "я"),
    ("ою", "а"),
    ("ами", "и"),
    ("ями", "і"),
    ("им", "ий"),
    ("ом", ""),
)


def to_nominative(words: str) -> str:
    """Bring a Ukrainian item's leading words to the nominative, roughly: "датою візиту" → "дата візиту"."""
    turned = words.split(" ")
    if plain(turned[0]) in _ASKING:
        return words
    for place, word in enumerate(turned):
        changed = _turn(word)
        if changed == word:
            break
        turned[place] = changed
        if not _FIRST_OF_TWO.search(word):
            break
    return " ".join(turned)


def _turn(word: str) -> str:
    """Turn one word from the instrumental or the feminine accusative to the nominative."""
    lowered = plain(word)
    if lowered in _STEMS:
        return _STEMS[lowered]
    if re.search(r"[бвгґджзйклмнпрстфхцчшщ][ую]$", lowered) and lowered != "меню":
        return word[:-1] + ("а" if lowered.endswith("у") else "я")
    for ending, nominative in _ENDINGS:
        if (
            lowered.endswith(ending)
            and len(lowered) > len(ending) + 2
            and lowered not in {"прийом", "альбом", "диплом", "обʼєм"}
        ):
            return word[: -len(ending)] + nominative
    return word


def turn_object(name: str) -> str:
    """Turn the object of a verb into a name: "нову форму запису" becomes "нова форма запису"."""
    words = name.split(" ")
    for place, word in enumerate(words):
        if not re.search(r"[а-яіїєґ][ую]$", word):
            break
        words[place] = word[:-1] + ("а" if word.endswith("у") else "я")
        if not _ADJECTIVE_OBJECT.search(word):
            break
    return " ".join(words)
