"""Scripted failures of the Web API: what goes wrong, how often, and for which calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.demo.gate import Gate, stand_open

When = Callable[[Mapping[str, Any]], bool]


class Drop(StrEnum):
    """When the connection is cut: before the work is done, or after it, in place of the answer."""

    REQUEST = "request"
    ANSWER = "answer"


@dataclass(slots=True, kw_only=True)
class Fault:
    """One failure; ``remaining`` counts down, None lasts until it is cleared."""

    status: int = 200
    error: str | None = None
    retry_after_s: int | None = None
    drop: Drop | None = None
    delay_s: float = 0.0
    remaining: int | None = 1
    when: When = field(default=lambda _: True)

    @property
    def is_refusal(self) -> bool:
        """Whether the work is not done."""
        return self.error is not None or self.status != 200  # noqa: PLR2004 - anything but OK


class Faults:
    """What will go wrong, by method; ``upload`` and ``response_url`` name the two other endpoints.

    ``times`` is how many calls fail, None for all until :meth:`clear`; ``when`` looks at a call's arguments.
    ``gate`` is passed by every call of a method or an endpoint, on its way in and on its way out.
    """

    def __init__(self) -> None:
        self.gate: Gate = stand_open
        self._faults: dict[str, list[Fault]] = {}

    def answer_error(self, method: str, error: str, *, times: int | None = 1, when: When = lambda _: True) -> None:
        """Answer 200 with ``ok: false`` and Slack's word ``error``, and do nothing."""
        self.add(method, Fault(error=error, remaining=times, when=when))

    def answer_status(self, method: str, status: int, *, times: int | None = 1, when: When = lambda _: True) -> None:
        """Answer an HTTP status with a body that is not JSON, and do nothing."""
        self.add(method, Fault(status=status, remaining=times, when=when))

    def rate_limit(
        self, method: str, *, retry_after_s: int, times: int | None = 1, when: When = lambda _: True
    ) -> None:
        """Answer 429 with ``Retry-After``."""
        fault = Fault(status=429, error="ratelimited", retry_after_s=retry_after_s, remaining=times, when=when)
        self.add(method, fault)

    def drop_request(self, method: str, *, times: int | None = 1, when: When = lambda _: True) -> None:
        """Cut the connection before the work is done."""
        self.add(method, Fault(drop=Drop.REQUEST, remaining=times, when=when))

    def drop_answer(self, method: str, *, times: int | None = 1, when: When = lambda _: True) -> None:
        """Do the work and cut the connection."""
        self.add(method, Fault(drop=Drop.ANSWER, remaining=times, when=when))

    def delay(self, method: str, delay_s: float, *, times: int | None = 1, when: When = lambda _: True) -> None:
        """Do the work ``delay_s`` seconds later."""
        self.add(method, Fault(delay_s=delay_s, remaining=times, when=when))

    def add(self, method: str, fault: Fault) -> None:
        """Let a fault befall the calls of a method, after those that were added before."""
        self._faults.setdefault(method, []).append(fault)

    def withdraw(self, method: str, fault: Fault) -> None:
        """Forget one fault, whether it has befallen anybody or not."""
        kept = [item for item in self._faults.get(method, []) if item is not fault]
        self._faults[method] = kept

    def clear(self, method: str | None = None) -> None:
        """Forget the faults of one method, or all of them."""
        if method is None:
            self._faults.clear()
        else:
            self._faults.pop(method, None)

    def take(self, method: str, args: Mapping[str, Any]) -> Fault:
        """Return what goes wrong with this call, and count it; a Fault without effect if nothing does."""
        for fault in self._faults.get(method, []):
            if fault.remaining != 0 and fault.when(args):
                fault.remaining = None if fault.remaining is None else fault.remaining - 1
                return fault
        return Fault()
