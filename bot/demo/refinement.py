"""Applies simple wishes to a flow: add, remove, replace, rename, make optional, regroup, recolour."""

import copy
import re
from typing import Any

from bot.demo.field_rules import Draft, concept_of, read_list
from bot.demo.flow_rules import intro_message, write_check, write_forms, write_intro
from bot.demo.request_text import detect_language, read_request
from bot.demo.step_plan import plan_forms
from bot.demo.theme import read_look
from bot.demo.vocabulary import Language, Topic, find_concepts, plain
from bot.demo.wording import ENGINE, describe

_COMMANDS = (
    ("rename", r"rename|retitle|call (?:it|this|the app)|change the (?:title|name)|перейменуй\w*|переназв\w+|назви|зміни\w* назву"),
    ("replace", r"replace|swap|change(?= [\w -]{2,40} (?:to|into) )|замін\w+"),
    ("remove", r"remove|delete|drop|without|get rid of|take (?:out|off|away)|no need for|прибер\w*|прибрати|видал\w+|вилуч\w+|без|забер\w*|викин\w+"),
    ("optional", r"make(?= [^.;]{2,60}\b(?:optional|not required))|зроб\w+(?= [^.;]{2,60}(?:необов'?язк|опціональ))"),
    ("required", r"make(?= [^.;]{2,60}\b(?:required|mandatory))|зроб\w+(?= [^.;]{2,60}обов'?язк)"),
    ("add", r"add|include|insert|also|plus|append|i(?:t)? needs?|should (?:have|ask for)|додай\w*|додати|дода[йю]\w*|включ\w+|встав\w*|також|потрібн\w+|ще"),
)  # fmt: skip
_COMMAND = re.compile("|".join(rf"(?P<{name}>(?<![\w'])(?:{words})(?!\w))" for name, words in _COMMANDS))
_CLAUSE_END = re.compile(r"[!?;\n]|\.(?=\s|$)")
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


def refine_flow(previous: dict[str, Any], request: str) -> dict[str, Any]:
    """Apply ``request`` to ``previous``, which stays as it is; what no rule understands changes nothing."""
    flow = copy.deepcopy(previous)
    steps = [step for step in flow["steps"] if isinstance(step, dict)]
    language = _language_of(flow, request)
    before = _own_texts(read_drafts(steps), language)
    for command, words in _split_commands(request):
        if command == "rename" and _rename(flow, steps, words):
            continue
        steps = _apply(command, steps, words, language)
    flow["steps"] = _regroup(steps, request, language)
    _renew_texts(flow, before, language)
    metadata = flow["metadata"] if isinstance(flow.get("metadata"), dict) else {}
    flow["metadata"] = {**metadata, "engine": ENGINE, **read_look(request)}
    return flow


def _language_of(flow: dict[str, Any], request: str) -> Language:
    """A flow keeps its language, whatever language the wish is in."""
    titles = [str(step.get("title", "")) for step in flow["steps"] if isinstance(step, dict)]
    return detect_language(" ".join([str(flow.get("name") or request), *titles]))


def _split_commands(request: str) -> list[tuple[str, str]]:
    """Split a wish into commands and the words each is about, as written."""
    commands: list[tuple[str, str]] = []
    start = 0
    for end in [*(found.start() for found in _CLAUSE_END.finditer(request)), len(request)]:
        clause = request[start:end]
        start = end + 1
        found = list(_COMMAND.finditer(plain(clause)))
        if not found:
            continue
        stops = [*(match.start() for match in found[1:]), len(clause)]
        commands += [
            (str(match.lastgroup), clause[match.end() : stop]) for match, stop in zip(found, stops, strict=True)
        ]
    return [(command, words.strip(" ,.:")) for command, words in commands if words.strip(" ,.:")]


def _apply(command: str, steps: list[Step], words: str, language: Language) -> list[Step]:
    """Apply one command to the steps."""
    match command:
        case "add":
            return _add(steps, words, language)
        case "remove":
            return _remove(steps, words)
        case "replace":
            old, _, new = re.sub(r"\s(?:with|by|to|into|for|на)\s", "\0", words, count=1).partition("\0")
            return _add(_remove(steps, old), new, language) if new else steps
        case "optional" | "required":
            return _require(steps, words, is_required=command == "required")
        case _:
            return steps


def read_drafts(steps: list[Step]) -> list[Draft]:
    """Read a flow's fields back, so that they can be dealt out anew."""
    return [_read_draft(entry) for step in steps for entry in _fields(step)]


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


def _fields(step: Step) -> list[dict[str, Any]]:
    """Give a step's fields; none for a step that has no list of them."""
    fields = step.get("fields")
    return [entry for entry in fields if isinstance(entry, dict)] if isinstance(fields, list) else []


def _add(steps: list[Step], words: str, language: Language) -> list[Step]:
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
    forms = [step for step in steps if _fields(step)]
    akin = [step for step in forms if draft.topic in {_read_draft(entry).topic for entry in _fields(step)}]
    is_apart = draft.topic in {Topic.PAYMENT, Topic.DOCUMENTS}
    plain_forms = [step for step in forms if not _is_apart(step)] or ([] if is_apart else forms)
    target = akin[-1:] or ([] if is_apart else plain_forms[-1:])
    if not target:
        return _insert_form(steps, draft, language)
    [step] = target
    fields = _fields(step)
    cut = next((place for place, entry in enumerate(fields) if entry.get("type") == "checkbox"), len(fields))
    step["fields"] = [*fields[:cut], draft.as_json(), *fields[cut:]]
    return steps


