"""Mentions and direct messages: one job a message, however often and as whatever event it arrives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bot.audit import note_act
from bot.core.admission import Visitor
from bot.core.block_kit import Message
from bot.core.blocks import build_notice, explain
from bot.core.chatter import is_courtesy, reads_like_change
from bot.core.controls import build_choice
from bot.core.glances import build_status
from bot.core.ids import make_message_key, make_reference
from bot.core.models import Delivery, Glance, Job, ReplyAddress, State, Surface, ThreadState
from bot.core.prompt import Intent, decode_text, read_intent
from bot.core.texts import Language, detect_language, speak
from bot.errors import LimitError, NothingToRefine
from bot.ports import ORDINARY_SUBTYPES
from handlers.admission import Admission
from handlers.deletions import find_deleted
from handlers.intake import Intake, JobStore, Requests
from handlers.languages import Languages
from handlers.recents import Recents
from handlers.visitors import read_visitor

_RECENT: Final = 5


class Nods(Protocol):
    """Signs under messages."""

    async def nod(self, *, channel: str, ts: str) -> None:
        """Show under a message that it was read; never fails."""
        ...


class MessageErasures(Protocol):
    """Where it is kept that something is to be erased."""

    async def request_message(self, team: str, channel: str, ts: str) -> bool:
        """Have what came of a message erased; false where nothing is kept of it. Raises StoreError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message to the bot: its words, where it stands, and the names of its files."""

    key: str
    text: str
    address: ReplyAddress
    is_reply: bool
    files: tuple[str, ...]
    default_language: Language | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """The listener of messages that are addressed to the bot."""

    intake: Intake
    jobs: JobStore
    requests: Requests
    languages: Languages
    admission: Admission
    recents: Recents
    find_nods: Callable[[str], Nods]
    erasures: MessageErasures

    def register(self, app: AsyncApp) -> None:
        """Attach the listener; a mention in a channel may arrive as either event or as both."""
        app.event("app_mention")(self.receive)
        app.event("message")(self.receive)

    async def receive(self, event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Keep a job, or the notice that says why there is none; Bolt acknowledges when this returns."""
        visitor = read_visitor(body, context)
        if deleted_ts := find_deleted(event):
            await self.erasures.request_message(visitor.home, event["channel"], deleted_ts)
            return
        if not _is_addressed(event, context.bot_user_id):
            return
        said = await self._read(event, visitor, context.bot_user_id)
        if is_courtesy(said.text):
            address = said.address
            await self.find_nods(address.team).nod(channel=address.channel, ts=event["ts"])
            return
        if read_intent(said.text) is Intent.STATUS:
            await self.jobs.submit_notice(said.key, await self._list(said, context), said.address)
            return
        verdict, pending = await self._judge(said)
        asked = verdict if isinstance(verdict, Job) else pending
        refusal = await self._find_refusal(asked, visitor)
        if isinstance(verdict, Job):
            await self._submit(said, verdict, refusal)
        elif asked and refusal:
            where = {"team": visitor.home, "channel": said.address.channel, "surface": said.address.surface}
            note_act(asked.task, actor=visitor.user, object=make_reference(said.key), decision=refusal.code, **where)
            await self._refuse(said, asked, refusal)
        else:
            await self.jobs.submit_notice(said.key, verdict, said.address, pending=pending)

    async def _find_refusal(self, asked: Job | None, visitor: Visitor) -> LimitError | None:
        """Find out whether somebody may ask, where they ask for something."""
        return await self.admission.find_refusal(visitor, channel=asked.address.channel) if asked else None

    async def _submit(self, said: Said, job: Job, refusal: LimitError | None) -> None:
        try:
            await self.jobs.submit(said.key, job, delivery=Delivery.EVENT, refusal=refusal)
        except LimitError as error:
            await self._refuse(said, job, error)

    async def _refuse(self, said: Said, asked: Job, refusal: LimitError) -> None:
        """Say in the thread why nothing comes of what was asked; that is all that is kept of it."""
        notice = build_notice(explain(refusal, language=asked.language))
        await self.jobs.submit_notice(said.key, notice, said.address)

    async def _read(self, event: Mapping[str, Any], visitor: Visitor, bot_user_id: str | None) -> Said:
        """Read a message, and find the language of who wrote it where it does not tell its own."""
        said = _read_message(event, visitor.home, bot_user_id)
        address = said.address
        language = await self.languages.choose_default(said.text, team=address.team, user=address.user)
        return replace(said, default_language=language)

    async def _list(self, said: Said, context: AsyncBoltContext) -> Message:
        """List what somebody asked for last."""
        site_url = context.authorize_result.url if context.authorize_result else None
        items = await self.recents.list(team=said.address.team, user=said.address.user, site_url=site_url)
        return build_status(
            items, language=detect_language(said.text, default=said.default_language or self.intake.default_language)
        )

    async def _judge(self, said: Said) -> tuple[Job | Message, Job | None]:
        """Choose what to make of a message: a job or a notice, and the job that the notice asks about.

        A change of something needs a result; what else is said in a thread without one is a request of its own.
        """
        state = await self.requests.find_thread_state(said.address) if said.is_reply else ThreadState.UNKNOWN
        if state is ThreadState.HAS_RESULT:
            return self._judge_change(said), None
        if reads_like_change(said.text):
            return await self._ask_what_to_change(said)
        verdict = self._judge_request(said)
        is_about_thread = said.is_reply and said.address.surface is Surface.MENTION
        if isinstance(verdict, Job) and is_about_thread:
            return verdict.model_copy(update={"reads_thread": True}), None
        return verdict, None

    async def _ask_what_to_change(self, said: Said) -> tuple[Job | Message, Job | None]:
        """Ask whether the last result is meant; where there is none, say so."""
        change = self._judge_change(said)
        if isinstance(change, Message):
            return change, None
        if said.is_reply:
            return build_notice(explain(NothingToRefine(), language=change.language)), None
        last = await self._find_last(said.address)
        if last is None:
            return self._judge_request(said), None
        question = build_notice(speak(change.language).refine_or_new, build_choice(said.key, language=change.language))
        there = said.address.model_copy(update={"thread_ts": last.thread_ts})
        return question, change.model_copy(update={"address": there, "base": last.job_id})

    def _judge_request(self, said: Said) -> Job | Message:
        return self.intake.judge(
            said.text, address=said.address, unused_files=said.files, default=said.default_language
        )

    def _judge_change(self, said: Said) -> Job | Message:
        return self.intake.judge_change(
            said.text, address=said.address, unused_files=said.files, default=said.default_language
        )

    async def _find_last(self, address: ReplyAddress) -> Glance | None:
        """Find the last result of somebody in the place where they write."""
        recent = await self.requests.list_recent(team=address.team, user=address.user, most=_RECENT)
        done = (glance for glance in recent if glance.state is State.READY and glance.thread_ts)
        return next((glance for glance in done if glance.channel == address.channel), None)


