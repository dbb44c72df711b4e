"""The single edits a flow can take: its steps are JSON, so that whatever a model put there stays."""

import re
from typing import Any

from bot.demo.field_rules import Draft, concept_of, read_list
from bot.demo.flow_rules import write_check, write_forms, write_intro
from bot.demo.vocabulary import Language, Topic, find_concepts, plain

_PLACE = re.compile(
    r"\s(?:to|in|on|into|from|at|after|before) (?:the )?(?:\w+ )?(?:step|form|page|screen|end|start|beginning|"
    r"list)\b.*|"
    r"\s(?:до|у|в|на|з|із|після|перед) (?:\w+ )?(?:крок\w*|форм\w*|сторінк\w*|екран\w*|кін\w+|початок)\b.*",
)
_STEP_WORD = re.compile(r"\b(?:step|screen|page)\b|\bкрок\w*|\bекран\w*|\bсторінк\w*")
_INFO_WORD = re.compile(r"info|intro|first|welcome|start|інформ|вступ|перш|почат")
_CHECK_WORD = re.compile(r"confirm|review|last|check|підтвер|перевір|останн")
_QUOTED = re.compile("[\"«“'](.{2,80}?)[\"»”']")
_NEW_NAME = re.compile(
    r"^(?:the )?(?:app|form|flow|page|it|title|name|форму|застосунок|сторінку|його|її)?\s*(?:to|as|into|на|в|у|як)?\s+",
    re.IGNORECASE,
)

Step = dict[str, Any]


def read_drafts(steps: list[Step]) -> list[Draft]:
    """Read a flow's fields back, so that they can be dealt out anew."""
    return [_read_draft(entry) for step in steps for entry in fields_of(step)]


def _read_draft(entry: dict[str, Any]) -> Draft:
    """Read one field back; its concept is known by its name."""
    name = str(entry.get("name") or "field")
    concept = concept_of(name)
    metadata = entry.get("metadata")
    options = metadata.get("options") if isinstance(metadata, dict) else None
    return Draft(
        key=concept.key if concept else "",
        name=name,
        type=str(entry.get("type") or "text"),
        topic=concept.topic if concept else Topic.OTHER,
        label=str(entry.get("label") or name),
        required=entry.get("required") is not False,
        placeholder=str(entry.get("placeholder") or ""),
        options=tuple(map(str, options)) if isinstance(options, list) else (),
    )


def fields_of(step: Step) -> list[dict[str, Any]]:
    """Give a step's fields; none for a step that has no list of them."""
    fields = step.get("fields")
    return [entry for entry in fields if isinstance(entry, dict)] if isinstance(fields, list) else []


def add_fields(steps: list[Step], words: str, language: Language) -> list[Step]:
    """Add the fields that ``words`` name, or an introduction or a last look, where there is none yet."""
    bare = words[: len(_PLACE.sub("", plain(words)))]
    if _STEP_WORD.search(plain(words)) and not find_concepts(bare):
        return _add_step(steps, plain(words), language)
    present = {draft.name for draft in read_drafts(steps)}
    for draft in read_list(bare, language):
        if draft.name not in present:
            steps = _place(steps, draft, language)
    return steps


def _add_step(steps: list[Step], lowered: str, language: Language) -> list[Step]:
    """Add a step without fields."""
    types = {step.get("type") for step in steps}
    drafts = read_drafts(steps)
    if _INFO_WORD.search(lowered) and "info" not in types:
        return [write_intro(drafts, language), *steps]
    if _CHECK_WORD.search(lowered) and "confirmation" not in types:
        return [*steps, write_check(drafts, language)]
    return steps


def _place(steps: list[Step], draft: Draft, language: Language) -> list[Step]:
    """Place a field with others of its topic; payment and documents get a step of their own."""
    forms = [step for step in steps if fields_of(step)]
    akin = [step for step in forms if draft.topic in {_read_draft(entry).topic for entry in fields_of(step)}]
    is_apart = draft.topic in {Topic.PAYMENT, Topic.DOCUMENTS}
    plain_forms = [step for step in forms if not _is_apart(step)] or ([] if is_apart else forms)
    target = akin[-1:] or ([] if is_apart else plain_forms[-1:])
    if not target:
        return _insert_form(steps, draft, language)
    [step] = target
    fields = fields_of(step)
    cut = next((place for place, entry in enumerate(fields) if entry.get("type") == "checkbox"), len(fields))
    step["fields"] = [*fields[:cut], draft.as_json(), *fields[cut:]]
    return steps


