"""Writes the page that shows the pictures side by side."""

from collections.abc import Iterable, Iterator, Sequence

from gallery.scene import Scene

from bot.core.texts import Language

_HEAD = """# What people see

Every message and screen of the bot, drawn from what it sends by `tests/gallery/draw.py`. The drawing is this project's
own, not Slack's, which shows the same blocks in its own way. The first row is a request to the real bot, with the
built-in CodeMie of the demo, by `tests/gallery/thread.py`.
"""


def write_page(scenes: Sequence[Scene], *, phone_width: int) -> str:
    """Write the page: wide pictures one below the other, then a table of the others in both languages."""
    wide = [scene for scene in scenes if scene.width > phone_width]
    narrow = [scene for scene in scenes if scene.width <= phone_width]
    return "\n".join([_HEAD, *_write_wide(wide), *_write_table(narrow, phone_width)])


def _write_wide(scenes: Iterable[Scene]) -> Iterator[str]:
    for scene in scenes:
        for language in Language:
            yield f"![{_write_alt(scene.caption, language)}]({_name_file(scene.name, language)})\n"


def _write_table(scenes: Iterable[Scene], width: int) -> Iterator[str]:
    yield "| | English | Ukrainian |\n|---|---|---|"
    yield _write_row("thread", "A request, from the channel to the files", width)
    for scene in scenes:
        yield _write_row(scene.name, scene.caption, width)
    yield ""


def _write_row(name: str, caption: str, width: int) -> str:
    cells = (
        f'<img src="{_name_file(name, language)}" width="{width}" alt="{_write_alt(caption, language)}">'
        for language in Language
    )
    return f"| {caption} | {' | '.join(cells)} |"


def _name_file(name: str, language: Language) -> str:
    return f"screens/{name}-{language}.png"


def _write_alt(caption: str, language: Language) -> str:
    return f"{caption.replace('`', '')} ({language})"
