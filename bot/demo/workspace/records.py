"""What the workspace remembers, as values; a change makes a new value."""

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """How a message looked before an edit made at ``replaced_ts``."""

    text: str
    blocks: tuple[Json, ...]
    replaced_ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message; ``files`` are ids, ``edited`` the ts of the last edit, ``history`` its earlier forms."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: tuple[Json, ...] = ()
    thread_ts: str | None = None
    files: tuple[str, ...] = ()
    metadata: Json | None = None
    bot_id: str | None = None
    subtype: str | None = None
    client_msg_id: str | None = None
    edited: str | None = None
    history: tuple[Revision, ...] = ()

    @property
    def root_ts(self) -> str:
        """The thread this message is in, or would begin."""
        return self.thread_ts or self.ts

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread."""
        return self.thread_ts not in (None, self.ts)

    @property
    def is_in_channel(self) -> bool:
        """Whether it stands in the channel, if only as well."""
        return not self.is_reply or self.subtype == "thread_broadcast"


class EphemeralSource(StrEnum):
    """Which way an ephemeral message came."""

    API = "chat.postEphemeral"
    RESPONSE_URL = "response_url"
    ACK = "ack"
    SLACK = "slack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ephemeral:
    """What one person alone sees in a channel, until they reload."""

    channel: str
    user: str
    ts: str
    text: str
    source: EphemeralSource
    blocks: tuple[Json, ...] = ()
    thread_ts: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One message that shows a file."""

    channel: str
    ts: str
    thread_ts: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An upload; ``content`` is None until its bytes came, ``shares`` is empty until its message appears.

    From ``ready_at``, on the workspace's clock, it can be shown in a block.
    """

    id: str
    name: str
    length: int
    user: str
    title: str = ""
    alt_text: str | None = None
    snippet_type: str | None = None
    content: bytes | None = None
    is_complete: bool = False
    ready_at: float = 0.0
    channels: tuple[str, ...] = ()
    thread_ts: str | None = None
    shares: tuple[Share, ...] = ()

    @property
    def mimetype(self) -> str:
        """What it is, by its name."""
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    @property
    def is_image(self) -> bool:
        """Whether it is one of the kinds that an image block shows."""
        return self.mimetype in {"image/png", "image/jpeg", "image/gif"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """One emoji of one user on one message."""

    channel: str
    ts: str
    name: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a thread says the bot is doing, with the messages that take turns there; since when, in seconds."""

    text: str
    loading_messages: tuple[str, ...]
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A modal as a person sees it, or a Home tab; ``body`` is what the bot sent, with ids filled in.

    ``errors`` are what the bot said of the last submission, by block_id; ``channel`` is where a modal was opened.
    """

    id: str
    user: str
    body: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    channel: str | None = None
    is_open: bool = True
    errors: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One Web API call, its arguments without the token.

    ``answer`` is None if the work was not done; ``is_answered`` is False if the connection was cut.
    """

    method: str
    args: Mapping[str, Any]
    at: float
    answer: Json | None = None
    status: int = 200
    is_answered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseUrlPost:
    """One POST to a response_url, and what it was answered."""

    url: str
    body: Json
    at: float
    status: int


class DeliveryKind(StrEnum):
    """What is delivered to the bot; the values are Socket Mode's envelope types."""

    EVENT = "events_api"
    COMMAND = "slash_commands"
    INTERACTION = "interactive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request to the bot: ``status`` is 0 and ``reason`` says why if no answer came in time."""

    kind: DeliveryKind
    status: int
    body: str
    ack_s: float
    payload: Json = field(repr=False)
    reason: str | None = None
    retry_num: int = 0
    is_retry_refused: bool = False

    @property
    def is_acked(self) -> bool:
        """Whether Slack would take this for an acknowledgement."""
        return self.status == 200  # noqa: PLR2004 - OK, as Slack asks for


class ChangeKind(StrEnum):
    """What observers are told of."""

    POSTED = "posted"
    EDITED = "edited"
    DELETED = "deleted"
    EPHEMERAL = "ephemeral"
    FILE = "file"
    REACTION = "reaction"
    VIEW = "view"
    HOME = "home"
    STATUS = "status"
    CHANNEL = "channel"
    CALL = "call"
    DELIVERY = "delivery"
    RESPONSE_URL = "response_url"
    SOCKET = "socket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change; ``message`` is the new form of a message and ``previous`` the one before, if any."""

    kind: ChangeKind
    channel: str | None = None
    message: Message | None = None
    previous: Message | None = None
