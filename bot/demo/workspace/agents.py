"""``assistant.threads.*`` and ``agents.sessions.*``: the signs of an agent's work.

https://docs.slack.dev/ai/agent-sessions
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.core.limits import LOADING_MESSAGES_MAX, SESSION_TITLE_MAX_CHARS, SUGGESTED_PROMPTS_MAX
from bot.demo.workspace.access import Access
from bot.demo.workspace.args import ApiError, Args, Method
from bot.demo.workspace.records import Change, ChangeKind, Json
from bot.demo.workspace.state import State
from bot.demo.workspace.world import ChannelKind

_SESSION_STATES: Final = frozenset({"processing", "active", "suspended", "closed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Agents:
    """What a thread shows of the bot's work, and what a DM offers to begin with."""

    state: State
    access: Access

    def get_methods(self) -> Mapping[str, Method]:
        """List the methods by name."""
        write = ("chat:write",)
        return {
            "assistant.threads.setStatus": Method(handle=self.set_status, scopes=("chat:write", "assistant:write")),
            "assistant.threads.setSuggestedPrompts": Method(handle=self.suggest, scopes=("assistant:write",)),
            "agents.sessions.setStatus": Method(handle=self.set_session_status, scopes=write),
            "agents.sessions.rename": Method(handle=self.rename_session, scopes=write),
        }

    def set_status(self, args: Args) -> Json:
        """Show what the bot is doing, until it posts or two minutes are over."""
        channel, thread_ts = self._get_thread(args)
        messages = args.items("loading_messages") or []
        if len(messages) > LOADING_MESSAGES_MAX or "status" not in args.values:
            raise ApiError("invalid_arguments")
        self.state.set_status(channel, thread_ts, args.text("status"), tuple(map(str, messages)))
        return {}

    def suggest(self, args: Args) -> Json:
        """Offer prompts in a DM."""
        channel = self.access.get_joined(args.required("channel_id", "channel_not_found"))
        prompts = args.items("prompts") or []
        is_whole = all(isinstance(item, dict) and item.get("title") and item.get("message") for item in prompts)
        if channel.kind is not ChannelKind.DM or not 0 < len(prompts) <= SUGGESTED_PROMPTS_MAX or not is_whole:
            raise ApiError("invalid_arguments")
        self.state.suggested_prompts[channel.id] = prompts
        self.state.notify(Change(kind=ChangeKind.STATUS, channel=channel.id))
        return {}

    def set_session_status(self, args: Args) -> Json:
        """Move a session on, or begin it; a title counts at the beginning only."""
        key = self._get_thread(args)
        status, title = args.text("status"), args.text("title")
        if status not in _SESSION_STATES or len(title) > SESSION_TITLE_MAX_CHARS:
            raise ApiError("invalid_arguments")
        self.state.session_titles.setdefault(key, title)
        self.state.sessions[key] = status
        self.state.notify(Change(kind=ChangeKind.STATUS, channel=key[0]))
        return {"status": status, "agent_status": status, "title": self.state.session_titles[key]}

    def rename_session(self, args: Args) -> Json:
        """Give a session another title."""
        key = self._get_thread(args)
        title = args.required("title")
        if len(title) > SESSION_TITLE_MAX_CHARS or key not in self.state.sessions:
            raise ApiError("invalid_arguments")
        self.state.session_titles[key] = title
        self.state.notify(Change(kind=ChangeKind.STATUS, channel=key[0]))
        return {"title": title}

    def _get_thread(self, args: Args) -> tuple[str, str]:
        channel = self.access.get_joined(args.required("channel_id", "channel_not_found")).id
        thread_ts = args.required("thread_ts", "invalid_thread_ts")
        if self.state.find_message(channel, thread_ts) is None:
            raise ApiError("invalid_thread_ts")
        return channel, thread_ts
