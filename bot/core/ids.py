"""Keys and ids that are made from what they name, so that the same thing always gets the same one."""

import hashlib
import uuid
from enum import StrEnum

# Crockford's base 32 leaves out I, L, O and U, which people misread and mistype.
_READABLE = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_REFERENCE_CHARS = 6
_RETRY = "retry"
_REGENERATE = "regenerate"
_ANEW = "anew"
_CHOICE = "choice"
_VERDICT = "verdict"
_CALL = "call"
# What stands for the workspace of those who ask through the HTTP API.
API_TEAM = "api"
# Before the id of another job: what was asked for once more in the same words, or made of them after a question.
_ATTEMPTS = frozenset({_RETRY, _ANEW, _CHOICE})
VERDICT_PREFIX = f"{_VERDICT}:"


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


def split_thread_key(key: str) -> tuple[str, str]:
    """Return the channel and the ts that a thread is named by."""
    _, channel, thread_ts = key.split(":")
    return channel, thread_ts


def make_retry_key(*, job_id: str) -> str:
    """Name the one job that tries a failed job again, however often its button is clicked."""
    return f"{_RETRY}:{job_id}"


def is_retry(job_id: str) -> bool:
    """Tell whether a job tries a failed one again."""
    return job_id.startswith(f"{_RETRY}:")


def make_regenerate_key(*, job_id: str, number: int = 0) -> str:
    """Name the job that makes the result of a job anew for the ``number``-th time after the first."""
    return f"{_REGENERATE}.{number}:{job_id}" if number else f"{_REGENERATE}:{job_id}"


def make_choice_key(*, key: str) -> str:
    """Name the one job that the answer to a question of the bot's leads to, whichever it is."""
    return f"{_CHOICE}:{key}"


def make_view_key(*, team: str, view_id: str) -> str:
    """Name the job of one modal, which is submitted once."""
    return f"view:{team}:{view_id}"


def make_shortcut_key(*, team: str, channel: str, ts: str, user: str) -> str:
    """Name the job that somebody has made of a message by its shortcut, however often they use it."""
    return f"shortcut:{team}:{channel}:{ts}:{user}"


def make_call_key(*, call_id: str) -> str:
    """Name the job of one call of the HTTP API, by the id that the caller is given."""
    return f"{_CALL}:{call_id}"


def make_call_id(*, client: str, key: str) -> str:
    """Make the id of a call from the key by which its client repeats it, in the form of a random one."""
    return str(_dress_as_random(f"{client}:{key}"))


def make_verdict_key(*, job_id: str, user: str, is_good: bool, has_comment: bool) -> str:
    """Name somebody's opinion of a result, so that it reaches CodeMie once, and once more with its reason."""
    return f"{_VERDICT}:{'good' if is_good else 'bad'}:{'why' if has_comment else 'only'}:{user}:{job_id}"


def make_upgrade_key(*, job_id: str) -> str:
    """Name the job that does anew what a version of the bot with other steps has left unfinished."""
    return f"{_ANEW}:{job_id}"


def find_origin(job_id: str) -> str:
    """Name the first attempt of a request: before it was tried again, done anew, or asked about."""
    while (parts := job_id.partition(":"))[0] in _ATTEMPTS:
        job_id = parts[2]
    return job_id


def find_team(job_id: str) -> str:
    """Name the workspace that a request came from, as its id has it; that of a call is the HTTP API."""
    kinds = _ATTEMPTS | {_REGENERATE}
    parts = job_id.split(":")
    while parts[0].partition(".")[0] in kinds:
        del parts[0]
    return API_TEAM if parts[0] == _CALL else parts[1]


def is_attempt(job_id: str, *, origin: str, or_version: bool) -> bool:
    """Tell whether a job is an attempt at the request of ``origin``; where wanted, or another version of its result."""
    if job_id == origin:
        return True
    before = job_id.removesuffix(f":{origin}")
    kinds = _ATTEMPTS.union({_REGENERATE} if or_version else ())
    return before != job_id and all(part.partition(".")[0] in kinds for part in before.split(":"))


def make_conversation_id(*, team: str, thread: str, role: Role, attempt: str) -> uuid.UUID:
    """Make the CodeMie conversation id of one attempt.

    CodeMie's feedback takes version-4 ids only, so the hash is dressed as one.
    """
    return _dress_as_random(f"slack:{team}:{thread}:{role}:{attempt}")


def make_reference(job_id: str) -> str:
    """Shorten a job's id to six characters that people can read out and operators find in the log."""
    number = int.from_bytes(hashlib.sha256(job_id.encode()).digest()[:8])
    letters = []
    for _ in range(_REFERENCE_CHARS):
        number, index = divmod(number, len(_READABLE))
        letters.append(_READABLE[index])
    return "".join(letters)


def _dress_as_random(name: str) -> uuid.UUID:
    return uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16], version=4)
