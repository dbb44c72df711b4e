"""response_url: five answers within thirty minutes, also where the bot is no member.

https://docs.slack.dev/interactivity/handling-user-interaction/#message_responses
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from aiohttp import web

from bot.core.limits import RESPONSE_URL_LIFETIME_S, RESPONSE_URL_MAX_USES
from bot.demo.gate import Moment
from bot.demo.workspace.args import ApiError, Args
from bot.demo.workspace.content import refuse_content
from bot.demo.workspace.faults import Drop, Fault, Faults
from bot.demo.workspace.records import Change, ChangeKind, Ephemeral, EphemeralSource, Json, Message
from bot.demo.workspace.state import State
from bot.demo.workspace.stopwatch import Stopwatch
from bot.demo.workspace.traffic import ResponseUrlPost
from bot.demo.workspace.world import BOT_ID, BOT_USER

_GONE: Final = frozenset({"expired_url", "used_url", "invalid_url"})


@dataclass(slots=True, kw_only=True)
class _Address:
    """Where one response_url leads; ``message_ts`` is the message that was clicked on, if one was."""

    channel: str
    user: str
    message_ts: str | None
    thread_ts: str | None
    expires_at: float
    uses_left: int = RESPONSE_URL_MAX_USES


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseUrls:
    """Gives out response_urls and takes what is posted to them."""

    state: State
    faults: Faults
    get_base_url: Callable[[], str]
    _addresses: dict[str, _Address] = field(default_factory=dict)

    def issue(self, *, channel: str, user: str, message_ts: str | None = None, thread_ts: str | None = None) -> str:
        """Make a new URL."""
        token = self.state.make_id("r")
        self._addresses[token] = _Address(
            channel=channel,
            user=user,
            message_ts=message_ts,
            thread_ts=thread_ts,
            expires_at=self.state.clock() + RESPONSE_URL_LIFETIME_S,
        )
        return f"{self.get_base_url()}/response/{token}"

    async def handle(self, request: web.Request) -> web.Response:
        """Take one POST."""
        watch = Stopwatch.start(self.state.clock)
        body = await request.json()
        await self.faults.gate("response_url", body, Moment.ARRIVED)
        fault = self.faults.take("response_url", body)
        await asyncio.sleep(fault.delay_s)
        if fault.drop is not None and request.transport is not None:
            request.transport.close()
        status, error = self._act(request.match_info["token"], body, fault)
        if error is None:
            await self.faults.gate("response_url", body, Moment.DONE)
        self.state.response_url_posts.append(
            ResponseUrlPost(url=str(request.url), body=body, at=watch.at, took_s=watch.read(), status=status)
        )
        self.state.notify(Change(kind=ChangeKind.RESPONSE_URL))
        if error is None:
            return web.Response(text="ok")
        return web.json_response({"ok": False, "error": error}, status=status)

    def _act(self, token: str, body: Json, fault: Fault) -> tuple[int, str | None]:
        """Do what a POST asks for; return the answer's status, and Slack's word if it is a no."""
        if fault.drop is Drop.REQUEST or fault.is_refusal:
            return fault.status, fault.error or "failed"
        try:
            self._apply(self._use(token), Args(body))
        except ApiError as error:
            return (404 if error.error in _GONE else 400), str(error.error)
        return 200, None

    def _use(self, token: str) -> _Address:
        address = self._addresses.get(token)
        if address is None:
            raise ApiError("invalid_url")
        if self.state.clock() > address.expires_at:
            raise ApiError("expired_url")
        if address.uses_left == 0:
            raise ApiError("used_url")
        address.uses_left -= 1
        return address

    def _apply(self, address: _Address, args: Args) -> None:
        if args.is_set("delete_original"):
            self._delete(address)
            return
        text, blocks = args.text("text"), args.items("blocks", "invalid_blocks") or []
        refuse_content(self.state, text=text, blocks=blocks)
        if args.is_set("replace_original") and address.message_ts:
            self._replace(address, text, blocks)
        elif args.text("response_type") == "in_channel":
            self._post(address, text, blocks)
        else:
            self.state.whisper(
                channel=address.channel,
                user=address.user,
                text=text,
                blocks=blocks,
                source=EphemeralSource.RESPONSE_URL,
                thread_ts=address.thread_ts,
            )

    def _post(self, address: _Address, text: str, blocks: list[Json]) -> None:
        self.state.post(
            Message(
                channel=address.channel,
                ts=self.state.make_ts(),
                user=BOT_USER,
                bot_id=BOT_ID,
                text=text,
                blocks=tuple(blocks),
                thread_ts=address.thread_ts,
            )
        )

    def _replace(self, address: _Address, text: str, blocks: list[Json]) -> None:
        original = self._find_original(address)
        if isinstance(original, Message):
            self.state.edit(original, text=text, blocks=blocks, metadata=original.metadata)
            return
        new = replace(original, text=text, blocks=self.state.fill_block_ids(blocks))
        self.state.swap_ephemeral(original, new)

    def _delete(self, address: _Address) -> None:
        original = self._find_original(address)
        if isinstance(original, Message):
            self.state.delete(original)
            return
        self.state.swap_ephemeral(original, None)

    def _find_original(self, address: _Address) -> Message | Ephemeral:
        ts = address.message_ts or ""
        message = self.state.find_message(address.channel, ts)
        original = message or self.state.find_ephemeral(address.user, address.channel, ts)
        if original is None:
            raise ApiError("message_not_found")
        return original
