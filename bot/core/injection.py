"""Attempts at SQL and script injection, told from sentences that merely use the same words.

No rule looks for a keyword. SQL has to *break out* of a value (a quote that closes nothing, a number, a
semicolon) and go on with the grammar of an attack. A script has to be *active*: an element with code or a
source, an event handler with code, a URL that runs, an expression in a template.

Each text is read as typed and again with its encodings undone. Every quantifier is bounded, possessive or
over a single character, so the time taken grows with the length of the text.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from itertools import zip_longest
from urllib.parse import unquote


class Injection(StrEnum):
    """What kind of attempt was found."""

    SQL = "sql"
    SCRIPT = "script"


def find_injection(text: str) -> Injection | None:
    """Return the kind of injection attempted in ``text``, or None for an ordinary one."""
    for reading in _undo_encodings(text):
        views = [_mark_quotes(view) for view in _undo_comments(reading)]
        if _has_script(reading) or any(_breaks_a_rule(view, _BREAKOUT_RULES) for view in views):
            return Injection.SCRIPT
        if any(_breaks_a_rule(view, _SQL_RULES) for view in views):
            return Injection.SQL
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """Patterns, tried only where one of the ``words`` stands: that keeps prose cheap.

    They read the text in lower case, which lets ``re`` skip to a pattern's first letters; a shouted rule
    reads it as typed.
    """

    words: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]
    is_shouted: bool = False


def _rule(words: str, *patterns: str, is_shouted: bool = False) -> _Rule:
    return _Rule(words=tuple(words.split()), patterns=tuple(map(re.compile, patterns)), is_shouted=is_shouted)


def _compile(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


def _breaks_a_rule(text: str, rules: Mapping[str, _Rule]) -> bool:
    lowered = text.lower()
    return any(
        any(word in lowered for word in rule.words)
        and any(pattern.search(text if rule.is_shouted else lowered) for pattern in rule.patterns)
        for rule in rules.values()
    )


# --- Readings of a text ---------------------------------------------------------------------------------

_MAX_ENCODINGS = 3
# Keyboards and Slack's clients curl quotes; full-width signs are read as their ASCII twins.
_PLAIN = str.maketrans("‘’‛“”„‟", "'" * 3 + '"' * 4) | dict(zip(range(0xFF01, 0xFF5F), range(0x21, 0x7F), strict=True))
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\xad\u200b-\u200f\u2060\ufeff]+")
_ESCAPED = re.compile(r"(?:\\x|\\u00|%u00)([0-9a-f]{2})", re.IGNORECASE)
_PERCENT = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)


def _undo_encodings(text: str) -> Iterator[str]:
    """Yield the text as typed and, where that differs, with up to three layers of encoding undone."""
    plain = reading = _make_plain(text)
    yield plain
    for _ in range(_MAX_ENCODINGS):
        decoded = _make_plain(_decode(reading))
        if decoded == reading:
            break
        reading = decoded
    if reading != plain:
        yield reading


def _make_plain(text: str) -> str:
    return _INVISIBLE.sub("", text.translate(_PLAIN))


def _decode(text: str) -> str:
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), unescape(text))
    if not _PERCENT.search(text):
        return text
    return unquote(text if " " in text else text.replace("+", " "))


_BLANKS = re.compile(r"\s+")
_LINE_COMMENT = re.compile(r"(?:--|#)[^\n]*+\n?")
_VERSION_COMMENT = re.compile(r"/\*!\d{0,6}")


def _undo_comments(text: str) -> Iterator[str]:
    """Yield the text as it is, then with its comments read as blanks, then as nothing."""
    yield text
    if "/*" in text or ("\n" in text and ("--" in text or "#" in text)):
        yield _LINE_COMMENT.sub(" ", _drop_block_comments(text, " "))
    if "/*" in text:
        yield _drop_block_comments(text, "")


def _drop_block_comments(text: str, blank: str) -> str:
    head, *rest = _VERSION_COMMENT.sub(" ", text).split("/*")
    pieces = [head]
    for piece in rest:
        _, closed, after = piece.partition("*/")
        pieces.append(f"{blank}{after}" if closed else f"/*{piece}")
    return "".join(pieces).replace("*/", " ")


# A letter on both sides: ім'я, user's. The second look-ahead leaves admin'or'1'='1 alone.
_APOSTROPHE = re.compile(
    r"(?<=[^\W\d_])'(?=[^\W\d_])(?!(?:or|and|xor|union|order|group|having|like|rlike|limit|into)\b)",
    re.IGNORECASE,
)
# 'Save' and "Are you sure?": opens before a word or a sign of text, closes where no word goes on.
_QUOTED = re.compile(r"(?<![^\s(\[{=,:;/>])(['\"])(?=[\w.…#$<\[{@])([^'\"]{1,80}+)\1(?!\w)")


def _mark_quotes(text: str) -> str:
    """Put the text on one line, with apostrophes as ʼ and quoted spans as “…”.

    The straight quotes that are left close nothing: they may break out of a value.
    """
    return _QUOTED.sub(r"“\2”", _APOSTROPHE.sub("ʼ", _BLANKS.sub(" ", text).strip()))


# --- SQL ------------------------------------------------------------------------------------------------

# Words that follow a keyword in a sentence and never name a table: "delete from the list".
_PROSE = (
    "an?|the|this|that|these|those|my|your|our|their|his|her|its|each|every|any|all|some|one|of|from|in|on|at"
    "|by|for|to|with|into|and|or|when|if|where|is|are|as|rows?|columns?|cells?|headers?"
)
_NAME = rf"(?!(?:{_PROSE})\b)[\[`\"“]?[a-z_][\w.$]*+[\]`\"”]?"
_QUOTE = r"['\"]\)*+"  # closes nothing
_SURE_QUOTE = r"(?:(?<!s)'|\")\)*+"  # nor is it the users' apostrophe
_NUMBER_REST = (  # of a value: not from the middle of a number, nor of the right side of 1=1
    r"(?<![\w.]\d)(?<!\d[=<>]\d)(?<!\d[=<>] \d)(?<!\d [=<>]\d)(?<!\d [=<>] \d)(?:x[0-9a-f]{1,20}|\d{0,11})\)*+"
)
_NUMBER_VALUE = rf"\d{_NUMBER_REST}"
_JOIN = r" ?(?:\b(?:or|and|xor)\b|\|\||&&) ?(?:not\b)?[ (]*+"
_NUMBER = r"(?:0x[0-9a-f]+|\d[\d.]*+|char\(\d{1,5}\))"
_LITERAL = rf"(?:{_NUMBER}|['\"“]\w*+['\"”]|null|true|false)"
_COMPARE = r" ?(?:=|<>|!=|<=?|>=?|\b(?:not )?(?:like|rlike|regexp|in|is|between)\b) ?"
_HARD_END = r" ?(?:; ?(?:--|#|/\*)|(?:--|#|/\*)[ +-]*['\"]?$|(?<! )--)"  # a spaced dash is punctuation
_CALL = r"\w{2,30}\((?!s\))"  # not item(s)
_SELECTED = (
    rf"(?:{_CALL}|@@|\( ?select\b|\* from {_NAME}"
    rf"|(?:null|{_NUMBER}|['\"“]\w*+['\"”]?) ?(?:[,)]|--|#|$|from\b|into\b))"
)
_COLUMNS = r"[\w.*]{1,40}+(?: ?, ?[\w.*]{1,40}+){0,20}"
_SELECT_FROM = rf"select {_COLUMNS} from {_NAME}"  # noqa: S608 - a pattern, not a query
_STATEMENT = (
    rf"(?:drop (?:table|database|schema|view|user|index|procedure) (?:if exists )?{_NAME}"  # noqa: S608 - a pattern, not a query
    rf"|truncate table {_NAME}|delete from {_NAME}|shutdown\b)"
)
_FULL_STATEMENT = (
    rf"(?:insert into {_NAME} ?(?:\([\w ,`\"]{{1,200}}\) ?)?values ?\(|update {_NAME} set {_NAME} ?= ?"  # noqa: S608 - a pattern, not a query
    rf"|alter (?:table|user|login|database) {_NAME} (?:add|drop|modify|rename|set|with|owner)\b"
    rf"|create (?:user|login) {_NAME} (?:identified|with|from|for)\b|grant [\w, ]{{1,60}} on [\w.*]{{1,60}} to\b"
    rf"|declare @\w|exec(?:ute)? ?(?:\(|immediate\b) ?[@'\"“]|delete from {_NAME} where ['\"(]*{_LITERAL} ?=)"
)
_STACKING = rf"(?:{_QUOTE} ?;|(?:^|[^\W\d_]=)\d{{1,12}}\)*+ ?;) ?"

_SQL_RULES = {
    # ' OR '1'='1 · ' OR name LIKE '%a · ' OR 1 -- : in prose a quote that closes nothing is the users'
    # or 12", and neither is followed by a comparison of values.
    "condition after a quote": _rule(
        "' \"",
        rf"{_QUOTE}{_JOIN}{_LITERAL}\)*+{_COMPARE}[(]*+(?:{_NUMBER}|['\"“]|null|true|false|select\b)",
        rf"{_QUOTE}{_JOIN}(?:{_LITERAL}{_HARD_END}|\w{{1,30}} ?\( ?select\b|(?:exists )?\( ?select\b)",
        rf"{_SURE_QUOTE}{_JOIN}(?:{_CALL}|[a-z_][\w.]*+{_COMPARE}(?:{_LITERAL}|['\"]|not null|null|\())",
        rf"{_SURE_QUOTE}{_JOIN}(\w{{1,30}}+) ?= ?\1\b",
        rf"{_SURE_QUOTE} ?(?:[-+*/|=<>,]{{1,2}}|r?like|in) ?\( ?select\b",
        rf"{_QUOTE}{_JOIN}(?:''|\"\") ?(?:[-+&^*]|$)",
    ),
    # 1 OR 1=1 · 'x' AND 1=2 : a number or a quoted word, then two values compared that are both literal;
    # prose compares a name with a value, and a truth table has "1 and 1 = 1" after a comma.
    "condition after a value": _rule(
        "= < > like select sleep benchmark ascii substr exists",
        rf"{_NUMBER_VALUE}{_JOIN}{_NUMBER}(?:=|<>|!=|<|>){_NUMBER}(?![\w.])",
        rf"\d(?<![,;:] \d){_NUMBER_REST}{_JOIN}{_NUMBER} (?:=|<>|!=|<|>) ?{_NUMBER}(?![\w.])",
        rf"”{_JOIN}{_NUMBER} ?(?:=|<>|!=|<|>) ?{_NUMBER}(?![\w.])",
        rf"{_NUMBER_VALUE}{_JOIN}['\"“]?([a-z_]\w{{0,20}}+)['\"”]? ?(?:=|like) ?['\"“]?\1\b",
        rf"{_NUMBER_VALUE}{_JOIN}(?:\( ?select\b|(?:exists|(?:pg_)?sleep|benchmark|ascii|substr(?:ing)?) ?\()",
        r"(?:or|and|xor|\|\||&&)[ (]*+['\"“](\w{0,20}+)['\"”] ?(?:=|like) ?['\"“]\1(?!\w)",
        r"(?:or|and) \d{1,9} in \( ?select\b",
        rf" (?<![=<>\d'\"”] )or (\d{{1,20}}+) ?= ?\1(?:{_HARD_END}|#|/\*|;? ?$)",
    ),
    # OR 1=1 · ) or true-- : no sentence begins with a condition.
    "condition at the start": _rule(
        "or and xor || &&",
        rf"^[) ]*+{_JOIN}(?:{_NUMBER}{_COMPARE}{_NUMBER}|(\w{{1,20}}+) ?= ?\1\b|(?:true|{_NUMBER}){_HARD_END})",
    ),
    # admin'-- : in prose a dash after a quote that closes nothing has blanks around it and text after it.
    "comment after a quote": _rule(
        "-- # /*",
        rf"{_QUOTE}(?:--|/\*)(?!\w)",
        rf"{_QUOTE} ?(?:--|#|/\*)[ +-]*$",
        r"(?:admin|administrator|root|sa)['\"] ?(?:--|#|/\*)",
    ),
    # A union selects literals, calls or columns of a table; a trade union selects members.
    "union": _rule(
        "union",
        rf"union(?: all| distinct)?[ (]+select(?: all| distinct)? ?{_SELECTED}",
        rf"(?:{_SURE_QUOTE}|(?:^|\w=)-?\d{{1,12}}\)*+) ?union(?: all| distinct)?[ (]+{_SELECT_FROM}",
        rf"union(?: all| distinct)? {_SELECT_FROM}{_HARD_END}",
    ),
    # A whole statement after a value that was broken out of, or one that ends the way only SQL does.
    # "; drop table rows to reorder" and "; delete from archive; update" are no whole statements.
    "stacked statement": _rule(
        "drop delete insert update alter create grant declare exec truncate shutdown select",
        rf"{_STACKING}(?:{_STATEMENT}|{_FULL_STATEMENT}|select {_SELECTED}|{_SELECT_FROM})",
        rf"(?:^|;) ?(?:{_FULL_STATEMENT}|select (?:(?:pg_)?sleep|version|benchmark|load_file|char|user) ?\()",
        rf"(?:^|;) ?{_STATEMENT}{_HARD_END}",
        rf"; ?{_SELECT_FROM}(?: where [^;]{{1,100}})?{_HARD_END}",
        r"shutdown with nowait\b",
        rf"{_STATEMENT} ?(?:cascade)? ?; ?(?:--|#|/\*)",
        rf"; ?drop (?:table|database) {_NAME}(?:{_HARD_END}|[ ;]*$)",
    ),
    # Capitals tell UNION SELECT name FROM users from a union's elections, and a bare DROP TABLE users
    # from "drop table games".
    "shouted statement": _rule(
        "union delete drop truncate sleep",
        rf"UNION(?: ALL| DISTINCT)? SELECT {_COLUMNS} FROM (?i:{_NAME})",  # noqa: S608 - a pattern, not a query
        rf"(?:^|;) ?(?:DELETE FROM|(?:DROP|TRUNCATE) TABLE) (?i:{_NAME})[ ;]*$",
        r"SLEEP ?(?<![.\w]SLEEP)(?<![.\w]SLEEP )\( ?\d{1,9} ?\)",
        is_shouted=True,
    ),
    # Sorting and grouping by a position right after a quote or a number, and nothing else after it.
    "probe of columns": _rule(
        "order having procedure",
        rf"{_QUOTE} ?order by \d{{1,4}}(?: ?,|{_HARD_END}|[ ;]*$)",
        rf"(?:^|\w=)-?\d{{1,12}}\)*+ order by \d{{1,4}}{_HARD_END}",
        rf"{_QUOTE} ?(?:group by [\w., ]{{1,80}} )?having {_LITERAL}{_COMPARE}(?:{_LITERAL}|['\"])",
        rf"having (\d{{1,9}}) ?= ?\1{_HARD_END}",
        rf"{_QUOTE} ?procedure analyse ?\(",
    ),
    # Calls with arguments that only an attack passes; prose names the function or calls time.sleep(5).
    "delay": _rule(
        "waitfor sleep benchmark dbms_",
        r"waitfor (?:delay|time) ?['\"“]? ?\d",
        r"(?:^|[;'\"|]|\bselect[ (]{1,3}|\bif ?\([^()]{1,60}, ?)sleep ?\( ?\d{1,9} ?\)",
        r"pg_sleep ?\( ?\d",
        r"benchmark ?\( ?\d{1,12} ?, ?\w{1,30} ?\(",
        r"dbms_(?:pipe|lock|session)\.\w{1,30} ?\(",
    ),
    "query in a call": _rule(
        "extractvalue updatexml convert cast ascii ord mid substr",
        r"(?:extractvalue|updatexml) ?\((?:[^()]|\(\)){0,40}, ?(?:concat|\(|0x|@@|user|version)",
        r"convert ?\( ?int ?, ?(?:\(|@@|\w{1,30} ?\()",
        r"cast ?\( ?\( ?select\b",
        r"(?:ascii|ord|mid|substr(?:ing)?) ?\( ?(?:\( ?select\b|@@\w|(?:user|database|version) ?\()",
    ),
    "file or command": _rule(
        "load_file outfile dumpfile exec xp_ utl_",
        r"load_file ?\( ?(?:['\"“]|0x|char)",
        r"into (?:out|dump)file ?['\"“]",
        r"exec(?:ute)? (?:[\w\[\]]{1,40}\.{1,2}){0,2}(?:xp_\w|sp_(?:executesql|oacreate|configure)\b)",
        r"xp_cmdshell ?[('\"“]",
        r"utl_(?:http|inaddr)\.(?:request|get_host)",
    ),
    # CHAR(10) is a column; CHAR(65)+CHAR(66) and CHAR(97,100,109) spell a word.
    "spelled word": _rule(
        "char chr",
        r"cha?r ?\( ?\d{1,5} ?\) ?(?:\+|\|\|) ?cha?r ?\(",
        r"char ?\( ?\d{2,3}(?: ?, ?\d{2,3}){2,}",
    ),
    "catalogue": _rule(
        "information_schema pg_catalog sqlite_master sysobjects mysql.user @@",
        r"select\b[^;]{1,120} from (?:information_schema|pg_catalog)\.\w",
        r"select\b[^;]{1,120} from (?:sqlite_master|sysobjects|mysql\.user)\b",
        r"select @@(?:version|hostname|datadir|servername)\b",
    ),
}


# --- Scripts --------------------------------------------------------------------------------------------

_RUNS = (
    r"(?:\b(?:alert|confirm|prompt|eval|fetch|atob|settimeout|setinterval|import|document\.write(?:ln)?)"
    r"\s?[(`](?!s\))"
    r"|\b(?:document|window|location|top|self|parent|navigator|localstorage)\s?[.\[=]\s?['\"\w])"
)
_RUNNABLE_URL = r"(?:(?:java|vb|live)script:[^\s\"'>]|data:(?:text/html|application/xhtml\+xml)[;,])"

_SCRIPT_RULES = {
    # javascript:alert(1) : in prose a blank follows the colon, and no call of a browser's function.
    "runnable URL": _rule(
        "script data:",
        r"(?:java|vb|live)\s{0,2}script\s{0,2}:[^\s]{0,80}[(`=]",
        rf"(?:java|vb|live)\s{{0,2}}script\s{{0,2}}:\s?(?://[^\n]{{0,80}}\n)?\s?{_RUNS}",
        r"data:text/html[;,]",
    ),
    # Cookies named in prose are not added to a string, assigned or passed on.
    "cookie sent away": _rule(
        "cookie",
        r"(?:[+=]\s?|\w\()(?:\w{1,20}\()?document\.cookie\b",
        r"document\[['\"“]cookie",
    ),
    "hidden code": _rule(
        "eval fromcharcode",
        r"eval\s?\(\s?(?:atob|string|unescape|decodeuri\w*+|location|name)\b",
        r"fromcharcode\s?\(\s?\d{1,6}\s?[,)]",
    ),
    # Templates in prose hold names and sums of names, not calls of a browser's or a system's functions.
    "template": _rule(
        "{ <% <?",
        rf"(?:[$#*&]\{{|\{{\{{|\{{%|<%)[^{{}}<>]{{0,200}}?(?:{_RUNS}|\bconstructor\s?[(\[]|\.constructor\b"
        r"|__\w{2,30}__|\bjndi:|\bprocess\.env\b|\bgetruntime\b|\b(?:system|popen|exec)\s?\()",
        r"(?:[$#*]\{|\{\{|<%=?)\s?'?\d{1,9}'?\s?\*\s?'?\d{1,9}'?\s?[}%]",
        r"<\?(?:php|=)[^<>]{0,120}?\w\(",
    ),
}

# These read the text as SQL is read, with the quotes that break out told from those that don't.
_BREAKOUT_RULES = {
    # " onmouseover="alert(1) : after the quote an event handler whose value is code.
    "event handler after a quote": _rule(
        "on",
        r"['\"][ /]*(?:\b[\w-]{1,20}(?:=['\"“]?[\w-]{0,20}['\"”]?)?[ /]+){0,3}"
        r"\bon[a-z]{3,25} ?= ?['\"“]?[^'\"“”= ]{1,80}[(`=]",
        rf"^on[a-z]{{3,25}} ?= ?['\"“]?{_RUNS}",
    ),
    # ';alert(1)// · '-alert(1)-' : the quote is followed by an operator and a browser's function.
    "code after a quote": _rule("' \"", rf"['\"] ?[;)+*^|,-]{{1,4}} ?{_RUNS}"),
}

_TAG = re.compile(r"\s{0,3}([a-z][\w:-]{0,30}+)(.*)", re.IGNORECASE | re.DOTALL)
_INSIDE_TAG = re.compile(r"[^>\"']*+(?:(?:\"[^\"]*+\"|'[^']*+')[^>\"']*+)*")
# A value without a sign of code, "…" or save, is somebody writing about handlers.
_EVENT_HANDLER = _compile(r"[\s/\"']on[a-z]{2,30}+\s*+=\s*+(?:\"[^\"(`=\[{]*+|'[^'(`=\[{]*+|[^\s>\"'(`=\[{]*+)[(`=\[{]")
_URL_ATTRIBUTE = _compile(
    rf"(?:href|src|action|data|background|poster|values|to|from|url)=[\"']?{_RUNNABLE_URL}",
    rf"url\([\"']?{_RUNNABLE_URL}",
)
_SOURCE = r"[\s/\"'](?:{})\s*+=\s*+[\"']?\s*+\.*+[\w/&%]"
_ACTIVE_ELEMENTS = {
    "script": _compile(_SOURCE.format("src|href|xlink:href")),
    "iframe": _compile(_SOURCE.format("src|srcdoc"), r"[\s/]srcdoc\s*+=\s*+[\"']?\s*+<"),
    "frame": _compile(_SOURCE.format("src")),
    "object": _compile(_SOURCE.format("data")),
    "embed": _compile(_SOURCE.format("src|code")),
    "applet": _compile(_SOURCE.format("code|archive")),
    "base": _compile(_SOURCE.format("href")),
    "meta": _compile(r"http-equiv\s*+=\s*+[\"']?\s*+refresh"),
    "link": _compile(r"rel\s*+=\s*+[\"']?\s*+import\b"),
}
_ACTIVE_STYLE = _compile(r"@import\s*+[\"'(u]", r"expression\s?\(", r"-moz-binding", rf"url\([\"']?{_RUNNABLE_URL}")
_SCRIPT_START = _compile(r"<\s{0,3}script(?![\w-])[^>]{0,200}+>")
_SCRIPT_END = _compile(r"<\s{0,3}/\s{0,3}script")
_CODE_FIRST = _compile(rf"\s*+(?:{_RUNS}|[\w$.]{{1,60}}+[(`=](?!s\)))")
_CODE = _compile(rf"{_RUNS}|[\w$\])][(`](?!s\))|[\w\])]\s?=\s?[\w'\"\[{{(]")
_SCRIPT_CHARS = 400


def _has_script(text: str) -> bool:
    if _breaks_a_rule(text, _SCRIPT_RULES):
        return True
    return any(map(_is_active_tag, text.split("<")[1:])) or _has_script_body(text)


def _is_active_tag(piece: str) -> bool:
    """Whether ``piece``, what stands between two ``<``, is a tag that runs or loads something."""
    tag = _TAG.match(piece)
    if not tag:
        return False
    name, rest = tag[1].lower().removeprefix("svg:"), tag[2]
    attributes = _cut_tag(rest)
    if _EVENT_HANDLER.search(attributes) or _URL_ATTRIBUTE.search(_BLANKS.sub("", attributes)):
        return True
    if "style" in attributes.lower() and _ACTIVE_STYLE.search(_drop_block_comments(attributes, "")):
        return True
    if name == "style":
        return _ACTIVE_STYLE.search(rest.replace("\\", "")) is not None
    return name in _ACTIVE_ELEMENTS and _ACTIVE_ELEMENTS[name].search(attributes) is not None


def _cut_tag(rest: str) -> str:
    """Return the attributes, up to the ``>`` that ends the tag; all of it where an open quote hides the end."""
    inside = _INSIDE_TAG.match(rest)
    end = inside.end() if inside else 0
    return rest[:end] if rest.startswith(">", end) else rest


def _has_script_body(text: str) -> bool:
    """Whether a script element holds code: "the <script> and </script> tags" do not."""
    starts = list(_SCRIPT_START.finditer(text))
    for start, following in zip_longest(starts, starts[1:]):
        reach = text[start.end() : start.end() + _SCRIPT_CHARS]
        own = reach[: following.start() - start.end()] if following else reach
        end = _SCRIPT_END.search(reach)
        if _CODE.search(own[: end.start()]) if end else _CODE_FIRST.match(own):
            return True
    return False
