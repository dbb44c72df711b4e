"""Reads CodeMie's answers: text in, a checked flow or an HTML document out, or an :class:`ArtifactError`.

The server asks every model for Markdown and passes an answer that the model's output limit cut off as a
success, so fences and prose are expected and the end is looked for. What an error says fits into the sentence
"Your previous answer could not be used: …" of the re-ask.
"""

import html
import json
import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from bot.core.flow_shape import pick_steps, shape_flow
from bot.core.loose_json import find_json
from bot.core.models import Flow
from bot.core.page_dom import blank_out, clean_page, is_too_complex, parse_page, read_text
from bot.core.texts import Language
from bot.errors import CutAnswer, EmptyAnswer, UnreadableFlow, UnreadablePage

_LEAST_WORDS: Final = 5
_WORDS_NODES: Final = 2_000
_UNWRAPPINGS_LIMIT: Final = 3

_FENCED = re.compile(r"(?:`{3,}|~{3,})[^\n`]*\n(.*?)(?:^[ \t]*(?:`{3,}|~{3,})|\Z)", re.MULTILINE | re.DOTALL)
_DOCTYPE = re.compile(r"<!doctype\s+html", re.IGNORECASE)
_ROOT = re.compile(r"<html(?=[\s>])", re.IGNORECASE)
_ROOT_END = re.compile(r"</html\s*>", re.IGNORECASE)
_FRAGMENT = re.compile(r"<([a-z][a-z0-9]*)(?=[\s/>])", re.IGNORECASE)
_HTML_IN_JSON = re.compile(
    r'\{\s*"(?:html|page|ui|content|code|document|output|result|data)"\s*:\s*[{"]', re.IGNORECASE
)
_ESCAPED_ROOT = re.compile(r"&(?:lt|#60|#x3c);(?:!doctype\s+html|html(?=\s|&(?:gt|#62|#x3e);))", re.IGNORECASE)
_ATTRIBUTE_QUOTE = re.compile(r'[a-z]=\s*+(\\*+)"', re.IGNORECASE)
_ESCAPES = re.compile(r'(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))+')
_CONTROLS: Final = "input, select, textarea, button"
_VOID_TAGS: Final = frozenset({"input", "img", "br", "hr", "meta", "link", "base"})
_UNSEEN: Final = "script, style, template, noscript, title"


def read_flow(answer: str, *, is_cut: bool = False, language: Language = Language.ENGLISH) -> Flow:
    """Read the answer as a flow; ``is_cut`` says that the stream never closed its last thought.

    What has no name in it gets one in that language.

    Raises :class:`EmptyAnswer`, :class:`CutAnswer` for JSON that ends in the middle, :class:`UnreadableFlow`.
    """
    text = _require_text(answer, is_cut=is_cut)
    found = find_json(text)
    held = pick_steps(found.values) or pick_steps(_unquote(text))
    flow = shape_flow(*held, language=language) if held else None
    if flow is not None:
        return flow
    if is_cut or found.is_unfinished:
        raise CutAnswer("the JSON is not finished")
    if held:
        raise UnreadableFlow("the list of steps is empty")
    if found.values and not found.problem:
        raise UnreadableFlow('the JSON has no list of "steps"')
    raise UnreadableFlow(found.problem or "it holds no JSON object")


def read_page(answer: str, *, is_cut: bool = False) -> str:
    """Read the answer as one HTML document and return its text.

    Raises :class:`EmptyAnswer`, :class:`CutAnswer` for a document without an end, :class:`UnreadablePage`.
    """
    text = _unwrap_page(clean_page(_require_text(answer, is_cut=is_cut)))
    page = _cut_out_document(text) or _wrap_fragment(text)
    if page is None:
        raise CutAnswer("the page is not finished") if is_cut else UnreadablePage("it holds no HTML document")
    if is_too_complex(page):
        raise UnreadablePage("the page is too large or nested too deeply")
    if not _has_content(parse_page(page)):
        raise UnreadablePage("the body of the page shows next to nothing without scripts")
    return page


def _require_text(answer: str, *, is_cut: bool) -> str:
    text = answer.strip("\ufeff\u200b \t\r\n\f\v\0")
    if text:
        return text
    raise CutAnswer("it was cut before it began") if is_cut else EmptyAnswer("it is empty")