def _is_apart(step: Step) -> bool:
    """Tell a step of payment or documents."""
    topics = {_read_draft(entry).topic for entry in fields_of(step)}
    return bool(topics & {Topic.PAYMENT, Topic.DOCUMENTS})


def _insert_form(steps: list[Step], draft: Draft, language: Language) -> list[Step]:
    """Insert a form step for ``draft`` before the last look."""
    [form] = write_forms([[draft]], language)
    ids = {step.get("id") for step in steps}
    form["id"] = next(f"form-{number}" for number in range(1, len(steps) + 2) if f"form-{number}" not in ids)
    is_closed = bool(steps) and steps[-1].get("type") == "confirmation"
    place = len(steps) - is_closed
    return [*steps[:place], form, *steps[place:]]


def remove_named(steps: list[Step], words: str) -> list[Step]:
    """Remove the fields, or the step, that ``words`` name; a form left without fields goes, too."""
    lowered = plain(words)
    kept = [step for step in steps if not (_STEP_WORD.search(lowered) and _is_step_named(step, lowered))]
    kept = kept or steps
    if len(kept) == len(steps):
        kept = [_drop_fields(step, words) for step in steps]
        kept = [step for step, old in zip(kept, steps, strict=True) if fields_of(step) or not fields_of(old)]
    return kept or steps


def _is_step_named(step: Step, lowered: str) -> bool:
    """Tell whether ``lowered`` names this step by its kind, its title or its subject."""
    kind, title = step.get("type"), plain(str(step.get("title", "")))
    if kind == "info" and _INFO_WORD.search(lowered):
        return True
    if kind == "confirmation" and _CHECK_WORD.search(lowered):
        return True
    topics = {_read_draft(entry).topic for entry in fields_of(step)}
    named = {match.concept.topic for match in find_concepts(lowered)} & {Topic.PAYMENT, Topic.DOCUMENTS}
    return (len(title) > 3 and title in lowered) or bool(topics & named)  # noqa: PLR2004 -- short titles are in every word


def _drop_fields(step: Step, words: str) -> Step:
    """Give the step without the fields that ``words`` name."""
    if not fields_of(step):
        return step
    return {**step, "fields": [entry for entry in fields_of(step) if not _is_named(entry, words)]}


def _is_named(entry: dict[str, Any], words: str) -> bool:
    """Tell whether ``words`` name this field: by its concept or by its label."""
    draft = _read_draft(entry)
    keys: set[str] = set()
    for match in find_concepts(words):
        keys |= {match.concept.key, *match.concept.parts}
    lowered, label = plain(words), plain(draft.label)
    stem = label[: max(4, len(label) - 2)]
    is_bare = draft.key in keys and not (draft.name != draft.key and len(keys) > 1)
    return is_bare or re.search(rf"(?<!\w){re.escape(stem)}", lowered) is not None


def require_fields(steps: list[Step], words: str, *, is_required: bool) -> list[Step]:
    """Mark the named fields as required or optional; "all fields" names every one."""
    everything = re.search(r"\b(?:all|every)\b|\b(?:усі|всі|все)\b", plain(words)) is not None
    for step in steps:
        for entry in fields_of(step):
            if everything or _is_named(entry, words):
                entry["required"] = is_required
    return steps


def rename_named(flow: dict[str, Any], steps: list[Step], words: str) -> bool:
    """Rename a field ("phone to mobile") or the flow; tell whether there was a new name."""
    old, _, new = re.sub(r"\s(?:to|into|на)\s", "\0", words, count=1).partition("\0")
    entries = [entry for step in steps for entry in fields_of(step)]
    named = [entry for entry in entries if new and _is_named(entry, old)]
    quoted = _QUOTED.search(words)
    name = quoted.group(1) if quoted else _NEW_NAME.sub("", new or f" {words}")
    name = name.strip(" \"'«»“”.")
    if not name:
        return False
    title = name[:1].upper() + name[1:]
    if named:
        named[0]["label"] = title
    else:
        flow["name"] = title
    return True
