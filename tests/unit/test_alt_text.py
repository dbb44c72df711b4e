"""What a screen reader says of a picture."""

import pytest

from bot.core.alt_text import ALT_TEXT_CHARS, write_alt_text
from bot.core.models import Field, Flow, Step
from bot.core.texts import Language


def make_flow(*steps: Step, name: str = "Parking permit") -> Flow:
    """Make a flow of these steps."""
    return Flow(id="flow", name=name, steps=steps)


def make_step(title: str, *labels: str) -> Step:
    """Make a form with fields of these labels, or a step without any."""
    fields = tuple(Field(name=f"f{n}", type="text", label=label) for n, label in enumerate(labels))
    return Step(id="step", type="form", title=title, fields=fields or None)


def test_steps_are_numbered_with_the_labels_of_their_fields() -> None:
    """The whole of a short flow is said, in one line, each sentence ended once."""
    flow = make_flow(make_step("Your  details", "Name *", "Car plate:"), make_step("All\ndone!"), make_step("Bye"))

    assert write_alt_text(flow, Language.ENGLISH) == (
        "Picture of a prototype, Parking permit. 1. Your details: Name; Car plate. 2. All done! 3. Bye."
    )


def test_words_of_the_bot_are_in_the_language_asked_for() -> None:
    """The introduction is the bot's own; a name with braces stays as it is."""
    flow = make_flow(make_step("Дані", "Ім’я"), name="Запис {name} {0}.")

    assert write_alt_text(flow, Language.UKRAINIAN) == "Зображення прототипу, Запис {name} {0}. 1. Дані: Ім’я."


@pytest.mark.parametrize("label_chars", range(1, 40))
def test_long_text_is_cut_at_a_whole_word(label_chars: int) -> None:
    """Wherever the limit falls, no word is cut, and the cut shows."""
    word = "x" * label_chars
    text = write_alt_text(make_flow(make_step("Words", *([f"{word} {word}"] * 500))), Language.ENGLISH)

    assert ALT_TEXT_CHARS - 2 * label_chars - 8 <= len(text) <= ALT_TEXT_CHARS
    assert text.removesuffix("…").removesuffix(";").split(" ")[-1] == word


def test_a_word_longer_than_all_is_cut_inside() -> None:
    """A title without blanks does not leave the text empty, nor too long."""
    text = write_alt_text(make_flow(make_step("y" * 3_000), name="z" * 3_000), Language.ENGLISH)

    assert len(text) <= ALT_TEXT_CHARS
    assert text.startswith("Picture of a prototype")
    assert text.endswith("…")
