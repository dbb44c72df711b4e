"""Makes a flow of a request by rules: no model, no surprise, the same answer each time."""

import re
from typing import Any

from bot.demo.field_rules import Draft, draft_concept, read_list, read_prose, unique
from bot.demo.request_text import Request, name_app, read_request
from bot.demo.step_plan import Group, plan_forms, title_forms
from bot.demo.subjects import DEFAULT_SUBJECT, Shape, Subject, find_subject, is_service
from bot.demo.theme import read_look
from bot.demo.vocabulary import Language, Topic
from bot.demo.wording import (
    CHECK,
    DETAILS,
    DETAILS_MESSAGE,
    ENGINE,
    SIGN_IN,
    SIGNED_IN,
    START,
    UNTITLED,
    WELCOME,
    confirm,
    describe,
    make_slug,
    overview,
    prepare,
)

_FEW_FIELDS = 2
_NAMED_LABELS = 3
_STEPS_LIMIT = 6
_VERB_CHARS = 12
_EXTRAS = frozenset({Topic.CONSENT, Topic.DOCUMENTS, Topic.PAYMENT})
_CALLED_FOR = frozenset({Topic.CONSENT, Topic.PAYMENT})
_MORE = re.compile(
    r"\b(?:also|add|ask|plus|include|optional|fields?|enter|need)\b|також|дода|ще\b|вказ|пол[еяі]\b|запит|потрібн",
    re.IGNORECASE,
)
_ADDED = re.compile(r"\b(?:add|edit|creat|new)\w*\b|додат|додав|створ(?:ення|ити нов)|редагув", re.IGNORECASE)
_DASHBOARD = re.compile(r"dashboard|дашборд|панел", re.IGNORECASE)
_STEP_MARK = re.compile(
    r"(?:^|[\s.;])(?:step|крок|screen|екран)\s*№?\s*\d\s*[-–—:.)]*\s*|"
    r"(?:^|[\s.;])(?:first|second|third|fourth|перший|другий|третій|четвертий) (?:step|крок|екран)\s*[-–—:]\s*",
    re.IGNORECASE,
)
_MARK_TITLE = re.compile(
    r"^\s*(?P<title>[^:(,.\n]{3,40})\s*(?::|\s[-–—]\s|\((?=[^)]+\)[\s.;]*$))\s*(?P<items>.+?)[\s).;]*$", re.DOTALL
)


def write_flow(prompt: str) -> dict[str, Any]:
    """Write the flow that ``prompt`` asks for: 1 to 6 steps, always valid, in the prompt's language."""
    marks = list(_STEP_MARK.finditer(prompt))
    if len(marks) >= _FEW_FIELDS:
        return _write_marked(prompt, marks)
    request = read_request(prompt)
    heading = request.heading
    subject = find_subject(heading, text=prompt)
    name = name_app(heading) or request.language.pick(UNTITLED)
    if subject.shape is Shape.TABLE:
        steps = _write_table(request, subject)
    else:
        steps = _write_form(request, subject, _read_fields(request, subject))
    return _assemble(name, steps, request.language, prompt)


def _assemble(name: str, steps: list[dict[str, Any]], language: Language, prompt: str) -> dict[str, Any]:
    """Put a flow together out of its steps, which get ids of their own."""
    entries = [entry for step in steps for entry in step.get("fields", [])]
    labels = [entry["label"] for entry in entries if entry["type"] != "checkbox"]
    description = describe(labels, language) if labels else str(steps[0].get("message", ""))
    return {
        "id": make_slug(name, separator="-") or "flow",
        "name": name,
        "description": description,
        "steps": steps,
        "metadata": {"engine": ENGINE, **read_look(prompt)},
    }


