"""What CodeMie tells of an account, its models and its assistants; what the bot's carrier is made of. No I/O.

A carrier is one plain assistant that is sent the bot's own prompt with every call. Such a prompt replaces the stored
one and nothing else: tools, context and assistants below it stay at work, so that a carrier has none.
https://github.com/codemie-ai/codemie/blob/main/src/codemie/rest_api/models/assistant.py
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.errors import CodemieBadGateway

CARRIER_SLUG: Final = "codemie-slack-bot"
_CARRIER_NAME: Final = "Slack bot"
_CARRIER_DESCRIPTION: Final = "Carries the prompts of codemie-slack-bot, which sends them with every call."
_CARRIER_PROMPT: Final = "You are a helpful assistant."
_PLAIN: Final = "codemie"
# What stays at work under a prompt that is sent along, as the record names it and as people do.
_EXTRAS: Final[Mapping[str, str]] = {
    "toolkits": "tools",
    "context": "data sources",
    "mcp_servers": "MCP servers",
    "assistant_ids": "sub-assistants",
    "skill_ids": "skills",
}
# An update takes a whole body: what it leaves out is set to null, the slug too.
_BODY: Final = (
    "name",
    "description",
    "system_prompt",
    "project",
    "context",
    "icon_url",
    "llm_model_type",
    "toolkits",
    "conversation_starters",
    "shared",
    "is_react",
    "is_global",
    "agent_mode",
    "plan_prompt",
    "slug",
    "temperature",
    "top_p",
    "smart_tool_selection_enabled",
    "mcp_servers",
    "assistant_ids",
    "skill_ids",
    "bedrock",
    "bedrock_agentcore_runtime",
    "type",
    "agent_card",
    "categories",
    "prompt_variables",
    "custom_metadata",
    "guardrail_assignments",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whom CodeMie takes the bot for; an administrator sees every project."""

    name: str
    projects: tuple[str, ...]
    is_admin: bool = False

    def has(self, project: str) -> bool:
        """Tell whether the account may work in a project."""
        return self.is_admin or project in self.projects


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A language model; one that is not usable is switched off, or kept from clients like the bot."""

    name: str
    is_default: bool = False
    is_usable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistant:
    """A stored assistant; ``extras`` names what it has besides a prompt, ``record`` is all that CodeMie told."""

    id: str
    name: str
    project: str
    model: str
    system_prompt: str
    is_shared: bool
    is_writable: bool
    extras: tuple[str, ...]
    record: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """What the carrier is to be: in which project, with which model."""

    project: str
    model: str


def read_health(body: bytes) -> None:
    """Make sure that it is CodeMie that answers."""
    if not isinstance(_read_object(body).get("status"), str):
        raise _foreign(body)


def read_account(body: bytes) -> Account:
    """Read ``GET /v1/user``; projects are names there, or objects with one."""
    read = _read_object(body)
    listed = [*_list(read.get("applications")), *_list(read.get("projects"))]
    names = (item.get("name") if isinstance(item, dict) else item for item in listed)
    name = read.get("username") or read.get("user_id")
    if not isinstance(name, str):
        raise _foreign(body)
    projects = dict.fromkeys(item for item in names if isinstance(item, str) and item)
    return Account(name=name, projects=tuple(projects), is_admin=read.get("is_admin") is True)


def read_models(body: bytes) -> tuple[Model, ...]:
    """Read ``GET /v1/llm_models``; what is not said is left out there."""
    read = _read(body)
    if not isinstance(read, list):
        raise _foreign(body)
    return tuple(
        Model(
            name=item["base_name"],
            is_default=item.get("default") is True,
            is_usable=item.get("enabled") is not False and item.get("forbidden_for_web") is not True,
        )
        for item in read
        if isinstance(item, dict) and isinstance(item.get("base_name"), str)
    )


def read_assistant(body: bytes) -> Assistant:
    """Read a record, as ``GET /v1/assistants/id/{id}`` and ``/slug/{slug}`` give it."""
    read = _read_object(body)
    if not isinstance(read.get("id"), str):
        raise _foreign(body)
    return Assistant(
        id=read["id"],
        name=_text(read, "name"),
        project=_text(read, "project"),
        model=_text(read, "llm_model_type"),
        system_prompt=_text(read, "system_prompt"),
        is_shared=read.get("shared") is True,
        is_writable="write" in _list(read.get("user_abilities")),
        extras=tuple(_list_extras(read)),
        record=read,
    )


def read_made(body: bytes) -> str | None:
    """Read the id of an assistant that was made; CodeMie answers 200 without one where integrations are missing."""
    made = _read_object(body).get("assistantId")
    return made if isinstance(made, str) and made else None


def choose_model(models: Sequence[Model], wanted: str | None) -> Model | None:
    """Choose the model that is wanted, or the server's default; None if it has no such model, or none by default."""
    usable = [model for model in models if model.is_usable]
    if wanted:
        return next((model for model in usable if model.name == wanted), None)
    return next((model for model in usable if model.is_default), None)


def write_carrier(carrier: Carrier) -> dict[str, Any]:
    """Write the body of a new carrier; a missing description would break the server."""
    return {
        "name": _CARRIER_NAME,
        "description": _CARRIER_DESCRIPTION,
        "system_prompt": _CARRIER_PROMPT,
        "slug": CARRIER_SLUG,
        "project": carrier.project,
        "llm_model_type": carrier.model,
        "shared": True,
        "toolkits": [],
        "context": [],
    }


def write_repair(assistant: Assistant, *, model: str) -> dict[str, Any]:
    """Write the whole body of an update that takes away what a carrier must not have, and keeps the rest."""
    body = {name: assistant.record[name] for name in _BODY if name in assistant.record}
    bare: dict[str, list[Any]] = {name: [] for name in _EXTRAS if body.get(name)}
    return body | bare | {"shared": True, "llm_model_type": model}


def _list_extras(record: Mapping[str, Any]) -> Iterator[str]:
    yield from (words for name, words in _EXTRAS.items() if record.get(name))
    if str(record.get("type") or _PLAIN).lower() != _PLAIN:
        yield "an engine of another kind"


def _read(body: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _foreign(body) from error


def _read_object(body: bytes) -> Mapping[str, Any]:
    read = _read(body)
    if not isinstance(read, dict):
        raise _foreign(body)
    return read


def _foreign(body: bytes) -> CodemieBadGateway:
    return CodemieBadGateway(f"what answers is not CodeMie: {len(body)} bytes", status=200, reason="foreign")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""
