"""Finds JSON in what a language model wrote: among prose, with comments and trailing commas.

The reader keeps its own stack and every search is bounded, so hostile text costs time in proportion to its
length and can't overflow the interpreter's stack. What json itself can read, as most answers, it reads in a fiftieth
of the time.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

DEPTH_LIMIT: Final = 64
_ATTEMPTS_LIMIT: Final = 5_000
_RESCANS_LIMIT: Final = 8
_COMMENT_CHARS: Final = 1_000
_INTEGER_CHARS: Final = 4_000

_LINE_COMMENT: Final = rf"//[^\n]{{0,{_COMMENT_CHARS}}}+(?=\n|\Z)"
_BLOCK_COMMENT: Final = rf"/\*[^*]{{0,{_COMMENT_CHARS}}}+(?:\*(?!/)[^*]{{0,{_COMMENT_CHARS}}}+){{0,20}}\*/"
_BLANK: Final = rf"(?:[\s\ufeff]++|{_LINE_COMMENT}|{_BLOCK_COMMENT})*"
_START = re.compile(rf'\{{(?={_BLANK}["}}])|\[(?={_BLANK}[\[{{"\]])')
_TOKEN = re.compile(
    rf"{_BLANK}(?:"
    r"(?P<mark>[{}\[\],:])"
    r'|(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*")'
    r"|(?P<number>-?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?(?![\w.]))"
    r"|(?P<word>[+-]?[A-Za-z]++)"
    r"|(?P<rest>)"
    r")",
    re.DOTALL,
)
_COLON = re.compile(rf"{_BLANK}:")
_BAD_ESCAPE = re.compile(r'(\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})|\\(?s:(.)|\Z)')
_WORDS: Final[dict[str, bool | None]] = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "null": None,
    "None": None,
    "undefined": None,
    "NaN": None,
    "Infinity": None,
    "+Infinity": None,
    "-Infinity": None,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundJson:
    """The objects and arrays of a text, outermost first come; ``problem`` says in words why one was left out."""

    values: tuple[object, ...]
    is_unfinished: bool = False
    problem: str | None = None


def find_json(text: str) -> FoundJson:
    """Return every JSON object and array in ``text``, up to one that the text's end cuts off."""
    values: list[object] = []
    problem: str | None = None
    at, budget = 0, _RESCANS_LIMIT * len(text)
    for _ in range(_ATTEMPTS_LIMIT):
        start = _START.search(text, at)
        if start is None or budget < 0:
            break
        try:
            value, at = _read_strict(text, start.start(), is_first=at == 0) or _read_value(text, start.start())
        except _Unfinished:
            return FoundJson(values=tuple(values), is_unfinished=True, problem=problem)
        except _TooDeep:
            deep = f"the JSON is nested more than {DEPTH_LIMIT} levels deep"
            return FoundJson(values=tuple(values), problem=deep)
        except _Garbage as garbage:
            budget -= garbage.at - start.start()
            problem = problem or f"the JSON is invalid in line {text.count(chr(10), 0, garbage.at) + 1}"
            at = start.end()
        else:
            values.append(value)
    return FoundJson(values=tuple(values), problem=problem)


class _Unfinished(Exception):
    """The text ends inside of the value."""


class _TooDeep(Exception):
    """The value is nested deeper than the limit."""