def _read_fields(request: Request, subject: Subject) -> list[Draft]:
    """Read the fields a request names; the subject's own where it names too few."""
    language = request.language
    listed = read_list(request.listed, language)
    if request.is_strict and listed:
        told = read_prose(request.prose, language)
        is_more = _MORE.search(request.prose) is not None
        return unique([*listed, *(draft for draft in told if is_more or draft.topic in _CALLED_FOR)])
    told = read_prose(request.prose, language)
    named = unique([*listed, *told, *([] if listed or told else _read_heading(request, subject))])
    matters = [draft for draft in named if draft.topic not in _EXTRAS]
    if len(matters) >= _FEW_FIELDS or (matters and subject is DEFAULT_SUBJECT):
        return _deliver(named, subject, language)
    usual = [draft for key in subject.concept_keys for draft in draft_concept(key, language)]
    return unique([*_without(usual, named), *_deliver(named, subject, language)])


def _deliver(named: list[Draft], subject: Subject, language: Language) -> list[Draft]:
    """Ask for what a delivery needs where the subject has more to ask than the way of it."""
    return [
        part
        for draft in named
        for part in (
            [entry for key in subject.delivered.split() for entry in draft_concept(key, language)]
            if draft.key == "delivery_method"
            else [draft]
        )
    ]


def _read_heading(request: Request, subject: Subject) -> list[Draft]:
    """Read a heading: its words are the subject's, but for "with card payment" and the like."""
    drafts = read_prose(request.heading, request.language)
    return [draft for draft in drafts if subject is DEFAULT_SUBJECT or draft.topic in _EXTRAS]


def _without(usual: list[Draft], named: list[Draft]) -> list[Draft]:
    """Leave out of the usual fields those that the request names itself."""
    keys = {draft.key for draft in named}
    return [draft for draft in usual if draft.key not in keys]


def _write_form(request: Request, subject: Subject, drafts: list[Draft]) -> list[dict[str, Any]]:
    """Write the steps of a form: maybe an introduction, the forms, a last look."""
    language = request.language
    if subject.shape is Shape.SIGN_IN:
        return _write_sign_in(drafts, language)
    if request.step_count == 1:
        return write_forms(plan_forms(drafts, form_count=1), language)
    form_count = None if request.step_count is None else request.step_count - 1 - request.wants_info
    groups = plan_forms(drafts, form_count=form_count, is_wizard=request.is_wizard)
    forms = write_forms(groups, language)
    is_short = request.step_count is not None and len(forms) + 1 < request.step_count
    is_account = any(draft.key == "password" for draft in drafts)
    is_explained = request.step_count is None and not is_account and _is_service(request, subject)
    intro = [write_intro(drafts, language)] if request.wants_info or is_short or is_explained else []
    return [*intro, *forms, write_check(drafts, language, is_approved=request.is_approved)]


def _is_service(request: Request, subject: Subject) -> bool:
    """Tell whether people want to know beforehand what is asked of them."""
    return subject.shape is Shape.SERVICE or is_service(request.heading)


def write_forms(groups: list[Group], language: Language) -> list[dict[str, Any]]:
    """Write a form step for each group."""
    titles = title_forms(groups, language)
    return [
        {
            "id": f"form-{number}",
            "type": "form",
            "title": title,
            "fields": [draft.as_json() for draft in group],
        }
        for number, (title, group) in enumerate(zip(titles, groups, strict=True), start=1)
    ]


def write_intro(drafts: list[Draft], language: Language) -> dict[str, Any]:
    """Write the step that says what to have at hand."""
    return {
        "id": "start",
        "type": "info",
        "title": language.pick(START),
        "message": intro_message(drafts, language),
    }


