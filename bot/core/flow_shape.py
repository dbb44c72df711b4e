"""Makes a :class:`Flow` of JSON that only resembles one.

What a model left out is made, what it named otherwise is recognised, and what a flow has no place for is kept
as ``metadata`` on the same level. Nothing here fails on the content of a value; only a flow without steps is none.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeGuard

from bot.core.loose_json import find_json
from bot.core.models import Field, Flow, Step
from bot.core.texts import Language, Texts, speak

STEPS_LIMIT: Final = 200
FIELDS_LIMIT: Final = 100
STRING_LIMIT_CHARS: Final = 20_000
_TITLE_CHARS: Final = 80
_SLUG_CHARS: Final = 40
_WRAPPERS_LIMIT: Final = 5

# Controls but tab and newline, and surrogates: Slack and UTF-8 take neither.
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_STEPS_KEYS: Final = ("steps", "flowsteps", "screens", "pages", "stages")
_WRAPPER_KEYS: Final = (
    *("flow", "userflow", "flows", "userflows"),
    *("data", "result", "response", "output", "answer", "json", "content"),
)
_FLOW_NAME_KEYS: Final = ("id", "flowid", "name", "title", "flowname", "description", "summary")
_FIELDS_KEYS: Final = ("fields", "inputs", "formfields")
_INNER_KEYS: Final = frozenset({*_FIELDS_KEYS, "metadata"})
_TEXT_KEYS: Final = ("text", "label", "title", "value", "name", "message", "en", "uk")
_FIELD_ONLY_KEYS: Final = frozenset({"label", "required", "placeholder", "options"})
_STEP_ONLY_KEYS: Final = frozenset({"fields", "inputs", "title", "heading", "message", "steptype"})
_STEP_KEYS: Final = _STEP_ONLY_KEYS | {"id", "name", "type"}
_FIELD_TYPES: Final = frozenset(
    {"text", "string", "textarea", "email", "tel", "phone", "number", "date", "time", "datetime", "url", "password"}
    | {"select", "radio", "checkbox", "boolean", "file"}
)
_NO: Final = frozenset({"false", "no", "n", "0", "off", "optional", "none", "null", "ні"})

# The object that holds the steps, without them, and the steps.
FoundSteps: TypeAlias = tuple[dict[str, object], list[object]]


def find_steps(value: object, *, depth: int = 0) -> FoundSteps | None:
    """Return the object that holds the steps, without them, and the steps; look into the usual wrappers."""
    match value:
        case dict():
            return _take_steps(value) or _unwrap(value, depth)
        case list():
            return _find_in_list(_flatten(value), depth)
        case str() if depth and value.lstrip()[:1] in {"{", "["}:
            return _pick(find_json(value).values, depth)
    return None


def pick_steps(values: Iterable[object]) -> FoundSteps | None:
    """Return what :func:`find_steps` finds in the value with the most steps, the last of equals."""
    return _pick(values, 0)


def shape_flow(raw: Mapping[str, object], raw_steps: Sequence[object], *, language: Language) -> Flow | None:
    """Make a flow of the object around the steps and the steps; ``None`` if no step can be made.

    What the model left without a name gets one in that language.
    """
    texts = speak(language)
    steps = _shape_steps(raw_steps, texts)
    if not steps:
        return None
    record = _Record(raw)
    name = record.take_text("name", "title", "flowname")
    description = record.take_text("description", "summary")
    name = name or _shorten(description or steps[0].title) or steps[0].title
    return Flow(
        id=record.take_text("id", "flowid") or _make_slug(name, "-") or "flow",
        name=name,
        description=description,
        steps=steps,
        metadata=record.rest(),
    )


def _pick(values: Iterable[object], depth: int) -> FoundSteps | None:
    best: FoundSteps | None = None
    for value in values:
        found = find_steps(value, depth=depth)
        if found is not None and (best is None or len(found[1]) >= len(best[1])):
            best = found
    return best


def _take_steps(raw: dict[str, object]) -> FoundSteps | None:
    for key in _find_keys(raw, _STEPS_KEYS):
        value = raw[key]
        if isinstance(value, dict):
            value = [_name_member(name, member, "id") for name, member in value.items()]
        if isinstance(value, list):
            rest = {name: member for name, member in raw.items() if name != key}
            return _enter_only_flow(rest, _flatten(value))
    return None


def _enter_only_flow(rest: dict[str, object], items: list[object]) -> FoundSteps:
    """Take the steps out of the only item if that is a flow itself; what stands around it names it first."""
    inner = _find_in_item(items[0], _WRAPPERS_LIMIT) if len(items) == 1 else None
    if inner is None or not any(isinstance(step, dict) for step in inner[1]):
        return rest, items
    return {**inner[0], **rest}, inner[1]


def _find_in_list(items: list[object], depth: int) -> FoundSteps | None:
    """Take the flow with the most steps, the first of equals, from a list of flows; else a bare list of steps."""
    found = [_find_in_item(item, depth) for item in items]
    flows = [flow for flow in found if flow is not None]
    others = (item for item, flow in zip(items, found, strict=True) if isinstance(item, dict) and flow is None)
    if flows and _STEP_KEYS.isdisjoint(_fold(key) for item in others for key in item):
        return max(flows, key=lambda flow: len(flow[1]))
    return ({}, items) if _is_steps(items) else None


def _find_in_item(item: object, depth: int) -> FoundSteps | None:
    """Return the steps in a list's item that is a flow; ``None`` for a step, which may call its parts steps."""
    if not isinstance(item, dict) or _find_keys(item, _FIELDS_KEYS):
        return None
    is_step = any(_fold(key) in _STEP_KEYS for key in item)
    found = _take_steps(item) or (None if is_step else _unwrap(item, depth + 1))
    return found if found and found[1] else None


