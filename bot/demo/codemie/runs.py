"""One run of an assistant: at what pace it is told, what goes wrong with it, and how it leaves on the wire."""

import uuid
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from bot.demo.codemie.bodies import write
from bot.demo.codemie.faults import Ending, Fault
from bot.demo.codemie.records import ChatCall

_FAILURE_TEXT: Final = "AI Agent run failed with error: InternalServerError: Error code: 500 - demo"
_CHAIN_FAILURE_TEXT: Final = "PureChain generation failed with error: RuntimeError: demo"


@dataclass(slots=True, kw_only=True)
class Pace:
    """Seconds before the first chunk and between chunks, and characters of a chunk; may be changed at any time.

    With ``chars_per_s`` the seconds between chunks follow from it.
    """

    delay_s: float
    chunk_delay_s: float
    chunk_chars: int
    chars_per_s: float | None = None

    def get_chunk_delay_s(self, chars_per_s: float | None = None) -> float:
        """Return the seconds to wait after a chunk, at a pace of one answer's own if that is given."""
        pace = chars_per_s or self.chars_per_s
        return self.chunk_chars / pace if pace else self.chunk_delay_s


@dataclass(slots=True, kw_only=True)
class Run:
    """One run: its call, what goes wrong with it, the part of the answer that is told, and how much was by now."""

    call: ChatCall
    fault: Fault
    told: str
    is_saved: bool
    started_at_s: float
    thought_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    told_chars: int = 0

    @property
    def generated(self) -> str:
        """What the last object holds: a failure's text is glued to what was told before it."""
        if self.fault.execution_error is not None:
            return self.told + _FAILURE_TEXT
        return self.told + (_CHAIN_FAILURE_TEXT if self.fault.ending is Ending.STACKTRACE else "")


async def write_item(response: web.StreamResponse, run: Run, item: object) -> None:
    """Send one object of a stream, and count it."""
    sent = write(item)
    await response.write(sent)
    run.call.size_bytes += len(sent)


def note_response(call: ChatCall, response: web.StreamResponse) -> None:
    """Note on a call what it was answered, unless that was cut; a stream's size was counted on the way."""
    if isinstance(response, web.Response) and not call.is_closed_early:
        call.status = response.status
        call.size_bytes = int(response.content_length or 0)


def drop(request: web.Request, run: Run, response: web.StreamResponse) -> web.StreamResponse:
    """Close the connection in the middle of what was promised."""
    run.call.is_closed_early = True
    if request.transport is not None:
        request.transport.close()
    return response
