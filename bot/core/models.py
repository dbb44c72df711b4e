"""The one definition of every model, used by the Slack handlers, the jobs and the HTTP API alike."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint

from bot.core.texts import Language

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Model(BaseModel):
    """Strict about what we send: no unknown keys; a value does not change after it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Field(_Model):
    """One input of a form step."""

    name: Text
    type: Text
    label: Text
    required: bool = True
    placeholder: str | None = None
    metadata: dict[str, Any] | None = None


class Step(_Model):
    """One screen of a flow; ``type`` is form, confirmation, info or any other kind the model named."""

    id: Text
    type: Text
    title: Text
    message: str | None = None
    fields: tuple[Field, ...] | None = None
    metadata: dict[str, Any] | None = None


class Flow(_Model):
    """A user flow: what a person goes through, screen by screen."""

    id: Text
    name: Text
    description: str | None = None
    steps: tuple[Step, ...] = Constraint(min_length=1)
    metadata: dict[str, Any] | None = None


class GenerateRequest(_Model):
    """What is asked for; the prompt has passed :func:`bot.core.prompt.check_prompt`."""

    prompt: str
    model: str | None = None


class GenerateStatus(StrEnum):
    """Where a generation stands."""

    READY = "ready"
    PROCESSING = "processing"
    ERROR = "error"


class GenerateResponse(_Model):
    """What a generation came to; ``error`` is a text that is safe to show."""

    flow: Flow | None = None
    ui: str | None = None
    status: GenerateStatus
    prompt: str
    error: str | None = None


class StatusResponse(_Model):
    """Whether CodeMie can be reached, and with which assistants."""

    codemie_available: bool
    agent_flow_id: str
    agent_ui_id: str
    api_url: str
    error: str | None = None


class Surface(StrEnum):
    """Where in Slack a request was made."""

    COMMAND = "command"
    MENTION = "mention"
    DIRECT = "direct"


class Delivery(StrEnum):
    """How a request came, which decides whether it comes again under the same key.

    Slack redelivers an event that was not acknowledged, but no command; a person may click a button again.
    """

    EVENT = "event"
    COMMAND = "command"
    CLICK = "click"


class ReplyAddress(_Model):
    """Where the answer goes; ``thread_ts`` is ``None`` for a slash command, whose anchor is yet to be posted.

    ``response_url_expires_at`` is aware.
    """

    team: str
    channel: str
    user: str
    user_name: str
    surface: Surface
    thread_ts: str | None = None
    response_url: str | None = None
    response_url_expires_at: datetime | None = None


class Thread(_Model):
    """Where a job talks: the text of the message ``status_ts`` shows how far it is."""

    channel: str
    thread_ts: str
    status_ts: str


class Progress(_Model):
    """What a job has made so far; *Try again* starts from here.

    ``whispers`` counts the uses of the response_url; ``is_whispered`` says that the result goes through it,
    since the job may post nowhere.
    """

    thread: Thread | None = None
    flow: Flow | None = None
    flow_s: float = 0
    has_posted_flow: bool = False
    failure_ts: str | None = None
    whispers: int = 0
    is_whispered: bool = False


class Job(_Model):
    """What a job is started with; ``earlier`` is what the attempt before had made."""

    request: GenerateRequest
    address: ReplyAddress
    language: Language
    unused_files: tuple[str, ...] = ()
    earlier: Progress = Progress()


class Outcome(_Model):
    """What a job came to; ``error`` is the code of the error that ended it."""

    error: str | None = None
    progress: Progress = Progress()
