"""Whether pages can be styled and drawn here, in Ukrainian too."""

from collections.abc import Awaitable, Callable
from typing import Final

from bot.core.models import Flow, Step
from bot.core.texts import Language
from bot.doctor.codes import Code
from bot.doctor.findings import Finding, limit, pass_over, report
from bot.errors import UnexpectedError
from bot.previews.compile import TailwindCompiler
from bot.previews.picture import Painter, PictureLimits
from bot.settings import Settings
from bot.wiring.previews import find_engine

_CLASSES: Final = frozenset({"p-4", "text-2xl"})
_FLOW: Final = Flow(id="doctor", name="Doctor", steps=(Step(id="page", type="info", title="Doctor"),))
# Letters of one width in most fonts; where there is no glyph for either, the pictures are the same.
_LETTERS: Final = ("ж", "ю")
_LIMIT_S: Final = 30.0
# The first picture starts a process: on a busy machine it may take longer than the bot waits for one.
_PATIENT: Final = PictureLimits(timeout_s=_LIMIT_S)

Paint = Callable[[str], Awaitable[bytes]]


async def check_pictures(settings: Settings) -> list[Finding]:
    """Compile styles, draw a small page, and tell whether Cyrillic letters are drawn."""
    findings = [await limit("styles", _check_styles(), limit_s=_LIMIT_S)]
    chromium = find_engine(settings)
    engine = "chromium" if chromium else "blitz"
    if engine != settings.preview_engine:
        findings.append(report("chromium", Code.CHROMIUM_MISSING, "PREVIEW_ENGINE=chromium, and none on the PATH"))
    async with Painter(limits=_PATIENT, chromium=chromium) as painter:

        async def paint(html: str) -> bytes:
            return await painter.paint(html, flow=_FLOW, language=Language.ENGLISH)

        picture = await limit("pictures", check_painter(paint, engine), limit_s=_LIMIT_S)
        if picture.code is not Code.OK:
            return [*findings, picture, pass_over("fonts", "it takes pictures")]
        return [*findings, picture, await limit("fonts", check_fonts(paint), limit_s=_LIMIT_S)]


async def _check_styles() -> Finding:
    try:
        css = await TailwindCompiler().compile(_CLASSES)
    except UnexpectedError:
        return report("styles", Code.STYLES_FAILED, "Tailwind does not run")
    return report("styles", Code.OK, f"Tailwind gives {len(css)} characters")


async def check_painter(paint: Paint, engine: str) -> Finding:
    """Draw a small page."""
    try:
        picture = await paint(_write_page("Doctor"))
    except UnexpectedError as error:
        return report("pictures", Code.PICTURES_FAILED, str(error))
    return report("pictures", Code.OK, f"{engine} draws {len(picture)} bytes")


async def check_fonts(paint: Paint) -> Finding:
    """Draw two letters, and tell whether they look different."""
    try:
        first, second = [await paint(_write_page(letter * 20)) for letter in _LETTERS]
    except UnexpectedError as error:
        return report("fonts", Code.PICTURES_FAILED, str(error))
    if first == second:
        return report("fonts", Code.FONTS_MISSING, "Cyrillic letters are drawn as boxes")
    return report("fonts", Code.OK, "Cyrillic letters are drawn")


def _write_page(text: str) -> str:
    return f'<!doctype html><html lang="en"><body><p style="font-size: 24px">{text}</p></body></html>'
