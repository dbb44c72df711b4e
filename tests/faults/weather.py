"""Faults by the dice of a seed: calls to Slack and CodeMie that fail, and succeed when they are made again soon after.

The bot waits for Slack to come back, so that what is made is delivered in any such weather.
"""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from stage import Stage

from bot.demo.codemie import ChatTurn, Fault
from bot.demo.gate import Moment, stand_open

_MARK: Final = re.compile(r"permit \d+:")
# After a failure so many calls of the same kind succeed.
_PAUSE_CALLS: Final = 4
_CUT: Final = (
    "chat.postMessage",
    "chat.update",
    "chat.getPermalink",
    "conversations.replies",
    "conversations.history",
    "files.getUploadURLExternal",
    "upload",
    "files.completeUploadExternal",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Climate:
    """What shares of the calls fail, or are limited, and how long Slack takes at most before and after its work."""

    failing_share: float
    limited_share: float
    delay_s: float = 0.0


class Weather:
    """Bad weather on a stage, until it clears."""

    def __init__(self, stage: Stage, dice: random.Random, climate: Climate) -> None:
        self.counts: Counter[str] = Counter()
        self._stage = stage
        self._dice = dice
        self._climate = climate
        self._pauses: Counter[str] = Counter()
        self._codemie_faults: Counter[tuple[str, bool]] = Counter()
        self._brew()

    def clear(self) -> None:
        """Let everything succeed, and at once, from now on."""
        self._stage.workspace.faults.clear()
        self._stage.workspace.faults.gate = stand_open
        self._stage.fault_for = None

    def count_codemie_faults(self, mark: str) -> int:
        """Return how often one stage of a prompt failed at CodeMie, the stage with more of it."""
        return max(self._codemie_faults[mark, is_page] for is_page in (False, True))

    def _brew(self) -> None:
        faults = self._stage.workspace.faults
        faults.gate = self._dawdle
        for method in _CUT:
            is_failing = self._fails(method, self._climate.failing_share / 3)
            faults.drop_request(method, times=None, when=is_failing)
            faults.drop_answer(method, times=None, when=is_failing)
            faults.answer_status(method, 503, times=None, when=is_failing)
            is_failing = self._fails(method, self._climate.limited_share)
            faults.rate_limit(method, retry_after_s=1, times=None, when=is_failing)
        self._stage.fault_for = self._choose_fault

    async def _dawdle(self, _name: str, _args: Mapping[str, Any], _moment: Moment) -> None:
        """Take a while: who dies meanwhile does not know what was done."""
        if self._climate.delay_s:
            await asyncio.sleep(self._dice.uniform(0, self._climate.delay_s))

    def _fails(self, method: str, share: float) -> Callable[[Mapping[str, Any]], bool]:
        def is_failing(args: Mapping[str, Any]) -> bool:
            key = _name_key(method, args)
            if self._pauses[key] > 0:
                self._pauses[key] -= 1
                return False
            if self._dice.random() >= share:
                return False
            self._pauses[key] = _PAUSE_CALLS
            self.counts[method] += 1
            return True

        return is_failing

    def _choose_fault(self, turn: ChatTurn, _number: int) -> Fault | None:
        if self._dice.random() >= self._climate.failing_share:
            return None
        mark = _MARK.search(turn.text)
        self._codemie_faults[mark.group() if mark else "", "<flow>" in turn.text] += 1
        self.counts["chat"] += 1
        return self._dice.choice(
            [
                Fault.drop(kept_share=0),
                Fault.drop(),
                Fault.without_last(),
                Fault.unavailable(),
                Fault.rate_limited(retry_after="1"),
                Fault.execution_failure("platform_error"),
            ]
        )


def _name_key(method: str, args: Mapping[str, Any]) -> str:
    """Name what is tried again when this fails, as far as the call tells."""
    match method:
        case "upload" | "files.getUploadURLExternal":
            return "upload"
        case "chat.postMessage" | "conversations.replies" | "conversations.history":
            return f"{method}:{args.get('channel')}:{args.get('thread_ts') or args.get('ts')}"
        case _:
            return f"{method}:{args.get('channel')}:{args.get('ts') or args.get('message_ts')}:{args.get('files')}"
