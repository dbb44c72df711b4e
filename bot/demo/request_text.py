"""Takes a request apart: its language, the name of what is asked for, its list of fields, its wishes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.demo.grammar import turn_object
from bot.demo.theme import COLOUR_WORDS
from bot.demo.vocabulary import Language, find_concepts, plain

_NAME_LIMIT_CHARS = 70
_CYRILLIC_SHARE = 0.3

_STYLE = re.compile(
    rf"\s(?:in|у|в) (?:{COLOUR_WORDS})\w*(?=\s*(?:[,.:;!]|$))|"
    r"\b(?:and )?(?:in|with|and)(?: an?| the)? [\w-]+ (?:colou?rs?|tones?|style|theme|design|buttons?|header|"
    r"background)\b|\b(?:dark|light) (?:theme|mode)\b|"
    r"\b(?:у|в|з|із|зі|та|і) [\w-]+ (?:кольор[іу]|кольорах|тонах|стилі|дизайн(?:ом|і)|тем(?:ою|і)|кнопк\w+|шапк\w+|"
    r"фоном)\b|\b(?:темн\w+|світл\w+) тем\w+\b",
    re.IGNORECASE,
)
_COUNTS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "один": 1, "два": 2, "дві": 2, "три": 3, "чотири": 4, "п'ять": 5, "шість": 6,
    "двох": 2, "трьох": 3, "чотирьох": 4, "п'яти": 5, "двома": 2, "трьома": 3, "чотирма": 4,
}  # fmt: skip
_STEP_COUNT = re.compile(
    rf"(?:\b(?:in|with|of|у|в|на|за|з|із)\s+)?\b(\d|{'|'.join(_COUNTS)})[- ](?:simple |short |easy |прост\w+ )?"
    r"(?:step|screen|крок|екран)\w*(?: (?:form|wizard))?",
)
_WIZARD = re.compile(r"\bwizard\b|\bmulti[- ]?step\b|step[- ]by[- ]step|покроков|багатокроков|майстер-форм|візард")
_INFO = re.compile(
    r"\b(?:info(?:rmation)?|intro(?:duction)?|welcome|landing|instructions?) (?:step|page|screen|text)\b|"
    r"\bwith (?:instructions|an? intro\w*)\b|(?:вступ|вітальн|інформаційн)\w* (?:крок|екран|сторінк)\w*|інструкці",
)

_ROLE = (
    r"(?:(?:line |direct |team |department )?(?:manager|supervisor|director|boss|lead|head|hr|"
    r"admin(?:istrator)?)(?:'s)?|"
    r"(?:безпосередн\w+ |прям\w+ )?(?:керівник\w*|менеджер\w*|начальник\w*|директор\w*|бухгалтер\w*|hr))"
)
_APPROVAL = re.compile(
    r"(?:[\s,;.]+(?:with|and|then|after|needs?|requires?|which|the|an?|their|my|to|be|it|by|з|із|зі|та|і|й|потім|далі|"
    r"після|потребує|подальшим)\b|[,;.])+\s+"
    rf"(?:(?:{_ROLE} )?approval\b(?! (?:date|status|number|code)\b|\s*\()(?: (?:step|process|workflow|by|from|the|an?|"
    rf"my|{_ROLE}))*|(?:{_ROLE} (?:must |should |will |can |has to |needs to |then )?)?approve[sd]?\b"
    rf"(?: (?:it|by|the|an?|(?:the )?request|{_ROLE})\b)*"
    r"|(?:погодженн|затвердженн|схваленн)\w*(?! (?:на|з|із|щодо|дан|персон|умов))"
    rf"(?: (?:у |в |від |з )?{_ROLE})?"
    rf"|(?:(?:її|його|заявку|запит) )?(?:погоджує|затверджує|схвалює) {_ROLE}"
    rf"|{_ROLE} (?:(?:її|його|заявку|запит) )?(?:має |повин\w+ )?(?:погодж\w+|погодит\w+|затвердж\w+"
    rf"|затвердит\w+|схвал\w+)"
    r"(?: (?:її|його|заявку|запит))?)",
    re.IGNORECASE,
)

_COLON = re.compile(r"(?<!\d):(?!//)|:(?=\s)|\s[-–—]\s(?=[^,\n]+,)|\n\s*(?=(?:[-*•]|\d+[.)])\s)")
_SENTENCE_END = re.compile(r"[!?]\s|(?<!\w\.\w)(?<!\be\.g)\.(?=\s+[^\Wа-яіїєґa-z]|\s*$)|\n\s*\n")
_LIST_OPENING = re.compile(
    r"\s(?:with|including|includes?|containing|contains?|has|having|asking for|asks? for|collect(?:s|ing)|that asks "
    r"for|where \w+ (?:enters?|gives?))\s"
    r"|\s(?:містить|включає|має містити|де вказати|де вказують|де треба вказати|вкажіть|вказати)\s"
    r"|\s(?:з|із|зі)\s(?=(?:таким\w+ )?(?:полем|полями)\b|[\w'’ʼ-]+(?:ом|ем|єм|ою|ею|єю|ами|ями|ими|ям|им)(?:\s|,|$))",
    re.IGNORECASE,
)
_LIST_WORDS = re.compile(
    r"^[\s,]*(?:the |an? |these |such )?(?:following |next )?(?:(?:input |form )?(?:fields?|inputs?|columns?|"
    r"questions?)(?: for| with| like| such as)?|"
    r"(?:таким\w* |наступн\w* |такі )?(?:пол[яеі]|полями|полем|колонк\w+|стовпц\w+|питанн\w+))\b[\s:,–—-]*",
    re.IGNORECASE,
)
_TAIL_WORDS = re.compile(
    r"[\s,–—-]*\b(?:with|including|has|having|that asks for|asking for|with the following|it should (?:have|ask for)|"
    r"з|із|містить|має|включає)?(?:\s+(?:the|these|such|following|таким\w*|наступн\w*|такі))*\s*"
    r"(?:fields?|inputs?|columns?|data|пол[яеі]|полями|колонк\w+|стовпц\w+|даними)?\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request taken apart.

    ``heading`` holds the words before the list, ``listed`` the list's text (empty: none), ``prose`` all
    other sentences. ``is_strict``: the list stands after a colon, so it is the whole wish. ``step_count`` is
    the number of steps asked for. ``is_approved``: somebody decides on it afterwards, which is no field.
    """

    language: Language
    heading: str
    listed: str
    prose: str
    is_strict: bool
    is_wizard: bool
    wants_info: bool
    is_approved: bool
    step_count: int | None