def _read_message(event: Mapping[str, Any], team: str, bot_user_id: str | None) -> Said:
    ts, thread_ts = event["ts"], event.get("thread_ts")
    address = ReplyAddress(
        team=team,
        channel=event["channel"],
        user=event["user"],
        user_name=event["user"],
        surface=Surface.DIRECT if event.get("channel_type") == "im" else Surface.MENTION,
        thread_ts=thread_ts or ts,
        ts=ts,
    )
    return Said(
        key=make_message_key(team=address.team, channel=address.channel, ts=ts),
        text=decode_text(event.get("text") or "", bot_user_id=bot_user_id),
        address=address,
        is_reply=thread_ts not in (None, ts),
        files=tuple(str(file.get("name") or file.get("id") or "?") for file in event.get("files") or ()),
    )


def _is_addressed(event: Mapping[str, Any], bot_user_id: str | None) -> bool:
    """Tell a person's message to the bot from everything else that comes as a message event."""
    is_from_person = not event.get("bot_id") and event.get("user") not in (None, "USLACKBOT", bot_user_id)
    if not is_from_person or event.get("subtype") not in ORDINARY_SUBTYPES:
        return False
    if event["type"] == "app_mention" or event.get("channel_type") == "im":
        return True
    return bot_user_id is not None and f"<@{bot_user_id}" in (event.get("text") or "")
