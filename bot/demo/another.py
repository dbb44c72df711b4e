"""Another take on a request: the same fields, dealt out and coloured differently."""

from typing import Any

from bot.demo.flow_edits import fields_of, read_drafts
from bot.demo.flow_rules import write_flow, write_forms
from bot.demo.request_text import detect_language, read_request
from bot.demo.step_plan import plan_forms
from bot.demo.theme import ACCENTS, DEFAULT_ACCENT, read_look


def write_another(previous: dict[str, Any], prompt: str) -> dict[str, Any]:
    """Write a flow for ``prompt`` that differs from ``previous`` in what the prompt leaves open."""
    flow = write_flow(prompt)
    if read_request(prompt).step_count is None:
        flow["steps"] = _deal_out(flow["steps"], previous, prompt)
    if "accent" not in read_look(prompt):
        flow["metadata"] = {**flow["metadata"], "accent": _pick_accent(previous)}
    return flow


def _deal_out(steps: list[dict[str, Any]], previous: dict[str, Any], prompt: str) -> list[dict[str, Any]]:
    """Deal the fields out to one form where there were several, else to two."""
    drafts = read_drafts(steps)
    if not drafts:
        return steps
    before = sum(bool(fields_of(step)) for step in previous["steps"] if isinstance(step, dict))
    groups = plan_forms(drafts, form_count=1 if before > 1 else 2)
    forms = write_forms(groups, detect_language(prompt))
    first = next(place for place, step in enumerate(steps) if fields_of(step))
    others = [step for step in steps if not fields_of(step)]
    return [*others[:first], *forms, *others[first:]]


def _pick_accent(previous: dict[str, Any]) -> str:
    """Pick the colour after the one before."""
    metadata = previous.get("metadata")
    before = metadata.get("accent", DEFAULT_ACCENT) if isinstance(metadata, dict) else DEFAULT_ACCENT
    place = ACCENTS.index(before) if before in ACCENTS else -1
    return ACCENTS[(place + 1) % len(ACCENTS)]