def _flatten(items: list[object]) -> list[object]:
    """Put the members of inner lists, if they hold objects, in the place of those lists."""
    for _ in range(_WRAPPERS_LIMIT):
        if not any(map(_holds_objects, items)):
            break
        items = [inner for item in items for inner in (item if _holds_objects(item) else (item,))]
    return items


def _holds_objects(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list) and any(isinstance(item, dict | list) for item in value)


def _unwrap(raw: dict[str, object], depth: int) -> FoundSteps | None:
    if depth >= _WRAPPERS_LIMIT:
        return None
    usual = _find_keys(raw, _WRAPPER_KEYS)
    others = (key for key in raw if len(raw) == 1 or (isinstance(raw[key], dict) and _fold(key) not in _INNER_KEYS))
    for key in dict.fromkeys((*usual, *others)):
        found = find_steps(raw[key], depth=depth + 1)
        if found is not None:
            around = {name: raw[name] for name in _find_keys(raw, _FLOW_NAME_KEYS) if name != key}
            return found[0] or around, found[1]
    return None


def _is_steps(value: list[object]) -> bool:
    """Tell a bare list of steps from the list of fields inside of a broken flow."""
    keys = {_fold(key) for item in value if isinstance(item, dict) for key in item}
    return bool(keys) and not (keys & _FIELD_ONLY_KEYS and not keys & _STEP_ONLY_KEYS)


def _shape_steps(raw_steps: Sequence[object], texts: Texts) -> tuple[Step, ...]:
    usable = [step for step in raw_steps if isinstance(step, dict) or _to_text(step) is not None]
    make_unique = _make_uniquifier("-")
    steps = enumerate(usable[:STEPS_LIMIT], start=1)
    return tuple(_shape_step(step, number, make_unique, texts) for number, step in steps)


