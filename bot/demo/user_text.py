"""Takes the bot's user text apart: quoted blocks, and the form that the answer should have."""

import re
from dataclasses import dataclass, field

_TAGS = ("request", "change", "flow", "page", "discussion")
_OPENING = re.compile(rf"<({'|'.join(_TAGS)})>")
_REFERENCE = re.compile(
    r"\bdiscuss|\btalked\b|\bwe (?:said|agreed|wrote)\b|\babove\b|\bthis (?:thread|conversation)\b|"
    r"обговор|домов|(?:на)?писали|вище|(?:цьо\w+|це\w) (?:трец?д|розмов|гілк)\w*|говорили",
    re.IGNORECASE,
)
_SPEAKER = re.compile(r"^\s*[^:\n]{1,40}:\s+")
_GREETING_WORDS = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class UserText:
    """What stands in the blocks, by tag, and around them: ``form`` is how to answer, or all of a bare text."""

    blocks: dict[str, str] = field(default_factory=dict)
    form: str = ""

    @property
    def wish(self) -> str:
        """What a person asked for: the change, the request, or the whole of a text without blocks."""
        said = self.blocks.get("change", self.blocks.get("request"))
        return (said if said is not None else self.form if not self.blocks else "").strip()

    @property
    def is_change(self) -> bool:
        """Whether it changes what was made before."""
        return "change" in self.blocks

    @property
    def wants_page(self) -> bool:
        """Whether the answer should be HTML: the form's last word on it counts, else what was sent along."""
        form = self.form.lower()
        html, json = form.rfind("html"), form.rfind("json")
        if self.blocks and html != json:
            return html > json
        return "page" in self.blocks or ("flow" in self.blocks and not self.is_change)


def read_user_text(text: str) -> UserText:
    """Take ``text`` apart. A block ends at its last closing tag, so that tags inside it are words."""
    blocks: dict[str, str] = {}
    around: list[str] = []
    while found := _find_block(text):
        tag, start, end, inner = found
        blocks.setdefault(tag, inner)
        around.append(text[:start])
        text = text[end:]
    return UserText(blocks=blocks, form="\n".join([*around, text]))


def _find_block(text: str) -> tuple[str, int, int, str] | None:
    for opening in _OPENING.finditer(text):
        tag = opening.group(1)
        end = text.rfind(f"</{tag}>")
        if end >= opening.end():
            return tag, opening.start(), end + len(tag) + 3, text[opening.end() : end]
    return None


def refers_to_discussion(wish: str) -> bool:
    """Tell whether a wish is about what was said before it."""
    return _REFERENCE.search(wish) is not None


def read_discussion(discussion: str) -> str:
    """Make one request of the lines people wrote, without their names, beginning with the first that says something."""
    lines = [_SPEAKER.sub("", line).strip() for line in discussion.strip().splitlines()]
    said = [f"{line[:1].upper()}{line[1:]}{'' if line[-1] in '.!?' else '.'}" for line in lines if line]
    while len(said) > 1 and len(said[0].split()) <= _GREETING_WORDS:
        said.pop(0)
    return " ".join(said)
