"""What a check finds: a code for each kind of trouble, how bad it is, and what to do about it.

A finding is told to operators, in English. Its words hold names, ids, sizes and Slack's or Keycloak's error words;
never a secret, nor any other part of an answer. ``docs/doctor.md`` lists the codes.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.doctor.advice import ADVICE
from bot.doctor.codes import WARNINGS, Code

LIMIT_S: Final = 10.0


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    WARNING = "warning"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report; ``advice`` is empty where there is nothing to do."""

    name: str
    status: Status
    detail: str
    code: Code
    advice: str = ""


def report(name: str, code: Code, detail: str = "", **words: str) -> Finding:
    """Report what was found; ``words`` go into the advice."""
    advice = ADVICE[code]
    for word, value in words.items():
        advice = advice.replace(f"{{{word}}}", value)
    return Finding(name=name, status=choose_status(code), detail=detail, code=code, advice=advice)


def choose_status(code: Code) -> Status:
    """Tell how bad it is."""
    match code:
        case Code.OK:
            return Status.OK
        case Code.SKIPPED:
            return Status.SKIPPED
        case _:
            return Status.WARNING if code in WARNINGS else Status.FAILED


def pass_over(name: str, reason: str) -> Finding:
    """Report a check that was not made, and why."""
    return report(name, Code.SKIPPED, reason)


async def limit(name: str, check: Awaitable[Finding], *, limit_s: float = LIMIT_S) -> Finding:
    """Make a check within its time; an error that it does not know is a finding too."""
    try:
        async with asyncio.timeout(limit_s):
            return await check
    except TimeoutError:
        return report(name, Code.TIMED_OUT, f"nothing within {limit_s:g} s")
    except Exception as error:  # noqa: BLE001 - what answers may break any library, and hides no other finding
        return report(name, Code.BROKEN, type(error).__name__)


async def limit_group(name: str, checks: Awaitable[Sequence[Finding]]) -> Sequence[Finding]:
    """Make checks that are limited one by one; what breaks between them is a finding too."""
    try:
        return await checks
    except Exception as error:  # noqa: BLE001 - as above
        return [report(name, Code.BROKEN, type(error).__name__)]