def detect_language(text: str) -> Language:
    """Tell Ukrainian from English by the share of Cyrillic letters."""
    letters = [char for char in text if char.isalpha()]
    cyrillic = sum("Ѐ" <= char <= "ӿ" for char in letters)
    return Language.UK if letters and cyrillic / len(letters) >= _CYRILLIC_SHARE else Language.EN


def kept_language(flow: Mapping[str, Any]) -> Language | None:
    """Read the language that a flow was translated into."""
    metadata = flow.get("metadata")
    kept = metadata.get("language") if isinstance(metadata, dict) else None
    return Language(kept) if kept in tuple(Language) else None


def read_request(text: str) -> Request:
    """Take ``text`` apart; nothing in it is an error."""
    lowered = plain(text)
    count = _STEP_COUNT.search(lowered)
    said = count.group(1) if count else ""
    bare = _cut(text, count) if count else text
    bare, approvals = _APPROVAL.subn("", _STYLE.sub("", bare))
    heading, listed, prose, is_strict = _split_list(bare.strip())
    return Request(
        language=detect_language(text),
        heading=heading,
        listed=listed,
        prose=prose,
        is_strict=is_strict,
        is_wizard=_WIZARD.search(lowered) is not None,
        wants_info=_INFO.search(lowered) is not None,
        is_approved=approvals > 0,
        step_count=int(said) if said.isdigit() else _COUNTS.get(said),
    )


def _cut(text: str, found: re.Match[str]) -> str:
    """Leave out what was found: the number of steps is no field and no part of the name."""
    return text[: found.start()] + text[found.end() :]


def _split_list(text: str) -> tuple[str, str, str, bool]:
    """Split into heading, list, other sentences, and whether a colon opens the list."""
    colon = _COLON.search(text)
    if colon is not None and text[colon.end() :].strip():
        before, after = text[: colon.start()], text[colon.end() :]
        end = _SENTENCE_END.search(after)
        listed, rest = (after[: end.start()], after[end.end() :]) if end else (after, "")
        heading, prose = _first_sentence(before)
        return (
            _TAIL_WORDS.sub("", heading),
            _LIST_WORDS.sub("", listed),
            f"{_TAIL_WORDS.sub('', prose)}\n{rest}",
            True,
        )
    heading, prose = _first_sentence(text)
    opening = _LIST_OPENING.search(heading)
    while opening is not None:
        listed = _LIST_WORDS.sub("", heading[opening.end() :])
        if find_concepts(listed):
            return heading[: opening.start()], listed, prose, False
        opening = _LIST_OPENING.search(heading, opening.end())
    return heading, "", prose, False