def _is_apart(step: Step) -> bool:
    """Tell a step of payment or documents."""
    topics = {_read_draft(entry).topic for entry in _fields(step)}
    return bool(topics & {Topic.PAYMENT, Topic.DOCUMENTS})


def _insert_form(steps: list[Step], draft: Draft, language: Language) -> list[Step]:
    """Insert a form step for ``draft`` before the last look."""
    [form] = write_forms([[draft]], language)
    ids = {step.get("id") for step in steps}
    form["id"] = next(f"form-{number}" for number in range(1, len(steps) + 2) if f"form-{number}" not in ids)
    is_closed = bool(steps) and steps[-1].get("type") == "confirmation"
    place = len(steps) - is_closed
    return [*steps[:place], form, *steps[place:]]


def _remove(steps: list[Step], words: str) -> list[Step]:
    """Remove the fields, or the step, that ``words`` name; a form left without fields goes, too."""
    lowered = plain(words)
    kept = [step for step in steps if not (_STEP_WORD.search(lowered) and _is_step_named(step, lowered))]
    kept = kept or steps
    if len(kept) == len(steps):
        kept = [_drop_fields(step, words) for step in steps]
        kept = [step for step, old in zip(kept, steps, strict=True) if _fields(step) or not _fields(old)]
    return kept or steps


def _is_step_named(step: Step, lowered: str) -> bool:
    """Tell whether ``lowered`` names this step by its kind, its title or its subject."""
    kind, title = step.get("type"), plain(str(step.get("title", "")))
    if kind == "info" and _INFO_WORD.search(lowered):
        return True
    if kind == "confirmation" and _CHECK_WORD.search(lowered):
        return True
    topics = {_read_draft(entry).topic for entry in _fields(step)}
    named = {match.concept.topic for match in find_concepts(lowered)} & {Topic.PAYMENT, Topic.DOCUMENTS}
    return (len(title) > 3 and title in lowered) or bool(topics & named)  # noqa: PLR2004 -- short titles are in every word


def _drop_fields(step: Step, words: str) -> Step:
    """Give the step without the fields that ``words`` name."""
    if not _fields(step):
        return step
    return {**step, "fields": [entry for entry in _fields(step) if not is_named(entry, words)]}


def is_named(entry: dict[str, Any], words: str) -> bool:
    """Tell whether ``words`` name this field: by its concept or by its label."""
    draft = _read_draft(entry)
    keys: set[str] = set()
    for match in find_concepts(words):
        keys |= {match.concept.key, *match.concept.parts}
    lowered, label = plain(words), plain(draft.label)
    stem = label[: max(4, len(label) - 2)]
    is_bare = draft.key in keys and not (draft.name != draft.key and len(keys) > 1)
    return is_bare or re.search(rf"(?<!\w){re.escape(stem)}", lowered) is not None


def _require(steps: list[Step], words: str, *, is_required: bool) -> list[Step]:
    """Mark the named fields as required or optional; "all fields" names every one."""
    everything = re.search(r"\b(?:all|every)\b|\b(?:усі|всі|все)\b", plain(words)) is not None
    for step in steps:
        for entry in _fields(step):
            if everything or is_named(entry, words):
                entry["required"] = is_required
    return steps


def _rename(flow: dict[str, Any], steps: list[Step], words: str) -> bool:
    """Rename a field ("phone to mobile") or the flow; tell whether there was a new name."""
    old, _, new = re.sub(r"\s(?:to|into|на)\s", "\0", words, count=1).partition("\0")
    entries = [entry for step in steps for entry in _fields(step)]
    named = [entry for entry in entries if new and is_named(entry, old)]
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


def _regroup(steps: list[Step], request: str, language: Language) -> list[Step]:
    """Deal the fields out anew when the wish names a number of steps."""
    count = read_request(request).step_count
    drafts = read_drafts(steps)
    if count is None or not drafts:
        return steps
    others = [step for step in steps if not _fields(step)]
    forms = write_forms(plan_forms(drafts, form_count=count - len(others)), language)
    before = [step for step in others if step.get("type") != "confirmation"]
    return [*before, *forms, *(step for step in others if step.get("type") == "confirmation")]


def _own_texts(drafts: list[Draft], language: Language) -> tuple[str, ...]:
    """Say what the engine itself says about these fields."""
    return intro_message(drafts, language), str(write_check(drafts, language)["message"])


def _renew_texts(flow: dict[str, Any], before: tuple[str, ...], language: Language) -> None:
    """Say the engine's own texts anew for the fields there are now; other people's words stay."""
    drafts = read_drafts(flow["steps"])
    for step in flow["steps"]:
        if step.get("message") in before:
            step["message"] = _own_texts(drafts, language)[before.index(step["message"])]
    metadata = flow.get("metadata")
    if drafts and isinstance(metadata, dict) and metadata.get("engine") == ENGINE:
        flow["description"] = describe([draft.label for draft in drafts if draft.type != "checkbox"], language)