class _Garbage(Exception):
    """What stands at ``at`` is not JSON."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


@dataclass(slots=True)
class _Open:
    """An object or array that is being read; ``key`` is of the member whose value is due."""

    value: dict[str, object] | list[object]
    key: str | None = None
    is_after_member: bool = False

    def takes_key(self) -> bool:
        return isinstance(self.value, dict) and self.key is None and not self.is_after_member

    def takes_value(self) -> bool:
        return not self.is_after_member and (isinstance(self.value, list) or self.key is not None)

    def add(self, member: object) -> None:
        if isinstance(self.value, list):
            self.value.append(member)
        elif self.key is not None:
            self.value[self.key] = member
        self.key = None
        self.is_after_member = True

    def is_closed_by(self, mark: str) -> bool:
        return mark == ("]" if isinstance(self.value, list) else "}") and self.key is None


def _read_strict(text: str, at: int, *, is_first: bool) -> tuple[object, int] | None:
    """Read a value as json does, if it is the first, so that nothing is looked at in vain more than once."""
    if not is_first:
        return None
    try:
        value, end = _strict.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None
    return None if _is_deep(value) else (value, end)


def _is_deep(value: object) -> bool:
    level: list[Any] = [value]
    for _ in range(DEPTH_LIMIT):
        members = [member for each in level for member in (each.values() if isinstance(each, dict) else each)]
        level = [member for member in members if isinstance(member, dict | list)]
        if not level:
            return False
    return True


def _read_value(text: str, at: int) -> tuple[object, int]:
    """Read the object or array that begins at ``at``; return it and where it ends."""
    stack = [_open(text[at])]
    at += 1
    while True:
        token = _TOKEN.match(text, at)
        if token is None:
            raise _Garbage(at)
        at, top = token.end(), stack[-1]
        mark = token["mark"]
        if mark is None:
            at = _take_scalar(text, token, top)
        elif mark in "{[":
            _expect(top.takes_value(), token)
            stack.append(_open(mark))
            if len(stack) > DEPTH_LIMIT:
                raise _TooDeep
        elif mark == ",":
            _expect(top.is_after_member, token)
            top.is_after_member = False
        else:
            _expect(top.is_closed_by(mark), token)
            stack.pop()
            if not stack:
                return top.value, at
            stack[-1].add(top.value)


def _open(mark: str) -> _Open:
    return _Open({} if mark == "{" else [])


def _expect(is_due: bool, token: re.Match[str]) -> None:  # noqa: FBT001 - reads as an assertion
    if not is_due:
        raise _Garbage(token.end())


def _take_scalar(text: str, token: re.Match[str], top: _Open) -> int:
    """Take a key with its colon, or a value; return where the reader goes on."""
    if token["rest"] is not None:
        raise _classify_rest(text[token.end() : token.end() + 2], token.end())
    if top.takes_key():
        _expect(token["string"] is not None, token)
        colon = _COLON.match(text, token.end())
        if colon is None:
            is_end = not text[token.end() : token.end() + _COMMENT_CHARS].strip()
            raise _Unfinished if is_end else _Garbage(token.end())
        top.key = _read_string(token["string"])
        return colon.end()
    _expect(top.takes_value(), token)
    top.add(_read_scalar(token))
    return token.end()


def _classify_rest(head: str, at: int) -> Exception:
    """Tell the text's end, also inside of a string or comment, from characters that begin no token."""
    is_end = head in {"", "/", "-"} or head.startswith(('"', "/*"))
    return _Unfinished() if is_end else _Garbage(at)


def _read_scalar(token: re.Match[str]) -> object:
    if token["string"] is not None:
        return _read_string(token["string"])
    if token["number"] is not None:
        return _read_number(token["number"])
    if token["word"] in _WORDS:
        return _WORDS[token["word"]]
    if token.end() == len(token.string):
        raise _Unfinished
    raise _Garbage(token.end())


def _read_number(text: str) -> float | str | None:
    """Read a number; what no float can hold is kept as text or dropped, for JSON knows no infinity."""
    if text.lstrip("-").isdigit():
        return int(text) if len(text) <= _INTEGER_CHARS else text
    number = float(text)
    return number if abs(number) != float("inf") else None


def _read_string(quoted: str) -> str:
    r"""Decode a string; a backslash before what needs none (``\_``, ``\'``) is dropped."""
    try:
        decoded = json.loads(quoted, strict=False)
    except ValueError:
        decoded = json.loads(_BAD_ESCAPE.sub(lambda match: match[1] or match[2] or "", quoted), strict=False)
    return str(decoded)


_strict: Final = json.JSONDecoder(
    parse_int=_read_number, parse_float=_read_number, parse_constant=_WORDS.get, strict=False
)
