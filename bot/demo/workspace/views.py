"""``views.*``, and the trigger ids that open modals."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from bot.core.limits import TRIGGER_LIFETIME_S, VIEW_MAX_BYTES, VIEW_MAX_STACK
from bot.demo.workspace.args import ApiError, Args, Method
from bot.demo.workspace.content import refuse_view
from bot.demo.workspace.objects import show_view
from bot.demo.workspace.records import Json, View
from bot.demo.workspace.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Who may open a modal, until when, and the conversation they are looking at, if it is known."""

    user: str
    channel: str | None
    expires_at: float


@dataclass(slots=True, kw_only=True)
class Triggers:
    """Trigger ids: each opens one modal, for the person it was given to, within three seconds."""

    make_id: Callable[[str], str]
    clock: Callable[[], float]
    _issued: dict[str, Occasion] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)

    def issue(self, user: str, trigger_id: str | None = None, *, channel: str | None = None) -> str:
        """Give out a trigger id, the given one or a new one."""
        issued = trigger_id or self.make_id("12345.98765.")
        self._issued[issued] = Occasion(user=user, channel=channel, expires_at=self.clock() + TRIGGER_LIFETIME_S)
        return issued

    def redeem(self, trigger_id: str) -> Occasion:
        """Use a trigger id up, and return what it was given out for."""
        if trigger_id in self._used:
            raise ApiError("exchanged_trigger_id")
        if trigger_id not in self._issued:
            raise ApiError("invalid_trigger_id")
        occasion = self._issued[trigger_id]
        if self.clock() > occasion.expires_at:
            raise ApiError("expired_trigger_id")
        self._used.add(trigger_id)
        return occasion


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """Modals and Home tabs."""

    state: State
    triggers: Triggers

    def get_methods(self) -> Mapping[str, Method]:
        """List the methods by name."""
        return {
            "views.open": Method(handle=self.open),
            "views.push": Method(handle=self.push),
            "views.update": Method(handle=self.update),
            "views.publish": Method(handle=self.publish),
        }

    def open(self, args: Args) -> Json:
        """Open a modal."""
        body = self._read_view(args)
        self._refuse_known_id(body)
        occasion = self.triggers.redeem(args.required("trigger_id"))
        view = replace(self._make(occasion.user, body), channel=occasion.channel)
        self.state.set_view(view)
        return {"view": show_view(view)}

    def push(self, args: Args) -> Json:
        """Put a modal on top of the open one."""
        body = self._read_view(args)
        self._refuse_known_id(body)
        user = self.triggers.redeem(args.required("trigger_id")).user
        below = [view for view in self.state.views.values() if view.user == user and view.is_open]
        if not below:
            raise ApiError("not_found")
        return {"view": show_view(self.push_upon(below[-1], body))}

    def update(self, args: Args) -> Json:
        """Replace what an open modal shows."""
        body = self._read_view(args)
        wanted = args.text("view_id") or args.text("external_id")
        view = next((item for item in self.state.views.values() if wanted in _get_names(item)), None)
        if view is None or not view.is_open or not wanted:
            raise ApiError("not_found")
        if args.text("hash") not in ("", view.hash):
            raise ApiError("hash_conflict")
        self._refuse_known_id(body, view)
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

    def push_upon(self, below: View, body: Json) -> View:
        """Show a modal on top of ``below``."""
        if len(self._list_stack(below)) >= VIEW_MAX_STACK:
            raise ApiError("push_limit_reached")
        view = replace(self._make(below.user, body), root_id=below.root_id, previous_id=below.id, channel=below.channel)
        self.state.set_view(view)
        return view

    def clear(self, view: View) -> None:
        """Close a modal with all of its stack."""
        for item in self._list_stack(view):
            self.state.set_view(replace(item, is_open=False))

    def _list_stack(self, view: View) -> list[View]:
        return [item for item in self.state.views.values() if item.root_id == view.root_id and item.is_open]

    def replace(self, view: View, body: Json) -> View:
        """Replace what a modal shows."""
        view = replace(view, body=self._fill(body), hash=self.state.make_id("h."), errors={})
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
        if len(json.dumps(body, ensure_ascii=False).encode()) > VIEW_MAX_BYTES:
            raise ApiError("view_too_large")
        refuse_view(self.state, body)
        return body

    def _refuse_known_id(self, body: Json, view: View | None = None) -> None:
        """Refuse an external_id that another open view has: https://docs.slack.dev/reference/methods/views.open."""
        wanted = body.get("external_id")
        others = [item for item in self.state.views.values() if item.is_open and item.id != (view and view.id)]
        if wanted and any(item.body.get("external_id") == wanted for item in others):
            raise ApiError("duplicate_external_id")


def _get_names(view: View) -> tuple[str, str]:
    return view.id, str(view.body.get("external_id") or view.id)
