"""What people ask for in the pictures, and what they get, in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.core.models import Field, Flow, Step
from bot.core.texts import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A request and its flow; ``labels`` are words that a model may have got wrong."""

    prompt: str
    change: str
    flow: Flow
    attachment: str
    page: str


def _make_sample(
    *, prompt: str, change: str, name: str, about: str, steps: tuple[Step, ...], attachment: str, page: str
) -> Sample:
    flow = Flow(id="parking-permit", name=name, description=about, steps=steps)
    return Sample(prompt=prompt, change=change, flow=flow, attachment=attachment, page=page)


_PAGE: Final = """<!doctype html>
<html lang="{lang}">
<title>{title}</title>
<form>
  <label>{label}
    <input type="email" required>
  </label>
  <button>{button}</button>
</form>
</html>"""

_ENGLISH: Final = _make_sample(
    prompt="Registration for a parking permit: name, car plate, e-mail",
    change="add a field for phone",
    name="Parking permit",
    about="A resident registers a car and gets a permit by e-mail.",
    steps=(
        Step(
            id="details",
            type="form",
            title="Your details",
            message="We send the permit to this address.",
            fields=(
                Field(name="name", type="text", label="Full name"),
                Field(name="plate", type="text", label="Car plate"),
                Field(name="email", type="email", label="E-mail"),
                Field(name="phone", type="tel", label="Phone", required=False),
            ),
        ),
        Step(id="check", type="confirmation", title="Check your details", message="You can still go back."),
        Step(id="done", type="info", title="Done", message="Your permit is on its way."),
    ),
    attachment="sketch.pdf",
    page=_PAGE.format(lang="en", title="Parking permit", label="E-mail", button="Send"),
)
_UKRAINIAN: Final = _make_sample(
    prompt="Реєстрація на паркувальний дозвіл: ім'я, номер авто, e-mail",
    change="додай поле телефон",
    name="Паркувальний дозвіл",
    about="Мешканець реєструє авто й отримує дозвіл електронною поштою.",
    steps=(
        Step(
            id="details",
            type="form",
            title="Ваші дані",
            message="На цю адресу надішлемо дозвіл.",
            fields=(
                Field(name="name", type="text", label="Прізвище та ім'я"),
                Field(name="plate", type="text", label="Номер авто"),
                Field(name="email", type="email", label="E-mail"),
                Field(name="phone", type="tel", label="Телефон", required=False),
            ),
        ),
        Step(id="check", type="confirmation", title="Перевірте дані", message="Ще можна повернутися."),
        Step(id="done", type="info", title="Готово", message="Ваш дозвіл уже в дорозі."),
    ),
    attachment="ескіз.pdf",
    page=_PAGE.format(lang="uk", title="Паркувальний дозвіл", label="E-mail", button="Надіслати"),
)

SAMPLES: Final[Mapping[Language, Sample]] = {Language.ENGLISH: _ENGLISH, Language.UKRAINIAN: _UKRAINIAN}


def make_long_flow(language: Language) -> Flow:
    """Make a flow that no message can hold whole."""
    flow = SAMPLES[language].flow
    form = flow.steps[0]
    assert form.fields is not None
    steps = tuple(
        form.model_copy(update={"id": f"s{number}", "title": f"{form.title} {number}", "fields": form.fields * 4})
        for number in range(1, 40)
    )
    return flow.model_copy(update={"steps": steps})
