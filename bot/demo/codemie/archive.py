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


class Archive:
    """Conversations, each of one user, and the feedback that was given; ``faults`` go to erasures, one each."""

    def __init__(self, accounts: Accounts) -> None:
        self.conversations: dict[str, Conversation] = {}
        self.feedback: list[dict[str, Any]] = []
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
        history = [{"role": turn.role, "message": turn.message} for turn in conversation.turns]
        return answer_json({"id": request.match_info["id"], "user_id": conversation.owner, "history": history})

    async def handle_delete(self, request: web.Request) -> web.Response:
        """Erase a conversation of the caller's; like the real server, break on one it does not know."""
        conversation = self._find_own(request)
        if self.faults:
            return answer_fault(self.faults.popleft())
        if conversation is None:
            raise Refused(500, bodies.make_error("Internal Server Error. <br> Stacktrace: demo"))
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
        """Keep feedback; like the real server, break on conversations it does not know."""
        self._accounts.authenticate(request)
        body = await read_body(request)
        for name in _FEEDBACK_FIELDS:
            if name not in body:
                raise Refused(422, bodies.make_validation_error(name, "Field required"))
        if not self._is_about_an_answer(body):
            raise Refused(500, bodies.make_error("Internal Server Error. <br> Stacktrace: demo"))
        self.feedback.append(body)
        return answer_json({"id": str(uuid.uuid4())})

    def _is_about_an_answer(self, body: Mapping[str, Any]) -> bool:
        """Check for a version-4 id of a stored conversation and the index of one of its messages."""
        try:
            conversation_id = uuid.UUID(str(body["conversationId"]))
        except ValueError:
            return False
        conversation = self.conversations.get(str(conversation_id))
        index = body["messageIndex"]
        if conversation_id.version != _UUID_VERSION or conversation is None or not isinstance(index, int):
            return False
        return 0 <= index < len(conversation.turns)
