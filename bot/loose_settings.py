"""Settings for commands that need only some of them: what is there is read, what is wrong is told of what is needed."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from pydantic import HttpUrl, ValidationError, model_validator

from bot.errors import SettingsError
from bot.settings import Settings, find_secrets, load_settings
from bot.settings_problems import muted_dotenv, normalise

# What a problem with the file itself begins with, which concerns every setting.
ENV_FILE: Final = ".env"


class LooseSettings(Settings):
    """What of the settings can be used, for commands that need only some: the rest has its defaults.

    What has no default has a value here that stands for none, which whoever uses it must not: see :class:`Reading`.
    """

    codemie_api_url: HttpUrl = HttpUrl("http://codemie.invalid/")

    @model_validator(mode="wrap")
    @classmethod
    def _check_everything(cls, values: dict[str, Any], handler: Callable[[Any], Self]) -> Self:
        """Leave out what does not validate."""
        values = normalise(values)
        try:
            return handler(values)
        except ValidationError as error:
            faulty = {str(problem["loc"][0]) for problem in error.errors(include_input=False) if problem["loc"]}
            return handler({name: value for name, value in values.items() if name not in faulty})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What there is of the settings, with one line for each that has to be mended."""

    settings: Settings
    problems: tuple[str, ...] = ()

    def require(self, names: Collection[str]) -> Settings:
        """Return the settings if those of these names are in order, and the file they may stand in.

        Raises SettingsError with what is wrong of them.
        """
        if problems := self.find_problems({ENV_FILE, *names}):
            raise SettingsError(problems)
        return self.settings

    def find_problems(self, names: Collection[str]) -> tuple[str, ...]:
        """Find what is wrong with the settings of these names; they are in capitals, as in the problems."""
        return tuple(problem for problem in self.problems if problem.split()[0] in names)


def read_settings(*, env_file: Path = Path(".env")) -> Reading:
    """Read the settings as far as they can be; raises SettingsError only where the file itself can't be read."""
    try:
        return Reading(settings=load_settings(env_file=env_file))
    except SettingsError as error:
        problems = error.problems
    secrets_dir, _ = find_secrets(env_file)
    with muted_dotenv():
        settings = LooseSettings(_env_file=env_file, _secrets_dir=secrets_dir)
    return Reading(settings=settings, problems=problems)
