"""Where a call to a built-in world can be stopped on its way: before its work, and before its answer."""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any


class Moment(StrEnum):
    """How far a call is: it has come and nothing is done, or all is done and nothing is answered."""

    ARRIVED = "arrived"
    DONE = "done"


# The call's name and its arguments. It may wait, and it may raise one of aiohttp's HTTP errors.
Gate = Callable[[str, Mapping[str, Any], Moment], Awaitable[None]]


async def stand_open(_name: str, _args: Mapping[str, Any], _moment: Moment) -> None:
    """Let every call pass."""
