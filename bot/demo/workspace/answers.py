"""What the bot's acknowledgement itself says: a reply to a command, the next step of a modal."""

import json
from dataclasses import replace

from bot.demo.workspace import payloads
from bot.demo.workspace.args import ApiError
from bot.demo.workspace.chat import refuse_content
from bot.demo.workspace.delivery import Courier
from bot.demo.workspace.forms import Answers, fill_in
from bot.demo.workspace.records import Delivery, DeliveryKind, EphemeralSource, Json, Message, View
from bot.demo.workspace.state import State
from bot.demo.workspace.views import Views, refuse_view
from bot.demo.workspace.world import BOT_ID, BOT_USER, User


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
        refuse_content(text=text, blocks=blocks)
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


async def submit(
    courier: Courier, views: Views, *, user: User, view: View, answers: Answers, trigger_id: str
) -> Delivery:
    """Submit a modal and follow the ``response_action`` of the answer; without an ack it stays open."""
    values = fill_in(view, answers)
    payload = payloads.make_view_submission(user=user, view=view, values=values, trigger_id=trigger_id)
    delivery = await courier.deliver(DeliveryKind.INTERACTION, payload)
    if delivery.is_acked:
        _follow(views, view, _read_answer(delivery.body))
    return delivery


def _follow(views: Views, view: View, answer: Json) -> None:
    match answer.get("response_action"):
        case "errors":
            views.state.set_view(replace(view, errors=answer["errors"]))
        case "update":
            refuse_view(answer["view"])
            views.replace(view, answer["view"])
        case "push":
            refuse_view(answer["view"])
            views.show(view.user, answer["view"], view)
        case "clear":
            for item in list(views.state.views.values()):
                if item.root_id == view.root_id:
                    views.state.set_view(replace(item, is_open=False))
        case _:
            views.state.set_view(replace(view, is_open=False))


def _read_answer(body: str) -> Json:
    """Read an ack's body: JSON, or plain text for the person; empty if it says nothing."""
    if not body.strip():
        return {}
    try:
        answer = json.loads(body)
    except ValueError:
        return {"text": body}
    return answer if isinstance(answer, dict) else {"text": body}
