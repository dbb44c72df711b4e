"""Parses pages that nobody has checked.

The HTML standard lets a page of 100 kB ask for minutes of work and gigabytes of nodes: unclosed formatting
elements are opened anew in every block, and a block start looks through everything that is open. Measured with
Lexbor: 100,000 nested ``<div>`` take 21 s, 10,000 pairs of ``<b id=…><p>`` never end. So a page is measured
before it is parsed, and one beyond all reason is read as plain text.
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

TAGS_LIMIT: Final = 30_000
_WORDS_LIMIT: Final = 20_000
_REOPENED_LIMIT: Final = 300_000
_FEW_TAGS: Final = 500

_TAG = re.compile(r"</?[a-z]", re.IGNORECASE)
_FORMATTING = re.compile(r"<(?:b|big|code|em|font|i|s|small|strike|strong|tt|u)(?=[\s/>])[^>]*", re.IGNORECASE)
_ATTRIBUTE_BREAK = re.compile(r"[\s/>=]+")
_ANY_TAG = re.compile(r"<[^<>]*>?")
_UNWANTED = re.compile(r"[\x00\ud800-\udfff]")
_EMPTY_PAGE: Final = "<!DOCTYPE html><html><head></head><body>{}</body></html>"


def parse_page(page: str, *, is_rewritten: bool = False) -> LexborHTMLParser:
    """Parse a page; the tree has a ``head`` and a ``body`` whatever the page is.

    ``is_rewritten`` allows for the end tags that a parser adds when it writes a page.
    """
    page = clean_page(page)
    if not is_too_complex(page, is_rewritten=is_rewritten):
        tree = LexborHTMLParser(page)
        if tree.head is not None and tree.body is not None:
            return tree
    return LexborHTMLParser(_EMPTY_PAGE.format(f'<div style="white-space:pre-wrap">{_read_words(page)}</div>'))


def clean_page(page: str) -> str:
    """Remove NULs and surrogates, which no HTML file can hold."""
    return page if "\0" not in page and _is_unicode(page) else _UNWANTED.sub("", page)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_too_complex(page: str, *, is_rewritten: bool = False) -> bool:
    """Tell whether parsing could take more than about a second, whatever the page's structure turns out to be."""
    # There are no more tags than brackets, which are counted in no time: mostly that settles it.
    tags = page.count("<")
    reopened = tags if tags <= _FEW_TAGS else len({match[0] for match in _FORMATTING.finditer(page)})
    if tags > TAGS_LIMIT or tags * reopened > _REOPENED_LIMIT:
        tags = sum(1 for _ in islice(_TAG.finditer(page), 2 * TAGS_LIMIT + 1)) // (1 + is_rewritten)
    return (
        tags > TAGS_LIMIT
        or tags * reopened > _REOPENED_LIMIT
        # Attributes of one element are compared in pairs: distinct words bound their number.
        or (len(page) > 2 * _WORDS_LIMIT and len(set(_ATTRIBUTE_BREAK.split(page))) > _WORDS_LIMIT)
    )


def read_text(node: LexborNode, *, limit_nodes: int) -> str:
    """Return the text inside of a node, from at most that many of its descendants, blanks joined to one."""
    nodes = islice(node.traverse(include_text=True), limit_nodes)
    return " ".join(" ".join(iterate_text(nodes)).split())


def iterate_text(nodes: Iterable[LexborNode]) -> Iterator[str]:
    """Yield the content of the text nodes."""
    return (node.text_content or "" for node in nodes if node.is_text_node)


def normalise_text(text: str) -> str:
    """Reduce a text to what two writings of it share: one case, one kind of blank, hyphen and apostrophe."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub("[’ʼ‘`´]", "'", re.sub("[‐‑–—]", "-", plain)).split())


def blank_out(page: str, name: str) -> str:
    """Replace every ``<name>…</name>`` by as many blanks, an unclosed one to the end; offsets stay."""
    start = re.compile(rf"<{name}(?=[\s/>])", re.IGNORECASE)
    end = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    pieces, at = [], 0
    while (opening := start.search(page, at)) is not None:
        closing = end.search(page, opening.end())
        until = closing.start() if closing else len(page)
        pieces += [page[at : opening.start()], " " * (until - opening.start())]
        at = until
    return "".join((*pieces, page[at:]))


def _read_words(page: str) -> str:
    for name in ("script", "style"):
        page = blank_out(page, name)
    words = html.unescape(_ANY_TAG.sub(" ", page))
    return html.escape("\n".join(" ".join(line.split()) for line in words.splitlines() if line.strip()))
