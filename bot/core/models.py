"""The one definition of every model, used by the Slack handlers, the jobs and the HTTP API alike."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as Constraint

from bot.core.ids import Role, make_thread_key
from bot.core.texts import Language

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
ModelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$")]


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
    """What is asked for; the prompt has passed :func:`bot.core.prompt.check_prompt`.

    ``model`` is one of CodeMie's names of models; without it, or with one it does not know, CodeMie chooses.
    """

    prompt: str
    model: ModelName | None = None


class GenerateStatus(StrEnum):
    """Where a generation stands."""

    READY = "ready"
    PROCESSING = "processing"
    ERROR = "error"


class GenerateResponse(_Model):
    """What a generation came to; ``error`` is a text that is safe to show, ``id`` is what it is asked for by."""

    id: str | None = None
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
    """Where a request was made: in Slack, but for the HTTP API."""

    COMMAND = "command"
    MENTION = "mention"
    DIRECT = "direct"
    MODAL = "modal"
    SHORTCUT = "shortcut"
    BUTTON = "button"
    API = "api"


class Delivery(StrEnum):
    """How a request came, which decides whether it comes again under the same key.

    Slack redelivers an event that was not acknowledged, but no command; a person may click a button again. A call of
    the HTTP API has a key of its own each time.
    """

    EVENT = "event"
    COMMAND = "command"
    CLICK = "click"
    CALL = "call"


class ReplyAddress(_Model):
    """Where the answer goes; ``thread_ts`` is ``None`` where an anchor is yet to be posted, as for a slash command.

    ``ts`` is the message that asked, if there is one. ``response_url_expires_at`` is aware.
    """

    team: str
    channel: str
    user: str
    user_name: str
    surface: Surface
    thread_ts: str | None = None
    ts: str | None = None
    response_url: str | None = None
    response_url_expires_at: datetime | None = None

    @property
    def thread_key(self) -> str | None:
        """The name of the thread, if there is one."""
        if self.thread_ts is None:
            return None
        return make_thread_key(team=self.team, channel=self.channel, thread_ts=self.thread_ts)


class Thread(_Model):
    """Where a job talks: the text of the message ``status_ts`` shows how far it is."""

    channel: str
    thread_ts: str
    status_ts: str


class Task(StrEnum):
    """What a job does: something new, a change of a result, or the same once more in another way."""

    CREATE = "create"
    REFINE = "refine"
    REGENERATE = "regenerate"


class Exchange(_Model):
    """Where an answer stands at CodeMie: its conversation, and the how-manieth answer there it is, from 0."""

    conversation_id: UUID
    number: int = 0


class Discussion(_Model):
    """What people said in a thread: ``count`` messages, ``None`` where the bot may not read them."""

    text: str
    count: int | None


class Base(_Model):
    """The result that a job builds on; the page itself is looked up when it is needed."""

    job_id: str
    version: int
    flow: Flow
    exchanges: dict[Role, Exchange] = {}


class Progress(_Model):
    """What a job has made so far; *Try again* starts from here.

    ``version`` counts the results of a thread from 1; ``flow_ts`` is the message that holds the flow and the controls.
    ``late_timing`` is what a result says of its time whose picture is yet to come.
    ``whispers`` counts the uses of the response_url; ``is_whispered`` says that the result goes through it,
    since the job may post nowhere.
    """

    thread: Thread | None = None
    base: Base | None = None
    discussion: Discussion | None = None
    flow: Flow | None = None
    flow_s: float = 0
    flow_exchange: Exchange | None = None
    flow_ts: str | None = None
    version: int = 1
    has_posted_flow: bool = False
    failure_ts: str | None = None
    whispers: int = 0
    is_whispered: bool = False
    late_timing: str | None = None


class Job(_Model):
    """What a job is started with; ``earlier`` is what the attempt before had made.

    ``base`` is the id of the job whose result is changed or made anew; without it the thread's last one is meant.
    One that ``starts_anew`` leaves the base's conversations alone. ``reads_thread`` says that what people said in the
    thread goes along. ``after`` is the id of a job of another version that it begins anew. ``trace`` joins it to the
    request that asked for it, where traces are made.
    """

    request: GenerateRequest
    address: ReplyAddress
    language: Language
    task: Task = Task.CREATE
    base: str | None = None
    starts_anew: bool = False
    reads_thread: bool = False
    unused_files: tuple[str, ...] = ()
    earlier: Progress = Progress()
    after: str | None = None
    trace: str | None = None


class Outcome(_Model):
    """What a job came to; ``error`` is the code of the error that ended it, ``limit`` and ``wait_s`` are its facts."""

    error: str | None = None
    limit: int | None = None
    wait_s: float = 0
    progress: Progress = Progress()


class Asking(_Model):
    """A job by the id that it goes under now, and what it came to, if it has ended."""

    job_id: str
    job: Job
    outcome: Outcome | None


class State(StrEnum):
    """How a request stands, as its requester sees it."""

    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ThreadState(StrEnum):
    """What is known of a thread: nothing, a request without a result, or something that can be built on."""

    UNKNOWN = "unknown"
    ASKED = "asked"
    HAS_RESULT = "has_result"


class Glance(_Model):
    """One request in a list of somebody's; ``asked_at`` is aware, ``name`` is the flow's, once there is one.

    ``thread_ts`` is ``None`` where the request has no thread, or none yet.
    """

    job_id: str
    state: State
    prompt: str
    name: str | None
    channel: str
    thread_ts: str | None
    asked_at: datetime


class TeamGlance(_Model):
    """One request in a list of everybody's: whose it is and how it went, never what it was about.

    ``asked_at`` is aware; ``seconds`` is how long it took, ``None`` for one that runs. ``error`` is a code of the tree.
    """

    reference: str
    user: str
    channel: str
    state: State
    error: str | None = None
    asked_at: datetime
    seconds: float | None = None


class Verdict(_Model):
    """What somebody thinks of a result; ``comment`` is there where they said why."""

    job_id: str
    user: str
    is_good: bool
    comment: str = ""


class TakenOpinion(_Model):
    """What CodeMie has of an opinion, and is to be told to take it back: its id, and whose answer it is of."""

    feedback_id: str
    assistant_id: str
    exchange: Exchange


class Posted(_Model):
    """What Slack has of a result: messages of the bot by their ts, files by their ids."""

    channel: str | None = None
    messages: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


class Result(_Model):
    """A flow and its page as they were delivered; ``version`` counts those of a thread from 1.

    ``scripted_html`` is the page with the scripts that delivery took out, where previews run them.
    """

    job_id: str
    team: str
    user: str
    thread: str | None
    version: int = 1
    language: Language
    flow: Flow
    html: str
    scripted_html: str | None = None
    exchanges: dict[Role, Exchange] = {}
    posted: Posted = Posted()
