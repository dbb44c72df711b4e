"""The OpenAPI 3.1 document, made of the models that the handlers use.

https://spec.openapis.org/oas/v3.1.1.html
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from bot.api.examples import FAILURES, GENERATE_REQUEST, PROCESSING_RESPONSE, READY_RESPONSE, STATUS_RESPONSE
from bot.api.failures import ErrorResponse
from bot.api.preferences import LONGEST_WAIT_S
from bot.api.prompt_schema import describe_prompt
from bot.core.models import GenerateRequest, GenerateResponse, StatusResponse

Json = dict[str, Any]
_MODELS: Final[Sequence[tuple[type[BaseModel], JsonSchemaMode]]] = (
    (GenerateRequest, "validation"),
    (GenerateResponse, "serialization"),
    (StatusResponse, "serialization"),
    (ErrorResponse, "serialization"),
)
_WORDS: Final = {
    "GenerateRequest": "What to make.",
    "GenerateResponse": "How a generation stands, and what it came to.",
    "StatusResponse": "Whether CodeMie answers, and lets the bot use its assistants.",
    "ErrorResponse": "Why a request was not answered as asked for.",
    "Flow": "What a person goes through, screen by screen.",
    "Step": "One screen of a flow; the type is form, confirmation, info or another word of the model's.",
    "Field": "One input of a form.",
    "GenerateStatus": "ready: flow and ui are there. processing: ask again later. error: there is no result.",
    "Kind": "Whom an error is for: the client's code, its user, or the operator.",
}
_FIELD_WORDS: Final = {
    "GenerateRequest": {"model": "CodeMie's name of a model; CodeMie chooses where there is none, or one it lacks."},
    "GenerateResponse": {
        "id": "By which the generation can be asked for again.",
        "flow": "There once the generation is ready.",
        "ui": "One HTML page with its styles, without scripts; there once the generation is ready.",
        "prompt": "The prompt as it was used, cleaned.",
        "error": "What went wrong, in the language of the prompt, fit to be shown.",
    },
    "StatusResponse": {"error": "What is wrong with CodeMie, fit to be shown."},
    "ErrorResponse": {"detail": "Fit to be shown.", "path": "The address that was asked for."},
}
_UUID: Final = {"type": "string", "format": "uuid"}
_INTRODUCTION: Final = (
    "Makes a user flow and a UI prototype of a sentence, as the bot does in Slack: same pipeline, limits and models. "
    "Nothing of it appears in Slack. All but this document and its page takes the bearer token of `API_TOKEN`."
)


def make_document(*, min_chars: int, max_chars: int, version: str, server_url: str) -> Json:
    """Make the document; the bounds are those of prompts, in characters."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "codemie-slack-bot", "version": version, "description": _INTRODUCTION},
        "servers": [{"url": server_url}],
        "security": [{"token": []}],
        "tags": [{"name": "generations"}, {"name": "operation"}],
        "paths": {
            "/api/generate": {"post": _describe_generate()},
            "/api/generate/{id}": {"get": _describe_show()},
            "/api/status": {"get": _describe_status()},
        },
        "components": {
            "schemas": _describe_models(min_chars=min_chars, max_chars=max_chars),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "What API_TOKEN is."}},
        },
    }


def _describe_models(*, min_chars: int, max_chars: int) -> Json:
    """Describe the models; of prompts the settings know the bounds, which the model does not."""
    _, made = models_json_schema(_MODELS, ref_template="#/components/schemas/{model}")
    schemas: Json = made["$defs"]
    for name, schema in schemas.items():
        schema["description"] = _WORDS[name]
        for field, words in _FIELD_WORDS.get(name, {}).items():
            schema["properties"][field]["description"] = words
    schemas["GenerateRequest"]["properties"]["prompt"] = describe_prompt(min_chars=min_chars, max_chars=max_chars)
    return schemas


def _describe_generate() -> Json:
    return {
        "operationId": "generate",
        "tags": ["generations"],
        "summary": "Make a user flow and a UI prototype",
        "description": (
            "Waits for the result, for up to ten minutes, unless `Prefer` says otherwise.\n\n"
            "With a header `Idempotency-Key`, which is a new UUID for each new request, the same request finds the "
            "same generation, whether it still runs, is ready or has failed; another request with that key is refused "
            "with 422.\n\n"
            "Who leaves while waiting has the generation cancelled, but for one with an `Idempotency-Key`."
        ),
        "parameters": [_describe_prefer()],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _refer_to("GenerateRequest"),
                    "examples": {"parking": {"value": GENERATE_REQUEST}},
                }
            },
        },
        "responses": {
            "200": _describe_answer(
                "The result.",
                "GenerateResponse",
                {"ready": READY_RESPONSE},
                headers={"Location": _LOCATION},
                links=_LINKS,
            ),
            "202": _describe_answer(
                "It is being made; ask for it at `Location`.",
                "GenerateResponse",
                {"processing": PROCESSING_RESPONSE},
                headers={"Location": _LOCATION, "Preference-Applied": _APPLIED, "Retry-After": _RETRY_AFTER},
                links=_LINKS,
            ),
            **_describe_failures(
                "400", "401", "403", "408", "409", "413", "415", "417", "422", "429", "500", "502", "503", "504"
            ),
        },
    }


