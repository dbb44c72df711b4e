"""The calls of a healthy job to Slack and to CodeMie, by names of their own, and how each can be stopped."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiohttp import web
from faults.crowd import get_part
from stage import Stage

from bot.demo.gate import Gate, Moment, stand_open
from bot.demo.workspace import Workspace

Stop = tuple[str, Moment]
_CHAT: Final = "chat"
_QUIET_S: Final = 1.0


class CallNames:
    """Names calls, so that those of one job differ: by the part, the file, the stage, the edit's turn."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._edits: dict[str, list[str]] = {}

    def name(self, method: str, args: Mapping[str, Any]) -> str:
        """Name a call; one that is made again has the name it had."""
        trait = self._find_trait(method, args)
        return f"{method}:{trait}" if trait else method

    def _find_trait(self, method: str, args: Mapping[str, Any]) -> str:
        trait = ""
        match method:
            case "chat":
                trait = "page" if "HTML only" in str(args["text"]) else "flow"
            case "chat.postMessage":
                trait = str(_read_object(args["metadata"])["event_payload"]["part"])
            case "chat.getPermalink":
                trait = self._find_next_part(args["channel"], args["message_ts"])
            case "chat.update":
                trait = self._count_edit(args)
            case "agents.sessions.setStatus":
                trait = f"{args['status']}:{self._find_next_part(args['channel_id'], args['thread_ts'])}"
            case "upload" | "files.getUploadURLExternal":
                trait = str(args["filename"])
        return trait

    def _find_next_part(self, channel: str, thread_ts: str) -> str:
        """Name the part that a thread gets next: the flow, and the files when that is there."""
        thread = self._workspace.messages(channel, thread_ts)
        return "files" if "flow" in map(get_part, thread) else "flow"

    def _count_edit(self, args: Mapping[str, Any]) -> str:
        """Name an edit by its message and its turn among the edits there."""
        seen = self._edits.setdefault(f"{args['channel']}:{args['ts']}", [])
        content = f"{args['text']}{args['blocks']}"
        if content not in seen:
            seen.append(content)
        return f"{self._find_part(args)}:{seen.index(content)}"

    def _find_part(self, args: Mapping[str, Any]) -> str:
        """Name what the message was when it was posted; the reply that becomes the flow keeps its first name."""
        messages = self._workspace.messages(args["channel"])
        return "".join("anchor" if not m.is_reply else "reply" for m in messages if m.ts == args["ts"])


class Turnstile:
    """Stands in the way of every call, to Slack and to CodeMie; holds the first of every kind that is wanted."""

    def __init__(self, stage: Stage) -> None:
        self.passed: list[tuple[str, str]] = []
        self.held: list[Stop] = []
        self._count = 0
        self._names = CallNames(stage.workspace)
        self._wanted: Counter[Stop] = Counter()
        self._changed = asyncio.Event()
        self._opened = asyncio.Event()
        self._stage = stage
        self._set_gates(self._pass)

    def leave(self) -> None:
        """Stand in nobody's way any more."""
        self._set_gates(stand_open)

    def hold(self, stops: Iterable[Stop]) -> None:
        """Hold one call at each of these; one that is named twice holds two."""
        self._wanted.update(stops)

    def open(self) -> None:
        """Let go of what is held: nothing is done for what had only arrived."""
        self._wanted.clear()
        self._opened.set()

    async def wait_for_held(self, n: int, timeout_s: float = 25) -> None:
        """Wait until so many calls are held, which Slack's client does not wait for beyond 30 seconds.

        Two may be of one job, which uploads its files side by side: some other is not held then, and comes to its end.
        """
        async with asyncio.timeout(timeout_s):
            while len(self.held) < n:
                self._changed.clear()
                await self._changed.wait()
            count = -1
            while count != self._count:
                count = self._count
                await asyncio.sleep(_QUIET_S)

    def _set_gates(self, gate: Gate) -> None:
        self._stage.workspace.faults.gate = gate
        self._stage.codemie.gate = gate

    async def _pass(self, method: str, args: Mapping[str, Any], moment: Moment) -> None:
        self._count += 1
        stop = (self._names.name(method, args), moment)
        if moment is Moment.ARRIVED:
            self.passed.append((method, stop[0]))
        if not self._wanted[stop]:
            return
        self._wanted[stop] -= 1
        self.held.append(stop)
        self._changed.set()
        await self._opened.wait()
        if moment is Moment.ARRIVED:
            raise web.HTTPServiceUnavailable


def is_chat(method: str) -> bool:
    """Tell whether a call goes to CodeMie."""
    return method == _CHAT


def _read_object(value: object) -> Any:  # noqa: ANN401 - JSON
    return json.loads(value) if isinstance(value, str) else value
