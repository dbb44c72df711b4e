"""Checks a page against its flow: every step's title, a labelled control of a fitting type for every field.

A label is a ``<label>``, ``aria-label``, ``aria-labelledby`` or, for a group of radios or checkboxes, the
``<legend>``; a placeholder or a tooltip is none (https://www.w3.org/WAI/tutorials/forms/labels/). Whether a
style hides something is not looked at: a step may be shown later.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.core.models import Field, Flow
from bot.core.page_controls import Control, list_controls
from bot.core.page_dom import iterate_text, normalise_text, parse_page

_NAMES_SHOWN: Final = 12
_NAME_CHARS: Final = 60
_COMPARISONS_LIMIT: Final = 250_000
_CANDIDATES_LIMIT: Final = 500
_LEAST_OVERLAP_CHARS: Final = 3
_LEAST_TITLE_CHARS: Final = 4
_UNSEEN: Final = ("script", "style", "template", "noscript", "title", "textarea", "select", "datalist")

_TYPED: Final = frozenset({"text", "search", "textarea", "email", "tel", "url", "number"})
_DATES: Final = frozenset({"date", "datetime-local", "month", "week", "time"})
# Strict where the browser helps to type or checks; a plain text input fits a number or a phone only with the
# inputmode that brings the right keyboard, which list_controls adds to its kinds.
_FITTING: Final[dict[str, frozenset[str]]] = {
    "text": _TYPED | _DATES | {"select", "radio"},
    "textarea": frozenset({"textarea", "text"}),
    "email": frozenset({"email"}),
    "tel": frozenset({"tel"}),
    "url": frozenset({"url"}),
    "number": frozenset({"number", "range"}),
    "range": frozenset({"range", "number"}),
    "date": frozenset({"date", "datetime-local", "month"}),
    "month": frozenset({"month", "date", "select"}),
    "time": frozenset({"time", "datetime-local", "select"}),
    "datetimelocal": frozenset({"datetime-local"}),
    "password": frozenset({"password"}),
    "file": frozenset({"file"}),
    "checkbox": frozenset({"checkbox"}),
    "radio": frozenset({"radio", "select"}),
    "select": frozenset({"select", "radio"}),
    "multiselect": frozenset({"select", "checkbox"}),
    "color": frozenset({"color"}),
}
_SYNONYMS: Final = {
    "string": "text",
    "input": "text",
    "multiline": "textarea",
    "longtext": "textarea",
    "phone": "tel",
    "telephone": "tel",
    "integer": "number",
    "datetime": "datetimelocal",
    "upload": "file",
    "image": "file",
    "boolean": "checkbox",
    "toggle": "checkbox",
    "switch": "checkbox",
    "consent": "checkbox",
    "dropdown": "select",
    "choice": "select",
    "checkboxes": "multiselect",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class PageReport:
    """How a page compares with its flow; fields are named by their labels, hidden ones are not counted."""

    fields_total: int
    fields_found: int
    missing_fields: tuple[str, ...]
    missing_titles: tuple[str, ...]
    has_lang: bool

    @property
    def is_faithful(self) -> bool:
        """Tell whether nothing is missing."""
        return self.count_missing() == 0

    def count_missing(self) -> int:
        """Count what is missing, to compare two pages."""
        return len(self.missing_fields) + len(self.missing_titles) + (not self.has_lang)

    def describe_problems(self) -> str:
        """Say in English what is missing, for the re-ask; empty if nothing is."""
        problems = []
        if self.missing_fields:
            names = _join_names(self.missing_fields)
            problems.append(f"it has no labelled control of a fitting type for these fields: {names}")
        if self.missing_titles:
            problems.append(f"it does not show the titles of these steps: {_join_names(self.missing_titles)}")
        if not self.has_lang:
            problems.append("<html> has no lang attribute")
        return "; ".join(problems)


def check_page(page: str, flow: Flow) -> PageReport:
    """Compare the page with the flow; no page makes this fail."""
    tree = parse_page(page)
    root = tree.root
    has_lang = root is not None and bool((root.attributes.get("lang") or "").strip())
    fields = [field for step in flow.steps for field in step.fields or () if _fold_type(field) != "hidden"]
    missing = _match_fields(fields, list_controls(tree))
    for node in tree.css(", ".join(_UNSEEN)):
        node.decompose()
    pieces = list(iterate_text(root.traverse(include_text=True))) if root is not None else []
    return PageReport(
        fields_total=len(fields),
        fields_found=len(fields) - len(missing),
        missing_fields=tuple(field.label for field in missing),
        missing_titles=_find_missing_titles([step.title for step in flow.steps], pieces),
        has_lang=has_lang,
    )


def _join_names(names: Sequence[str]) -> str:
    shown = [f'"{" ".join(name.split())[:_NAME_CHARS]}"' for name in names[:_NAMES_SHOWN]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _match_fields(fields: Sequence[Field], controls: Sequence[Control]) -> list[Field]:
    """Pair fields with controls one to one, the surest signs first; return the fields that are left."""
    free = [control for control in controls if control.labels]
    left = list(fields)
    left, free = _pair(left, free, by_field=lambda field: [_fold(field.label)], by_control=_fold_labels)
    left, free = _pair(left, free, by_field=lambda field: [_fold(field.name)], by_control=_fold_names)
    left, free = _pair(left, free, by_field=lambda field: [_fold(field.name)], by_control=_fold_labels)
    return _pair_overlapping(left, free)


def _pair(
    fields: Sequence[Field],
    controls: Sequence[Control],
    *,
    by_field: Callable[[Field], Iterable[str]],
    by_control: Callable[[Control], Iterable[str]],
) -> tuple[list[Field], list[Control]]:
    """Pair what shares a key and fits; return the fields and the controls that are left, in order."""
    index: dict[str, list[int]] = {}
    for at, control in enumerate(controls):
        for key in set(by_control(control)):
            index.setdefault(key, []).append(at)
    taken: set[int] = set()
    left = []
    for field in fields:
        candidates = (at for key in by_field(field) if key for at in index.get(key, ())[:_CANDIDATES_LIMIT])
        match = next((at for at in candidates if at not in taken and _is_fitting(field, controls[at])), None)
        if match is None:
            left.append(field)
        else:
            taken.add(match)
    return left, [control for at, control in enumerate(controls) if at not in taken]


def _pair_overlapping(fields: Sequence[Field], controls: Sequence[Control]) -> list[Field]:
    """Pair labels of which one holds the other: "E-mail" and "Your e-mail address"."""
    if len(fields) * len(controls) > _COMPARISONS_LIMIT:
        return list(fields)
    free = [(control, _fold_labels(control)) for control in controls]
    left = []
    for field in fields:
        key = _fold(field.label)
        match = next((pair for pair in free if _is_fitting(field, pair[0]) and _overlaps(key, pair[1])), None)
        if match is None:
            left.append(field)
        else:
            free.remove(match)
    return left


def _overlaps(key: str, others: Iterable[str]) -> bool:
    return any(min(len(key), len(other)) >= _LEAST_OVERLAP_CHARS and (key in other or other in key) for other in others)


def _is_fitting(field: Field, control: Control) -> bool:
    kinds = _FITTING.get(_fold_type(field))
    return kinds is None or not kinds.isdisjoint(control.kinds)


def _fold_type(field: Field) -> str:
    kind = _fold(field.type)
    return _SYNONYMS.get(kind, kind)


def _fold_labels(control: Control) -> list[str]:
    return [_fold(label) for label in control.labels]


def _fold_names(control: Control) -> list[str]:
    return [_fold(name) for name in control.names]


def _fold(text: str) -> str:
    """Reduce a name or label to its letters and digits: "E-mail *:" and "email" are the same."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def _find_missing_titles(titles: Sequence[str], pieces: Sequence[str]) -> tuple[str, ...]:
    spaced = normalise_text(" ".join(pieces))
    joined = normalise_text("".join(pieces)).replace(" ", "")
    return tuple(title for title in titles if not _has_title(normalise_text(title), spaced, joined))


def _has_title(title: str, spaced: str, joined: str) -> bool:
    """Look for whole words, or for a longer title that mark-up splits inside of a word."""
    if title in spaced and re.search(rf"(?<!\w){re.escape(title)}(?!\w)", spaced):
        return True
    compact = title.replace(" ", "")
    return len(compact) >= _LEAST_TITLE_CHARS and compact in joined