def _describe_prefer() -> Json:
    return {
        "name": "Prefer",
        "in": "header",
        "required": False,
        "description": (
            "`respond-async` is answered at once with 202; `wait=30` after that many seconds at the latest, "
            f"and {LONGEST_WAIT_S} at most. Anything else is not heard (RFC 7240)."
        ),
        "schema": {"type": "string"},
        "examples": {"respond-async": {"value": "respond-async"}, "wait": {"value": "wait=30"}},
    }


def _describe_show() -> Json:
    return {
        "operationId": "getGeneration",
        "tags": ["generations"],
        "summary": "Ask how a generation stands",
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": _UUID}],
        "responses": {
            "200": _describe_answer(
                "How it stands; `Retry-After` while it is being made.",
                "GenerateResponse",
                {"ready": READY_RESPONSE, "processing": PROCESSING_RESPONSE},
                headers={"Retry-After": _RETRY_AFTER},
            ),
            **_describe_failures("400", "401", "404", "417", "500", "503"),
        },
    }


def _describe_status() -> Json:
    return {
        "operationId": "getStatus",
        "tags": ["operation"],
        "summary": "Ask whether CodeMie serves",
        "description": "By a probe of its health and of the assistants, at most one every five seconds.",
        "responses": {
            "200": _describe_answer("How CodeMie is.", "StatusResponse", {"available": STATUS_RESPONSE}),
            **_describe_failures("400", "401", "417", "500"),
        },
    }


_LOCATION: Final = {
    "required": True,
    "description": "Where the generation is asked for.",
    "schema": {"type": "string", "format": "uri-reference"},
}
_RETRY_AFTER: Final = {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}
_APPLIED: Final = {"description": "The preference that was heard.", "schema": {"type": "string"}}
_LINKS: Final = {"generation": {"operationId": "getGeneration", "parameters": {"id": "$response.body#/id"}}}
_FAILURE_HEADERS: Final = {
    "401": {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}},
    "429": {"Retry-After": {**_RETRY_AFTER, "required": True}},
    "503": {"Retry-After": {**_RETRY_AFTER, "required": True}},
}
_FAILURE_WORDS: Final = {
    "400": "The request is not HTTP, or its body broke off.",
    "401": "The bearer token is missing or wrong.",
    "403": "The prompt looks like an SQL or script injection.",
    "404": "There is no such generation, or it was erased.",
    "408": "The body took too long to arrive.",
    "409": "The generation was cancelled or erased meanwhile, or given up after a long stop of the bot.",
    "413": "The body is more than 64 KiB.",
    "415": "The body is not `application/json` in UTF-8.",
    "417": "`Expect` asks for something other than `100-continue`.",
    "422": "The body does not have this form, the prompt is too short or too long, or the key was used before.",
    "429": "Too many requests of this client, or the day's budget of CodeMie calls is used up.",
    "500": "Something broke; the detail has a reference that is in the log.",
    "502": "CodeMie refused, or its answer could not be used.",
    "503": "CodeMie can't be reached, or no requests are taken right now.",
    "504": "CodeMie took too long.",
}


def _describe_failures(*statuses: str) -> Json:
    return {
        status: _describe_answer(
            _FAILURE_WORDS[status], "ErrorResponse", FAILURES[status], headers=_FAILURE_HEADERS.get(status, {})
        )
        for status in statuses
    }


def _describe_answer(
    words: str,
    model: str,
    examples: Mapping[str, Json],
    *,
    headers: Mapping[str, Json] | None = None,
    links: Mapping[str, Json] | None = None,
) -> Json:
    answer: Json = {
        "description": words,
        "content": {
            "application/json": {
                "schema": _refer_to(model),
                "examples": {name: {"value": value} for name, value in examples.items()},
            }
        },
    }
    return answer | ({"headers": dict(headers)} if headers else {}) | ({"links": dict(links)} if links else {})


def _refer_to(model: str) -> Json:
    return {"$ref": f"#/components/schemas/{model}"}