def intro_message(drafts: list[Draft], language: Language) -> str:
    """Say what to prepare: what people have to look up comes first."""
    looked_up = [
        draft.label
        for draft in drafts
        if (draft.topic in {Topic.DOCUMENTS, Topic.VEHICLE, Topic.FINANCE} and draft.key != "amount")
        or draft.key in {"passport", "tax_number", "card_number"}
    ]
    others = [draft.label for draft in drafts if draft.topic is not Topic.CONSENT]
    minutes = max(2, -(-len(drafts) // 2))
    return prepare((looked_up or others)[:_NAMED_LABELS], minutes, language, is_looked_up=bool(looked_up))


def write_check(drafts: list[Draft], language: Language, *, is_approved: bool = False) -> dict[str, Any]:
    """Write the last step: look everything over and send; say so when somebody approves it."""
    return {
        "id": "check",
        "type": "confirmation",
        "title": language.pick(CHECK),
        "message": confirm({draft.key for draft in drafts}, language, is_approved=is_approved),
    }


def _write_sign_in(drafts: list[Draft], language: Language) -> list[dict[str, Any]]:
    """Write a sign-in: one form and what opens behind it."""
    [form] = write_forms([drafts], language)
    welcome = {
        "id": "welcome",
        "type": "info",
        "title": language.pick(SIGNED_IN),
        "message": language.pick(WELCOME),
    }
    return [{**form, "title": language.pick(SIGN_IN)}, welcome]


def _write_table(request: Request, subject: Subject) -> list[dict[str, Any]]:
    """Write a list of records, one record, and the form that adds one where it is asked for."""
    language = request.language
    usual = [draft for key in subject.concept_keys for draft in draft_concept(key, language)]
    listed = [draft for draft in read_list(request.listed, language) if draft.topic is not Topic.CONSENT]
    drafts = listed if len(listed) > _FEW_FIELDS else unique([*usual, *listed])
    columns = [draft.label for draft in drafts][:6]
    title = name_app(request.heading) or request.language.pick(UNTITLED)
    view = {
        "view": "dashboard" if _DASHBOARD.search(request.heading) else "table",
        "columns": [{"name": draft.name, "label": draft.label, "type": draft.type} for draft in drafts[:6]],
    }
    steps: list[dict[str, Any]] = [
        {"id": "list", "type": "info", "title": title, "message": overview(columns, language), "metadata": view},
    ]
    if _ADDED.search(f"{request.prose} {request.listed} {request.heading[_VERB_CHARS:]}"):
        return [*steps, *write_forms(plan_forms(drafts), language), write_check(drafts, language)]
    record = {
        "id": "record",
        "type": "info",
        "title": language.pick(DETAILS),
        "message": language.pick(DETAILS_MESSAGE),
        "metadata": {**view, "view": "record"},
    }
    return [*steps, record]


def _write_marked(prompt: str, marks: list[re.Match[str]]) -> dict[str, Any]:
    """Write the flow of a request that spells its steps out: "Step 1: … Step 2: …"."""
    request = read_request(prompt[: marks[0].start()])
    language = read_request(prompt).language
    ends = [*(mark.start() for mark in marks[1:]), len(prompt)]
    chunks = [prompt[mark.end() : end].strip(" \n.;,") for mark, end in zip(marks, ends, strict=True)]
    steps: list[dict[str, Any]] = []
    drafts: list[Draft] = []
    for number, chunk in enumerate(chunks[:_STEPS_LIMIT], start=1):
        found = _MARK_TITLE.match(chunk)
        group = read_list(found["items"] if found else chunk, language, is_open=found is not None)
        group = [draft for draft in unique([*drafts, *group]) if draft not in drafts]
        drafts += group
        steps.append(
            _write_marked_step(
                number, found["title"].strip() if found else chunk, group, drafts, language, is_titled=found is not None
            )
        )
    if steps[-1]["type"] == "form" and len(steps) < _STEPS_LIMIT:
        steps.append(write_check(drafts, language))
    name = name_app(request.heading) or language.pick(UNTITLED)
    return _assemble(name, steps, language, prompt)


def _write_marked_step(
    number: int, words: str, group: list[Draft], known: list[Draft], language: Language, *, is_titled: bool
) -> dict[str, Any]:
    """Write one spelled-out step; without fields it informs, or confirms when its words say so."""
    title = words[:1].upper() + words[1:60]
    if group:
        [form] = write_forms([group], language)
        return {**form, "id": f"form-{number}", "title": title if is_titled else form["title"]}
    if re.search(
        r"confirm|review|check|summary|thank|done|підтвер|перевір|підсумок|дякуємо|готово", words, re.IGNORECASE
    ):
        return {**write_check(known, language), "id": f"check-{number}", "title": title}
    return {**write_intro(known, language), "id": f"info-{number}", "title": title, "message": title}
