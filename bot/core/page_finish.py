"""Makes a model's page the document that people open from disk: styled, inert, and off the network.

Two layers: whatever could run, load or navigate is removed, and a policy as the first element of the head
forbids it. https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
"""

import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.core.page_css import clean_css, escape_style
from bot.core.page_dom import parse_page, read_text
from bot.core.page_mend import VIEWPORT, mend_page
from bot.core.texts import Language, speak

POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; media-src data:; "
    "form-action 'none'; base-uri 'none'"
)
_COMPILED: Final = "data-compiled"
_TITLE_NODES: Final = 50
_TITLE_CHARS: Final = 80
_PASSES_LIMIT: Final = 4

# A browser that could run scripts shows no noscript, and without scripts no template is ever shown.
_REMOVED_TAGS: Final = frozenset(
    {"script", "noscript", "template", "iframe", "frame", "frameset", "noframes", "object", "embed", "noembed"}
    | {"applet", "portal", "fencedframe", "base", "link", "handler", "listener"}
    | {"animate", "animatecolor", "animatemotion", "animatetransform", "set", "discard"}
)
_RAW_TAGS: Final = "plaintext, xmp"
_REMOVED_ATTRIBUTES: Final = frozenset(
    {"action", "formaction", "target", "formtarget", "ping", "download", "srcdoc", "srcset", "imagesrcset"}
    | {"background", "manifest", "cite", "longdesc", "profile", "codebase", "archive", "classid", "dynsrc", "lowsrc"}
    | {"xml:base", "attributionsrc"}
)
# Those that most elements have; the rest is looked at.
_HARMLESS_ATTRIBUTES: Final = frozenset({"class", "id", "name", "type", "for"})
_LINK_ATTRIBUTES: Final = frozenset({"href", "xlink:href"})
_MEDIA_ATTRIBUTES: Final = frozenset({"src", "poster"})
_CSS_ATTRIBUTES: Final = frozenset(
    {"style", "fill", "stroke", "filter", "mask", "clip-path", "cursor"}
    | {"marker", "marker-start", "marker-mid", "marker-end"}
)
_MEDIA_DATA = re.compile(r"\s*data:(?:image|audio|video)/", re.IGNORECASE)
_IMAGE_DATA = re.compile(r"\s*data:image/", re.IGNORECASE)


def finish_page(page: str, *, css: str, language: Language) -> str:
    """Return the page as a document of its own, with ``css`` inlined; what it shows stays as it is."""
    tree = _settle(page)
    _complete(tree, css, language)
    _insert_policy(tree)
    return _write(tree)


def finish_scripted(page: str, *, css: str, language: Language) -> str:
    """Return the page as a document that keeps its scripts, for a preview that runs them under a policy of its own."""
    tree = parse_page(page)
    _complete(tree, css, language)
    return _write(tree)


def _complete(tree: LexborHTMLParser, css: str, language: Language) -> None:
    """Mend the page, and put in what it lacks and its compiled styles."""
    mend_page(tree, language=language)
    _build_head(tree, css, untitled=speak(language).page_untitled)


def _settle(page: str) -> LexborHTMLParser:
    """Clean until a second reading finds nothing new: what a parser writes it need not read back alike."""
    tree, written = _clean(page)
    for _ in range(_PASSES_LIMIT):
        tree, rewritten = _clean(written, is_rewritten=True)
        if written == rewritten:
            return parse_page(written, is_rewritten=True)
        written = rewritten
    for node in tree.css("svg, math, style"):
        node.decompose()
    return tree


def _clean(page: str, *, is_rewritten: bool = False) -> tuple[LexborHTMLParser, str]:
    """Remove what runs, loads or navigates; return the tree and the document it makes."""
    tree = parse_page(page, is_rewritten=is_rewritten)
    for node in [node for node in tree.css("*") if _is_removed(node)]:
        node.decompose()
    _remove_comments(tree)
    _replace_raw(tree)
    for node in tree.css("*"):
        _clean_attributes(node)
        if node.tag == "style":
            _clean_style(node)
    return tree, _write(tree)


def _write(tree: LexborHTMLParser) -> str:
    """Serialise; a newline that comes first in these elements is doubled, for parsers drop one."""
    for node in tree.css("pre, textarea, listing"):
        first = node.first_child
        if first is not None and first.is_text_node and (first.text_content or "").startswith("\n"):
            first.insert_before("\n")
    html = tree.root.html if tree.root is not None else ""
    return f"<!DOCTYPE html>\n{html}"


