"""What the built-in CodeMie is asked, what it remembers, and what its tests look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of a conversation; ``role`` is ``User`` or ``Assistant``."""

    role: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTurn:
    """What an answer is made from; ``history`` is what was said before in the conversation."""

    assistant_id: str
    text: str
    system_prompt: str
    conversation_id: str
    history: tuple[Turn, ...]


@dataclass(slots=True, kw_only=True)
class ChatCall:
    """One request for a chat: ``headers`` in lower case without secrets.

    It came ``at``, on CodeMie's clock, which was ``at_s`` on the loop's. ``is_answered`` is set once a run has come to
    its end, ``is_disconnected`` if the client left before the response had, ``is_closed_early`` whoever of the two left
    before that. ``took_s`` is None while it is under way; ``status`` is 0 until there is one, or if none was sent.
    ``request_bytes`` and ``size_bytes`` are the bodies, the latter as far as it was sent.
    """

    turn: ChatTurn
    at: float
    at_s: float
    headers: Mapping[str, str]
    user: str
    model: str | None = None
    is_streamed: bool = True
    is_answered: bool = False
    is_disconnected: bool = False
    is_closed_early: bool = False
    took_s: float | None = None
    status: int = 0
    request_bytes: int = 0
    size_bytes: int = 0

    @property
    def assistant_id(self) -> str:
        """The assistant that was asked."""
        return self.turn.assistant_id

    @property
    def conversation_id(self) -> str:
        """The conversation it was asked in."""
        return self.turn.conversation_id

    @property
    def system_prompt(self) -> str:
        """The prompt that came with the call; empty if the assistant's own holds."""
        return self.turn.system_prompt

    @property
    def text(self) -> str:
        """The text of the call."""
        return self.turn.text


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedStream:
    """A stream that its client left in mid-answer: when, on the loop's clock, and after how many characters."""

    call: ChatCall
    at_s: float
    told_chars: int


@dataclass(slots=True, kw_only=True)
class Conversation:
    """A stored conversation, owned by the user of its first turn."""

    owner: str
    turns: list[Turn] = field(default_factory=list)
