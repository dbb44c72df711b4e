"""Splits a list into its items, and takes off them what is no part of a label."""

import re

from bot.demo.vocabulary import Language, Pair, Topic, find_concepts, plain

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

_INLINE = re.compile(
    r"^(?P<name>[^()\[\]]*\w)[\s:–-]+(?P<options>yes\s?(?:/|or)\s?no|так\s?(?:/|чи|або)\s?ні|[^\s/()]+(?:\s?/\s?[^\s/()]+){2,})[?.]?$"
)
_LONG = re.compile(
    r"^(?:why|how (?:did|do|does|can|could|would|will|it)|what\b|tell us|describe|explain|about (?:you|me)|steps to)\b|"
    r"\b(?:motivation|expectations|background|bio|abstract|special requests?|requirements|story)$|"
    r"^(?:чому|навіщо|розкажіть|опишіть|як|що)\s|^(?:про себе|мотиваці|очікуван|вимог|кроки|обставин)"
)
_NUMBER = re.compile(
    r"\b(?:values?|worth|fee|percentage|distance|length|width|area|floor|hours|days|kilomet(?:er|re)s|"
    r"how (?:many|much))\b(?! of )|^(?:площ|довжин|ширин|відстан|поверх|об'єм|скільки|відсот|орієнтовн\w+ кошторис)"
)
_CHOICE = re.compile(
    r"\b(?:choice|option|preference|method|type|kind)$|^(?:choice|type|kind|method) of\b|"
    r"^(?:вибір|вибором|спосіб|способом|тип|типом|вид|видом|варіант|варіантом)\s"
)
_ANY_CHOICE: Pair = ("First option/Second option/Other", "Перший варіант/Другий варіант/Інше")
_TOPIC_WORDS = (
    (Topic.FAMILY, re.compile(r"\b(?:child|kid)(?:'s|ren's)?\b|\bдитин|\bдіт(?:ей|ям)\b")),
    (Topic.PET, re.compile(r"\b(?:pet|dog|cat|animal)(?:'s)?\b|\b(?:тварин|собак|улюблен|кота\b|кішк)")),
)
_OWNED = (
    r"(?:прізвище|ім'?я|імені|ім'ям|по[- ]батькові|піб|вік\w{0,2}|стать|дат\w+ народження|адрес\w*|телефон\w*|"
    r"кличк\w+|пород\w+|клас\w{0,2}|електронн\w+ пошт\w+|e-?mail)"
)
_CHAINED = r"(?:прізвище|ім'?я|по[- ]батькові|піб|вік|стать|кличка|порода)"
_GENITIVES = (
    r"(?:дитини|учня|учениці|батьків|батька|матері|опікуна|заявни(?:ка|ці)|пацієнт(?:а|ки)|власни(?:ка|ці)|працівника|"
    r"отримувача|одержувача|відправника|водія|пасажира|тварини|собаки|кота|улюбленця|контактної особи)"
)
_SHARED_UK = re.compile(
    rf"(?<![\w'])(?P<first>(?:{_CHAINED}, )*{_OWNED}) (?P<link>та|і|й) "
    rf"(?P<last>{_OWNED}) (?P<owner>{_GENITIVES})(?!\w)"
)
_OWNED_EN = (
    r"(?:(?:full |first |last )?names?|surname|dates? of birth|birth ?dates?|age|gender|address|phone(?: number)?|"
    r"e-?mail|breed|weight|grade)"
)
_OWNERS_EN = r"(?:child|kid|student|pupil|parent|guardian|patient|owner|pet|dog|cat|recipient|sender|driver|employee)"
_SHARED_EN = re.compile(
    rf"\b(?P<first>{_OWNED_EN}) and (?P<last>{_OWNED_EN}) of (?:the |a |your |their )?(?P<owner>{_OWNERS_EN})\b"
)
_POSSESSED_EN = re.compile(rf"\b(?P<owner>{_OWNERS_EN}'s) (?P<first>{_OWNED_EN}) and (?P<last>{_OWNED_EN})\b(?! of )")


_DATES = re.compile(
    r"(?P<lead>^\s*|[,;:\n]\s*|\b(?:and|with|та|і)\s)(?:(?P<en>(?:(?:travel|trip|leave|rental|vacation) )?dates)|"
    r"дати(?: (?:відпустки|поїздки|оренди|відрядження))?)(?=\s*(?:[,;.\n]|$)|\s(?:and|та|і)\s)",
    re.IGNORECASE,
)


def _name_dates(found: re.Match[str]) -> str:
    """Name the two dates that a plural means."""
    return f"{found['lead']}{'start date, end date' if found['en'] else 'дата початку, дата завершення'}"


def guess_type(words: str, language: Language) -> tuple[str, tuple[str, ...]]:
    """Guess the type, and the options, of a field that the vocabulary does not know."""
    lowered = plain(words)
    if _LONG.search(lowered):
        return "textarea", ()
    if _NUMBER.search(lowered):
        return "number", ()
    if _CHOICE.search(lowered):
        return "select", tuple(language.pick(_ANY_CHOICE).split("/"))
    return "text", ()


def find_topic(words: str) -> Topic | None:
    """Find whom a field is about by the owner its words name: a child, a pet."""
    return next((topic for topic, pattern in _TOPIC_WORDS if pattern.search(plain(words))), None)


def bracket_options(item: str) -> str:
    """Put options that trail an item into brackets: "attending yes/no" becomes "attending (yes/no)"."""
    found = _INLINE.match(plain(item))
    if found is None:
        return item
    low, high = found.span("options")
    options = re.sub(r"\s(?:or|чи|або)\s", "/", item[low:high])
    return f"{item[: found.end('name')]} ({options})"


def share_owner(text: str) -> str:
    """Say an owner with each of the things it has: "ім'я та вік дитини" names two fields of the child."""
    lowered = plain(text)
    for pattern in (_SHARED_UK, _SHARED_EN, _POSSESSED_EN):
        for found in reversed(list(pattern.finditer(lowered))):
            text = text[: found.start()] + _say_owner(found, text) + text[found.end() :]
            lowered = plain(text)
    return text


def _say_owner(found: re.Match[str], text: str) -> str:
    """Write each of a conjunction's items with its owner, as ``text`` spells them."""
    owner, first, last = (text[slice(*found.span(part))] for part in ("owner", "first", "last"))
    items = [*re.split(r",\s?", first), last]
    if found.re is _SHARED_UK:
        return ", ".join(f"{item} {owner}" for item in items)
    possessive = owner if owner.endswith("'s") else f"{owner}'s"
    return ", ".join(f"{possessive} {item}" for item in items)


def spell_out(text: str) -> str:
    """Say the shared word twice: "start and end date" names two dates."""
    text = _DATES.sub(_name_dates, share_owner(text))
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
