"""What CodeMie is told of opinions, and tells of them.

https://github.com/codemie-ai/codemie/blob/main/src/codemie/rest_api/routers/feedback.py
"""

import json
from typing import Any

from pydantic import ValidationError

from bot.codemie.question import Opinion
from bot.core.models import Exchange, TakenOpinion


def write_opinion(opinion: Opinion) -> dict[str, Any]:
    """Write the body that hands an opinion over; it needs none of the words that the opinion is of."""
    return {
        "conversationId": str(opinion.conversation_id),
        "assistant_id": opinion.assistant_id,
        "request": "",
        "response": "",
        "messageIndex": _find_index(opinion.number),
        "author": "user",
        "mark": "correct" if opinion.is_good else "wrong",
        "comments": opinion.comment,
    }


def write_withdrawal(opinion: TakenOpinion) -> dict[str, Any]:
    """Write the body that takes an opinion back; it names the answer as the other one did."""
    return {
        "conversationId": str(opinion.exchange.conversation_id),
        "feedbackId": opinion.feedback_id,
        "messageIndex": _find_index(opinion.exchange.number),
        "assistant_id": opinion.assistant_id,
        "author": "user",
    }


def read_taken_opinion(body: bytes, opinion: Opinion) -> TakenOpinion | None:
    """Read what CodeMie has answered to an opinion; ``None`` where it gives no id."""
    try:
        answer = json.loads(body)
        return TakenOpinion(
            feedback_id=answer["id"] if isinstance(answer, dict) else None,
            assistant_id=opinion.assistant_id,
            exchange=Exchange(conversation_id=opinion.conversation_id, number=opinion.number),
        )
    except (ValueError, KeyError, ValidationError):
        return None


def _find_index(number: int) -> int:
    """Find an answer's place in the flat list of what was said: question 0, answer 1, question 2, answer 3."""
    return 2 * number + 1
