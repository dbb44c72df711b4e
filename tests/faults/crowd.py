"""People who ask, each for something of their own, so that whatever comes of it can be told to be theirs."""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from stage import Stage

from bot.core.ids import make_command_key, make_message_key
from bot.core.models import Surface
from bot.demo.codemie import ChatCall
from bot.demo.workspace import BOT_USER, TEAM_ID, Channel, ChannelKind, Message, User, Workspace

_QUOTED: Final = re.compile(r"<(flow|page|discussion)>.*?</\1>", re.DOTALL)
SURFACES: Final = (Surface.COMMAND, Surface.MENTION, Surface.DIRECT)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What one person asked for; ``ts`` is their message's, and None for a command, which has none.

    ``thread_ts`` is the thread it was said in, where that has a request already; ``is_shared`` tells both apart from
    requests that have a thread of their own.
    """

    number: int
    surface: Surface
    channel: str
    ts: str | None = None
    thread_ts: str | None = None
    is_shared: bool = False

    @property
    def mark(self) -> str:
        """Words of the prompt that are in no other."""
        return f"permit {self.number:06}:"

    @property
    def prompt(self) -> str:
        """The prompt, or where it is said in a thread with a result the change: a name of its own for the flow."""
        if self.thread_ts is not None:
            return f"Call it {self.mark} registration"
        return f"Registration for a parking {self.mark} name, car plate, e-mail"

    @property
    def trigger_id(self) -> str:
        """The id by which Slack names the command."""
        return f"trigger.{self.number}"

    @property
    def job_id(self) -> str:
        """The key its job is kept under."""
        if self.ts is None:
            return make_command_key(team=TEAM_ID, trigger_id=self.trigger_id)
        return make_message_key(team=TEAM_ID, channel=self.channel, ts=self.ts)

    @property
    def message_count(self) -> int:
        """How many messages a result has: anchor, flow and files, or flow and files."""
        return 3 if self.surface is Surface.COMMAND else 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Somebody, somewhere: in a channel or, where ``thread_ts`` is given, in a thread that is there."""

    user: str
    channel: str
    thread_ts: str | None = None


async def send(stage: Stage, surface: Surface, place: Place | None = None, *, is_shared: bool = False) -> Request:
    """Ask for something as Olena, or as somebody else; ``is_shared`` lets others ask in its thread."""
    direct = surface is Surface.DIRECT
    place = place or Place(user="U1", channel="D1" if direct else "C1")
    request = Request(number=next(_numbers), surface=surface, channel=place.channel, thread_ts=place.thread_ts)
    if surface is Surface.COMMAND:
        await stage.workspace.send_command(
            user=place.user, channel=place.channel, text=request.prompt, trigger_id=request.trigger_id
        )
        return request
    said = await stage.workspace.say(
        user=place.user,
        channel=place.channel,
        text=request.prompt,
        thread_ts=place.thread_ts,
        mention=surface is Surface.MENTION,
    )
    return replace(request, ts=said.ts, thread_ts=place.thread_ts, is_shared=is_shared or place.thread_ts is not None)


def is_acked(stage: Stage, request: Request) -> bool:
    """Tell whether the bot took a request on, at once or when it was delivered again."""
    for delivery in stage.workspace.deliveries:
        event = delivery.payload.get("event") or {}
        is_same = request.ts is not None and (event.get("channel"), event.get("ts")) == (request.channel, request.ts)
        if delivery.is_acked and (is_same or delivery.payload.get("trigger_id") == request.trigger_id):
            return True
    return False


def list_calls(calls: Iterable[ChatCall], request: Request, *, is_page: bool) -> list[ChatCall]:
    """List CodeMie's calls for one stage of a request."""
    return [call for call in calls if is_for(request, call) and ("HTML only" in call.text) is is_page]


def is_for(request: Request, call: ChatCall) -> bool:
    """Tell whether a call was made for a request; what goes along with it, quoted, has the words of others."""
    return request.mark in _QUOTED.sub("", call.text)


def invite_people(workspace: Workspace, n: int) -> Sequence[str]:
    """Let ``n`` more people in, each with a DM, and into the channel; return their ids."""
    people = [f"U{1000 + number}" for number in range(n)]
    for user in people:
        workspace.state.users[user] = User(id=user, name=user.lower(), real_name=user)
        workspace.state.set_channel(
            Channel(id=get_dm(user), name="directmessage", kind=ChannelKind.DM, members=frozenset({user, BOT_USER}))
        )
    return people


def open_channels(workspace: Workspace, n: int, people: Iterable[str]) -> Sequence[str]:
    """Open ``n`` channels with these people and the bot; return their ids."""
    channels = [f"C{1000 + number}" for number in range(n)]
    for channel in channels:
        members = frozenset({*people, BOT_USER})
        workspace.state.set_channel(Channel(id=channel, name=channel.lower(), kind=ChannelKind.PUBLIC, members=members))
    return channels


def spread_out(workspace: Workspace, surfaces: Sequence[Surface]) -> Sequence[Place]:
    """Let one person in for each of these, with a channel or DM of their own: one channel's posts go one by one."""
    people = invite_people(workspace, len(surfaces))
    channels = open_channels(workspace, len(surfaces), people)
    return [
        Place(user=user, channel=get_dm(user) if surface is Surface.DIRECT else channel)
        for surface, user, channel in zip(surfaces, people, channels, strict=True)
    ]


def get_dm(user: str) -> str:
    """Name the DM of one of the people who were let in."""
    return f"D{user.removeprefix('U')}"


def list_messages(workspace: Workspace, request: Request) -> list[Message]:
    """List the bot's messages to a request, those of every anchor there may be."""
    messages = workspace.messages(request.channel)
    root = request.thread_ts or request.ts
    roots = {root} if root else {m.ts for m in messages if get_job(m) == request.job_id and not m.is_reply}
    return [m for m in messages if m.bot_id and m.root_ts in roots and is_meant_for(request, m)]


def is_meant_for(request: Request, message: Message) -> bool:
    """Tell whether a message in a request's thread is an answer to it, as all are but in a shared thread.

    There the job that a message carries tells or, for files, which carry none, the name of the flow.
    """
    if not request.is_shared:
        return True
    job = get_job(message)
    is_share = job is None and message.files
    return request.mark.rstrip(":") in message.text.casefold() if is_share else job in (None, request.job_id)


def get_job(message: Message) -> str | None:
    """Name the job that a message carries in its metadata."""
    return _get_payload(message, "job")


def get_part(message: Message) -> str | None:
    """Name the part of a job that a message is."""
    return _get_payload(message, "part")


def _get_payload(message: Message, name: str) -> str | None:
    value = ((message.metadata or {}).get("event_payload") or {}).get(name)
    return str(value) if value else None
