"""Flow, page, progress and errors as Slack messages that hold within Slack's limits, whatever is in them.

Words of people and of the model go into ``plain_text`` and ``rich_text`` as they are: Slack shows those as
text. Where Slack reads mrkdwn (the top-level text and the comment of a file) they are escaped, and code
quoted where they would be rendered, so that they ping nobody and link nowhere.
Block Kit: https://docs.slack.dev/reference/block-kit/blocks/
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.core.limits import cut_bytes, cut_text
from bot.core.models import Field, Flow, Step
from bot.core.pages import PageReport
from bot.core.texts import Language, Texts, count_more, explain_error, speak
from bot.errors import BotError, JobOutdated, LimitError

RETRY_ACTION: Final = "retry"

# Below Slack's own numbers (bot.core.limits), so that what the bot adds around foreign text has room.
_TOP_TEXT_BYTES: Final = 3_500
_STEPS_CHARS: Final = 8_000
_TITLE_CHARS: Final = 200
_PROSE_CHARS: Final = 600
_LABEL_CHARS: Final = 150
_WORD_CHARS: Final = 40
_HEADER_CHARS: Final = 150
_NAMES_SHOWN: Final = 12
_FIELDS_SHOWN: Final = 30
_PROMPT_CHARS: Final = 2_500
_PAGE_CHARS: Final = 8_500
_SHORT_S: Final = 10

Block = dict[str, Any]
Inline = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted: a top-level text for notifications and screen readers, and the blocks people see."""

    text: str
    blocks: tuple[Block, ...]


def escape_mrkdwn(text: str) -> str:
    """Escape what Slack reads as markup: https://docs.slack.dev/messaging/formatting-message-text/ ."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def build_anchor(*, language: Language, user_name: str, prompt: str, status: str) -> Message:
    """Build the message a slash command's thread hangs under: who asked for what, and how far it is."""
    asked = speak(language).asked_for.format(user=cut_text(user_name, _LABEL_CHARS))
    return _message(
        f"{asked} {prompt}",
        _rich(_section(_text(asked, bold=True)), _quote(cut_text(prompt, _PROMPT_CHARS))),
        _context(status),
    )


def build_progress(*, language: Language, status: str, unused_files: Sequence[str] = ()) -> Message:
    """Build the first reply to a mention or a direct message, which becomes the flow."""
    return _message(status, _rich(_section(_text(status))), *_unused(speak(language), unused_files))


def build_flow(flow: Flow, *, language: Language, status: str = "", unused_files: Sequence[str] = ()) -> Message:
    """Build the flow: its name and description, then numbered steps with their fields, cut at whole steps."""
    texts = speak(language)
    shown: list[list[Block]] = []
    room = _STEPS_CHARS
    for number, step in enumerate(flow.steps, start=1):
        elements = _describe_step(step, number, language)
        room -= _count_chars(elements)
        if room < 0 and shown:
            break
        shown.append(elements)
    head = [_section(_text(cut_text(flow.description, _PROSE_CHARS)))] if flow.description else []
    rest = len(flow.steps) - len(shown)
    tail = [_section(_text(count_more(language, "steps", rest), italic=True))] if rest else []
    elements = [*head, *(element for step in shown for element in step), *tail]
    return _message(
        "\n".join([flow.name, *_outline(flow)]),
        {"type": "header", "text": _plain(cut_text(flow.name, _HEADER_CHARS))},
        _rich(*elements),
        *_unused(texts, unused_files),
        _context(status, texts.ai_note),
    )


