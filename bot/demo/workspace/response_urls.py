"""response_url: five answers within thirty minutes, also where the bot is no member.

https://docs.slack.dev/interactivity/handling-user-interaction/#message_responses
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from aiohttp import web

from bot.core.limits import RESPONSE_URL_LIFETIME_S, RESPONSE_URL_MAX_USES
from bot.demo.gate import Moment
from bot.demo.workspace.args import ApiError, Args
from bot.demo.workspace.content import refuse_content
from bot.demo.workspace.faults import Drop, Faults
from bot.demo.workspace.records import (
    Change,
    ChangeKind,
    Ephemeral,
    EphemeralSource,
    Json,
    Message,
    ResponseUrlPost,
)
from bot.demo.workspace.state import State
from bot.demo.workspace.world import BOT_ID, BOT_USER


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
        body = await request.json()
        await self.faults.gate("response_url", body, Moment.ARRIVED)
        fault = self.faults.take("response_url", body)
        if fault.drop is not None and request.transport is not None:
            request.transport.close()
        if fault.drop is Drop.REQUEST or fault.is_refusal:
            return self._record(request, body, fault.status, fault.error or "failed")
        try:
            self._apply(self._use(request.match_info["token"]), Args(body))
        except ApiError as error:
            status = 404 if error.error in {"expired_url", "used_url", "invalid_url"} else 400
            return self._record(request, body, status, str(error.error))
        await self.faults.gate("response_url", body, Moment.DONE)
        return self._record(request, body, 200, None)

    def _record(self, request: web.Request, body: Json, status: int, error: str | None) -> web.Response:
        post = ResponseUrlPost(url=str(request.url), body=body, at=self.state.clock(), status=status)
        self.state.response_url_posts.append(post)
        self.state.notify(Change(kind=ChangeKind.RESPONSE_URL))
        if error is None:
            return web.Response(text="ok")
        return web.json_response({"ok": False, "error": error}, status=status)

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
        self.state.set_ephemerals(
            [new if item.ts == original.ts else item for item in self.state.ephemerals], original.channel
        )

    def _delete(self, address: _Address) -> None:
        original = self._find_original(address)
        if isinstance(original, Message):
            self.state.delete(original)
            return
        kept = [item for item in self.state.ephemerals if item.ts != original.ts]
        self.state.set_ephemerals(kept, original.channel)

    def _find_original(self, address: _Address) -> Message | Ephemeral:
        ts = address.message_ts
        message = self.state.find_message(address.channel, ts) if ts else None
        original = message or next((item for item in self.state.ephemerals if item.ts == ts), None)
        if original is None:
            raise ApiError("message_not_found")
        return original
