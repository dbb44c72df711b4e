"""The guides as a reader sees them: their commands, links, and what they name of the code.

Commands stand in fences of ``sh``, ``bash`` or ``console`` (there, lines that begin with ``$``). A comment right above
a fence says what is not as usual: ``<!-- not run: REASON -->``, or ``<!-- until stopped -->`` for a command that does
not end.
"""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
_FENCE: Final = re.compile(
    r"(?:^[ ]*<!--\s*(?P<comment>[^\n]*?)\s*-->\n+)?"
    r"^(?P<indent>[ ]*)(?P<ticks>`{3,})(?P<kind>\w*)[^\n]*\n(?P<text>.*?)^(?P=indent)(?P=ticks)[ ]*$",
    re.MULTILINE | re.DOTALL,
)
_NOT_RUN: Final = "not run:"
_UNTIL_STOPPED: Final = "until stopped"
_LINK: Final = re.compile(r"\]\((?P<link>[^)\s]+)\)|(?:src|href)=\"(?P<source>[^\"]+)\"")
_HEADING: Final = re.compile(r"^#+\s+(.+?)\s*$", re.MULTILINE)
_SPAN: Final = re.compile(r"`+([^`\n]+(?:\n[^`\n]+)?)`+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fence: what it holds, and what the comment above it says."""

    guide: str
    line: int
    kind: str
    text: str
    comment: str

    @property
    def label(self) -> str:
        """Where it stands."""
        return f"{self.guide}:{self.line}"

    @property
    def has_commands(self) -> bool:
        """Whether a reader is to run it."""
        return self.kind in {"sh", "bash", "shell", "console"}

    @property
    def reason(self) -> str | None:
        """Why it is not run here, if it is not."""
        return self.comment.removeprefix(_NOT_RUN).strip() if self.comment.startswith(_NOT_RUN) else None

    @property
    def is_endless(self) -> bool:
        """Whether it runs until somebody stops it."""
        return self.comment == _UNTIL_STOPPED

    @property
    def commands(self) -> str:
        """What is to be typed: of a ``console`` block, what stands behind the dollar and what it goes on in."""
        if self.kind != "console":
            return self.text
        typed, goes_on = [], False
        for line in self.text.splitlines():
            if goes_on or line.startswith("$ "):
                typed.append(line if goes_on else line.removeprefix("$ "))
                goes_on = line.endswith("\\")
        return "\n".join([*typed, ""])


def list_guides() -> list[str]:
    """List the guides, by their paths from the root."""
    paths = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path.relative_to(ROOT).as_posix() for path in paths]


def read_guide(guide: str) -> str:
    """Return the text of a guide."""
    return (ROOT / guide).read_text()


def list_blocks(guide: str) -> list[Block]:
    """List the fences of a guide, from the top."""
    return list(read_blocks(guide, read_guide(guide)))


def read_blocks(guide: str, text: str) -> Iterator[Block]:
    """Read the fences of a text."""
    for found in _FENCE.finditer(text):
        yield Block(
            guide=guide,
            line=text.count("\n", 0, found.start("ticks")) + 1,
            kind=found["kind"],
            text=textwrap.dedent(found["text"]),
            comment=found["comment"] or "",
        )


def list_spans(guide: str) -> list[str]:
    """List what stands between backticks in a guide's prose, each in one line."""
    prose = _FENCE.sub("", read_guide(guide))
    return [" ".join(found[1].split()) for found in _SPAN.finditer(prose)]


def list_links(guide: str) -> list[str]:
    """List the links of a guide's prose that stay within the project."""
    prose = _FENCE.sub("", read_guide(guide))
    links = [found["link"] or found["source"] for found in _LINK.finditer(prose)]
    return [link for link in links if not re.match(r"[a-z]+:", link)]


def list_anchors(guide: str) -> set[str]:
    """List the anchors that a guide's headings have on GitHub, and those that stand in its HTML."""
    text = _FENCE.sub("", read_guide(guide))
    slugs: list[str] = []
    for heading in _HEADING.findall(text):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        number = sum(other == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", other) is not None for other in slugs)
        slugs.append(f"{slug}-{number}" if number else slug)
    return {*slugs, *re.findall(r"(?:id|name)=\"([^\"]+)\"", text)}
