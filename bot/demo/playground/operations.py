"""What is done with the playground itself: troubles, the choice of CodeMie, a crash of the bot."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from bot.demo.playground import requests
from bot.demo.playground.process import BotProcess
from bot.demo.playground.troubles import Troubles
from bot.demo.workspace import Json


class Codemie(StrEnum):
    """Who answers."""

    DEMO = "demo"
    REAL = "real"


@dataclass(slots=True, kw_only=True)
class Operations:
    """Switches of the playground; ``envs`` are the bot's settings with each CodeMie that can be reached.

    ``announce`` tells that something changed.
    """

    process: BotProcess
    troubles: Troubles
    envs: Mapping[Codemie, Mapping[str, str]]
    codemie: Codemie
    is_socket_mode: bool
    announce: Callable[[], None]
    _turns: asyncio.Lock = field(default_factory=asyncio.Lock)

    def start(self) -> None:
        """Start the bot."""
        self.process.start(self.envs[self.codemie])

    async def carry_out(self, act: requests.SwitchTrouble | requests.SwitchCodemie | requests.Crash) -> None:
        """Carry out one act; raises ``LookupError`` for a CodeMie that is not configured.

        Switches wait for one another: what is being stopped cannot be started, nor the other way round.
        """
        match act:
            case requests.SwitchTrouble():
                async with self._turns:
                    await self.troubles.switch(act.name, is_on=act.is_on)
                self.announce()
            case requests.SwitchCodemie():
                async with self._turns:
                    await self._switch_codemie(Codemie(act.kind))
            case requests.Crash():
                self.process.crash()
            case _:
                assert_never(act)

    def show(self) -> dict[str, object]:
        """Show the state of all of it, by the names that the page has for them."""
        process: Json = {"state": self.process.state.value, "pid": self.process.pid, "code": self.process.exit_code}
        return {
            "process": process,
            "transport": "socket" if self.is_socket_mode else "http",
            "codemie": {"kind": self.codemie.value, "can_be_real": Codemie.REAL in self.envs},
            "troubles": self.troubles.show(),
        }

    async def _switch_codemie(self, kind: Codemie) -> None:
        if kind is self.codemie:
            return
        if kind not in self.envs:
            raise LookupError(kind)
        self.codemie = kind
        self.announce()
        await self.process.restart(self.envs[kind])