def _shape_step(raw: object, number: int, make_unique: Callable[[str], str], texts: Texts) -> Step:
    record = _Record(_enter_only_step(raw) if isinstance(raw, dict) else {"title": raw})
    kind = record.take_text("type", "kind", "steptype")
    title = record.take_text("title", "heading", "name", "label", "header")
    message = record.take_text("message", "text", "description", "body", "content")
    fields = _shape_fields(record.take_items(*_FIELDS_KEYS), texts)
    title = title or _shorten(message or "") or texts.step_unnamed.format(n=number)
    return Step(
        id=make_unique(record.take_text("id", "stepid") or _make_slug(title, "-") or f"step-{number}"),
        type=kind or ("form" if fields else "info"),
        title=title,
        message=message,
        fields=fields,
        metadata=record.rest(),
    )


def _enter_only_step(raw: dict[str, object]) -> dict[str, object]:
    """Take ``{…}`` out of ``{"step": {…}}``."""
    match list(raw.items()):
        case [(key, dict() as inner)] if _fold(key) in {"step", "screen", "page", "stage"}:
            return inner
    return raw


def _shape_fields(raw_fields: Sequence[object] | None, texts: Texts) -> tuple[Field, ...] | None:
    if raw_fields is None:
        return None
    usable = [field for field in raw_fields if isinstance(field, dict) or _to_text(field) is not None]
    make_unique = _make_uniquifier("_")
    fields = enumerate(usable[:FIELDS_LIMIT], start=1)
    return tuple(_shape_field(field, number, make_unique, texts) for number, field in fields)


def _shape_field(raw: object, number: int, make_unique: Callable[[str], str], texts: Texts) -> Field:
    record = _Record(raw if isinstance(raw, dict) else {"label": raw})
    label = record.take_text("label", "title", "caption", "text")
    name = record.take_text("name", "id", "key", "fieldname", "fieldid")
    placeholder = record.take_text("placeholder")
    label = label or _humanise(name or "") or placeholder or texts.field_unnamed.format(n=number)
    is_optional = record.take_flag("optional", default=False)
    return Field(
        name=make_unique(name or _make_slug(label, "_") or f"field_{number}"),
        type=record.take_text("type", "kind", "inputtype", "fieldtype")
        or ("select" if record.has("options") else "text"),
        label=label if isinstance(raw, dict) else _humanise(label),
        required=record.take_flag("required", "isrequired", "mandatory", default=not is_optional),
        placeholder=placeholder,
        metadata=record.rest(),
    )


class _Record:
    """A JSON object that is taken apart key by key; what nobody takes is its metadata."""

    def __init__(self, raw: Mapping[str, object]) -> None:
        self._rest = dict(raw)

    def has(self, name: str) -> bool:
        return bool(_find_keys(self._rest, (name,)))

    def take_text(self, *names: str) -> str | None:
        """Take the first of the keys that can be read as text; blank ones before it are dropped."""
        for key in _find_keys(self._rest, names):
            text = _to_text(self._rest[key])
            if text is not None:
                del self._rest[key]
                return text
            if self._rest[key] is None or isinstance(self._rest[key], str):
                del self._rest[key]
        return None

    def take_items(self, *names: str) -> list[object] | None:
        """Take a list, or an object as the list of its members, each named by its key."""
        for key in _find_keys(self._rest, names):
            value = self._rest[key]
            if isinstance(value, dict):
                value = [_name_member(name, member, "name") for name, member in value.items()]
            if isinstance(value, list):
                del self._rest[key]
                return value
            if value is None:
                del self._rest[key]
        return None

    def take_flag(self, *names: str, default: bool) -> bool:
        for key in _find_keys(self._rest, names):
            value = self._rest[key]
            if value is None or isinstance(value, bool | int | float | str):
                del self._rest[key]
                return _to_flag(value, default=default)
        return default

    def rest(self) -> dict[str, Any] | None:
        """Return what is left as metadata, together with the object's own."""
        own = self._rest.pop("metadata", None)
        if own is not None and not isinstance(own, dict):
            self._rest["metadata"] = own
        if not self._rest and not isinstance(own, dict):
            return None
        cleaned = _clean({**self._rest, **(own if isinstance(own, dict) else {})})
        return cleaned if isinstance(cleaned, dict) else None


