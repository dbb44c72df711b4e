"""docs/logs.md names every line that the bot logs, and no other."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"^\| `(\w+)` \| `(\w+)` \| (\w+) \| ([^|]*) \| (.+) \|$", re.MULTILINE)
_LEVELS = frozenset({"debug", "info", "warning", "error"})
# What stands for more than one field, and which they are.
_SPREAD = {
    "**error.list_facts()": {"reason", "status", "calls", "limit", "wait_s"},
    "**facts": {"is_good"},
    "**counts": set[str](),
    "**where": {"team", "channel", "surface"},
    "exc_info": {"exception", "at"},
}


@dataclass(frozen=True, slots=True)
class _Line:
    """What is known of a kind of line."""

    event: str
    logger: str
    level: str


def _list_sources() -> Iterator[ast.Module]:
    for folder in ("bot", "handlers"):
        for path in sorted((_ROOT / folder).rglob("*.py")):
            if "demo" not in path.parts:
                yield ast.parse(path.read_text())


def _find_loggers(module: ast.Module) -> dict[str, str]:
    """Find the loggers of a module, by the names it has for them."""
    found = {}
    for node in module.body:
        match node:
            case ast.AnnAssign(
                target=ast.Name(id=name),
                value=ast.Call(func=ast.Attribute(attr="get_logger"), args=[ast.Constant(value=str(logger))]),
            ):
                found[name] = logger
    return found


def _find_events(module: ast.Module, event: ast.expr) -> set[str]:
    """Find what an event may be; one that is not written out is assigned, or an argument, in the same module."""
    if isinstance(event, ast.Constant):
        return {str(event.value)}
    assert isinstance(event, ast.Name)
    found = set[str]()
    for node in ast.walk(module):
        match node:
            case ast.Assign(targets=[ast.Name(id=event.id)], value=value):
                found |= {str(item.value) for item in ast.walk(value) if isinstance(item, ast.Constant)}
            case ast.FunctionDef(name=function, args=ast.arguments(args=[ast.arg(arg=event.id), *_])):
                found |= _find_first_arguments(module, function)
    return found


def _find_first_arguments(module: ast.Module, function: str) -> set[str]:
    found = set[str]()
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(value)), *_]) if name == function:
                found.add(value)
    return found


def _list_fields(call: ast.Call) -> set[str]:
    names = {keyword.arg or f"**{ast.unparse(keyword.value)}" for keyword in call.keywords}
    return {field for name in names for field in _SPREAD.get(name, {name})}


def _read_code() -> dict[_Line, set[str]]:
    """List what the bot logs, with the fields."""
    lines: dict[_Line, set[str]] = {}
    for module in _list_sources():
        loggers = _find_loggers(module)
        for node in ast.walk(module):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=level), args=[event, *_]) if (
                    name in loggers and level in _LEVELS
                ):
                    for word in _find_events(module, event):
                        lines.setdefault(_Line(word, loggers[name], level), set()).update(_list_fields(node))
    return lines


def _read_docs() -> dict[_Line, set[str]]:
    rows = _ROW.findall((_ROOT / "docs/logs.md").read_text())
    return {
        _Line(event, logger, level): set(re.findall(r"`(\w+)`", fields)) for event, logger, level, fields, _ in rows
    }


def test_the_docs_name_every_log_line() -> None:
    """With its logger, its level and its fields; the two that come with others' facts are named where they come."""
    code, docs = _read_code(), _read_docs()
    code[_Line("erased", "audit", "info")].add("jobs")

    assert len(code) > 80
    assert docs == code
