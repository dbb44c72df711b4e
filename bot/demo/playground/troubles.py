"""What can be made to go wrong in the playground: each trouble has a name, and is switched on and off."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from bot.demo.codemie import BuiltInCodemie, ChatTurn, Ending
from bot.demo.codemie import Fault as CodemieFault
from bot.demo.workspace import Drop, Fault, Json, Workspace

_POST: Final = "chat.postMessage"
_BURST: Final = 3
_SLOW_CHARS_PER_S: Final = 250.0
_NO_FLOW: Final = "I would rather talk about the weather today."


class Group(StrEnum):
    """Whose trouble it is."""

    SLACK = "slack"
    CODEMIE = "codemie"


class Name(StrEnum):
    """What goes wrong."""

    SLOW_POSTS = "slow_posts"
    RATE_LIMIT = "rate_limit"
    LOST_ANSWER = "lost_answer"
    NOT_IN_CHANNEL = "not_in_channel"
    SLACK_DOWN = "slack_down"
    CODEMIE_BUSY = "codemie_busy"
    CUT_STREAM = "cut_stream"
    NO_FLOW = "no_flow"
    CODEMIE_DOWN = "codemie_down"
    SLOW_CODEMIE = "slow_codemie"


_SLACK_FAULTS: Final[Mapping[Name, Callable[[], tuple[str, Fault]]]] = {
    Name.RATE_LIMIT: lambda: (_POST, Fault(status=429, error="ratelimited", retry_after_s=2, remaining=3)),
    Name.LOST_ANSWER: lambda: (_POST, Fault(drop=Drop.ANSWER)),
    Name.NOT_IN_CHANNEL: lambda: (_POST, Fault(error="not_in_channel", remaining=None, when=_is_channel)),
    Name.SLACK_DOWN: lambda: (_POST, Fault(status=503, remaining=None)),
}
_CODEMIE_FAULTS: Final[Mapping[Name, CodemieFault]] = {
    Name.CODEMIE_BUSY: CodemieFault.unavailable(),
    Name.CUT_STREAM: CodemieFault(ending=Ending.DROPPED, kept_share=0.5),
    Name.NO_FLOW: CodemieFault(text=_NO_FLOW),
    Name.SLOW_CODEMIE: CodemieFault.slow(chars_per_s=_SLOW_CHARS_PER_S),
}
_ONCE: Final = frozenset({Name.CODEMIE_BUSY, Name.CUT_STREAM})


def _is_channel(args: Mapping[str, Any]) -> bool:
    return not str(args.get("channel", "")).startswith("D")


@dataclass(slots=True, kw_only=True)
class Troubles:
    """The switches; ``codemie.fault_for`` has to be :meth:`choose_codemie_fault`."""

    workspace: Workspace
    codemie: BuiltInCodemie
    _slack_faults: dict[Name, tuple[str, Fault]] = field(default_factory=dict)
    _codemie_troubles: set[Name] = field(default_factory=set)

    def show(self) -> list[Json]:
        """Show every trouble with its group and whether it is on."""
        return [{"name": name.value, "group": _get_group(name).value, "is_on": self.is_on(name)} for name in Name]

    def is_on(self, name: Name) -> bool:
        """Tell whether a trouble is on; one of the next call alone is over after it."""
        if name is Name.SLOW_POSTS:
            return self.workspace.post_rate.burst == 1
        if name in self._slack_faults:
            return self._slack_faults[name][1].remaining != 0
        return name in self._codemie_troubles

    async def switch(self, name: Name, *, is_on: bool) -> None:
        """Switch a trouble on or off; on twice is on once."""
        if is_on == self.is_on(name):
            return
        match name:
            case Name.SLOW_POSTS:
                self.workspace.post_rate.burst = 1 if is_on else _BURST
            case Name.CODEMIE_DOWN:
                self._note(name, is_on=is_on)
                await (self.codemie.stop() if is_on else self.codemie.start())
            case _ if name in _SLACK_FAULTS:
                self._switch_slack(name, is_on=is_on)
            case _:
                self._note(name, is_on=is_on)

    def choose_codemie_fault(self, _turn: ChatTurn, _number: int) -> CodemieFault | None:
        """Choose what goes wrong with a call of CodeMie."""
        name = next((name for name in _CODEMIE_FAULTS if name in self._codemie_troubles), None)
        if name is None:
            return None
        self._codemie_troubles -= _ONCE & {name}
        return _CODEMIE_FAULTS[name]

    def _switch_slack(self, name: Name, *, is_on: bool) -> None:
        if name in self._slack_faults:
            self.workspace.faults.withdraw(*self._slack_faults.pop(name))
        if is_on:
            method, fault = self._slack_faults[name] = _SLACK_FAULTS[name]()
            self.workspace.faults.add(method, fault)

    def _note(self, name: Name, *, is_on: bool) -> None:
        self._codemie_troubles = self._codemie_troubles | {name} if is_on else self._codemie_troubles - {name}


def _get_group(name: Name) -> Group:
    is_codemie = name in _CODEMIE_FAULTS or name is Name.CODEMIE_DOWN
    return Group.CODEMIE if is_codemie else Group.SLACK
