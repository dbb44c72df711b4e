"""Splits a list into its items, and takes off them what is no part of a label."""

import re

from bot.demo.vocabulary import find_concepts, plain

_SEPARATOR = re.compile(r"[,;\n•+]|\s(?:and|та|і|й|plus|as well as|а також|also)\s|(?:^|(?<=\s))(?:[-*–—]|\d+[.)])\s")
BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
OPTIONAL = re.compile(
    r"\boptional(?:ly)?\b|\bnot required\b|необов'?язков\w*|за бажанням|опціональн\w*|не обов'?язков\w*"
)
REQUIRED = re.compile(r"\b(?:is )?(?:required|mandatory)\b|\bобов'?язков\w*")
_LEAD = re.compile(
    r"^(?:(?:and|then|also|a|an|the|their|your|my|his|her|its|with|for|enter|select|choose|choosing|ask for|asking for|"
    r"provide|specify|"
    r"upload of|field|fields|input|та|і|й|також|ще|поле для|поля для|поле|поля|полем|полями|із|з|зі|"
    r"вказати|вкажіть|обрати|оберіть|"
    r"вибрати|ввести|"
    r"свій|своє|свою|свої|ваш|ваше|вашу)\s+)+",
    re.IGNORECASE,
)
_TRAIL = re.compile(r"\s+(?:fields?|inputs?|checkbox|button|is|are|поле|чекбокс|галочк\w+)$", re.IGNORECASE)


def spell_out(text: str) -> str:
    """Say the shared word twice: "start and end date" names two dates."""
    text = re.sub(r"\bstart and end dates?\b", "start date and end date", text, flags=re.IGNORECASE)
    return re.sub(
        r"(\bдат\w+ (?:початку|заїзду)) (та|і|й) (?=(?:закінчення|завершення|кінця|виїзду)\b)",
        r"\1 \2 дата ",
        text,
        flags=re.IGNORECASE,
    )


def split_items(text: str) -> list[str]:
    """Split at commas, line ends and "and", but not inside brackets or a concept ("date and time")."""
    lowered = plain(text)
    kept = [(match.start, match.end) for match in find_concepts(text)]
    kept += [found.span() for found in BRACKETS.finditer(lowered)]
    items, start = [], 0
    for found in _SEPARATOR.finditer(lowered):
        if not any(low <= found.start() < high and found.end() <= high for low, high in kept):
            items.append(text[start : found.start()])
            start = found.end()
    return [item.strip() for item in (*items, text[start:]) if item.strip()]


def tidy_item(words: str) -> str:
    """Take off articles, verbs and remarks, which are not part of a label."""
    lowered = plain(words)
    for remark in (*OPTIONAL.finditer(lowered), *REQUIRED.finditer(lowered)):
        words = words.replace(words[remark.start() : remark.end()], " ")
    words = " ".join(words.split()).strip(" .,:;!?\"«»“”'-–—")
    return _TRAIL.sub("", _LEAD.sub("", words)).strip()
