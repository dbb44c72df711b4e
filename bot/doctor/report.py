"""The report: lines for people, JSON for programs, an exit code for both."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from bot.doctor.codes import Code
from bot.doctor.findings import Finding, Status

_SIGNS: Final = {Status.OK: "✓", Status.FAILED: "✗", Status.WARNING: "!", Status.SKIPPED: "–"}
# https://en.wikipedia.org/wiki/ANSI_escape_code#Select_Graphic_Rendition_parameters
_COLORS: Final = {Status.OK: 32, Status.FAILED: 31, Status.WARNING: 33, Status.SKIPPED: 2}
_SETTINGS: Final = frozenset({Code.SETTING_MISSING, Code.SETTING_INVALID, Code.ENV_FILE_UNREAD})
_FAILED: Final = 1
_SETTINGS_FAILED: Final = 2


def write_lines(findings: Sequence[Finding], *, is_colored: bool) -> str:
    """Write a line for each check, with what to do about it below."""
    lines = [line for finding in findings for line in _write_finding(finding, is_colored=is_colored)]
    return "\n".join([*lines, "", _write_sum(findings)])


def write_json(findings: Sequence[Finding]) -> str:
    """Write a list of objects with name, status, detail, code and advice."""
    return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1)


def choose_exit_code(findings: Sequence[Finding]) -> int:
    """0 if the bot can work, 2 if its settings don't load, 1 if anything else is in its way."""
    failed = {finding.code for finding in findings if finding.status is Status.FAILED}
    if failed & _SETTINGS:
        return _SETTINGS_FAILED
    return _FAILED if failed else 0


def _write_finding(finding: Finding, *, is_colored: bool) -> list[str]:
    sign = _SIGNS[finding.status]
    if is_colored:
        sign = f"\x1b[{_COLORS[finding.status]}m{sign}\x1b[0m"
    line = f"{sign} {finding.name}" + (f": {finding.detail}" if finding.detail else "")
    return [line, *([f"    → {finding.advice}"] if finding.advice else [])]


def _write_sum(findings: Sequence[Finding]) -> str:
    counts = {status: sum(finding.status is status for finding in findings) for status in Status}
    return (
        f"{counts[Status.OK]} in order, {counts[Status.FAILED]} failed, {counts[Status.WARNING]} to look at, "
        f"{counts[Status.SKIPPED]} not checked"
    )
