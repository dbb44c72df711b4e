"""What the workspace remembers, as values; a change makes a new value."""

import mimetypes
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
    def is_marked_edited(self) -> bool:
        """Whether clients write "(edited)" beside it: not where an app's edit brought blocks.

        https://docs.slack.dev/reference/methods/chat.update
        """
        return self.edited is not None and not (self.bot_id and self.blocks)

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
    USER = "user"
    CALL = "call"
    DELIVERY = "delivery"
    RESPONSE_URL = "response_url"
    UPLOAD = "upload"
    SOCKET = "socket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change; ``message`` is the new form of a message and ``previous`` the one before, if any.

    ``user`` is who alone can see what changed, or whose description it is; ``ts`` is the message a reaction is on.
    """

    kind: ChangeKind
    channel: str | None = None
    user: str | None = None
    ts: str | None = None
    message: Message | None = None
    previous: Message | None = None
