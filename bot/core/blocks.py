"""What the bot says as Slack messages that hold within Slack's limits, whatever is in them.

Words of people and of the model go into ``plain_text`` and ``rich_text`` as they are: Slack shows those as
text. Where Slack reads mrkdwn (the top-level text and the comment of a file) they are escaped, and code
quoted where they would be rendered, so that they ping nobody and link nowhere.
Block Kit: https://docs.slack.dev/reference/block-kit/blocks/
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from bot.core.block_kit import (
    Block,
    Inline,
    Message,
    bullets,
    context,
    escape_mrkdwn,
    message,
    quote,
    rich,
    section,
    words,
)
from bot.core.controls import build_preview, build_retry
from bot.core.limits import cut_text
from bot.core.models import Flow
from bot.core.pages import PageReport
from bot.core.texts import Language, Texts, explain_error, speak, write_seconds
from bot.errors import BotError, JobOutdated, LimitError

# Below Slack's own numbers (bot.core.limits), so that what the bot adds around foreign text has room.
_TITLE_CHARS: Final = 200
_LABEL_CHARS: Final = 150
_NAMES_SHOWN: Final = 12
_PROMPT_CHARS: Final = 2_500
_PAGE_CHARS: Final = 8_500


def build_anchor(
    *,
    language: Language,
    user_name: str,
    prompt: str,
    status: str,
    arriving: Flow | None = None,
    rows: Sequence[Block] = (),
) -> Message:
    """Build the message a slash command's thread hangs under: who asked for what, and how far it is."""
    asked = speak(language).asked_for.format(user=cut_text(user_name, _LABEL_CHARS))
    return message(
        f"{asked} {prompt}",
        rich(section(words(asked, bold=True)), quote(cut_text(prompt, _PROMPT_CHARS))),
        *([rich(section(words(_list_titles(arriving))))] if arriving else []),
        context(status),
        *rows,
    )


def build_failure(error: BotError, *, language: Language, reference: str, user: str | None, job_id: str) -> Message:
    """Build the one message that says what went wrong, with *Try again* where that can help."""
    texts = speak(language)
    explanation = explain(error, language=language)
    mention: list[Inline] = [{"type": "user", "user_id": user}, words(" ")] if user else []
    note = texts.reference.format(reference=reference)
    retry = build_retry(job_id, text=texts.make_it_now if isinstance(error, JobOutdated) else texts.try_again)
    return message(
        f"{explanation} {note}",
        rich(section(*mention, words(explanation))),
        *([retry] if error.is_worth_retrying else []),
        context(note),
    )


def explain(error: BotError, *, language: Language) -> str:
    """Say what people are told about an error, with the limit and the wait where it has them."""
    if isinstance(error, LimitError):
        return explain_error(language, error.code, limit=error.limit, wait_s=error.wait_s)
    return explain_error(language, error.code)


def build_notice(status: str, *rows: Block) -> Message:
    """Build a short message of the bot's own words."""
    return message(status, rich(section(words(status))), *rows)


def build_help(*, language: Language, min_chars: int, max_chars: int, opening: str = "") -> Message:
    """Build the help text with examples; ``opening`` stands before it."""
    texts = speak(language)
    intro = f"{opening} {texts.help_intro}".strip()
    note = texts.help_note.format(min=min_chars, max=max_chars)
    return message(
        f"{intro} {texts.help_examples_title}: {texts.help_examples[0]}",
        rich(
            section(words(intro)),
            bullets(section(words(way)) for way in texts.help_ways),
            section(words(f"\n{texts.help_examples_title}:", bold=True)),
            bullets(section(words(example, code=True)) for example in texts.help_examples),
        ),
        context(note),
    )


def write_timing(language: Language, *, flow_s: float, page_s: float) -> str:
    """Write how long each stage took."""
    times = {"total": flow_s + page_s, "flow": flow_s, "page": page_s}
    texts = speak(language)
    return texts.done.format(**{name: write_seconds(language, seconds) for name, seconds in times.items()})


def write_files_comment(
    flow: Flow, report: PageReport, *, language: Language, user: str | None, is_styled: bool, version: int = 1
) -> str:
    """Write the mrkdwn text that the files are shared with; it mentions the requester outside of a DM."""
    texts = speak(language)
    name = _quote_label(flow.name)
    ready = texts.version_ready.format(name=name, n=version) if version > 1 else texts.files_ready.format(name=name)
    lines = [
        (f"<@{user}> " if user else "") + ready,
        *_describe_report(report, texts, quote=_quote_label),
        *([] if is_styled else [texts.without_styles]),
        texts.how_to_open,
        f"_{texts.ai_note}_",
    ]
    return "\n".join(lines)


def build_page(
    flow: Flow,
    html: str,
    report: PageReport,
    *,
    language: Language,
    is_styled: bool,
    preview_url: str | None = None,
) -> Message:
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
    page = [{"type": "rich_text_preformatted", "elements": [words(html)]}] if fits else []
    link = [build_preview(preview_url, language=language)] if preview_url else []
    return message(said, rich(section(words(said)), *page), context(texts.ai_note), *link)


def _describe_report(report: PageReport, texts: Texts, *, quote: Callable[[str], str]) -> Iterable[str]:
    if report.fields_found == report.fields_total:
        if report.fields_total:
            yield texts.page_whole(report.fields_total)
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


def _list_titles(flow: Flow) -> str:
    """List the steps that have arrived, for where there is room for their titles only."""
    titles = [f"{number}. {cut_text(step.title, _TITLE_CHARS)}" for number, step in enumerate(flow.steps, start=1)]
    return "\n".join(titles[:_NAMES_SHOWN])