def _find_keys(raw: Mapping[str, object], names: Sequence[str]) -> list[str]:
    """Return the keys of these names, in the order of the names, whatever their case and separators."""
    order = {name: at for at, name in enumerate(names)}
    found = [key for key in raw if _fold(key) in order]
    return sorted(found, key=lambda key: order[_fold(key)])


def _fold(key: str) -> str:
    return key.replace("_", "").replace("-", "").replace(" ", "").casefold() if len(key) <= _SLUG_CHARS else key


def _name_member(name: str, member: object, key: str) -> object:
    """Turn ``{"email": {…}}`` into ``{"name": "email", …}``, and ``{"email": "E-mail"}`` likewise."""
    if isinstance(member, dict):
        return member if _find_keys(member, (key,)) else {key: name, **member}
    if key == "name" and isinstance(member, str) and member in _FIELD_TYPES:
        return {key: name, "type": member}
    return {key: name, "label" if key == "name" else "title": member}


def _to_text(value: object) -> str | None:
    """Read a value as text; ``None`` for what is blank or can't be."""
    match value:
        case str():
            return clean_text(value) or None
        case bool():
            return str(value).lower()
        case int() | float():
            return str(int(value) if isinstance(value, float) and value.is_integer() else value)
        case list() if value and all(isinstance(item, str | int | float) for item in value):
            return clean_text(", ".join(filter(None, map(_to_text, value)))) or None
        case dict():
            texts = (value[key] for key in _find_keys(value, _TEXT_KEYS) if isinstance(value[key], str))
            return next(filter(None, map(_to_text, texts)), None)
    return None


def _to_flag(value: float | str | None, *, default: bool) -> bool:
    if value is None:
        return default
    return value.strip().casefold() not in _NO if isinstance(value, str) else bool(value)


def clean_text(text: str) -> str:
    """Remove what neither Slack nor UTF-8 takes and outer blanks; text that shows nothing becomes empty."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    cleaned = _UNWANTED.sub("", lines)[:STRING_LIMIT_CHARS].strip()
    return cleaned if any(char.isprintable() and not char.isspace() for char in cleaned) else ""


def _clean(value: object) -> object:
    """Make metadata safe to keep; :data:`bot.core.loose_json.DEPTH_LIMIT` bounds the recursion."""
    match value:
        case str():
            return _UNWANTED.sub("", value)[:STRING_LIMIT_CHARS]
        case list():
            return [_clean(item) for item in value]
        case dict():
            return {str(_clean(key)): _clean(item) for key, item in value.items()}
    return value


def _shorten(text: str) -> str:
    line = text.split("\n", 1)[0].strip()
    return line if len(line) <= _TITLE_CHARS else line[: _TITLE_CHARS - 1].rstrip() + "…"


def _humanise(name: str) -> str:
    """Turn an identifier into words: ``car_plate`` and ``carPlate`` into ``Car plate``."""
    if not re.fullmatch(r"[A-Za-z0-9_.\-]+", name[: STRING_LIMIT_CHARS + 1]) or not re.search(r"[a-z]", name):
        return name
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_.\-]+", " ", name).strip()
    return words[:1].upper() + words[1:].lower() if "_" in name or "." in name or name.isalnum() else name


def _make_slug(text: str, separator: str) -> str:
    words = re.findall(r"\w+", text[: 2 * _SLUG_CHARS].casefold().replace("_", " "))
    return separator.join(words)[:_SLUG_CHARS].strip(separator)


def _make_uniquifier(separator: str) -> Callable[[str], str]:
    """Return a function that answers each name once: ``id``, ``id-2``, ``id-3``."""
    seen: set[str] = set()

    def make_unique(name: str) -> str:
        unique, number = name, 1
        while unique in seen:
            number += 1
            unique = f"{name}{separator}{number}"
        seen.add(unique)
        return unique

    return make_unique
