"""Takes out of CSS what reaches for the network: ``@import``, and ``url()`` of anything but data and fragments."""

import re
from typing import Final


def _spell(name: str) -> str:
    r"""Return a pattern for a CSS identifier that may be written with escapes: ``u\72 l``."""
    return "".join(rf"(?:\\?{letter}|\\0{{0,4}}(?:{_hex(letter)})[ \t\r\n\f]?)" for letter in name)


def _hex(letter: str) -> str:
    return "|".join(f"{ord(case):x}" for case in sorted({letter.lower(), letter.upper()}))


# A string that nobody closes ends with its line, as browsers read it; so no search runs over the same text twice.
_STRING: Final = r'"(?:[^"\\\n\r\f]++|\\.)*"?|' + r"'(?:[^'\\\n\r\f]++|\\.)*'?"
_COMMENT = re.compile(rf"({_STRING})|/\*.*?(?:\*/|\Z)", re.DOTALL)
_IMPORT = re.compile(
    rf"({_STRING})|@{_spell('import')}(?:{_STRING}|\([^)]*+\)?|[^;{{}}(])*;?",
    re.IGNORECASE | re.DOTALL,
)
_ADDRESS = re.compile(
    rf"({_STRING})|(?:{_spell('url')}|{_spell('src')})\((?P<target>\s*(?:{_STRING})\s*(?=\)|\Z)|[^)]*+)\)?",
    re.IGNORECASE | re.DOTALL,
)
_IMAGE_SET = re.compile(rf"({_STRING})|(?:-webkit-)?{_spell('image-set')}\([^)]*+\)?", re.IGNORECASE | re.DOTALL)
_HARMLESS = re.compile(
    r"""\s*["']?\s*(?:#|data:(?:image|font|audio|video|application/(?:x-)?font)[/;,\-a-z0-9+.])""", re.IGNORECASE
)
# What has nothing to take out needs none of the patterns above, which look at each character in turn; these leap to the
# few that matter. A name is written plainly before its bracket, or one of its letters is escaped.
_AT_IMPORT = re.compile(f"@{_spell('import')}", re.IGNORECASE)
_ESCAPED: Final = "|".join(
    rf"{re.escape(letter)}|0{{0,4}}(?:{_hex(letter)})" for letter in sorted({*"urlsrcimage-set"})
)
_REACHING = re.compile(
    rf"\((?:(?<=url\()|(?<=src\()|(?<=image-set\())|\\(?:{_ESCAPED})",
    re.IGNORECASE,
)
_TAG_END = re.compile(r"</|<!--")


def clean_css(css: str) -> str:
    """Return the CSS without comments, imports and remote addresses; strings that are shown stay."""
    if "/*" in css:
        css = _COMMENT.sub(lambda match: match[1] or " ", css)
    if _AT_IMPORT.search(css):
        css = _IMPORT.sub(lambda match: match[1] or "", css)
    if _REACHING.search(css):
        css = _ADDRESS.sub(_replace_address, css)
        css = _IMAGE_SET.sub(_replace_image_set, css)
    return css


def _replace_address(match: re.Match[str]) -> str:
    target = match["target"]
    return match[0] if target is None or _HARMLESS.match(target) else "none"


def _replace_image_set(match: re.Match[str]) -> str:
    return match[0] if match[1] or "//" not in match[0] else "none"


def escape_style(css: str) -> str:
    """Make CSS safe inside of ``<style>``, which its text must not end."""
    return _TAG_END.sub(lambda match: "<\\" + match[0][1:], css)
