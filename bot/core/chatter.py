"""What people say to the bot besides requests: thanks, and changes that do not say of what.

Both are guesses by words in English and Ukrainian. A wrong one costs a click: what reads like a change is asked about.
"""

import re
from typing import Final

_WORDS: Final = re.compile(r"[^\w']+")
_COURTESIES: Final = frozenset(
    {
        "thanks", "thank", "thx", "ty", "cheers", "great", "cool", "nice", "perfect", "awesome", "wow", "ok", "okay",
        "good", "lovely", "super", "brilliant", "bye",
        "дякую", "дяки", "спасибі", "супер", "клас", "класно", "чудово", "гарно", "добре", "ок", "гаразд", "круто",
        "ідеально", "прекрасно", "файно", "відмінно", "бувай", "вау", "молодець", "зрозуміло", "ясно",
    }
)  # fmt: skip
_FILLERS: Final = frozenset(
    {
        "got", "it", "you", "so", "much", "very", "a", "lot", "job", "well", "done", "work", "looks", "love", "that",
        "щиро", "дуже", "вам", "тобі", "за", "це", "велике", "все", "гарна", "робота",
    }
)  # fmt: skip
_COURTESY_WORDS: Final = 6
_CHANGE_WORDS: Final = 25
_OPENING: Final = r"(?:(?:please|can you|could you|now|and|будь ласка|а|тепер|ще),? )*"
# Verbs of a change as such.
_CHANGING: Final = "|".join(
    (
        *(
            "change",
            "rename",
            "remove",
            "delete",
            "drop",
            "replace",
            "move",
            "swap",
            "shorten",
            "simplify",
            "translate",
        ),
        *("undo", "reorder", "enlarge", "fix"),
        *("зміни", "змініть", "перейменуй", "перейменуйте", "прибери", "приберіть", "видали", "видаліть", "заміни"),
        *("замініть", "перемісти", "перемістіть", "перенеси", "перенесіть", "переклади", "перекладіть", "скороти"),
        *("скоротіть", "спрости", "спростіть", "поміняй", "поміняйте", "забери", "заберіть", "збільш", "збільште"),
        *("зменш", "зменште", "виправ", "виправте"),
    )
)
# What there is in a prototype already; "make" and "add" also begin requests for something new.
_PARTS: Final = (
    r"(?:field|step|button|screen|question|checkbox|option|title|heading|text|colou?r|background)s?"
    r"|(?:пол|крок|кнопк|екран|питан|прапорц|прапорець|заголов|текст|кол[іь]|фон)\w*"
)
_CHANGE: Final = re.compile(rf"{_OPENING}(?:{_CHANGING})(?!\w)", re.IGNORECASE)
_CHANGE_OF_A_PART: Final = re.compile(
    rf"{_OPENING}(?:"
    r"make (?:it|the|this|that|them|all|every|each)\b"
    r"|(?:зроб\w+|постав\w*) (?:її|його|їх|це|цю|цей|ці|усі|всі)\b"
    rf"|(?:add|insert|put|show|hide|make|use|дода\w+|встав\w*|зроб\w+|постав\w*|покаж\w*|схова\w*)"
    rf" (?:[\w'’-]+ ){{0,3}}(?:{_PARTS})(?!\w))",
    re.IGNORECASE,
)


def is_courtesy(text: str) -> bool:
    """Tell thanks and praise, which want no answer but a nod."""
    words = [word for word in _WORDS.split(text.casefold()) if word]
    if not words:
        return bool(text.strip()) and not any(character.isalnum() for character in text)
    is_short = len(words) <= _COURTESY_WORDS
    return is_short and not _COURTESIES.isdisjoint(words) and _COURTESIES.union(_FILLERS).issuperset(words)


def reads_like_change(text: str) -> bool:
    """Tell a wish to change something that is not named in it from a description of something new."""
    bare = text.strip()
    if len(bare.split()) > _CHANGE_WORDS:
        return False
    return bool(_CHANGE.match(bare) or _CHANGE_OF_A_PART.match(bare))
