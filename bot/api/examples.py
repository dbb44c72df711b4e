"""Examples of what is sent and answered, for the document; tests hold them to the models."""

from typing import Any, Final

_ID: Final = "0b7c6a54-6b0e-4f5b-9a35-3d0d6f1f4a11"
_PROMPT: Final = "Registration for a parking permit: name, car plate, e-mail"
_GENERATE: Final = "/api/generate"
_SHOW: Final = f"/api/generate/{_ID}"

GENERATE_REQUEST: Final[dict[str, Any]] = {"prompt": _PROMPT}
READY_RESPONSE: Final[dict[str, Any]] = {
    "id": _ID,
    "flow": {
        "id": "parking-permit",
        "name": "Parking permit",
        "description": "Registration of a car.",
        "steps": [
            {
                "id": "details",
                "type": "form",
                "title": "Your details",
                "message": None,
                "fields": [
                    {
                        "name": "car_plate",
                        "type": "text",
                        "label": "Car plate",
                        "required": True,
                        "placeholder": "AA 1234 BB",
                        "metadata": None,
                    }
                ],
                "metadata": None,
            }
        ],
        "metadata": None,
    },
    "ui": '<!doctype html><html lang="en">…</html>',
    "status": "ready",
    "prompt": _PROMPT,
    "error": None,
}
PROCESSING_RESPONSE: Final[dict[str, Any]] = {
    "id": _ID,
    "flow": None,
    "ui": None,
    "status": "processing",
    "prompt": _PROMPT,
    "error": None,
}
STATUS_RESPONSE: Final[dict[str, Any]] = {
    "codemie_available": True,
    "agent_flow_id": "3f2f0a5c-0000-4000-8000-000000000001",
    "agent_ui_id": "3f2f0a5c-0000-4000-8000-000000000001",
    "api_url": "https://codemie.example.org/code-assistant-api",
    "error": None,
}


def _show(kind: str, detail: str, path: str = _GENERATE) -> dict[str, Any]:
    return {"error": kind, "detail": detail, "path": path}


FAILURES: Final[dict[str, dict[str, dict[str, Any]]]] = {
    "400": {"http": _show("http_error", "The body could not be read.")},
    "401": {"http": _show("http_error", "This is not the API token.")},
    "403": {
        "prompt": _show(
            "prompt_error",
            "This looks like database or script code rather than a description. Please say in words what the app "
            "should do.",
        )
    },
    "404": {"http": _show("http_error", "There is no such generation, or it was erased.", _SHOW)},
    "408": {"http": _show("http_error", "The body took too long to arrive.")},
    "409": {"http": _show("http_error", "This request was cancelled.")},
    "413": {"http": _show("http_error", "The body is more than 64 KiB.")},
    "415": {"http": _show("http_error", "The body must be application/json, and say so in Content-Type.")},
    "417": {"http": _show("http_error", "Nothing but 100-continue can be expected.")},
    "422": {
        "validation": _show("validation_error", "prompt is missing."),
        "prompt": _show("prompt_error", "That is too short for me: please describe the app in at least 10 characters."),
        "http": _show("http_error", "This Idempotency-Key was used for another request."),
    },
    "429": {
        "http": _show(
            "http_error",
            "One moment: those are more requests at a time than you may make (limit: 10). Please try again in 37 s.",
        )
    },
    "500": {"unexpected": _show("unexpected_error", "Something broke on our side. It is in the log under 7F3K2Q.")},
    "502": {"codemie": _show("codemie_error", "CodeMie's answer was empty. Please try again.")},
    "503": {
        "codemie": _show("codemie_error", "CodeMie is busy right now. Please try again in a few minutes."),
        "http": _show("http_error", "I can't take requests right now. Please try again in a minute."),
    },
    "504": {"codemie": _show("codemie_error", "CodeMie took too long to answer.")},
}
