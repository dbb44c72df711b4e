"""What people do by clicking: on buttons and menus, in modals, with shortcuts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.demo.workspace import interactions
from bot.demo.workspace.answers import submit
from bot.demo.workspace.clicks import Choice, find_element, make_action, read_use
from bot.demo.workspace.delivery import Courier
from bot.demo.workspace.events import Events
from bot.demo.workspace.forms import Answers, fill_in, list_destinations, read_state
from bot.demo.workspace.records import Ephemeral, Json, Message, View
from bot.demo.workspace.response_urls import ResponseUrls
from bot.demo.workspace.state import State
from bot.demo.workspace.traffic import Delivery, DeliveryKind
from bot.demo.workspace.views import Triggers, Views
from bot.demo.workspace.world import User

Clickable = Message | Ephemeral | tuple[str, str]

_NOTHING: Final[Answers] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """The parts of a workspace that people's acts go through."""

    state: State
    courier: Courier
    events: Events
    response_urls: ResponseUrls
    triggers: Triggers
    views: Views


class Clicking:
    """The clicks of people; who they are is given by user id. What is not there to click on is a ``LookupError``."""

    def __init__(self, desks: Desks) -> None:
        self._state = desks.state
        self._courier = desks.courier
        self._events = desks.events
        self._response_urls = desks.response_urls
        self._triggers = desks.triggers
        self._views = desks.views

    async def click(
        self,
        user: str,
        message: Clickable,
        action_id: str,
        value: Choice = None,
        *,
        block_id: str | None = None,
        answers: Answers = _NOTHING,
    ) -> Delivery:
        """Use an element of a message, given as it is or as channel and ts; ``value`` picks one of several.

        ``block_id`` tells which element if two have one action_id; ``answers`` is what was filled in by then.
        """
        source = self._get_source(message)
        block, element = find_element(source.blocks, action_id, block_id)
        action = make_action(block, element, value, self._state.make_ts())
        payload = interactions.make_block_actions(
            self._state,
            user=self._get_user(user),
            source=source,
            action=action,
            values=read_state(source.blocks, answers, use=read_use(block, element, value)),
            trigger_id=self._triggers.issue(user, channel=source.channel),
            response_url=self._issue_response_url(user, source),
        )
        return await self._courier.deliver(DeliveryKind.INTERACTION, payload)

    async def click_in_view(
        self,
        user: str,
        view: View,
        action_id: str,
        value: Choice = None,
        answers: Answers = _NOTHING,
        *,
        block_id: str | None = None,
    ) -> Delivery:
        """Use an element of a Home tab or a modal; ``answers`` and ``block_id`` as with :meth:`click`."""
        blocks = view.body["blocks"]
        block, element = find_element(blocks, action_id, block_id)
        payload = interactions.make_view_actions(
            user=self._get_user(user),
            view=view,
            action=make_action(block, element, value, self._state.make_ts()),
            values=read_state(blocks, answers, use=read_use(block, element, value), channel=view.channel),
            trigger_id=self._triggers.issue(user, channel=view.channel),
        )
        return await self._courier.deliver(DeliveryKind.INTERACTION, payload)

    async def submit_view(self, user: str, view: View, answers: Answers) -> Delivery:
        """Submit a modal, filled in by action_id or block_id, and do what the bot's answer asks for."""
        view = self._get_open(view)
        values = fill_in(view, answers)
        payload = interactions.make_view_submission(
            user=self._get_user(user),
            view=view,
            values=values,
            trigger_id=self._triggers.issue(user, channel=view.channel),
            response_urls=self._issue_for_view(user, view, values),
        )
        return await submit(self._courier, self._views, view=view, payload=payload)

    async def close_view(self, user: str, view: View, *, with_all: bool = False) -> Delivery | None:
        """Close a modal, or ``with_all`` those below it; the bot hears of it if the modal asked for that."""
        view = self._get_open(view)
        is_cleared = with_all or bool(view.body.get("clear_on_close"))
        if is_cleared:
            self._views.clear(view)
        else:
            self._state.set_view(replace(view, is_open=False))
        if not view.body.get("notify_on_close"):
            return None
        payload = interactions.make_view_closed(user=self._get_user(user), view=view, is_cleared=is_cleared)
        return await self._courier.deliver(DeliveryKind.INTERACTION, payload)

    async def use_shortcut(self, user: str, callback_id: str, channel: str | None = None) -> Delivery:
        """Use a global shortcut, while looking at ``channel``."""
        payload = interactions.make_shortcut(
            user=self._get_user(user),
            callback_id=callback_id,
            trigger_id=self._triggers.issue(user, channel=channel),
            action_ts=self._state.make_ts(),
        )
        return await self._courier.deliver(DeliveryKind.INTERACTION, payload)

    async def use_message_shortcut(self, user: str, message: Message, callback_id: str) -> Delivery:
        """Use a shortcut on a message."""
        payload = interactions.make_message_shortcut(
            self._state,
            user=self._get_user(user),
            message=message,
            callback_id=callback_id,
            trigger_id=self._triggers.issue(user, channel=message.channel),
            response_url=self._issue_response_url(user, message),
        )
        return await self._courier.deliver(DeliveryKind.INTERACTION, payload)

    def _get_user(self, user: str) -> User:
        return self._state.users[user]

    def _get_open(self, view: View) -> View:
        current = self._state.views.get(view.id, view)
        if not current.is_open:
            raise LookupError(f"the modal {view.id} is closed")
        return current

    def _get_source(self, message: Clickable) -> Message | Ephemeral:
        """Find what is clicked on as it is by now."""
        match message:
            case Ephemeral():
                return self._state.find_ephemeral(message.user, message.channel, message.ts) or message
            case Message():
                return self._state.find_message(message.channel, message.ts) or message
            case channel, ts:
                if (found := self._state.find_message(channel, ts)) is None:
                    raise LookupError(f"no message {ts} in {channel}")
                return found

    def _issue_response_url(self, user: str, source: Message | Ephemeral) -> str:
        return self._response_urls.issue(
            channel=source.channel, user=user, message_ts=source.ts, thread_ts=source.thread_ts
        )

    def _issue_for_view(self, user: str, view: View, values: Mapping[str, Json]) -> list[Json]:
        return [
            {
                "block_id": block_id,
                "action_id": action_id,
                "channel_id": channel,
                "response_url": self._response_urls.issue(channel=channel, user=user),
            }
            for block_id, action_id, channel in list_destinations(view, dict(values))
        ]
