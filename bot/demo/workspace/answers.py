"""What the bot's acknowledgement itself says: a reply to a command, the next step of a modal."""

import json
from dataclasses import replace

from bot.demo.workspace.args import ApiError
from bot.demo.workspace.content import refuse_content, refuse_view
from bot.demo.workspace.delivery import Courier
from bot.demo.workspace.records import EphemeralSource, Json, Message, View
from bot.demo.workspace.state import State
from bot.demo.workspace.traffic import Delivery, DeliveryKind
from bot.demo.workspace.views import Views
from bot.demo.workspace.world import BOT_ID, BOT_USER


def show_ack(state: State, delivery: Delivery, *, channel: str, user: str, command: str) -> None:
    """Show a person what a command was answered with, or that it failed."""
    if not delivery.is_acked:
        error = "operation_timeout" if "timeout" in (delivery.reason or "") else "dispatch_failed"
        text = f'{command} failed with the error "{error}"'
        state.whisper(channel=channel, user=user, text=text, source=EphemeralSource.SLACK)
        return
    if not (answer := _read_answer(delivery.body)):
        return
    text, blocks = str(answer.get("text", "")), answer.get("blocks") or []
    try:
        refuse_content(state, text=text, blocks=blocks)
    except ApiError as error:
        text = f'{command} failed with the error "{error}"'
        state.whisper(channel=channel, user=user, text=text, source=EphemeralSource.SLACK)
        return
    if answer.get("response_type") == "in_channel":
        state.post(
            Message(
                channel=channel,
                ts=state.make_ts(),
                user=BOT_USER,
                bot_id=BOT_ID,
                text=text,
                blocks=tuple(blocks),
            )
        )
    else:
        state.whisper(channel=channel, user=user, text=text, blocks=blocks, source=EphemeralSource.ACK)


async def submit(courier: Courier, views: Views, *, view: View, payload: Json) -> Delivery:
    """Submit a modal and follow the ``response_action`` of the answer; without an ack it stays open.

    Raises :class:`ApiError` for an answer that Slack would show as trouble.
    """
    delivery = await courier.deliver(DeliveryKind.INTERACTION, payload)
    if delivery.is_acked:
        _follow(views, views.state.views.get(view.id, view), _read_answer(delivery.body))
    return delivery


def _follow(views: Views, view: View, answer: Json) -> None:
    """Do what an answer asks for: https://docs.slack.dev/surfaces/modals#response_actions."""
    match answer.get("response_action"):
        case "errors":
            _show_errors(views, view, answer.get("errors"))
        case "update":
            refuse_view(views.state, answer["view"])
            views.replace(view, answer["view"])
        case "push":
            refuse_view(views.state, answer["view"])
            views.push_upon(view, answer["view"])
        case "clear":
            views.clear(view)
        case None:
            views.state.set_view(replace(view, is_open=False))
        case unknown:
            raise ApiError("invalid_arguments", response_action=unknown)


def _show_errors(views: Views, view: View, errors: object) -> None:
    """Show what is wrong with inputs, each named by its block_id."""
    inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
        raise ApiError("invalid_arguments", errors=errors)
    views.state.set_view(replace(view, errors=errors))


def _read_answer(body: str) -> Json:
    """Read an ack's body: JSON, or plain text for the person; empty if it says nothing."""
    if not body.strip():
        return {}
    try:
        answer = json.loads(body)
    except ValueError:
        return {"text": body}
    return answer if isinstance(answer, dict) else {"text": body}
