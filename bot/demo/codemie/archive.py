"""What the built-in CodeMie keeps: conversations by id, and the feedback on their answers."""

import uuid
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from bot.demo.codemie import bodies
from bot.demo.codemie.accounts import Accounts, Refused, answer_fault, answer_json, read_body
from bot.demo.codemie.faults import Fault
from bot.demo.codemie.records import Conversation, Turn

_FEEDBACK_FIELDS: Final = ("conversationId", "assistant_id", "request", "response", "messageIndex", "author", "mark")
_UUID_VERSION: Final = 4
_CHOICES: Final = {"author": ("user", "operator"), "mark": ("correct", "partially correct", "wrong")}
_TRACE: Final = "Internal Server Error. <br> Stacktrace: demo"


class Archive:
    """Conversations, each of one user, and the feedback that was given; ``faults`` go to erasures, one each."""

    def __init__(self, accounts: Accounts) -> None:
        self.conversations: dict[str, Conversation] = {}
        self.feedback: dict[str, dict[str, Any]] = {}
        self.faults: deque[Fault] = deque()
        self._accounts = accounts

    def open_conversation(self, conversation_id: str, user: str) -> tuple[Turn, ...] | None:
        """Give what was said so far; None if the conversation is new. Refuses somebody else's."""
        conversation = self.conversations.get(conversation_id)
        if conversation is None:
            return None
        if conversation.owner != user:
            raise Refused(403, bodies.make_denial())
        return tuple(conversation.turns)

    def keep_turn(self, conversation_id: str, user: str, *, asked: str, answered: str) -> None:
        """Add a question and its answer, which is empty if the client left."""
        conversation = self.conversations.setdefault(conversation_id, Conversation(owner=user))
        conversation.turns += [Turn(role="User", message=asked), Turn(role="Assistant", message=answered)]

    async def handle_show(self, request: web.Request) -> web.Response:
        """Show a conversation of the caller's."""
        conversation = self._find_own(request)
        if conversation is None:
            raise Refused(404, bodies.make_error("Conversation not found"))
        history = [
            {"role": turn.role, "message": turn.message, "historyIndex": index // 2}
            for index, turn in enumerate(conversation.turns)
        ]
        return answer_json({"id": request.match_info["id"], "user_id": conversation.owner, "history": history})

    async def handle_delete(self, request: web.Request) -> web.Response:
        """Erase a conversation of the caller's; like the real server, break on one it does not know."""
        conversation = self._find_own(request)
        if self.faults:
            return answer_fault(self.faults.popleft())
        if conversation is None:
            raise Refused(500, bodies.make_error(_TRACE))
        del self.conversations[request.match_info["id"]]
        return answer_json({"message": "Specified conversation removed"})

    def _find_own(self, request: web.Request) -> Conversation | None:
        """Find the conversation that a request names; refuse somebody else's."""
        user = self._accounts.authenticate(request)
        conversation = self.conversations.get(request.match_info["id"])
        if conversation is not None and conversation.owner != user:
            raise Refused(401, bodies.make_denial())
        return conversation

    async def handle_feedback(self, request: web.Request) -> web.Response:
        """Keep feedback; like the real server, break on a wrong place in a conversation after it was kept.

        https://github.com/codemie-ai/codemie/blob/main/src/codemie/rest_api/routers/feedback.py
        """
        self._accounts.authenticate(request)
        body = await read_body(request)
        for name in _FEEDBACK_FIELDS:
            if name not in body:
                raise Refused(422, bodies.make_validation_error(name, "Field required"))
        for name, choices in _CHOICES.items():
            if body[name] not in choices:
                raise Refused(422, bodies.make_validation_error(name, f"Input should be one of {choices}"))
        if not _is_version_4(body["conversationId"]):
            raise Refused(500, bodies.make_error(_TRACE))
        feedback_id = str(uuid.uuid4())
        self.feedback[feedback_id] = body
        if not self._has_message(body):
            raise Refused(500, bodies.make_error(_TRACE))
        return answer_json({"id": feedback_id})

    async def handle_withdrawal(self, request: web.Request) -> web.Response:
        """Take feedback back."""
        self._accounts.authenticate(request)
        body = await read_body(request)
        if self.feedback.pop(str(body.get("feedbackId")), None) is None:
            raise Refused(500, bodies.make_error(_TRACE))
        return answer_json({"message": "Feedback removed"})

    def _has_message(self, body: Mapping[str, Any]) -> bool:
        """Tell whether the conversation is stored and has a message at this index of the flat list."""
        conversation = self.conversations.get(str(body["conversationId"]))
        index = body["messageIndex"]
        return conversation is not None and isinstance(index, int) and 0 <= index < len(conversation.turns)


def _is_version_4(value: object) -> bool:
    try:
        return uuid.UUID(str(value)).version == _UUID_VERSION
    except ValueError:
        return False
