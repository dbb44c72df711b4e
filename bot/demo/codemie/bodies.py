"""The bodies that CodeMie 0.16.0 sends: chunks of a stream, whole answers, errors. Pure.

https://github.com/codemie-ai/codemie/blob/main/src/codemie/chains/base.py
"""

import json
from collections.abc import Iterator
from typing import Any, Final

Json = dict[str, Any]

MODEL_AUTHOR: Final = "Codemie Thoughts"
DENIED_DETAILS: Final = "You do not have the necessary permissions to view this entity."
DENIED_HELP: Final = (
    "Please ensure you have the correct role or permissions assigned to your account. "
    "If you believe this is an error, contact your system administrator."
)


def write(body: object) -> bytes:
    """Write JSON as the server does: without blanks, in UTF-8."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def make_thought(*, thought_id: str, message: str, in_progress: bool, error: bool = False) -> Json:
    """Make what the model says."""
    return {
        "id": thought_id,
        "parent_id": None,
        "metadata": {},
        "in_progress": in_progress,
        "input_text": "",
        "message": message,
        "author_type": "Tool",
        "author_name": MODEL_AUTHOR,
        "output_format": "text",
        "error": error,
        "interrupted": False,
        "aborted": False,
        "children": [],
    }


def make_chunk(**values: object) -> Json:
    """Make one object of a stream, with all of its 15 keys."""
    chunk: Json = {
        "time_elapsed": None,
        "generated_chunk": None,
        "generated": None,
        "thought": None,
        "context": None,
        "last": False,
        "debug": None,
        "workflow_execution_id": None,
        "workflow_state": None,
        "execution_error": None,
        "success": None,
        "agent_error": None,
        "tool_errors": None,
        "error_details": None,
        "interactive_request": None,
    }
    return chunk | values


def make_delta(*, thought_id: str, text: str) -> Json:
    """Make a piece of live text; as the server does, it breaks up ``}{`` inside one piece."""
    message = text.replace("}{", "}_{")
    return make_chunk(thought=make_thought(thought_id=thought_id, message=message, in_progress=True))


def make_closing(*, thought_id: str) -> Json:
    """Make the object that says that the model has finished."""
    return make_chunk(thought=make_thought(thought_id=thought_id, message="", in_progress=False))


def make_stacktrace(*, thought_id: str) -> Json:
    """Make the object by which a chain without tools tells of its failure, before a last one that tells nothing."""
    thought = make_thought(thought_id=thought_id, message="Traceback (demo)", in_progress=False, error=True)
    return make_chunk(thought=thought, execution_error="stacktrace")


def make_last(*, text: str, elapsed_s: float, execution_error: str | None = None) -> Json:
    """Make the last object, which holds the whole answer."""
    return make_chunk(
        time_elapsed=elapsed_s,
        generated_chunk="",
        generated=text,
        last=True,
        debug={},
        execution_error=execution_error,
    )


def make_whole(
    *, text: str, elapsed_s: float, thought_id: str, in_progress: bool = False, success: bool = True
) -> Json:
    """Make an answer that is not streamed."""
    return {
        "generated": text,
        "timeElapsed": elapsed_s,
        "tokensUsed": None,
        "thoughts": [make_thought(thought_id=thought_id, message=text, in_progress=in_progress)],
        "taskId": None,
        "success": success,
        "agentError": None,
        "toolErrors": None,
    }


def make_background(*, task_id: str) -> Json:
    """Make the answer to a call that goes on in the background."""
    whole = make_whole(text="Task is running in the background", elapsed_s=0.0, thought_id="")
    return whole | {"thoughts": None, "taskId": task_id}


def make_error(message: str, *, details: object = None, help_text: str | None = None) -> Json:
    """Make the body of a handled error."""
    return {"error": {"message": message, "details": details, "help": help_text}}


def make_denial() -> Json:
    """Make the body for an account without rights to what it names; it comes with status 401 or 403."""
    return make_error("Access denied", details=DENIED_DETAILS, help_text=DENIED_HELP)


def make_validation_error(field: str, problem: str) -> Json:
    """Make the body of a request that does not validate, which has no ``help``."""
    details = [{"type": "value_error", "loc": ["body", field], "msg": problem, "input": None}]
    return {"error": {"message": f"{field}: {problem}", "details": details}}


def split_text(text: str, *, chars: int) -> Iterator[str]:
    """Cut an answer into the pieces that it is streamed in."""
    return (text[start : start + chars] for start in range(0, len(text), chars))
