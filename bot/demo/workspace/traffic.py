"""What went between Slack's side and the bot's, as values: calls, POSTs and deliveries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.demo.workspace.records import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One Web API call, its arguments without the token.

    It began ``at``, on the workspace's clock, and took ``took_s`` inside, a fault's delay included. ``answer`` is None
    if the work was not done; ``is_answered`` is False if the connection was cut. ``size_bytes`` is the body of what was
    answered.
    """

    method: str
    args: Mapping[str, Any]
    at: float
    took_s: float = 0.0
    answer: Json | None = None
    status: int = 200
    size_bytes: int = 0
    is_answered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseUrlPost:
    """One POST to a response_url that began ``at``, and what it was answered."""

    url: str
    body: Json
    at: float
    status: int
    took_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPost:
    """One POST of a file's bytes that began ``at``; ``size_bytes`` is what was kept of them."""

    file: str
    at: float
    took_s: float
    status: int
    size_bytes: int


class DeliveryKind(StrEnum):
    """What is delivered to the bot; the values are Socket Mode's envelope types."""

    EVENT = "events_api"
    COMMAND = "slash_commands"
    INTERACTION = "interactive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request to the bot, sent ``at``, on the workspace's clock, and answered after ``ack_s``.

    ``status`` is 0 and ``reason`` says why if no answer came in time.
    """

    kind: DeliveryKind
    at: float
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