def build_failure(error: BotError, *, language: Language, reference: str, user: str | None, job_id: str) -> Message:
    """Build the one message that says what went wrong, with *Try again* where that can help."""
    texts = speak(language)
    explanation = explain(error, language=language)
    mention: list[Inline] = [{"type": "user", "user_id": user}, _text(" ")] if user else []
    note = texts.reference.format(reference=reference)
    button = {
        "type": "button",
        "action_id": RETRY_ACTION,
        "text": _plain(texts.make_it_now if isinstance(error, JobOutdated) else texts.try_again),
        "value": job_id,
    }
    return _message(
        f"{explanation} {note}",
        _rich(_section(*mention, _text(explanation))),
        *([{"type": "actions", "elements": [button]}] if error.is_worth_retrying else []),
        _context(note),
    )


def explain(error: BotError, *, language: Language) -> str:
    """Say what people are told about an error, with the limit and the wait where it has them."""
    if isinstance(error, LimitError):
        return explain_error(language, error.code, limit=error.limit, wait_s=error.wait_s)
    return explain_error(language, error.code)


def build_notice(status: str) -> Message:
    """Build a short message of the bot's own words."""
    return _message(status, _rich(_section(_text(status))))


def build_help(*, language: Language, min_chars: int, max_chars: int, opening: str = "") -> Message:
    """Build the help text with examples; ``opening`` stands before it."""
    texts = speak(language)
    intro = f"{opening} {texts.help_intro}".strip()
    note = texts.help_note.format(min=min_chars, max=max_chars)
    return _message(
        f"{intro} {texts.help_examples_title}: {texts.help_examples[0]}",
        _rich(
            _section(_text(intro)),
            _list(_section(_text(way)) for way in texts.help_ways),
            _section(_text(f"\n{texts.help_examples_title}:", bold=True)),
            _list(_section(_text(example, code=True)) for example in texts.help_examples),
        ),
        _context(note),
    )


def build_home(*, language: Language, min_chars: int, max_chars: int) -> Block:
    """Build the App Home view: what the bot does."""
    texts = speak(language)
    header = {"type": "header", "text": _plain(texts.home_title)}
    body = build_help(language=language, min_chars=min_chars, max_chars=max_chars)
    return {"type": "home", "blocks": [header, *body.blocks]}


def write_timing(language: Language, *, flow_s: float, page_s: float) -> str:
    """Write how long each stage took."""
    times = {"total": flow_s + page_s, "flow": flow_s, "page": page_s}
    texts = speak(language)
    shown = {name: f"{seconds:.{1 if seconds < _SHORT_S else 0}f}" for name, seconds in times.items()}
    return texts.done.format(**{name: text.replace(".", texts.decimal_mark) for name, text in shown.items()})


def write_files_comment(
    flow: Flow, report: PageReport, *, language: Language, user: str | None, is_styled: bool
) -> str:
    """Write the mrkdwn text that the files are shared with; it mentions the requester outside of a DM."""
    texts = speak(language)
    name = _quote_label(flow.name)
    lines = [
        (f"<@{user}> " if user else "") + texts.files_ready.format(name=name),
        *_describe_report(report, texts, quote=_quote_label),
        *([] if is_styled else [texts.without_styles]),
        texts.how_to_open,
        f"_{texts.ai_note}_",
    ]
    return "\n".join(lines)


def build_page(flow: Flow, html: str, report: PageReport, *, language: Language, is_styled: bool) -> Message:
    """Build the page as text, for where no file can be shared; one that is too big is only described."""
    texts = speak(language)
    fits = len(html) <= _PAGE_CHARS
    lines = [
        texts.files_ready.format(name=_cut_label(flow.name)),
        *_describe_report(report, texts, quote=_cut_label),
        *([] if is_styled else [texts.without_styles]),
        texts.page_here if fits else texts.too_big_here,
    ]
    said = "\n".join(lines)
    page = [{"type": "rich_text_preformatted", "elements": [_text(html)]}] if fits else []
    return _message(said, _rich(_section(_text(said)), *page), _context(texts.ai_note))