def _first_sentence(text: str) -> tuple[str, str]:
    """Split off the first sentence."""
    end = _SENTENCE_END.search(text)
    return (text[: end.start()], text[end.end() :]) if end else (text, "")


_PLEASE = (
    r"(?:please|can you|could you|would you|hi|hello|hey|i(?:'d like| would like| want| need)(?: to| you to)?|we(?:'d "
    r"like| would like| want| need)(?: to)?|"
    r"let's|будь ласка|привіт|добрий день|мені|нам|я хочу|хочу|хотів би|хотіла б|прошу|треба|необхідн[аоі]|необхідний|"
    r"потрібн[аоі]|потрібен|потрібний)"
)
_VERBS = (
    r"(?:add|create|make|build|design|generate|prototype|develop|draw|prepare|draft|show|give|produce|"
    r"створ\w+|зроб\w+|згенеру\w+|побуду\w+|розроб\w+|підготу\w+|намалю\w+|сформу\w+|покаж\w+|спроєкту\w+)"
)
_ARTICLES = (
    r"(?:me|us|a|an|the|some|simple|new|nice|small|quick|modern|beautiful|multi-?step|step-by-step|mobile|responsive|"
    r"online|web|"
    r"мені|нам|прост[аеуий]+|нов[аеуий]+|гарн[аеуий]+|невелик[аеуий]+|сучасн[аеуий]+|мобільн[аеуий]+|покроков[аеуий]+|"
    r"багатокроков[аеуий]+)"
)
_OPENING = re.compile(
    rf"^(?:(?:{_PLEASE}|{_ARTICLES})\b[\s,!.]*)*(?P<verb>{_VERBS}\b\s*)?(?:{_ARTICLES}\b\s*)*", re.IGNORECASE
)
_CONTAINER = re.compile(
    r"^(?:app|web ?app|(?:web|mobile) application|web ?site|site|page|screen|form|prototype|ui|interface|flow|user "
    r"flow|service|system|tool|bot|wizard)\s+"
    r"(?:for|to|that (?:lets|allows|helps) [\w ]{2,30}? (?:to )?|(?:where|in which|so that|with which) [\w ]{2,30}? "
    r"(?:can|could|may) )\s*",
    re.IGNORECASE,
)
_NAME_END = re.compile(
    r"\s+(?:that|which|where|so that|including|using|asking|so|and (?:ask|let|then)\w*|"
    r"що|яка|який|яке|які|де|щоб|у якій|в якому|через яку)\s|[,;]\s",
    re.IGNORECASE,
)
_DROPPED = re.compile(r"^(?:a|an|the|for|to|of|про|для)\s+", re.IGNORECASE)
_WANT = re.compile(r"\b(?:хо(?:чу|тів|тіла)|треба|потрібно|прошу)\b", re.IGNORECASE)
_NAMELESS = re.compile(
    r"(?:(?:web ?)?app|(?:web|mobile)? ?application|form|page|site|web ?site|prototype|screen|survey form|форма|"
    r"сторінка|сайт|застосунок|додаток|прототип|екран|анкета)?"
    r"|(?:there|what|how|why|who|can|could|що|як|хто|чому|коли)\b.*",
    re.IGNORECASE,
)


def name_app(heading: str) -> str:
    """Name the app by the heading, without "Create a…"; empty when it says nothing but "a form"."""
    opening = _OPENING.match(heading)
    is_object = opening is not None and (opening.group("verb") or _WANT.search(opening.group()) is not None)
    name = heading[opening.end() :] if opening else heading
    name = _CONTAINER.sub("", " ".join(name.split()))
    end = _NAME_END.search(f"{name} ")
    name = _DROPPED.sub("", name[: end.start()] if end else name).strip(" .,:;!?-–—\"'«»()")
    if is_object:
        name = turn_object(name)
    if _NAMELESS.fullmatch(name):
        return ""
    return _shorten(name[:1].upper() + name[1:])


def _shorten(name: str) -> str:
    """Cut at a word's end, so that a rambling request still gives a name."""
    if len(name) <= _NAME_LIMIT_CHARS:
        return name
    return name[:_NAME_LIMIT_CHARS].rsplit(" ", 1)[0].rstrip(" ,.;:") + "…"
