"""What came of requests, as Slack saw it: whole, told as failed, or wrong in a way that is put in words."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress

from faults.crowd import Request, get_part, is_meant_for, list_messages
from stage import Stage

from bot.core.controls import REGENERATE_ACTION, RETRY_ACTION
from bot.demo.workspace import Change, ChangeKind, Message, Workspace

_SETTLE_S = 0.3
_ERRORS = frozenset({"error", "critical"})


class Witness:
    """Remembers every message of the bot's that ever appeared."""

    def __init__(self, workspace: Workspace) -> None:
        self.posted: list[Message] = []
        self._workspace = workspace
        workspace.subscribe(self._see)

    def _see(self, change: Change) -> None:
        if change.kind is ChangeKind.POSTED and change.message and change.message.bot_id:
            self.posted.append(change.message)

    def forget(self, channel: str, roots: Collection[str]) -> None:
        """Forget threads that were judged."""
        self.posted = [item for item in self.posted if item.channel != channel or item.root_ts not in roots]

    def find_problems(self, request: Request) -> list[str]:
        """Say what is wrong with a result: nothing, if the list is empty."""
        messages = list_messages(self._workspace, request)
        shown = {message.ts for message in messages}
        roots = {message.root_ts for message in messages}
        posted = [
            message
            for message in self.posted
            if message.channel == request.channel and message.root_ts in roots and is_meant_for(request, message)
        ]
        return [
            *find_doubles(self._workspace, messages),
            *(f"taken back: {get_part(message)}" for message in posted if message.ts not in shown),
            *([] if len(messages) == request.message_count else [f"{len(messages)} messages"]),
            *([] if is_done(messages) else ["not shown as done"]),
        ]


def find_doubles(workspace: Workspace, messages: Sequence[Message]) -> list[str]:
    """Say what is there twice: a part of the job by its metadata, a file by its name."""
    parts = Counter(part for message in messages if (part := get_part(message)))
    files = Counter(workspace.files[file_id].name for message in messages for file_id in message.files)
    return [f"{count} x {name}" for name, count in (parts + files).items() if count > 1]


def is_done(messages: Sequence[Message]) -> bool:
    """Tell whether a thread shows its job as done, the files, and the controls under the flow, which come last."""
    shown = str([message.blocks for message in messages])
    return "✅" in shown and f"'{REGENERATE_ACTION}'" in shown and any(message.files for message in messages)


def is_told(messages: Sequence[Message]) -> bool:
    """Tell whether a thread says that its job has failed."""
    return any((get_part(message) or "").startswith("failure") for message in messages)


def can_be_tried_again(messages: Sequence[Message]) -> bool:
    """Tell whether a thread has the button to try again, which a job that stopped the bot three times has not."""
    return any(RETRY_ACTION in str(message.blocks) for message in messages)


async def wait_until_done(
    stage: Stage, requests: Iterable[Request], *, timeout_s: float = 60, settle_s: float = _SETTLE_S
) -> None:
    """Wait until every request is answered or told as failed, and a moment for what may come too much."""
    left = list(requests)

    def are_done() -> bool:
        left[:] = [request for request in left if not has_ended(stage.workspace, request)]
        return not left

    await wait_until(stage, are_done, timeout_s=timeout_s)
    await asyncio.sleep(settle_s)


async def wait_until(stage: Stage, predicate: Callable[[], bool], *, timeout_s: float) -> None:
    """Wait for ``predicate``, or as long as one would; what is missing then is found by whoever judges."""
    with suppress(TimeoutError):
        await stage.workspace.wait_for(predicate, timeout_s)


def has_ended(workspace: Workspace, request: Request) -> bool:
    """Tell whether a request is answered or told as failed."""
    messages = list_messages(workspace, request)
    return is_done(messages) or is_told(messages)


def find_errors(stage: Stage) -> list[str]:
    """List the lines of the log that tell of an error."""
    return [line for line in stage.read_log().splitlines() if _get_level(line) in _ERRORS]


def _get_level(line: str) -> str:
    """Read the level of a line; what is no JSON is a traceback."""
    try:
        return str(json.loads(line)["level"])
    except ValueError:
        return "error"