def _describe_report(report: PageReport, texts: Texts, *, quote: Callable[[str], str]) -> Iterable[str]:
    if report.fields_found == report.fields_total:
        if report.fields_total:
            yield texts.page_whole.format(n=report.fields_total)
    else:
        yield texts.fields_found.format(found=report.fields_found, total=report.fields_total)
        yield texts.fields_missing.format(names=_list_names(report.missing_fields, quote))
    if report.missing_titles:
        yield texts.titles_missing.format(names=_list_names(report.missing_titles, quote))


def _list_names(names: Sequence[str], quote: Callable[[str], str]) -> str:
    shown = [quote(name) for name in names[:_NAMES_SHOWN]]
    return ", ".join(shown) + (" …" if len(names) > _NAMES_SHOWN else "")


def _cut_label(text: str) -> str:
    return cut_text(text, _LABEL_CHARS)


def _quote_label(text: str) -> str:
    return _quote_code(_cut_label(text))


def _quote_code(text: str) -> str:
    """Show foreign words in mrkdwn: inside code Slack links and formats nothing, and a backtick can't end it."""
    return f"`{escape_mrkdwn(' '.join(text.replace('`', 'ʼ').split())) or ' '}`"


def _outline(flow: Flow) -> Iterable[str]:
    for number, step in enumerate(flow.steps, start=1):
        labels = ", ".join(field.label for field in step.fields or ())
        yield f"{number}. {step.title}" + (f": {labels}" if labels else "")


def _describe_step(step: Step, number: int, language: Language) -> list[Block]:
    texts = speak(language)
    title = _text(f"{number}. {cut_text(step.title, _TITLE_CHARS)}", bold=True)
    kind = texts.step_types.get(step.type, cut_text(step.type, _WORD_CHARS))
    head = [_text("\n"), title, _text(f" · {kind}")]
    if step.message:
        head.append(_text(f"\n{cut_text(step.message, _PROSE_CHARS)}"))
    fields = [_section(*_describe_field(field, texts)) for field in (step.fields or ())[:_FIELDS_SHOWN]]
    if step.fields and len(step.fields) > _FIELDS_SHOWN:
        more = count_more(language, "fields", len(step.fields) - _FIELDS_SHOWN)
        fields.append(_section(_text(more, italic=True)))
    return [_section(*head), *([_list(fields)] if fields else [])]


def _describe_field(field: Field, texts: Texts) -> tuple[Inline, ...]:
    kind = texts.field_types.get(field.type, cut_text(field.type, _WORD_CHARS))
    need = texts.required if field.required else texts.optional
    return _text(cut_text(field.label, _LABEL_CHARS)), _text(f" — {kind}, {need}", italic=True)


def _count_chars(value: object) -> int:
    """Count the characters people would see in rich text elements."""
    if isinstance(value, Mapping):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + _count_chars(value.get("elements", ()))
    return sum(map(_count_chars, value)) if isinstance(value, Iterable) and not isinstance(value, str) else 0


def _unused(texts: Texts, names: Sequence[str]) -> list[Block]:
    if not names:
        return []
    shown = ", ".join(cut_text(name, _LABEL_CHARS) for name in names[:_NAMES_SHOWN])
    return [_context(texts.unused_files.format(names=shown))]


def _message(text: str, *blocks: Block) -> Message:
    return Message(cut_bytes(escape_mrkdwn(text), _TOP_TEXT_BYTES), blocks)


def _rich(*elements: Block) -> Block:
    return {"type": "rich_text", "elements": list(elements)}


def _section(*elements: Inline) -> Block:
    return {"type": "rich_text_section", "elements": list(elements)}


def _quote(text: str) -> Block:
    return {"type": "rich_text_quote", "elements": [_text(text)]}


def _list(items: Iterable[Block]) -> Block:
    return {"type": "rich_text_list", "style": "bullet", "elements": list(items)}


def _text(text: str, **style: bool) -> Inline:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def _context(*texts: str) -> Block:
    return {"type": "context", "elements": [_plain(text) for text in texts if text]}
