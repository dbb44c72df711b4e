"""The single edits a flow can take: its steps are JSON, so that whatever a model put there stays."""

import re
from typing import Any

from bot.demo.field_rules import Draft, concept_of, read_list
from bot.demo.flow_rules import write_check, write_forms, write_intro
from bot.demo.renaming import rename
from bot.demo.step_edits import CHECK_WORD, INFO_WORD, STEP_WORD, Step, add_form_step, find_step, insert_step
from bot.demo.vocabulary import Language, Topic, find_concepts, plain

_PLACE = re.compile(
    r"\s(?:to|in|on|into|from|at|after|before) (?:the )?(?:\w+ )?(?:step|form|page|screen|end|start|beginning|"
    r"list)\b.*|"
    r"\s(?:до|у|в|на|з|із|після|перед) (?:\w+ )?(?:крок\w*|форм\w*|сторінк\w*|екран\w*|кін\w+|початок)\b.*",
)


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
    if (grown := add_form_step(steps, words, language)) is not None:
        return grown
    bare = words[: len(_PLACE.sub("", plain(words)))]
    if STEP_WORD.search(plain(words)) and not find_concepts(bare):
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
    if INFO_WORD.search(lowered) and "info" not in types:
        return [write_intro(drafts, language), *steps]
    if CHECK_WORD.search(lowered) and "confirmation" not in types:
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
    return insert_step(steps, form)


def remove_named(steps: list[Step], words: str) -> list[Step]:
    """Remove the fields, or the step, that ``words`` name; a form left without fields goes, too."""
    place = find_step(steps, words, _read_topics(steps)) if STEP_WORD.search(plain(words)) else None
    if place is not None:
        return [*steps[:place], *steps[place + 1 :]] or steps
    kept = [_drop_fields(step, words) for step in steps]
    kept = [step for step, old in zip(kept, steps, strict=True) if fields_of(step) or not fields_of(old)]
    return kept or steps


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


def rename_named(flow: dict[str, Any], steps: list[Step], words: str) -> None:
    """Rename a field ("phone to mobile"), a step ("step 2 to Contacts") or the flow."""
    entries = [entry for step in steps for entry in fields_of(step)]

    def find_field(old: str) -> dict[str, Any] | None:
        return next((entry for entry in entries if old and _is_named(entry, old)), None)

    rename(flow, steps, words, find_field=find_field, find_step=lambda old: find_step(steps, old, _read_topics(steps)))


def _read_topics(steps: list[Step]) -> dict[int, set[Topic]]:
    """Say what the fields of each step are about."""
    return {place: {_read_draft(entry).topic for entry in fields_of(step)} for place, step in enumerate(steps)}
