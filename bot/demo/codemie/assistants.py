"""What the built-in CodeMie has stored: its assistants, whose they are, its models, and who is in which project.

With the traps of the real server: a slug is taken once in a project, an update without a slug loses it, every update
adds a version, and a missing description breaks it.
https://github.com/codemie-ai/codemie/blob/main/src/codemie/rest_api/routers/assistant.py
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from bot.demo.codemie import bodies
from bot.demo.codemie.accounts import Accounts, Refused, answer_json, read_body
from bot.demo.codemie.bodies import Json

_PROJECT: Final = "demo"
_TRACE: Final = "Internal Server Error. <br> Stacktrace: demo"
_REQUIRED: Final = {
    "name": "Field required",
    "system_prompt": "Value error, system_prompt is required when type is Codemie",
    "llm_model_type": "Value error, llm_model_type is required when type is Codemie",
}
# What an update sets to these where its body leaves it out, and what it leaves as it was.
_DEFAULTS: Final[Json] = {
    "slug": None,
    "description": None,
    "temperature": None,
    "toolkits": [],
    "context": [],
    "mcp_servers": [],
    "assistant_ids": [],
    "skill_ids": [],
}
_KEPT: Final = ("shared", "conversation_starters")


def make_model(name: str, *, is_default: bool = False, is_enabled: bool = True, is_hidden: bool = False) -> Json:
    """Make an entry of the list of models."""
    return {
        "base_name": name,
        "deployment_name": f"codemie-{name}",
        "label": name,
        "multimodal": True,
        "enabled": is_enabled,
        "default": is_default,
        "default_for_categories": ["global"] if is_default else [],
        "features": {"streaming": True, "temperature": True},
        "forbidden_for_web": is_hidden,
    }


class Assistants:
    """The stored assistants by id; ids in ``known`` have a plain record though none was made, all if it is None.

    ``projects`` are those of every account. ``writes`` counts what was asked to be made or changed;
    ``lacks_integrations`` lets a new assistant be refused with status 200.
    """

    def __init__(self, *, accounts: Accounts, known: Collection[str] | None) -> None:
        self.records: dict[str, Json] = {}
        self.models: list[Json] = [make_model("gpt-4.1", is_default=True), make_model("claude-4-sonnet")]
        self.projects: Sequence[str] = (_PROJECT,)
        self.writes = 0
        self.lacks_integrations = False
        self._accounts = accounts
        self._known = known

    def add(self, assistant_id: str, *, owner: str = "somebody", **values: object) -> Json:
        """Store an assistant of somebody's; ``values`` overrule what a plain one has."""
        record = _make_record(assistant_id, owner=owner) | values
        self.records[assistant_id] = record
        return record

    def check(self, assistant_id: str, user: str) -> None:
        """Refuse an assistant that is not there, or not for this account."""
        self._find(assistant_id, user)

    def add_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        """Add the paths."""
        router.add_get(f"{prefix}/v1/assistants/id/{{id}}", self.handle_get)
        router.add_get(f"{prefix}/v1/assistants/slug/{{slug}}", self.handle_find)
        router.add_post(f"{prefix}/v1/assistants", self.handle_make)
        router.add_put(f"{prefix}/v1/assistants/{{id}}", self.handle_update)
        router.add_get(f"{prefix}/v1/llm_models", self.handle_models)
        router.add_get(f"{prefix}/v1/user", self.handle_user)

    async def handle_user(self, request: web.Request) -> web.Response:
        """Tell who the account is."""
        user = self._accounts.authenticate(request)
        projects = list(self.projects)
        return answer_json(
            {
                "user_id": user,
                "username": user,
                "name": user,
                "applications": projects,
                "applications_admin": [],
                "is_admin": False,
            }
        )

    async def handle_models(self, request: web.Request) -> web.Response:
        """List the models, without those that are kept from the web."""
        self._accounts.authenticate(request)
        return answer_json([model for model in self.models if not model["forbidden_for_web"]])

    async def handle_get(self, request: web.Request) -> web.Response:
        """Show an assistant by its id."""
        user = self._accounts.authenticate(request)
        return answer_json(self._show(self._find(request.match_info["id"], user), user))

    async def handle_find(self, request: web.Request) -> web.Response:
        """Show an assistant by its slug; the first of any project, where none is named."""
        user = self._accounts.authenticate(request)
        project, slug = request.query.get("project"), request.match_info["slug"]
        for record in self.records.values():
            if record["slug"] == slug and project in {None, record["project"]}:
                return answer_json(self._show(self._find(record["id"], user), user))
        raise Refused(404, bodies.make_error("Assistant not found"))

    async def handle_make(self, request: web.Request) -> web.Response:
        """Make an assistant; 200, not 201, and without an id where integrations are missing."""
        user = self._accounts.authenticate(request)
        self.writes += 1
        body = await read_body(request)
        self._check_body(body)
        if "description" not in body:
            raise Refused(500, bodies.make_error(_TRACE))
        answer: Json = {"message": "Specified assistant saved", "assistantId": None, "validation": None}
        if self.lacks_integrations:
            missing = {"has_missing_integrations": True, "missing_by_credential_type": []}
            return answer_json(answer | {"message": "Missing integrations", "validation": missing})
        assistant_id = str(uuid.uuid4())
        slug = body.get("slug") or f"assistant_{assistant_id[:4]}"
        self._refuse_taken(str(slug), str(body["project"]), but="")
        self.add(assistant_id, owner=user, **(_choose(body) | {"slug": slug}))
        return answer_json(answer | {"assistantId": assistant_id})

    async def handle_update(self, request: web.Request) -> web.Response:
        """Replace an assistant, for its owner alone."""
        user = self._accounts.authenticate(request)
        self.writes += 1
        body = await read_body(request)
        record = self._find(request.match_info["id"], user)
        self._check_body(body)
        if record["created_by"]["id"] != user:
            raise Refused(401, bodies.make_denial())
        if body.get("description") is None:
            raise Refused(400, bodies.make_error("Failed to update assistant", details="null value in column (demo)"))
        if slug := body.get("slug"):
            self._refuse_taken(str(slug), str(body["project"]), but=record["id"])
        kept = {name: record[name] for name in _KEPT if name in record}
        version = {"version_count": record["version_count"] + 1}
        self.records[record["id"]] = record | _DEFAULTS | kept | _choose(body) | version
        return answer_json({"message": "Specified assistant updated", "validation": None})

    def _find(self, assistant_id: str, user: str) -> Json:
        record = self.records.get(assistant_id)
        if record is None:
            if self._known is not None and assistant_id not in self._known:
                raise Refused(404, bodies.make_error("Assistant not found"))
            return _make_record(assistant_id, owner=user)
        is_seen = record["shared"] and record["project"] in self.projects
        if not is_seen and record["created_by"]["id"] != user:
            raise Refused(401, bodies.make_denial())
        return record

    def _show(self, record: Json, user: str) -> Json:
        abilities = ["read", "write", "delete"] if record["created_by"]["id"] == user else ["read"]
        return record | {"user_abilities": abilities}

    def _check_body(self, body: Mapping[str, Any]) -> None:
        for name, problem in _REQUIRED.items():
            if body.get(name) is None:
                raise Refused(422, bodies.make_validation_error(name, problem))
        project = body.get("project", _PROJECT)
        if project not in self.projects:
            details = f"You do not have permission to access the project '{project}'."
            raise Refused(403, bodies.make_error("Access denied", details=details))

    def _refuse_taken(self, slug: str, project: str, *, but: str) -> None:
        others = (record for record in self.records.values() if record["id"] != but)
        if any(record["slug"] == slug and record["project"] == project for record in others):
            details = f"Slug '{slug}' is already used by another assistant in this project (demo)"
            raise Refused(400, bodies.make_error("Failed to save assistant", details=details))


def _choose(body: Mapping[str, Any]) -> Json:
    """Choose what of a body the server stores."""
    known = _make_record("", owner="")
    return {name: value for name, value in body.items() if name in known and name not in {"id", "created_by"}}


def _make_record(assistant_id: str, *, owner: str) -> Json:
    return {
        "id": assistant_id,
        "slug": assistant_id,
        "project": _PROJECT,
        "name": assistant_id,
        "description": "Demo engine: rules, no language model.",
        "system_prompt": "You are a helpful assistant.",
        "llm_model_type": "gpt-4.1",
        "temperature": None,
        "shared": True,
        "type": "codemie",
        "created_by": {"id": owner, "username": owner, "name": owner},
        "toolkits": [],
        "context": [],
        "mcp_servers": [],
        "assistant_ids": [],
        "skill_ids": [],
        "conversation_starters": [],
        "user_abilities": ["read"],
        "version_count": 1,
    }
