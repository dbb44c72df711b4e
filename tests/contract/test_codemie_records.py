"""CodeMie's records of assistants, with the traps of its set-up, as the built-in CodeMie has them too."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import pytest

from bot.codemie.directory import read_account, read_assistant, read_made, read_models
from bot.demo.codemie import BuiltInCodemie
from bot.demo.codemie.assistants import make_model
from bot.errors import CodemieBadGateway

Json = dict[str, Any]
_BODY: Final = {
    "name": "Slack bot",
    "description": "",
    "system_prompt": "You are a helpful assistant.",
    "project": "demo",
    "llm_model_type": "gpt-4.1",
    "slug": "slack-bot",
    "shared": True,
}


class Caller:
    """Calls the built-in CodeMie as the development user ``bot``."""

    def __init__(self, codemie: BuiltInCodemie, http: httpx.AsyncClient) -> None:
        self.codemie = codemie
        self._http = http

    async def call(self, method: str, path: str, body: Json | None = None, *, user: str = "bot") -> httpx.Response:
        """Make a call."""
        url = f"{self.codemie.api_url}{path}"
        return await self._http.request(method, url, json=body, headers={"user-id": user})

    async def make(self, **changed: object) -> httpx.Response:
        """Make an assistant; None leaves a field out."""
        body = {name: value for name, value in {**_BODY, **changed}.items() if value is not None}
        return await self.call("POST", "/v1/assistants", body)


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    """Open a CodeMie without any assistant."""
    async with BuiltInCodemie(answer=lambda _: "", assistants=()) as codemie, httpx.AsyncClient() as http:
        yield Caller(codemie, http)


@pytest.mark.parametrize(
    ("changed", "status", "message"),
    [
        ({"name": None}, 422, "name: Field required"),
        ({"system_prompt": None}, 422, "system_prompt: Value error, system_prompt is required when type is Codemie"),
        ({"llm_model_type": None}, 422, "llm_model_type: Value error, llm_model_type is required when type is Codemie"),
        ({"description": None}, 500, "Internal Server Error. <br> Stacktrace: demo"),
        ({"project": "foreign"}, 403, "Access denied"),
    ],
)
async def test_a_body_that_lacks_something_is_refused(caller: Caller, changed: Json, status: int, message: str) -> None:
    """In the server's words, and with a trace where it breaks."""
    answer = await caller.make(**changed)

    assert answer.status_code == status
    assert answer.json()["error"]["message"] == message
    assert caller.codemie.assistants.records == {}


async def test_of_four_at_once_one_gets_the_slug(caller: Caller) -> None:
    """The others are told 400; another project or another slug is free, names need not differ."""
    caller.codemie.assistants.projects = ("demo", "other")

    answers = await asyncio.gather(*(caller.make() for _ in range(4)))
    elsewhere = await caller.make(project="other")
    unnamed = [await caller.make(slug=None) for _ in range(2)]

    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    assert {answer.json().get("error", {}).get("message") for answer in answers} == {None, "Failed to save assistant"}
    assert elsewhere.status_code == 200
    assert len({read_made(answer.content) for answer in unnamed}) == 2


async def test_a_new_assistant_is_found_by_its_slug_and_its_id(caller: Caller) -> None:
    """As the same whole record, with what this account may do; an unknown model is taken as it is."""
    made = read_made((await caller.make(llm_model_type="no-such-model")).content)
    by_slug = await caller.call("GET", "/v1/assistants/slug/slack-bot?project=demo")
    by_id = await caller.call("GET", f"/v1/assistants/id/{made}")
    elsewhere = await caller.call("GET", "/v1/assistants/slug/slack-bot?project=other")
    other_case = await caller.call("GET", "/v1/assistants/slug/Slack-Bot?project=demo")

    assert by_slug.json() == by_id.json()
    found = read_assistant(by_slug.content)
    assert (found.id, found.model, found.extras, found.is_writable) == (made, "no-such-model", (), True)
    assert [answer.status_code for answer in (elsewhere, other_case)] == [404, 404]


