"""``codemie-bot setup``: find the carrier assistant by its slug, or make it; the same however often it is run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from bot.codemie.directory import (
    CARRIER_SLUG,
    Account,
    Assistant,
    Carrier,
    Model,
    choose_model,
    write_carrier,
    write_repair,
)
from bot.credentials import LiveSettings
from bot.errors import CodemieAccessDenied, CodemieRejected, SettingsError
from bot.loose_settings import Reading
from bot.network import make_network
from bot.settings import Settings
from bot.wiring.codemie import CODEMIE_SETTINGS, make_assistants, make_codemie_http, make_token_source

_PROJECT: Final = "CODEMIE_PROJECT"
_NEEDED: Final = CODEMIE_SETTINGS | {_PROJECT, "CODEMIE_MODEL"}


class Directory(Protocol):
    """CodeMie's records, as :class:`bot.codemie.assistants.Assistants` keeps them."""

    async def get_account(self) -> Account:
        """Tell who the account is."""
        ...

    async def list_models(self) -> Sequence[Model]:
        """List the models."""
        ...

    async def get(self, assistant_id: str) -> Assistant:
        """Look at an assistant."""
        ...

    async def find(self, slug: str, *, project: str) -> Assistant | None:
        """Find an assistant by its slug."""
        ...

    async def make(self, body: Mapping[str, Any]) -> str:
        """Make an assistant."""
        ...

    async def update(self, assistant_id: str, body: Mapping[str, Any]) -> None:
        """Replace an assistant's record."""
        ...


class Deed(StrEnum):
    """What was done."""

    MADE = "made"
    FOUND = "found"
    REPAIRED = "repaired"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The carrier as it stands after the run; ``differences`` are what it is not, in words, and ``advice`` the cure."""

    deed: Deed
    id: str
    project: str
    model: str
    slug: str = CARRIER_SLUG
    differences: tuple[str, ...] = ()
    advice: str = ""

    @property
    def words(self) -> str:
        """Say it as lines to print; the last is for ``.env``."""
        about = f"{self.deed}: assistant {self.slug} in {self.project}, model {self.model or 'none'}"
        wrong = [f"  {difference}" for difference in self.differences]
        return "\n".join([about, *wrong, *([f"  {self.advice}"] if self.advice else []), self.setting])

    @property
    def setting(self) -> str:
        """The line to put into ``.env``."""
        return f"CODEMIE_ASSISTANT_ID={self.id}"

    @property
    def is_in_order(self) -> bool:
        """Whether nothing is left to do at CodeMie."""
        return self.deed is not Deed.DIFFERENT


async def set_up(reading: Reading, *, is_repair: bool) -> Setup:
    """Set up the carrier as the settings say; raises SettingsError, or CodemieError."""
    settings = reading.require(_NEEDED)
    async with make_codemie_http(settings, make_network(settings)) as http:
        assistants = make_assistants(settings, http, make_token_source(LiveSettings(settings), http))
        return await find_or_make(assistants, settings, is_repair=is_repair)


async def find_or_make(directory: Directory, settings: Settings, *, is_repair: bool) -> Setup:
    """Find the carrier or make it, after the project and the model are known to be there."""
    project = _check_project(await directory.get_account(), settings.codemie_project)
    models = await directory.list_models()
    carrier = Carrier(project=project, model=_check_model(models, settings.codemie_model))
    assistant = await _find(directory, project)
    if assistant is None:
        return await _make(directory, carrier)
    model = _choose_kept_model(assistant, models, carrier, is_asked_for=settings.codemie_model is not None)
    return await _compare(directory, assistant, model=model, is_repair=is_repair)


def _check_project(account: Account, project: str | None) -> str:
    listed = ", ".join(account.projects) or "none"
    if project is None:
        raise SettingsError((f"{_PROJECT} is missing: one of the account's projects ({listed})",))
    if not account.has(project):
        raise SettingsError((f"{_PROJECT} is not one of the account's projects ({listed}): {project}",))
    return project


def _check_model(models: Sequence[Model], wanted: str | None) -> str:
    """Choose the model; CodeMie itself would take any name, and answer with its default model."""
    model = choose_model(models, wanted)
    if model is not None:
        return model.name
    listed = ", ".join(model.name for model in models if model.is_usable) or "none"
    if wanted:
        raise SettingsError((f"CODEMIE_MODEL is not a model that CodeMie offers ({listed}): {wanted}",))
    raise SettingsError((f"CODEMIE_MODEL is missing: CodeMie has no default, but offers {listed}",))


async def _find(directory: Directory, project: str) -> Assistant | None:
    try:
        return await directory.find(CARRIER_SLUG, project=project)
    except CodemieAccessDenied as error:
        raise CodemieAccessDenied(
            f"{project} has an assistant {CARRIER_SLUG} that this account may not see: "
            "have its owner share it with the project, or remove it",
            status=error.status,
        ) from error


async def _make(directory: Directory, carrier: Carrier) -> Setup:
    """Make the carrier; where the slug is taken by now, another run has made it at the same moment."""
    try:
        assistant_id = await directory.make(write_carrier(carrier))
    except CodemieRejected:
        other = await _find(directory, carrier.project)
        if other is None:
            raise
        return await _compare(directory, other, model=carrier.model, is_repair=False)
    return Setup(deed=Deed.MADE, id=assistant_id, project=carrier.project, model=carrier.model)


def _choose_kept_model(assistant: Assistant, models: Sequence[Model], carrier: Carrier, *, is_asked_for: bool) -> str:
    """Let the carrier keep the model it has, unless another is asked for or there is no such model any more."""
    return carrier.model if is_asked_for or choose_model(models, assistant.model) is None else assistant.model


async def _compare(directory: Directory, assistant: Assistant, *, model: str, is_repair: bool) -> Setup:
    """Compare what is there with what is wanted; an update is made only for a difference, and only if asked for."""
    differences = _list_differences(assistant, model)
    if not differences:
        return _describe(assistant, Deed.FOUND)
    if not is_repair:
        return _describe(assistant, Deed.DIFFERENT, differences, "run setup --repair, or change it in CodeMie")
    if not assistant.is_writable:
        advice = "this account may not change it: have its owner do so, or remove it and run setup again"
        return _describe(assistant, Deed.DIFFERENT, differences, advice)
    await directory.update(assistant.id, write_repair(assistant, model=model))
    repaired = await directory.get(assistant.id)
    if left := _list_differences(repaired, model):
        return _describe(
            repaired, Deed.DIFFERENT, left, "CodeMie keeps these: remove the assistant and run setup again"
        )
    return _describe(repaired, Deed.REPAIRED, differences)


def _list_differences(assistant: Assistant, model: str) -> tuple[str, ...]:
    differences = [f"it has {extra}" for extra in assistant.extras]
    if not assistant.is_shared:
        differences.append("it is not shared with its project")
    if assistant.model != model:
        differences.append(f"its model is {assistant.model or 'none'}, not {model}")
    return tuple(differences)


def _describe(assistant: Assistant, deed: Deed, differences: tuple[str, ...] = (), advice: str = "") -> Setup:
    return Setup(
        deed=deed,
        id=assistant.id,
        project=assistant.project,
        model=assistant.model,
        differences=differences,
        advice=advice,
    )
