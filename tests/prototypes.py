"""The pages of ``tests/pages`` with their flows, finished as the bot finishes what it delivers."""

from pathlib import Path
from typing import Final

from bot.core.models import Flow
from bot.core.pages import finish_page, list_classes
from bot.core.texts import Language
from bot.previews.compile import TailwindCompiler

_FOLDER: Final = Path(__file__).parent / "pages"
_HUGE_BYTES: Final = 2_000_000
_ROW: Final = "<p>Row {n}: Анна Коваленко, 12 Main Street, " + "a note that goes on and on, " * 12 + "</p>\n"


def list_pages() -> list[str]:
    """Return the names of the pages."""
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


def read_flow(name: str) -> Flow:
    """Return the flow of a page."""
    return Flow.model_validate_json((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def read_page(name: str, *, origin: str = "https://far.example:443") -> str:
    """Return the page as a model might have written it; ``origin`` is what its addresses point to."""
    if name == "huge":
        return write_huge_page()
    page = (_FOLDER / f"{name}.html").read_text(encoding="utf-8")
    return page.replace("ORIGIN", origin).replace("PORT", origin.rpartition(":")[2])


def write_huge_page() -> str:
    """Write a page of two megabytes."""
    row_bytes = len(_ROW.encode())
    rows = "".join(_ROW.format(n=n) for n in range(_HUGE_BYTES // row_bytes + 1))
    return (
        '<!doctype html><html lang="en"><body class="p-4">'
        f"<section><h2>All rows</h2>{rows}</section><section><h2>The end</h2><p>At last.</p></section></body></html>"
    )


async def finish(page: str, compiler: TailwindCompiler) -> str:
    """Compile and clean a page."""
    css = await compiler.compile(list_classes(page))
    return finish_page(page, css=css, language=Language.ENGLISH)