async def test_missing_integrations_answer_200_without_an_id(caller: Caller) -> None:
    """So that the status says nothing."""
    caller.codemie.assistants.lacks_integrations = True
    answer = await caller.make()

    assert answer.status_code == 200
    assert read_made(answer.content) is None
    assert answer.json()["validation"] is not None


async def test_an_update_loses_what_it_leaves_out_and_counts_itself(caller: Caller) -> None:
    """The slug becomes null, an identical body makes another version, a missing description breaks it."""
    made = read_made((await caller.make(conversation_starters=["Hello"], shared=False)).content)
    path = f"/v1/assistants/{made}"
    bare = {name: value for name, value in _BODY.items() if name not in {"slug", "shared"}}

    same = [await caller.call("PUT", path, _BODY | {"shared": False}) for _ in range(2)]
    versions = caller.codemie.assistants.records[str(made)]["version_count"]
    without = await caller.call("PUT", path, bare)
    broken = await caller.call("PUT", path, {name: value for name, value in bare.items() if name != "description"})
    record = caller.codemie.assistants.records[str(made)]

    assert [answer.status_code for answer in (*same, without, broken)] == [200, 200, 200, 400]
    assert versions == 3
    assert record["slug"] is None
    assert (record["shared"], record["conversation_starters"]) == (False, ["Hello"])


async def test_an_account_sees_what_is_shared_in_its_projects(caller: Caller) -> None:
    """A colleague's assistant may be used but not changed; one that is not shared is denied with 401, as is a chat."""
    store = caller.codemie.assistants
    store.add("shared", owner="colleague")
    store.add("private", owner="colleague", shared=False)
    store.add("foreign", owner="stranger", project="foreign")
    names = ("shared", "private", "foreign", "unknown")

    shown = [await caller.call("GET", f"/v1/assistants/id/{name}") for name in names]
    asked = [await caller.call("POST", f"/v1/assistants/{name}/model", {"text": "hi"}) for name in names]
    changed = await caller.call("PUT", "/v1/assistants/shared", _BODY)

    assert [answer.status_code for answer in shown] == [200, 401, 401, 404]
    assert [answer.status_code for answer in asked] == [200, 401, 401, 404]
    assert read_assistant(shown[0].content).is_writable is False
    assert (changed.status_code, changed.json()["error"]["message"]) == (401, "Access denied")


async def test_models_are_listed_without_those_that_are_hidden(caller: Caller) -> None:
    """By their base names, with the default and what is switched off."""
    caller.codemie.assistants.models += [make_model("off", is_enabled=False), make_model("hidden", is_hidden=True)]
    models = read_models((await caller.call("GET", "/v1/llm_models")).content)

    assert [model.name for model in models] == ["gpt-4.1", "claude-4-sonnet", "off"]
    assert [model.is_default for model in models] == [True, False, False]
    assert [model.is_usable for model in models] == [True, True, False]


async def test_an_account_is_told_its_projects(caller: Caller) -> None:
    """From either list that servers have."""
    caller.codemie.assistants.projects = ("demo", "other")
    account = read_account((await caller.call("GET", "/v1/user")).content)
    newer = read_account(b'{"user_id": "u", "projects": [{"name": "demo"}, {"name": null}], "is_admin": true}')

    assert (account.name, account.projects, account.has("third")) == ("bot", ("demo", "other"), False)
    assert (newer.name, newer.projects, newer.has("third")) == ("u", ("demo",), True)


@pytest.mark.parametrize("read", [read_account, read_assistant, read_models])
@pytest.mark.parametrize("body", [b"<html>", b"", b"null", b"[1]", b"{}", b'{"id": 1}', b"[" * 100_000])
def test_what_is_not_codemie_is_told_from_it(read: Any, body: bytes) -> None:  # noqa: ANN401 - any of three readers
    """No body raises anything but a typed error; a list of nothing that is known is a list of no models."""
    if read is read_models and body == b"[1]":
        assert read(body) == ()
        return
    with pytest.raises(CodemieBadGateway):
        read(body)