def _unquote(text: str) -> tuple[object, ...]:
    """Return the JSON inside of an answer that is one JSON string."""
    bare = _open_fence(text)
    return find_json(_read_string(bare)).values if bare.startswith('"') else ()


def _read_string(text: str) -> str:
    """Read one JSON string; text that is none comes back as it is."""
    values = find_json(f"[{text}]").values
    match values:
        case ([str(content)],):
            return content
    return text


def _open_fence(text: str) -> str:
    """Return what stands in the first fence, closed or not, or all of the text."""
    fenced = _FENCED.search(text) if "```" in text or "~~~" in text else None
    return (fenced[1] if fenced else text).strip()


def _unwrap_page(text: str) -> str:
    """Take HTML out of ``{"html": "…"}``, a JSON string, entities or a JSON string's escapes without the string."""
    for _ in range(_UNWRAPPINGS_LIMIT):
        bare = _open_fence(text)
        inner = _read_string(bare) if bare.startswith('"') else _take_html_value(text) or text
        if inner in {text, bare}:
            inner = _unescape_entities(text) or _unescape_quotes(text) or text
        if inner == text:
            break
        text = clean_page(inner).strip()
    return text


def _unescape_entities(text: str) -> str | None:
    """Read ``&lt;html&gt;…`` as the document it shows, unless a document of its own shows it."""
    root = _ESCAPED_ROOT.search(text)
    if root is None or _DOCTYPE.search(text) or _ROOT.search(text):
        return None
    return html.unescape(text[root.start() :])


def _unescape_quotes(text: str) -> str | None:
    r"""Read ``<html lang=\"en\">\n…`` as what a JSON string of it holds, if no attribute is written otherwise."""
    start = _DOCTYPE.search(text) or _ROOT.search(text) or _FRAGMENT.search(text)
    if start is None:
        return None
    page = text[start.start() :]
    quotes = (bool(match[1]) for match in _ATTRIBUTE_QUOTE.finditer(blank_out(page, "script")))
    return _ESCAPES.sub(_read_escapes, page) if next(quotes, False) and all(quotes) else None


def _read_escapes(match: re.Match[str]) -> str:
    return str(json.loads(f'"{match[0]}"'))


def _take_html_value(text: str) -> str | None:
    wrapper = _HTML_IN_JSON.search(text)
    tag = _FRAGMENT.search(text)
    if wrapper is None or (tag is not None and tag.start() < wrapper.start()):
        return None
    found = find_json(text[wrapper.start() :])
    if found.is_unfinished:
        raise CutAnswer("the JSON around the page is not finished")
    return _find_html(found.values[0]) if found.values else None


def _find_html(value: object) -> str | None:
    match value:
        case str() if _FRAGMENT.search(value):
            return value
        case dict():
            return next(filter(None, map(_find_html, value.values())), None)
    return None


def _cut_out_document(text: str) -> str | None:
    """Return the first complete document, ``None`` if none begins; what scripts hold is not looked at."""
    masked = blank_out(text, "script")
    starts = [match.start() for match in _DOCTYPE.finditer(masked)] or [
        match.start() for match in _ROOT.finditer(masked)
    ]
    for start, limit in zip(starts, [*starts[1:], len(masked)], strict=False):
        end = _ROOT_END.search(masked, start, limit)
        if end is not None:
            return text[start : end.end()]
    if starts:
        raise CutAnswer("the page has no </html>")
    return None


def _wrap_fragment(text: str) -> str | None:
    """Make a document of mark-up that has no ``<html>``; ``None`` if the text is prose."""
    bare = _open_fence(text).strip("`~ \t\r\n")
    root = _FRAGMENT.match(bare)
    if root is None:
        return None
    name = root[1].lower()
    is_body = name in {"body", "head"}
    if name not in _VOID_TAGS and f"</{name}" not in bare.lower():
        raise CutAnswer(f"the page has no </{name}>")
    return f"<!DOCTYPE html>\n<html>{bare}</html>" if is_body else f"<!DOCTYPE html>\n<html><body>{bare}</body></html>"


def _has_content(tree: LexborHTMLParser) -> bool:
    if tree.body is None:
        return False
    if tree.body.css_first(_CONTROLS) is not None:
        return True
    for node in tree.css(_UNSEEN):
        node.decompose()
    return len(read_text(tree.body, limit_nodes=_WORDS_NODES).split()) >= _LEAST_WORDS
