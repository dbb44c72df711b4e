"""The message of a flow: its name, its numbered steps with their fields, and what stands around them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.core.block_kit import (
    Block,
    Inline,
    Message,
    bullets,
    context,
    count_chars,
    message,
    plain,
    rich,
    section,
    words,
)
from bot.core.changes import Change
from bot.core.limits import cut_text
from bot.core.models import Field, Flow, Step
from bot.core.texts import Language, Texts, speak

# Below Slack's own numbers (bot.core.limits), so that what the bot adds around foreign text has room.
_STEPS_CHARS: Final = 8_000
_TITLE_CHARS: Final = 200
_PROSE_CHARS: Final = 600
_LABEL_CHARS: Final = 150
_WORD_CHARS: Final = 40
_HEADER_CHARS: Final = 150
_NAMES_SHOWN: Final = 12
_FIELDS_SHOWN: Final = 30
_CHANGES_SHOWN: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that Slack has: the id of its file, and what it shows."""

    file_id: str
    alt_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What stands around a flow: how far the job is, what is known of the request, what can be clicked.

    ``changes`` is ``None`` for a first version; ``read`` counts the messages of the thread that went along, and is
    ``None`` where they may not be read.
    """

    status: str = ""
    unused_files: Sequence[str] = ()
    read: int | None = 0
    version: int = 1
    changes: Sequence[Change] | None = None
    picture: Picture | None = None
    rows: Sequence[Block] = ()


_NO_EXTRAS: Final = Extras()


def build_progress(*, language: Language, status: str, extras: Extras = _NO_EXTRAS) -> Message:
    """Build the first reply to a mention or a direct message, which becomes the flow."""
    notes = _write_notes(speak(language), extras)
    return message(status, rich(section(words(status))), *notes, *extras.rows)


def build_flow(flow: Flow, *, language: Language, extras: Extras = _NO_EXTRAS) -> Message:
    """Build the flow: its name and description, then numbered steps with their fields, cut at whole steps."""
    texts = speak(language)
    shown: list[list[Block]] = []
    changes = _describe_changes(texts, extras)
    room = _STEPS_CHARS - count_chars(changes)
    for number, step in enumerate(flow.steps, start=1):
        elements = _describe_step(step, number, language)
        room -= count_chars(elements)
        if room < 0 and shown:
            break
        shown.append(elements)
    head = [section(words(cut_text(flow.description, _PROSE_CHARS)))] if flow.description else []
    rest = len(flow.steps) - len(shown)
    tail = [section(words(texts.steps_more(rest), italic=True))] if rest else []
    elements = [*head, *(element for step in shown for element in step), *tail]
    return message(
        "\n".join([flow.name, *_outline(flow)]),
        {"type": "header", "text": plain(cut_text(flow.name, _HEADER_CHARS))},
        *changes,
        rich(*elements),
        *_show_picture(extras.picture),
        *_write_notes(texts, extras),
        context(extras.status, texts.ai_note),
        *extras.rows,
    )


def _outline(flow: Flow) -> Iterable[str]:
    for number, step in enumerate(flow.steps, start=1):
        labels = ", ".join(field.label for field in step.fields or ())
        yield f"{number}. {step.title}" + (f": {labels}" if labels else "")


def _describe_step(step: Step, number: int, language: Language) -> list[Block]:
    texts = speak(language)
    title = words(f"{number}. {cut_text(step.title, _TITLE_CHARS)}", bold=True)
    kind = texts.step_types.get(step.type, cut_text(step.type, _WORD_CHARS))
    head = [words("\n"), title, words(f" · {kind}")]
    if step.message:
        head.append(words(f"\n{cut_text(step.message, _PROSE_CHARS)}"))
    fields = [section(*_describe_field(field, texts)) for field in (step.fields or ())[:_FIELDS_SHOWN]]
    if step.fields and len(step.fields) > _FIELDS_SHOWN:
        more = texts.fields_more(len(step.fields) - _FIELDS_SHOWN)
        fields.append(section(words(more, italic=True)))
    return [section(*head), *([bullets(fields)] if fields else [])]


def _describe_field(field: Field, texts: Texts) -> tuple[Inline, ...]:
    kind = texts.field_types.get(field.type, cut_text(field.type, _WORD_CHARS))
    need = texts.required if field.required else texts.optional
    return words(cut_text(field.label, _LABEL_CHARS)), words(f" — {kind}, {need}", italic=True)


def _write_notes(texts: Texts, extras: Extras) -> list[Block]:
    """Say what of the request was read, and what was not."""
    notes = [texts.messages_read(extras.read)] if extras.read else []
    if extras.read is None:
        notes.append(texts.thread_not_read)
    if extras.unused_files:
        shown = ", ".join(cut_text(name, _LABEL_CHARS) for name in extras.unused_files[:_NAMES_SHOWN])
        notes.append(texts.unused_files.format(names=shown))
    return [context(*notes)] if notes else []


def _describe_changes(texts: Texts, extras: Extras) -> list[Block]:
    """Say which version this is, and what the change that was asked for has changed."""
    if extras.changes is None:
        return []
    version = words(texts.version.format(n=extras.version), bold=True)
    if not extras.changes:
        return [rich(section(version, words(f" · {texts.flow_unchanged}")))]
    shown = [section(words(_write_change(texts, change))) for change in extras.changes[:_CHANGES_SHOWN]]
    rest = ["…"] if len(extras.changes) > _CHANGES_SHOWN else []
    return [rich(section(version, words(f" · {texts.changed}")), bullets([*shown, *(section(words(r)) for r in rest)]))]


def _write_change(texts: Texts, change: Change) -> str:
    names = {"name": cut_text(change.name, _LABEL_CHARS), "new_name": cut_text(change.new_name, _LABEL_CHARS)}
    return texts.changes[change.kind].format(**names)


def _show_picture(picture: Picture | None) -> list[Block]:
    if picture is None:
        return []
    return [{"type": "image", "slack_file": {"id": picture.file_id}, "alt_text": picture.alt_text}]
