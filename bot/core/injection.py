"""Attempts at SQL and script injection, told from sentences that merely use the same words.

No rule looks for a keyword. SQL has to *break out* of a value (a quote that closes nothing, a number, a
semicolon) and go on with the grammar of an attack. A script has to be *active*: an element with code or a
source, an event handler with code, a URL that runs, an expression in a template.

Each text is read as typed and again with its encodings undone. Every quantifier is bounded or possessive,
so the time taken grows with the length of the text.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from html import unescape
from urllib.parse import unquote


class Injection(StrEnum):
    """What kind of attempt was found."""

    SQL = "sql"
    SCRIPT = "script"


def find_injection(text: str) -> Injection | None:
    """Return the kind of injection attempted in ``text``, or None for an ordinary one."""
    for reading in _undo_encodings(text):
        if _has_script(reading):
            return Injection.SCRIPT
        if any(rule.search(view) for view in _read_as_sql(reading) for rule in _SQL_RULES.values()):
            return Injection.SQL
    return None


# --- Readings of a text ---------------------------------------------------------------------------------

_MAX_ENCODINGS = 3
_STRAIGHT_QUOTES = str.maketrans("‘’‛“”„‟", "''''\"\"\"")  # keyboards and Slack clients curl them
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\xad\u200b-\u200f\u2060\ufeff]+")
_ESCAPED = re.compile(r"(?:\\x|\\u00|%u00)([0-9a-f]{2})", re.IGNORECASE)
_PERCENT = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)


def _undo_encodings(text: str) -> Iterator[str]:
    """Yield the text as typed, then with one layer of encoding less each time, while that changes it."""
    for _ in range(_MAX_ENCODINGS):
        reading = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text.translate(_STRAIGHT_QUOTES)))
        yield reading
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), unescape(reading))
        if _PERCENT.search(text):
            text = unquote(text if " " in text else text.replace("+", " "))
        if text == reading:
            return


_BLANKS = re.compile(r"\s+")
_LINE_COMMENT = re.compile(r"(?:--|#)[^\n]*+\n?")
_VERSION_COMMENT = re.compile(r"/\*!\d{0,6}")
_CLAUSES = "or|and|xor|union|order|group|having|like|rlike|limit|into"
# A letter on both sides: ім'я, user's. The second look-ahead leaves admin'or'1'='1 alone.
_APOSTROPHE = re.compile(rf"(?<=[^\W\d_])'(?=[^\W\d_])(?!(?:{_CLAUSES})\b)", re.IGNORECASE)
# 'Save' and "Are you sure?": opens before a word, closes where no word goes on.
_QUOTED = re.compile(r"(?<![^\s(\[{=,:;/>])(['\"])(?=\w)([^'\"]{1,80}+)\1(?!\w)")


def _read_as_sql(text: str) -> Iterator[str]:
    """Yield the text on one line, as it is and with its comments read as blanks and as nothing.

    Apostrophes become ʼ and quoted spans “…”, so the straight quotes that are left may break out of a value.
    """
    readings = [text]
    if "/*" in text:
        readings += [_drop_block_comments(text, " "), _drop_block_comments(text, "")]
    if "\n" in text and ("--" in text or "#" in text):
        readings.append(_LINE_COMMENT.sub(" ", text))
    for reading in dict.fromkeys(readings):
        yield _QUOTED.sub(r"“\2”", _APOSTROPHE.sub("ʼ", _BLANKS.sub(" ", reading).strip()))


def _drop_block_comments(text: str, blank: str) -> str:
    head, *rest = _VERSION_COMMENT.sub(" ", text).split("/*")
    pieces = [head]
    for piece in rest:
        _, closed, after = piece.partition("*/")
        pieces.append(f"{blank}{after}" if closed else f"/*{piece}")
    return "".join(pieces).replace("*/", " ")


# --- SQL ------------------------------------------------------------------------------------------------

# Words that follow a keyword in a sentence and never name a table: "delete from the list".
_PROSE = (
    "an?|the|this|that|these|those|my|your|our|their|his|her|its|each|every|any|all|some|one|of|from|in|on|at"
    "|by|for|to|with|into|and|or|when|if|where|is|are|as|rows?|columns?|cells?|headers?"
)
_NAME = rf"(?!(?:{_PROSE})\b)[\[`\"“]?[a-z_][\w.$]*+[\]`\"”]?"
_QUOTE = r"['\"]\)*+"  # closes nothing
_SURE_QUOTE = r"(?:(?<!s)'|\")\)*+"  # nor is it the users' apostrophe
_NUMBER_VALUE = r"(?:(?:^|[(:?&]|[^\W\d_][ =]|[^\W\d_] ?= ?)-?\d{1,12}\)*+)"  # not the right side of 1=1
_JOIN = r" ?(?:\b(?:or|and|xor)\b|\|\||&&) ?(?:not\b)?[ (]*+"
_NUMBER = r"(?:0x[0-9a-f]+|\d[\d.]*+|char\(\d+\))"
_LITERAL = rf"(?:{_NUMBER}|['\"“]\w*+['\"”]|null|true|false)"
_COMPARE = r" ?(?:=|<>|!=|<=?|>=?|\b(?:not )?(?:like|rlike|regexp|in|is|between)\b) ?"
_HARD_END = r" ?(?:; ?(?:--|#|/\*)|(?:--|#|/\*)[ +-]*$|(?<! )--)"  # a spaced dash is punctuation
_END = rf"(?:{_HARD_END}|[ ;]*$)"
_SHOUTED_END = r"[ ;]*$"
_CALL = r"\w{2,30}\((?!s\))"  # not item(s)
_SELECTED = rf"(?:{_CALL}|@@|\( ?select\b|(?:null|{_NUMBER}|['\"“]\w*+['\"”]?) ?(?:[,)]|--|#|$|from\b|into\b)|\* from {_NAME})"
_STATEMENT = (
    rf"(?:drop (?:table|database|schema|view|user|index|procedure) (?:if exists )?{_NAME}|truncate table {_NAME}"
    rf"|delete from {_NAME}|shutdown\b)"
)
_FULL_STATEMENT = (
    rf"(?:insert into {_NAME} ?(?:\([\w ,`\"]{{1,200}}\) ?)?values ?\(|update {_NAME} set {_NAME} ?= ?"
    rf"|alter (?:table|user|login|database) {_NAME} (?:add|drop|modify|rename|set|with|owner)\b"
    rf"|create (?:user|login) {_NAME} (?:identified|with|from|for)\b|grant [\w, ]{{1,60}} on [\w.*]+ to\b"
    rf"|declare @\w|exec(?:ute)? ?\( ?[@'\"]|delete from {_NAME} where ['\"(]*{_LITERAL} ?=)"
)
_STACKING = rf"(?:{_QUOTE} ?;|(?:^|[^\W\d_]=)\d{{1,12}}\)*+ ?;) ?"
_RUNS_ELSEWHERE = r"(?:pg_)?sleep|version|benchmark|load_file|char|chr|user|database"


def _compile(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


_SQL_RULES = {
    # ' OR '1'='1 · ' OR name LIKE '%a · ' OR 1 -- : in prose a quote that closes nothing is the users'
    # or 12", and neither is followed by a comparison of values.
    "condition after a quote": _compile(
        rf"{_QUOTE}{_JOIN}{_LITERAL}{_COMPARE}[(]*(?:{_NUMBER}|['\"“]|null|true|false)",
        rf"{_QUOTE}{_JOIN}(?:{_LITERAL}{_HARD_END}|\w+ ?\( ?select\b|(?:exists )?\( ?select\b)",
        rf"{_SURE_QUOTE}{_JOIN}(?:{_CALL}|[a-z_][\w.]*+{_COMPARE}(?:{_LITERAL}|['\"]|not null|null|\())",
        rf"{_SURE_QUOTE} ?(?:[-+*/|=<>,]{{1,2}}|r?like|in) ?\( ?select\b",
    ),
    # 1 OR 1=1 · 'x' AND 1=2 : a number or a quoted word, then two values compared that are both literal;
    # prose compares a name with a value.
    "condition after a value": _compile(
        rf"(?:{_NUMBER_VALUE}|”){_JOIN}{_NUMBER} ?(?:=|<>|!=|<|>) ?{_NUMBER}(?![\w.])",
        rf"(?:{_NUMBER_VALUE}|”){_JOIN}['\"“]?(\w{{1,20}}+)['\"”]? ?(?:=|like) ?['\"“]?\1\b",
        rf"{_NUMBER_VALUE}{_JOIN}(?:\( ?select\b|(?:exists|(?:pg_)?sleep|benchmark|ascii|substr(?:ing)?) ?\()",
        rf"(?<![=<>\d'\"”]) or (\d+) ?= ?\2(?:{_HARD_END}|;? ?$)",
    ),
    # admin'-- : in prose a dash after a quote that closes nothing has blanks around it and text after it.
    "comment after a quote": _compile(
        rf"{_QUOTE}(?:--|/\*)(?!\w)",
        rf"{_QUOTE} ?(?:--|#|/\*)[ +-]*$",
        r"\b(?:admin|administrator|root|sa)['\"] ?(?:--|#|/\*)",
    ),
    # A union selects literals, calls or columns of a table; a trade union selects members.
    "union": _compile(
        rf"\bunion(?: all| distinct)?[ (]+select(?: all| distinct)? ?{_SELECTED}",
        rf"(?:{_SURE_QUOTE}|^-?\d+\)*|\w=-?\d+\)*) ?union(?: all| distinct)?[ (]+select [\w., ]{{1,200}} from {_NAME}",
        rf"(?-i:\bUNION(?: ALL| DISTINCT)? SELECT) [\w., ]{{1,200}} (?-i:FROM) {_NAME}",
        rf"\bunion(?: all| distinct)? select [\w., ]{{1,200}} from [a-z_][\w.]*+{_HARD_END}",
    ),
    # A whole statement after a value that was broken out of, or one that ends the way only SQL does.
    # "; drop table rows to reorder", "; delete from archive; update" are no whole statements.
    "stacked statement": _compile(
        rf"{_STACKING}(?:{_STATEMENT}|{_FULL_STATEMENT}|select (?:{_SELECTED}|[\w., ]{{1,200}} from {_NAME}))",
        rf"(?:^|;) ?(?:{_FULL_STATEMENT}|select (?:{_RUNS_ELSEWHERE}) ?\()",
        rf"(?:^|;) ?{_STATEMENT}{_HARD_END}",
        rf"\b{_STATEMENT} ?(?:cascade)? ?; ?(?:--|#|/\*)",
        rf"; ?(?-i:DROP (?:TABLE|DATABASE)|DELETE FROM) {_NAME}{_SHOUTED_END}",
        rf"; ?drop (?:table|database) {_NAME}{_END}",
    ),
    # Sorting and grouping by a position right after a quote or a number, and nothing else after it.
    "probe of columns": _compile(
        rf"{_QUOTE} ?order by \d+(?: ?,|{_END})",
        rf"(?:^|\w=)-?\d+\)* order by \d+{_HARD_END}",
        rf"{_QUOTE} ?(?:group by [\w., ]{{1,80}} )?having {_LITERAL}{_COMPARE}{_LITERAL}",
        rf"{_QUOTE} ?procedure analyse ?\(",
    ),
    # Calls with arguments that only an attack passes; prose names the function or calls time.sleep(5).
    "time": _compile(
        r"\bwaitfor (?:delay|time) ?['\"“]? ?\d",
        r"(?-i:(?<![.\w])SLEEP ?\( ?\d+ ?\))",
        r"(?:^|[;'\"|]|\bselect[ (]{1,3}|\bif ?\([^()]{1,60}, ?)sleep ?\( ?\d+ ?\)",
        r"\bpg_sleep ?\( ?\d",
        r"\bbenchmark ?\( ?\d+ ?, ?\w+ ?\(",
        r"\bdbms_(?:pipe|lock|session)\.\w+ ?\(",
    ),
    "errors and files": _compile(
        r"\b(?:extractvalue|updatexml) ?\([^()]{0,40}, ?(?:concat|\(|0x|@@|user|version)",
        r"\bconvert ?\( ?int ?, ?(?:\(|@@|\w+ ?\()",
        r"\bcast ?\( ?\( ?select\b",
        r"\b(?:ascii|ord|mid|substr(?:ing)?) ?\( ?(?:\( ?select\b|@@\w|(?:user|database|version) ?\()",
        r"\bload_file ?\( ?(?:['\"“]|0x|char)",
        r"\binto (?:out|dump)file ?['\"“]",
        r"\bexec(?:ute)? (?:[\w\[\]]{1,40}\.{1,2}){0,2}(?:xp_\w|sp_(?:executesql|oacreate|configure)\b)",
        r"\bxp_cmdshell ?[('\"“]",
        r"\butl_(?:http|inaddr)\.\w+ ?\(",
        r"\bch(?:a)?r ?\( ?\d+ ?\) ?(?:\+|\|\|) ?ch(?:a)?r ?\(",
        r"\bchar ?\( ?\d{2,3}(?: ?, ?\d{2,3}){2,}",
        r"\bselect\b[^;]{1,120} from (?:information_schema\.\w|pg_catalog\.\w|sqlite_master\b|sysobjects\b|mysql\.user\b)",
        r"\bselect @@(?:version|hostname|datadir|servername)\b",
    ),
}


# --- Scripts --------------------------------------------------------------------------------------------

_RUNS = (
    r"(?:\b(?:alert|confirm|prompt|eval|fetch|atob|settimeout|setinterval|import|document\.write(?:ln)?)"
    r"\s?[(`](?!s\))|\b(?:document|window|location|top|self|parent|navigator|localstorage)\s?[.\[=]\s?['\"\w])"
)
_RUNNABLE_URL = r"(?:java|vb|live)script:[^\s\"'>]|data:(?:text/html|application/xhtml\+xml)[;,]"

_SCRIPT_RULES = {
    # javascript:alert(1) : in prose a blank follows the colon, and no call of a browser's function.
    "runnable URL": _compile(
        r"\b(?:java|vb|live)\s{0,2}script\s{0,2}:[^\s]{0,80}[(`=]",
        rf"\b(?:java|vb|live)\s{{0,2}}script\s{{0,2}}:\s?(?://[^\n]{{0,80}}\n)?\s?{_RUNS}",
        r"\bdata:text/html[;,]",
    ),
    # Cookies named in prose are not added to a string, assigned or passed on.
    "cookie sent away": _compile(
        r"(?:[+=]\s?|\w\()(?:\w{1,20}\()?document\.cookie\b",
        r"\bdocument\[['\"“]cookie",
    ),
    "hidden code": _compile(
        r"\beval\s?\(\s?(?:atob|string|unescape|decodeuri\w*+|location|name)\b",
        r"\bfromcharcode\s?\(\s?\d+\s?[,)]",
    ),
    # Templates in prose hold names and sums of names, not calls of a browser's or a system's functions.
    "template": _compile(
        rf"(?:[$#*]\{{|\{{\{{|\{{%|<%)[^{{}}<>]{{0,200}}?(?:{_RUNS}"
        r"|\bconstructor\s?[(\[]|\.constructor\b|__\w{2,30}__|\bjndi:|\bgetruntime\b|\b(?:system|popen|exec)\s?\()",
        r"(?:[$#*]\{|\{\{|<%=?)\s?'?\d{1,9}'?\s?\*\s?'?\d{1,9}'?\s?[}%]",
        r"<\?(?:php|=)[^<>]{0,120}?\w\(",
    ),
}

# These read the text as SQL is read, with quotes that break out told from those that don't.
_BREAKOUT_RULES = {
    # " onmouseover="alert(1) : after the quote an event handler whose value is code.
    "event handler after a quote": _compile(
        r"['\"][ /]*(?:\b[\w-]{1,20}(?:=['\"“]?[\w-]{0,20}['\"”]?)?[ /]+){0,3}\bon[a-z]{3,25} ?= ?['\"“]?[^'\"“”= ]{1,80}[(`=]",
    ),
    # ';alert(1)// · '-alert(1)-' : the quote is followed by an operator and a browser's function.
    "code after a quote": _compile(rf"['\"] ?[;)+*^|,-]{{1,4}} ?{_RUNS}"),
}

_TAG = re.compile(r"\s{0,3}([a-z][\w:-]{0,30}+)(.*)", re.IGNORECASE | re.DOTALL)
_INSIDE_TAG = re.compile(r"(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+")
_EVENT_HANDLER = _compile(r"[\s/\"']on[a-z]{2,30}+\s*+=\s*+(?:\"[^\"(`=\[{]*+|'[^'(`=\[{]*+|[^\s>\"'(`=\[{]*+)[(`=\[{]")
_URL_ATTRIBUTE = _compile(
    rf"(?:href|src|action|data|background|poster|values|to|from|url)=[\"']?(?:{_RUNNABLE_URL})",
    rf"url\([\"']?(?:{_RUNNABLE_URL})",
)
_SOURCE = r"[\s/\"'](?:{})\s*+=\s*+[\"']?\s*+\.*+[\w/&%]"
_ACTIVE_ELEMENTS = {
    "script": _compile(_SOURCE.format("src|href|xlink:href")),
    "iframe": _compile(_SOURCE.format("src|srcdoc")),
    "frame": _compile(_SOURCE.format("src")),
    "object": _compile(_SOURCE.format("data")),
    "embed": _compile(_SOURCE.format("src|code")),
    "applet": _compile(_SOURCE.format("code|archive")),
    "base": _compile(_SOURCE.format("href")),
    "meta": _compile(r"http-equiv\s*+=\s*+[\"']?\s*+refresh"),
    "link": _compile(r"rel\s*+=\s*+[\"']?\s*+import\b"),
}
_ACTIVE_STYLE = _compile(r"@import\s*+[\"'(u]", r"expression\s?\(", r"-moz-binding", rf"url\([\"']?(?:{_RUNNABLE_URL})")
_SCRIPT_START = _compile(r"<\s{0,3}script(?![\w-])[^>]{0,200}+>")
_CODE_FIRST = _compile(rf"\s*+(?:{_RUNS}|[\w$.]{{1,60}}+[(`=](?!s\)))")
_CODE = _compile(rf"{_RUNS}|[\w$\])][(`](?!s\))|[\w\])]\s?=\s?[\w'\"\[{{(]")
_SCRIPT_CHARS = 400


def _has_script(text: str) -> bool:
    if any(rule.search(text) for rule in _SCRIPT_RULES.values()):
        return True
    if any(rule.search(view) for view in _read_as_sql(text) for rule in _BREAKOUT_RULES.values()):
        return True
    return any(map(_is_active_tag, text.split("<")[1:])) or _has_script_body(text)


def _is_active_tag(piece: str) -> bool:
    """Whether ``piece``, what stands between two ``<``, is a tag that runs or loads something."""
    tag = _TAG.match(piece)
    if not tag:
        return False
    name, rest = tag[1].lower(), tag[2]
    inside = _INSIDE_TAG.match(rest)
    end = inside.end() if inside else 0
    attributes = rest[:end] if rest[end : end + 1] in {"", ">"} else rest  # an open quote hides the end
    if _EVENT_HANDLER.search(attributes) or _URL_ATTRIBUTE.search(_BLANKS.sub("", attributes)):
        return True
    if "style" in attributes.lower() and _ACTIVE_STYLE.search(attributes):
        return True
    if name == "style":
        return bool(_ACTIVE_STYLE.search(rest.replace("\\", "")))
    element = _ACTIVE_ELEMENTS.get(name.removeprefix("svg:"))
    return bool(element and element.search(attributes))


def _has_script_body(text: str) -> bool:
    """Whether a script element holds code: "the <script> and </script> tags" do not."""
    for start in _SCRIPT_START.finditer(text):
        body, closed, _ = text[start.end() : start.end() + _SCRIPT_CHARS].lower().partition("</")
        if _CODE.search(body) if closed else _CODE_FIRST.match(body):
            return True
    return False
