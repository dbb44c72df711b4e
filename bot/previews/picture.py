"""Paints the picture of a prototype, in a process of its own that a hostile page may bring down.

A picture is never in the way of a result, so nobody is told why there is none: everything that goes wrong here is
an :class:`UnexpectedError`, whose message is for the log and says nothing of the page.
"""

import asyncio
import shutil
import time
from collections.abc import Callable
from typing import Final, Self

from bot.core.models import Flow
from bot.core.texts import Language, speak
from bot.errors import UnexpectedError
from bot.ports import ignore
from bot.previews.frames import PICTURE, ControlWords, Request, is_sane_png, write_request
from bot.previews.painter_process import PainterProcess, PictureLimits

__all__ = ["Painter", "PictureLimits", "find_chromium"]

_CHROMIUM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_KIND_CHARS: Final = 40
_CROWD: Final = 3

# The engine, what became of the picture, and the seconds it took if it was drawn.
NotePicture = Callable[[str, str, float | None], None]


def find_chromium() -> str | None:
    """Return the path of the first Chromium on the PATH."""
    return next((path for name in _CHROMIUM_NAMES if (path := shutil.which(name))), None)


class Painter:
    """Paints with Blitz, or with the Chromium of a path, one picture at a time; the process starts when needed."""

    def __init__(
        self, *, limits: PictureLimits | None = None, chromium: str | None = None, note_picture: NotePicture = ignore
    ) -> None:
        self._note_picture = note_picture
        self._limits = limits or PictureLimits()
        self._chromium = chromium
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._process: PainterProcess | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End the process, and let nobody paint any more; whoever waits is refused."""
        self._is_closed = True
        await self._end()
        async with self._turn:
            await self._end()

    @property
    def is_crowded(self) -> bool:
        """Whether a picture that is asked for now has to wait for several others."""
        return self._waiting >= _CROWD

    async def paint(self, html: str, *, flow: Flow, language: Language) -> bytes:
        """Return a PNG of a finished page: a strip of its flow's screens, or the whole page.

        ``language`` is that of the bot's own words in it.

        Raises :class:`UnexpectedError`; at once if too many wait already or the page is too big.
        """
        try:
            return await self._paint_in_turn(html, flow, language)
        except UnexpectedError:
            self._note_picture(self._engine, "failed", None)
            raise

    @property
    def _engine(self) -> str:
        return "chromium" if self._chromium else "blitz"

    async def _paint_in_turn(self, html: str, flow: Flow, language: Language) -> bytes:
        request = write_request(_make_request(html, flow, language))
        if len(request) > self._limits.html_bytes:
            raise UnexpectedError(f"No picture: the page has more than {self._limits.html_bytes} bytes")
        if self._waiting > self._limits.waiting:
            raise UnexpectedError(f"No picture: {self._waiting} others wait for theirs")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._paint(request)
        finally:
            self._waiting -= 1

    async def _paint(self, request: bytes) -> bytes:
        """Paint with the process that is there, or a new one; whatever goes wrong ends it."""
        self._refuse_if_closed()
        self._stop_idling()
        is_done, began_s = False, time.monotonic()
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                picture = await self._ask(request)
            is_done = True
        except TimeoutError as error:
            raise UnexpectedError(f"No picture: it took longer than {self._limits.timeout_s:g} s") from error
        except (OSError, EOFError) as error:
            raise UnexpectedError(f"No picture: the painter ended ({type(error).__name__})") from error
        finally:
            if not is_done:
                await self._end()
        self._idle = asyncio.get_running_loop().call_later(self._limits.idle_s, self._retire)
        self._note_picture(self._engine, "drawn", time.monotonic() - began_s)
        return picture

    async def _ask(self, request: bytes) -> bytes:
        if self._process is None or not self._process.is_alive:
            await self._end()
            self._process = await PainterProcess.open(limits=self._limits, chromium=self._chromium)
            self._refuse_if_closed()
        kind, content = await self._process.exchange(request)
        if kind != PICTURE:
            raise UnexpectedError(f"No picture: {_read_kind(content)}")
        if not is_sane_png(content, side_px=self._limits.side_px):
            raise UnexpectedError("No picture: the painter gave something else")
        return content

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise UnexpectedError("No picture: the painter is closed")

    def _retire(self) -> None:
        """End an idle process: it takes memory for nothing."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.clean()

    def _stop_idling(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    async def _end(self) -> None:
        self._stop_idling()
        process, self._process = self._process, None
        if process is not None:
            await process.close()


def _make_request(html: str, flow: Flow, language: Language) -> Request:
    """Take along the words that may be needed: the process has no catalogues."""
    texts = speak(language)
    return Request(
        html=html,
        titles=[step.title for step in flow.steps],
        more=[texts.screens_more(n) for n in range(len(flow.steps))],
        words=ControlWords(empty=texts.empty_controls, date=texts.date_shown),
    )


def _read_kind(content: bytes) -> str:
    """Return the name of the exception; whatever else the process may have said goes nowhere."""
    name = content[:_KIND_CHARS].decode("ascii", "replace")
    return name if name.isidentifier() else "unknown"
