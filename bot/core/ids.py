"""Keys and ids that are made from what they name, so that the same thing always gets the same one."""

import hashlib
import uuid
from enum import StrEnum

# Crockford's base 32 leaves out I, L, O and U, which people misread and mistype.
_READABLE = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_REFERENCE_CHARS = 6


class Role(StrEnum):
    """The two conversations of a thread; they never share a conversation id."""

    FLOW = "flow"
    PAGE = "ui"


def make_message_key(*, team: str, channel: str, ts: str) -> str:
    """Name the job of one message: redeliveries and the ``message``/``app_mention`` pair share it."""
    return f"message:{team}:{channel}:{ts}"


def make_command_key(*, team: str, trigger_id: str) -> str:
    """Name the job of one slash command, which has no message of its own."""
    return f"command:{team}:{trigger_id}"


def make_thread_key(*, team: str, channel: str, thread_ts: str) -> str:
    """Name a thread, whose jobs run one after the other."""
    return f"{team}:{channel}:{thread_ts}"


def make_retry_key(*, job_id: str) -> str:
    """Name the one job that tries a failed job again, however often its button is clicked."""
    return f"retry:{job_id}"


def make_upgrade_key(*, job_id: str) -> str:
    """Name the job that does anew what a version of the bot with other steps has left unfinished."""
    return f"anew:{job_id}"


def make_conversation_id(*, team: str, thread: str, role: Role, attempt: str) -> uuid.UUID:
    """Make the CodeMie conversation id of one attempt.

    CodeMie's feedback takes version-4 ids only, so the hash is dressed as one.
    """
    digest = hashlib.sha256(f"slack:{team}:{thread}:{role}:{attempt}".encode()).digest()
    return uuid.UUID(bytes=digest[:16], version=4)


def make_reference(job_id: str) -> str:
    """Shorten a job's id to six characters that people can read out and operators find in the log."""
    number = int.from_bytes(hashlib.sha256(job_id.encode()).digest()[:8])
    letters = []
    for _ in range(_REFERENCE_CHARS):
        number, index = divmod(number, len(_READABLE))
        letters.append(_READABLE[index])
    return "".join(letters)
