"""Writes one field of a page: a label and the control that fits its type."""

import re
from dataclasses import dataclass
from html import escape
from typing import Any

from bot.demo.field_rules import concept_of
from bot.demo.theme import Accent, Ground
from bot.demo.vocabulary import Language

_TYPE_NAMES = {
    "phone": "tel", "telephone": "tel", "dropdown": "select", "choice": "radio", "datetime": "datetime-local",
    "integer": "number", "float": "number", "currency": "number", "toggle": "checkbox", "switch": "checkbox",
    "boolean": "checkbox", "upload": "file", "image": "file", "link": "url", "multiline": "textarea",
}  # fmt: skip
_INPUT_TYPES = frozenset(
    {"text", "email", "tel", "date", "time", "datetime-local", "number", "password", "url", "file", "checkbox"}
    | {"radio", "select", "textarea", "month", "week", "range", "search", "color"},
)
_WIDE_TYPES = frozenset({"textarea", "radio", "checkbox", "file"})
_SCALE_CHARS = 2
_YES_NO = (("Yes", "No"), ("Так", "Ні"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What every part of a page is written with."""

    language: Language
    ground: Ground
    accent: Accent

    @property
    def focus(self) -> str:
        """Classes of the focus ring."""
        return f"focus-visible:outline-2 focus-visible:outline-offset-2 focus-visible:{self.accent.ring}"

    @property
    def box(self) -> str:
        """Classes of an input's box: 48 px high, so that a thumb hits it."""
        return f"mt-2 block min-h-12 w-full rounded-lg border px-3.5 py-2.5 text-base {self.ground.field} {self.focus}"


def type_of(entry: dict[str, Any]) -> str:
    """Give the HTML type of a field, whatever its maker called it; ``text`` for what HTML has not."""
    said = str(entry.get("type") or "text").lower().strip()
    kind = _TYPE_NAMES.get(said, said)
    return kind if kind in _INPUT_TYPES else "text"


def options_of(entry: dict[str, Any]) -> list[str]:
    """Give the options of a field; none when it has no list of them."""
    metadata = entry.get("metadata")
    options = metadata.get("options") if isinstance(metadata, dict) else None
    if not isinstance(options, list):
        return []
    return [
        str(option.get("label") or option.get("value") or "") if isinstance(option, dict) else str(option)
        for option in options
    ]


def write_fields(entries: list[dict[str, Any]], *, prefix: str, look: Look) -> str:
    """Write a form's fields in two columns on wide screens; ids start with ``prefix``."""
    names = {str(entry.get("name")) for entry in entries}
    cells = []
    for number, (entry, is_wide) in enumerate(zip(entries, _lay_out(entries), strict=True), start=1):
        inner = _write_field(entry, f"{prefix}-{number}", look, has_repeat="password_repeat" in names)
        span = ' class="sm:col-span-2"' if is_wide else ""
        cells.append(f"<div{span}>{inner}</div>")
    return f'<div class="mt-6 grid gap-5 sm:grid-cols-2">\n{chr(10).join(cells)}\n</div>'


def _lay_out(entries: list[dict[str, Any]]) -> list[bool]:
    """Tell which fields take a whole row: the tall ones, and those that would stand alone in theirs."""
    wide = [type_of(entry) in _WIDE_TYPES for entry in entries]
    is_second = False
    for place, is_wide in enumerate(wide):
        is_alone = not is_second and (place + 1 == len(wide) or wide[place + 1])
        if not is_wide and is_alone:
            wide[place] = True
        is_second = not wide[place] and not is_second
    return wide


def _write_field(entry: dict[str, Any], field_id: str, look: Look, *, has_repeat: bool) -> str:
    """Write one field by its type."""
    kind, options = type_of(entry), options_of(entry)
    if kind == "radio" or (kind == "checkbox" and options):
        return _write_group(entry, field_id, kind, options or list(look.language.pick(_YES_NO)), look)
    if kind == "checkbox":
        return _write_checkbox(entry, field_id, look)
    label = f'<label for="{field_id}" class="block text-sm font-medium">{_label(entry, look)}</label>'
    shared = _attributes(entry, field_id, has_repeat=has_repeat)
    match kind:
        case "textarea":
            control = f'<textarea {shared} rows="4"{_placeholder(entry)} class="{look.box}"></textarea>'
        case "select":
            control = _write_select(shared, options, look)
        case "file":
            control = _write_file(entry, shared, field_id, look)
        case _:
            extra = f"{_placeholder(entry)}{_input_hints(entry, kind)}"
            control = f'<input type="{kind}" {shared}{extra} class="{look.box}">'
    return label + control


def _label(entry: dict[str, Any], look: Look) -> str:
    """Write the words of a label, with its mark."""
    words = escape(str(entry.get("label") or entry.get("name") or ""))
    if entry.get("required") is False:
        optional = look.language.pick(("optional", "необов'язково"))
        return f'{words} <span class="font-normal {look.ground.muted}">({escape(optional)})</span>'
    return f'{words} <span aria-hidden="true" class="{look.ground.error}">*</span>'


def _attributes(entry: dict[str, Any], field_id: str, *, has_repeat: bool) -> str:
    """Write the attributes that every control has."""
    name = str(entry.get("name") or field_id)
    required = "" if entry.get("required") is False else " required"
    concept = concept_of(name)
    fill = concept.autocomplete if concept else ""
    if name == "password" and not has_repeat:
        fill = "current-password"
    fill = fill or {"email": "email", "tel": "tel", "url": "url"}.get(type_of(entry), "")
    autocomplete = f' autocomplete="{fill}"' if fill else ""
    return f'id="{field_id}" name="{escape(name)}"{autocomplete}{required}'


def _placeholder(entry: dict[str, Any]) -> str:
    """Write the placeholder, where there is one."""
    text = entry.get("placeholder")
    return f' placeholder="{escape(str(text))}"' if text else ""


def _input_hints(entry: dict[str, Any], kind: str) -> str:
    """Write what helps to type: the smallest number, the keyboard for digits."""
    if kind == "number":
        return ' min="0" inputmode="decimal"'
    is_digits = re.fullmatch(r"[\d ]{5,}", str(entry.get("placeholder") or "")) is not None
    return (
        ' inputmode="numeric"'
        if kind in {"text", "password"} and (is_digits or entry.get("name") == "card_code")
        else ""
    )


def _write_select(shared: str, options: list[str], look: Look) -> str:
    """Write a list to choose from; its box is drawn around it, with an arrow."""
    choose = look.language.pick(("Choose…", "Оберіть…"))
    shown = "".join(f"<option>{escape(option)}</option>" for option in options)
    return (
        f'<div class="relative mt-2 rounded-lg border {look.ground.field}">'
        f'<select {shared} class="block min-h-12 w-full appearance-none rounded-lg bg-transparent py-2.5 pr-10 pl-3.5 '
        f'text-base {look.focus}">'
        f'<option value="">{choose}</option>{shown}</select>'
        f'<svg class="pointer-events-none absolute top-1/2 right-3.5 size-4 -translate-y-1/2 {look.ground.muted}" '
        'viewBox="0 0 16 16" fill="none" '
        'stroke="currentColor" stroke-width="2" aria-hidden="true"><path d="m4 6 4 4 4-4"/></svg></div>'
    )


def _write_file(entry: dict[str, Any], shared: str, field_id: str, look: Look) -> str:
    """Write a place to drop a file."""
    is_photo = entry.get("name") == "photo"
    hint = look.language.pick(
        ("JPG or PNG, up to 10 MB", "JPG або PNG, до 10 МБ")
        if is_photo
        else ("PDF, JPG or PNG, up to 10 MB", "PDF, JPG або PNG, до 10 МБ"),
    )
    accept = "image/*" if is_photo else ".pdf,.jpg,.jpeg,.png"
    button = "mr-3 min-h-11 cursor-pointer rounded-lg border-0 px-4 text-sm font-semibold"
    inside = " ".join(f"file:{name}" for name in f"{button} {look.accent.mark}".split())
    return (
        f'<div class="mt-2 rounded-lg border-2 border-dashed p-4 {look.ground.drop}">'
        f'<input type="file" {shared} accept="{accept}" aria-describedby="{field_id}-hint" class="block w-full text-sm '
        f'{inside} {look.focus}">'
        f'<p id="{field_id}-hint" class="mt-2 text-sm {look.ground.muted}">{hint}</p></div>'
    )


def _write_checkbox(entry: dict[str, Any], field_id: str, look: Look) -> str:
    """Write a single tick, its words beside it."""
    return (
        f'<div class="flex items-center gap-3 rounded-lg px-4 py-3.5 {look.ground.soft}">'
        f'<input type="checkbox" {_attributes(entry, field_id, has_repeat=False)} class="size-5 shrink-0 '
        f'{look.accent.control} {look.focus}">'
        f'<label for="{field_id}" class="text-base">{_label(entry, look)}</label></div>'
    )


def _write_group(entry: dict[str, Any], field_id: str, kind: str, options: list[str], look: Look) -> str:
    """Write options to tick, one or several, as cards; a scale of numbers stands in one row."""
    is_scale = kind == "radio" and all(len(option) <= _SCALE_CHARS for option in options)
    name = escape(str(entry.get("name") or field_id))
    required = " required" if kind == "radio" and entry.get("required") is not False else ""
    layout = "grid grid-cols-5 gap-2 sm:max-w-md" if is_scale else "grid gap-2 sm:grid-cols-3"
    inside = "flex-col justify-center gap-1 px-1 py-2" if is_scale else "gap-3 px-4 py-2.5"
    cards = []
    for number, option in enumerate(options, start=1):
        option_id = f"{field_id}-{number}"
        cards.append(
            f'<label for="{option_id}" class="flex min-h-12 cursor-pointer items-center rounded-lg border text-base '
            f'{inside} {look.ground.choice} {look.accent.chosen}">'
            f'<input type="{kind}" id="{option_id}" name="{name}" value="{escape(option)}"{required} class="size-5 '
            f'shrink-0 {look.accent.control} {look.focus}">'
            f"<span>{escape(option)}</span></label>",
        )
    legend = f'<legend class="text-sm font-medium">{_label(entry, look)}</legend>'
    return f'<fieldset>{legend}<div class="mt-2 {layout}">{"".join(cards)}</div></fieldset>'
