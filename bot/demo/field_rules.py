"""Reads fields out of the words of a request: items of a list, or concepts named in prose."""

import re
from dataclasses import dataclass, field, replace

from bot.demo.field_items import (
    BRACKETS,
    OPTIONAL,
    REQUIRED,
    bracket_options,
    find_topic,
    guess_type,
    spell_out,
    split_items,
    tidy_item,
)
from bot.demo.grammar import to_nominative
from bot.demo.vocabulary import CONCEPTS, Concept, Language, Match, Topic, find_concepts, plain
from bot.demo.wording import make_slug

_LABEL_LIMIT_CHARS = 60
_ITEM_LIMIT_WORDS = 6
_SHORT_WORD_CHARS = 4
_FEW = 2
_CARDS_LIMIT = 3

_RANGE = re.compile(r"\b(\d{1,2})\s?(?:-|–|to|до|\.\.)\s?(\d{1,2})\b")
_ABILITY = re.compile(r"(?:ability|possibility|option|can|should|must|let|allow)\b|(?:можлив|дозвол)")
_TYPE_WORDS = {
    "date": "date", "дата": "date", "time": "time", "час": "time", "number": "number", "число": "number",
    "dropdown": "select", "select": "select", "list": "select", "список": "select", "випадаючий список": "select",
    "radio": "radio", "checkbox": "checkbox", "чекбокс": "checkbox", "галочка": "checkbox", "file": "file",
    "upload": "file", "файл": "file", "text": "text", "текст": "text", "textarea": "textarea", "url": "url",
    "long text": "textarea", "multiline": "textarea", "email": "email", "phone": "tel", "password": "password",
}  # fmt: skip
_DENIED = re.compile(r"\b(?:no|without|без)\s$")
_EITHER = re.compile(r"[/&+]|\b(?:or|або|чи)\b")
_OF = re.compile(r"^\s(?:of|for|from|at|in|to|about|on|with|by)\b")
_QUESTION = re.compile(
    r"^(?:attending|coming|(?:non-?)?smoker|vegetarian)$|"
    r"^(?:can|do|does|is|are|have|has|will) (?:we|you|they|he|she|it|the|there)\b|^чи\s|\s(?:чи ні|or not)$"
)
_YES_NO = (("Yes", "No"), ("Так", "Ні"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A field before it has a place; ``key`` is its concept's, empty for words of the request's own."""

    key: str
    name: str
    type: str
    topic: Topic
    label: str
    required: bool = True
    placeholder: str = ""
    options: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        """Give the field as a flow has it."""
        shown: dict[str, object] = {
            "name": self.name,
            "type": self.type,
            "label": self.label,
            "required": self.required,
        }
        if self.placeholder:
            shown["placeholder"] = self.placeholder
        if self.options:
            shown["metadata"] = {"options": list(self.options)}
        return shown


def draft_concept(key: str, language: Language) -> list[Draft]:
    """Draft the field of a concept, or the fields it stands for."""
    concept = CONCEPTS[key]
    if concept.parts:
        return [draft for part in concept.parts for draft in draft_concept(part, language)]
    return [
        Draft(
            key=key,
            name=key,
            type=concept.type,
            topic=concept.topic,
            label=language.pick(concept.label),
            required=not concept.is_optional,
            placeholder=concept.example(language),
            options=concept.choices(language),
        ),
    ]


def read_prose(text: str, language: Language) -> list[Draft]:
    """Draft a field for each concept that running text names."""
    text = spell_out(text)
    drafts: list[Draft] = []
    for match in find_concepts(text):
        if _names_the_app(text, match) or _DENIED.search(plain(text)[: match.start]):
            continue
        around = plain(text)[max(0, match.start - 12) : match.end + 25].split(",")[0]
        drafts += [_mark(draft, around) for draft in draft_concept(match.concept.key, language)]
    return unique(drafts)


def _names_the_app(text: str, match: Match) -> bool:
    """Tell "contact form" and "форма контактів", which name the app, from a field."""
    after = re.match(r"\s(?:form|page|app|site|screen|dashboard|service|system|portal)\b", plain(text)[match.end :])
    before = re.search(r"(?:форм|сторінк|сайт|портал|систем|сервіс)\w*\s$", plain(text)[: match.start])
    return (after is not None or before is not None) and match.concept.topic is not Topic.PAYMENT


def read_list(text: str, language: Language, *, is_open: bool = True) -> list[Draft]:
    """Draft the fields of a list's items; with ``is_open`` what matches nothing becomes a text field."""
    drafts: list[Draft] = []
    everything_optional = re.search(r"all (?:fields )?(?:are )?optional|усі поля необов", plain(text)) is not None
    for item in split_items(spell_out(text)):
        drafts += _read_item(item, language, is_open=is_open)
    if everything_optional:
        drafts = [replace(draft, required=False) for draft in drafts]
    return unique(drafts)


def _read_item(item: str, language: Language, *, is_open: bool) -> list[Draft]:
    """Draft the fields of one item: usually one."""
    item = bracket_options(item)
    inner = [found.group(1) or found.group(2) or "" for found in BRACKETS.finditer(item)]
    words = tidy_item(BRACKETS.sub(" ", item))
    if _ABILITY.match(plain(words)) and not inner and not _QUESTION.search(plain(words)):
        return []
    remarks = " ".join([plain(item), *map(plain, inner)])
    drafts = _read_words(words, language, is_open=is_open)
    drafts = [_mark(draft, remarks) for draft in drafts]
    if len(drafts) == 1:
        drafts = [_specify(drafts[0], inner, words, language)]
    return drafts


def _read_words(words: str, language: Language, *, is_open: bool) -> list[Draft]:
    """Draft an item's fields by the concepts in it; its own words where there is none."""
    if is_open and _QUESTION.search(plain(words)):
        question = _draft_own(words, language)
        return [replace(question, type="radio", options=language.pick(_YES_NO))]
    matches = find_concepts(words)
    if not matches:
        return [_draft_own(words, language)] if is_open and _can_be_label(words) else []
    head = _find_head(matches, words, language)
    if head is None or head.concept.parts:
        return [draft for match in matches for draft in draft_concept(match.concept.key, language)]
    [draft] = draft_concept(head.concept.key, language)
    label = _label_of(words, head, language)
    if not label:
        return [draft]
    is_same = head.end - head.start >= len(words) - 1
    name = draft.name if is_same else make_slug(words) or draft.name
    owner = next((match.concept for match in matches if match.concept.is_owner), head.concept)
    topic = find_topic(words) or owner.topic
    return [replace(draft, label=label, name=name, topic=topic)]


def _find_head(matches: list[Match], words: str, language: Language) -> Match | None:
    """Find what an item is: in "company address" the address. None when it names several fields."""
    heads = [match for match in matches if not match.concept.is_owner]
    heads = [match for match in heads if not match.concept.parts] or heads
    if len(heads) > 1:
        first, last = heads[0], heads[-1]
        is_same = all(match.concept is first.concept for match in heads)
        if is_same or len(heads) > _FEW or _EITHER.search(plain(words)[first.end : last.start]):
            return None
        is_first = language is Language.UK or _OF.search(plain(words)[first.end : last.start])
        return first if is_first else last
    return heads[0] if heads else matches[0 if language is Language.UK else -1]


def _label_of(words: str, head: Match, language: Language) -> str:
    """Label a field in the request's own words where they say more than the concept; else empty."""
    is_whole = head.end - head.start >= len(words) - 1
    has_fixed_label = head.concept.topic is Topic.CONSENT or _RANGE.search(words) is not None
    if has_fixed_label or not _can_be_label(words) or (is_whole and _is_better_said(words, head, language)):
        return ""
    nominative = to_nominative(words) if language is Language.UK else words
    is_half_turned = nominative != words and re.search(r"\s(?:та|і|й)\s", words) is not None
    return "" if is_half_turned else _capitalise(nominative)


def _is_better_said(words: str, head: Match, language: Language) -> bool:
    """Tell whether the concept's own label reads better than words that say just the same."""
    if "," in words or re.search(r"(?:dates|numbers|names|addresses|types)$", words):
        return True
    if head.concept.key == "amount" and plain(words) in {"бюджет", "ціна", "вартість"}:
        return False
    is_short = len(words) <= _SHORT_WORD_CHARS or words.endswith("s") or head.concept.key == "email"
    return " " not in words and (language is Language.UK or is_short)


def _can_be_label(words: str) -> bool:
    """Tell a label from a sentence or from stray signs."""
    return bool(re.search(r"[^\W\d_]{2}", words)) and len(words.split()) <= _ITEM_LIMIT_WORDS


def _draft_own(words: str, language: Language) -> Draft:
    """Draft a text field that is labelled with the item's own words."""
    nominative = to_nominative(words) if language is Language.UK else words
    label = _capitalise(nominative)[:_LABEL_LIMIT_CHARS]
    kind, options = guess_type(words, language)
    return Draft(
        key="",
        name=make_slug(label) or "field",
        type=kind,
        topic=find_topic(words) or Topic.OTHER,
        label=label,
        options=options,
    )


def _capitalise(words: str) -> str:
    return words[:1].upper() + words[1:]


def _mark(draft: Draft, remarks: str) -> Draft:
    """Note whether the remarks around a field say that it is optional or required."""
    if OPTIONAL.search(remarks):
        return replace(draft, required=False)
    return replace(draft, required=True) if REQUIRED.search(remarks) else draft


def _specify(draft: Draft, inner: list[str], words: str, language: Language) -> Draft:
    """Apply what stands in brackets or behind the name: a type, options, a range."""
    found = _RANGE.search(" ".join([words, *inner]))
    if found and draft.key in {"rating", "level", ""}:
        low, high = int(found.group(1)), int(found.group(2))
        if low < high <= low + 10:
            label = (
                _capitalise(_RANGE.sub("", words).removesuffix("from ").removesuffix("від ").strip(" -")) or draft.label
            )
            label = draft.label if draft.key else label
            return replace(
                draft,
                type="radio",
                options=tuple(map(str, range(low, high + 1))),
                label=label,
                placeholder="",
            )
    for remark in inner:
        draft = _apply_remark(draft, remark, language)
    return draft


def _apply_remark(draft: Draft, remark: str, language: Language) -> Draft:
    """Apply one bracket: "(date)", "(yes/no)" or "(red, green, blue)"."""
    wanted = _TYPE_WORDS.get(plain(remark).strip())
    if wanted is not None:
        return replace(draft, type=wanted)
    if re.fullmatch(r"\s*(?:yes\s?[/,]\s?no|так\s?[/,]\s?ні)\s*", plain(remark)):
        return replace(draft, type="radio", options=language.pick(_YES_NO), placeholder="")
    parts = (part.strip() for part in re.split(r"[,/;|]|\s(?:or|або|чи)\s", remark))
    choices = tuple(dict.fromkeys(_capitalise(part) for part in parts if part))
    is_remark = OPTIONAL.search(plain(remark)) or REQUIRED.search(plain(remark))
    if len(choices) < _FEW or is_remark or draft.type in {"file", "checkbox"}:
        return draft
    return replace(draft, type="radio" if len(choices) <= _CARDS_LIMIT else "select", options=choices, placeholder="")


def unique(drafts: list[Draft]) -> list[Draft]:
    """Drop the same field said twice; number different fields of the same name."""
    kept: dict[str, Draft] = {}
    for draft in drafts:
        twin = kept.get(draft.name)
        if twin is not None and twin.label == draft.label:
            continue
        name, number = draft.name, 2
        while name in kept:
            name, number = f"{draft.name}_{number}", number + 1
        kept[name] = replace(draft, name=name)
    return list(kept.values())


def concept_of(name: str) -> Concept | None:
    """Find the concept a field's name stands for, also with a number behind it."""
    return CONCEPTS.get(name) or CONCEPTS.get(re.sub(r"_\d+$", "", name))
