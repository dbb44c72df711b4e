"""Says what the picture of a prototype shows, for people who do not see it; made from the flow."""

from collections.abc import Iterator
from typing import Final

from bot.core.limits import cut_text
from bot.core.models import Flow, Step
from bot.core.texts import Language, speak

ALT_TEXT_CHARS: Final = 1_000


def write_alt_text(flow: Flow, language: Language) -> str:
    """Return the name, then the numbered steps with the labels of their fields: one line, cut at a whole word.

    It is plain text; nothing in it is marked up.
    """
    name = _join(flow.name).rstrip(".")
    parts = [speak(language).picture_of.format(name=name), *_describe_steps(flow.steps)]
    return cut_text(" ".join(parts), ALT_TEXT_CHARS)


def _describe_steps(steps: tuple[Step, ...]) -> Iterator[str]:
    for number, step in enumerate(steps, start=1):
        title = _join(step.title)
        labels = "; ".join(_join(field.label).rstrip(":*; ") for field in step.fields or ())
        if labels:
            yield f"{number}. {title.rstrip('.:')}: {labels}."
        else:
            yield f"{number}. {title}{'' if title.endswith(('.', '!', '?', '…')) else '.'}"


def _join(text: str) -> str:
    return " ".join(text.split())
