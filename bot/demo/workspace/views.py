"""``views.*``, ``assistant.threads.*``, ``agents.sessions.*``, and the trigger ids that open modals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bot.core.limits import (
    LOADING_MESSAGES_MAX,
    SUGGESTED_PROMPTS_MAX,
    TRIGGER_LIFETIME_S,
    VIEW_MAX_STACK,
    check_view,
)
from bot.demo.workspace.access import Access
from bot.demo.workspace.args import ApiError, Args, Method
from bot.demo.workspace.objects import show_view
from bot.demo.workspace.records import Change, ChangeKind, Json, View
from bot.demo.workspace.state import State
from bot.demo.workspace.world import ChannelKind

_SESSION_STATES: Final = frozenset({"processing", "active", "suspended", "closed"})


@dataclass(slots=True, kw_only=True)
class Triggers:
    """Trigger ids: each opens one modal, for the person it was given to, within three seconds."""

    make_id: Callable[[str], str]
    clock: Callable[[], float]
    _issued: dict[str, tuple[str, float]] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)

    def issue(self, user: str, trigger_id: str | None = None) -> str:
        """Give out a trigger id, the given one or a new one."""
        issued = trigger_id or self.make_id("12345.98765.")
        self._issued[issued] = (user, self.clock() + TRIGGER_LIFETIME_S)
        return issued

    def redeem(self, trigger_id: str) -> str:
        """Use a trigger id up, and return the id of its person."""
        if trigger_id in self._used:
            raise ApiError("exchanged_trigger_id")
        if trigger_id not in self._issued:
            raise ApiError("invalid_trigger_id")
        user, expires_at = self._issued[trigger_id]
        if self.clock() > expires_at:
            raise ApiError("expired_trigger_id")
        self._used.add(trigger_id)
        return user


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """Modals, Home tabs and the signs of work."""

    state: State
    access: Access
    triggers: Triggers

    def get_methods(self) -> Mapping[str, Method]:
        """List the methods by name."""
        return {
            "views.open": Method(handle=self.open),
            "views.push": Method(handle=self.push),
            "views.update": Method(handle=self.update),
            "views.publish": Method(handle=self.publish),
            "assistant.threads.setStatus": Method(handle=self.set_status, scopes=("chat:write", "assistant:write")),
            "assistant.threads.setSuggestedPrompts": Method(
                handle=self.set_suggested_prompts, scopes=("assistant:write",)
            ),
            "agents.sessions.setStatus": Method(handle=self.set_session_status, scopes=("chat:write",)),
        }

    def open(self, args: Args) -> Json:
        """Open a modal."""
        body = self._read_view(args)
        user = self.triggers.redeem(args.required("trigger_id"))
        return {"view": show_view(self.show(user, body))}

    def push(self, args: Args) -> Json:
        """Put a modal on top of the open one."""
        body = self._read_view(args)
        user = self.triggers.redeem(args.required("trigger_id"))
        below = [view for view in self.state.views.values() if view.user == user and view.is_open]
        if not below:
            raise ApiError("not_found")
        if len(below) >= VIEW_MAX_STACK:
            raise ApiError("push_limit_reached")
        return {"view": show_view(self.show(user, body, below[-1]))}

    def update(self, args: Args) -> Json:
        """Replace what an open modal shows."""
        body = self._read_view(args)
        wanted = args.text("view_id") or args.text("external_id")
        view = next((item for item in self.state.views.values() if wanted in _get_names(item)), None)
        if view is None or not view.is_open or not wanted:
            raise ApiError("not_found")
        if args.text("hash") not in ("", view.hash):
            raise ApiError("hash_conflict")
        return {"view": show_view(self.replace(view, body))}

    def publish(self, args: Args) -> Json:
        """Show a Home tab."""
        body = self._read_view(args)
        user = args.required("user_id")
        if user not in self.state.users:
            raise ApiError("invalid_user_id")
        previous = self.state.published_homes.get(user)
        if previous and args.text("hash") not in ("", previous.hash):
            raise ApiError("hash_conflict")
        view = self._make(user, body)
        self.state.set_home(view)
        return {"view": show_view(view)}

    def set_status(self, args: Args) -> Json:
        """Show what the bot is doing, until it posts."""
        channel = self.access.get_joined(args.required("channel_id", "channel_not_found"))
        if len(args.items("loading_messages") or []) > LOADING_MESSAGES_MAX:
            raise ApiError("invalid_arguments")
        thread_ts = self._get_thread(channel.id, args)
        self.state.set_status(channel.id, thread_ts, args.text("status"))
        return {}

    def set_session_status(self, args: Args) -> Json:
        """Move an agent session on, or begin it."""
        channel = self.access.get_joined(args.required("channel_id", "channel_not_found"))
        if args.text("status") not in _SESSION_STATES:
            raise ApiError("invalid_arguments")
        thread_ts = self._get_thread(channel.id, args)
        self.state.sessions[channel.id, thread_ts] = args.text("status")
        self.state.notify(Change(kind=ChangeKind.STATUS, channel=channel.id))
        return {}

    def set_suggested_prompts(self, args: Args) -> Json:
        """Offer prompts in a DM."""
        channel = self.access.get_joined(args.required("channel_id", "channel_not_found"))
        prompts = args.items("prompts") or []
        if channel.kind is not ChannelKind.DM or not 0 < len(prompts) <= SUGGESTED_PROMPTS_MAX:
            raise ApiError("invalid_arguments")
        self.state.suggested_prompts[channel.id] = prompts
        self.state.notify(Change(kind=ChangeKind.STATUS, channel=channel.id))
        return {}

    def show(self, user: str, body: Json, below: View | None = None) -> View:
        """Show a modal, on top of ``below`` if that is given."""
        view = self._make(user, body)
        if below:
            view = replace(view, root_id=below.root_id, previous_id=below.id)
        self.state.set_view(view)
        return view

    def replace(self, view: View, body: Json) -> View:
        """Replace what a modal shows."""
        view = replace(view, body=self._fill(body), hash=self.state.make_id("h."))
        self.state.set_view(view)
        return view

    def _make(self, user: str, body: Json) -> View:
        view_id = self.state.make_id("V")
        return View(id=view_id, user=user, body=self._fill(body), hash=self.state.make_id("h."), root_id=view_id)

    def _fill(self, body: Json) -> Json:
        return {**body, "blocks": list(self.state.fill_block_ids(body["blocks"]))}

    def _read_view(self, args: Args) -> Json:
        body = args.object("view")
        if body is None:
            raise ApiError("invalid_arguments")
        refuse_view(body)
        return body

    def _get_thread(self, channel: str, args: Args) -> str:
        thread_ts = args.required("thread_ts", "invalid_thread_ts")
        if self.state.find_message(channel, thread_ts) is None:
            raise ApiError("invalid_thread_ts")
        return thread_ts


def refuse_view(body: Json) -> None:
    """Refuse a view that Slack would, with the places of all that is wrong."""
    if found := check_view(body):
        messages = [f"[ERROR] {violation}" for violation in found]
        raise ApiError("invalid_arguments", response_metadata={"messages": messages})


def _get_names(view: View) -> tuple[str, str]:
    return view.id, str(view.body.get("external_id") or view.id)
