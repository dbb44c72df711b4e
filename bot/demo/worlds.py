"""The two worlds a bot can live between without an account, and the settings that lead to them."""

from collections.abc import AsyncIterator, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from bot.demo.codemie import BuiltInCodemie
from bot.demo.engine import answer_turn
from bot.demo.workspace import Workspace
from bot.loose_settings import read_settings
from bot.settings import NETWORK_SETTINGS, Settings

_CARRIER: Final = "carrier"
_LOOPBACK: Final = "127.0.0.1"
_CODEMIE_PREFIX: Final = "codemie_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worlds:
    """A workspace and a CodeMie, both on loopback."""

    workspace: Workspace
    codemie: BuiltInCodemie


@asynccontextmanager
async def open_worlds(*, chars_per_s: float | None = None, delay_s: float = 0.0) -> AsyncIterator[Worlds]:
    """Open both; the answers of the built-in CodeMie begin after ``delay_s`` and come at ``chars_per_s``."""
    async with (
        Workspace() as workspace,
        BuiltInCodemie(answer=answer_turn, chars_per_s=chars_per_s, delay_s=delay_s) as codemie,
    ):
        yield Worlds(workspace=workspace, codemie=codemie)


def lead_to_workspace(workspace: Workspace, *, is_socket_mode: bool) -> dict[str, str]:
    """Give the settings that lead a bot to the workspace, by their names in the environment."""
    way = (
        {"SLACK_APP_TOKEN": workspace.app_token}
        if is_socket_mode
        else {"SLACK_SIGNING_SECRET": workspace.signing_secret}
    )
    return {"SLACK_API_URL": workspace.api_url, "SLACK_BOT_TOKEN": workspace.bot_token, **way}


def lead_to_codemie(codemie: BuiltInCodemie) -> dict[str, str]:
    """Give the settings that lead a bot to the built-in CodeMie."""
    return {
        "CODEMIE_API_URL": codemie.api_url,
        "CODEMIE_AUTH_URL": codemie.auth_url,
        "CODEMIE_CLIENT_ID": codemie.accounts.client_id,
        "CODEMIE_CLIENT_SECRET": codemie.accounts.client_secret,
        "CODEMIE_ASSISTANT_ID": _CARRIER,
        "CODEMIE_PROJECT": "demo",
    }


def lead_to_real_codemie() -> dict[str, str]:
    """Give the settings of CodeMie that are in force here, and those of the network on the way there.

    Raises :class:`~bot.errors.SettingsError` with a line for each of them that has to be mended.
    """
    names = {name for name in Settings.model_fields if name.startswith(_CODEMIE_PREFIX)} | NETWORK_SETTINGS
    settings = read_settings().require({name.upper() for name in names})
    found = dict(_write_settings(settings, names - {"secrets_dir"}))
    direct = found.get("NO_PROXY", "")
    return {**found, "NO_PROXY": f"{direct},{_LOOPBACK}" if direct else _LOOPBACK}


def drop_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what of an environment is no setting of the bot's, for a bot that is to be given its own."""
    names = {name.upper() for name in Settings.model_fields}
    return {name: value for name, value in environment.items() if name.upper() not in names}


def _write_settings(settings: Settings, names: AbstractSet[str]) -> Iterator[tuple[str, str]]:
    """Write the settings that somebody set as they stand in an environment."""
    for name in sorted(names & settings.model_fields_set):
        value = getattr(settings, name)
        if value is not None:
            yield name.upper(), _write(value)


def _write(value: object) -> str:
    """Write a value as an environment has it; a path holds in whatever folder the bot runs."""
    match value:
        case SecretStr():
            return value.get_secret_value()
        case Path():
            return str(value.resolve())
        case _:
            return str(value)
