"""Applies simple wishes to a flow: add, remove, replace, rename, make optional, regroup, translate."""

import copy
import re
from typing import Any

from bot.demo.field_items import OPTIONAL, REQUIRED
from bot.demo.field_rules import Draft
from bot.demo.flow_edits import add_fields, fields_of, read_drafts, remove_named, rename_named, require_fields
from bot.demo.flow_rules import intro_message, write_check, write_forms
from bot.demo.request_text import detect_language, kept_language, read_request
from bot.demo.step_edits import Step
from bot.demo.step_plan import plan_forms
from bot.demo.theme import read_look
from bot.demo.translation import read_target, translate
from bot.demo.vocabulary import Language, find_concepts, plain
from bot.demo.wording import ENGINE, describe

_COMMANDS = (
    ("rename", (r"rename|retitle|call (?:it|this|the app)|change the (?:title|name)|"
        r"перейменуй\w*|переназв\w+|назви|зміни\w* назву")),
    ("replace", r"replace|swap|change(?= [\w -]{2,40} (?:to|into) )|замін\w+"),
    ("remove", (r"remove|delete|drop|without|get rid of|take (?:out|off|away)|no need for|"
        r"прибер\w*|прибрати|видал\w+|вилуч\w+|без|забер\w*|викин\w+")),
    ("optional", (r"make(?= [^.;]{2,60}\b(?:optional|not required))|"
        r"зроб\w+(?= [^.;]{2,60}(?:необов'?язк|опціональ))")),
    ("required", r"make(?= [^.;]{2,60}\b(?:required|mandatory))|зроб\w+(?= [^.;]{2,60}обов'?язк)"),
    ("add", (r"add|include|insert|also|plus|append|i(?:t)? needs?|should (?:have|ask for)|"
        r"додай\w*|додати|дода[йю]\w*|включ\w+|встав\w*|також|потрібн\w+|ще")),
)  # fmt: skip
_COMMAND = re.compile("|".join(rf"(?P<{name}>(?<![\w'])(?:{words})(?!\w))" for name, words in _COMMANDS))
_LOOKS = frozenset({"colour"})
_CLAUSE_END = re.compile(r"[!?;\n]|\.(?=\s|$)")


def refine_flow(previous: dict[str, Any], request: str) -> dict[str, Any]:
    """Apply ``request`` to ``previous``, which stays as it is; what no rule understands changes nothing."""
    flow = copy.deepcopy(previous)
    steps = [step for step in flow["steps"] if isinstance(step, dict)]
    language = _language_of(flow, request)
    before = _own_texts(read_drafts(steps), language)
    for command, words in _split_commands(request):
        if command == "rename":
            rename_named(flow, steps, words)
        else:
            steps = _apply(command, steps, words, language)
    flow["steps"] = _regroup(steps, request, language)
    target = read_target(request) or language
    if target is not language:
        translate(flow, language, target)
        _keep(flow, language=target.value)
    _renew_texts(flow, before, target)
    _keep(flow, engine=ENGINE)
    return flow


def _keep(flow: dict[str, Any], **values: str) -> None:
    """Keep something in the flow's metadata."""
    metadata = flow["metadata"] if isinstance(flow.get("metadata"), dict) else {}
    flow["metadata"] = {**metadata, **values}


def _language_of(flow: dict[str, Any], request: str) -> Language:
    """Find the flow's language, which stays, whatever language the wish is in."""
    if (kept := kept_language(flow)) is not None:
        return kept
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
            commands += _read_statement(clause)
            continue
        stops = [*(match.start() for match in found[1:]), len(clause)]
        commands += [
            (str(match.lastgroup), clause[match.end() : stop]) for match, stop in zip(found, stops, strict=True)
        ]
    trimmed = [(command, words.strip(" ,.:")) for command, words in commands]
    return [(command, words) for command, words in trimmed if words and not _is_about_looks(words)]


def _read_statement(clause: str) -> list[tuple[str, str]]:
    """Read what is said rather than ordered: "phone is optional"."""
    lowered = plain(clause)
    if OPTIONAL.search(lowered):
        return [("optional", clause)]
    return [("required", clause)] if REQUIRED.search(lowered) else []


def _is_about_looks(words: str) -> bool:
    """Tell a wish for the page's looks, which no field of the flow answers."""
    return bool(read_look(words)) and all(match.concept.key in _LOOKS for match in find_concepts(words))


def _apply(command: str, steps: list[Step], words: str, language: Language) -> list[Step]:
    """Apply one command to the steps."""
    match command:
        case "add":
            return add_fields(steps, words, language)
        case "remove":
            return remove_named(steps, words)
        case "replace":
            old, _, new = re.sub(r"\s(?:with|by|to|into|for|на)\s", "\0", words, count=1).partition("\0")
            return add_fields(remove_named(steps, old), new, language) if new else steps
        case "optional" | "required":
            return require_fields(steps, words, is_required=command == "required")
        case _:
            return steps


def _regroup(steps: list[Step], request: str, language: Language) -> list[Step]:
    """Deal the fields out anew when the wish names a number of steps."""
    count = read_request(request).step_count
    drafts = read_drafts(steps)
    if count is None or not drafts:
        return steps
    others = [step for step in steps if not fields_of(step)]
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