def _is_removed(node: LexborNode) -> bool:
    tag = (node.tag or "").lower()
    if tag == "meta":
        return "name" not in node.attributes or "http-equiv" in node.attributes
    return tag in _REMOVED_TAGS


def _remove_comments(tree: LexborHTMLParser) -> None:
    nodes = tree.root.traverse(include_text=True) if tree.root is not None else ()
    for node in [node for node in nodes if not node.is_element_node and not node.is_text_node]:
        node.decompose()


def _replace_raw(tree: LexborHTMLParser) -> None:
    """Turn elements whose content is no markup into ``<pre>``, which every parser reads alike."""
    for node in tree.css(_RAW_TAGS):
        pre = tree.create_node("pre")
        pre.insert_child(node.text())
        node.insert_before(pre, move=True)
        node.decompose()


def _clean_style(node: LexborNode) -> None:
    css = escape_style(clean_css(node.text()))
    while node.first_child is not None:
        node.first_child.decompose()
    node.insert_child(css)


def _clean_attributes(node: LexborNode) -> None:
    tag = (node.tag or "").lower()
    for name, value in node.attributes.items():
        kept = value if name in _HARMLESS_ATTRIBUTES else _clean_attribute(tag, name.lower(), value)
        if kept == value:
            continue
        if kept is None:
            del node.attrs[name]
        else:
            node.attrs[name] = kept


def _clean_attribute(tag: str, name: str, value: str | None) -> str | None:
    """Return the value to keep; ``None`` removes the attribute, or leaves one that has no value."""
    if name.startswith("on") or name in _REMOVED_ATTRIBUTES:
        return None
    if value is None:
        return None if name not in _LINK_ATTRIBUTES else "#"
    if name in _LINK_ATTRIBUTES:
        return _clean_link(tag, value)
    if name in _MEDIA_ATTRIBUTES:
        return value if _MEDIA_DATA.match(value) else None
    return clean_css(value) if name in _CSS_ATTRIBUTES else value


def _clean_link(tag: str, value: str) -> str | None:
    if value.strip().startswith("#"):
        return value
    if tag in {"a", "area"}:
        return "#"
    return value if tag in {"image", "feimage"} and _IMAGE_DATA.match(value) else None


def _build_head(tree: LexborHTMLParser, css: str, *, untitled: str) -> None:
    """Put first what the page lacks; the compiled styles stand before the page's own."""
    head = tree.head
    if head is None:
        return
    for node in head.css(f"style[{_COMPILED}]"):
        node.decompose()
    added = [_make_node(tree, "meta", {"charset": "utf-8"})]
    if not tree.css('meta[name="viewport" i]'):
        added.append(_make_node(tree, "meta", {"name": "viewport", "content": VIEWPORT}))
    if not _read_title(head):
        added.append(_make_node(tree, "title", {}, _find_heading(tree) or untitled))
    _insert(head, added, before=head.first_child)
    if css:
        style = _make_node(tree, "style", {_COMPILED: ""}, escape_style(clean_css(css)))
        _insert(head, [style], before=head.css_first("style"))


def _insert_policy(tree: LexborHTMLParser) -> None:
    """Put the policy first in the head."""
    if tree.head is not None:
        policy = _make_node(tree, "meta", {"http-equiv": "Content-Security-Policy", "content": POLICY})
        _insert(tree.head, [policy], before=tree.head.first_child)


def _make_node(tree: LexborHTMLParser, tag: str, attributes: dict[str, str], text: str = "") -> LexborNode:
    node = tree.create_node(tag)
    for name, value in attributes.items():
        node.attrs[name] = value
    if text:
        node.insert_child(text)
    return node


def _insert(head: LexborNode, nodes: list[LexborNode], *, before: LexborNode | None) -> None:
    for node in nodes:
        if before is None:
            head.insert_child(node, move=True)
        else:
            before.insert_before(node, move=True)


def _read_title(head: LexborNode) -> str:
    """Return the text of the head's title; an empty one is removed."""
    for node in head.css("title"):
        if node.text().strip():
            return node.text()
        node.decompose()
    return ""


def _find_heading(tree: LexborHTMLParser) -> str:
    heading = tree.css_first("h1, h2")
    text = read_text(heading, limit_nodes=_TITLE_NODES) if heading is not None else ""
    return text[:_TITLE_CHARS]
